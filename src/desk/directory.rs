//! The desk's set-up in memory: what every `RCPT` and every rule asks. Replaced as a whole after each change.

use std::collections::HashMap;

use super::{Group, Mailbox, Operator, StoredRule};
use crate::mail::Address;
use crate::rules::{Rule, RuleSet, Table};

/// Mailboxes, operators, groups, rules and tables.
#[derive(Debug, Default)]
pub struct Directory {
    /// By id.
    pub mailboxes: HashMap<u64, Mailbox>,
    /// By id.
    pub operators: HashMap<u64, Operator>,
    /// By id.
    pub groups: HashMap<u64, Group>,
    /// In order of evaluation.
    pub rules: Vec<(StoredRule, Rule)>,
    /// By name.
    pub tables: HashMap<String, Table>,
    /// The rules, compiled.
    pub rule_set: RuleSet,
    /// Mailbox by address key (`help@demo.test`, `*@demo.test`).
    pub(in crate::desk) by_address: HashMap<String, u64>,
    /// Domains of any mailbox.
    pub(in crate::desk) domains: std::collections::HashSet<String>,
}

/// A recipient that belongs to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// As given in `RCPT TO`.
    pub address: Address,
    /// The mailbox.
    pub mailbox: u64,
    /// What stood behind the `+`, if anything.
    pub sub_address: Option<String>,
}

/// What `RCPT TO` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Ours.
    Mailbox(Recipient),
    /// Our domain, but no such mailbox.
    Unknown,
    /// Not our domain.
    NotOurs,
}

impl Directory {
    /// Whose letter it is: exact address, then `+sub` address (only where the exact one is ours), then the domain's catch-all.
    /// `postmaster@` and `abuse@` of our domains are always taken: by the mailbox with the lowest id in that domain.
    /// `<postmaster>` without a domain (RFC 5321 §4.5.1) is asked with our hostname and taken by the lowest mailbox of all.
    pub fn resolve(&self, address: &Address) -> Resolution {
        let _ = address;
        todo!("desk-commands")
    }

    /// A mailbox by its prefix, in any case.
    pub fn mailbox_by_prefix(&self, prefix: &str) -> Option<&Mailbox> {
        self.mailboxes.values().find(|mailbox| mailbox.prefix.eq_ignore_ascii_case(prefix))
    }

    /// A ticket's number as shown: `DEMO-1042`.
    pub fn display(&self, mailbox: u64, number: u64) -> String {
        match self.mailboxes.get(&mailbox) {
            Some(mailbox) => format!("{}-{number}", mailbox.prefix),
            None => number.to_string(),
        }
    }

    /// A ticket's number from `1042` or `DEMO-1042`. The prefix is only shown, so any that looks like one is taken.
    pub fn parse_number(text: &str) -> Option<u64> {
        let digits = text.rsplit_once('-').map_or(text, |(_, digits)| digits);
        digits.parse().ok()
    }
}
