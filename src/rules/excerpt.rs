//! Cuts what a trace shows to its limit.

use std::ops::Range;

/// How many characters of a value a trace keeps.
pub(super) const MAX_SHOWN: usize = 200;

/// How many characters are shown before the place that matters.
const BEFORE: usize = 60;

/// At most 200 characters of a text, on one line, around a place in it; `…` stands for what is left out.
pub(super) fn excerpt(text: &str, place: &Range<usize>) -> String {
    let place = text.floor_char_boundary(place.start);
    let start = text[..place].char_indices().rev().nth(BEFORE - 1).map_or(0, |(index, _)| index);
    // A short head is shown rather than dotted out.
    let start = if start <= BEFORE { 0 } else { start };
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    let room = MAX_SHOWN - usize::from(start > 0);
    let rest = &text[start..];
    match rest.char_indices().nth(room) {
        None => shown.extend(one_line(rest)),
        Some(_) => {
            shown.extend(one_line(rest).take(room - 1));
            shown.push('…');
        }
    }
    shown
}

/// At most 200 characters from the beginning of a text, on one line.
pub(super) fn head(text: &str) -> String {
    excerpt(text, &(0..0))
}

fn one_line(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_shown_whole_on_one_line() {
        assert_eq!(head("one\r\ntwo"), "one  two");
        assert_eq!(excerpt("short", &(3..5)), "short");
    }

    #[test]
    fn a_long_text_is_shown_around_the_place() {
        let text = format!("{}заказ{}", "Ж".repeat(500), "я".repeat(500));
        let shown = excerpt(&text, &(1000..1010));
        assert_eq!(shown.chars().count(), MAX_SHOWN);
        assert!(shown.starts_with("…Ж") && shown.contains("заказ") && shown.ends_with("я…"));
    }

    #[test]
    fn any_place_is_safe() {
        let text = "Жя".repeat(300);
        for place in 0..text.len() + 5 {
            assert!(excerpt(&text, &(place..place)).chars().count() <= MAX_SHOWN);
        }
    }
}
