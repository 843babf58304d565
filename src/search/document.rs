//! A message as a document of the index.

use std::collections::BTreeSet;

use tantivy::TantivyDocument;

use super::analysis::{Language, Stemmers, TERM_MAX, Word, address_keys, grams, number_keys, words};
use super::schema::Fields;
use crate::desk::Message;
use crate::mail::Correspondent;
use crate::mail::identifiers::{self, IdentifierKind};

/// A message, with its whole text where the record holds only the beginning.
#[derive(Clone, Debug, Default)]
pub(in crate::search) struct Source {
    pub(in crate::search) message: Message,
    pub(in crate::search) whole_text: Option<String>,
}

impl Source {
    /// How much text it holds, in octets.
    pub(in crate::search) fn octets(&self) -> usize {
        let Message { text, quoted, .. } = &self.message;
        text.len() + quoted.len() + self.whole_text.as_ref().map_or(0, String::len)
    }
}

/// Makes documents. Holds buffers: one per writing thread.
pub(in crate::search) struct Documents {
    fields: Fields,
    stemmers: Stemmers,
    text: String,
    stems: String,
    subject: String,
}

impl Documents {
    pub(in crate::search) fn new(fields: Fields) -> Self {
        let (text, stems, subject) = (String::new(), String::new(), String::new());
        Self { fields, stemmers: Stemmers::new(), text, stems, subject }
    }

    /// The document of a message.
    pub(in crate::search) fn of(&mut self, source: &Source) -> TantivyDocument {
        let message = &source.message;
        let fields = self.fields;
        let mut document = TantivyDocument::new();
        document.add_u64(fields.ticket, message.ticket);
        document.add_u64(fields.message, message.id);
        document.add_u64(fields.at, message.at);

        let bodies = match &source.whole_text {
            Some(whole) => [whole.as_str(), ""],
            None => [message.text.as_str(), message.quoted.as_str()],
        };
        let language = Language::of(if bodies[0].is_empty() { &message.subject } else { bodies[0] });

        self.add_words(&mut document, &message.subject, language, true);
        for body in bodies {
            self.add_words(&mut document, body, language, false);
        }
        for attachment in &message.attachments {
            self.add_words(&mut document, &attachment.name, language, false);
        }
        for person in message.from.iter().chain(&message.to).chain(&message.cc) {
            self.add_words(&mut document, person.name.as_deref().unwrap_or_default(), language, false);
            self.add_words(&mut document, &person.address, language, false);
        }

        document.add_text(fields.from, people(message.from.iter(), [message.envelope_from.as_str()]));
        document.add_text(
            fields.to,
            people(message.to.iter().chain(&message.cc), message.envelope_to.iter().map(String::as_str)),
        );
        self.add_keys(&mut document, message, bodies);
        document
    }

    /// One stretch of text as words and stems. Each stretch is a value of its own, so that no phrase spans two of them.
    fn add_words(&mut self, document: &mut TantivyDocument, stretch: &str, language: Language, is_subject: bool) {
        let Self { fields, stemmers, text, stems, subject } = self;
        for buffer in [&mut *text, &mut *stems, &mut *subject] {
            buffer.clear();
        }
        words(stretch, |word| {
            append(text, &word.folded);
            stemmers.of_message(word, language, &mut |stem| append(stems, stem));
        });
        if text.is_empty() {
            return;
        }
        document.add_text(fields.text, &*text);
        document.add_text(fields.stem, &*stems);
        if is_subject {
            append(subject, text);
            append(subject, stems);
            document.add_text(fields.subject, &*subject);
        }
    }

    /// Identifiers and addresses.
    fn add_keys(&self, document: &mut TantivyDocument, message: &Message, bodies: [&str; 2]) {
        let mut keys = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        let names = message.attachments.iter().map(|attachment| attachment.name.as_str());
        for text in [message.subject.as_str()].into_iter().chain(bodies).chain(names) {
            for found in identifiers::find(text) {
                match found.kind {
                    IdentifierKind::Email => keys.extend(address_keys(&found.normal)),
                    IdentifierKind::Number | IdentifierKind::Phone => _ = numbers.insert(found.normal),
                }
            }
        }
        let people = message.from.iter().chain(&message.to).chain(&message.cc).map(|person| person.address.as_str());
        let envelope = message.envelope_to.iter().map(String::as_str).chain([message.envelope_from.as_str()]);
        for address in people.chain(envelope).chain(message.message_id.as_deref()) {
            keys.extend(address_keys(address));
        }
        for number in &numbers {
            keys.extend(number_keys(number).into_iter().map(str::to_owned));
            // A value each: no piece of one number is followed by a piece of the next.
            document.add_text(self.fields.grams, grams(number).join(" "));
        }
        let keys: Vec<String> = keys.into_iter().filter(|key| key.len() <= TERM_MAX).collect();
        document.add_text(self.fields.keys, keys.join(" "));
    }
}

/// Names and addresses as the terms of `from:` and `to:`.
fn people<'a>(
    correspondents: impl Iterator<Item = &'a Correspondent>,
    envelope: impl IntoIterator<Item = &'a str>,
) -> String {
    let mut terms = String::new();
    let mut add = |address: &str| {
        words(address, |word: &Word| append(&mut terms, &word.folded));
        for key in address_keys(address).iter().filter(|key| key.len() <= TERM_MAX) {
            append(&mut terms, key);
        }
    };
    let mut names = Vec::new();
    for correspondent in correspondents {
        add(&correspondent.address);
        names.extend(correspondent.name.as_deref());
    }
    envelope.into_iter().for_each(&mut add);
    for name in names {
        words(name, |word| append(&mut terms, &word.folded));
    }
    terms
}

fn append(terms: &mut String, term: &str) {
    if !terms.is_empty() && !term.is_empty() {
        terms.push(' ');
    }
    terms.push_str(term);
}
