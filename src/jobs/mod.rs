//! The timer wheel over the store's due index, and one file per job.
//!
//! So far: taking DKIM keys into use, trimming the feed and the ledger, sweeping what has run out, the certificate (its files, its
//! renewal, its age), the letters of mailings, and the reports that we send. Reminders and clocks come with the full desk.

pub mod acme;
pub mod activate_dkim;
pub mod certificate;
pub mod mailings;
pub mod reports;
pub mod sweep;
pub mod trim_feed;
pub mod trim_ledger;
