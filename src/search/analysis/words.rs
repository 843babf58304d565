//! Text to words: runs of letters and digits, in lower case, composed, `ё` as `е`; and the same without diacritics.

use super::TERM_MAX;
use super::folding::{compose, fold_into, is_mark};

/// One word of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::search) struct Word {
    /// Lower case, composed, `ё` as `е`: what stemmers read.
    pub(in crate::search) lower: String,
    /// Without diacritics too: what is compared.
    pub(in crate::search) folded: String,
}

/// Hands every word of at most [`TERM_MAX`] octets to `each`, in order. (One buffer serves all: no allocation per word.)
pub(in crate::search) fn words(text: &str, mut each: impl FnMut(&Word)) {
    let mut word = Word::default();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            for lower in c.to_lowercase() {
                word.push(if lower == 'ё' { 'е' } else { lower });
            }
        } else if is_mark(c) {
            word.mark(c);
        } else if !word.lower.is_empty() {
            word.finish(&mut each);
        }
    }
    word.finish(&mut each);
}

impl Word {
    fn push(&mut self, c: char) {
        // A letter's lower case may itself be a letter with a mark (`İ`).
        if is_mark(c) {
            self.mark(c);
        } else if self.lower.len() <= TERM_MAX {
            self.lower.push(c);
        }
    }

    /// A combining mark joins the letter before it, as in text from systems that write them apart.
    fn mark(&mut self, mark: char) {
        if let Some(composed) = self.lower.chars().next_back().and_then(|base| compose(base, mark)) {
            self.lower.pop();
            self.lower.push(if composed == 'ё' { 'е' } else { composed });
        }
    }

    fn finish(&mut self, each: &mut impl FnMut(&Word)) {
        if !self.lower.is_empty() && self.lower.len() <= TERM_MAX {
            fold_into(&self.lower, &mut self.folded);
            each(self);
        }
        self.lower.clear();
    }
}
