//! HTML as strangers send it, made harmless for the parsers behind us, and turned into text.
//!
//! Promises: what [`mod@tame`] writes is well nested, at most 100 deep, of at most 20,000 elements, from at most 4 MiB; so
//! that html5ever, which html2text and ammonia stand on, can neither recurse deeply nor copy formatting elements
//! without end. This room is the only one that knows html2text.
//! Leaves to others: what is safe to show (`sanitise`).

mod stack;
mod tag;
mod tame;
mod text;

pub(super) use tame::tame;
pub(super) use text::{from_text, to_text};
