//! DKIM keys and signing (RFC 6376, RFC 8463).
//!
//! Promises: each letter gets one signature per key of its domain, RSA-SHA256 and Ed25519-SHA256 side by side (many verifiers
//! know RSA only), relaxed/relaxed, without `l=`; the fields that a reader sees and those that make the thread are signed
//! once more than they occur, so that none can be added.
//! Leaves to others: where keys are kept and which of them sign (`desk`), when a letter is signed (`desk::commands`).

mod key;
mod sign;
mod stage;

pub use key::{Algorithm, DkimKey};
pub use sign::sign;
pub use stage::KeyStage;

/// A failure to make, read or use a key.
#[derive(Debug, thiserror::Error)]
#[error("DKIM key: {0}")]
pub struct DkimError(pub String);

fn error(error: impl std::fmt::Display) -> DkimError {
    DkimError(error.to_string())
}
