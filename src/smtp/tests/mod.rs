//! The server over real sockets, with a real desk on the memory store.

mod addresses;
mod client;
mod dialogue;
mod dialogues;
mod endings;
mod hygiene;
mod ledger;
mod peers;
mod policy;
mod refusals;
mod server;
