//! The certificate to begin with: the configured files, the one that ACME issued last, or a self-signed one made once in the
//! data folder; and the jobs that keep it fresh.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::jobs::acme::{self, Acme};
use crate::jobs::certificate::{age, files};
use crate::tls::{Certificate, Certificates, write_private};

/// The certificate in use from now on. Blocking: called before the runtime has work.
pub(super) fn open(config: &Config) -> anyhow::Result<Arc<Certificates>> {
    let first = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => read(certificate, key)?,
        _ => match config.acme.directory.as_ref().and_then(|_| acme::kept(&acme_folder(config))) {
            Some(issued) => issued,
            None => self_signed(config)?,
        },
    };
    Ok(Certificates::new(first))
}

/// What keeps the certificate fresh.
pub(super) fn spawn(
    tasks: &mut JoinSet<()>,
    config: &Config,
    certificates: &Arc<Certificates>,
    (http, tls): (Option<TcpListener>, Option<TcpListener>),
    reload: Arc<Notify>,
    stop: &watch::Receiver<bool>,
) {
    tasks.spawn(age::run(Arc::clone(certificates), stop.clone()));
    if let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) {
        let (certificate, key) = (certificate.clone(), key.clone());
        let files = files::CertificateFiles { certificate, key, certificates: Arc::clone(certificates), reload };
        tasks.spawn(files::run(files, stop.clone()));
    }
    if config.acme.directory.is_some() {
        let acme = Acme {
            config: config.acme.clone(),
            names: names(config),
            folder: acme_folder(config),
            certificates: Arc::clone(certificates),
            has_tls: config.acme.tls_listen.is_some() || config.http.tls_listen.is_some(),
        };
        tasks.spawn(acme.run(http, tls, stop.clone()));
    }
}

/// The names to be certified, each once.
fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = config.acme.names.iter().map(|name| name.to_lowercase()).collect();
    if names.is_empty() {
        names.push(config.hostname.to_lowercase());
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn acme_folder(config: &Config) -> std::path::PathBuf {
    config.data_dir.join("acme")
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<Certificate> {
    #[expect(clippy::disallowed_methods, reason = "runs before the runtime has work")]
    let content = |file: &Path| std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    Certificate::from_pem(&content(certificate)?, &content(key)?)
        .with_context(|| format!("cannot use {} and {}", certificate.display(), key.display()))
}

fn self_signed(config: &Config) -> anyhow::Result<Certificate> {
    let folder = config.data_dir.join("tls");
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    // The key is written last: where it is there, both are.
    if !key.exists() {
        let (chain_pem, key_pem) = Certificate::self_signed(&config.hostname)?;
        write_private(&certificate, chain_pem.as_bytes())
            .and_then(|()| write_private(&key, key_pem.as_bytes()))
            .context("cannot make a self-signed certificate")?;
    }
    read(&certificate, &key)
}
