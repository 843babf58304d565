use super::*;

#[tokio::test]
async fn a_letter_is_listed_as_a_ticket() {
    let server = server().await;
    let number = server.deliver(&letter("Order SO-2024/000123", "Where is it?")).await;
    let list = ok(server.get(&format!("/tickets?min_pos={}", server.newest()))).await;
    assert_eq!((&list["total"], &list["next"]), (&json!(1), &Value::Null));
    let row = &list["items"][0];
    assert_eq!(row["number"], number);
    assert_eq!(row["display"], format!("DEMO-{number}"));
    assert_eq!(row["subject"], "Order SO-2024/000123");
    assert_eq!(row["status"], "new");
    assert_eq!(row["mailbox"], json!({ "id": server.test.mailbox, "name": "Demo Support", "prefix": "DEMO" }));
    assert_eq!(row["requester"]["address"], "ivan@customer.test");
    assert_eq!(row["assignee"], Value::Null);
    assert_eq!(row["message_count"], 1);
    let created_at = row["created_at"].as_str().unwrap();
    assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let server = server().await;
    let mut numbers = Vec::new();
    for subject in ["one", "two", "three"] {
        numbers.push(server.ticket(subject).await);
    }
    let patch =
        json!({ "status": "pending", "assignee": server.test.operator, "priority": "high", "tags": ["b2b/new"] });
    ok(server.patch(&format!("/tickets/{}", numbers[1]), patch)).await;
    let min_pos = server.newest();

    for filter in ["status=pending,solved", "assignee=me", "assignee=anna@demo.test", "tag=b2b", "priority=high"] {
        let list = ok(server.get(&format!("/tickets?{filter}&min_pos={min_pos}"))).await;
        let found: Vec<_> = list["items"].as_array().unwrap().iter().map(|row| row["number"].clone()).collect();
        assert_eq!(found, [json!(numbers[1])], "{filter}");
    }
    let list = ok(server.get(&format!("/tickets?assignee=none&mailbox=demo&min_pos={min_pos}"))).await;
    assert_eq!(list["total"], 2);

    let mut seen = Vec::new();
    let mut path = "/tickets?limit=2&order=created".to_owned();
    loop {
        let page = ok(server.get(&path)).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/tickets?limit=2&order=created&cursor={next}");
    }
    numbers.reverse();
    assert_eq!(seen, numbers);
}

#[tokio::test]
async fn a_write_is_seen_by_a_read_that_waits_for_its_position() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    for status in ["open", "pending", "solved", "closed"] {
        let response = server.patch(&format!("/tickets/{number}"), json!({ "status": status })).send().await.unwrap();
        let position = position(&response);
        let list = ok(server.get(&format!("/tickets?status={status}&min_pos={position}"))).await;
        assert_eq!(list["total"], 1, "{status}");
        let counts = ok(server.get(&format!("/board/counts?min_pos={position}"))).await;
        assert_eq!(counts["status"][status], 1, "{counts}");
    }
}

#[tokio::test]
async fn a_position_that_never_comes_is_said() {
    let server = server().await;
    let response = server.get("/tickets?min_pos=1000000").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    problem_of(response, 503).await;
}

#[tokio::test]
async fn a_ticket_is_read_with_its_thread_and_version() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    for path in [format!("/tickets/{number}"), format!("/tickets/DEMO-{number}")] {
        let response = server.get(&path).send().await.unwrap();
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        let page: Value = response.json().await.unwrap();
        assert_eq!(etag, format!("\"{}\"", page["version"]));
        assert_eq!(page["contact"]["addresses"], json!(["ivan@customer.test"]));
        assert_eq!((&page["follows"], &page["has_older"]), (&Value::Null, &json!(false)));
        let message = &page["messages"][0];
        assert_eq!(message["kind"], "inbound");
        assert_eq!(message["text"].as_str().unwrap().trim(), "Where is my parcel?");
        assert_eq!(message["from"], json!({ "name": "Ivan", "address": "ivan@customer.test" }));
        assert_eq!(message["thread_step"], "new");
        assert_eq!(message["envelope_from"], "ivan@customer.test");
        assert_eq!(message["session"]["peer"], "192.0.2.1:4711");
        assert_eq!(message["delivery"], json!([]));
        assert!(message["author"].is_null());
    }
}

#[tokio::test]
async fn a_change_names_only_what_it_changes() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let path = format!("/tickets/{number}");
    let assigned = ok(server.patch(&path, json!({ "assignee": server.test.operator, "category": "gift" }))).await;
    assert_eq!(assigned["assignee"], json!({ "id": server.test.operator, "name": "Anna" }));

    let tagged = ok(server.patch(&path, json!({ "tags": ["delivery/lost"] }))).await;
    assert_eq!((&tagged["category"], &tagged["assignee"]["name"]), (&json!("gift"), &json!("Anna")));

    let taken_away = ok(server.patch(&path, json!({ "assignee": null, "category": null }))).await;
    assert_eq!((&taken_away["category"], &taken_away["assignee"]), (&Value::Null, &Value::Null));
    assert_eq!(taken_away["tags"], json!(["delivery/lost"]));

    problem(server.patch(&path, json!({ "assignee": 9999 })), 422).await;
    problem(server.patch(&path, json!({ "status": "lost" })), 422).await;
    problem(server.patch("/tickets/9999", json!({ "status": "open" })), 404).await;
}

#[tokio::test]
async fn a_change_of_what_another_changed_meanwhile_is_refused() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let path = format!("/tickets/{number}");
    let seen = server.get(&path).send().await.unwrap().headers()["etag"].clone();

    let first = server.patch(&path, json!({ "status": "open" })).header("if-match", &seen).send().await.unwrap();
    assert_eq!(first.status(), 200);
    let now = first.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    let stale = problem(server.patch(&path, json!({ "status": "closed" })).header("if-match", &seen), 412).await;
    assert_eq!(stale["current"].to_string(), now);
    assert_eq!(ok(server.get(&path)).await["status"], "open");
    problem(server.patch(&path, json!({})).header("if-match", "\"x\""), 422).await;
}
