use proptest::prelude::*;

use super::{Identifier, IdentifierKind, MAX_IDENTIFIER_CHARS, MAX_IDENTIFIERS, find, normalise};

/// Kind and normal form of everything found.
fn found(text: &str) -> Vec<(IdentifierKind, String)> {
    find(text).into_iter().map(|identifier| (identifier.kind, identifier.normal)).collect()
}

fn number(normal: &str) -> (IdentifierKind, String) {
    (IdentifierKind::Number, normal.to_owned())
}

fn phone(normal: &str) -> (IdentifierKind, String) {
    (IdentifierKind::Phone, normal.to_owned())
}

fn email(normal: &str) -> (IdentifierKind, String) {
    (IdentifierKind::Email, normal.to_owned())
}

#[test]
fn numbers_are_found_in_running_text() {
    for (text, expected) in [
        ("Где мой заказ SO-2024/000123?", vec!["SO2024000123"]),
        ("so-2024/000123", vec!["SO2024000123"]),
        ("Заказ № 12345 не пришёл", vec!["12345"]),
        ("заказ №12345.", vec!["12345"]),
        ("Meu pedido RB123456789CN não chegou.", vec!["RB123456789CN"]),
        ("Cartão 4276-1234 e pedido 98765", vec!["42761234", "98765"]),
        ("ЗТ00-000123 от вторника", vec!["ЗТ00000123"]),
        ("order #100045, certificate CERT_778899", vec!["100045", "CERT778899"]),
        ("CPF 123.456.789-09", vec!["12345678909"]),
        ("CNPJ 12.345.678/0001-95", vec!["12345678000195"]),
        ("A-123 and B123", vec!["A123", "B123"]),
        ("[DEMO-1042] Re: help", vec!["DEMO1042"]),
        ("12345-го заказа", vec!["12345"]),
        ("12345-AB", vec!["12345AB"]),
        ("IMG_20240312_102233.jpg", vec!["IMG20240312102233"]),
        ("https://example.com/track?id=77001122&x=1", vec!["77001122"]),
        ("550e8400-e29b-41d4-a716-446655440000", vec!["550E8400E29B41D4A716446655440000"]),
        ("№\u{a0}0001234 / 0001235", vec!["0001234", "0001235"]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(number).collect();
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn dates_times_amounts_and_short_numbers_are_not_reported() {
    for text in [
        "12.03.2024",
        "12/03/2024, 3/12/24",
        "2024-03-12",
        "2024-03-12T10:22:33Z",
        "Tue, 12 Mar 2024 10:22:33 +0300",
        "в 2024 году, 2019-2024",
        "за 03.2024",
        "в 10:02, в 23:59:59",
        "сумма 15000 руб., 12 345,00 ₽",
        "R$ 1.234,56 ou 1500 reais",
        "$1500, €2300.50, 1,500.00 USD",
        "15000руб",
        "1234,50",
        "192.168.101.100",
        "версия 1.2.3",
        "24/7, covid-19, 5 шт., 123",
        "",
        "-----/////....",
    ] {
        assert_eq!(found(text), vec![], "{text}");
    }
}

#[test]
fn phones_are_found_in_their_usual_punctuation() {
    for (text, expected) in [
        ("+7 (912) 345-67-89", "79123456789"),
        ("тел.: 8-912-345-67-89, звоните", "89123456789"),
        ("8 (495) 123-45-67", "84951234567"),
        ("8 912 345 67 89", "89123456789"),
        ("+79123456789.", "79123456789"),
        ("ligue +55 11 91234-5678 hoje", "5511912345678"),
        ("(11) 91234-5678", "11912345678"),
        ("+1 (212) 555-0100", "12125550100"),
        ("+44 20 7946 0958", "442079460958"),
        ("+7\u{a0}912\u{a0}345\u{2011}67\u{2011}89", "79123456789"),
    ] {
        assert_eq!(found(text), vec![phone(expected)], "{text}");
    }
}

#[test]
fn what_follows_a_phone_is_its_own_number() {
    assert_eq!(found("+7 912 345-67-89 12345"), vec![phone("79123456789"), number("12345")]);
    assert_eq!(found("89123456789"), vec![number("89123456789")]);
    assert_eq!(found("(12.03.2024) 12345"), vec![number("12345")]);
}

#[test]
fn addresses_are_found_and_their_digits_are_no_numbers() {
    assert_eq!(
        found("Пишите на Ivan.Petrov1985@Example.COM, или <o'neil+12345@mail.example.co.uk>."),
        vec![email("ivan.petrov1985@example.com"), email("o'neil+12345@mail.example.co.uk")]
    );
    assert_eq!(found("иван@почта.рф"), vec![email("иван@почта.рф")]);
    assert_eq!(found("a@b, @, x@, @y.com, me@localhost, a@b..com"), vec![]);
    assert_eq!(
        found("SO-2024/000123,ivan@example.com/77001"),
        vec![number("SO2024000123"), email("ivan@example.com"), number("77001")]
    );
}

#[test]
fn finds_stand_where_they_say() {
    let text = "Заказ SO-2024/000123 для ivan@example.com, +7 (912) 345-67-89";
    let all = find(text);
    assert_eq!(all.len(), 3);
    for Identifier { text: written, start, .. } in all {
        assert_eq!(&text[start..start + written.len()], written);
    }
}

#[test]
fn anything_is_read_in_linear_time() {
    let octets = 1 << 18;
    for piece in [
        "1",
        "-",
        "1-",
        "+1",
        "(1",
        "1 ",
        "8 ",
        "1 (",
        "@",
        "a@",
        "1@",
        "a.b@c.de",
        "(11) ",
        "й1",
        "A-",
        "2024-03-12T",
        "8 912 ",
        "1,",
    ] {
        let text = piece.repeat(octets / piece.len());
        let begin = std::time::Instant::now();
        let all = find(&text);
        // Generous: a quadratic scanner takes minutes.
        assert!(begin.elapsed().as_secs() < 10, "{piece:?} took {:?}", begin.elapsed());
        assert!(all.len() <= MAX_IDENTIFIERS);
    }
}

#[test]
fn long_runs_are_passed_over_whole() {
    assert_eq!(found(&"7".repeat(65)), vec![]);
    assert_eq!(found(&format!("{} 12345", "1".repeat(1000))), vec![number("12345")]);
    assert_eq!(found(&"7".repeat(64)).len(), 1);
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*|[0-9+()@./ \\-_a-zёÀ]{0,200}") {
        let mut last_end = 0;
        for identifier in find(&text) {
            prop_assert!(identifier.start >= last_end);
            last_end = identifier.start + identifier.text.len();
            prop_assert_eq!(&text[identifier.start..last_end], identifier.text.as_str());
            prop_assert!(!identifier.normal.is_empty());
        }
    }

    #[test]
    fn a_number_is_the_same_in_a_letter_and_in_a_query(
        code in "[A-Z]{2,4}-[0-9]{5,9}(/[0-9]{2,6})?",
        before in "((заказ|pedido nº|order) |№ ?|# ?|\\()",
        after in "(\\.|,| |\\)|\\?|!| не пришёл)",
    ) {
        let in_letter = find(&format!("{before}{code}{after}"));
        let in_query = find(&code.to_lowercase());
        prop_assert_eq!(in_letter.len(), 1);
        prop_assert_eq!(&in_letter[0].normal, &normalise(&code));
        prop_assert_eq!(&in_query[0].normal, &in_letter[0].normal);
        prop_assert!(in_letter[0].text.chars().count() <= MAX_IDENTIFIER_CHARS);
    }
}
