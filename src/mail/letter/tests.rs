#![expect(clippy::disallowed_methods, reason = "a test may block")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Attachment, Letter, LetterBody, NeedsEyes};

/// Runs on the stack that a tokio worker has.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).unwrap().join().unwrap()
}

/// Generous, for the machine may be busy; what these letters must not do is take minutes.
const LONG: Duration = Duration::from_secs(20);

fn multipart(boundary: &str, parts: &[&str]) -> Vec<u8> {
    let mut raw = format!("From: a@example.com\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        write!(raw, "--{boundary}\r\n{part}\r\n").unwrap();
    }
    write!(raw, "--{boundary}--\r\n").unwrap();
    raw.into_bytes()
}

#[test]
fn a_plain_letter_is_read() {
    let letter = Letter::parse(
        b"From: =?utf-8?B?0JjQstCw0L0=?= <ivan@example.com>\r\nTo: Desk <desk@example.org>, x@example.org\r\n\
          Cc: \"C, D\" <cd@example.org>\r\nReply-To: other@example.com\r\nSubject: =?utf-8?Q?=D0=97=D0=B0=D0=BA=D0=B0=D0=B7?=\r\n 42\r\n\
          Date: Thu, 26 Jun 2014 13:53:45 +0400\r\nMessage-ID: <m1@example.com>\r\nIn-Reply-To: <m0@example.org>\r\n\
          References: <r1@example.org>\r\n\t<m0@example.org>\r\n\r\nHello\r\nthere\r\n",
    );
    let from = letter.from.clone().unwrap();
    assert_eq!((from.name.as_deref(), from.address.as_str()), (Some("Иван"), "ivan@example.com"));
    assert_eq!(letter.to.len(), 2);
    assert_eq!(letter.cc[0].name.as_deref(), Some("C, D"));
    assert_eq!(letter.reply_to.as_ref().unwrap().address, "other@example.com");
    assert_eq!(letter.subject, "Заказ 42");
    assert_eq!(letter.date, Some(1_403_776_425));
    assert_eq!(letter.message_id.as_deref(), Some("m1@example.com"));
    assert_eq!(letter.in_reply_to, ["m0@example.org"]);
    assert_eq!(letter.references, ["r1@example.org", "m0@example.org"]);
    assert_eq!(letter.text, "Hello\nthere\n");
    assert_eq!(letter.header("SUBJECT"), Some("Заказ 42"));
    assert_eq!((letter.has_html, letter.needs_eyes), (false, None));
}

#[test]
fn what_is_no_letter_keeps_its_bytes_as_text() {
    for raw in [&b"just some words"[..], b"", b"\r\n\r\nbody alone"] {
        let letter = Letter::parse(raw);
        assert_eq!(letter.needs_eyes, Some(NeedsEyes::Unparseable), "{raw:?}");
        assert_eq!(letter.text, super::body::clean(&String::from_utf8_lossy(raw)));
    }
}

#[test]
fn exactly_one_from_with_one_address_is_asked_for() {
    let eyes = |header: &str| Letter::parse(format!("{header}Subject: x\r\n\r\nx").as_bytes()).needs_eyes;
    assert_eq!(eyes("From: a@example.com\r\n"), None);
    assert_eq!(eyes(""), Some(NeedsEyes::From));
    assert_eq!(eyes("From: a@example.com, b@example.com\r\n"), Some(NeedsEyes::From));
    assert_eq!(eyes("From: a@example.com\r\nFrom: b@example.com\r\n"), Some(NeedsEyes::From));
    assert_eq!(eyes("From: nobody\r\n"), Some(NeedsEyes::From));
}

#[test]
fn the_first_of_repeated_fields_counts() {
    let letter = Letter::parse(b"From: a@example.com\r\nFrom: b@example.com\r\nSubject: one\r\nSubject: two\r\n\r\nx");
    assert_eq!((letter.from.unwrap().address.as_str(), letter.subject.as_str()), ("a@example.com", "one"));
}

#[test]
fn html_becomes_text_where_there_is_no_text() {
    let letter = Letter::parse(
        b"From: a@example.com\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<style>p{}</style><p>One &amp; two</p>\
          <script>x</script><blockquote>old</blockquote>",
    );
    assert!(letter.has_html);
    assert_eq!(letter.text, "One & two\n\n> old\n");
}

#[test]
fn an_empty_text_part_does_not_hide_the_html() {
    let raw = b"From: a@example.com\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\
        Content-Type: text/plain\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<b>Hello</b>\r\n--b--\r\n";
    assert_eq!(Letter::parse(raw).text.trim(), "Hello");
    let body = LetterBody::read(raw);
    assert_eq!(body.html.as_deref().map(str::trim), Some("<b>Hello</b>"));
}

#[test]
fn soft_line_breaks_are_joined() {
    let raw = b"From: a@example.com\r\nContent-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\n> a \r\n> b\r\nthree \r\n-- \r\nsig\r\n";
    assert_eq!(Letter::parse(raw).text, "one two\n> a b\nthree \n-- \nsig\n");
}

#[test]
fn attachments_are_named_safely() {
    let part = |disposition: &str| {
        format!("Content-Type: application/pdf\r\nContent-Disposition: attachment; {disposition}\r\n\r\nx")
    };
    for (disposition, name) in [
        ("filename=\"report.pdf\"", "report.pdf"),
        ("filename=\"../../etc/passwd\"", "passwd"),
        ("filename=\"C:\\\\Users\\\\x\\\\a.pdf\"", "a.pdf"),
        ("filename*=utf-8''%D1%81%D1%87%D1%91%D1%82.pdf", "счёт.pdf"),
        ("filename=\"=?utf-8?B?0YHRh9GR0YI=?=.pdf\"", "счёт.pdf"),
        ("filename*=utf-8''a%E2%80%AEfdp.exe", "afdp.exe"),
        ("filename*=utf-8''a%0D%0Ab.pdf", "a  b.pdf"),
        ("filename=\"...\"", "part-1.pdf"),
        ("size=3", "part-1.pdf"),
    ] {
        let letter = Letter::parse(&multipart("b", &[&part(disposition)]));
        assert_eq!(letter.attachments[0].name, name, "{disposition}");
    }
    let long = format!("filename=\"{}.pdf\"", "n".repeat(400));
    let name = Letter::parse(&multipart("b", &[&part(&long)])).attachments[0].name.clone();
    assert_eq!(name.chars().count(), 255);
    assert!(name.ends_with("n.pdf"));
}

#[test]
fn a_letter_inside_a_letter_is_a_download() {
    let inner = "Content-Type: message/rfc822\r\n\r\nFrom: i@example.com\r\nSubject: a/b\r\n\r\ninner text";
    let raw = multipart("b", &["Content-Type: text/plain\r\n\r\nouter", inner]);
    let letter = Letter::parse(&raw);
    assert_eq!(letter.text.trim(), "outer");
    let [attachment] = letter.attachments.as_slice() else { panic!("{:?}", letter.attachments) };
    assert_eq!((attachment.content_type.as_str(), attachment.name.as_str()), ("message/rfc822", "a b.eml"));
    let content = Attachment::content(&raw, attachment.part).unwrap();
    assert!(content.starts_with(b"From: i@example.com\r\n"));
    assert_eq!(u64::try_from(content.len()), Ok(attachment.size));
    assert_eq!(Attachment::content(&raw, 0), None, "the multipart itself is no download");
    assert_eq!(Attachment::content(&raw, 99), None);
}

#[test]
fn an_embedded_picture_has_its_content_id() {
    let picture = "Content-Type: image/png; name=p.png\r\nContent-ID: <p1@example.com>\r\nContent-Disposition: inline\r\n\
        Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=";
    let raw = multipart("b", &["Content-Type: text/html\r\n\r\n<img src=\"cid:p1@example.com\">", picture]);
    let letter = Letter::parse(&raw);
    let attachment = &letter.attachments[0];
    assert_eq!(attachment.content_id.as_deref(), Some("p1@example.com"));
    assert!(attachment.inline);
    assert_eq!(Attachment::content(&raw, attachment.part).as_deref(), Some(&b"\x89PNG\r\n\x1a\n"[..]));
}

#[test]
fn raw_eight_bit_headers_are_decoded() {
    let cyrillic = "Привет, заказ 42";
    let cp1251: Vec<u8> = cyrillic
        .chars()
        .map(|c| match u32::from(c) {
            c @ 0x410..=0x44f => u8::try_from(c - 0x410 + 0xc0).unwrap(),
            c => u8::try_from(c).unwrap(),
        })
        .collect();
    let letter = |charset: &str| {
        let mut raw = b"From: a@example.com\r\nSubject: ".to_vec();
        raw.extend(&cp1251);
        raw.extend(charset.as_bytes());
        raw.extend(b"\r\n\r\n");
        raw.extend(&cp1251);
        Letter::parse(&raw)
    };
    for charset in ["", "\r\nContent-Type: text/plain; charset=windows-1251"] {
        let letter = letter(charset);
        assert_eq!((letter.subject.as_str(), letter.text.as_str()), (cyrillic, cyrillic), "{charset}");
    }
    let latin = Letter::parse(b"From: a@example.com\r\nSubject: caf\xe9\r\n\r\nd\xe9j\xe0 vu");
    assert_eq!((latin.subject.as_str(), latin.text.as_str()), ("café", "déjà vu"));
    let utf8 = Letter::parse("From: a@example.com\r\nSubject: жук\r\n\r\nжук".as_bytes());
    assert_eq!((utf8.subject.as_str(), utf8.text.as_str()), ("жук", "жук"));
}

#[test]
fn an_encoded_word_cannot_break_a_line() {
    let letter = Letter::parse(b"From: a@example.com\r\nSubject: =?utf-8?Q?a=0D=0ABcc:_x=00?=\r\n\r\nx\0y");
    assert_eq!((letter.subject.as_str(), letter.text.as_str()), ("a  Bcc: x", "xy"));
}

#[test]
fn a_thousand_nested_multiparts_are_read() {
    let mut raw = String::from("From: a@example.com\r\n");
    for depth in 0..1_000 {
        write!(raw, "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n").unwrap();
    }
    raw.push_str("\r\nthe end\r\n");
    let letter = on_a_small_stack(move || Letter::parse(raw.as_bytes()));
    assert_eq!(letter.needs_eyes, Some(NeedsEyes::TooComplex));
}

#[test]
fn ten_thousand_nested_letters_are_read() {
    let raw = "From: a@example.com\r\nContent-Type: message/rfc822\r\n\r\n".repeat(10_000);
    let letter = on_a_small_stack(move || Letter::parse(raw.as_bytes()));
    assert_eq!(letter.needs_eyes, Some(NeedsEyes::TooComplex));
}

#[test]
fn a_megabyte_of_dashes_in_nested_multiparts_is_read_in_time() {
    let mut raw = String::from("From: a@example.com\r\n");
    for depth in 0..99 {
        write!(raw, "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n").unwrap();
    }
    raw.push_str("\r\n");
    raw.push_str(&"--\r\n".repeat(256 * 1024));
    let start = Instant::now();
    assert_eq!(Letter::parse(raw.as_bytes()).needs_eyes, Some(NeedsEyes::TooComplex));
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
}

#[test]
fn too_many_parts_are_said() {
    let parts = vec!["\r\nx"; 5_000];
    let letter = Letter::parse(&multipart("b", &parts));
    assert_eq!(letter.needs_eyes, Some(NeedsEyes::TooComplex));
}

#[test]
fn a_hundred_thousand_fields_are_bounded() {
    let mut raw = String::from("From: a@example.com\r\n");
    for n in 0..100_000 {
        write!(raw, "X-Field-{n}: value\r\n").unwrap();
    }
    raw.push_str("\r\nbody");
    let start = Instant::now();
    let letter = on_a_small_stack(move || Letter::parse(raw.as_bytes()));
    assert_eq!((letter.headers.len(), letter.needs_eyes), (500, Some(NeedsEyes::TooManyHeaders)));
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
}

#[test]
fn huge_values_are_bounded() {
    let start = Instant::now();
    for value in
        ["x ".repeat(2_000_000), "=?utf-8?Q?a?= ".repeat(300_000), "(".repeat(2_000_000), "<a@b>, ".repeat(500_000)]
    {
        for field in ["Subject", "From", "References", "Content-Type", "Received", "X-Other"] {
            let raw = format!("From: a@example.com\r\n{field}: {value}\r\n\r\nbody");
            let letter = on_a_small_stack(move || Letter::parse(raw.as_bytes()));
            assert_eq!(letter.needs_eyes, Some(NeedsEyes::TooManyHeaders));
            assert!(letter.headers.iter().all(|(_, value)| value.chars().count() <= 4_096));
            assert!(letter.subject.len() <= 998 && letter.references.len() <= 50);
        }
    }
    assert!(start.elapsed() < LONG * 3, "{:?}", start.elapsed());
}

#[test]
fn deeply_nested_html_is_read() {
    for tag in ["div", "b", "table", "table><tr><td", "blockquote", "font color=red", "a href=x", "ul><li", "svg", "p"]
    {
        let mut raw = b"From: a@example.com\r\nContent-Type: text/html\r\n\r\n".to_vec();
        raw.extend(format!("<{tag}>").repeat(100_000).bytes());
        raw.extend(b"the end");
        let start = Instant::now();
        let letter = on_a_small_stack(move || Letter::parse(&raw));
        assert!(letter.text.contains("the end"), "{tag}");
        assert!(start.elapsed() < LONG, "{tag}: {:?}", start.elapsed());
    }
}

#[test]
fn every_real_letter_is_read() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");
    let mut read = 0;
    for path in eml_files(corpus.as_ref()) {
        let raw = std::fs::read(&path).unwrap();
        let letter = Letter::parse(&raw);
        let body = LetterBody::read(&raw);
        assert_eq!(body.text, letter.text, "{path:?}");
        assert_eq!(body.html.is_some(), letter.has_html, "{path:?}");
        let is_shown = !letter.text.trim().is_empty() || !letter.attachments.is_empty() || letter.has_html;
        assert!(is_shown || letter.needs_eyes.is_some() || raw.len() < 600, "{path:?}");
        assert!(letter.headers.iter().all(|(_, value)| !value.contains(['\r', '\n', '\0'])), "{path:?}");
        for attachment in &letter.attachments {
            assert!(!attachment.name.contains(['/', '\\', '\n']), "{path:?}: {attachment:?}");
            let content = Attachment::content(&raw, attachment.part).unwrap();
            assert_eq!(u64::try_from(content.len()), Ok(attachment.size), "{path:?}: {attachment:?}");
        }
        read += 1;
    }
    assert!(read == 0 || read >= 100, "{read}");
}

fn eml_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { eml_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect()
}
