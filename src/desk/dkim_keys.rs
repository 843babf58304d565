//! The desk's DKIM keys: `{folder}/{domain}/{selector}.pem`, one per domain of a mailbox.
//!
//! Promises: a key file is there whole or not at all, readable by its owner only. A domain without a key still sends,
//! unsigned. Leaves signing and the record's value to `mail::dkim`.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Desk, DeskError, blocking};
use crate::mail::dkim::DkimKey;

/// The selector of keys that mxdesk makes. A folder with a key of another name only is used as it is.
const SELECTOR: &str = "mxdesk";

/// Keys by domain.
pub(in crate::desk) type DkimKeys = HashMap<String, Arc<DkimKey>>;

impl Desk {
    /// The TXT records that should stand in DNS: name (`mxdesk._domainkey.demo.test`) and value, sorted by name.
    pub fn dkim_records(&self) -> Vec<(String, String)> {
        let mut records = Vec::new();
        for key in self.inner.dkim.load().values() {
            match key.dns_record() {
                Ok(value) => records.push((format!("{}._domainkey.{}", key.selector, key.domain), value)),
                Err(error) => tracing::warn!(domain = key.domain, %error, "a DKIM key has no record"),
            }
        }
        records.sort_unstable();
        records
    }

    /// Makes keys for those of `domains` that have none, and takes them into use.
    pub(in crate::desk) async fn make_dkim_keys(&self, domains: Vec<String>) -> Result<(), DeskError> {
        let folder = self.inner.settings.dkim_dir.clone();
        let made = blocking::run(move || {
            domains.into_iter().map(|domain| load_or_make(&folder, &domain)).collect::<Result<Vec<_>, _>>()
        })
        .await??;
        self.inner.dkim.rcu(|keys| {
            let mut keys = DkimKeys::clone(keys);
            keys.extend(made.iter().map(|key| (key.domain.clone(), Arc::clone(key))));
            keys
        });
        Ok(())
    }
}

/// Reads the keys that are there. A missing or damaged one is logged: its domain sends unsigned.
pub(in crate::desk) async fn load(folder: PathBuf, domains: Vec<String>) -> Result<DkimKeys, DeskError> {
    blocking::run(move || {
        let mut keys = DkimKeys::new();
        for domain in domains {
            match find(&folder, &domain) {
                Ok(Some(key)) => {
                    keys.insert(domain, Arc::new(key));
                }
                Ok(None) => tracing::warn!(domain, "no DKIM key: letters from this domain are not signed"),
                Err(error) => tracing::error!(domain, %error, "letters from this domain are not signed"),
            }
        }
        keys
    })
    .await
}

fn load_or_make(folder: &Path, domain: &str) -> Result<Arc<DkimKey>, DeskError> {
    if let Some(key) = find(folder, domain)? {
        return Ok(Arc::new(key));
    }
    let key = DkimKey::generate(domain, SELECTOR).map_err(|error| DeskError::Internal(error.to_string()))?;
    let pem = key.to_pem();
    let folder = folder.join(domain);
    write_new(&folder, &pem).map_err(|error| failed(&folder, &error))?;
    // What stands in the file counts, whoever wrote it first.
    find_in(&folder, domain)?
        .map(Arc::new)
        .ok_or_else(|| DeskError::Internal(format!("no key in {}", folder.display())))
}

fn find(folder: &Path, domain: &str) -> Result<Option<DkimKey>, DeskError> {
    find_in(&folder.join(domain), domain)
}

/// The key of our own selector, else the first by name.
fn find_in(folder: &Path, domain: &str) -> Result<Option<DkimKey>, DeskError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut selectors: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".pem").map(str::to_owned))
        .filter(|selector| !selector.starts_with('.'))
        .collect();
    selectors.sort_unstable_by_key(|selector| (selector != SELECTOR, selector.clone()));
    let Some(selector) = selectors.first() else { return Ok(None) };
    let path = folder.join(format!("{selector}.pem"));
    #[expect(clippy::disallowed_methods, reason = "runs on the blocking pool")]
    let pem = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    let key = DkimKey::from_pem(domain, selector, &pem);
    key.map(Some).map_err(|error| DeskError::Internal(format!("{}: {error}", path.display())))
}

/// Temporary file (mode 0600), sync, rename, sync of the folder: after a crash the key is whole or absent. A key that is
/// there already is left.
fn write_new(folder: &Path, pem: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(pem.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(folder.join(format!("{SELECTOR}.pem"))) {
        Ok(_) => std::fs::File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> DeskError {
    DeskError::Internal(format!("{}: {error}", path.display()))
}
