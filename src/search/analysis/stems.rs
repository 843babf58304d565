//! Stems: Russian for Cyrillic words; English or Portuguese for Latin ones, by the message's language.
//!
//! A query's language cannot be told from two words, so a query asks for the stems of both.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

use super::Word;
use super::folding::fold_into;

/// How much of a text tells its language, in octets.
const SAMPLE: usize = 2_048;

/// The language of a message's Latin words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::search) enum Language {
    English,
    Portuguese,
}

impl Language {
    /// The language of a text; English where it is neither.
    pub(in crate::search) fn of(text: &str) -> Self {
        let sample = &text[..text.floor_char_boundary(SAMPLE)];
        match whichlang::detect_language(sample) {
            whichlang::Lang::Por => Self::Portuguese,
            _ => Self::English,
        }
    }
}

/// The three stemmers. Cheap to make.
pub(in crate::search) struct Stemmers {
    russian: Stemmer,
    english: Stemmer,
    portuguese: Stemmer,
    buffer: String,
}

impl Stemmers {
    pub(in crate::search) fn new() -> Self {
        Self {
            russian: Stemmer::new(Algorithm::Russian),
            english: Stemmer::new(Algorithm::English),
            portuguese: Stemmer::new(Algorithm::Portuguese),
            buffer: String::new(),
        }
    }

    /// The stems of a word of a message: none for numbers, two for a Portuguese word with diacritics (people leave them out).
    pub(in crate::search) fn of_message(&mut self, word: &Word, language: Language, each: &mut impl FnMut(&str)) {
        match script(&word.lower) {
            Script::Cyrillic => self.emit(self.russian, &word.lower, each),
            Script::Latin if language == Language::Portuguese => self.portuguese_stems(word, each),
            Script::Latin => self.emit(self.english, &word.lower, each),
            Script::Other => {}
        }
    }

    /// The stems of a word of a query, in every language that it may be of.
    pub(in crate::search) fn of_query(&mut self, word: &Word) -> Vec<String> {
        let mut stems: Vec<String> = Vec::new();
        let mut each = |stem: &str| {
            if !stems.iter().any(|known| known == stem) {
                stems.push(stem.to_owned());
            }
        };
        match script(&word.lower) {
            Script::Cyrillic => self.emit(self.russian, &word.lower, &mut each),
            Script::Latin => {
                self.emit(self.english, &word.lower, &mut each);
                self.portuguese_stems(word, &mut each);
            }
            Script::Other => {}
        }
        stems
    }

    fn portuguese_stems(&mut self, word: &Word, each: &mut impl FnMut(&str)) {
        self.emit(self.portuguese, &word.lower, each);
        if word.folded != word.lower {
            self.emit(self.portuguese, &word.folded, each);
        }
    }

    fn emit(&mut self, stemmer: Stemmer, word: &str, each: &mut impl FnMut(&str)) {
        let stem: Cow<'_, str> = stemmer.stem(word);
        fold_into(&stem, &mut self.buffer);
        if !self.buffer.is_empty() {
            each(&self.buffer);
        }
    }
}

enum Script {
    Cyrillic,
    Latin,
    Other,
}

/// By the first letter; words with digits have no stem.
fn script(word: &str) -> Script {
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return Script::Other;
    }
    match word.chars().next() {
        Some('\u{400}'..='\u{52f}') => Script::Cyrillic,
        Some('a'..='z' | '\u{c0}'..='\u{24f}') => Script::Latin,
        _ => Script::Other,
    }
}
