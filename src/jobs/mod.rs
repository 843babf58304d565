//! The timer wheel over the store's due index, and one file per job.
//!
//! So far: taking DKIM keys into use, trimming the feed, and sweeping what has run out. Reminders and clocks come with the full desk.

pub mod activate_dkim;
pub mod sweep;
pub mod trim_feed;
