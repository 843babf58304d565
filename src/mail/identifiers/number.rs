//! Numbers of orders, parcels, certificates: segments of letters and digits, joined by single separators.

use super::MAX_IDENTIFIER_CHARS;

/// Longest segment without a digit that belongs to a number: `SO`, `INV`, `CERT`. Longer ones are words.
const LETTERS_MAX: usize = 4;

/// Most segments of a number.
const SEGMENTS_MAX: usize = 10;

/// Words behind an amount of money, lower case.
const CURRENCIES: [&str; 9] = ["руб", "р.", "rub", "usd", "eur", "gbp", "brl", "reais", "тенге"];

/// A run of segments around a digit.
pub(super) struct Run {
    pub(super) start: usize,
    /// Behind it, and behind `at` in any case: where to go on.
    pub(super) end: usize,
    /// It is to be reported.
    pub(super) is_number: bool,
}

/// The run around the digit at `at`, the first digit behind `floor`.
pub(super) fn around(text: &str, floor: usize, at: usize) -> Run {
    let (start, first) = begin(text, floor, at);
    let mut end = segment_end(text, at);
    let mut segments = vec![&text[first..end]];
    let mut dots = 0;
    let mut gaps = 0;
    while let Some((separator, next)) = separator_at(text, end) {
        let next_end = segment_end(text, next);
        let segment = &text[next..next_end];
        let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
        // `12345-AB` is one number, `12345-го` and `12345.pdf` are not.
        let is_code = separator != '.'
            && segment.chars().all(char::is_uppercase)
            && segment.chars().take(LETTERS_MAX + 1).count() <= LETTERS_MAX;
        if !has_digit && !is_code {
            break;
        }
        gaps += 1;
        dots += usize::from(separator == '.');
        if segments.len() <= SEGMENTS_MAX {
            segments.push(segment);
        }
        end = next_end;
    }
    let whole = &text[start..end];
    let is_number = segments.len() <= SEGMENTS_MAX
        && whole.chars().take(MAX_IDENTIFIER_CHARS + 1).count() <= MAX_IDENTIFIER_CHARS
        && has_enough_digits(whole, gaps)
        && (start < first || !(is_date(&segments) || is_amount(text, start, end, &segments, dots)));
    Run { start, end, is_number }
}

/// Where the run begins, and where its first segment with a digit does. (Left of `at` there are no digits up to `floor`.)
fn begin(text: &str, floor: usize, at: usize) -> (usize, usize) {
    let letters = |end: usize, most: usize| -> usize {
        text[floor..end].chars().rev().take(most).take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum()
    };
    let first = at - letters(at, MAX_IDENTIFIER_CHARS + 1);
    let mut start = first;
    for _ in 0..2 {
        let Some(separator) = text[floor..start].chars().next_back().filter(|c| joins(*c) && *c != '.') else { break };
        let end = start - separator.len_utf8();
        let length = letters(end, LETTERS_MAX + 1);
        if length == 0 || text[end - length..end].chars().count() > LETTERS_MAX {
            break;
        }
        start = end - length;
    }
    (start, first)
}

/// The end of the letters and digits from `at` on.
fn segment_end(text: &str, at: usize) -> usize {
    text[at..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |length| at + length)
}

/// A separator at `at` with a letter or digit behind it, and the place of that.
fn separator_at(text: &str, at: usize) -> Option<(char, usize)> {
    let mut chars = text[at..].chars();
    let separator = chars.next().filter(|c| joins(*c))?;
    chars.next().filter(|c| c.is_alphanumeric())?;
    Some((separator, at + separator.len_utf8()))
}

fn joins(c: char) -> bool {
    matches!(c, '-' | '/' | '_' | '.' | '\u{2010}' | '\u{2011}')
}

/// A digit run of 4, or one of 3 beside letters or among 4 digits in groups.
fn has_enough_digits(whole: &str, gaps: usize) -> bool {
    let longest = whole.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    let has_letters = whole.chars().any(char::is_alphabetic);
    longest >= 4 || longest == 3 && (has_letters || gaps > 0 && digits >= 4)
}

/// `2024`, `12.03.2024`, `3/12/24`, `2024-03-12T10`, `03.2024`, `2019-2024`.
fn is_date(segments: &[&str]) -> bool {
    let year = |segment: &str| segment.len() == 4 && matches!(segment.parse(), Ok(1900..=2099));
    let within = |segment: &str, most: u8| {
        segment.len() <= 2 && segment.parse::<u8>().is_ok_and(|value| (1..=most).contains(&value))
    };
    let (day, month) = (|segment: &str| within(segment, 31), |segment: &str| within(segment, 12));
    match segments {
        [one] => year(one),
        [a, b] => year(b) && (month(a) || year(a)) || year(a) && month(b),
        [a, b, c] => {
            let short = c.len() == 2 && c.bytes().all(|byte| byte.is_ascii_digit());
            let day_of_time = c.split_once('T').map_or(*c, |(before, _)| before);
            (day(a) && month(b) || month(a) && day(b)) && (year(c) || short) || year(a) && month(b) && day(day_of_time)
        }
        _ => false,
    }
}

/// `1234.50`, `12.345.678`, `1234,50`, `15000 руб`, `R$ 15000`; also IP addresses and offsets from UTC (`+0300`).
fn is_amount(text: &str, start: usize, end: usize, segments: &[&str], dots: usize) -> bool {
    let (before, after) = (&text[..start], &text[end..]);
    if dots + 1 != segments.len() {
        return false;
    }
    let unit = segments.last().map_or("", |last| last.trim_start_matches(|c: char| c.is_ascii_digit()));
    let digits_only = segments.iter().all(|segment| segment.bytes().all(|byte| byte.is_ascii_digit()));
    if !digits_only {
        return segments.len() == 1
            && segments[0].starts_with(|c: char| c.is_ascii_digit())
            && CURRENCIES.contains(&unit.to_lowercase().as_str());
    }
    let is_decimal = match segments {
        [offset] if offset.len() == 4 && before.ends_with(['+', '\u{2212}']) => true,
        [_] => false,
        [_, fraction] => fraction.len() <= 3,
        [first, groups @ ..] => {
            let thousands = first.len() <= 3 && groups.iter().all(|group| group.len() == 3);
            thousands || segments.len() == 4 && segments.iter().all(|octet| octet.len() <= 3)
        }
        [] => false,
    };
    let comma = after.strip_prefix(',').map_or(0, |rest| rest.bytes().take(3).take_while(u8::is_ascii_digit).count());
    let is_symbol = |c: char| matches!(c, '$' | '€' | '£' | '₽' | '¥' | '₴' | '₸');
    let near_before = before.trim_end_matches([' ', '\u{a0}']);
    let near_after = after.trim_start_matches([' ', '\u{a0}']);
    is_decimal
        || matches!(comma, 1 | 2)
        || near_before.ends_with(is_symbol)
        || near_after.starts_with(is_symbol)
        || is_currency_word(near_after)
}

/// The text goes on with a currency's name.
fn is_currency_word(after: &str) -> bool {
    let word: String = after.chars().take(5).flat_map(char::to_lowercase).collect();
    CURRENCIES.iter().any(|currency| word.starts_with(currency))
}
