//! The private keys' files: `{folder}/{domain}/{selector}.pem`.
//!
//! Promises: a key file is there whole or not at all, readable by its owner only; none is ever overwritten. Blocking: runs
//! on the blocking pool, or where no runtime runs.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::desk::DeskError;
use crate::mail::dkim::{Algorithm, DkimKey};

/// Begins the selectors of keys that mxdesk makes.
const SELECTOR: &str = "mxdesk";
/// Ends the selectors of Ed25519 keys.
const ED25519: &str = "-ed25519";
/// Keys of one domain that are read.
const MOST_KEYS: usize = 100;

/// The name of a domain's n-th key of an algorithm: `mxdesk`, `mxdesk-ed25519`, `mxdesk2`, …
pub(in crate::desk) fn selector(algorithm: Algorithm, generation: u32) -> String {
    let number = if generation <= 1 { String::new() } else { generation.to_string() };
    let end = match algorithm {
        Algorithm::Rsa => "",
        Algorithm::Ed25519 => ED25519,
    };
    format!("{SELECTOR}{number}{end}")
}

/// A domain with one key per algorithm at the least: those of its folder, and new ones for algorithms of which there is none.
/// Takes up to some seconds of CPU.
pub fn make_first_keys(folder: &Path, domain: &str) -> Result<(String, Vec<DkimKey>), DeskError> {
    let known = read(folder, domain)?;
    for algorithm in Algorithm::ALL {
        if known.iter().all(|key| key.algorithm != algorithm) {
            write_new(folder, &make(algorithm, domain, &selector(algorithm, 1))?)?;
        }
    }
    // What stands in the files counts, whoever wrote them first.
    Ok((domain.to_owned(), read(folder, domain)?))
}

/// Makes and writes one key per algorithm under names that are newer than all `known` selectors and files.
pub(in crate::desk) fn generate(folder: &Path, domain: &str, known: &[String]) -> Result<Vec<DkimKey>, DeskError> {
    let files = read(folder, domain)?;
    let newest = files
        .iter()
        .map(|key| key.selector.as_str())
        .chain(known.iter().map(String::as_str))
        .filter_map(generation)
        .max();
    let next = newest.unwrap_or(0).saturating_add(1);
    let mut keys = Vec::new();
    for algorithm in Algorithm::ALL {
        let key = make(algorithm, domain, &selector(algorithm, next))?;
        write_new(folder, &key)?;
        keys.push(key);
    }
    Ok(keys)
}

/// A domain's keys, sorted by name; none where there is no folder. A file that holds no key is an error.
pub(super) fn read(folder: &Path, domain: &str) -> Result<Vec<DkimKey>, DeskError> {
    let folder = folder.join(domain);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&folder, &error)),
    };
    let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
    let mut selectors: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".pem").map(str::to_owned))
        .filter(|selector| !selector.is_empty() && !selector.starts_with('.'))
        .take(MOST_KEYS)
        .collect();
    selectors.sort_unstable();
    let mut keys = Vec::with_capacity(selectors.len());
    for selector in selectors {
        let path = folder.join(format!("{selector}.pem"));
        #[expect(clippy::disallowed_methods, reason = "runs on the blocking pool")]
        let pem = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        let key = DkimKey::from_pem(domain, &selector, &pem);
        keys.push(key.map_err(|error| DeskError::Internal(format!("{}: {error}", path.display())))?);
    }
    Ok(keys)
}

/// Removes a key's file. One that is not there is removed already.
pub(in crate::desk) fn remove(folder: &Path, domain: &str, selector: &str) -> Result<(), DeskError> {
    let path = folder.join(domain).join(format!("{selector}.pem"));
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&path, &error)),
        _ => Ok(()),
    }
}

/// Which generation of ours a selector names.
fn generation(selector: &str) -> Option<u32> {
    let number = selector.strip_prefix(SELECTOR)?;
    let number = number.strip_suffix(ED25519).unwrap_or(number);
    if number.is_empty() { Some(1) } else { number.parse().ok() }
}

fn make(algorithm: Algorithm, domain: &str, selector: &str) -> Result<DkimKey, DeskError> {
    let made = match algorithm {
        Algorithm::Rsa => DkimKey::generate(domain, selector),
        Algorithm::Ed25519 => DkimKey::generate_ed25519(domain, selector),
    };
    made.map_err(|error| DeskError::Internal(error.to_string()))
}

/// Temporary file (mode 0600), sync, rename, sync of the folder: after a crash the key is whole or absent. A key that is
/// there already is left.
fn write_new(folder: &Path, key: &DkimKey) -> Result<(), DeskError> {
    let folder = folder.join(&key.domain);
    let write = || {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(key.to_pem().as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(folder.join(format!("{}.pem", key.selector))) {
            Ok(_) => std::fs::File::open(&folder)?.sync_all(),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.error),
        }
    };
    write().map_err(|error| failed(&folder, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> DeskError {
    DeskError::Internal(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn selectors_tell_their_generation() {
        for number in [1, 2, 17] {
            for algorithm in Algorithm::ALL {
                assert_eq!(generation(&selector(algorithm, number)), Some(number));
            }
        }
        assert_eq!((generation("s1"), generation("mxdesk-x"), generation("mxdesk99999999999")), (None, None, None));
    }

    #[test]
    fn first_keys_are_made_once_for_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let (_, made) = make_first_keys(folder.path(), "demo.test").unwrap();
        let names: Vec<_> = made.iter().map(|key| (key.selector.as_str(), key.algorithm)).collect();
        assert_eq!(names, [("mxdesk", Algorithm::Rsa), ("mxdesk-ed25519", Algorithm::Ed25519)]);
        for name in ["mxdesk.pem", "mxdesk-ed25519.pem"] {
            let mode = std::fs::metadata(folder.path().join("demo.test").join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let (_, again) = make_first_keys(folder.path(), "demo.test").unwrap();
        let pems = |keys: &[DkimKey]| keys.iter().map(DkimKey::to_pem).collect::<Vec<_>>();
        assert_eq!(pems(&made), pems(&again));
        let next = generate(folder.path(), "demo.test", &["mxdesk7".to_owned()]).unwrap();
        assert_eq!(next.iter().map(|key| key.selector.as_str()).collect::<Vec<_>>(), ["mxdesk8", "mxdesk8-ed25519"]);
    }
}
