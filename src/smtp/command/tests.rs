use super::*;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn to(text: &str) -> Result<Command, CommandError> {
    addressed(Target::Address { address: address(text), non_ascii: !text.is_ascii() })
}

fn addressed(target: Target) -> Result<Command, CommandError> {
    Ok(Command::Rcpt(Addressee { target, notify: None, original: None, extended: false }))
}

fn from(text: &str) -> Sender {
    Sender { address: Some(address(text)), non_ascii: !text.is_ascii(), ..Sender::default() }
}

#[test]
fn verbs_are_read_in_any_case_and_trailing_blanks_are_tolerated() {
    assert_eq!(parse(b"quit"), Ok(Command::Quit));
    assert_eq!(parse(b"RsEt  "), Ok(Command::Rset));
    assert_eq!(parse(b"NOOP what ever"), Ok(Command::Noop));
    assert_eq!(parse(b"help"), Ok(Command::Help));
    assert_eq!(parse(b"DATA "), Ok(Command::Data));
}

#[test]
fn what_is_no_command_is_unknown() {
    for line in [
        &b""[..],
        b" ",
        b"QUITT",
        b"QUI",
        b"LHLO x",
        b"ETRN x",
        b"ATRN x",
        b"BURL x",
        b"GET / HTTP/1.1",
        b"Subject: x",
        b"Q\tUIT",
    ] {
        assert_eq!(parse(line), Err(CommandError::Unknown), "{}", line.escape_ascii());
    }
    assert_eq!(parse(b"\xff\xfe"), Err(CommandError::Line(LineError::Control)));
}

#[test]
fn commands_without_arguments_refuse_them() {
    for line in ["DATA foo", "STARTTLS now", "RSET x", "QUIT x"] {
        assert!(matches!(parse(line.as_bytes()), Err(CommandError::Syntax(_))), "{line}");
    }
}

#[test]
fn a_greeting_names_a_domain_or_a_literal() {
    assert_eq!(parse(b"EHLO mx.example.test"), Ok(Command::Ehlo("mx.example.test".into())));
    assert_eq!(parse(b"helo my_host"), Ok(Command::Helo("my_host".into())));
    assert_eq!(parse(b"EHLO [192.0.2.1]"), Ok(Command::Ehlo("[192.0.2.1]".into())));
    assert_eq!(parse(b"EHLO [IPv6:2001:db8::1]"), Ok(Command::Ehlo("[IPv6:2001:db8::1]".into())));
    for line in ["EHLO", "EHLO a b", "HELO <x>", "EHLO []", "EHLO a(b)", "EHLO \u{fc}.test"] {
        assert!(matches!(parse(line.as_bytes()), Err(CommandError::Syntax(_))), "{line}");
    }
}

#[test]
fn mail_takes_the_parameters_that_are_offered() {
    assert_eq!(parse(b"MAIL FROM:<>"), Ok(Command::Mail(Sender::default())));
    assert_eq!(parse(b"mail from: <a@b.test>"), Ok(Command::Mail(from("a@b.test"))));
    assert_eq!(
        parse(b"MAIL FROM:<a@b.test> SIZE=1000 body=8bitmime SMTPUTF8"),
        Ok(Command::Mail(Sender { size: 1000, smtputf8: true, extended: true, ..from("a@b.test") }))
    );
    assert_eq!(
        parse(b"MAIL FROM:<a@b.test> BODY=7BIT"),
        Ok(Command::Mail(Sender { extended: true, ..from("a@b.test") }))
    );
}

#[test]
fn other_parameters_are_refused() {
    for parameters in [
        "AUTH=<>",
        "BODY=BINARYMIME",
        "XFOO",
        "XFOO=bar",
        "REQUIRETLS=1",
        "NOTIFY=NEVER",
        "SMTPUTF8=1",
        "BY=5;R",
        "MT-PRIORITY=3",
    ] {
        let line = format!("MAIL FROM:<a@b.test> {parameters}");
        assert_eq!(parse(line.as_bytes()), Err(CommandError::Parameter), "{parameters}");
    }
    assert_eq!(parse(b"RCPT TO:<a@b.test> RET=FULL"), Err(CommandError::Parameter));
}

#[test]
fn malformed_parameters_are_syntax_errors() {
    for parameters in [
        "SIZE=",
        "SIZE",
        "SIZE=-1",
        "SIZE=1x",
        "SIZE=99999999999999999999",
        "SIZE=1 SIZE=2",
        "=1",
        "BODY=x",
        "A==b",
        "SIZE=1  BODY=7BIT",
    ] {
        let line = format!("MAIL FROM:<a@b.test> {parameters}");
        assert!(matches!(parse(line.as_bytes()), Err(CommandError::Syntax(_))), "{parameters}");
    }
}

#[test]
fn paths_need_their_brackets() {
    for line in [
        "MAIL FROM:a@b.test",
        "MAIL FROM <a@b.test>",
        "MAIL FROM:<a@b.test",
        "MAIL FROM:<a@b.test>SIZE=1",
        "MAIL",
        "MAIL FROM:",
    ] {
        assert!(matches!(parse(line.as_bytes()), Err(CommandError::Syntax(_))), "{line}");
    }
    for line in ["RCPT TO:a@b.test", "RCPT <a@b.test>", "RCPT TO:<a@b.test", "RCPT FROM:<a@b.test>"] {
        assert!(matches!(parse(line.as_bytes()), Err(CommandError::Syntax(_))), "{line}");
    }
}

#[test]
fn addresses_that_cannot_be_read_are_named() {
    for path in ["a", "a@", "@b.test", "a b@c.test", "a@b@c.test", "postmaster", "<a@b.test"] {
        let line = format!("MAIL FROM:<{path}>");
        assert_eq!(parse(line.as_bytes()), Err(CommandError::Sender(path.into())), "{path}");
    }
    assert_eq!(parse(b"RCPT TO:<>"), Err(CommandError::Recipient(String::new())));
}

#[test]
fn a_quoted_local_part_may_hold_brackets_and_at_signs() {
    let Ok(Command::Rcpt(Addressee { target: Target::Address { address, .. }, .. })) =
        parse(br#"RCPT TO:<"a@b>c"@d.test>"#)
    else {
        panic!("not read");
    };
    assert_eq!((address.local(), address.domain()), ("a@b>c", "d.test"));
}

#[test]
fn a_source_route_is_checked_and_ignored() {
    assert_eq!(parse(b"RCPT TO:<@a.test,@b.test:c@d.test>"), to("c@d.test"));
    for path in ["@:c@d.test", "@a.test,b.test:c@d.test", "@a test:c@d.test", "@a.test:"] {
        let line = format!("RCPT TO:<{path}>");
        assert_eq!(parse(line.as_bytes()), Err(CommandError::Recipient(path.into())), "{path}");
    }
}

#[test]
fn postmaster_needs_no_domain() {
    assert_eq!(parse(b"RCPT TO:<PostMaster>"), addressed(Target::Postmaster));
}

#[test]
fn non_ascii_paths_are_marked() {
    assert_eq!(parse("RCPT TO:<почта@d.test>".as_bytes()), to("почта@d.test"));
    let Ok(Command::Mail(sender)) = parse("MAIL FROM:<ü@d.test> SMTPUTF8".as_bytes()) else { panic!("not read") };
    assert!(sender.non_ascii && sender.smtputf8);
}

#[test]
fn a_chunk_has_an_exact_size() {
    assert_eq!(parse(b"BDAT 10"), Ok(Command::Bdat { octets: 10, last: false }));
    assert_eq!(parse(b"BDAT 0 last"), Ok(Command::Bdat { octets: 0, last: true }));
    for line in
        ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 LAST x", "BDAT 1 FIRST", "BDAT 1  LAST", "BDAT 99999999999999999999"]
    {
        assert_eq!(parse(line.as_bytes()), Err(CommandError::Chunk), "{line}");
    }
}

#[test]
fn long_lines_are_refused() {
    let line = |verb: &str, length: usize| format!("{verb}{}", "x".repeat(length - verb.len()));
    assert_eq!(parse(line("NOOP ", MAX_PLAIN).as_bytes()), Ok(Command::Noop));
    let too_long = Err(CommandError::Line(LineError::TooLong));
    assert_eq!(parse(line("NOOP ", MAX_PLAIN + 1).as_bytes()), too_long);
    assert_eq!(parse(line("MAIL FROM:<a@b.test> X=", MAX_ENVELOPE + 1).as_bytes()), too_long);
}

proptest::proptest! {
    #[test]
    fn no_line_panics(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let _ = parse(&line);
        let _ = parse(&[b"MAIL FROM:<", &line[..]].concat());
        let _ = parse(&[b"RCPT TO:<", &line[..], b">"].concat());
    }
}
