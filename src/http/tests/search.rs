use super::*;

#[tokio::test]
async fn words_and_order_numbers_find_tickets() {
    let server = server().await;
    let number = server.deliver(&letter("Order SO-2024/000123", "The parcel is lost")).await;
    let other = server.ticket("Something else").await;
    let min_pos = server.newest();
    for query in ["lost", "000123", "SO2024000123", "ivan@customer.test%20lost"] {
        let page = ok(server.get(&format!("/search?q={query}&min_pos={min_pos}"))).await;
        assert_eq!(page["items"][0]["number"], number, "{query}: {page}");
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{query}: {page}");
        assert_eq!(page["items"][0]["message"], server.messages(number).await[0]);
        assert!(page["items"][0]["score"].as_f64().unwrap() > 0.0);
    }
    let list = ok(server.get(&format!("/tickets?q=lost&min_pos={min_pos}"))).await;
    assert_eq!(list["items"][0]["number"], number);
    assert_eq!(list["total"], Value::Null);
    let list = ok(server.get(&format!("/tickets?q=lost&status=closed&min_pos={min_pos}"))).await;
    assert_eq!(list["items"], json!([]));
    assert_ne!(number, other);
}

#[tokio::test]
async fn status_and_tag_are_asked_of_the_board() {
    let server = server().await;
    let (first, second) = (server.ticket("First parcel").await, server.ticket("Second parcel").await);
    ok(server.patch(&format!("/tickets/{second}"), json!({ "status": "on_hold", "tags": ["delivery/lost"] }))).await;
    let min_pos = server.newest();
    for (query, expected) in [
        ("parcel%20status:on_hold", vec![second]),
        ("parcel%20status:new,pending", vec![first]),
        ("parcel%20tag:delivery", vec![second]),
        ("status:on_hold", vec![second]),
        ("status:nonsense%20parcel", vec![]),
    ] {
        let page = ok(server.get(&format!("/search?q={query}&min_pos={min_pos}"))).await;
        let numbers: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|hit| hit["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, expected, "{query}");
    }
}

#[tokio::test]
async fn hits_are_paged() {
    let server = server().await;
    for subject in ["one", "two", "three"] {
        server.ticket(subject).await;
    }
    let min_pos = server.newest();
    let first = ok(server.get(&format!("/search?q=parcel&limit=2&min_pos={min_pos}"))).await;
    let next = first["next"].as_str().unwrap();
    let second = ok(server.get(&format!("/search?q=parcel&limit=2&cursor={next}"))).await;
    let mut numbers: Vec<_> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|hit| hit["number"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), &second["next"]), (3, &Value::Null));
}

#[tokio::test]
async fn any_text_is_a_query() {
    let server = server().await;
    for query in ["%22", "-", "*:*", "a%20AND%20(", "%00", "from:", "%F0%9F%92%A9", "%5B1%20TO%202%5D"] {
        ok(server.get(&format!("/search?q={query}"))).await;
    }
}
