//! Who gets in: every stage over real sockets and a real name server. (Loopback is trusted by default: here it is not.)

use std::time::{Duration, Instant};

use super::client::Client;
use super::server::TestServer;
use crate::config::{Config, DnsblZone};
use crate::desk::{Actor, LedgerVerdict, Reason, Stage};
use crate::rules::Status;

/// A server that judges its clients, without a greeting delay.
async fn server(configure: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        config.policy.trusted.clear();
        config.policy.greeting_delay_ms = 0;
        configure(config);
    })
    .await
}

async fn introduce(client: &mut Client, line: &str) {
    client.say(line).await;
    while client.line().await.unwrap().starts_with("250-") {}
}

impl Client {
    /// A letter with this Message-ID; the reply begins with `expected`.
    async fn letter(&mut self, id: &str, expected: &str) -> String {
        self.envelope().await;
        let letter = format!("From: a@client.test\r\nSubject: order\r\nMessage-ID: <{id}>\r\n\r\nHello\r\n.\r\n");
        self.send(letter.as_bytes()).await;
        self.expect(expected).await
    }
}

#[tokio::test]
async fn who_talks_before_the_greeting_is_refused_and_who_waits_is_greeted() {
    let server = server(|config| config.policy.greeting_delay_ms = 2_000).await;
    let mut hasty = Client::connect(&server).await;
    hasty.say("EHLO client.test").await;
    hasty.expect("554 5.5.1 Talked before the greeting").await;
    hasty.expect_closed().await;
    let line = server.ledger(1).await.remove(0);
    assert_eq!((line.reason, line.verdict, line.score), (Reason::EarlyTalker, LedgerVerdict::Refused, 10));
    assert_eq!(line.findings[0].stage, Stage::EarlyTalker);

    let began = Instant::now();
    let mut patient = Client::connect(&server).await;
    patient.expect("220 ").await;
    assert!(began.elapsed() >= Duration::from_millis(1_900));
    introduce(&mut patient, "EHLO client.test").await;
    patient.letter("1@client.test", "250 2.0.0").await;
    let began = Instant::now();
    Client::connect(&server).await.expect("220 ").await;
    assert!(began.elapsed() < Duration::from_millis(1_500), "its letter was taken: it is greeted at once");
}

#[tokio::test]
async fn a_trusted_network_is_not_judged() {
    let server = TestServer::start_with(|config| {
        config.policy.greeting_delay_ms = 5_000;
        config.rates.connections_per_address_minute = 1;
    })
    .await;
    for _ in 0..3 {
        let mut client = Client::connect(&server).await;
        client.send(b"EHLO 127.0.0.1\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<help@demo.test>\r\nQUIT\r\n").await;
        client.expect("220 ").await;
        while client.line().await.unwrap().starts_with("250-") {}
        client.expect("250 2.1.0").await;
        client.expect("250 2.1.5").await;
    }
}

#[tokio::test]
async fn too_many_connections_in_a_minute_are_asked_to_come_again_and_counted() {
    let server = server(|config| {
        config.rates.connections_per_address_minute = 2;
        config.ledger.connection_lines_per_second = 1;
    })
    .await;
    for _ in 0..2 {
        Client::connect(&server).await.expect("220 ").await;
    }
    for _ in 0..20 {
        let mut client = Client::connect(&server).await;
        client.expect("421 4.7.0 Too many connections in a short time").await;
        client.expect_closed().await;
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let lines = server.ledger(1).await;
        let turned = lines.iter().filter(|line| line.reason == Reason::ConnectionRate);
        if turned.map(|line| line.count.unwrap_or(1)).sum::<u32>() == 20 {
            assert!(lines.len() < 12, "{lines:?}");
            return;
        }
        assert!(Instant::now() < deadline, "{lines:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn senders_and_recipients_have_rates_of_their_own() {
    let server = server(|config| {
        config.rates.letters_per_sender_hour = 2;
        config.rates.letters_per_recipient_minute = 3;
    })
    .await;
    let mut client = Client::ready(&server).await;
    for number in 0..2 {
        client.letter(&format!("{number}@client.test"), "250 2.0.0").await;
    }
    client.ask("MAIL FROM:<a@client.test>", "450 4.7.1 Too many letters of this sender").await;
    client.ask("MAIL FROM:<>", "250 ").await;
    client.ask("RCPT TO:<help@demo.test>", "250 ").await;
    client.ask("RSET", "250 ").await;
    client.ask("MAIL FROM:<b@client.test>", "250 ").await;
    client.ask("RCPT TO:<help@demo.test>", "450 4.2.1 Too many letters to this recipient").await;
    client.ask("RCPT TO:<sam@demo.test>", "250 ").await;
    let lines = server.ledger(4).await;
    let refused = |reason| lines.iter().find(|line| line.reason == reason).unwrap();
    assert_eq!(refused(Reason::SenderRate).sender, "a@client.test");
    assert_eq!(refused(Reason::RecipientRate).recipient, "help@demo.test");
    assert_eq!(refused(Reason::RecipientRate).verdict, LedgerVerdict::Deferred);
}

#[tokio::test]
async fn what_is_too_much_together_is_refused_but_at_postmaster() {
    let server = server(|config| config.policy.tarpit_seconds = 0).await;
    let mut client = Client::connect(&server).await;
    client.expect("220 ").await;
    // Our own name: 8 points; the address behind it does not take them away.
    introduce(&mut client, "EHLO desk.demo.test").await;
    introduce(&mut client, "EHLO 192.0.2.1").await;
    client.ask("MAIL FROM:<a@client.test>", "250 ").await;
    client.ask("RCPT TO:<help@demo.test>", "250 ").await;
    client.ask("RSET", "250 ").await;
    // And no waiting for the reply: 10 more.
    client.send(b"EHLO desk.demo.test\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<help@demo.test>\r\n").await;
    while client.line().await.unwrap().starts_with("250-") {}
    client.expect("250 2.1.0").await;
    client.expect("550 5.7.1 Refused by policy: did not wait for the reply to EHLO").await;
    client.ask("RCPT TO:<postmaster>", "250 ").await;
    client.ask("QUIT", "221 ").await;
    let lines = server.ledger(1).await;
    let line = lines.iter().find(|line| line.recipient == "help@demo.test").unwrap();
    assert_eq!((line.reason, line.score), (Reason::Suspicious, 18));
    let details: Vec<_> = line.findings.iter().map(|finding| (finding.stage, finding.points)).collect();
    assert_eq!(details, [(Stage::Helo, 8), (Stage::Pipelining, 10)]);
}

#[tokio::test]
async fn a_listed_client_is_refused_by_the_lists_name() {
    let server = server(|config| {
        config.policy.tarpit_seconds = 0;
        let zone = |name: &str, points| DnsblZone { zone: name.to_owned(), points, codes: Vec::new() };
        config.dnsbl.zones = vec![zone("bl.test", 12), zone("clean.test", 50)];
    })
    .await;
    server.name_server.host("1.0.0.127.bl.test", "127.0.0.2".parse().unwrap()).await;
    let mut client = Client::ready(&server).await;
    client.ask("MAIL FROM:<a@client.test>", "250 ").await;
    client
        .ask("RCPT TO:<help@demo.test>", "550 5.7.1 Your address is on a block list: 127.0.0.1 is listed by bl.test")
        .await;
    client.ask("RCPT TO:<nobody@demo.test>", "550 5.1.1").await;
    let lines = server.ledger(2).await;
    assert!(lines.iter().all(|line| line.score == 12 && line.findings[0].stage == Stage::Dnsbl), "{lines:?}");
    assert!(lines.iter().any(|line| line.reason == Reason::BlockListed));
}

#[tokio::test]
async fn the_suspicious_wait_and_nobody_else_does() {
    let server = server(|config| {
        config.policy.tarpit_seconds = 2;
        config.policy.tarpit_points = 3;
        config.policy.tarpit_sessions = 1;
    })
    .await;
    let mut suspicious = [Client::connect(&server).await, Client::connect(&server).await];
    for client in &mut suspicious {
        client.expect("220 ").await;
        introduce(client, "EHLO 192.0.2.1").await;
    }
    let [first, second] = &mut suspicious;
    let began = Instant::now();
    first.say("MAIL FROM:<a@client.test>").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut honest = Client::ready(&server).await;
    honest.letter("1@client.test", "250 2.0.0").await;
    // There is one place in the pit, and it is taken.
    second.ask("MAIL FROM:<a@client.test>", "250 ").await;
    assert!(began.elapsed() < Duration::from_millis(1_900));
    first.expect("250 ").await;
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn who_guesses_addresses_waits() {
    let server = server(|config| config.policy.tarpit_seconds = 1).await;
    let mut client = Client::ready(&server).await;
    client.ask("MAIL FROM:<a@client.test>", "250 ").await;
    let began = Instant::now();
    for number in 0..4 {
        client.ask(&format!("RCPT TO:<{number}@demo.test>"), "550 5.1.1").await;
    }
    assert!(began.elapsed() < Duration::from_millis(900));
    client.ask("RCPT TO:<help@demo.test>", "250 ").await;
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_fails_dmarc_is_refused_where_its_domain_asks_for_it() {
    let server = server(|_| ()).await;
    server.name_server.txt("_dmarc.client.test", "v=DMARC1; p=reject").await;
    let mut client = Client::ready(&server).await;
    client.letter("1@client.test", "550 5.7.26 Refused by the DMARC policy of the From domain client.test").await;
    assert_eq!(server.letters().await, 0);
    let line = server.ledger(1).await.remove(0);
    assert_eq!((line.reason, line.message_id.as_deref()), (Reason::DmarcRejected, Some("1@client.test")));
    assert_eq!((line.sender.as_str(), line.recipient.as_str()), ("a@client.test", "help@demo.test"));
    assert_eq!((line.findings[0].stage, line.score), (Stage::Dmarc, 10));
}

#[tokio::test]
async fn refused_letters_stand_in_the_report_to_their_from_domain() {
    let server = server(|config| {
        config.policy.dmarc_quarantine_points = 6;
        config.policy.quarantine_points = 6;
    })
    .await;
    server.name_server.txt("_dmarc.client.test", "v=DMARC1; p=reject").await;
    server.name_server.txt("_dmarc.soft.test", "v=DMARC1; p=quarantine").await;
    server.name_server.txt("_dmarc.good.test", "v=DMARC1; p=reject").await;
    server.name_server.txt("good.test", "v=spf1 ip4:127.0.0.0/8 -all").await;
    let rule = serde_json::json!({
        "name": "No",
        "when": { "field": "subject", "op": "is", "value": "refuse me" },
        "then": [{ "action": "reject", "text": "no" }],
    });
    server.desk.add_rule(&Actor::System, serde_json::from_value(rule).unwrap()).await.unwrap();
    let mut client = Client::ready(&server).await;
    for number in 0..3 {
        client.letter(&format!("{number}@client.test"), "550 5.7.26").await;
    }
    for (domain, subject, expected) in
        [("soft.test", "order", "250 2.0.0"), ("good.test", "order", "250 2.0.0"), ("good.test", "refuse me", "550 ")]
    {
        client.ask(&format!("MAIL FROM:<a@{domain}>"), "250 ").await;
        client.ask("RCPT TO:<help@demo.test>", "250 ").await;
        client.ask("DATA", "354 ").await;
        client.send(format!("From: a@{domain}\r\nSubject: {subject}\r\n\r\nHello\r\n.\r\n").as_bytes()).await;
        client.expect(expected).await;
    }
    // The client's next command is answered when the lines are written.
    client.ask("QUIT", "221 ").await;
    server.ledger(6).await;
    assert_eq!(counted(&server, "client.test").await, [("reject".to_owned(), false, 3)]);
    assert_eq!(counted(&server, "soft.test").await, [("quarantine".to_owned(), false, 1)]);
    // Taken, and refused by a rule: the domain's policy had no part in it.
    assert_eq!(counted(&server, "good.test").await, [("none".to_owned(), true, 2)]);
}

#[tokio::test]
async fn a_flood_of_refused_letters_leaves_one_row_and_all_are_counted() {
    let server = server(|_| ()).await;
    server.name_server.txt("_dmarc.client.test", "v=DMARC1; p=reject").await;
    let mut client = Client::ready(&server).await;
    // More than a session may leave lines in the ledger.
    for number in 0..130 {
        client.letter(&format!("{number}@client.test"), "550 5.7.26").await;
    }
    client.ask("QUIT", "221 ").await;
    server.ledger(100).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while counted(&server, "client.test").await != [("reject".to_owned(), false, 130)] {
        assert!(Instant::now() < deadline, "{:?}", counted(&server, "client.test").await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What is counted today of a domain: disposition, whether it passed, and letters of each kind.
async fn counted(server: &TestServer, domain: &str) -> Vec<(String, bool, u64)> {
    let today = u64::try_from(jiff::Timestamp::now().as_second()).unwrap() / 86_400;
    let rows = server.desk.dmarc_counts(today, domain).await.unwrap().rows;
    rows.into_iter().map(|row| (row.disposition.clone(), row.passed(), row.letters)).collect()
}

#[tokio::test]
async fn what_is_quarantined_is_kept_and_can_be_released() {
    let server = server(|config| config.policy.honour_dmarc_reject = false).await;
    server.name_server.txt("_dmarc.client.test", "v=DMARC1; p=reject").await;
    let rule = serde_json::json!({
        "name": "Orders",
        "when": { "field": "subject", "op": "contains", "value": "order" },
        "then": [{ "action": "add_tags", "value": ["orders"] }],
    });
    server.desk.add_rule(&Actor::System, serde_json::from_value(rule).unwrap()).await.unwrap();
    let mut client = Client::ready(&server).await;
    let reply = client.letter("1@client.test", "250 2.0.0 OK ticket DEMO-").await;
    let number = crate::desk::Directory::parse_number(reply.rsplit(' ').next().unwrap()).unwrap();
    assert_eq!(client.letter("1@client.test", "250 2.0.0").await, reply, "a retry gets the same ticket");

    let (kept, next) = server.desk.quarantine(&Actor::System, 10, None).await.unwrap();
    assert_eq!((kept.len(), next), (1, None));
    assert_eq!((kept[0].ticket.number, kept[0].ticket.status, kept[0].ticket.tags.len()), (number, Status::Spam, 0));
    let mark = kept[0].message.quarantine.clone().unwrap();
    assert_eq!((mark.reason, mark.score, mark.released_at), (Reason::Quarantined, 6, None));
    assert!(server.ledger(2).await.iter().any(|line| line.verdict == LedgerVerdict::Quarantined && line.score == 6));

    let id = kept[0].message.id;
    assert_eq!(server.desk.release(&Actor::System, id).await.unwrap().value, number);
    assert_eq!(server.desk.release(&Actor::System, id).await.unwrap().value, number, "once is enough");
    let (ticket, _) = server.desk.ticket(number).await.unwrap().unwrap();
    assert_eq!((ticket.status, ticket.tags.as_slice()), (Status::New, ["orders".to_owned()].as_slice()));
    assert!(ticket.contact.is_some());
    let messages = server.desk.messages(number).await.unwrap();
    assert_eq!(messages.len(), 2, "the letter, and who released it");
    assert!(messages[0].quarantine.as_ref().unwrap().released_at.is_some());
    assert!(server.desk.quarantine(&Actor::System, 10, None).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn a_first_letter_is_asked_to_come_again_where_greylisting_is_on() {
    let server = server(|config| {
        config.greylist.enabled = true;
        config.greylist.delay_seconds = 1;
    })
    .await;
    let mut client = Client::ready(&server).await;
    client.letter("1@client.test", "451 4.7.1 First letter from there").await;
    let line = server.ledger(1).await.remove(0);
    assert_eq!((line.reason, line.message_id.as_deref()), (Reason::Greylisted, Some("1@client.test")));
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        client.envelope().await;
        client.send(b"From: a@client.test\r\nMessage-ID: <1@client.test>\r\n\r\nHello\r\n.\r\n").await;
        let reply = client.line().await.unwrap();
        if reply.starts_with("250 2.0.0") {
            break;
        }
        assert!(reply.starts_with("451 4.7.1") && Instant::now() < deadline, "{reply}");
    }
    client.letter("2@client.test", "250 2.0.0").await;
}

#[tokio::test]
async fn a_connection_without_a_letter_has_a_line_too() {
    let server = TestServer::start_with(|config| config.limits.connections = 1).await;
    let mut client = Client::ready(&server).await;
    Client::connect(&server).await.expect("421 4.7.0 Too many connections").await;
    client.ask("QUIT", "221 ").await;
    client.expect_closed().await;
    let lines = server.ledger(2).await;
    let of = |reason| lines.iter().find(|line| line.reason == reason).unwrap();
    assert_eq!(
        (of(Reason::NoLetter).verdict, of(Reason::NoLetter).helo.as_str()),
        (LedgerVerdict::Ended, "client.test")
    );
    assert!(of(Reason::TooManyConnections).peer.starts_with("127.0.0.1:"));
}
