//! The server over real sockets, with a real desk on the memory store.

mod client;
mod dialogue;
mod dialogues;
mod endings;
mod ledger;
mod policy;
mod server;
