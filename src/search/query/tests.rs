use proptest::prelude::*;

use super::{CLAUSES_MAX, Clause, Parsed, Place, parse};

/// Clauses as text: `-from:"ivan petrov"`.
fn clauses(query: &str) -> Vec<String> {
    parse(query).clauses.iter().map(shown).collect()
}

fn shown(clause: &Clause) -> String {
    let place = match clause.place {
        Place::Anywhere => "",
        Place::Subject => "subject:",
        Place::From => "from:",
        Place::To => "to:",
    };
    let quote = if clause.phrase { "\"" } else { "" };
    format!("{}{place}{quote}{}{quote}", if clause.excluded { "-" } else { "" }, clause.text)
}

#[test]
fn words_phrases_and_places_are_told_apart() {
    assert_eq!(clauses("возврат заказа"), ["возврат", "заказа"]);
    assert_eq!(clauses("\"where is\" order"), ["\"where is\"", "order"]);
    assert_eq!(clauses("«где заказ» “my order”"), ["\"где заказ\"", "\"my order\""]);
    assert_eq!(
        clauses("From:ivan@x.ru to:\"Anna Maria\" subject:refund"),
        ["from:ivan@x.ru", "to:\"Anna Maria\"", "subject:refund"]
    );
    assert_eq!(
        clauses("refund -spam -\"out of office\" -from:bot"),
        ["refund", "-spam", "-\"out of office\"", "-from:bot"]
    );
    assert_eq!(clauses("SO-2024/000123"), ["SO-2024/000123"]);
    assert_eq!(clauses("звонок +7 (912) 345-67-89 вчера"), ["звонок", "+7 (912) 345-67-89", "вчера"]);
}

#[test]
fn filters_are_handed_to_the_caller() {
    let parsed = parse("status:open Status:PENDING tag:delivery/lost after:2024-03-12 before:01.04.2024 refund");
    assert_eq!(parsed.status, ["open", "pending"]);
    assert_eq!(parsed.tag.as_deref(), Some("delivery/lost"));
    assert_eq!(parsed.after, Some(1_710_201_600_000));
    assert_eq!(parsed.before, Some(1_711_929_600_000));
    assert_eq!(parsed.clauses.len(), 1);
    assert_eq!(parse("after:2024").after, parse("after:2024-01-01").after);
    assert_eq!(parse("tag:\"b2b sales\"").tag.as_deref(), Some("b2b sales"));
}

#[test]
fn what_is_not_understood_is_words() {
    assert_eq!(clauses("from: before:yesterday"), ["from:", "before:yesterday"]);
    assert_eq!(clauses("\"unclosed phrase"), ["\"unclosed phrase\""]);
    assert_eq!(clauses("https://x.ru/a status:"), ["https://x.ru/a", "status:"]);
    assert_eq!(clauses("-tag:x"), ["-tag:x"]);
    assert_eq!(clauses("- -- \"\" : !!! () AND ^2 ~"), ["AND", "^2"]);
    assert_eq!(parse("  "), Parsed::default());
    assert!(parse("!?").is_empty());
}

#[test]
fn length_and_parts_are_bounded() {
    assert_eq!(parse(&"слово ".repeat(1_000)).clauses.len(), CLAUSES_MAX);
    assert_eq!(parse(&"я".repeat(100_000)).clauses[0].text.chars().count(), super::QUERY_MAX);
}

proptest! {
    #[test]
    fn any_text_is_a_query(text in "(\\PC|[ \"-:])*") {
        prop_assert!(parse(&text).clauses.len() <= CLAUSES_MAX);
    }
}
