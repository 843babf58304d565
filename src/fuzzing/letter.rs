//! Letters and bounces: what the desk does with a stranger's bytes before it knows anything of them.

use crate::mail::sanitise::{SanitiseOptions, sanitise};
use crate::mail::{Attachment, Letter, LetterBody, bounce as reports, fold, identifiers, robot};

/// Any bytes are a letter, and everything that is made of it keeps to its bounds.
pub fn letter(raw: &[u8]) {
    let letter = Letter::parse(raw);
    assert!(is_clean(&letter.text, true), "a control character in the text");
    assert!(is_clean(&letter.subject, false), "a control character in the subject");
    assert!(letter.subject.chars().count() <= 998, "an endless subject");
    assert!(letter.in_reply_to.len() <= 20 && letter.references.len() <= 50, "too many Message-IDs");
    for (name, value) in &letter.headers {
        assert!(is_clean(name, false) && is_clean(value, false), "a control character in {name:?}");
    }
    for person in letter.from.iter().chain(&letter.reply_to).chain(&letter.to).chain(&letter.cc) {
        assert!(is_clean(&person.address, false), "a control character in an address");
        assert!(person.name.as_deref().is_none_or(|name| is_clean(name, false)), "a control character in a name");
    }

    let folded = fold::fold(&letter.text);
    assert_eq!([folded.new, folded.quoted].concat(), letter.text, "folding lost something");
    for found in identifiers::find(&letter.text) {
        assert!(letter.text[found.start..].starts_with(&found.text), "an identifier that is not there");
    }
    let _ = robot::detect(&letter, false);
    for attachment in &letter.attachments {
        assert!(is_clean(&attachment.name, false) && !attachment.name.contains('/'), "a path as a file name");
        let content = Attachment::content(raw, attachment.part);
        assert!(
            content.is_some_and(|content| content.len() as u64 == attachment.size),
            "an attachment of another size"
        );
    }

    let body = LetterBody::read(raw);
    if let Some(html) = &body.html {
        let options = SanitiseOptions { cid_prefix: Some("/api/".to_owned()), ..SanitiseOptions::default() };
        let safe = sanitise(html, &options).to_ascii_lowercase();
        // Text is escaped: what begins with `<` is an element of ours.
        for forbidden in
            ["<script", "<iframe", "<object", "<embed", "<form", "<input", "<svg", "<math", "<link", "<meta"]
        {
            assert!(!safe.contains(forbidden), "{forbidden} came through");
        }
    }
}

/// Any bytes, taken for a report of delivery and for a complaint.
pub fn bounce(raw: &[u8]) {
    let letter = Letter::parse(raw);
    for null_sender in [true, false] {
        let Some(report) = reports::detect(&letter, raw, null_sender) else { continue };
        assert!((1..=200).contains(&report.outcomes.len()), "a report of {} outcomes", report.outcomes.len());
        for outcome in &report.outcomes {
            if let Some(status) = &outcome.status {
                let mut digits = status.split('.');
                let class = digits.next();
                assert!(matches!(class, Some("2" | "4" | "5")), "the status {status:?}");
                assert_eq!(digits.filter(|part| part.parse::<u16>().is_ok()).count(), 2, "the status {status:?}");
            }
            if let Some(words) = &outcome.diagnostic {
                assert!(words.chars().count() <= 1_000 && is_clean(words, false), "a diagnostic without bounds");
            }
            let _ = outcome.is_hard();
        }
        let _ = report.failure();
    }
    if let Some(complaint) = reports::complaint(&letter, raw) {
        let texts = complaint.senders.iter().chain(&complaint.recipients).chain(&complaint.message_id);
        assert!(texts.chain([&complaint.kind]).all(|text| is_clean(text, false)), "a control character in a complaint");
    }
}

/// Whether a text holds no control character (but line feed and tab, where it has lines).
fn is_clean(text: &str, has_lines: bool) -> bool {
    !text.chars().any(|c| c.is_control() && !(has_lines && matches!(c, '\n' | '\t')))
}
