use super::*;

fn rule(name: &str) -> Value {
    json!({
        "name": name,
        "when": { "field": "subject", "op": "contains", "value": "order" },
        "then": [{ "action": "add_tags", "value": ["orders"] }],
    })
}

#[tokio::test]
async fn the_set_up_is_made_by_administrators_and_seen_by_all() {
    let server = server().await;
    let mailbox = json!({ "name": "Shop", "prefix": "SHOP", "addresses": ["shop@demo.test"] });
    let operator = json!({ "email": "bob@demo.test", "name": "Bob", "role": "operator", "password": PASSWORD });
    let group = json!({ "name": "Warranty", "members": [server.test.operator] });
    for (path, body, field) in
        [("/mailboxes", mailbox, "prefix"), ("/operators", operator, "email"), ("/groups", group, "members")]
    {
        problem(server.post(path, body.clone()), 403).await;
        let response = server.set_up(Method::POST, path, body.clone()).send().await.unwrap();
        assert_eq!(response.status(), 201, "{path}");
        assert!(position(&response) > 0);
        let made: Value = response.json().await.unwrap();
        assert_eq!(made[field], body[field]);
        let list = ok(server.get(path)).await;
        assert!(list["items"].as_array().unwrap().contains(&made), "{list}");
        problem(server.set_up(Method::POST, path, body), 409).await;
    }
}

#[tokio::test]
async fn wrong_input_names_its_field() {
    let server = server().await;
    let mailbox = json!({ "name": "Shop", "prefix": "too long a prefix", "addresses": ["shop@demo.test"] });
    let wrong = problem(server.set_up(Method::POST, "/mailboxes", mailbox), 422).await;
    assert_eq!(wrong["errors"][0]["field"], "prefix");
    let operator = json!({ "email": "bob@demo.test", "name": "Bob", "role": "operator", "password": "short" });
    let wrong = problem(server.set_up(Method::POST, "/operators", operator), 422).await;
    assert_eq!(wrong["errors"][0]["field"], "password");
    let operator = json!({ "email": "bob@demo.test", "name": "Bob", "role": "king", "password": PASSWORD });
    let wrong = problem(server.set_up(Method::POST, "/operators", operator), 422).await;
    assert_eq!(wrong["errors"][0]["field"], "role");
}

#[tokio::test]
async fn passwords_go_in_and_never_come_out() {
    let server = server().await;
    let text = server.get("/operators").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("anna@demo.test") && !text.contains("argon2") && !text.contains("password"), "{text}");
}

#[tokio::test]
async fn a_rule_is_added_replaced_and_removed() {
    let server = server().await;
    problem(server.post("/rules", rule("Orders")), 403).await;
    let response = server.set_up(Method::POST, "/rules", rule("Orders")).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let made: Value = response.json().await.unwrap();
    assert_eq!(made["rule"]["name"], "Orders");
    assert_eq!(ok(server.get("/rules")).await["items"], json!([made]));

    let path = format!("/rules/{}", made["id"]);
    // What was read can be put back as it is.
    let mut again = made["rule"].clone();
    again["name"] = json!("Every order");
    problem(server.bare(Method::PUT, &path).bearer_auth(&server.operator).json(&again), 403).await;
    let replaced = ok(server.set_up(Method::PUT, &path, again)).await;
    assert_eq!(replaced["rule"]["name"], "Every order");
    assert_ne!(replaced["version"], made["version"]);

    problem(server.bare(Method::DELETE, &path).bearer_auth(&server.operator), 403).await;
    let removed = server.bare(Method::DELETE, &path).bearer_auth(&server.admin).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    assert!(position(&removed) > 0);
    assert_eq!(ok(server.get("/rules")).await["items"], json!([]));
    problem(server.bare(Method::DELETE, &path).bearer_auth(&server.admin), 404).await;
    problem(server.set_up(Method::PUT, "/rules/9999", rule("None")), 404).await;
}

#[tokio::test]
async fn a_wrong_rule_says_where_it_is_wrong() {
    let server = server().await;
    let mut broken = rule("Orders");
    broken["when"] = json!({ "all": [{ "field": "subject", "op": "matches", "value": "(" }] });
    let wrong = problem(server.set_up(Method::POST, "/rules", broken), 422).await;
    assert_eq!(wrong["errors"][0]["field"], "when.all[0].value", "{wrong}");
}

#[tokio::test]
async fn a_table_is_put_whole() {
    let server = server().await;
    let keys = json!({ "keys": ["Store-2", "store-1"] });
    problem(server.bare(Method::PUT, "/tables/stores").bearer_auth(&server.operator).json(&keys), 403).await;
    let made = ok(server.set_up(Method::PUT, "/tables/stores", keys)).await;
    assert_eq!(made, json!({ "name": "stores", "keys": ["store-1", "store-2"] }));
    assert_eq!(ok(server.get("/tables")).await["items"], json!([made]));
}

#[tokio::test]
async fn a_token_acts_for_its_operator_and_only_administrators_make_those_of_others() {
    let server = server().await;
    let response = server.post("/tokens", json!({ "name": "telephone" })).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let token: Value = response.json().await.unwrap();
    let whose = server.bare(Method::GET, "/session").bearer_auth(token["token"].as_str().unwrap());
    assert_eq!(ok(whose).await["email"], "anna@demo.test");

    let of_chief = json!({ "name": "telephone", "operator": "chief@demo.test" });
    problem(server.post("/tokens", of_chief), 403).await;
    let of_anna = json!({ "name": "telephone", "operator": "anna@demo.test" });
    let token = ok(server.set_up(Method::POST, "/tokens", of_anna)).await;
    let whose = server.bare(Method::GET, "/session").bearer_auth(token["token"].as_str().unwrap());
    assert_eq!(ok(whose).await["email"], "anna@demo.test");
    problem(server.set_up(Method::POST, "/tokens", json!({ "name": "x", "operator": "nobody@demo.test" })), 404).await;
}
