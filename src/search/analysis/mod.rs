//! What becomes of a text before it is indexed or looked for: words, their stems, the keys of identifiers.
//!
//! Promises: letters and queries go through the same functions. Leaves to others: which fields they go to (`document`),
//! how a query combines them (`query`).

mod folding;
mod keys;
mod stems;
#[cfg(test)]
mod tests;
mod words;

pub(in crate::search) use keys::{GRAM, address_keys, grams, number_keys};
pub(in crate::search) use stems::{Language, Stemmers};
pub(in crate::search) use words::{Word, words};

/// The longest term, in octets (not characters: Russian letters have two). Longer words are keys or noise.
pub(in crate::search) const TERM_MAX: usize = 255;
