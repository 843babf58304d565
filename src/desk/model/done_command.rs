//! A command that was done under an `Idempotency-Key`.

use minicbor::{Decode, Encode};

/// What a repetition is answered with. The hash of the key is the row's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(in crate::desk) struct DoneCommand {
    /// The message that it made.
    #[n(0)]
    pub message: u64,
    /// When, Unix milliseconds.
    #[n(1)]
    pub at: u64,
    /// The hash of what the message says.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub content: [u8; 32],
}
