//! The timer wheel over the store's due index, and one file per job.
//!
//! The first job is the trimming of the feed; reminders and clocks come with the full desk.

pub mod trim_feed;
