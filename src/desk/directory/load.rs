//! Builds the directory from the store.
//!
//! Promises: a rule that cannot be read or no longer compiles is logged and left out; the desk opens without it.

use std::collections::HashMap;

use super::{Directory, Generation};
use crate::desk::codec::Record;
use crate::desk::{Group, Mailbox, Operator, StoredDkimKey, StoredRule, StoredTable, keys, rows};
use crate::rules::{Rule, RuleSet, Table};
use crate::store::{Range, Space, Store, StoreError};

/// How many records of one kind the set-up may have.
const MOST_RECORDS: usize = 100_000;

impl Directory {
    /// Reads the whole set-up.
    pub(in crate::desk) async fn load(store: &dyn Store, hostname: &str) -> Result<Self, StoreError> {
        let mut directory = Directory {
            // First, so that no change can hide behind it: see the field.
            generation: Generation::read(store).await?,
            hostname: hostname.to_lowercase(),
            ..Directory::default()
        };
        directory.index_mailboxes(records(store, Space::Mailbox).await?);
        let operators: Vec<Operator> = records(store, Space::Operator).await?;
        directory.operators = operators.into_iter().map(|operator| (operator.id, operator)).collect();
        let groups: Vec<Group> = records(store, Space::Group).await?;
        directory.groups = groups.into_iter().map(|group| (group.id, group)).collect();
        let tables: Vec<StoredTable> = records(store, Space::Table).await?;
        directory.tables = tables.into_iter().map(|table| (table.name, lower_case(&table.keys))).collect();
        for key in records::<StoredDkimKey>(store, Space::DkimKey).await? {
            directory.dkim_keys.entry(key.domain.clone()).or_default().push(key);
        }
        directory.rules = readable(records(store, Space::Rule).await?);
        directory.rule_set = compile(&directory.rules, &directory.tables);
        Ok(directory)
    }

    /// Takes the mailboxes and the look-ups over them.
    pub(in crate::desk) fn index_mailboxes(&mut self, mailboxes: Vec<Mailbox>) {
        for mailbox in mailboxes {
            for address in &mailbox.addresses {
                self.by_address.insert(address.clone(), mailbox.id);
                if let Some((_, domain)) = address.rsplit_once('@') {
                    let lowest = self.domains.entry(domain.to_owned()).or_insert(mailbox.id);
                    *lowest = mailbox.id.min(*lowest);
                }
            }
            self.mailboxes.insert(mailbox.id, mailbox);
        }
    }
}

impl Generation {
    /// The name of its record among the desk's own.
    pub(in crate::desk) const NAME: &'static str = "setup_generation";

    async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        match store.get(&keys::desk(Self::NAME)).await? {
            Some(stored) => {
                let record: Record<u64> = Record::read(&stored)?;
                Ok(Self { number: record.value, version: Some(record.version) })
            }
            None => Ok(Self::default()),
        }
    }
}

async fn records<T>(store: &dyn Store, space: Space) -> Result<Vec<T>, StoreError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    let range: Range = keys::all(space);
    let (records, more) = rows::read::<T>(store, range, MOST_RECORDS).await?;
    if more {
        tracing::error!(?space, most = MOST_RECORDS, "the set-up has more records than are read");
    }
    Ok(records.into_iter().map(|(_, record)| record.value).collect())
}

fn lower_case(keys: &[String]) -> Table {
    keys.iter().map(|key| key.to_lowercase()).collect()
}

/// The rules whose JSON this program understands, in order of evaluation.
fn readable(stored: Vec<StoredRule>) -> Vec<(StoredRule, Rule)> {
    let mut rules = Vec::with_capacity(stored.len());
    for stored in stored {
        match serde_json::from_str::<Rule>(&stored.json) {
            Ok(rule) => rules.push((stored, rule)),
            Err(error) => tracing::error!(rule = stored.id, %error, "a rule cannot be read: it is left out"),
        }
    }
    rules.sort_by_key(|(stored, rule)| (rule.position, stored.id));
    rules
}

/// All rules that compile, together.
fn compile(rules: &[(StoredRule, Rule)], tables: &HashMap<String, Table>) -> RuleSet {
    let mut all: Vec<_> = rules.iter().map(|(stored, rule)| (stored.id, stored.version, rule.clone())).collect();
    match RuleSet::compile(&all, tables) {
        Ok(rule_set) => return rule_set,
        Err(error) => tracing::error!(%error, "the rules do not compile together: each is tried alone"),
    }
    all.retain(|rule| match RuleSet::compile(std::slice::from_ref(rule), tables) {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(rule = rule.0, %error, "a rule does not compile: it is left out");
            false
        }
    });
    RuleSet::compile(&all, tables).unwrap_or_else(|error| {
        tracing::error!(%error, "the rules are too much together: none is in force");
        RuleSet::default()
    })
}
