//! Queries: what a person typed, read by a small front parser and made into a tantivy query term by term.
//!
//! Promises: any text is a valid query, bounded in length and terms; it never reaches tantivy's own query language.

mod compile;
mod dates;
mod parse;
mod prefix;
#[cfg(test)]
mod tests;

pub(in crate::search) use compile::compile;
pub use parse::parse;

/// The longest query that is read, in characters; the rest is ignored.
pub const QUERY_MAX: usize = 1_000;

/// The most parts of a query, and the most words of one part; the rest is ignored.
pub(in crate::search) const CLAUSES_MAX: usize = 32;

/// A query as understood. `status` and `tag` are not in the index: the caller makes them a predicate over tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// `status:` values as typed, in lower case: any of these.
    pub status: Vec<String>,
    /// `tag:`, as typed; the last one given.
    pub tag: Option<String>,
    /// `after:`: messages at or after this, Unix milliseconds.
    pub after: Option<u64>,
    /// `before:`: messages before this, Unix milliseconds.
    pub before: Option<u64>,
    /// What is looked for in the text: all of it must be there.
    pub(in crate::search) clauses: Vec<Clause>,
}

/// One part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::search) struct Clause {
    /// Must not be there.
    pub(in crate::search) excluded: bool,
    /// Where it is looked for.
    pub(in crate::search) place: Place,
    /// What is looked for: a word, number or address, or the words of a phrase.
    pub(in crate::search) text: String,
    /// The words must stand side by side.
    pub(in crate::search) phrase: bool,
}

/// Where a part of a query is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::search) enum Place {
    Anywhere,
    Subject,
    From,
    To,
}

impl Parsed {
    /// Nothing restricts the result: neither words nor filters.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
