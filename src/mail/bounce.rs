//! Recognises reports of failed delivery (RFC 3464) and reads what they say.

use super::Letter;

/// A delivery status notification's gist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The enhanced status code (`5.1.1`), where one is given.
    pub status: Option<String>,
    /// The remote server's words.
    pub diagnostic: Option<String>,
}

/// Reads a bounce, or answers `None` for any other letter.
pub fn detect(letter: &Letter, raw: &[u8], null_sender: bool) -> Option<Bounce> {
    let _ = (letter, raw, null_sender);
    todo!("mail")
}
