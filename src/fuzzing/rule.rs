//! A rule's JSON, as the API and `mxdesk rule add` take it, and a text that it is evaluated over.

use std::collections::HashMap;

use crate::mail::{Attachment, AuthResult};
use crate::rules::{Facts, Rule, RuleSet};

/// The rule, then (behind the first NUL) the text of a letter. What is read is written back the same; what passes the check
/// compiles alone; what compiles is evaluated.
pub fn rule(data: &[u8]) {
    let end = data.iter().position(|octet| *octet == 0).unwrap_or(data.len());
    let (json, text) = data.split_at(end);
    let Ok(rule) = serde_json::from_slice::<Rule>(json) else { return };
    let written = serde_json::to_vec(&rule).unwrap_or_default();
    assert_eq!(serde_json::from_slice::<Rule>(&written).ok().as_ref(), Some(&rule), "a rule changes as it is written");
    let checked = RuleSet::check(&rule);
    let enabled = Rule { enabled: true, ..rule };
    let compiled = RuleSet::compile(&[(1, 1, enabled)], &HashMap::new());
    assert!(compiled.is_ok() || checked.is_err(), "a rule passes its check and does not compile");
    let Ok(compiled) = compiled else { return };

    let text = String::from_utf8_lossy(text);
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [field("Subject", "Where is SO-2024/000123?"), field("X-Priority", "1"), field("X-Text", &text)];
    let attachments = [Attachment {
        name: "Invoice.PDF".to_owned(),
        content_type: "application/pdf".to_owned(),
        ..Attachment::default()
    }];
    let references = ["SO-2024/000123".to_owned()];
    let outcome = compiled.evaluate(&Facts {
        mailbox_prefix: "DEMO",
        envelope_from: "anna@client.test",
        envelope_to: "help@demo.test",
        from: "anna@client.test",
        headers: &headers,
        subject: "Where is SO-2024/000123?",
        body: &text,
        attachments: &attachments,
        size: 1_000,
        spf: AuthResult::Pass,
        dkim: AuthResult::None,
        dmarc: AuthResult::Fail,
        arc: AuthResult::Pass,
        arc_sealers: &references,
        is_robot: false,
        is_bounce: false,
        known_contact: true,
        score: 7,
        references: &references,
    });
    assert!(outcome.traces.len() <= 1, "one rule leaves one trace");
}
