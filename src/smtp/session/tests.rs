mod xclient;

use super::ledger::MAX_LEDGER_LINES;
use super::*;
use crate::desk::receive::Verdict;
use crate::desk::{DsnNotify, DsnReturn};
use crate::smtp::command::parse;

/// A session that is told lines, and answers with what it sends.
struct Talk {
    session: Session,
    health: Health,
    more_input: bool,
}

impl Talk {
    fn new() -> Self {
        Self::trusting("198.51.100.0/24")
    }

    /// A session with 192.0.2.1 on a server where this network may use XCLIENT.
    fn trusting(network: &str) -> Self {
        let network = network.parse().unwrap();
        let settings = Settings {
            hostname: "desk.test".into(),
            message_size: 10_000,
            recipients: 3,
            starttls: true,
            xclient_from: vec![network],
        };
        let session = Session::new(Arc::new(settings), 7, "192.0.2.1:25".parse().unwrap(), None);
        Self { session, health: Health::Ready, more_input: false }
    }

    /// A session with a complete envelope.
    fn ready() -> Self {
        let mut talk = Self::new();
        for line in ["EHLO a.test", "MAIL FROM:<s@a.test>", "RCPT TO:<one@ours.test>"] {
            assert!(talk.say(line).0.starts_with("250"));
        }
        talk
    }

    fn say(&mut self, line: &str) -> (String, Effect) {
        let health = self.health;
        let world = World {
            resolve: &resolve,
            health: &|| health,
            refuses: &|_| None,
            now: 1_000,
            more_input: self.more_input,
        };
        let mut output = Vec::new();
        let effect = self.session.command(parse(line.as_bytes()), &world, &mut output);
        (String::from_utf8(output).unwrap(), effect)
    }

    fn codes(&mut self, lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| self.say(line).0.chars().take(9).collect()).collect()
    }

    fn verdict(&mut self, verdict: &Verdict) -> (String, Effect) {
        let mut output = Vec::new();
        let effect = self.session.verdict(verdict, &mut output);
        (String::from_utf8(output).unwrap(), effect)
    }

    fn chunk_read(&mut self, offence: Option<Reason>) -> (String, Effect) {
        let mut output = Vec::new();
        let effect = self.session.chunk_read(offence, 1_000, &mut output);
        (String::from_utf8(output).unwrap(), effect)
    }
}

/// `ours.test` is ours, with the mailboxes `one` to `five`.
fn resolve(target: &Target) -> Resolution {
    let address = match target {
        Target::Postmaster => Address::parse("postmaster@ours.test").unwrap(),
        Target::Address { address, .. } => address.clone(),
    };
    let known = ["one", "two", "three", "four", "postmaster", "ü"];
    match address.domain() {
        "ours.test" if known.contains(&address.local().to_lowercase().as_str()) => {
            Resolution::Mailbox(Recipient { address, mailbox: 1, sub_address: None })
        }
        "ours.test" => Resolution::Unknown,
        _ => Resolution::NotOurs,
    }
}

#[test]
fn ehlo_offers_what_is_there() {
    let mut talk = Talk::new();
    let (reply, _) = talk.say("EHLO a.test");
    assert_eq!(
        reply,
        "250-desk.test\r\n250-PIPELINING\r\n250-SIZE 10000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n\
         250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250-LIMITS RCPTMAX=3\r\n250 STARTTLS\r\n"
    );
    talk.session.tls_established(TlsFacts::default());
    let (inside, _) = talk.say("EHLO a.test");
    assert!(inside.ends_with("250-LIMITS RCPTMAX=3\r\n250 REQUIRETLS\r\n"), "{inside}");
    assert_eq!(talk.say("HELO a.test").0, "250 desk.test\r\n");
}

#[test]
fn a_letter_is_asked_for_when_its_envelope_is_complete() {
    let mut talk = Talk::ready();
    assert_eq!(talk.say("DATA").1, Effect::ReadLetter);
    let envelope = talk.session.envelope().unwrap();
    assert_eq!(envelope.from.as_ref().map(Address::as_str), Some("s@a.test"));
    assert_eq!(envelope.recipients.len(), 1);
    let accepted = Verdict::Accepted { tickets: vec!["DEMO-1042".into(), "SAM-1043".into()] };
    assert_eq!(talk.verdict(&accepted), (format!("{}\r\n", accepted.reply()), Effect::Continue));
    assert!(talk.session.envelope().is_none());
    assert!(talk.session.take_ledger_lines().is_empty());
}

#[test]
fn commands_have_an_order() {
    let mut talk = Talk::new();
    assert_eq!(talk.codes(&["MAIL FROM:<>", "RCPT TO:<one@ours.test>", "DATA"]), ["503 5.5.1"; 3]);
    assert_eq!(talk.codes(&["EHLO a.test", "RCPT TO:<one@ours.test>"])[1], "503 5.5.1");
    assert_eq!(
        talk.codes(&["MAIL FROM:<>", "MAIL FROM:<>", "DATA", "RSET", "DATA"]),
        ["250 2.1.0", "503 5.5.1", "554 5.5.1", "250 2.0.0", "503 5.5.1"]
    );
}

#[test]
fn ehlo_forgets_the_transaction_and_so_does_rset() {
    for line in ["EHLO b.test", "HELO b.test", "RSET"] {
        let mut talk = Talk::ready();
        talk.say(line);
        assert!(talk.say("DATA").0.starts_with("503"), "{line}");
    }
}

#[test]
fn helo_clients_have_no_parameters() {
    let mut talk = Talk::new();
    assert_eq!(
        talk.codes(&["HELO a.test", "MAIL FROM:<a@b.test> SIZE=1", "MAIL FROM:<a@b.test>"])[1..],
        ["555 5.5.4", "250 2.1.0"]
    );
}

#[test]
fn nothing_is_relayed() {
    let mut talk = Talk::ready();
    assert_eq!(
        talk.codes(&[
            "RCPT TO:<x@other.test>",
            "RCPT TO:<x@sub.ours.test>",
            "RCPT TO:<x%other.test@ours.test>",
            "RCPT TO:<@ours.test:x@other.test>",
            "RCPT TO:<\"x@other.test\"@ours.test>",
            "RCPT TO:<x@[192.0.2.1]>",
        ]),
        ["550 5.7.1", "550 5.7.1", "550 5.1.1", "550 5.7.1", "550 5.1.1", "550 5.7.1"]
    );
    let lines = talk.session.take_ledger_lines();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        (lines[0].sender.as_str(), lines[0].recipient.as_str(), lines[0].reason, lines[0].reply.as_str()),
        ("s@a.test", "x@other.test", Reason::RelayDenied, "550 5.7.1 Relaying denied")
    );
}

#[test]
fn the_same_recipient_counts_once_and_too_many_are_put_off() {
    let mut talk = Talk::ready();
    assert_eq!(
        talk.codes(&[
            "RCPT TO:<ONE@Ours.Test>",
            "RCPT TO:<two@ours.test>",
            "RCPT TO:<postmaster>",
            "RCPT TO:<four@ours.test>",
            "RCPT TO:<one@ours.test>",
        ]),
        ["250 2.1.5", "250 2.1.5", "250 2.1.5", "452 4.5.3", "250 2.1.5"]
    );
    assert_eq!(talk.session.envelope().unwrap().recipients.len(), 3);
    assert_eq!(talk.session.take_ledger_lines()[0].verdict, crate::desk::LedgerVerdict::Deferred);
}

#[test]
fn a_sender_is_refused_when_its_letter_could_not_be_kept() {
    for (health, code) in [(Health::LowDisk, "452 4.3.1"), (Health::Failed, "451 4.3.0")] {
        let mut talk = Talk::new();
        talk.health = health;
        assert_eq!(talk.codes(&["EHLO a.test", "MAIL FROM:<a@b.test>"])[1], code);
        assert_eq!(talk.session.take_ledger_lines()[0].sender, "a@b.test");
    }
    let mut talk = Talk::new();
    assert_eq!(
        talk.codes(&["EHLO a.test", "MAIL FROM:<a@b.test> SIZE=10001", "MAIL FROM:<a@b.test> SIZE=10000"])[1..],
        ["552 5.3.4", "250 2.1.0"]
    );
}

#[test]
fn non_ascii_addresses_need_smtputf8() {
    let mut talk = Talk::new();
    assert_eq!(
        talk.codes(&[
            "EHLO a.test",
            "MAIL FROM:<ü@a.test>",
            "MAIL FROM:<u@a.test>",
            "RCPT TO:<ü@ours.test>",
            "RSET",
            "MAIL FROM:<ü@a.test> SMTPUTF8",
            "RCPT TO:<ü@ours.test>",
        ])[1..],
        ["553 5.6.7", "250 2.1.0", "553 5.6.7", "250 2.0.0", "250 2.1.0", "250 2.1.5"]
    );
}

#[test]
fn nothing_sent_in_the_clear_is_obeyed_inside_tls() {
    let mut talk = Talk::ready();
    assert_eq!(talk.say("STARTTLS").1, Effect::StartTls);
    talk.session.tls_established(TlsFacts::default());
    assert_eq!(talk.codes(&["MAIL FROM:<>", "STARTTLS"]), ["503 5.5.1"; 2]);

    let mut talk = Talk::ready();
    talk.more_input = true;
    let (reply, effect) = talk.say("STARTTLS");
    assert!(reply.starts_with("503 5.5.1"));
    assert_eq!(effect, Effect::Close);
}

#[test]
fn a_refused_letter_whose_text_came_along_ends_the_session() {
    let mut talk = Talk::new();
    talk.say("EHLO a.test");
    talk.more_input = true;
    assert_eq!(talk.say("DATA").1, Effect::Close);
}

#[test]
fn chunks_are_read_to_their_end_before_they_are_answered() {
    let mut talk = Talk::ready();
    assert_eq!(talk.say("BDAT 10"), (String::new(), Effect::ReadChunk { octets: 10, keep: true, last: false }));
    assert_eq!(talk.chunk_read(None), ("250 2.0.0 OK\r\n".into(), Effect::Continue));
    assert_eq!(talk.codes(&["DATA", "RCPT TO:<two@ours.test>"]), ["503 5.5.1"; 2]);
    assert_eq!(talk.say("BDAT 0 LAST").1, Effect::ReadChunk { octets: 0, keep: true, last: true });
    assert_eq!(talk.chunk_read(None), (String::new(), Effect::Deliver));

    let mut talk = Talk::new();
    talk.say("EHLO a.test");
    assert_eq!(talk.say("BDAT 10 LAST"), (String::new(), Effect::ReadChunk { octets: 10, keep: false, last: true }));
    assert!(talk.chunk_read(None).0.starts_with("503 5.5.1"));
}

#[test]
fn a_bad_chunk_ends_the_transaction_or_the_session() {
    let mut talk = Talk::ready();
    talk.say("BDAT 10");
    assert_eq!(talk.chunk_read(Some(Reason::TooLarge)).1, Effect::Continue);
    assert_eq!(talk.say("BDAT 10 LAST").1, Effect::ReadChunk { octets: 10, keep: false, last: true });

    let mut talk = Talk::ready();
    talk.say("BDAT 10");
    let (reply, effect) = talk.chunk_read(Some(Reason::BareLineEnd));
    assert!(reply.starts_with("521 5.5.2"));
    assert_eq!(effect, Effect::Close);

    assert_eq!(Talk::ready().say("BDAT ten LAST").1, Effect::Close);
}

#[test]
fn errors_and_idle_commands_are_counted_until_a_letter_comes() {
    let mut talk = Talk::new();
    for _ in 0..MAX_ERRORS {
        assert_eq!(talk.say("FOO").1, Effect::Continue);
    }
    let (reply, effect) = talk.say("FOO");
    assert!(reply.ends_with("421 4.7.0 Too many errors\r\n"), "{reply}");
    assert_eq!(effect, Effect::Close);

    let mut talk = Talk::new();
    for _ in 0..MAX_IDLE_COMMANDS {
        assert_eq!(talk.say("NOOP").1, Effect::Continue);
    }
    assert_eq!(talk.say("NOOP").1, Effect::Close);

    let mut talk = Talk::ready();
    for _ in 0..MAX_ERRORS {
        talk.say("FOO");
    }
    talk.verdict(&Verdict::Accepted { tickets: vec!["A-1".into()] });
    assert_eq!(talk.say("FOO").1, Effect::Continue);
}

#[test]
fn what_the_desk_refuses_is_told_in_its_words() {
    let mut talk = Talk::ready();
    let refused = Verdict::Refused { reason: Reason::RuleRejected, text: Some("No adverts\r\n250 yes".into()) };
    let (reply, effect) = talk.verdict(&refused);
    assert!(reply.starts_with("550 5.7.1 No adverts") && reply.matches("\r\n").count() == 1, "{reply}");
    assert_eq!(effect, Effect::Continue);
    let mut talk = Talk::ready();
    let refused = Verdict::Refused { reason: Reason::StoreUnavailable, text: None };
    assert_eq!(talk.verdict(&refused).0, "451 4.3.0 Try again later\r\n");
}

#[test]
fn a_broken_end_is_noted_for_every_recipient() {
    let mut talk = Talk::ready();
    talk.say("RCPT TO:<two@ours.test>");
    talk.session.lost(Reason::Disconnected, 5);
    let lines = talk.session.take_ledger_lines();
    let recipients: Vec<&str> = lines.iter().map(|line| line.recipient.as_str()).collect();
    assert_eq!(recipients, ["one@ours.test", "two@ours.test"]);
    assert!(lines.iter().all(|line| line.at == 5 && line.reply.is_empty() && line.reason == Reason::Disconnected));

    let mut talk = Talk::new();
    talk.session.lost(Reason::Disconnected, 5);
    assert!(talk.session.take_ledger_lines().is_empty());
    let mut output = Vec::new();
    assert_eq!(talk.session.end(Reason::Shutdown, 5, &mut output), Effect::Close);
    assert!(output.starts_with(b"421 4.3.2") && talk.session.take_ledger_lines().is_empty());
}

#[test]
fn a_session_notes_a_bounded_number_of_lines() {
    let mut talk = Talk::ready();
    talk.say("RCPT TO:<two@ours.test>");
    talk.say("RCPT TO:<three@ours.test>");
    for _ in 0..1_000 {
        talk.say("RCPT TO:<four@ours.test>");
    }
    assert_eq!(talk.session.take_ledger_lines().len(), MAX_LEDGER_LINES);
}

#[test]
fn what_is_asked_about_reports_is_kept_with_the_envelope() {
    let mut talk = Talk::new();
    talk.say("EHLO a.test");
    for line in [
        "MAIL FROM:<s@a.test> RET=HDRS ENVID=a+2Bb",
        "RCPT TO:<One@ours.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;list@a.test",
        "RCPT TO:<two@ours.test>",
        "RCPT TO:<three@ours.test> NOTIFY=NEVER",
        "RCPT TO:<one@ours.test> NOTIFY=FAILURE",
    ] {
        assert!(talk.say(line).0.starts_with("250 "), "{line}");
    }
    let dsn = &talk.session.envelope().unwrap().dsn;
    assert_eq!((dsn.ret, dsn.envid.as_deref()), (Some(DsnReturn::Headers), Some("a+b")));
    let asked: Vec<_> = dsn.recipients.iter().map(|one| (one.address.as_str(), one.notify)).collect();
    let first = DsnNotify { success: true, failure: false, delay: true };
    assert_eq!(asked, [("one@ours.test", Some(first)), ("three@ours.test", Some(DsnNotify::default()))]);
    assert_eq!(dsn.recipients[0].original.as_ref().unwrap().address, "list@a.test");
    talk.say("RSET");
    talk.say("MAIL FROM:<s@a.test>");
    assert!(talk.session.envelope().unwrap().dsn.is_empty());
}

#[test]
fn requiretls_is_for_sessions_inside_tls() {
    let mut talk = Talk::new();
    talk.say("EHLO a.test");
    assert_eq!(
        talk.say("MAIL FROM:<s@a.test> REQUIRETLS").0,
        "530 5.7.10 REQUIRETLS needs TLS, say STARTTLS first\r\n"
    );
    talk.session.tls_established(TlsFacts::default());
    talk.say("EHLO a.test");
    assert_eq!(talk.codes(&["MAIL FROM:<s@a.test> REQUIRETLS"]), ["250 2.1.0"]);
    assert!(talk.session.envelope().unwrap().require_tls);
}
