//! Every operation of the API's description, asked wrongly.

use super::*;

/// Method, path with its variable parts filled in, and whether it takes a JSON body.
fn operations() -> Vec<(Method, String, bool)> {
    let document: Value = serde_json::from_str(&crate::http::openapi::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(operation) = item.get(method) {
                let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
                let has_body = operation["requestBody"]["content"].get("application/json").is_some();
                operations.push((method.to_uppercase().parse().unwrap(), path.join("/"), has_body));
            }
        }
    }
    assert!(operations.len() > 25);
    operations
}

#[tokio::test]
async fn nothing_but_signing_in_is_open() {
    let server = server().await;
    for (method, path, _) in operations() {
        if (method.as_str(), path.as_str()) == ("POST", "/session") {
            continue;
        }
        for request in [
            server.bare(method.clone(), &path),
            server.bare(method.clone(), &path).bearer_auth("wrong"),
            server.bare(method.clone(), &path).basic_auth("anna@demo.test", Some(PASSWORD)),
            server.bare(method.clone(), &path).header("cookie", "__Host-mxdesk=wrong").header("origin", &server.base),
        ] {
            problem(request, 401).await;
        }
    }
}

#[tokio::test]
async fn every_body_is_checked() {
    let server = server().await;
    for (method, path, _) in operations().into_iter().filter(|(_, _, has_body)| *has_body) {
        let request = || server.bare(method.clone(), &path).bearer_auth(&server.admin);
        problem(request().body("{}"), 415).await;
        problem(request().header("content-type", "text/plain").body("{}"), 415).await;
        problem(request().header("content-type", "application/json").body("{"), 400).await;
        let wrong = problem(request().json(&json!({ "no_such_field": 1 })), 422).await;
        assert!(wrong["errors"][0]["problem"].is_string(), "{path}: {wrong}");
        let large = format!("{{\"text\":\"{}\"}}", "x".repeat(1024 * 1024));
        problem(request().header("content-type", "application/json").body(large), 413).await;
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let server = server().await;
    problem(server.get("/nothing"), 404).await;
    problem(server.bare(Method::GET, "/nothing"), 401).await;
    problem(server.client.get(format!("{}/api/v2/tickets", server.base)).header("accept", "text/html"), 404).await;

    let response = server.bare(Method::PUT, "/tickets").bearer_auth(&server.operator).send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    problem_of(response, 405).await;
}

#[tokio::test]
async fn numbers_that_name_nothing_are_not_found() {
    let server = server().await;
    for path in
        ["/tickets/9999", "/tickets/x", "/messages/9999", "/messages/x", "/messages/9999/raw", "/messages/1/cid/x"]
    {
        problem(server.get(path), 404).await;
    }
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let server = server().await;
    for path in [
        "/tickets?status=lost",
        "/tickets?limit=0",
        "/tickets?limit=x",
        "/tickets?order=size",
        "/tickets?cursor=%00",
        "/tickets?q=x&cursor=x",
        "/search",
        "/search?q=x&limit=1000",
        "/board/counts?group=nine",
        "/ledger?since=yesterday",
        "/events?after=x",
    ] {
        let wrong = problem(server.get(path), 422).await;
        assert!(wrong["errors"][0]["field"].is_string(), "{path}: {wrong}");
    }
}

#[tokio::test]
async fn the_description_is_served_without_signing_in() {
    let server = server().await;
    let description = ok(server.bare(Method::GET, "/openapi.json")).await;
    assert_eq!(description["openapi"], "3.1.0");
}
