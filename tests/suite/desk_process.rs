//! A desk for one test: the real binary on a folder and a loopback address of its own.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Every test process has a loopback address of its own, so that tests never meet on a port.
pub fn own_address() -> Ipv4Addr {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 32 + (std::process::id() >> 16) as u8 % 64, high, low)
}

/// A port that no other part of this test uses.
pub fn own_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(2600);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A folder, a configuration, and (once started) a server with a mailbox and an operator's token.
pub struct Desk {
    folder: tempfile::TempDir,
    pub smtp: SocketAddr,
    pub http: SocketAddr,
    pub token: String,
    server: Option<Child>,
    client: reqwest::Client,
}

impl Desk {
    /// A running desk with the mailbox `help@demo.test` (prefix `DEMO`).
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same with further lines of configuration.
    pub async fn start_with(extra: &str) -> Self {
        let mut desk = Self::prepare(extra);
        desk.run(["mailbox", "add", "--name", "Demo support", "--prefix", "DEMO", "--address", "help@demo.test"]);
        desk.add_operator();
        desk.serve().await;
        desk
    }

    /// A running desk, and a second one with the mailbox `theirs` (prefix `ANNA`), to which the first hands everything. Both have
    /// these lines of configuration.
    pub async fn start_two(theirs: &str, extra: &str) -> (Self, Self) {
        let mut other = Self::prepare(extra);
        other.run(["mailbox", "add", "--name", "Anna", "--prefix", "ANNA", "--address", theirs]);
        other.add_operator();
        other.serve().await;
        (Self::start_with(&format!("[outbound]\nsmarthost = \"{}\"\n{extra}", other.smtp)).await, other)
    }

    /// A folder with a configuration; nothing runs.
    pub fn prepare(extra: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let smtp = SocketAddr::from((own_address(), own_port()));
        let http = SocketAddr::from((own_address(), own_port()));
        let (limits, extra) = match extra.strip_prefix("[limits]\n") {
            Some(rest) => rest.split_once("\n\n").unwrap_or((rest, "")),
            None => ("min_free_space = 1048576", extra),
        };
        // Replies leave at once, where a test does not say otherwise.
        let extra = match extra.contains("hold_seconds") {
            true => extra.to_owned(),
            false => extra.replace("[outbound]\n", "[outbound]\nhold_seconds = 0\n"),
        };
        let dns = match extra.contains("[dns]") {
            true => String::new(),
            false => format!("[dns]\nservers = [\"{}\"]\n", empty_name_server()),
        };
        let config = format!(
            "data_dir = \"data\"\nhostname = \"desk.test\"\n[smtp]\nlisten = [\"{smtp}\"]\ncommand_timeout_seconds = 5\n\
             data_timeout_seconds = 5\n[http]\nlisten = \"{http}\"\n{dns}[limits]\n{limits}\n\n{extra}\n"
        );
        std::fs::write(folder.path().join("mxdesk.toml"), config).expect("the configuration is written");
        Self { folder, smtp, http, token: String::new(), server: None, client: reqwest::Client::new() }
    }

    /// Adds a line to `[http]`.
    pub fn add_http_key(&self, line: &str) {
        let text = std::fs::read_to_string(self.config()).expect("the configuration");
        let text = text.replacen("[http]\n", &format!("[http]\n{line}\n"), 1);
        std::fs::write(self.config(), text).expect("the configuration is written");
    }

    /// Adds the operator `op@demo.test` and takes a token of theirs.
    pub fn add_operator(&mut self) {
        self.run_with_input(
            ["operator", "add", "--email", "op@demo.test", "--name", "Olga", "--role", "admin"],
            "a long password\n",
        );
        let output = self.run(["token", "create", "--operator", "op@demo.test"]);
        self.token = String::from_utf8(output.stdout).expect("text").trim().to_owned();
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("mxdesk.toml")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the server and waits until it is ready.
    pub async fn serve(&mut self) {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join("log"))
            .expect("a log file");
        let mut server = Command::new(env!("CARGO_BIN_EXE_mxdesk"))
            .args(["serve", "--config"])
            .arg(self.config())
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let began = Instant::now();
        loop {
            if let Some(status) = server.try_wait().expect("the server can be asked") {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            let ready = self.client.get(format!("http://{}/readyz", self.http)).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            if began.elapsed() > DEADLINE {
                let _ = server.kill();
                panic!("the server does not become ready:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.server = Some(server);
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("the server can be killed");
            server.wait().expect("the server ends");
        }
    }

    /// Sends a signal (`HUP`) to the server.
    pub fn signal(&self, name: &str) {
        let pid = self.server.as_ref().expect("a running server").id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs");
        assert!(sent.success(), "{sent}");
    }

    /// The server still runs.
    pub fn is_alive(&mut self) -> bool {
        self.server.as_mut().is_some_and(|server| server.try_wait().is_ok_and(|status| status.is_none()))
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Runs a sub-command (its two words first); it must succeed.
    pub fn run<const N: usize>(&self, words: [&str; N]) -> Output {
        self.run_with_input(words, "")
    }

    pub fn run_with_input<const N: usize>(&self, words: [&str; N], input: &str) -> Output {
        let output = self.try_run(&words, input);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    pub fn try_run(&self, words: &[&str], input: &str) -> Output {
        command(env!("CARGO_BIN_EXE_mxdesk"), words, &self.config(), input)
    }

    /// The JSON that a path answers with; the status must be 200.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.request(reqwest::Method::GET, path).send().await.expect("the server answers");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert_eq!(status, 200, "GET {path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.request(reqwest::Method::POST, path).json(&body).send().await.expect("the server answers");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "POST {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}/api/v1{path}", self.http)).bearer_auth(&self.token)
    }

    /// Asks a path until the answer passes; what was answered last is in the failure.
    pub async fn eventually(&self, path: &str, passes: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let answer = self.get(path).await;
            if passes(&answer) {
                return answer;
            }
            assert!(began.elapsed() < DEADLINE, "GET {path} stays at {answer:#}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A fresh SMTP connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.smtp).expect("the SMTP server takes connections");
        stream.set_read_timeout(Some(DEADLINE)).expect("a read time-out");
        stream.set_write_timeout(Some(DEADLINE)).expect("a write time-out");
        stream
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A name server that knows no name: no test asks the world's.
fn empty_name_server() -> SocketAddr {
    let socket = UdpSocket::bind((own_address(), 0)).expect("a socket");
    let address = socket.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut query = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            if length >= 12 {
                // The question again, as an authoritative answer with NXDOMAIN (RFC 1035 §4.1.1).
                query[2] = 0x84 | (query[2] & 0x01);
                query[3] = 3;
                // Nobody waits for an answer that cannot be sent.
                let _ = socket.send_to(&query[..length], peer);
            }
        }
    });
    address
}

/// Runs the binary with two words of sub-command, then `--config`, then the rest.
fn command(binary: &str, words: &[&str], config: &Path, input: &str) -> Output {
    let split =
        words.len().min(if matches!(words.first(), Some(&"ledger" | &"check" | &"dns" | &"init")) { 1 } else { 2 });
    let mut child = Command::new(binary)
        .args(&words[..split])
        .arg("--config")
        .arg(config)
        .args(&words[split..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // The child may end without reading.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the binary ends")
}
