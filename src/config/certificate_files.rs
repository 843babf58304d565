//! Where our certificate lies.

use std::path::PathBuf;

use super::Config;

impl Config {
    /// The files in which our certificate may lie: the first that is there counts.
    pub fn certificate_files(&self) -> Vec<PathBuf> {
        let issued = self.acme.directory.as_ref().map(|_| self.data_dir.join("acme/certificate.pem"));
        let made = self.data_dir.join("tls/certificate.pem");
        match &self.tls.certificate {
            Some(file) => vec![file.clone()],
            None => issued.into_iter().chain([made]).collect(),
        }
    }
}
