//! The desk's DKIM keys. Which keys a domain has and which of them sign stands in the store; the private parts stand in files
//! beside it (`{folder}/{domain}/{selector}.pem`), so that no copy of the store gives them away.
//!
//! Promises: a domain of which the store knows no key (one of an older version, or one whose files were put there by hand)
//! signs with what lies in its folder, one key per algorithm. A domain without a key still sends, unsigned.
//! Leaves signing and the record's value to `mail::dkim`, the life of a key to the commands.

mod files;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, DeskError, Directory, StoredDkimKey, blocking, clock};
use crate::mail::dkim::{Algorithm, DkimKey, KeyStage};
use crate::mail::dns_check::DkimRecord;

pub use files::make_first_keys;
pub(in crate::desk) use files::{generate, remove};

/// Every private key that is there, by domain.
pub(in crate::desk) type DkimKeys = HashMap<String, Vec<Arc<DkimKey>>>;

/// What others see of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DkimKey)]
pub struct PublicKey {
    /// `s=`: the record stands at `{selector}._domainkey.{domain}`.
    pub selector: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The TXT record's value.
    pub value: String,
    /// Whether letters are signed with it.
    pub stage: KeyStage,
    /// Since when, in Unix milliseconds; 0 where that is not known.
    pub since: u64,
    /// Its private part is there.
    pub usable: bool,
}

impl Desk {
    /// A domain's keys: those that sign first.
    pub fn dkim_keys(&self, domain: &str) -> Vec<PublicKey> {
        let private = self.inner.dkim.load();
        let private = private.get(domain).map(Vec::as_slice).unwrap_or_default();
        let stored = stored_or_found(&self.directory(), private, domain);
        let mut keys: Vec<PublicKey> = stored.into_iter().map(|key| PublicKey::of(key, private)).collect();
        keys.sort_by_key(|key| (key.stage != KeyStage::Active, key.stage as u8, key.algorithm, key.selector.clone()));
        keys
    }

    /// The keys that a domain's letters are signed with, in the order of their signatures.
    pub(in crate::desk) fn signing_keys(&self, domain: &str) -> Vec<Arc<DkimKey>> {
        let private = self.inner.dkim.load();
        let private = private.get(domain).map(Vec::as_slice).unwrap_or_default();
        let stored = stored_or_found(&self.directory(), private, domain);
        let active = stored.iter().filter(|key| key.stage == KeyStage::Active);
        let mut keys: Vec<_> = active
            .filter_map(|stored| private.iter().find(|key| key.selector == stored.selector))
            .map(Arc::clone)
            .collect();
        keys.sort_by_key(|key| key.algorithm);
        keys
    }

    /// Makes keys for those of `domains` of which the store knows none, takes them into use, and answers what is to be stored of
    /// them. Keys that lie in a domain's folder are taken over.
    pub(in crate::desk) async fn first_dkim_keys(&self, domains: Vec<String>) -> Result<Vec<StoredDkimKey>, DeskError> {
        let directory = self.directory();
        let new: Vec<String> = domains.into_iter().filter(|domain| !directory.dkim_keys.contains_key(domain)).collect();
        let folder = self.inner.settings.dkim_dir.clone();
        let made = blocking::run(move || {
            new.iter().map(|domain| make_first_keys(&folder, domain)).collect::<Result<Vec<_>, _>>()
        })
        .await??;
        let mut stored = Vec::new();
        for (domain, keys) in made {
            let keys: Vec<Arc<DkimKey>> = keys.into_iter().map(Arc::new).collect();
            // What the domain signed with before goes on; what is new to a domain that sends already waits for its record.
            let private = self.inner.dkim.load();
            let before =
                stored_or_found(&directory, private.get(&domain).map(Vec::as_slice).unwrap_or_default(), &domain);
            for mut key in found(&keys, &domain) {
                key.since = clock::now_ms();
                let is_new = before.iter().all(|known| known.selector != key.selector);
                if is_new && directory.domains.contains_key(&domain) && !before.is_empty() {
                    key.stage = KeyStage::Pending;
                }
                stored.push(key);
            }
            self.keep_private(&domain, keys);
        }
        Ok(stored)
    }

    /// Holds private keys ready.
    pub(in crate::desk) fn keep_private(&self, domain: &str, keys: Vec<Arc<DkimKey>>) {
        self.inner.dkim.rcu(|all| {
            let mut all = DkimKeys::clone(all);
            let known = all.entry(domain.to_owned()).or_default();
            known.retain(|old| keys.iter().all(|new| new.selector != old.selector));
            known.extend(keys.iter().map(Arc::clone));
            all
        });
    }

    /// Holds a private key no more.
    pub(in crate::desk) fn forget_private(&self, domain: &str, selector: &str) {
        self.inner.dkim.rcu(|all| {
            let mut all = DkimKeys::clone(all);
            if let Some(keys) = all.get_mut(domain) {
                keys.retain(|key| key.selector != selector);
            }
            all
        });
    }
}

impl PublicKey {
    fn of(key: StoredDkimKey, private: &[Arc<DkimKey>]) -> Self {
        Self {
            usable: private.iter().any(|private| private.selector == key.selector),
            selector: key.selector,
            algorithm: key.algorithm,
            value: key.record,
            stage: key.stage,
            since: key.since,
        }
    }
}

impl From<PublicKey> for DkimRecord {
    fn from(key: PublicKey) -> Self {
        Self { selector: key.selector, value: key.value, stage: key.stage }
    }
}

/// What the store knows of a domain's keys; where it knows none, what was found in the domain's folder.
pub(in crate::desk) fn stored_or_found(
    directory: &Directory,
    private: &[Arc<DkimKey>],
    domain: &str,
) -> Vec<StoredDkimKey> {
    directory.dkim_keys.get(domain).cloned().unwrap_or_else(|| found(private, domain))
}

/// One key per algorithm: ours by its name, else the first.
fn found(private: &[Arc<DkimKey>], domain: &str) -> Vec<StoredDkimKey> {
    let best = |algorithm: Algorithm| {
        let own = files::selector(algorithm, 1);
        let keys = private.iter().filter(|key| key.algorithm == algorithm);
        keys.min_by_key(|key| (key.selector != own, key.selector.clone()))
    };
    let keys = Algorithm::ALL.into_iter().filter_map(best);
    keys.filter_map(|key| stored(key, domain, KeyStage::Active)).map(|key| StoredDkimKey { since: 0, ..key }).collect()
}

/// What is stored of a key. One whose record cannot be made is logged and left out.
pub(in crate::desk) fn stored(key: &DkimKey, domain: &str, stage: KeyStage) -> Option<StoredDkimKey> {
    match key.dns_record() {
        Ok(record) => Some(StoredDkimKey {
            domain: domain.to_owned(),
            selector: key.selector.clone(),
            algorithm: key.algorithm,
            stage,
            since: clock::now_ms(),
            record,
        }),
        Err(error) => {
            tracing::warn!(domain, selector = key.selector, %error, "a DKIM key has no record");
            None
        }
    }
}

/// Reads the keys that are there. What lacks or is damaged is logged: its domain sends unsigned.
pub(in crate::desk) async fn load(folder: PathBuf, directory: &Directory) -> Result<DkimKeys, DeskError> {
    let domains: Vec<String> = directory.domains.keys().cloned().collect();
    let keys = blocking::run(move || {
        let mut keys = DkimKeys::new();
        for domain in domains {
            match files::read(&folder, &domain) {
                Ok(found) => {
                    keys.insert(domain, found.into_iter().map(Arc::new).collect());
                }
                Err(error) => tracing::error!(domain, %error, "letters from this domain are not signed"),
            }
        }
        keys
    })
    .await?;
    for domain in directory.domains.keys() {
        let private = keys.get(domain).map(Vec::as_slice).unwrap_or_default();
        let stored = stored_or_found(directory, private, domain);
        if stored.iter().all(|key| key.stage != KeyStage::Active) {
            tracing::warn!(domain, "no DKIM key: letters from this domain are not signed");
        }
        for lacking in stored.iter().filter(|stored| private.iter().all(|key| key.selector != stored.selector)) {
            tracing::error!(
                domain,
                selector = lacking.selector,
                "a DKIM key's file is not there: nothing is signed with it"
            );
        }
    }
    Ok(keys)
}
