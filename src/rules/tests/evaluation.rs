//! Order, scope, short roads, actions.

use super::{Letter, evaluate, rule};
use crate::rules::{Facts, Priority, Rule, RuleSet, Status, Turned};

const YES: &str = r#"{"field":"dkim","op":"is","value":"pass"}"#;
const NO: &str = r#"{"field":"dkim","op":"is","value":"fail"}"#;
const STOP: &str = r#"[{"action":"stop"}]"#;

fn acted(when: &str) -> (bool, usize) {
    let letter = Letter::new();
    let trace = evaluate(&[rule(when, STOP)], &letter.facts()).traces.remove(0);
    (trace.acted, trace.predicates.len())
}

fn named(name: &str, position: i64, then: &str) -> Rule {
    Rule { name: name.into(), position, ..rule(YES, then) }
}

#[test]
fn trees_take_the_shortest_road() {
    assert_eq!(acted(&format!(r#"{{"all":[{YES},{NO},{YES}]}}"#)), (false, 2));
    assert_eq!(acted(&format!(r#"{{"any":[{NO},{YES},{NO}]}}"#)), (true, 2));
    assert_eq!(acted(&format!(r#"{{"not":{{"any":[{NO},{{"not":{YES}}}]}}}}"#)), (true, 2));
    assert_eq!(acted(&format!(r#"{{"not":{{"all":[{YES},{{"any":[{NO},{YES}]}}]}}}}"#)), (false, 3));
    assert_eq!(acted(r#"{"all":[]}"#), (true, 0));
    assert_eq!(acted(r#"{"any":[]}"#), (false, 0));
}

#[test]
fn rules_go_by_position_then_by_id_and_disabled_ones_are_left_out() {
    let letter = Letter::new();
    let note = r#"[{"action":"add_note","text":"n"}]"#;
    let off = Rule { enabled: false, ..named("off", 0, note) };
    let rules = [(9, 3, named("c", 2, note)), (7, 2, named("b", 1, note)), (5, 1, off), (8, 4, named("a", 1, note))];
    let set = RuleSet::compile(&rules, &Default::default()).unwrap();
    let traces = set.evaluate(&letter.facts()).traces;
    let order: Vec<_> = traces.iter().map(|trace| (trace.rule, trace.version, trace.name.as_str())).collect();
    assert_eq!(order, [(7, 2, "b"), (8, 4, "a"), (9, 3, "c")]);
}

#[test]
fn later_rules_win_and_lists_add_up() {
    let letter = Letter::new();
    let first = r#"[{"action":"set_status","value":"open"},{"action":"set_priority","value":"low"},
        {"action":"set_group","value":"Warranty"},{"action":"add_tags","value":["a","b"]},{"action":"add_note","text":"one"}]"#;
    let second = r#"[{"action":"close"},{"action":"set_assignee","value":"olga@demo.test"},{"action":"set_category","value":"c"},
        {"action":"add_tags","value":["b","c/d"]},{"action":"add_note","text":"two"}]"#;
    let outcome = evaluate(&[rule(YES, first), rule(NO, second), rule(YES, second)], &letter.facts());
    let changes = outcome.changes;
    assert_eq!(changes.status, Some(Status::Closed));
    assert_eq!(changes.priority, Some(Priority::Low));
    assert_eq!(changes.group.as_deref(), Some("Warranty"));
    assert_eq!(changes.assignee.as_deref(), Some("olga@demo.test"));
    assert_eq!(changes.category.as_deref(), Some("c"));
    assert_eq!(changes.tags, ["a", "b", "c/d"]);
    assert_eq!(changes.notes, ["one", "two"]);
    assert_eq!(outcome.traces[1].changes, [""; 0]);
    assert_eq!(
        outcome.traces[0].changes,
        ["status = open", "priority = low", "group = Warranty", "tag + a", "tag + b", "note added"]
    );
}

#[test]
fn stop_ends_after_the_rules_own_actions() {
    let letter = Letter::new();
    let then = r#"[{"action":"stop"},{"action":"set_priority","value":"urgent"}]"#;
    let outcome = evaluate(&[rule(NO, STOP), rule(YES, then), rule(YES, STOP)], &letter.facts());
    assert_eq!(outcome.traces.len(), 2);
    assert_eq!(outcome.changes.priority, Some(Priority::Urgent));
}

#[test]
fn the_first_that_turns_a_letter_away_ends_it_at_once() {
    let letter = Letter::new();
    let reject = r#"[{"action":"reject","text":"Not here"},{"action":"close"}]"#;
    let defer = r#"[{"action":"defer","text":"Later"}]"#;
    let outcome = evaluate(&[rule(YES, reject), rule(YES, defer)], &letter.facts());
    assert_eq!(outcome.turned, Some(Turned::Rejected { rule: 1, text: "Not here".into() }));
    assert_eq!((outcome.traces.len(), outcome.changes.status), (1, None));
    assert_eq!(outcome.traces[0].changes, ["rejected: Not here"]);
    let outcome = evaluate(&[rule(NO, reject), rule(YES, defer)], &letter.facts());
    assert_eq!(outcome.turned, Some(Turned::Deferred { rule: 2, text: "Later".into() }));
}

#[test]
fn a_rule_acts_only_for_its_mailboxes() {
    let letter = Letter::new();
    let for_mailboxes = |prefixes: &[&str]| Rule {
        mailboxes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
        ..rule(YES, STOP)
    };
    let traces = |rule| evaluate(&[rule], &letter.facts()).traces.len();
    assert_eq!(traces(for_mailboxes(&[])), 1);
    assert_eq!(traces(for_mailboxes(&["TOY", "demo"])), 1);
    assert_eq!(traces(for_mailboxes(&["TOY"])), 0);
}

#[test]
fn a_capture_is_kept_as_a_reference_only_where_the_rule_acts() {
    let letter = Letter::new();
    let capture =
        |field: &str, regex: &str| format!(r#"{{"field":"{field}","op":"matches","value":"{regex}","capture":true}}"#);
    let references = |when: &str| evaluate(&[rule(when, STOP), rule(when, STOP)], &letter.facts()).changes.references;
    let group = capture("subject", "заказ (\\\\S+)");
    assert_eq!(references(&group), ["SO-2024/000123"]);
    assert_eq!(references(&capture("body", "SO-\\\\d+")), ["SO-2024"]);
    assert_eq!(references(&capture("reference", "^46(\\\\d+)$")), ["00012345"]);
    assert_eq!(references(&capture("body", "^(\\\\s*)Здрав")), [""; 0], "an empty group is no reference");
    assert_eq!(references(&format!(r#"{{"all":[{group},{NO}]}}"#)), [""; 0]);
}

#[test]
fn of_a_long_body_only_the_beginning_is_looked_at_and_the_trace_says_so() {
    let letter = Letter::new();
    let body = format!("{}needle", "hay ".repeat(50_000));
    let facts = Facts { body: &body, ..letter.facts() };
    let test = rule(r#"{"field":"body","op":"contains","value":"needle"}"#, STOP);
    let saw = evaluate(&[test], &facts).traces.remove(0).predicates.remove(0).saw;
    assert_eq!(saw, "nothing in the first 65536 of 200006 octets");
}

#[test]
fn an_error_names_the_rule() {
    let bad = rule(r#"{"field":"subject","op":"matches","value":"("}"#, STOP);
    let error = RuleSet::compile(&[(1, 1, rule(YES, STOP)), (7, 1, bad)], &Default::default()).unwrap_err();
    assert_eq!(error.path, "rule 7: when.value");
}

#[test]
fn no_rules_and_no_facts_change_nothing() {
    let outcome = RuleSet::default().evaluate(&Facts::default());
    assert_eq!(outcome, Default::default());
}
