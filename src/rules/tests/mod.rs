//! Tests of the whole room: what the files beside this one share.

mod comparisons;
mod evaluation;
mod files;
mod random;
mod speed;

use std::collections::HashMap;

use super::{Facts, Outcome, Rule, RuleError, RuleSet, Table};
use crate::mail::{Attachment, AuthResult};

/// A rule from its condition and actions in JSON.
fn rule(when: &str, then: &str) -> Rule {
    serde_json::from_str(&format!(r#"{{"name":"a rule","when":{when},"then":{then}}}"#)).unwrap()
}

/// What is wrong with a condition.
fn error(when: &str) -> Option<RuleError> {
    RuleSet::check(&rule(when, r#"[{"action":"stop"}]"#)).err()
}

fn tables() -> HashMap<String, Table> {
    HashMap::from([("senders".to_owned(), Table::from(["ivan@client.test".to_owned(), "so-2024/000123".to_owned()]))])
}

/// Evaluates rules with the ids 1, 2, 3 …
fn evaluate(rules: &[Rule], facts: &Facts<'_>) -> Outcome {
    let rules: Vec<_> = (1..).zip(rules).map(|(id, rule)| (id, 1, rule.clone())).collect();
    RuleSet::compile(&rules, &tables()).unwrap().evaluate(facts)
}

/// What a letter owns that [`Facts`] borrow.
struct Letter {
    headers: Vec<(String, String)>,
    attachments: Vec<Attachment>,
    references: Vec<String>,
    sealers: Vec<String>,
}

impl Letter {
    fn new() -> Self {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let attachment = |name: &str, content_type: &str| Attachment {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            ..Attachment::default()
        };
        Self {
            headers: vec![
                header("Received", "from mx.client.test by mx.demo.test"),
                header("Received", "from [10.0.0.1] by mx.client.test"),
                header("X-Priority", "1 (Highest)"),
            ],
            attachments: vec![attachment("Счёт.PDF", "application/pdf"), attachment("photo.jpeg", "image/jpeg")],
            references: vec!["SO-2024/000123".to_owned(), "4600012345".to_owned()],
            sealers: vec!["List.test".to_owned(), "mx.client.test".to_owned()],
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mailbox_prefix: "DEMO",
            envelope_from: "bounce+1@client.test",
            envelope_to: "help@demo.test",
            from: "Ivan@Client.test",
            headers: &self.headers,
            subject: "Re: Заказ SO-2024/000123 не пришёл",
            body: "Здравствуйте!\r\n\r\nГде мой ЗАКАЗ? Number SO-2024/000123, paid twice.\r\n",
            attachments: &self.attachments,
            size: 2_048,
            spf: AuthResult::SoftFail,
            dkim: AuthResult::Pass,
            dmarc: AuthResult::Pass,
            arc: AuthResult::Pass,
            arc_sealers: &self.sealers,
            is_robot: false,
            is_bounce: false,
            known_contact: true,
            score: 7,
            references: &self.references,
        }
    }
}
