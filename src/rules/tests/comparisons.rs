//! Every field with every operator that fits it, and what is said of those that do not.

use rstest::rstest;

use super::{Letter, error, evaluate, rule};
use crate::rules::Predicate;

fn predicate(test: &str) -> Predicate {
    let letter = Letter::new();
    let mut outcome = evaluate(&[rule(test, r#"[{"action":"stop"}]"#)], &letter.facts());
    let mut trace = outcome.traces.pop().unwrap();
    let predicate = trace.predicates.pop().unwrap();
    assert_eq!(trace.acted, predicate.held);
    predicate
}

#[rstest]
#[case::envelope_from_is("envelope_from", "is", r#""BOUNCE+1@client.test""#, true)]
#[case::envelope_from_is_null("envelope_from", "is", r#""""#, false)]
#[case::envelope_from_starts("envelope_from", "starts", r#""bounce+""#, true)]
#[case::envelope_to_is_not("envelope_to", "is_not", r#""help@demo.test""#, false)]
#[case::envelope_to_one_of("envelope_to", "one_of", r#"["a@b.test","Help@Demo.test"]"#, true)]
#[case::from_is("from", "is", r#""ivan@client.test""#, true)]
#[case::from_ends("from", "ends", r#""@client.test""#, true)]
#[case::from_ends_not("from", "ends", r#""@client.tes""#, false)]
#[case::from_in_table("from", "in_table", r#""senders""#, true)]
#[case::envelope_to_not_in_table("envelope_to", "in_table", r#""senders""#, false)]
#[case::from_in_no_table("from", "in_table", r#""nowhere""#, false)]
#[case::subject_contains("subject", "contains", r#""зАкАз""#, true)]
#[case::subject_contains_not("subject", "contains", r#""refund""#, false)]
#[case::subject_starts("subject", "starts", r#""RE:""#, true)]
#[case::subject_starts_not("subject", "starts", r#""заказ""#, false)]
#[case::subject_ends("subject", "ends", r#""ПРИШЁЛ""#, true)]
#[case::subject_matches("subject", "matches", r#""^re: заказ \\S+ не""#, true)]
#[case::subject_matches_not("subject", "matches", r#""^заказ""#, false)]
#[case::body_contains("body", "contains", r#""где мой заказ""#, true)]
#[case::body_contains_not("body", "contains", r#""где мой сертификат""#, false)]
#[case::body_starts("body", "starts", r#""здравствуйте""#, true)]
#[case::body_matches("body", "matches", r#""number\\s+\\w+-\\d+""#, true)]
#[case::attachment_name_ends("attachment_name", "ends", r#"".pdf""#, true)]
#[case::attachment_name_contains("attachment_name", "contains", r#""photo""#, true)]
#[case::attachment_name_matches("attachment_name", "matches", r#""\\.exe$""#, false)]
#[case::attachment_type_starts("attachment_type", "starts", r#""image/""#, true)]
#[case::attachment_type_one_of("attachment_type", "one_of", r#"["text/csv"]"#, false)]
#[case::attachment_type_is_not("attachment_type", "is_not", r#""image/jpeg""#, false)]
#[case::attachment_type_is_not_any("attachment_type", "is_not", r#""image/png""#, true)]
#[case::reference_is("reference", "is", r#""so-2024/000123""#, true)]
#[case::reference_starts("reference", "starts", r#""46""#, true)]
#[case::reference_in_table("reference", "in_table", r#""senders""#, true)]
#[case::size_greater("size", "greater_than", "2047", true)]
#[case::size_greater_not("size", "greater_than", "2048", false)]
#[case::size_less("size", "less_than", "2049", true)]
#[case::size_is("size", "is", "2048", true)]
#[case::size_is_not("size", "is_not", "2048", false)]
#[case::score_greater("score", "greater_than", "6", true)]
#[case::score_less("score", "less_than", "7", false)]
#[case::spf_is("spf", "is", r#""softfail""#, true)]
#[case::dkim_is_not("dkim", "is_not", r#""pass""#, false)]
#[case::dmarc_one_of("dmarc", "one_of", r#"["fail","pass"]"#, true)]
#[case::arc_is("arc", "is", r#""pass""#, true)]
#[case::arc_is_not("arc", "is_not", r#""pass""#, false)]
#[case::arc_sealer_is("arc_sealer", "is", r#""list.test""#, true)]
#[case::arc_sealer_ends("arc_sealer", "ends", r#"".client.test""#, true)]
#[case::arc_sealer_one_of("arc_sealer", "one_of", r#"["other.test"]"#, false)]
#[case::arc_sealer_is_not_any("arc_sealer", "is_not", r#""mx.client.test""#, false)]
#[case::robot("is_robot", "is", "true", false)]
#[case::no_robot("is_robot", "is_not", "true", true)]
#[case::no_bounce("is_bounce", "is", "false", true)]
#[case::known("known_contact", "is", "true", true)]
fn a_field_is_compared(#[case] field: &str, #[case] op: &str, #[case] value: &str, #[case] held: bool) {
    let predicate = predicate(&format!(r#"{{"field":"{field}","op":"{op}","value":{value}}}"#));
    assert_eq!(predicate.held, held, "{predicate:?}");
    assert_eq!((predicate.field.as_str(), predicate.op.as_str()), (field, op));
}

#[rstest]
#[case::any_of_many("received", "contains", "10.0.0.1", true)]
#[case::name_in_any_case("x-PRIORITY", "starts", "1", true)]
#[case::absent("List-Id", "contains", "news", false)]
#[case::absent_is_nothing("List-Id", "is", "", false)]
#[case::absent_is_not("List-Id", "is_not", "news", true)]
#[case::no_occurrence_may_be_equal("Received", "is_not", "from [10.0.0.1] by mx.client.test", false)]
fn a_header_is_compared(#[case] name: &str, #[case] op: &str, #[case] value: &str, #[case] held: bool) {
    let predicate = predicate(&format!(r#"{{"field":"header","name":"{name}","op":"{op}","value":"{value}"}}"#));
    assert_eq!(predicate.held, held, "{predicate:?}");
    assert_eq!(predicate.field, format!("header:{name}"));
}

#[rstest]
#[case(r#"{"field":"size","op":"contains","value":"1"}"#, "when.op", "use one of is, is_not, greater_than, less_than")]
#[case(r#"{"field":"size","op":"is","value":"1"}"#, "when.value", "whole number")]
#[case(r#"{"field":"size","op":"is","value":-1}"#, "when.value", "whole number")]
#[case(r#"{"field":"is_robot","op":"is","value":"true"}"#, "when.value", "true or false")]
#[case(r#"{"field":"is_bounce","op":"contains","value":true}"#, "when.op", "does not fit")]
#[case(r#"{"field":"spf","op":"is","value":"passed"}"#, "when.value", "`passed` is no result")]
#[case(r#"{"field":"dmarc","op":"one_of","value":["pass","no"]}"#, "when.value[1]", "`no` is no result")]
#[case(r#"{"field":"arc","op":"is","value":"whole"}"#, "when.value", "`whole` is no result")]
#[case(r#"{"field":"arc_sealer","op":"greater_than","value":"a"}"#, "when.op", "does not fit")]
#[case(r#"{"field":"dkim","op":"contains","value":"pass"}"#, "when.op", "does not fit")]
#[case(r#"{"field":"subject","op":"greater_than","value":"a"}"#, "when.op", "does not fit")]
#[case(r#"{"field":"subject","op":"is","value":1}"#, "when.value", "expected a text")]
#[case(r#"{"field":"subject","op":"contains","value":""}"#, "when.value", "fits everything")]
#[case(r#"{"field":"subject","op":"one_of","value":"a"}"#, "when.value", "a list")]
#[case(r#"{"field":"subject","op":"one_of","value":[]}"#, "when.value", "1 to 1000")]
#[case(r#"{"field":"subject","op":"one_of","value":["a",2]}"#, "when.value[1]", "expected a text")]
#[case(r#"{"field":"subject","op":"matches","value":"("}"#, "when.value", "unclosed group")]
#[case(r#"{"field":"subject","op":"matches","value":"(?=a)"}"#, "when.value", "look-around")]
#[case(r#"{"field":"subject","op":"matches","value":"\\w{1000}{100}"}"#, "when.value", "size limit")]
#[case(r#"{"field":"header","op":"is","value":"x"}"#, "when.name", "needs")]
#[case(r#"{"field":"header","name":"X:","op":"is","value":"x"}"#, "when.name", "without the colon")]
#[case(r#"{"field":"subject","name":"X","op":"is","value":"x"}"#, "when.name", "only `header`")]
#[case(r#"{"field":"subject","op":"contains","value":"x","capture":true}"#, "when.capture", "only `matches`")]
#[case(r#"{"field":"from","op":"matches","value":"x","capture":true}"#, "when.capture", "only `matches`")]
#[case(r#"{"all":[{"any":[]},{"not":{"field":"size","op":"is","value":null}}]}"#, "when.all[1].not.value", "number")]
fn what_does_not_fit_is_refused_with_its_place(#[case] when: &str, #[case] path: &str, #[case] problem: &str) {
    let error = error(when).unwrap();
    assert_eq!(error.path, path);
    assert!(error.problem.contains(problem), "{}", error.problem);
}

#[test]
fn depth_and_number_of_tests_are_limited() {
    let test = r#"{"field":"size","op":"is","value":1}"#;
    let deep = |depth: usize| format!("{}{test}{}", r#"{"not":"#.repeat(depth), "}".repeat(depth));
    assert_eq!(error(&deep(9)), None);
    assert!(error(&deep(10)).unwrap().problem.contains("deeper than 10"));
    let many = |tests: usize| format!(r#"{{"any":[{}]}}"#, vec![test; tests].join(","));
    assert_eq!(error(&many(100)), None);
    let error = error(&many(101)).unwrap();
    assert_eq!(error.path, "when.any[100]");
}

#[test]
fn a_trace_shows_what_was_seen() {
    let saw = |test: &str| predicate(test).saw;
    assert_eq!(saw(r#"{"field":"from","op":"is","value":"x"}"#), "Ivan@Client.test");
    assert_eq!(saw(r#"{"field":"header","name":"List-Id","op":"is","value":"x"}"#), "(none)");
    assert_eq!(saw(r#"{"field":"attachment_name","op":"is","value":"x"}"#), "Счёт.PDF, photo.jpeg");
    assert_eq!(saw(r#"{"field":"attachment_name","op":"ends","value":"jpeg"}"#), "photo.jpeg");
    assert_eq!(saw(r#"{"field":"from","op":"in_table","value":"nowhere"}"#), "there is no such table");
    assert_eq!(saw(r#"{"field":"body","op":"contains","value":"refund"}"#), "nothing in 91 octets");
    assert!(saw(r#"{"field":"body","op":"contains","value":"где мой заказ"}"#).contains("Где мой ЗАКАЗ?"));
    let list = predicate(r#"{"field":"spf","op":"one_of","value":["pass","none"]}"#);
    assert_eq!((list.wanted.as_str(), list.saw.as_str()), ("pass, none", "softfail"));
}
