//! pebble (Debian's package): a real ACME server for tests, with a certificate authority of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::desk_process::{DEADLINE, own_address, own_port};
use super::test_server::TestDns;
use super::tls_client::https_get;

/// Runs while it lives. Looks names up in a name server that knows those that the test says.
pub struct Pebble {
    folder: tempfile::TempDir,
    child: Killed,
    listens: SocketAddr,
    manages: SocketAddr,
    ca: String,
    /// Where it looks for HTTP-01 and TLS-ALPN-01.
    pub http: SocketAddr,
    pub tls: SocketAddr,
    dns: TestDns,
}

impl Pebble {
    pub async fn start(names: &[&str]) -> Self {
        Self::start_with(names, serde_json::json!({ "externalAccountBindingRequired": false })).await
    }

    /// It opens accounts only for those who have one with it already: this one (RFC 8555 §7.3.4).
    pub async fn start_bound(names: &[&str], id: &str, key: &str) -> Self {
        let keys = serde_json::json!({ id: key });
        let more = serde_json::json!({ "externalAccountBindingRequired": true, "externalAccountMACKeys": keys });
        Self::start_with(names, more).await
    }

    async fn start_with(names: &[&str], more: serde_json::Value) -> Self {
        let dns = TestDns::start().await;
        for name in names {
            dns.host(name, own_address().into()).await;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = || SocketAddr::from((own_address(), own_port()));
        let (listens, manages, http, tls) = (at(), at(), at(), at());
        let ca = certify(&folder);
        let mut config = serde_json::json!({ "pebble": {
            "listenAddress": listens.to_string(),
            "managementListenAddress": manages.to_string(),
            "certificate": folder.path().join("cert.pem"),
            "privateKey": folder.path().join("key.pem"),
            "httpPort": http.port(),
            "tlsPort": tls.port(),
            "ocspResponderURL": "",
        }});
        for (key, value) in more.as_object().expect("an object") {
            config["pebble"][key] = value.clone();
        }
        std::fs::write(folder.path().join("pebble.json"), config.to_string()).expect("written");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log file");
        let child = Command::new("pebble")
            .arg("-config")
            .arg(folder.path().join("pebble.json"))
            .args(["-strict", "-dnsserver", &dns.address.to_string()])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("pebble starts (install Debian's package `pebble`)");
        let pebble = Self { folder, child: Killed(child), listens, manages, ca, http, tls, dns };
        let began = Instant::now();
        while std::net::TcpStream::connect(listens).is_err() {
            assert!(began.elapsed() < DEADLINE, "{}", pebble.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        pebble
    }

    /// `[acme]` with its directory; further keys go behind it.
    pub fn section(&self) -> String {
        let ca = self.ca_file();
        format!("[acme]\ndirectory = \"https://{}/dir\"\ndirectory_ca = \"{}\"\n", self.listens, ca.display())
    }

    /// The root (PEM) below which it issues.
    pub fn root(&self) -> String {
        let name = own_address().to_string();
        https_get(self.manages, &name, "/roots/0", &self.ca).expect("pebble answers").1
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Stops it.
    pub async fn stop(self) {
        drop(self.child);
        self.dns.stop().await;
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// A process that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A root and, below it, a certificate for the directory itself. Answers the root.
fn certify(folder: &tempfile::TempDir) -> String {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().expect("a key");
    let ca = root.self_signed(&root_key).expect("a root").pem();
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(vec![own_address().to_string()]).expect("parameters");
    let own = own.signed_by(&key, &Issuer::new(root, root_key)).expect("a certificate");
    for (name, content) in [("ca.pem", &ca), ("cert.pem", &own.pem()), ("key.pem", &key.serialize_pem())] {
        std::fs::write(folder.path().join(name), content).expect("written");
    }
    ca
}
