//! The API's description (OpenAPI 3.1): generated from the handlers, checked in as `schema/openapi.json`, served at
//! `/api/v1/openapi.json`. The panel's client is generated from it.

use std::borrow::Cow;

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Info, OpenApi, Ref, RefOr, Response, Schema, Server};
use utoipa::{PartialSchema, ToSchema};

use super::authentication::COOKIE;
use super::problem::{FieldProblem, Problem};
use super::router;
use crate::desk::commands::QueueOrder;
use crate::rules::{Field, Op, Test};

const CONVENTIONS: &str = "\
Everything but signing in needs `Authorization: Bearer TOKEN` or the session cookie; writes with the cookie also need the \
panel's own `Origin`.

Every error is a problem document (RFC 9457). Times are RFC 3339 in UTC with milliseconds. A list's `next` is the `cursor` \
of its next page.

Every write answers its feed position in `Mxdesk-Position`; a list that is read with `min_pos` waits until it shows what \
stands there. The `id` of a live event is such a position too.";

/// The description as JSON, ending with a line end.
pub(super) fn document() -> String {
    // The document is made of texts alone, which always have a JSON form.
    let mut json = openapi().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

fn openapi() -> OpenApi {
    let (_, mut openapi) = router::api().split_for_parts();
    let mut info = Info::new("mxdesk", "1");
    info.description = Some(CONVENTIONS.to_owned());
    openapi.info = info;
    openapi.servers = Some(vec![Server::new(router::API)]);
    openapi.security = Some(vec![
        SecurityRequirement::new("token", Vec::<String>::new()),
        SecurityRequirement::new("session", Vec::<String>::new()),
    ]);
    let components = openapi.components.get_or_insert_default();
    for (name, schema) in unreferenced() {
        components.schemas.insert(name.into_owned(), schema);
    }
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))));
    for item in openapi.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.responses.responses.insert("default".to_owned(), problem().into());
        }
    }
    openapi
}

/// Schemas that no handler names: of problems, and of what hides behind the recursion of conditions or in a path.
fn unreferenced() -> Vec<(Cow<'static, str>, RefOr<Schema>)> {
    vec![
        (Problem::name(), Problem::schema()),
        (FieldProblem::name(), FieldProblem::schema()),
        (Test::name(), Test::schema()),
        (Field::name(), Field::schema()),
        (Op::name(), Op::schema()),
        (QueueOrder::name(), QueueOrder::schema()),
    ]
}

/// What every operation answers when it does not do what was asked.
fn problem() -> Response {
    let mut response = Response::new("Why it was not done.");
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert("application/problem+json".to_owned(), content.into());
    response
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may block")]
    fn the_checked_in_description_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/openapi.json");
        let fresh = document();
        if std::env::var_os("MXDESK_BLESS").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(checked_in == fresh, "schema/openapi.json is stale: run this test with MXDESK_BLESS=1");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let json: serde_json::Value = serde_json::from_str(&document).unwrap();
        let mut references = 0;
        for part in document.split("\"$ref\": \"").skip(1) {
            let reference = part.split('"').next().unwrap();
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(json.pointer(pointer).is_some(), "{reference} leads nowhere");
            references += 1;
        }
        assert!(references > 50, "{references}");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_answers_problems() {
        let mut openapi = openapi();
        let mut names = std::collections::HashSet::new();
        for (path, item) in &mut openapi.paths.paths {
            for operation in operations(item) {
                assert!(names.insert(operation.operation_id.clone().unwrap()), "{path}");
                assert!(operation.responses.responses.contains_key("default"), "{path}");
            }
        }
        assert!(names.len() >= 28, "{}", names.len());
    }
}
