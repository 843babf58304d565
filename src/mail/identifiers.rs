//! Finds identifiers (order numbers, digit runs, phones, e-mail addresses) the same way in letters and in queries.

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

/// Every identifier in a text, in order; at most 1,000.
pub fn find(text: &str) -> Vec<Identifier> {
    let _ = text;
    todo!("search")
}

/// The form in which a reference is compared: upper case, no separators.
pub fn normalise(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}
