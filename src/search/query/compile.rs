//! A parsed query as a tantivy query: every part must fit, each in any of the ways in which it can fit.
//!
//! The weights order the ways: the ticket's own number, a whole identifier, a part of one, words by their rarity (BM25).

use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery, Query, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::{CLAUSES_MAX, Clause, Parsed, Place, prefix};
use crate::mail::identifiers::{MAX_IDENTIFIER_CHARS, normalise};
use crate::search::analysis::{GRAM, Stemmers, TERM_MAX, Word, grams, number_keys, words};
use crate::search::schema::Fields;

const TICKET_NUMBER: f32 = 1_000.0;
const WHOLE_KEY: f32 = 100.0;
const PART_OF_NUMBER: f32 = 20.0;
const SUBJECT: f32 = 1.5;
const STEM: f32 = 0.8;
const COMPLETED: f32 = 0.5;

type Ways = Vec<Box<dyn Query>>;

/// The query; `None` where nothing is asked for, which finds nothing.
pub(in crate::search) fn compile(
    parsed: &Parsed,
    fields: &Fields,
    searcher: &Searcher,
) -> tantivy::Result<Option<Box<dyn Query>>> {
    if parsed.is_empty() {
        return Ok(None);
    }
    let mut compiler = Compiler { fields, searcher, stemmers: Stemmers::new() };
    let mut parts: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let last = parsed.clauses.len().saturating_sub(1);
    for (index, clause) in parsed.clauses.iter().enumerate() {
        let ways = compiler.clause(clause, index == last)?;
        let occur = if clause.excluded { Occur::MustNot } else { Occur::Must };
        // A clause without a way to fit (a word of 300 letters) finds nothing, as such a word is not indexed.
        if !ways.is_empty() || !clause.excluded {
            parts.push((occur, any_of(ways)));
        }
    }
    if parts.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        parts.push((Occur::Must, Box::new(AllQuery)));
    }
    let all: Box<dyn Query> = Box::new(BooleanQuery::new(parts));
    Ok(Some(match compiler.spaced_number(parsed) {
        Some(number) => any_of(vec![all, number]),
        None => all,
    }))
}

struct Compiler<'a> {
    fields: &'a Fields,
    searcher: &'a Searcher,
    stemmers: Stemmers,
}

impl Compiler<'_> {
    fn clause(&mut self, clause: &Clause, is_last: bool) -> tantivy::Result<Ways> {
        let mut found: Vec<Word> = Vec::new();
        words(&clause.text, |word| {
            if found.len() < CLAUSES_MAX {
                found.push(word.clone());
            }
        });
        let complete = is_last && !clause.excluded && !clause.phrase;
        let Fields { text, subject, from, to, .. } = *self.fields;
        Ok(match clause.place {
            Place::Anywhere if clause.phrase => phrase(text, &found).into_iter().collect(),
            Place::Anywhere => {
                let mut ways = self.identifiers(&clause.text);
                ways.extend(self.all_words(&found, complete, Self::anywhere)?);
                ways
            }
            Place::Subject => self.all_words(&found, false, |compiler, word, _| compiler.in_subject(word, subject))?,
            Place::From => self.person(from, clause, &found, complete)?,
            Place::To => self.person(to, clause, &found, complete)?,
        })
    }

    /// Every word by one of its ways; no way at all where there is no word.
    fn all_words(
        &mut self,
        found: &[Word],
        complete: bool,
        mut ways: impl FnMut(&mut Self, &Word, bool) -> tantivy::Result<Ways>,
    ) -> tantivy::Result<Ways> {
        let last = found.len().saturating_sub(1);
        let mut parts = Ways::new();
        for (index, word) in found.iter().enumerate() {
            parts.push(any_of(ways(self, word, complete && index == last)?));
        }
        Ok(match parts.len() {
            0 | 1 => parts,
            _ => vec![Box::new(BooleanQuery::intersection(parts))],
        })
    }

    /// A word in any text: as it is, by its stem, as a beginning.
    fn anywhere(&mut self, word: &Word, complete: bool) -> tantivy::Result<Ways> {
        let Fields { text, stem, subject, .. } = *self.fields;
        let mut ways: Ways = vec![term(text, &word.folded)];
        for stemmed in self.stemmers.of_query(word) {
            ways.push(boosted(term(stem, &stemmed), STEM));
        }
        ways.extend(self.in_subject(word, subject)?);
        if complete {
            ways.extend(self.completed(text, word)?);
        }
        Ok(ways)
    }

    fn in_subject(&mut self, word: &Word, subject: Field) -> tantivy::Result<Ways> {
        let mut terms = self.stemmers.of_query(word);
        terms.push(word.folded.clone());
        terms.sort_unstable();
        terms.dedup();
        Ok(terms.iter().map(|each| boosted(term(subject, each), SUBJECT)).collect())
    }

    fn completed(&self, field: Field, word: &Word) -> tantivy::Result<Option<Box<dyn Query>>> {
        let terms = prefix::expand(self.searcher, field, &word.folded)?;
        Ok((!terms.is_empty()).then(|| constant(TermSetQuery::new(terms), COMPLETED)))
    }

    /// A name, an address or a part of one, of those who wrote or of those who were written to.
    fn person(&mut self, field: Field, clause: &Clause, found: &[Word], complete: bool) -> tantivy::Result<Ways> {
        let mut ways = self.all_words(found, complete, |compiler, word, complete| {
            let mut ways: Ways = vec![constant_term(field, &word.folded, 1.0)];
            if complete {
                ways.extend(compiler.completed(field, word)?);
            }
            Ok(ways)
        })?;
        if let Some(key) = key(&clause.text) {
            ways.push(constant_term(field, &key, WHOLE_KEY));
        }
        Ok(ways)
    }

    /// A chunk as a ticket's number, as a whole identifier or address, as a part of an identifier.
    fn identifiers(&self, chunk: &str) -> Ways {
        let mut ways = Ways::new();
        if let Some(number) = ticket_number(chunk) {
            let query = TermQuery::new(Term::from_field_u64(self.fields.ticket, number), IndexRecordOption::Basic);
            ways.push(constant(query, TICKET_NUMBER));
        }
        ways.extend(key(chunk).map(|key| constant_term(self.fields.keys, &key, WHOLE_KEY)));
        ways.extend(self.number(chunk).into_iter().flatten());
        ways
    }

    /// Text that holds a digit as a whole number and as a part of one.
    fn number(&self, text: &str) -> Option<Ways> {
        let normal = normalise(text);
        let length = normal.chars().take(MAX_IDENTIFIER_CHARS + 1).count();
        if !(GRAM..=MAX_IDENTIFIER_CHARS).contains(&length) || !normal.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let keys = number_keys(&normal);
        let mut ways: Ways = keys.iter().map(|key| constant_term(self.fields.keys, key, WHOLE_KEY)).collect();
        // The last key is the shortest: without country code or trunk prefix, where it may be a phone.
        ways.extend(keys.last().and_then(|key| part(self.fields.grams, key)));
        Some(ways)
    }

    /// The whole query as one number that was typed with spaces (`RB 123456789 CN`).
    fn spaced_number(&self, parsed: &Parsed) -> Option<Box<dyn Query>> {
        let only_chunks =
            parsed.clauses.iter().all(|clause| !clause.excluded && !clause.phrase && clause.place == Place::Anywhere);
        if !only_chunks || parsed.clauses.len() < 2 {
            return None;
        }
        let joined: String = parsed.clauses.iter().map(|clause| clause.text.as_str()).collect();
        self.number(&joined).map(any_of)
    }
}

/// `1042`, `#1042`, `DEMO-1042`, `[DEMO-1042]`: a prefix has a letter, or it would be the beginning of an order number.
fn ticket_number(chunk: &str) -> Option<u64> {
    let shown = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = match shown.split_once('-') {
        Some((prefix, digits)) => {
            let is_prefix = (1..=10).contains(&prefix.len())
                && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && prefix.bytes().any(|byte| byte.is_ascii_alphabetic());
            is_prefix.then_some(digits)?
        }
        None => shown,
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// A chunk as a key: lower case, without the punctuation around it.
fn key(chunk: &str) -> Option<String> {
    let key = chunk.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    (!key.is_empty() && key.len() <= TERM_MAX).then_some(key)
}

/// Words side by side.
fn phrase(field: Field, found: &[Word]) -> Option<Box<dyn Query>> {
    match found {
        [] => None,
        [word] => Some(term(field, &word.folded)),
        _ => Some(Box::new(PhraseQuery::new(
            found.iter().map(|word| Term::from_field_text(field, &word.folded)).collect(),
        ))),
    }
}

/// A part of a number: its pieces side by side. Every fourth piece and the last one say it all.
fn part(field: Field, normal: &str) -> Option<Box<dyn Query>> {
    let pieces = grams(normal);
    let last = pieces.len().checked_sub(1)?;
    let terms: Vec<(usize, Term)> = pieces
        .iter()
        .enumerate()
        .filter(|(place, _)| place % GRAM == 0 || *place == last)
        .map(|(place, piece)| (place, Term::from_field_text(field, piece)))
        .collect();
    Some(match terms.as_slice() {
        [(_, only)] => constant(TermQuery::new(only.clone(), IndexRecordOption::Basic), PART_OF_NUMBER),
        _ => constant(PhraseQuery::new_with_offset(terms), PART_OF_NUMBER),
    })
}

fn any_of(mut ways: Ways) -> Box<dyn Query> {
    match ways.len() {
        1 => ways.remove(0),
        _ => Box::new(BooleanQuery::union(ways)),
    }
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

fn constant_term(field: Field, text: &str, score: f32) -> Box<dyn Query> {
    constant(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic), score)
}

fn constant(query: impl Query, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), score))
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, boost))
}
