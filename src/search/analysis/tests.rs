use proptest::prelude::*;

use super::{Language, Stemmers, TERM_MAX, address_keys, grams, number_keys, words};

fn folded(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    words(text, |word| all.push(word.folded.clone()));
    all
}

/// The stems of a one-word message and of a one-word query.
fn stems(text: &str, language: Language) -> (Vec<String>, Vec<String>) {
    let mut stemmers = Stemmers::new();
    let (mut of_message, mut of_query) = (Vec::new(), Vec::new());
    words(text, |word| {
        stemmers.of_message(word, language, &mut |stem| of_message.push(stem.to_owned()));
        of_query = stemmers.of_query(word);
    });
    (of_message, of_query)
}

#[test]
fn words_are_folded() {
    assert_eq!(folded("Ёлка, Ещё раз: СЧЁТ-фактура"), ["елка", "еще", "раз", "счет", "фактура"]);
    assert_eq!(folded("Devoluções à São Paulo"), ["devolucoes", "a", "sao", "paulo"]);
    assert_eq!(folded("Straße Ærø Łódź Việt İstanbul"), ["strasse", "aero", "lodz", "viet", "istanbul"]);
    assert_eq!(folded("SO-2024/000123"), ["so", "2024", "000123"]);
    assert_eq!(folded("мой Йод"), ["мой", "йод"]);
    assert_eq!(folded("  …!? "), Vec::<String>::new());
}

#[test]
fn marks_that_come_apart_from_their_letters_are_joined() {
    assert_eq!(folded("мои\u{306} е\u{308}лка"), ["мой", "елка"]);
    assert_eq!(folded("devoluc\u{327}o\u{303}es"), ["devolucoes"]);
}

#[test]
fn words_of_more_than_255_octets_are_left_out() {
    let (fits, long) = ("я".repeat(127), "я".repeat(128));
    assert_eq!(fits.len(), TERM_MAX - 1);
    assert_eq!(folded(&format!("{long} да {fits}")), ["да".to_owned(), fits]);
}

#[test]
fn inflections_meet_in_their_stem() {
    for (written, asked, language) in [
        ("заказа", "заказ", Language::English),
        ("возвраты", "возврат", Language::English),
        ("посылкой", "посылка", Language::Portuguese),
        ("returned", "return", Language::English),
        ("certificates", "certificate", Language::English),
        ("devoluções", "devolução", Language::Portuguese),
        ("devolução", "devolucao", Language::Portuguese),
        ("pedidos", "pedido", Language::Portuguese),
    ] {
        let (of_message, _) = stems(written, language);
        let (_, of_query) = stems(asked, language);
        assert!(
            of_message.iter().any(|stem| of_query.contains(stem)),
            "{written} {of_message:?}, {asked} {of_query:?}"
        );
    }
    assert_eq!(stems("12345", Language::English), (vec![], vec![]));
}

#[test]
fn the_language_of_a_text_is_told() {
    assert_eq!(Language::of("Olá, gostaria de saber quando o meu pedido vai chegar, obrigado"), Language::Portuguese);
    assert_eq!(Language::of("Hello, I would like to know when my order is going to arrive"), Language::English);
    assert_eq!(Language::of(""), Language::English);
}

#[test]
fn keys_hold_the_parts_by_which_things_are_asked_for() {
    assert_eq!(number_keys("SO2024000123"), ["SO2024000123"]);
    assert_eq!(number_keys("89123456789"), ["89123456789", "9123456789"]);
    assert_eq!(address_keys("Ivan@Example.COM"), ["ivan@example.com", "ivan", "example.com"]);
    assert_eq!(address_keys("<>@"), ["<>@", "<>"]);
    assert_eq!(address_keys("not an address"), Vec::<String>::new());
    assert_eq!(grams("SO202"), ["SO20", "O202"]);
    assert_eq!(grams("ЗК12"), ["ЗК12"]);
    assert_eq!(grams("123"), Vec::<&str>::new());
}

proptest! {
    #[test]
    fn any_text_has_words_without_spaces(text in "\\PC*") {
        words(&text, |word| {
            assert!(!word.folded.is_empty());
            assert!(!word.folded.contains(char::is_whitespace));
        });
    }
}
