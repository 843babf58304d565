//! What the fuzz targets of `fuzz/` call: each function takes any bytes, hands them to a parser and holds it to its promises.
//!
//! Promises: nothing here is in the shipped program (only `cfg(fuzzing)` and tests have it); every seed of `fuzz/seeds/`
//! is run by the ordinary tests, so that a crash, once found, stays a test. What is private is reached through the
//! `fuzzing` modules of the rooms that own it.
//! Leaves to others: the engine and the build (`fuzz/run`).

mod letter;
mod report;
mod rule;

#[cfg(test)]
mod tests;

pub use self::letter::{bounce, letter};
pub use self::report::report;
pub use self::rule::rule;
pub use crate::desk::fuzzing::key;
pub use crate::mail::spf::fuzzing::spf;
pub use crate::queue::fuzzing::sts;
pub use crate::smtp::fuzzing::{command, frame, proxy};
