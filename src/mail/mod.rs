//! The letter: parsing, verifying, folding, recognising, composing, sanitising.
//!
//! Promises: nothing here panics, recurses without a bound or runs without a limit, whatever the bytes are. Every
//! outside mail crate is wrapped in one module of this room. Pure, but for DNS in `verify`.
//! Leaves to others: what is stored (`desk`), what is said to the client (`smtp`), what leaves when (`queue`).

mod address;
mod authentication;
mod html;
mod letter;

pub mod bounce;
pub mod compose;
pub mod dkim;
pub mod dmarc;
pub mod dns;
pub mod dns_check;
pub mod fold;
pub mod identifiers;
pub mod report;
pub mod robot;
pub mod sanitise;
pub mod spf;
pub mod verify;

pub use address::{Address, AddressError};
pub use authentication::{
    ArcFact, AuthResult, Authentication, DkimFact, DkimWeakness, DmarcFact, DmarcPolicy, ForwarderFact, IprevFact,
    SpfFact,
};
pub use letter::{Attachment, Correspondent, Letter, LetterBody, NeedsEyes, file_name, sendable_type};
