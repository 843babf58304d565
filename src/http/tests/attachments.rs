use super::*;

impl Server {
    fn upload(&self, name: &str, content: Vec<u8>) -> RequestBuilder {
        let request = self.bare(Method::POST, "/attachments").query(&[("name", name)]);
        request.bearer_auth(&self.operator).header("content-type", "application/pdf").body(content)
    }
}

#[tokio::test]
async fn a_file_is_uploaded_attached_and_downloaded_again() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let content: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let upload = ok(server.upload("счёт 7.pdf", content.clone())).await;
    assert_eq!(
        upload,
        json!({ "id": upload["id"], "name": "счёт 7.pdf", "content_type": "application/pdf", "size": 3_000_000 })
    );
    let body = json!({ "kind": "reply", "text": "See the bill.", "attachments": [upload["id"]] });
    let message = ok(server.post(&format!("/tickets/{number}/messages"), body)).await;
    assert_eq!(message["uploads"], json!([upload["id"]]));
    let listed = &message["attachments"][0];
    assert_eq!((&listed["name"], &listed["size"]), (&upload["name"], &upload["size"]));
    let path = format!("/messages/{}/attachments/{}", message["id"], listed["part"]);
    let response = server.get(&path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert!(response.bytes().await.unwrap() == content);
}

#[tokio::test]
async fn an_upload_needs_a_name_and_somebody_who_is_signed_in() {
    let server = server().await;
    problem(server.bare(Method::POST, "/attachments?name=a.pdf").body("x"), 401).await;
    problem(server.upload("..", b"x".to_vec()), 422).await;
    problem(server.bare(Method::POST, "/attachments").bearer_auth(&server.operator).body("x"), 422).await;
    let key = server.upload("a.pdf", b"x".to_vec()).header("idempotency-key", "");
    problem(key, 422).await;
}

#[tokio::test]
async fn what_cannot_be_attached_is_refused_before_anything_is_sent() {
    let server = server().await;
    let number = server.ticket("A parcel").await;
    let upload = ok(server.upload("a.pdf", b"x".to_vec())).await;
    let path = format!("/tickets/{number}/messages");
    let body = |kind: &str, id: Value| json!({ "kind": kind, "text": "x", "attachments": [id] });
    for wrong in [
        server.post(&path, body("note", upload["id"].clone())),
        server.post(&path, body("reply", json!(999_999))),
        server.set_up(Method::POST, &path, body("reply", upload["id"].clone())),
    ] {
        assert_eq!(problem(wrong, 422).await["errors"][0]["field"], "attachments");
    }
    assert_eq!(server.messages(number).await.len(), 1);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_in_words() {
    let server = server_over(testing::desk_with(|settings| settings.attachment_size = 1_000).await, "").await;
    ok(server.upload("a.pdf", vec![7; 1_000])).await;
    let refused = problem(server.upload("a.pdf", vec![7; 1_001]), 413).await;
    assert!(refused["detail"].as_str().unwrap().contains("at most 1000 octets"), "{refused}");
}
