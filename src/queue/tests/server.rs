//! A real SMTP server on loopback that does as a test says, and writes down what it was told.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does.
#[derive(Clone, Default)]
pub(super) struct Behaviour {
    /// Instead of `220 mx.test ESMTP`.
    pub greeting: Option<&'static str>,
    pub extensions: Vec<&'static str>,
    /// What is offered inside TLS besides.
    pub inside_tls: Vec<&'static str>,
    /// Replies to RCPT, by recipient.
    pub recipients: HashMap<&'static str, &'static str>,
    /// Recipients of one transaction; further ones get 452.
    pub most_recipients: Option<usize>,
    /// Replies to the ends of letters, in turn; then 250.
    pub ends: Arc<Mutex<VecDeque<&'static str>>>,
    /// Replies to chunks, in turn; then 250.
    pub chunks: Arc<Mutex<VecDeque<&'static str>>>,
    /// Offers CHUNKING, takes BDAT for no command, and the letter behind it for commands.
    pub ignores_bdat: bool,
    /// Closes the connection behind so many letters, without a word.
    pub letters_per_connection: Option<usize>,
    /// How long it thinks about a letter.
    pub slow: Duration,
    pub tls: Option<Arc<ServerConfig>>,
    /// TLS from the first octet.
    pub is_implicit: bool,
    /// The name and password that it takes.
    pub account: Option<(&'static str, &'static str)>,
}

/// What it was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub connections: usize,
    pub open: usize,
    pub most_open: usize,
    pub commands: Vec<String>,
    /// Recipients and text of each letter that it took.
    pub letters: Vec<(Vec<String>, String)>,
}

/// Answers while it lives.
pub(super) struct Server {
    pub address: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), behaviour).await
    }

    pub(super) async fn start_at(address: SocketAddr, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let task = tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let conversation = Conversation { behaviour: behaviour.clone(), log: Arc::clone(&log) };
                    conversation.note(|log| {
                        log.connections += 1;
                        log.open += 1;
                        log.most_open = log.most_open.max(log.open);
                    });
                    tokio::spawn(async move {
                        conversation.hold(stream).await;
                        conversation.note(|log| log.open -= 1);
                    });
                }
            }
        });
        Self { address, log, task }
    }

    pub(super) fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Conversation {
    behaviour: Behaviour,
    log: Arc<Mutex<Log>>,
}

/// How a part of a conversation ended.
enum Part {
    Over,
    StartTls,
}

impl Conversation {
    fn note(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log.lock().unwrap());
    }

    async fn hold(&self, stream: tokio::net::TcpStream) {
        let acceptor = self.behaviour.tls.clone().map(TlsAcceptor::from);
        if self.behaviour.is_implicit {
            if let Ok(mut stream) = acceptor.unwrap().accept(stream).await {
                self.talk(&mut stream, true, true).await;
            }
            return;
        }
        let mut stream = stream;
        if let Part::StartTls = self.talk(&mut stream, true, false).await
            && let Ok(mut stream) = acceptor.unwrap().accept(stream).await
        {
            self.talk(&mut stream, false, true).await;
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, greets: bool, is_tls: bool) -> Part {
        let (read, mut write) = tokio::io::split(stream);
        let mut read = BufReader::new(read);
        if greets {
            let greeting = self.behaviour.greeting.unwrap_or("220 mx.test ESMTP");
            write.write_all(format!("{greeting}\r\n").as_bytes()).await.ok();
        }
        let mut recipients = Vec::new();
        let mut chunks = Vec::new();
        let mut letters = 0;
        loop {
            let mut line = String::new();
            if !matches!(read.read_line(&mut line).await, Ok(1..)) {
                return Part::Over;
            }
            let line = line.trim_end().to_owned();
            self.note(|log| log.commands.push(line.clone()));
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let reply = match verb.as_str() {
                "EHLO" => {
                    let inside = self.behaviour.inside_tls.iter().filter(|_| is_tls);
                    let extensions = self.behaviour.extensions.iter().chain(inside);
                    let extensions = extensions.map(|line| format!("250-{line}\r\n"));
                    format!("250-mx.test\r\n{}250 HELP", extensions.collect::<String>())
                }
                "STARTTLS" => {
                    write.write_all(b"220 go\r\n").await.ok();
                    return Part::StartTls;
                }
                "AUTH" => self.sign_in(&line, &mut read, &mut write).await,
                "MAIL" => {
                    recipients.clear();
                    "250 2.1.0 ok".to_owned()
                }
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let is_full = self.behaviour.most_recipients.is_some_and(|most| recipients.len() >= most);
                    match self.behaviour.recipients.get(address.as_str()) {
                        _ if is_full => "452 4.5.3 too many".to_owned(),
                        Some(reply) => (*reply).to_owned(),
                        None => {
                            recipients.push(address);
                            "250 2.1.5 ok".to_owned()
                        }
                    }
                }
                "DATA" => {
                    write.write_all(b"354 go\r\n").await.ok();
                    let mut letter = Vec::new();
                    while !letter.ends_with(b"\r\n.\r\n") {
                        let Ok(octet) = read.read_u8().await else { return Part::Over };
                        letter.push(octet);
                    }
                    tokio::time::sleep(self.behaviour.slow).await;
                    let end = self.behaviour.ends.lock().unwrap().pop_front().unwrap_or("250 2.0.0 taken");
                    if end.starts_with('2') {
                        let text = String::from_utf8_lossy(&letter).into_owned();
                        self.note(|log| log.letters.push((std::mem::take(&mut recipients), text)));
                    }
                    letters += 1;
                    write.write_all(format!("{end}\r\n").as_bytes()).await.ok();
                    if self.behaviour.letters_per_connection == Some(letters) {
                        return Part::Over;
                    }
                    continue;
                }
                "BDAT" if !self.behaviour.ignores_bdat => {
                    let octets = line.split(' ').nth(1).and_then(|octets| octets.parse().ok()).unwrap();
                    let mut chunk = vec![0; octets];
                    if read.read_exact(&mut chunk).await.is_err() {
                        return Part::Over;
                    }
                    chunks.append(&mut chunk);
                    let reply = self.behaviour.chunks.lock().unwrap().pop_front().unwrap_or("250 2.0.0 taken");
                    if reply.starts_with('2') && line.ends_with(" LAST") {
                        let text = String::from_utf8_lossy(&std::mem::take(&mut chunks)).into_owned();
                        self.note(|log| log.letters.push((std::mem::take(&mut recipients), text)));
                    }
                    reply.to_owned()
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await.ok();
                    return Part::Over;
                }
                "RSET" => "250 ok".to_owned(),
                _ => "500 what?".to_owned(),
            };
            write.write_all(format!("{reply}\r\n").as_bytes()).await.ok();
        }
    }

    async fn sign_in<R, W>(&self, line: &str, read: &mut R, write: &mut W) -> String
    where
        R: AsyncBufReadExt + Unpin,
        W: AsyncWrite + Unpin,
    {
        let (user, password) = self.behaviour.account.unwrap();
        let mut ask = async |challenge: &str| {
            write.write_all(format!("334 {challenge}\r\n").as_bytes()).await.unwrap();
            let mut answer = String::new();
            read.read_line(&mut answer).await.unwrap();
            String::from_utf8(BASE64.decode(answer.trim_end().as_bytes()).unwrap()).unwrap()
        };
        let holds = match line.split(' ').nth(1).unwrap() {
            "PLAIN" => line.split(' ').nth(2).unwrap() == BASE64.encode(format!("\0{user}\0{password}").as_bytes()),
            "LOGIN" => ask("VXNlcm5hbWU6").await == user && ask("UGFzc3dvcmQ6").await == password,
            other => panic!("{other}"),
        };
        if holds { "235 2.7.0 welcome" } else { "535 5.7.8 no" }.to_owned()
    }
}
