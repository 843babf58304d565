use super::*;
use crate::desk::{Finding, Reason, Stage};

#[tokio::test]
async fn a_letter_is_found_in_quarantine_and_released() {
    let server = server().await;
    server.ticket("An honest letter").await;
    let findings = vec![Finding::new(Stage::Dmarc, 6, "DMARC fails for customer.test")];
    let judged = Judged { findings, quarantine: Some(Reason::Quarantined) };
    let number = server.deliver_judged(&letter("Urgent invoice", "Pay now."), judged).await;

    let page = ok(server.get("/quarantine")).await;
    let item = &page["items"][0];
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    assert_eq!(
        (&item["ticket"], &item["subject"], &item["mailbox"]),
        (&json!(number), &json!("Urgent invoice"), &json!("DEMO"))
    );
    assert_eq!((&item["quarantine"]["reason"], &item["quarantine"]["score"]), (&json!("quarantined"), &json!(6)));
    assert_eq!(item["quarantine"]["findings"][0]["stage"], "dmarc");
    let line = &ok(server.get(&format!("/ledger?ticket=DEMO-{number}"))).await["items"][0];
    assert_eq!((&line["verdict"], &line["score"], &line["count"]), (&json!("quarantined"), &json!(6), &json!(1)));

    let id = item["id"].as_u64().unwrap();
    let response = server.post(&format!("/quarantine/{id}/release"), json!({})).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(position(&response) > 0);
    assert_eq!(response.json::<Value>().await.unwrap(), json!({ "ticket": number }));
    assert_eq!(ok(server.get("/quarantine")).await["items"], json!([]));
    let message = ok(server.get(&format!("/messages/{id}"))).await;
    assert_eq!(message["quarantine"]["released_by"]["name"], "Anna");
    assert_eq!(ok(server.get(&format!("/tickets/{number}"))).await["status"], "new");
    problem(server.post("/quarantine/999999/release", json!({})), 404).await;
    problem(server.get("/quarantine?limit=0"), 422).await;
}

#[tokio::test]
async fn the_ledger_is_asked_by_domain_message_id_ticket_peer_and_time() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let found =
        async |query: &str| ok(server.get(&format!("/ledger?{query}"))).await["items"].as_array().unwrap().len();
    for query in ["domain=Customer.test", &format!("ticket={number}"), "peer=192.0.2.1", "until=9999-01-01T00:00:00Z"] {
        assert_eq!(found(query).await, 1, "{query}");
    }
    for query in ["domain=tomer.test", "ticket=9", "peer=192.0.2.2", "until=5", "message_id=none@customer.test"] {
        assert_eq!(found(query).await, 0, "{query}");
    }
    assert_eq!(found(&format!("peer=192.0.2.1&ticket={number}&domain=customer.test")).await, 1);
    assert_eq!(found(&format!("peer=192.0.2.2&ticket={number}")).await, 0);
}
