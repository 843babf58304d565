//! Certificate and key in files: taken anew when they change, or when a signal asks for it.
//!
//! Promises: files that cannot be used change nothing and are complained of once; a pair that is being replaced, one file after
//! the other, is waited for.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::tls::{Certificate, Certificates};

/// How often the files are looked at. Also how long a pair that does not fit may take to become one before it is complained of.
const EVERY: Duration = Duration::from_secs(5);

/// Two files, and what takes their content.
pub struct CertificateFiles {
    /// PEM file with the chain.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
    /// What handshakes ask.
    pub certificates: Arc<Certificates>,
    /// Asks for a look now.
    pub reload: Arc<Notify>,
}

/// What a file looks like from outside; `None` where it cannot be looked at.
type Look = Option<(u64, u64, i64, i64)>;

/// Watches the files until `stop` becomes true (or its sender is gone).
pub async fn run(files: CertificateFiles, stop: watch::Receiver<bool>) {
    run_every(files, stop, EVERY).await;
}

async fn run_every(files: CertificateFiles, mut stop: watch::Receiver<bool>, every: Duration) {
    // What is in use was read a moment ago, but not by us: the first look settles it.
    let mut used: Option<[Look; 2]> = None;
    let mut failed: Option<[Look; 2]> = None;
    let mut complained = false;
    loop {
        let asked = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = files.reload.notified() => true,
            () = tokio::time::sleep(every) => false,
        };
        let seen = Some([look(&files.certificate).await, look(&files.key).await]);
        if !asked && (seen == used || (seen == failed && complained)) {
            continue;
        }
        match read(&files).await {
            Ok(certificate) => {
                let days_left = certificate.days_left(jiff::Timestamp::now().as_second());
                if used.is_some() || asked {
                    tracing::info!(names = ?certificate.names, days_left, "the certificate was read anew");
                }
                files.certificates.replace(certificate);
                metrics::counter!("mxdesk_certificate_reloads_total", "outcome" => "taken").increment(1);
                (used, failed, complained) = (seen, None, false);
            }
            // One file may have been replaced and the other not yet: only what stays wrong is complained of.
            Err(_) if !asked && seen != failed => (failed, complained) = (seen, false),
            Err(error) => {
                tracing::error!(
                    certificate = %files.certificate.display(), key = %files.key.display(), error,
                    "the changed certificate cannot be used: the one before it stays in use"
                );
                metrics::counter!("mxdesk_certificate_reloads_total", "outcome" => "refused").increment(1);
                (failed, complained) = (seen, true);
            }
        }
    }
}

async fn look(file: &Path) -> Look {
    // Follows links: certbot's `live/` changes where they lead.
    let seen = tokio::fs::metadata(file).await.ok()?;
    Some((seen.ino(), seen.size(), seen.mtime(), seen.mtime_nsec()))
}

async fn read(files: &CertificateFiles) -> Result<Certificate, String> {
    let chain = tokio::fs::read(&files.certificate).await.map_err(|error| error.to_string())?;
    let key = tokio::fs::read(&files.key).await.map_err(|error| error.to_string())?;
    Certificate::from_pem(&chain, &key).map_err(|error| error.to_string())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test may block")]
mod tests {
    use super::*;

    struct Watched {
        folder: tempfile::TempDir,
        certificates: Arc<Certificates>,
        reload: Arc<Notify>,
        stop: watch::Sender<bool>,
    }

    fn watched(every: Duration) -> Watched {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = put(&folder, "old.test");
        let certificates = Certificates::new(Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap());
        let (stop, stopped) = watch::channel(false);
        let reload = Arc::new(Notify::new());
        let files = CertificateFiles {
            certificate: folder.path().join("chain.pem"),
            key: folder.path().join("key.pem"),
            certificates: Arc::clone(&certificates),
            reload: Arc::clone(&reload),
        };
        tokio::spawn(run_every(files, stopped, every));
        Watched { folder, certificates, reload, stop }
    }

    fn put(folder: &tempfile::TempDir, name: &str) -> (String, String) {
        let (chain, key) = Certificate::self_signed(name).unwrap();
        std::fs::write(folder.path().join("chain.pem"), &chain).unwrap();
        std::fs::write(folder.path().join("key.pem"), &key).unwrap();
        (chain, key)
    }

    async fn becomes(watched: &Watched, name: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while watched.certificates.current().names != [name] {
            assert!(tokio::time::Instant::now() < deadline, "{:?}", watched.certificates.current().names);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn changed_files_are_taken_and_broken_ones_leave_the_old_certificate() {
        let watched = watched(Duration::from_millis(10));
        put(&watched.folder, "new.test");
        becomes(&watched, "new.test").await;
        std::fs::write(watched.folder.path().join("chain.pem"), "broken").unwrap();
        // Many looks later, the old one is still in use.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(watched.certificates.current().names, ["new.test"]);
        std::fs::remove_file(watched.folder.path().join("key.pem")).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(watched.certificates.current().names, ["new.test"]);
        put(&watched.folder, "newer.test");
        becomes(&watched, "newer.test").await;
        watched.stop.send_replace(true);
    }

    #[tokio::test]
    async fn a_signal_does_not_wait_for_the_next_look() {
        let watched = watched(Duration::from_secs(3600));
        put(&watched.folder, "new.test");
        watched.reload.notify_one();
        becomes(&watched, "new.test").await;
    }
}
