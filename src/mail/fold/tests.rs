#![expect(clippy::disallowed_methods, reason = "a test may block")]

use proptest::prelude::*;
use rstest::rstest;

use super::fold;
use crate::mail::{Letter, html};

#[rstest]
#[case("Hello\n\nOn Mon, Apr 2, 2012 at 6:26 PM, Megan One\n<xxx@gmail.com> wrote:\n\n> Hi\n")]
#[case("Hello\n> On 22 Aug 2015, at 19:21, Adam <a@example.com> wrote:\n>\n> Hi there!\n")]
#[case("Hello\n\n-----Original Message-----\nFrom: bob\n\nHi\n")]
#[case(
    "Hello\n\n________________________________\nFrom: Bob <bob@example.com>\nSent: Monday\nTo: Ann\nSubject: Hi\n\nold\n"
)]
#[case("Hello\n\nОт: Иван <i@example.com>\nОтправлено: 26 июня 2014 г.\nКому: Анна\nТема: Заказ\n\nстарое\n")]
#[case("Hello\n\nчт, 26 июн. 2014 г. в 14:14, Иван <i@example.com>:\n\n> старое\n")]
#[case("Hello\n\n26.06.2014, 14:41, \"Alexander L\" <abc@example.com>:\n> старое\n")]
#[case("Hello\n\n02.04.2012 14:20 пользователь \"bob@example.org\" <\nbob@example.org> написал:\n\n> Hi\n")]
#[case("Hello\n\n3 апреля 2023 г., 16:19, Иван пишет:\n\nстарое\n")]
#[case("Hello\n\n3 апреля 2023 г. Иван писал(а):\n\nстарое\n")]
#[case("Hello\n\nEm ter., 3 de abr. de 2012 às 16:19, bob <bob@example.com> escreveu:\n\n> Oi\n")]
#[case("Hello\n\nAm 03.04.2012 um 16:19 schrieb bob <bob@example.com>:\n> Hallo\n")]
#[case("Hello\n\nLe mar. 3 avr. 2012 à 16:19, bob <bob@example.com> a écrit :\n\n> Salut\n")]
#[case("Hello\n\nEl mar, 3 abr 2012 a las 16:19, bob (<bob@example.com>) escribió:\n\n> Hola\n")]
#[case("Hello\n\n-------- Пересылаемое сообщение --------\n26.06.2014, 14:41, x:\n\nold\n")]
#[case("Hello\n\nDe: bob\nEnviado: terça-feira\nPara: ann\nAssunto: x\n\nold\n")]
#[case("Hello\n\nVon: bob\nGesendet: Montag\nAn: ann\nBetreff: x\n\nalt\n")]
#[case("Hello\n\nSent from my iPhone\n")]
#[case("Hello\n\nSent from my iPhone\n\nOn Apr 3, 2012, at 4:19 PM, bob <bob@example.com> wrote:\n\n> Hi\n")]
#[case("Hello\n\nОтправлено с iPhone\n")]
fn the_history_is_folded(#[case] text: &str) {
    let folded = fold(text);
    assert_eq!(folded.new.trim(), "Hello");
    assert_eq!(format!("{}{}", folded.new, folded.quoted), text);
}

#[rstest]
#[case("Just a letter.\nWith two lines: nothing quoted.\n")]
#[case("On 04/02/2012 06:26 PM, Megan One wrote:\n> Hi\nHello\n")]
#[case("> one?\nyes\n> two?\nno\n")]
#[case("> only a quote\n")]
#[case("-----Original Message-----\nFrom: bob\n\nforwarded without a word\n")]
#[case("My order:\n\n123456\n\nFrom: the shop in Riga\nTo: my home\n")]
#[case("They wrote:\nno such order\n")]
#[case("")]
fn nothing_is_folded(#[case] text: &str) {
    assert_eq!((fold(text).new, fold(text).quoted), (text, ""));
}

#[test]
fn answers_between_quotes_stay_and_the_rest_is_folded() {
    let text = "On 1 May 2024, bob wrote:\n> one?\nyes\n> two?\nno\n\nOn 1 May 2024, bob wrote:\n> all of it\n";
    let folded = fold(text);
    assert!(folded.new.ends_with("no\n\n"), "{folded:?}");
    assert!(folded.quoted.starts_with("On 1 May"), "{folded:?}");
}

proptest! {
    #[test]
    fn the_halves_are_the_whole(text in "(Hello|> q|On 1.2.2003, x@y wrote:|From: a|Sent: b|To: c|Subject: d|-----Original Message-----|Sent from my x|\n|\r\n| |ж){0,20}") {
        let folded = fold(&text);
        prop_assert_eq!(format!("{}{}", folded.new, folded.quoted), text);
    }
}

#[test]
fn a_megabyte_of_signs_is_folded_in_time() {
    let start = std::time::Instant::now();
    for line in ["From: x\n", "On 1.2.2003 a@b wrote:\nx\n", "> q\n", "-----Original\n", "a:\n"] {
        let text = line.repeat(1024 * 1024 / line.len());
        assert_eq!(fold(&text).new.len() + fold(&text).quoted.len(), text.len());
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn real_replies_are_folded() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/talon-replies");
    let (mut hits, mut misses) = (0_u32, Vec::new());
    let mut judge = |name: String, is_hit: bool| if is_hit { hits += 1 } else { misses.push(name) };
    for entry in std::fs::read_dir(format!("{corpus}/standard_replies")).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let letter = Letter::parse(&std::fs::read(&path).unwrap());
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let expected = std::fs::read_to_string(path.with_file_name(format!("{stem}_reply_text")));
        let expected = expected.unwrap_or_else(|_| "Hello".to_owned());
        let folded = fold(&letter.text);
        let new = folded.new.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
        // The answer below the quotation is not folded away.
        let is_below = stem == "thunderbird" && folded.new.contains("Hello") && folded.quoted.is_empty();
        judge(format!("{stem}: {new}"), new == expected || new == "Hello" || is_below);
    }
    for entry in std::fs::read_dir(format!("{corpus}/html_replies")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let text = html::to_text(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        let new = fold(&text).new.split_whitespace().collect::<Vec<_>>().join(" ");
        judge(format!("{path:?}: {new}"), new == "Hi. I am fine. Thanks, Alex");
    }
    let all = hits + u32::try_from(misses.len()).unwrap();
    println!("{hits} of {all} real replies folded; not: {misses:#?}");
    assert!(hits * 10 >= all * 9, "{misses:#?}");
}
