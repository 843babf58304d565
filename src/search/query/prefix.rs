//! The words that begin with what was typed last: the most frequent ones, bounded.

use std::collections::HashMap;

use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// The shortest beginning that is completed, in characters.
const PREFIX_MIN: usize = 3;

/// The most words that a beginning stands for, and how many are looked at in each segment to choose them.
const WORDS_MAX: usize = 64;
const LOOKED_AT_MAX: usize = 1_000;

/// The terms of a field that begin with `prefix`, without itself.
pub(super) fn expand(searcher: &Searcher, field: Field, prefix: &str) -> tantivy::Result<Vec<Term>> {
    if prefix.chars().take(PREFIX_MIN).count() < PREFIX_MIN {
        return Ok(Vec::new());
    }
    let mut frequencies: HashMap<Vec<u8>, u32> = HashMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut terms = inverted.terms().range().gt(prefix).into_stream()?;
        for _ in 0..LOOKED_AT_MAX {
            let Some((term, info)) = terms.next().filter(|(term, _)| term.starts_with(prefix.as_bytes())) else {
                break;
            };
            let frequency = frequencies.entry(term.to_vec()).or_default();
            *frequency = frequency.saturating_add(info.doc_freq);
        }
    }
    let mut chosen: Vec<(Vec<u8>, u32)> = frequencies.into_iter().collect();
    chosen.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    chosen.truncate(WORDS_MAX);
    Ok(chosen
        .iter()
        .filter_map(|(term, _)| std::str::from_utf8(term).ok())
        .map(|term| Term::from_field_text(field, term))
        .collect())
}
