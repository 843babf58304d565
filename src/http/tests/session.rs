use super::*;

#[tokio::test]
async fn signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use() {
    let server = server().await;
    let body = json!({ "email": "anna@demo.test", "password": PASSWORD });
    let response = server.bare(Method::POST, "/session").json(&body).send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let operator: Value = response.json().await.unwrap();

    let (value, attributes) = cookie.split_once("; ").unwrap();
    assert!(value.strip_prefix("__Host-mxdesk=").is_some_and(|secret| secret.len() >= 32), "{value}");
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
    let expected = json!({
        "id": server.test.operator, "email": "anna@demo.test", "name": "Anna", "role": "operator", "disabled": false,
    });
    assert_eq!(operator, expected);
}

#[tokio::test]
async fn a_wrong_password_is_refused_without_saying_what_was_wrong() {
    let server = server().await;
    let mut answers = Vec::new();
    for (email, password) in [("anna@demo.test", "wrong password"), ("nobody@demo.test", PASSWORD)] {
        let request = server.bare(Method::POST, "/session").json(&json!({ "email": email, "password": password }));
        let response = request.send().await.unwrap();
        assert!(!response.headers().contains_key("set-cookie"));
        answers.push(problem_of(response, 401).await);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn after_many_failures_one_must_wait() {
    let server = server().await;
    let attempt = || {
        let body = json!({ "email": "nobody@demo.test", "password": "wrong password" });
        server.bare(Method::POST, "/session").json(&body)
    };
    for _ in 0..10 {
        problem(attempt(), 401).await;
    }
    let response = attempt().send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    problem_of(response, 429).await;
}

#[tokio::test]
async fn a_session_lasts_until_signing_out() {
    let server = server().await;
    let cookie = server.cookie().await;
    let read = || server.bare(Method::GET, "/session").header("cookie", &cookie);
    assert_eq!(ok(read()).await["email"], "anna@demo.test");

    let sign_out = server.bare(Method::DELETE, "/session").header("cookie", &cookie).header("origin", &server.base);
    let response = sign_out.send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    problem(read(), 401).await;
}

#[tokio::test]
async fn a_write_with_the_cookie_needs_our_own_origin() {
    let server = server_at("https://desk.example.com").await;
    let ticket = server.ticket("A parcel").await;
    let cookie = server.cookie().await;
    let path = format!("/tickets/{ticket}");
    let patch = || server.bare(Method::PATCH, &path).header("cookie", &cookie).json(&json!({ "status": "open" }));

    problem(patch(), 403).await;
    for foreign in ["https://evil.test", "null", "http://127.0.0.1:1", "http://desk.example.com"] {
        problem(patch().header("origin", foreign), 403).await;
    }
    ok(patch().header("origin", format!("http://{}", server.host))).await;
    ok(patch().header("origin", "https://desk.example.com")).await;
    // Reads carry no Origin.
    ok(server.bare(Method::GET, &path).header("cookie", &cookie)).await;
    // A token is not sent by browsers of their own accord.
    ok(server.patch(&path, json!({ "status": "open" })).header("origin", "https://evil.test")).await;
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in() {
    let server = server().await;
    let body = json!({ "email": "anna@demo.test", "password": PASSWORD });
    let request = server.bare(Method::POST, "/session").header("origin", "https://evil.test").json(&body);
    problem(request, 403).await;
}
