//! What a reply and a note are written with.

use crate::desk::{DeskError, validate};
use crate::mail::Address;
use crate::rules::Status;

/// Copies of one reply.
const COPIES: usize = 20;
/// Files of one reply.
const FILES: usize = 50;
/// Longest idempotency key, in octets.
const KEY: usize = 200;

/// A reply or note to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The text; 1 to 16 KiB.
    pub text: String,
    /// A new status with it (a reply without one sets `pending`; a note leaves it).
    pub status: Option<Status>,
    /// Copies of a reply; at most 20 addresses.
    pub cc: Vec<String>,
    /// Files of a reply: ids of uploads of the same operator, in order; at most 50, none twice.
    pub attachments: Vec<u64>,
    /// The last message id that the writer had seen: something newer of the customer's stops a reply with `Stale`.
    pub seen: Option<u64>,
    /// Write also to suppressed addresses: the writer was warned.
    pub even_if_suppressed: bool,
    /// The letter must not leave verified TLS (RFC 8689): demanded, or (`false`) not even where the letter that it answers came
    /// so. `None`: as that letter came.
    pub require_tls: Option<bool>,
    /// The caller's `Idempotency-Key`, 1 to 200 octets: the same key again gives the same message.
    pub idempotency_key: Option<String>,
}

/// A [`NewMessage`] whose fields are right.
pub(super) struct Checked {
    pub text: String,
    pub status: Option<Status>,
    pub cc: Vec<Address>,
    pub attachments: Vec<u64>,
    pub seen: Option<u64>,
    pub even_if_suppressed: bool,
    pub require_tls: Option<bool>,
    pub idempotency_key: Option<String>,
}

impl NewMessage {
    pub(super) fn check(self) -> Result<Checked, DeskError> {
        if self.cc.len() > COPIES {
            return Err(DeskError::invalid("cc", format!("at most {COPIES} addresses")));
        }
        if self.attachments.len() > FILES {
            return Err(DeskError::invalid("attachments", format!("at most {FILES} files")));
        }
        let is_twice = |(index, id): (usize, &u64)| self.attachments[..index].contains(id);
        if self.attachments.iter().enumerate().any(is_twice) {
            return Err(DeskError::invalid("attachments", "names a file twice"));
        }
        if self.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY) {
            return Err(DeskError::invalid("idempotency_key", format!("must have 1 to {KEY} octets")));
        }
        Ok(Checked {
            text: validate::text("text", &self.text)?,
            status: self.status,
            cc: self.cc.iter().map(|cc| validate::address("cc", cc)).collect::<Result<_, _>>()?,
            attachments: self.attachments,
            seen: self.seen,
            even_if_suppressed: self.even_if_suppressed,
            require_tls: self.require_tls,
            idempotency_key: self.idempotency_key,
        })
    }
}
