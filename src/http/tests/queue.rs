use super::*;

/// A server whose replies wait a minute, with a ticket and a reply in it.
async fn with_reply() -> (Server, u64, Value) {
    let server = server_over(testing::desk_with(|settings| settings.hold_seconds = 60).await, "").await;
    let number = server.ticket("A parcel").await;
    let body = json!({ "kind": "reply", "text": "It is on its way." });
    let reply = ok(server.post(&format!("/tickets/{number}/messages"), body)).await;
    (server, number, reply)
}

#[tokio::test]
async fn a_reply_is_taken_back_with_its_text() {
    let (server, number, reply) = with_reply().await;
    assert!(reply["recallable_ms"].as_u64().is_some_and(|left| left > 30_000), "{reply}");
    let recall = || server.post(&format!("/messages/{}/recall", reply["id"]), json!({}));
    problem(recall().header("if-match", "\"1\""), 412).await;
    let version = ok(server.get(&format!("/tickets/{number}"))).await["version"].clone();
    let response = recall().header("if-match", format!("\"{version}\"")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(position(&response) > 0);
    let message: Value = response.json().await.unwrap();
    assert_eq!((&message["text"], &message["recallable_ms"]), (&json!("It is on its way."), &Value::Null));
    assert_eq!(message["recalled"]["by"]["name"], "Anna");
    assert_eq!(message["delivery"][0]["state"], "cancelled");
    assert_eq!(ok(server.get(&format!("/tickets/{number}"))).await["status"], "new");
    assert_eq!(ok(server.get("/queue")).await, json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn what_has_left_is_not_taken_back() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let body = json!({ "kind": "reply", "text": "It is on its way." });
    let reply = ok(server.post(&format!("/tickets/{number}/messages"), body)).await;
    assert_eq!(reply["recallable_ms"], Value::Null);
    let told = problem(server.post(&format!("/messages/{}/recall", reply["id"]), json!({})), 409).await;
    assert_eq!(told["type"], "urn:mxdesk:problem:not_possible");
    problem(server.post("/messages/999999/recall", json!({})), 404).await;
}

#[tokio::test]
async fn the_queue_is_listed_and_changed_by_those_who_may() {
    let (server, number, reply) = with_reply().await;
    let page = ok(server.get("/queue?state=queued&domain=customer.test")).await;
    let item = page["items"][0].clone();
    assert_eq!((&item["ticket"], &item["display"]), (&json!(number), &json!(format!("DEMO-{number}"))));
    assert_eq!((&item["id"], &item["message"]), (&reply["delivery"][0]["id"], &reply["id"]));
    assert_eq!((&item["recipient"], &item["in_hand"]), (&json!("ivan@customer.test"), &json!(false)));
    assert_eq!(ok(server.get("/queue?domain=other.test")).await["items"], json!([]));
    problem(server.get("/queue?state=lost"), 422).await;
    problem(server.get("/queue?limit=501"), 422).await;
    problem(server.get("/queue?cursor=x"), 422).await;

    let order = |order: &str| format!("/queue/{}/{order}", item["id"]);
    problem(server.post(&order("hold"), json!({})), 403).await;
    let held = ok(server.set_up(Method::POST, &order("hold"), json!({}))).await;
    assert_eq!((&held["state"], &held["next_attempt_at"]), (&json!("held"), &Value::Null));
    assert_eq!(ok(server.get("/queue?state=held")).await["items"][0]["id"], item["id"]);
    assert_eq!(ok(server.set_up(Method::POST, &order("release"), json!({}))).await["state"], "queued");
    assert_eq!(ok(server.post(&order("retry"), json!({}))).await["state"], "queued");
    assert_eq!(ok(server.set_up(Method::POST, &order("cancel"), json!({}))).await["state"], "cancelled");
    problem(server.post(&order("retry"), json!({})), 409).await;
    problem(server.post(&order("burn"), json!({})), 404).await;
    problem(server.post("/queue/999999/retry", json!({})), 404).await;
}

#[tokio::test]
async fn suppressed_addresses_are_listed_and_stop_a_reply_until_the_operator_insists() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let new = json!({ "address": "Ivan@customer.test", "detail": "no such user", "days": 30 });
    let made = server.post("/suppressions", new).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let page = ok(server.get("/suppressions?limit=1")).await;
    assert_eq!(
        (&page["items"][0]["address"], &page["items"][0]["reason"]),
        (&json!("ivan@customer.test"), &json!("by_hand"))
    );
    assert_eq!(page["next"], Value::Null);
    assert_eq!(ok(server.get(&format!("/tickets/{number}"))).await["suppression"]["detail"], "no such user");

    let path = format!("/tickets/{number}/messages");
    let stopped = problem(server.post(&path, json!({ "kind": "reply", "text": "Hello" })), 409).await;
    assert_eq!(stopped["type"], "urn:mxdesk:problem:suppressed");
    assert_eq!(stopped["suppressed"][0]["address"], "ivan@customer.test");
    let insists = json!({ "kind": "reply", "text": "Hello", "even_if_suppressed": true });
    assert_eq!(server.post(&path, insists).send().await.unwrap().status(), 201);

    let remove = || server.bare(Method::DELETE, "/suppressions/ivan@customer.test").bearer_auth(&server.operator);
    assert_eq!(remove().send().await.unwrap().status(), 204);
    problem(remove(), 404).await;
    problem(server.post("/suppressions", json!({ "address": "nobody" })), 422).await;
}

#[tokio::test]
async fn an_answer_leaves_as_the_letter_came_unless_its_writer_says_otherwise() {
    let server = server().await;
    let reply = async |number: u64, require_tls: Option<bool>| {
        let mut body = json!({ "kind": "reply", "text": "It is on its way." });
        if let Some(require_tls) = require_tls {
            body["require_tls"] = json!(require_tls);
        }
        let message = ok(server.post(&format!("/tickets/{number}/messages"), body)).await;
        let id = message["delivery"][0]["id"].as_u64().unwrap();
        let delivery = server.test.desk.delivery(id).await.unwrap().unwrap();
        assert_eq!(message["require_tls"], json!(delivery.require_tls));
        delivery.require_tls
    };
    let plain = server.ticket("A parcel").await;
    assert!(!reply(plain, None).await);
    assert!(reply(plain, Some(true)).await);

    let secret = server.deliver_with(&letter("A secret", "Tell nobody."), Judged::default(), true).await;
    let inbound = server.messages(secret).await[0];
    assert_eq!(ok(server.get(&format!("/messages/{inbound}"))).await["require_tls"], true);
    assert!(reply(secret, None).await);
    assert!(!reply(secret, Some(false)).await);

    let note = json!({ "kind": "note", "text": "Hush.", "require_tls": true });
    problem(server.post(&format!("/tickets/{secret}/messages"), note), 422).await;
}
