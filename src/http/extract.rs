//! What handlers take from a request: JSON bodies, query parameters, path parts; each refusal is a problem document.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::{FieldProblem, Problem};

/// Octets of a JSON body.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// A JSON body of at most [`MAX_BODY`] octets. `400` where it is no JSON, `413` too large, `415` of another type, `422` where
/// a field is wrong.
pub(super) struct JsonBody<T>(pub T);

/// The query string. `422` where a parameter is wrong.
pub(super) struct Params<T>(pub T);

/// The path's variable parts. `404` where one cannot name anything.
pub(super) struct Part<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON, with Content-Type: application/json.",
            ));
        }
        let body = axum::body::to_bytes(request.into_body(), MAX_BODY).await.map_err(|error| unreadable(&error))?;
        parse(&body).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::invalid("query", rejection.body_text())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Part<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let part: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        part.map(|Path(value)| Self(value)).map_err(|_| Problem::not_found("resource"))
    }
}

fn is_json(request: &Request) -> bool {
    let Some(value) = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

fn unreadable(error: &axum::Error) -> Problem {
    let too_large =
        std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
    if too_large {
        let detail = format!("The body is larger than {MAX_BODY} octets.");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "bad_request", "The body broke off.")
    }
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            let mut problem =
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("The body is wrong: {error}."));
            problem.errors.push(FieldProblem { field, problem: error.to_string() });
            problem
        } else {
            not_json(&error)
        }
    })?;
    deserializer.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_request", format!("The body is not JSON: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only read")]
        inner: Vec<u32>,
    }

    fn problem(body: &'static str) -> Problem {
        parse::<Sample>(&Bytes::from_static(body.as_bytes())).unwrap_err()
    }

    #[test]
    fn a_wrong_field_is_named_by_its_path() {
        let problem = problem(r#"{"inner":[1,"x"]}"#);
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "inner[1]"));
    }

    #[test]
    fn what_is_no_json_is_a_bad_request() {
        assert_eq!(problem("{").status, 400);
        assert_eq!(problem(r#"{"inner":[]} x"#).status, 400);
        assert_eq!(problem("").status, 400);
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert_eq!(problem(r#"{"inner":[],"outer":1}"#).status, 422);
    }

    #[test]
    fn a_body_nested_without_end_is_refused() {
        assert_eq!(parse::<serde_json::Value>(&Bytes::from("[".repeat(100_000))).unwrap_err().status, 400);
    }
}
