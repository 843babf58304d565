//! The certificate for STARTTLS: the configured one, or a self-signed one made once in the data folder.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::config::Config;

/// The TLS configuration of the SMTP server.
pub(super) async fn server_config(config: &Config) -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let folder = config.data_dir.join("tls");
    let (certificate, key) = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        _ => (folder.join("certificate.pem"), folder.join("key.pem")),
    };
    if config.tls.certificate.is_none() && !key.exists() {
        make_self_signed(&config.hostname, &folder).context("cannot make a self-signed certificate")?;
    }
    let certificate_pem =
        tokio::fs::read(&certificate).await.with_context(|| format!("cannot read {}", certificate.display()))?;
    let key_pem = tokio::fs::read(&key).await.with_context(|| format!("cannot read {}", key.display()))?;
    crate::smtp::tls::tls_config(&certificate_pem, &key_pem)
        .with_context(|| format!("cannot use {} and {}", certificate.display(), key.display()))
}

/// The key is written last: where it is there, both are.
fn make_self_signed(hostname: &str, folder: &Path) -> anyhow::Result<()> {
    let made = rcgen::generate_simple_self_signed(vec![hostname.to_owned()])?;
    std::fs::create_dir_all(folder)?;
    for (name, pem) in [("certificate.pem", made.cert.pem()), ("key.pem", made.signing_key.serialize_pem())] {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(folder.join(name))?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()?;
    }
    Ok(())
}
