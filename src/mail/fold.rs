//! Parts what a person wrote anew from what the mail program quoted below it. Nothing is lost: both halves are kept.

/// A text in two halves; `new` followed by `quoted` is the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded<'a> {
    /// What is new in this message.
    pub new: &'a str,
    /// The quoted history, with the line that introduces it ("On … wrote:"); empty where there is none.
    pub quoted: &'a str,
}

/// Splits a plain text at the first sign of a quoted history.
pub fn fold(text: &str) -> Folded<'_> {
    let _ = text;
    todo!("mail")
}
