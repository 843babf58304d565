use crate::desk_process::Desk;
use crate::smtp_client::SmtpClient;
use crate::test_server::TestDns;

const RULE: &str = r#"{"name": "Proven", "when": {"all": [{"field": "spf", "op": "is", "value": "pass"}, {"field": "dmarc", "op": "is", "value": "pass"}]}, "then": [{"action": "close"}]}"#;
const LETTER: &[u8] = b"Received: from mail.client.test (mail.client.test [203.0.113.5])\r\n\tby mx.forwarder.test;\r\n\
From: Anna <anna@client.test>\r\nTo: help@demo.test\r\nSubject: Hello\r\nMessage-ID: <f1@client.test>\r\n\r\nHello.\r\n";

/// This test's own client stands for the company's other MX, which forwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_forwarder_s_letters_are_judged_by_who_sent_them() {
    let dns = TestDns::start().await;
    dns.txt("client.test", "v=spf1 ip4:203.0.113.5 -all").await;
    dns.txt("_dmarc.client.test", "v=DMARC1; p=reject").await;
    let servers = format!("[dns]\nservers = [\"{}\"]\n", dns.address);
    for (trust, spf, status) in [("[trust]\nforwarders = [\"127.0.0.0/8\"]\n", "pass", "closed"), ("", "fail", "new")] {
        let desk = Desk::start_with(&format!("{servers}{trust}")).await;
        let rule = desk.data_dir().join("rule.json");
        std::fs::write(&rule, RULE).expect("the rule is written");
        desk.run(["rule", "add", "--file", rule.to_str().expect("a path")]);
        let reply = SmtpClient::greet(desk.connect()).letter(LETTER);
        let display = reply.trim_end().rsplit(' ').next().expect("a number");
        let ticket = desk.get(&format!("/tickets/{display}")).await;
        let found = &ticket["messages"][0]["authentication"];
        assert_eq!((&found["spf"]["result"], &found["dmarc"]["result"]), (&spf.into(), &spf.into()), "{found}");
        assert_eq!(found["forwarder"]["client"].as_str(), (!trust.is_empty()).then_some("203.0.113.5"), "{found}");
        assert_eq!(found["dmarc"]["policy_domain"], "client.test");
        assert_eq!(ticket["status"], status);
    }
}
