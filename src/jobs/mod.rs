//! The timer wheel over the store's due index, and one file per job.
//!
//! So far: trimming the feed and the ledger, and sweeping what has run out. Reminders and clocks come with the full desk.

pub mod sweep;
pub mod trim_feed;
pub mod trim_ledger;
