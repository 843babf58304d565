//! Diacritics: put on to a letter where they come apart from it, and taken off for comparison.

use icu_normalizer::properties::{CanonicalCompositionBorrowed, CanonicalDecompositionBorrowed, Decomposed};

/// A combining diacritical mark.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The letter with the mark on it, where Unicode has one.
pub(super) fn compose(base: char, mark: char) -> Option<char> {
    CanonicalCompositionBorrowed::new().compose(base, mark)
}

/// The lower-case word without diacritics, into a buffer that is emptied first. Cyrillic letters stay: `й` is no `и`.
pub(super) fn fold_into(lower: &str, folded: &mut String) {
    folded.clear();
    if lower.is_ascii() {
        folded.push_str(lower);
        return;
    }
    for c in lower.chars() {
        match c {
            '\0'..='\u{7f}' | '\u{400}'..='\u{52f}' => folded.push(c),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            _ => folded.push(base(c)),
        }
    }
}

/// The letter under all its marks.
fn base(mut c: char) -> char {
    let decomposition = CanonicalDecompositionBorrowed::new();
    while let Decomposed::Expansion(base, mark) = decomposition.decompose(c) {
        if !is_mark(mark) {
            break;
        }
        c = base;
    }
    c
}
