use std::time::Duration;

use serde_json::Value;

use crate::desk_process::{DEADLINE, Desk};
use crate::test_server::TestDns;

/// What `mxdesk dns check` says, as JSON, and its exit code.
fn check(desk: &Desk) -> (Value, Option<i32>) {
    let output = desk.try_run(&["dns", "check", "demo.test", "--json"], "");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code())
}

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let checks = report["checks"].as_array().expect("checks");
    checks.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check} is in {report:#}"))
}

/// The TXT records of DKIM keys among printed lines: name and value.
fn keys(lines: &str) -> Vec<(String, String)> {
    let lines = lines.lines().filter_map(|line| line.split_once(". IN TXT "));
    let value = |text: &str| text.trim_matches('"').replace("\" \"", "");
    lines.filter(|(name, _)| name.contains("._domainkey.")).map(|(name, text)| (name.to_owned(), value(text))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_makes_the_check_pass() {
    let names = TestDns::start().await;
    let config = format!("[dns]\nservers = [\"{}\"]\n[identity]\naddresses = [\"203.0.113.7\"]\n", names.address);
    let desk = Desk::start_with(&config).await;
    let (before, code) = check(&desk);
    assert_eq!((&before["state"], code), (&"error".into(), Some(1)));
    let told = String::from_utf8(desk.try_run(&["dns", "check", "demo.test"], "").stdout).expect("text");
    assert!(told.contains("[error] MX: ") && told.contains("        demo.test. IN MX 10 desk.test."), "{told}");

    // Published as printed.
    let printed = String::from_utf8(desk.run(["dns"]).stdout).expect("text");
    for line in printed.lines().filter(|line| !line.starts_with(';')) {
        let (name, rest) = line.split_once(". IN ").unwrap_or_else(|| panic!("{line} is a record"));
        let (kind, value) = rest.split_once(' ').expect("a type and a value");
        match kind {
            "MX" => names.mx(name, 10, value.split_once(' ').expect("a host").1).await,
            "A" => names.host(name, value.parse().expect("an address")).await,
            "PTR" => names.ptr("203.0.113.7".parse().expect("an address"), value).await,
            "TXT" => names.txt(name, &value.trim_matches('"').replace("\" \"", "")).await,
            "CAA" => names.caa(name, "letsencrypt.org").await,
            // The policy would be fetched from an address of the world.
            "CNAME" | "TLSA" => {}
            other => panic!("{other} is not expected: {line}"),
        }
    }
    assert!(printed.contains("\n_25._tcp.desk.test. IN TLSA 3 1 1 "), "{printed}");
    let (after, _) = check(&desk);
    for check in ["reverse", "mx", "spf", "spf_host", "dkim", "tls_rpt", "caa"] {
        assert_eq!(finding(&after, check)["state"], "ok", "{:#}", finding(&after, check));
    }
    assert_eq!(finding(&after, "dmarc")["state"], "warning", "p=none is where one begins");
    assert_eq!(finding(&after, "mta_sts")["state"], "error", "its policy is not served");
    let over_http = desk.get("/domains/demo.test/check").await;
    assert_eq!(finding(&over_http, "dkim"), finding(&after, "dkim"));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_published_first_and_used_then() {
    let names = TestDns::start().await;
    let mut desk = Desk::start_with(&format!("[dns]\nservers = [\"{}\"]\n", names.address)).await;
    let text = |output: std::process::Output| String::from_utf8(output.stdout).expect("text");
    let coming = keys(&text(desk.run(["dkim", "rotate", "--domain", "demo.test"])));
    assert_eq!(
        coming.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["mxdesk2._domainkey.demo.test", "mxdesk2-ed25519._domainkey.demo.test"]
    );
    assert_eq!(keys(&text(desk.run(["dns"]))).len(), 4, "old and new are to be published");
    let listed = text(desk.run(["dkim", "list", "--domain", "demo.test"]));
    assert!(listed.contains("mxdesk._domainkey.demo.test rsa: letters are signed with it"), "{listed}");
    assert!(listed.contains("mxdesk2._domainkey.demo.test rsa: to be published"), "{listed}");

    // A server that starts looks at once.
    for (name, value) in &coming {
        names.txt(name, value).await;
    }
    desk.kill();
    desk.serve().await;
    let began = std::time::Instant::now();
    loop {
        let listed = text(desk.run(["dkim", "list", "--domain", "demo.test"]));
        if listed.contains("mxdesk2-ed25519._domainkey.demo.test ed25519: letters are signed with it") {
            assert!(
                listed.contains("mxdesk._domainkey.demo.test rsa: used no more; leave its record for 14 days"),
                "{listed}"
            );
            break;
        }
        assert!(began.elapsed() < DEADLINE, "{listed}\n{}", desk.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refused = desk.try_run(&["dkim", "remove", "--domain", "demo.test", "--selector", "mxdesk"], "");
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("under way"), "{refused:?}");
    let nothing = desk.try_run(&["dkim", "activate", "--domain", "demo.test"], "");
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no key is pending"), "{nothing:?}");
}
