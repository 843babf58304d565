//! The ACME account: its key is made once per directory and kept in the data folder.

use std::path::{Path, PathBuf};

use instant_acme::{Account, AccountBuilder, AccountCredentials, Error, ExternalAccountKey, NewAccount};

use super::{AcmeError, blocking_write};
use crate::config;

/// The account at the configured directory; a new one where there is none yet (RFC 8555 §7.3).
pub(super) async fn open(config: &config::Acme, folder: &Path) -> Result<Account, AcmeError> {
    let directory = config.directory.clone().unwrap_or_default();
    let builder = builder(config).await?;
    let file = file(config, folder);
    if let Ok(kept) = tokio::fs::read(&file).await
        && let Ok(credentials) = serde_json::from_slice::<AccountCredentials>(&kept)
    {
        return Ok(builder.from_credentials(credentials).await?);
    }
    let contact: Vec<String> = config.contact.iter().map(|address| format!("mailto:{address}")).collect();
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let external = external_account(config).await?;
    let (account, credentials) = builder.create(&new, directory, external.as_ref()).await?;
    let content = serde_json::to_vec(&credentials).map_err(Error::from)?;
    blocking_write(file, content).await?;
    Ok(account)
}

/// The account at the authority that ours is to be bound to (RFC 8555 §7.3.4), where one is set.
async fn external_account(config: &config::Acme) -> Result<Option<ExternalAccountKey>, AcmeError> {
    let (Some(id), Some(file)) = (&config.eab_key_id, &config.eab_key) else { return Ok(None) };
    let failed = |error| AcmeError::File(file.display().to_string(), error);
    let text = tokio::fs::read_to_string(file).await.map_err(failed)?;
    let key = config::external_account_key(&text).map_err(|why| failed(std::io::Error::other(why)))?;
    Ok(Some(ExternalAccountKey::new(id.clone(), &key)))
}

/// Whether the directory does not know the account (RFC 8555 §6.7).
pub(super) fn is_unknown(error: &Error) -> bool {
    let unknown = "urn:ietf:params:acme:error:accountDoesNotExist";
    matches!(error, Error::Api(problem) if problem.r#type.as_deref() == Some(unknown))
}

/// Forgets the account.
pub(super) async fn forget(config: &config::Acme, folder: &Path) -> Result<(), AcmeError> {
    let file = file(config, folder);
    tokio::fs::remove_file(&file).await.map_err(|error| AcmeError::File(file.display().to_string(), error))
}

/// One file per directory: an account is known to its own only.
fn file(config: &config::Acme, folder: &Path) -> PathBuf {
    let directory = blake3::hash(config.directory.as_deref().unwrap_or_default().as_bytes()).to_hex();
    folder.join(format!("account-{}.json", &directory[..16]))
}

/// Reads the trusted roots, which blocks.
async fn builder(config: &config::Acme) -> Result<AccountBuilder, AcmeError> {
    let root = config.directory_ca.clone();
    let built = tokio::task::spawn_blocking(move || match root {
        Some(root) => Account::builder_with_root(root),
        None => Account::builder(),
    });
    built.await.unwrap_or_else(|error| Err(Error::Other(Box::new(error)))).map_err(AcmeError::from)
}
