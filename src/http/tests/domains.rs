use super::*;

#[tokio::test]
async fn a_check_names_each_state_and_what_to_publish() {
    let server = server().await;
    server.names.host("mx.demo.test", "203.0.113.7".parse().unwrap()).await;
    server.names.mx("demo.test", 10, "mx.demo.test").await;
    let report = ok(server.set_up(Method::GET, "/domains/Demo.test/check", json!(null))).await;
    assert_eq!((&report["domain"], &report["state"]), (&json!("demo.test"), &json!("error")));
    let finding = |check: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check} is checked")).clone()
    };
    assert_eq!(finding("mx")["state"], "ok");
    let spf = finding("spf");
    assert_eq!(spf["state"], "error");
    let line = "demo.test. IN TXT \"v=spf1 mx -all\"";
    let record = json!({ "name": "demo.test", "type": "TXT", "value": "v=spf1 mx -all", "line": line });
    assert_eq!(spf["publish"][0], record);
    assert_eq!(finding("dkim")["publish"][0]["name"], "mxdesk._domainkey.demo.test");
}

#[tokio::test]
async fn only_administrators_check_and_only_domains_of_the_desk() {
    let server = server().await;
    problem(server.bare(Method::GET, "/domains/demo.test/check"), 401).await;
    problem(server.get("/domains/demo.test/check"), 403).await;
    problem(server.set_up(Method::GET, "/domains/other.test/check", json!(null)), 404).await;
    for host in ["127.0.0.1", "localhost", "a%20b.test", "[::1]"] {
        let path = format!("/domains/demo.test/check?port25={host}");
        problem(server.set_up(Method::GET, &path, json!(null)), 422).await;
    }
}

#[tokio::test]
async fn keys_are_rotated_and_taken_into_use() {
    let server = server().await;
    let change = |action: &str| server.set_up(Method::POST, "/domains/demo.test/dkim", json!({ "action": action }));
    problem(server.post("/domains/demo.test/dkim", json!({ "action": "rotate" })), 403).await;
    problem(server.get("/domains"), 403).await;
    problem(change("activate"), 422).await;
    let stages = |keys: &Value| -> Vec<String> {
        let keys = keys.as_array().unwrap().iter();
        keys.map(|key| format!("{} {}", key["selector"].as_str().unwrap(), key["stage"].as_str().unwrap())).collect()
    };
    let keys = ok(change("rotate")).await["items"].clone();
    assert_eq!(stages(&keys), ["mxdesk active", "mxdesk-ed25519 active", "mxdesk2 pending", "mxdesk2-ed25519 pending"]);
    let keys = ok(change("activate")).await["items"].clone();
    assert_eq!(stages(&keys), ["mxdesk2 active", "mxdesk2-ed25519 active", "mxdesk retired", "mxdesk-ed25519 retired"]);
    let list = ok(server.set_up(Method::GET, "/domains", json!(null))).await;
    assert_eq!(list["items"], json!([{ "name": "demo.test", "dkim": keys }]));
    assert!(!list.to_string().contains("PRIVATE"));
}
