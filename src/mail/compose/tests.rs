use proptest::prelude::*;

use super::{Correspondent, Outgoing, OutgoingFile, Unsubscribe, compose, encoded_len};
use crate::mail::{Address, Attachment, Letter, LetterBody, file_name, sendable_type};

fn correspondent(name: &str, address: &str) -> Correspondent {
    Correspondent { name: Some(name.to_owned()).filter(|name| !name.is_empty()), address: address.to_owned() }
}

fn outgoing() -> Outgoing {
    Outgoing {
        from: correspondent("Служба поддержки", "help@shop.example"),
        reply_to: Some(Address::parse("help+t1042@shop.example").unwrap()),
        to: vec![correspondent("O'Hara, Ann \"A\"", "ann@example.com"), correspondent("", "b@example.com")],
        cc: vec![correspondent("Ц", "c@example.com")],
        subject: "[SAM-1042] Ваш заказ".to_owned(),
        message_id: "m1.abc@shop.example".to_owned(),
        in_reply_to: Some("q1@example.com".to_owned()),
        references: vec!["q0@example.com".to_owned(), "q1@example.com".to_owned()],
        date: 1_403_776_425,
        text: "Здравствуйте!\n\nSee https://shop.example/a?b=1&c=2 <now>.\nBye\n".to_owned(),
        files: Vec::new(),
        automatic: false,
        unsubscribe: None,
    }
}

fn assert_is_clean(raw: &[u8]) {
    let text = std::str::from_utf8(raw).unwrap();
    assert!(text.is_ascii(), "{text}");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']), "{text:?}");
    assert!(text.ends_with("\r\n"));
    assert!(text.split("\r\n").all(|line| line.len() <= 998));
}

#[test]
fn what_is_composed_is_what_is_read() {
    let raw = compose(&outgoing());
    assert_is_clean(&raw);
    let letter = Letter::parse(&raw);
    let sent = outgoing();
    assert_eq!(letter.from, Some(sent.from));
    assert_eq!((letter.to, letter.cc), (sent.to, sent.cc));
    assert_eq!(letter.reply_to.unwrap().address, "help+t1042@shop.example");
    assert_eq!((letter.subject, letter.date), (sent.subject, Some(sent.date)));
    assert_eq!(letter.message_id, Some(sent.message_id));
    assert_eq!((letter.in_reply_to, letter.references), (vec!["q1@example.com".to_owned()], sent.references));
    assert_eq!((letter.text, letter.needs_eyes), (sent.text, None));
    let html = LetterBody::read(&raw).html.unwrap();
    assert!(html.contains("<a href=\"https://shop.example/a?b=1&amp;c=2\">"), "{html}");
    assert!(html.contains("&lt;now&gt;"), "{html}");
}

fn file(name: &str, content_type: &str, content: &[u8]) -> OutgoingFile {
    let mut file = OutgoingFile::new(&file_name(name), &sendable_type(content_type), 0);
    content.chunks(57 * 3).for_each(|piece| file.push(piece));
    file
}

#[test]
fn files_arrive_octet_for_octet_behind_the_text() {
    let binary: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let long = format!("{}.pdf", "Очень длинное имя ".repeat(20));
    let cases: [(&str, &str, &[u8]); 8] = [
        ("price list.pdf", "application/pdf", &binary),
        ("счёт №7.txt", "text/plain; charset=utf-8", "строка\n.\nещё\r\n".as_bytes()),
        ("page.html", "text/html", b"<p>not shown</p>"),
        ("letter.eml", "message/rfc822", b"Subject: x\r\n\r\nFrom here\r\n"),
        ("../../etc/pass\"wd\r\nBcc: x@y.test", "not a type", b"x"),
        ("C:\\photo.PNG", "IMAGE/PNG", &[0; 57]),
        ("empty", "application/x-empty", b""),
        (&long, "multipart/mixed", b"--b\r\n"),
    ];
    let files: Vec<OutgoingFile> = cases.iter().map(|(name, kind, content)| file(name, kind, content)).collect();
    let sent = Outgoing { files, ..outgoing() };
    let raw = compose(&sent);
    assert_is_clean(&raw);
    let letter = Letter::parse(&raw);
    assert_eq!(letter.attachments, sent.attachments());
    assert_eq!((letter.text, letter.has_html, letter.needs_eyes), (sent.text, true, None));
    assert_eq!(letter.headers.iter().filter(|(name, _)| name == "Bcc").count(), 0);
    for ((_, _, content), listed) in cases.iter().zip(&letter.attachments) {
        assert!(Attachment::content(&raw, listed.part).unwrap() == *content, "{}", listed.name);
    }
    let kinds: Vec<&str> = letter.attachments.iter().map(|listed| listed.content_type.as_str()).collect();
    let other = "application/octet-stream";
    assert_eq!(
        kinds,
        ["application/pdf", "text/plain", "text/html", other, other, "image/png", "application/x-empty", other]
    );
    assert!(letter.attachments.iter().all(|listed| !listed.inline && !listed.name.contains(['/', '\\', '"'])));
    let without = compose(&outgoing()).len();
    let most: usize = cases.iter().map(|(_, _, content)| encoded_len(content.len() as u64)).sum();
    assert!(raw.len() <= without + most + 1_000, "{} {without} {most}", raw.len());
}

#[test]
fn an_automatic_letter_says_so() {
    let raw = compose(&Outgoing { automatic: true, ..outgoing() });
    let letter = Letter::parse(&raw);
    assert_eq!(letter.header("Auto-Submitted"), Some("auto-replied"));
    assert_eq!(letter.header("X-Auto-Response-Suppress"), Some("All"));
    assert!(crate::mail::robot::detect(&letter, false).is_some());
    assert_eq!(crate::mail::robot::detect(&Letter::parse(&compose(&outgoing())), false), None);
}

#[test]
fn a_letter_of_a_mailing_says_how_one_unsubscribes() {
    let unsubscribe = Unsubscribe {
        url: format!("https://desk.shop.example/unsubscribe/{}", "a".repeat(32)),
        mail: Address::parse(&format!("help+u{}@shop.example", "a".repeat(32))).ok(),
    };
    let raw = compose(&Outgoing { unsubscribe: Some(unsubscribe), ..outgoing() });
    assert_is_clean(&raw);
    let letter = Letter::parse(&raw);
    let field = letter.header("List-Unsubscribe").unwrap();
    let token = "a".repeat(32);
    let expected = format!(
        "<https://desk.shop.example/unsubscribe/{token}>, <mailto:help+u{token}@shop.example?subject=unsubscribe>"
    );
    assert_eq!(field.split_whitespace().collect::<Vec<_>>().join(" "), expected);
    assert_eq!(letter.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    assert_eq!((letter.header("Precedence"), letter.header("Auto-Submitted")), (Some("bulk"), None));
}

#[test]
fn no_field_can_bring_another() {
    let evil = "x\r\nBcc: victim@example.com\n\nbody";
    let raw = compose(&Outgoing {
        from: correspondent(evil, "a@example.com\r\nBcc: v@example.com"),
        to: vec![correspondent(evil, evil)],
        subject: evil.to_owned(),
        message_id: evil.to_owned(),
        in_reply_to: Some(evil.to_owned()),
        references: vec![evil.to_owned()],
        ..outgoing()
    });
    assert_is_clean(&raw);
    assert_eq!(Letter::parse(&raw).header("Bcc"), None);
}

#[test]
fn long_lines_are_broken_and_long_threads_shortened() {
    let raw = compose(&Outgoing {
        text: "ы".repeat(5_000) + &" word".repeat(5_000),
        subject: "s".repeat(900),
        references: (0..500).map(|n| format!("{n}@example.com")).collect(),
        to: (0..100).map(|n| correspondent("Имя", &format!("a{n}@example.com"))).collect(),
        ..outgoing()
    });
    assert_is_clean(&raw);
    let letter = Letter::parse(&raw);
    assert_eq!((letter.to.len(), letter.references.len()), (100, 20));
    assert_eq!((letter.references[0].as_str(), letter.references[19].as_str()), ("0@example.com", "499@example.com"));
}

#[test]
fn no_text_ends_a_letter_for_any_server() {
    let endings = [
        "\n.\n",
        "\n.\r",
        "\r.\n",
        "\r.\r",
        "\n.\r\n",
        "\r.\r\n",
        "\r\n.\n",
        "\r\n.\r",
        "\r\n\0.\r\n",
        "\r\n.\r\r\n",
        "\r\r\n.\r\r\n",
        "\r\n.\r\n",
    ];
    for ending in endings {
        let smuggled = format!("a{ending}MAIL FROM:<evil@example.com>{ending}");
        let raw = compose(&Outgoing { text: smuggled.clone(), subject: smuggled, ..outgoing() });
        assert_is_clean(&raw);
        // As it is sent: RFC 5321 §4.5.2. What is left that looks like an end to a server with another notion of lines?
        let sent = String::from_utf8(raw).unwrap().replace("\r\n.", "\r\n..");
        for end in ["\n.\n", "\n.\r", "\r.\n", "\r.\r"] {
            assert!(!sent.contains(end), "{ending:?} {end:?} {sent}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_survives(subject in "[ -~а-я]{0,80}", name in "[ -~а-я€]{0,40}", text in "([ -~]|[а-я]|\n|\r|\t|\0|€|.){0,400}") {
        let raw = compose(&Outgoing {
            subject: subject.clone(), to: vec![correspondent(&name, "a@example.com")], text: text.clone(), ..outgoing()
        });
        assert_is_clean(&raw);
        let letter = Letter::parse(&raw);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(words(&letter.subject), words(&subject));
        prop_assert_eq!(words(letter.to[0].name.as_deref().unwrap_or_default()), words(&name));
        let sent = super::plain_text(&text);
        prop_assert_eq!(letter.text.trim_end(), sent.trim_end());
        prop_assert_eq!(letter.needs_eyes, None);
    }
}
