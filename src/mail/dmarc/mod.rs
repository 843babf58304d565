//! DMARC by RFC 9989: the policy record, the tree walk, alignment. No list of public suffixes.
//!
//! Promises: at most eight names are asked for one domain; a record that is wrong in part keeps its right part; several
//! records at one name are none; trouble with DNS is `TempError`.
//! Leaves to others: finding the one author (`verify`), reports, what follows from the policy (`rules`).

mod evaluate;
mod record;
mod walk;

pub use evaluate::{Identifier, Outcome, evaluate};
pub use record::{Psd, Record};

#[cfg(test)]
mod tests;
