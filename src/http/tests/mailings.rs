use super::*;

fn new(to: &[&str]) -> Value {
    json!({ "mailbox": "DEMO", "subject": "We move", "text": "Our new address.", "tag": "autumn", "to": to })
}

impl Server {
    async fn mailing(&self, to: &[&str]) -> Value {
        let mailing = ok(self.set_up(Method::POST, "/mailings", new(to))).await;
        let id = mailing["id"].as_u64().unwrap();
        while self.test.desk.write_mailing(id).await.unwrap() {}
        mailing
    }

    /// The path of the URL in the newest letter's List-Unsubscribe.
    async fn link(&self) -> String {
        let queue = ok(self.get("/queue")).await;
        let id = queue["items"].as_array().unwrap().last().unwrap()["message"].as_u64().unwrap();
        let raw = self.test.desk.message_source(&Actor::CommandLine, id).await.unwrap();
        let letter = String::from_utf8(raw.to_vec()).unwrap();
        let url = letter.split("https://desk.demo.test").nth(1).unwrap();
        url.split('>').next().unwrap().to_owned()
    }

    fn one_click(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base)).form(&[("List-Unsubscribe", "One-Click")])
    }
}

#[tokio::test]
async fn a_mailing_is_ordered_by_administrators_read_by_all_and_listed_newest_first() {
    let server = server().await;
    problem(server.post("/mailings", new(&["ivan@shop.test"])), 403).await;
    problem(server.set_up(Method::POST, "/mailings", new(&["nobody"])), 422).await;
    problem(server.set_up(Method::POST, "/mailings", json!({})), 422).await;
    problem(server.bare(Method::POST, "/mailings").json(&new(&["ivan@shop.test"])), 401).await;
    let keyed = || {
        let request = server.set_up(Method::POST, "/mailings", new(&["Ivan <ivan@shop.test>", "olga@shop.test"]));
        request.header("idempotency-key", "k")
    };
    let response = keyed().send().await.unwrap();
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let first: Value = response.json().await.unwrap();
    assert_eq!(location, format!("/api/v1/mailings/{}", first["id"]));
    assert_eq!((&first["recipients"], &first["counts"]["waiting"]), (&json!(2), &json!(2)));
    assert_eq!(ok(keyed()).await["id"], first["id"]);

    let second = server.mailing(&["ivan@shop.test"]).await;
    let page = ok(server.get("/mailings?limit=1")).await;
    assert_eq!((&page["items"][0]["id"], &page["items"][0]["counts"]["queued"]), (&second["id"], &json!(1)));
    let rest = ok(server.get(&format!("/mailings?cursor={}", page["next"]))).await;
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&first["id"], &Value::Null));
    problem(server.get("/mailings?limit=21"), 422).await;
    problem(server.get("/mailings/999999"), 404).await;
    problem(server.set_up(Method::POST, &format!("/mailings/{}/recall", second["id"]), json!({})), 409).await;
}

#[tokio::test]
async fn a_held_mailing_is_recalled() {
    let server = server_over(testing::desk_with(|settings| settings.hold_seconds = 60).await, "").await;
    let mailing = ok(server.set_up(Method::POST, "/mailings", new(&["ivan@shop.test"]))).await;
    assert!(mailing["recallable_ms"].as_u64().is_some_and(|left| left > 30_000), "{mailing}");
    let path = format!("/mailings/{}/recall", mailing["id"]);
    problem(server.post(&path, json!({})), 403).await;
    let recalled = ok(server.set_up(Method::POST, &path, json!({}))).await;
    assert_eq!((&recalled["counts"]["recalled"], &recalled["recalled_by"]["name"]), (&json!(1), &json!("Chief")));
}

#[tokio::test]
async fn without_a_public_url_a_mailing_is_refused_in_clear_words() {
    let server = server_over(testing::desk_with(|settings| settings.public_url = String::new()).await, "").await;
    let told = problem(server.set_up(Method::POST, "/mailings", new(&["ivan@shop.test"])), 409).await;
    assert!(told["detail"].as_str().unwrap().contains("http.public_url"), "{told}");
}

#[tokio::test]
async fn one_click_unsubscribes_and_looking_does_not() {
    let server = server().await;
    let mailing = server.mailing(&["ivan@shop.test"]).await;
    let link = server.link().await;
    let look = || server.client.get(format!("{}{link}", server.base)).header("accept-language", "ru");
    let page = look().send().await.unwrap();
    assert_eq!(page.status(), 200);
    let header = |name: &str| page.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert!(header("content-security-policy").unwrap().contains("form-action 'self'"));
    assert_eq!((header("content-language").as_deref(), header("set-cookie")), (Some("ru"), None));
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    let text = page.text().await.unwrap();
    assert!(text.contains("ivan@shop.test") && text.matches("<button>").count() == 1, "{text}");
    let counts = async || ok(server.get(&format!("/mailings/{}", mailing["id"]))).await["counts"].clone();
    assert_eq!(counts().await["unsubscribed"], 0);

    let url = format!("{}{link}", server.base);
    problem(server.client.post(&url).form(&[("List-Unsubscribe", "Two-Clicks")]), 400).await;
    problem(server.client.post(&url), 400).await;
    problem(server.client.post(&url).body("x".repeat(9_000)), 413).await;
    problem(server.client.put(&url), 405).await;
    assert_eq!(counts().await["unsubscribed"], 0);
    // As another site's page would, or a mail client: no cookie, a foreign Origin.
    let done = server.one_click(&link).header("origin", "https://mail.example").send().await.unwrap();
    assert_eq!(done.status(), 200);
    assert!(done.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(done.text().await.unwrap(), "You are unsubscribed.\n");
    assert_eq!(server.one_click(&link).send().await.unwrap().status(), 200);
    assert_eq!(counts().await["unsubscribed"], 1);
    let listed = ok(server.get("/suppressions")).await;
    assert_eq!(listed["items"][0]["reason"], "unsubscribed");
    assert_eq!(listed["items"][0]["expires_at"], Value::Null);

    let next = server.mailing(&["Ivan@shop.test", "olga@shop.test"]).await;
    assert_eq!(next["held_back"], json!([{ "address": "Ivan@shop.test", "reason": "unsubscribed" }]));
    // The ordinary answer goes out without a word.
    let number = server.deliver("From: ivan@shop.test\nSubject: x\n\ny\n").await;
    let body = json!({ "kind": "reply", "text": "It is on its way." });
    ok(server.post(&format!("/tickets/{number}/messages"), body)).await;
}

#[tokio::test]
async fn a_link_that_is_not_ours_is_not_found_and_who_guesses_waits() {
    let server = server().await;
    server.mailing(&["ivan@shop.test"]).await;
    let link = server.link().await;
    let last = if link.ends_with('a') { "b" } else { "a" };
    let forged = format!("{}{last}", &link[..link.len() - 1]);
    problem(server.one_click(&forged), 404).await;
    problem(server.client.get(format!("{}{forged}", server.base)), 404).await;
    let mut refused = None;
    for _ in 0..200 {
        let response = server.one_click("/unsubscribe/x").send().await.unwrap();
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
        assert_eq!(response.status(), 404);
    }
    assert!(refused.unwrap().headers().contains_key("retry-after"));
    assert_eq!(server.one_click(&link).send().await.unwrap().status(), 200, "a real link is never held up");
}
