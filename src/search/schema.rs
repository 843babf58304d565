//! The fields of the index. One document is one message.
//!
//! Nothing is stored: three columns name the ticket, the message and its time, everything else is only found by.
//! Texts come here already analysed, as terms with a space between them; so tantivy's own analysers play no part.

use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

/// Raised when fields or analysis change: the index of another version is thrown away and built anew.
pub(in crate::search) const SCHEMA_VERSION: u32 = 1;

/// Columns' names, as tantivy asks for columns by name.
pub(in crate::search) const TICKET: &str = "ticket";
pub(in crate::search) const MESSAGE: &str = "message";
pub(in crate::search) const AT: &str = "at";

/// The fields.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Fields {
    /// The ticket's number.
    pub(in crate::search) ticket: Field,
    /// The message's id: what a document is replaced by.
    pub(in crate::search) message: Field,
    /// When it was received or written, Unix milliseconds.
    pub(in crate::search) at: Field,
    /// Every word, folded, in order: for exact words, prefixes and phrases.
    pub(in crate::search) text: Field,
    /// The stems of every word.
    pub(in crate::search) stem: Field,
    /// Words and stems of the subject.
    pub(in crate::search) subject: Field,
    /// The sender's words, address, local part and domain.
    pub(in crate::search) from: Field,
    /// The same of every recipient.
    pub(in crate::search) to: Field,
    /// Identifiers and addresses as wholes.
    pub(in crate::search) keys: Field,
    /// Identifiers as overlapping pieces, in order.
    pub(in crate::search) grams: Field,
}

/// The schema and its fields.
pub(in crate::search) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fields = Fields {
        ticket: builder.add_u64_field(TICKET, INDEXED | FAST),
        message: builder.add_u64_field(MESSAGE, INDEXED | FAST),
        at: builder.add_u64_field(AT, FAST),
        text: builder.add_text_field("text", terms(IndexRecordOption::WithFreqsAndPositions, true)),
        stem: builder.add_text_field("stem", terms(IndexRecordOption::WithFreqs, true)),
        subject: builder.add_text_field("subject", terms(IndexRecordOption::WithFreqs, true)),
        from: builder.add_text_field("from", terms(IndexRecordOption::Basic, false)),
        to: builder.add_text_field("to", terms(IndexRecordOption::Basic, false)),
        keys: builder.add_text_field("keys", terms(IndexRecordOption::Basic, false)),
        grams: builder.add_text_field("grams", terms(IndexRecordOption::WithFreqsAndPositions, false)),
    };
    (builder.build(), fields)
}

/// A field of analysed terms; `lengths` are kept where BM25 weighs by them.
fn terms(option: IndexRecordOption, lengths: bool) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(option).set_fieldnorms(lengths),
    )
}
