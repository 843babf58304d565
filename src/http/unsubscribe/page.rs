//! The page with the button, in a language that its reader's browser asks for.

use axum::http::{HeaderMap, header};

use crate::desk::commands::Unsubscribing;

/// Languages of one `Accept-Language` that are looked at.
const LANGUAGES: usize = 20;

/// The words of one language.
pub(super) struct Words {
    /// Its tag (RFC 5646).
    pub language: &'static str,
    title: &'static str,
    /// `{address}` and `{mailbox}` stand for what they say.
    question: &'static str,
    button: &'static str,
    /// What is said when it is done.
    pub done: &'static str,
}

const WORDS: [Words; 3] = [
    Words {
        language: "en",
        title: "Unsubscribe",
        question: "{address} gets no more mailings from {mailbox}. Answers to your own letters still reach you.",
        button: "Unsubscribe",
        done: "You are unsubscribed.",
    },
    Words {
        language: "ru",
        title: "Отписаться",
        question: "На {address} больше не будут приходить рассылки от {mailbox}. Ответы на ваши письма приходить будут.",
        button: "Отписаться",
        done: "Вы отписаны.",
    },
    Words {
        language: "pt",
        title: "Cancelar inscrição",
        question: "{address} não receberá mais mensagens em massa de {mailbox}. As respostas às suas mensagens continuam a \
                   chegar.",
        button: "Cancelar inscrição",
        done: "A sua inscrição foi cancelada.",
    },
];

/// The words for what a browser accepts: the first language that we have in order of weight (RFC 9110 §12.5.4); else English.
pub(super) fn words(headers: &HeaderMap) -> &'static Words {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut wanted: Vec<(&str, f32)> = accepted.split(',').take(LANGUAGES).map(weighed).collect();
    wanted.retain(|(_, weight)| *weight > 0.0);
    wanted.sort_by(|one, other| other.1.total_cmp(&one.1));
    let known = |tag: &str| {
        let primary = tag.split('-').next().unwrap_or_default();
        WORDS.iter().find(|words| words.language.eq_ignore_ascii_case(primary))
    };
    wanted.iter().find_map(|(tag, _)| known(tag)).unwrap_or(&WORDS[0])
}

fn weighed(item: &str) -> (&str, f32) {
    let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(0.0);
    (tag.trim(), weight)
}

/// The page.
pub(super) fn page(words: &Words, found: &Unsubscribing) -> String {
    let question = words
        .question
        .replace("{mailbox}", &format!("<b>{}</b>", escaped(&found.mailbox)))
        .replace("{address}", &format!("<b>{}</b>", escaped(&found.address)));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title></head>\n\
         <body><main><h1>{title}</h1>\n<p>{question}</p>\n<form method=\"post\"><input type=\"hidden\" \
         name=\"List-Unsubscribe\" value=\"One-Click\"><button>{}</button></form></main></body></html>\n",
        words.language,
        words.button,
        title = words.title,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('{', "&#123;")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ru-RU,ru;q=0.9,en;q=0.8", "ru")]
    #[case("de, pt-BR;q=0.5, en;q=0.4", "pt")]
    #[case("en;q=0.1, PT;q=0.2", "pt")]
    #[case("ru;q=0, de", "en")]
    #[case("ru;q=x, ;;,", "en")]
    #[case("", "en")]
    fn the_page_speaks_what_the_browser_asks_for(#[case] accepted: &str, #[case] expected: &str) {
        let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
        assert_eq!(words(&headers).language, expected);
    }

    #[test]
    fn a_name_brings_no_markup() {
        let found = Unsubscribing { address: "a<b>@x.test".to_owned(), mailbox: "<script>{address}".to_owned() };
        let page = page(&WORDS[0], &found);
        assert!(!page.contains("<script") && page.contains("<b>a&lt;b&gt;@x.test</b>"), "{page}");
        assert!(page.contains("&lt;script&gt;&#123;address}"), "{page}");
    }
}
