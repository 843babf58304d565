//! The signs of a quoted history, in the languages in which mail programs write them.

use std::sync::LazyLock;

use regex::Regex;

use super::Line;

/// Octets of a line beyond which it is no sign: signs are short, and looking must be cheap.
const MAX_SIGN: usize = 500;
/// Lines over which an introduction may be wrapped.
const MAX_WRAPPED: usize = 3;
/// Octets of an introduction without a date.
const MAX_UNDATED: usize = 120;
/// Lines in which the fields of a header block must stand.
const MAX_HEADER_BLOCK: usize = 8;

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^[-–—_=*]{2,}\s*(?:
            original\ message | forwarded\ message | begin\ forwarded\ message
          | исходное\ сообщение | пересылаемое\ сообщение | пересланное\ сообщение | перенаправленное\ сообщение
          | оригинальное\ сообщение | конец\ пересылаемого\ сообщения
          | mensagem\ original | mensagem\ encaminhada
          | ursprüngliche\ nachricht | original-?nachricht | weitergeleitete\ nachricht
          | message\ d['’]origine | message\ original | message\ transféré | message\ transmis
          | mensaje\ original | mensaje\ reenviado
          | messaggio\ originale | oorspronkelijk\ bericht
        )\s*[-–—_=*]{2,}",
    )
});

static VERB: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:wrote|writes|пишет|писал|писала|написал|написала|пише|escreveu|schrieb|a écrit|escribió|ha scritto|schreef|napisał)\b",
    )
});

static MOBILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^(?:
            sent\ (?:from|via|with|using)\ .+ | get\ outlook\ for\ .+
          | отправлено\ (?:с|из|от)\ .+ | enviad[oa]\ (?:do|da|de|desde|via|pelo)\ .+
          | (?:von\ mein|gesendet\ (?:von|mit|aus)).+ | envoyé\ (?:de|depuis|avec|à\ partir).+
          | inviato\ da\ .+ | verstuurd\ vanaf\ .+
        )$",
    )
});

/// `-----Original Message-----`.
pub(super) fn is_separator(line: &str) -> bool {
    line.len() <= MAX_SIGN && line.starts_with(['-', '–', '—', '_', '=', '*']) && SEPARATOR.is_match(line)
}

/// The rule that some programs put above a header block.
pub(super) fn is_rule(line: &str) -> bool {
    line.len() >= 5 && (line.bytes().all(|b| b == b'_') || line.bytes().all(|b| b == b'-'))
}

/// What a line of a header block says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Sent,
    To,
    Subject,
}

/// `From:` with two more kinds of fields in the lines below it, in any order.
pub(super) fn is_header_block(lines: &[Line<'_>]) -> bool {
    if lines.first().and_then(|line| field(line.1)).is_none() {
        return false;
    }
    let block = &lines[..lines.len().min(MAX_HEADER_BLOCK)];
    let has = |kind: Field| block.iter().any(|line| field(line.1) == Some(kind));
    has(Field::From) && [Field::Sent, Field::To, Field::Subject].into_iter().filter(|kind| has(*kind)).count() >= 2
}

fn field(line: &str) -> Option<Field> {
    const MAX_NAME: usize = 32;
    let head = &line[..line.floor_char_boundary(MAX_NAME)];
    let name = head.split_once(':')?.0.trim_matches(|c: char| c == '*' || c.is_whitespace()).to_lowercase();
    match name.as_str() {
        "from" | "от" | "от кого" | "de" | "von" | "da" | "van" | "expéditeur" => Some(Field::From),
        "sent"
        | "date"
        | "отправлено"
        | "дата"
        | "enviado"
        | "enviada em"
        | "enviado em"
        | "enviado el"
        | "data"
        | "fecha"
        | "gesendet"
        | "datum"
        | "envoyé"
        | "inviato"
        | "verzonden" => Some(Field::Sent),
        "to" | "cc" | "кому" | "копия" | "para" | "an" | "à" | "a" | "aan" | "destinatario" | "pour" => {
            Some(Field::To)
        }
        "subject" | "тема" | "assunto" | "asunto" | "betreff" | "objet" | "oggetto" | "onderwerp" => {
            Some(Field::Subject)
        }
        _ => None,
    }
}

/// The line in which an introduction begins that ends in line `end`. Before marked lines, a colon behind a date or an
/// address is enough; else it takes a verb as well.
pub(super) fn introduction(lines: &[Line<'_>], end: usize, is_before_quotes: bool) -> Option<usize> {
    if !lines[end].1.trim_end_matches(['*', '_']).ends_with(':') {
        return None;
    }
    let mut whole = String::new();
    for start in (end.saturating_sub(MAX_WRAPPED - 1)..=end).rev() {
        let line = lines[start].1;
        if line.is_empty() || line.len() > MAX_SIGN || line.starts_with('>') {
            break;
        }
        whole = format!("{line} {whole}");
        let begins = begins_introduction(line) && whole.bytes().filter(u8::is_ascii_digit).count() >= 3;
        if begins && ((is_before_quotes && whole.contains('@')) || VERB.is_match(&whole)) {
            return Some(start);
        }
    }
    // A verb without a date: "bob wrote:", "bob@example.com wrote:".
    let is_short = lines[end].1.len() <= MAX_UNDATED;
    (is_before_quotes && is_short && VERB.is_match(lines[end].1)).then_some(end)
}

/// `On 3 April`, `Am 03.04.`, `3 апреля`, `Thu, 26 Jun`: a word that stands before a date, a weekday, or a digit.
fn begins_introduction(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default().trim_end_matches([',', '.']).to_lowercase();
    first.starts_with(|c: char| c.is_ascii_digit())
        || matches!(
            first.as_str(),
            "on" | "am" | "le" | "el" | "em" | "il" | "op" | "в" | "at" | "a" | "за" | "w" | "dnia"
        )
        || matches!(
            first.as_str(),
            "mon"
                | "tue"
                | "wed"
                | "thu"
                | "fri"
                | "sat"
                | "sun"
                | "monday"
                | "tuesday"
                | "wednesday"
                | "thursday"
                | "friday"
                | "saturday"
                | "sunday"
                | "пн"
                | "вт"
                | "ср"
                | "чт"
                | "пт"
                | "сб"
                | "вс"
                | "понедельник"
                | "вторник"
                | "среда"
                | "четверг"
                | "пятница"
                | "суббота"
                | "воскресенье"
        )
}

/// `Sent from my iPhone`.
pub(super) fn is_mobile_signature(line: &str) -> bool {
    line.len() <= 120 && MOBILE.is_match(line)
}
