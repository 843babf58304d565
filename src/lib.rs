//! mxdesk: a mail transfer agent with a ticketing layer, in one binary.
//!
//! The rooms, highest first. Each imports only rooms below it:
//! `cli` → `http`, `smtp`, `queue`, `jobs` → `board` → `search` → `desk` → `rules` → `mail` → `store`, `tls` → `config`.
//! `docs/ARCHITECTURE.md` walks one letter in and one answer out through them.

pub mod board;
pub mod cli;
pub mod config;
pub mod desk;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod queue;
pub mod rules;
pub mod search;
pub mod smtp;
pub mod store;
pub mod tls;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
