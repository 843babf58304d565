//! Random rules over random letters: nothing panics, and the same question gets the same answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Letter, evaluate, tables};
use crate::rules::{Action, Condition, Facts, Field, Op, Priority, Rule, RuleSet, Stage, Status, Test};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-zА-Яß@.ŠΣς ]{0,6}".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["(", "a*", "(\\d+)", "^.*$", "\\w", "заказ|order", "pass", "senders"])
            .prop_map(Value::from),
        any::<u16>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        prop::collection::vec(".{0,3}", 0..3).prop_map(|list| json!(list)),
        Just(Value::Null),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    use Field::*;
    prop::sample::select(vec![
        EnvelopeFrom,
        EnvelopeTo,
        From,
        Header,
        Subject,
        Body,
        AttachmentName,
        AttachmentType,
        Size,
        Spf,
        Dkim,
        Dmarc,
        Arc,
        ArcSealer,
        IsRobot,
        IsBounce,
        KnownContact,
        Reference,
    ])
}

fn op() -> impl Strategy<Value = Op> {
    use Op::*;
    prop::sample::select(vec![Is, IsNot, Contains, Starts, Ends, Matches, OneOf, InTable, GreaterThan, LessThan])
}

fn test() -> impl Strategy<Value = Test> {
    (field(), op(), value(), prop::bool::weighted(0.1)).prop_map(|(field, op, value, capture)| Test {
        name: (field == Field::Header).then(|| "Received".to_owned()),
        field,
        op,
        value,
        capture,
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    test().prop_map(Condition::Test).prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| Condition::All { all }),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|any| Condition::Any { any }),
            inner.prop_map(|not| Condition::Not { not: Box::new(not) }),
        ]
    })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::SetStatus { value: Status::OnHold }),
        Just(Action::SetPriority { value: Priority::Urgent }),
        "[a-z/ ]{0,5}".prop_map(|value| Action::SetGroup { value }),
        prop::collection::vec("[a-z/]{0,4}", 0..3).prop_map(|value| Action::AddTags { value }),
        ".{0,5}".prop_map(|text| Action::Reject { text }),
        Just(Action::Close),
        Just(Action::Stop),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    (".{0,4}", -3i64..3, condition(), prop::collection::vec(action(), 0..4)).prop_map(|(name, position, when, then)| {
        Rule { name, stage: Stage::Delivery, enabled: true, position, mailboxes: vec![], when, then }
    })
}

fn without_time(mut outcome: crate::rules::Outcome) -> crate::rules::Outcome {
    outcome.traces.iter_mut().for_each(|trace| trace.microseconds = 0);
    outcome
}

proptest! {
    #[test]
    fn any_rule_is_refused_or_evaluated_the_same_each_time(
        rules in prop::collection::vec(rule(), 1..8),
        subject in ".{0,30}",
        body in "\\PC{0,200}",
    ) {
        let fit: Vec<_> = rules.into_iter().filter(|rule| RuleSet::check(rule).is_ok()).collect();
        let letter = Letter::new();
        let facts = Facts { subject: &subject, body: &body, ..letter.facts() };
        let once = without_time(evaluate(&fit, &facts));
        for predicate in once.traces.iter().flat_map(|trace| &trace.predicates) {
            prop_assert!(predicate.wanted.chars().count() <= 200 && predicate.saw.chars().count() <= 200);
        }
        let again = without_time(evaluate(&fit, &facts));
        prop_assert_eq!(once, again);
    }

    #[test]
    fn json_gives_the_same_rule_back(rule in rule()) {
        let json = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
    }

    #[test]
    fn what_passes_the_check_compiles(rule in rule()) {
        let compiled = RuleSet::compile(&[(1, 1, rule.clone())], &tables());
        prop_assert_eq!(RuleSet::check(&rule).is_ok(), compiled.is_ok());
    }
}
