use crate::desk_process::Desk;
use crate::smtp_client::SmtpClient;

const RULE: &str = r#"{"name": "Confirmations", "when": {"field": "subject", "op": "starts", "value": "Your order"}, "then": [{"action": "close"}]}"#;

#[tokio::test]
async fn the_same_commands_do_the_same() {
    let mut desk = Desk::start().await;
    // Over the socket of the running server: seen at once.
    desk.run(["mailbox", "add", "--name", "Sales", "--prefix", "SAL", "--address", "sales@demo.test"]);
    let rule = desk.data_dir().join("rule.json");
    std::fs::write(&rule, RULE).expect("the rule is written");
    desk.run(["rule", "add", "--file", rule.to_str().expect("a path")]);
    let mut client = SmtpClient::greet(desk.connect());
    client.command("EHLO client.test");
    client.command("MAIL FROM:<shop@client.test>");
    assert!(client.command("RCPT TO:<sales@demo.test>").starts_with("250 "));
    client.command("DATA");
    client.send(b"From: shop@client.test\r\nSubject: Your order 4711\r\n\r\nThank you.\r\n.\r\n");
    let reply = client.reply();
    let display = reply.trim_end().rsplit(' ').next().expect("a number").to_owned();
    assert!(display.starts_with("SAL-"), "{reply}");
    let ticket = desk.get(&format!("/tickets/{display}")).await;
    assert_eq!(ticket["status"], "closed");
    let trace = &ticket["messages"][0]["trace"][0];
    assert_eq!((&trace["name"], &trace["acted"]), (&"Confirmations".into(), &true.into()));
    assert_eq!(trace["predicates"][0]["saw"], "Your order 4711");
    let ledger = desk.run(["ledger", "--sender", "shop@client.test"]);
    assert!(String::from_utf8_lossy(&ledger.stdout).contains(" accepted ticket "), "{ledger:?}");

    // Without a server: straight on the store.
    desk.kill();
    let ledger = desk.run(["ledger", "--recipient", "sales@demo.test"]);
    assert!(String::from_utf8_lossy(&ledger.stdout).contains("<shop@client.test>"), "{ledger:?}");
    let twice =
        desk.try_run(&["mailbox", "add", "--name", "Sales", "--prefix", "SAL", "--address", "other@demo.test"], "");
    assert_eq!(twice.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("SAL"), "{twice:?}");
}

#[test]
fn a_wrong_configuration_is_refused_with_file_line_and_key() {
    let desk = Desk::prepare("[outbound]\nport = 0\n");
    let checked = desk.try_run(&["check"], "");
    assert_eq!(checked.status.code(), Some(1));
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(told.contains("mxdesk.toml:") && told.contains("outbound.port"), "{told}");
}

#[test]
fn init_writes_a_file_that_check_accepts() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("new/mxdesk.toml");
    let run = |word: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_mxdesk"))
            .args([word, "--config"])
            .arg(&config)
            .output()
            .expect("it runs")
    };
    assert!(run("init").status.success());
    assert!(run("check").status.success());
    assert_eq!(run("init").status.code(), Some(1), "an existing file is left alone");
}

#[test]
fn init_with_a_domain_makes_its_keys_and_prints_its_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("mxdesk.toml");
    let run = |words: &[&str], config: &std::path::Path| {
        let (first, rest) = words.split_first().expect("a word");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mxdesk"))
            .args([first, "--config"])
            .arg(config)
            .args(rest)
            .stdin(std::process::Stdio::null())
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let words =
        ["init", "--data-dir", "data", "--hostname", "mx.demo.test", "--domain", "demo.test", "--ip", "203.0.113.7"];
    let told = run(&words, &config);
    for line in [
        "demo.test. IN MX 10 mx.demo.test.",
        "mx.demo.test. IN A 203.0.113.7",
        "7.113.0.203.in-addr.arpa. IN PTR mx.demo.test.",
        "demo.test. IN TXT \"v=spf1 mx -all\"",
        "_dmarc.demo.test. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@demo.test\"",
        "_smtp._tls.demo.test. IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@demo.test\"",
        "mx.demo.test. IN CAA 0 issue \"letsencrypt.org\"",
    ] {
        assert!(told.lines().any(|known| known == line), "{line} is in {told}");
    }
    run(&["check"], &config);
    let add = ["--name", "Support", "--prefix", "SUP", "--address", "support@demo.test"];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mxdesk"))
        .args(["mailbox", "add", "--config"])
        .arg(&config)
        .args(add)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let keys =
        |text: &str| text.lines().filter(|line| line.contains("._domainkey.")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(keys(&run(&["dns"], &config)), keys(&told), "the mailbox takes the keys over");
    assert_eq!(keys(&told).len(), 2, "{told}");
}
