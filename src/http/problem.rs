//! Every error of the API as a problem document (RFC 9457), and the one place where the desk's errors become statuses.
//!
//! A failure of the store is logged here, once; its words go to the log and never to the client.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::suppressions::SuppressionItem;
use crate::desk::DeskError;
use crate::search::SearchError;
use crate::store::CommitError;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Names the kind of problem: `urn:mxdesk:problem:stale`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This problem, in words.
    pub detail: String,
    /// Which fields are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// `stale`: the version that stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<u64>,
    /// `unseen_message`: the messages that arrived and were not seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub arrived: Vec<u64>,
    /// `suppressed`: the recipients whom mail does not reach, or who want none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub suppressed: Vec<SuppressionItem>,
    /// Seconds to wait before it is tried again: the `Retry-After` header (RFC 9110 §10.2.3).
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// The field, as a path (`when.all[0].value`).
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Problem {
    /// A problem of a kind: the last word of its type.
    pub(super) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:mxdesk:problem:{kind}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            current: None,
            arrived: Vec::new(),
            suppressed: Vec::new(),
            retry_after: None,
        }
    }

    /// One field is wrong: `422`.
    pub(super) fn invalid(field: &str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        let mut document = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("{field}: {problem}"));
        document.errors.push(FieldProblem { field: field.to_owned(), problem });
        document
    }

    /// There is no such thing: `404`.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// Nobody is signed in: `401`.
    pub(super) fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in, or send a valid token.")
    }

    /// Not allowed: `403`.
    pub(super) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Not now: `503`.
    pub(super) fn unavailable(detail: &str) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self { retry_after: Some(1), ..problem }
    }

    /// Something broke inside: `500`. The reason is logged, not told.
    fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The request failed; the log of the server says why.")
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotFound(what) => Self::not_found(what),
            DeskError::Forbidden => Self::forbidden("You may not do this."),
            DeskError::NotSignedIn => Self::not_signed_in(),
            DeskError::Invalid { field, problem } => Self::invalid(&field, problem),
            DeskError::Rule(error) => Self::invalid(&error.path, error.problem),
            DeskError::Stale { current } => {
                let detail = format!("It changed meanwhile: now at version {current}.");
                let mut problem = Self::new(StatusCode::PRECONDITION_FAILED, "stale", detail);
                problem.current = Some(current);
                problem
            }
            DeskError::NotPossible(why) => {
                Self::new(StatusCode::CONFLICT, "not_possible", format!("This cannot be done: {why}."))
            }
            DeskError::TooLarge(why) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("Too large: {why}."))
            }
            DeskError::Suppressed(found) => {
                let addresses = found.iter().map(|found| found.address.as_str()).collect::<Vec<_>>().join(", ");
                let detail = format!(
                    "{addresses} bounced, complained, or is suppressed by hand: even_if_suppressed sends all the same."
                );
                let mut problem = Self::new(StatusCode::CONFLICT, "suppressed", detail);
                problem.suppressed = found.into_iter().map(SuppressionItem::of).collect();
                problem
            }
            DeskError::Exists(what) => Self::new(StatusCode::CONFLICT, "exists", format!("{what} exists already.")),
            DeskError::LowDisk => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "low_disk",
                "The server's disk is almost full: nothing is written.",
            ),
            DeskError::Unavailable => Self::unavailable("The store does not take writes now."),
            DeskError::TooManyAttempts { retry_after_seconds } => {
                let detail = format!("Too many failures to sign in: wait {retry_after_seconds} seconds.");
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail);
                Self { retry_after: Some(retry_after_seconds), ..problem }
            }
            DeskError::Commit(CommitError::Conflict) => {
                Self::unavailable("Too many changes at once: try again in a moment.")
            }
            DeskError::Commit(CommitError::Unknown(reason)) => {
                tracing::error!(reason, "the outcome of a commit is unknown");
                Self::unavailable("It is not known whether the change was written: look, then try again.")
            }
            DeskError::Commit(error @ CommitError::Rejected(_)) => Self::internal(&error),
            DeskError::Store(error) => Self::internal(&error),
            error @ DeskError::Internal(_) => Self::internal(&error),
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Desk(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A document of texts and numbers always has a JSON form.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mxdesk\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleError;

    #[test]
    fn every_error_of_the_desk_has_its_status() {
        let rule = RuleError { path: "when.all[1].value".to_owned(), problem: "no regular expression".to_owned() };
        let cases = [
            (DeskError::NotFound("ticket"), 404, "not_found"),
            (DeskError::Forbidden, 403, "forbidden"),
            (DeskError::NotSignedIn, 401, "not_signed_in"),
            (DeskError::invalid("name", "empty"), 422, "invalid"),
            (DeskError::Rule(rule), 422, "invalid"),
            (DeskError::Stale { current: 7 }, 412, "stale"),
            (DeskError::NotPossible("it has left".to_owned()), 409, "not_possible"),
            (DeskError::TooLarge("a file has at most 7 octets".to_owned()), 413, "too_large"),
            (DeskError::Suppressed(vec![]), 409, "suppressed"),
            (DeskError::Exists("DEMO".to_owned()), 409, "exists"),
            (DeskError::LowDisk, 507, "low_disk"),
            (DeskError::Unavailable, 503, "unavailable"),
            (DeskError::TooManyAttempts { retry_after_seconds: 60 }, 429, "too_many_attempts"),
            (DeskError::Internal("no randomness".to_owned()), 500, "internal"),
            (DeskError::Commit(CommitError::Conflict), 503, "unavailable"),
            (DeskError::Commit(CommitError::Unknown("power".to_owned())), 503, "unavailable"),
            (DeskError::Commit(CommitError::Rejected("too large".to_owned())), 500, "internal"),
        ];
        for (error, status, kind) in cases {
            let words = error.to_string();
            let problem = Problem::from(error);
            assert_eq!(
                (problem.status, problem.kind.as_str()),
                (status, &*format!("urn:mxdesk:problem:{kind}")),
                "{words}"
            );
        }
    }

    #[test]
    fn a_problem_says_which_field_is_wrong_and_nothing_of_the_inside() {
        let problem = Problem::from(DeskError::invalid("prefix", "1 to 10 of A-Z0-9"));
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["errors"], serde_json::json!([{ "field": "prefix", "problem": "1 to 10 of A-Z0-9" }]));
        assert_eq!(json.get("current"), None);

        let problem = Problem::from(DeskError::Store(crate::store::StoreError::Engine("/var/lib/secret".to_owned())));
        assert!(!serde_json::to_string(&problem).unwrap().contains("secret"));
    }
}
