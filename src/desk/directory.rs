//! The desk's set-up in memory: what every `RCPT` and every rule asks. Replaced as a whole after each change.
//!
//! Promises: one directory is one state of the set-up; looking something up never waits. `load` builds it from the
//! store, `resolve` answers whose letter one is.

mod load;
mod resolve;

use std::collections::HashMap;

use super::{Group, Mailbox, Operator, StoredDkimKey, StoredRule};
use crate::rules::{Rule, RuleSet, Table};

pub use resolve::{Recipient, Resolution};

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
    /// DKIM keys by domain; a domain of which the store knows no key is absent.
    pub dkim_keys: HashMap<String, Vec<StoredDkimKey>>,
    /// The rules, compiled.
    pub rule_set: RuleSet,
    /// Mailbox by address key (`help@demo.test`, `*@demo.test`).
    pub(in crate::desk) by_address: HashMap<String, u64>,
    /// Domains of any mailbox, each with its mailbox of the lowest id.
    pub(in crate::desk) domains: HashMap<String, u64>,
    /// Our own host name in lower case.
    pub(in crate::desk) hostname: String,
    /// Which state of the set-up this is: rises with every change. Read before everything else, so that what is loaded is
    /// of this generation or a later one.
    pub(in crate::desk) generation: Generation,
}

/// The set-up's generation, with the store's version of its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::desk) struct Generation {
    /// How many changes there were.
    pub number: u64,
    /// The version to expect at the next change; `None` before the first.
    pub version: Option<u64>,
}

impl Directory {
    /// A mailbox by its prefix, in any case.
    pub fn mailbox_by_prefix(&self, prefix: &str) -> Option<&Mailbox> {
        self.mailboxes.values().find(|mailbox| mailbox.prefix.eq_ignore_ascii_case(prefix))
    }

    /// An operator by e-mail address, in any case.
    pub fn operator_by_email(&self, email: &str) -> Option<&Operator> {
        let key = email.trim().to_lowercase();
        self.operators.values().find(|operator| operator.email == key)
    }

    /// A group by its name, in any case.
    pub fn group_by_name(&self, name: &str) -> Option<&Group> {
        let name = name.trim().to_lowercase();
        self.groups.values().find(|group| group.name.to_lowercase() == name)
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

    /// The prefixes of the mailboxes that have an address in this domain, sorted.
    pub fn mailboxes_in(&self, domain: &str) -> Vec<String> {
        let is_in = |address: &String| address.rsplit_once('@').is_some_and(|(_, of)| of.eq_ignore_ascii_case(domain));
        let found = self.mailboxes.values().filter(|mailbox| mailbox.addresses.iter().any(is_in));
        let mut prefixes: Vec<String> = found.map(|mailbox| mailbox.prefix.clone()).collect();
        prefixes.sort_unstable();
        prefixes
    }

    /// The domains of all mailboxes, sorted.
    pub fn domains(&self) -> Vec<&str> {
        let mut domains: Vec<&str> = self.domains.keys().map(String::as_str).collect();
        domains.sort_unstable();
        domains
    }
}
