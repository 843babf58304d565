use super::*;

#[tokio::test]
async fn a_letter_is_found_by_sender_and_recipient() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    for query in ["", "?sender=Ivan@Customer.test", "?recipient=help@demo.test&since=2020-01-01T00:00:00Z"] {
        let page = ok(server.get(&format!("/ledger{query}"))).await;
        let line = &page["items"][0];
        assert_eq!(line["ticket"], number, "{query}: {page}");
        assert_eq!((&line["verdict"], &line["reason"]), (&json!("accepted"), &json!("accepted")));
        assert_eq!(line["sender"], "ivan@customer.test");
        assert!(line["about"].as_str().unwrap().contains("taken"), "{line}");
        assert!(line["at"].as_str().unwrap().ends_with('Z'));
    }
    for query in ["?sender=nobody@customer.test", "?since=9999-01-01T00:00:00Z"] {
        assert_eq!(ok(server.get(&format!("/ledger{query}"))).await["items"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn the_ledger_is_paged() {
    let server = server().await;
    for subject in ["one", "two", "three"] {
        server.ticket(subject).await;
    }
    let first = ok(server.get("/ledger?limit=2")).await;
    let next = first["next"].as_str().unwrap();
    let second = ok(server.get(&format!("/ledger?limit=2&cursor={next}"))).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["next"], Value::Null);
    problem(server.get("/ledger?limit=501"), 422).await;
}
