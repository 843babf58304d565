//! The files that stand for the rules outside of the code: the schema and the examples.

use std::path::{Path, PathBuf};

use super::{Letter, evaluate};
use crate::rules::{Facts, Outcome, Rule, RuleSet, Status};

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[expect(clippy::disallowed_methods, reason = "a test has no worker to block")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn example(name: &str) -> Rule {
    serde_json::from_str(&read(&in_project("fixtures/rules").join(name))).unwrap()
}

fn outcome(name: &str, change: impl FnOnce(&mut Facts<'_>)) -> Outcome {
    let letter = Letter::new();
    let mut facts = letter.facts();
    change(&mut facts);
    let rule = Rule { mailboxes: vec![], ..example(name) };
    evaluate(&[rule], &facts)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no worker to block")]
fn the_schema_is_fresh() {
    let path = in_project("schema/rule.schema.json");
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Rule)).unwrap() + "\n";
    if std::env::var_os("MXDESK_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(&path, &schema).unwrap();
    }
    assert!(read(&path) == schema, "{} is stale: run this test with MXDESK_BLESS=1", path.display());
}

#[test]
fn every_example_is_a_rule_and_survives_a_round_trip() {
    let files = std::fs::read_dir(in_project("fixtures/rules")).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let rule = example(&name);
        assert_eq!(RuleSet::check(&rule), Ok(()), "{name}");
        let again: Rule = serde_json::from_str(&serde_json::to_string(&rule).unwrap()).unwrap();
        assert_eq!(again, rule, "{name}");
    }
}

#[test]
fn an_order_confirmation_is_closed_at_once_with_its_reference() {
    let outcome = outcome("order-confirmation.json", |facts| {
        facts.from = "NoReply@shop.demo.test";
        facts.subject = "Ваш заказ № SO-2024/000123 принят";
    });
    assert_eq!(outcome.changes.status, Some(Status::Closed));
    assert_eq!(outcome.changes.references, ["SO-2024/000123"]);
}

#[test]
fn a_program_is_rejected_and_a_picture_is_not() {
    let turned = |name: &str| {
        let attachments = [crate::mail::Attachment { name: name.to_owned(), ..Default::default() }];
        let letter = Letter::new();
        let facts = Facts { attachments: &attachments, ..letter.facts() };
        evaluate(&[example("reject-programs.json")], &facts).turned
    };
    assert!(turned("Invoice.PDF.EXE").is_some());
    assert_eq!(turned("photo.jpeg"), None);
}

#[test]
fn a_gift_certificate_goes_to_its_department() {
    let outcome = outcome("gift-certificate.json", |facts| facts.body = "Номер подарочного сертификата стёрся");
    assert_eq!(outcome.changes.group.as_deref(), Some("Gift certificates"));
}

#[test]
fn a_failed_payment_stays_open() {
    let headers = [("List-Id".to_owned(), "<notices.pay.test>".to_owned())];
    let status = |body| {
        let letter = Letter::new();
        let facts = Facts { headers: &headers, is_robot: true, body, ..letter.facts() };
        evaluate(&[example("payment-system.json")], &facts).changes.status
    };
    assert_eq!(status("Payment 17 received"), Some(Status::Closed));
    assert_eq!(status("Платёж 17 ОТКЛОНЁН"), None);
}
