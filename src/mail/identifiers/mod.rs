//! Finds identifiers (order numbers, digit runs, phones, e-mail addresses) the same way in letters and in queries.
//!
//! Promises: linear time whatever the text is (no backtracking; every look to the side is bounded), never an error.
//! Dates, times, years, amounts of money and IP addresses are not reported: they are found as words.
//! Leaves to others: which of the found are references of a ticket (`desk`), how parts of them are found (`search`).

mod email;
mod number;
mod phone;
#[cfg(test)]
mod tests;

/// How many identifiers of one text are reported.
pub const MAX_IDENTIFIERS: usize = 1_000;

/// The longest identifier, in characters: longer runs are keys, hashes or noise.
pub const MAX_IDENTIFIER_CHARS: usize = 64;

/// What kind of identifier was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentifierKind {
    /// Letters, digits and separators with at least one digit run of 3 or more (`SO-2024/000123`), or digits ≥ 4.
    Number,
    /// A phone number of 7 to 15 digits with the usual punctuation.
    Phone,
    /// An e-mail address.
    Email,
}

/// One identifier in a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// What it is.
    pub kind: IdentifierKind,
    /// As written.
    pub text: String,
    /// For comparison: upper case, separators removed (`SO2024000123`); e-mail in lower case; phone digits alone.
    pub normal: String,
    /// Where it begins in the text, in octets.
    pub start: usize,
}

/// Every identifier in a text, in order; at most [`MAX_IDENTIFIERS`].
pub fn find(text: &str) -> Vec<Identifier> {
    let mut found = Vec::new();
    let mut done = 0;
    // Addresses come first, so that the digits of `ivan1985@example.com` are no number of their own.
    for (start, end) in email::find(text) {
        find_digits(&text[done..start], done, &mut found);
        let address = &text[start..end];
        found.push(Identifier {
            kind: IdentifierKind::Email,
            text: address.to_owned(),
            normal: address.to_lowercase(),
            start,
        });
        done = end;
    }
    find_digits(&text[done..], done, &mut found);
    found.truncate(MAX_IDENTIFIERS);
    found
}

/// The form in which a reference is compared: upper case, no separators.
pub fn normalise(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Phones and numbers in a stretch without e-mail addresses, which begins at `offset` of the whole text.
fn find_digits(stretch: &str, offset: usize, found: &mut Vec<Identifier>) {
    let bytes = stretch.as_bytes();
    // What lies before `floor` belongs to an earlier find: nothing is looked at twice from behind.
    let mut floor = 0;
    let mut at = 0;
    while found.len() < MAX_IDENTIFIERS {
        let Some(ahead) = bytes[at..].iter().position(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'(')) else { break };
        at += ahead;
        if let Some(phone) = phone::at(stretch, at) {
            found.push(Identifier {
                kind: IdentifierKind::Phone,
                text: stretch[at..phone.end].to_owned(),
                normal: phone.digits,
                start: offset + at,
            });
            at = phone.end;
        } else if bytes[at].is_ascii_digit() {
            let run = number::around(stretch, floor, at);
            if run.is_number {
                let text = &stretch[run.start..run.end];
                let (text, normal) = (text.to_owned(), normalise(text));
                found.push(Identifier { kind: IdentifierKind::Number, text, normal, start: offset + run.start });
            }
            at = run.end;
        } else {
            at += 1;
            continue;
        }
        floor = at;
    }
}
