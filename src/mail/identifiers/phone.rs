//! Phone numbers: what begins with `+`, has an area code in parentheses, or is grouped as Russian numbers are.
//!
//! Digits without any of these signs are a number; `search` finds phones and numbers by the same keys.

/// Most digits of a phone number (ITU-T E.164), and the least that is taken for one.
const DIGITS_MAX: usize = 15;
const DIGITS_MIN: usize = 7;

/// Longest country code (ITU-T E.164).
const COUNTRY_MAX: usize = 3;

/// Most characters between two groups: ` (`, `) `, ` - `.
const GAP_MAX: usize = 3;

/// A phone number that begins where it was asked.
pub(super) struct Phone {
    /// Behind its last character.
    pub(super) end: usize,
    /// Its digits.
    pub(super) digits: String,
}

/// What was read: digits, and where each group of them ends.
#[derive(Default)]
struct Groups {
    digits: String,
    /// For each group: digits up to and with it, and the place behind it.
    ends: Vec<(usize, usize)>,
    /// Which group stood in parentheses.
    area: Option<usize>,
}

/// The phone number that begins at `at`, if one does.
pub(super) fn at(text: &str, at: usize) -> Option<Phone> {
    if text[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let bytes = &text.as_bytes()[at..];
    let international = bytes.first() == Some(&b'+');
    if !international && !may_begin(bytes) {
        return None;
    }
    let groups = read(text, at + usize::from(international))?;
    let (count, end) = groups.whole(international)?;
    if text[end..].chars().next().is_some_and(char::is_alphanumeric) {
        return None;
    }
    Some(Phone { end, digits: groups.digits[..count].to_owned() })
}

/// A trunk prefix, or up to three digits before an area code: most digits in a letter are ruled out here, at little cost.
fn may_begin(bytes: &[u8]) -> bool {
    let length = bytes.iter().take(COUNTRY_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
    match bytes[length..] {
        _ if length > COUNTRY_MAX => false,
        [b'(', ..] | [b' ', b'(', ..] => true,
        _ => length == 1 && matches!(bytes[0], b'7' | b'8'),
    }
}

impl Groups {
    /// How many digits belong to the number, and where it ends: what follows it may be another number.
    fn whole(&self, international: bool) -> Option<(usize, usize)> {
        let trunk = matches!(self.digits.as_bytes().first(), Some(b'7' | b'8')) && self.group(0) == 1;
        let lengths: &[usize] = match (international, self.area) {
            (true, _) if self.digits.starts_with(['1', '7']) => &[11],
            (true, _) if self.digits.starts_with("55") => &[13, 12],
            (true, _) => &[],
            (false, Some(_)) if trunk => &[11],
            (false, Some(0)) => &[11, 10],
            (false, Some(_)) => &[],
            // 8 912 345-67-89: nothing but the grouping says that it is a phone, so all of it must fit.
            (false, None) => {
                let grouped = trunk && self.group(1) == 3 && self.ends.len() >= 3;
                return self.ends.iter().copied().find(|(count, _)| grouped && *count == 11);
            }
        };
        let exact = lengths.iter().find_map(|length| self.ends.iter().find(|(count, _)| count == length));
        exact.or_else(|| self.ends.iter().rev().find(|(count, _)| *count >= DIGITS_MIN)).copied()
    }

    /// Digits of one group.
    fn group(&self, index: usize) -> usize {
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(count, _)| *count);
        self.ends.get(index).map_or(0, |(count, _)| count - before)
    }
}

/// Reads groups of digits from `at` on: at most [`DIGITS_MAX`] digits with at most [`GAP_MAX`] characters between groups.
fn read(text: &str, at: usize) -> Option<Groups> {
    let bytes = text.as_bytes();
    let mut groups = Groups::default();
    let mut place = at;
    let mut open = false;
    if bytes.get(place) == Some(&b'(') {
        open = true;
        place += 1;
    }
    loop {
        let length = bytes[place..].iter().take(DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 || groups.digits.len() + length > DIGITS_MAX {
            break;
        }
        groups.digits.push_str(&text[place..place + length]);
        place += length;
        if open {
            if bytes.get(place) != Some(&b')') || !(2..=5).contains(&length) {
                return None;
            }
            groups.area = Some(groups.ends.len());
            open = false;
            place += 1;
        }
        groups.ends.push((groups.digits.len(), place));

        for c in text[place..].chars().take(GAP_MAX) {
            match c {
                ' ' | '\u{a0}' | '-' | '.' | '\u{2010}' | '\u{2011}' | '\u{2013}' => {}
                '(' if groups.area.is_none() && !open => open = true,
                _ => break,
            }
            place += c.len_utf8();
        }
    }
    (groups.digits.len() >= DIGITS_MIN).then_some(groups)
}
