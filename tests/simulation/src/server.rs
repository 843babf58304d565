//! A mail server in the simulation: takes letters, and has its moods as long as the storm lasts.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::time::sleep;
use turmoil::net::{TcpListener, TcpStream};

use crate::dice::Dice;

/// A letter that a server took for one recipient.
#[derive(Clone, Debug)]
pub struct Take {
    pub message_id: String,
    pub recipient: String,
    pub at_ms: u128,
    /// The server itself kept the reply back, or gave it too late.
    pub is_hidden: bool,
}

/// What all servers share.
#[derive(Default)]
pub struct World {
    pub is_storm: bool,
    pub takes: Vec<Take>,
    /// How often each mood was shown: every phase must have had its cuts.
    pub moods: BTreeMap<&'static str, u64>,
}

pub type Shared = Arc<Mutex<World>>;

pub fn world(shared: &Shared) -> MutexGuard<'_, World> {
    shared.lock().expect("no panic while it is held")
}

/// What a server does next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Fine,
    NotNow,
    Cut,
    Slow,
}

/// Longer than the client's patience at times.
const SLOWEST_S: u64 = 14;

pub async fn serve(shared: Shared, seed: u64) -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("0.0.0.0:25").await?;
    let mut dice = Dice::new(seed);
    loop {
        let (stream, _) = listener.accept().await?;
        let conversation = Conversation { shared: Arc::clone(&shared), dice: Dice::new(dice.next()) };
        tokio::spawn(async move {
            let _ = conversation.hold(stream).await;
        });
    }
}

struct Conversation {
    shared: Shared,
    dice: Dice,
}

impl Conversation {
    async fn hold(mut self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        if self.mood("greeting").await? == Mood::NotNow {
            return say(&mut stream, "421 4.3.2 busy").await;
        }
        say(&mut stream, "220 server ESMTP").await?;
        let mut recipients: Vec<String> = Vec::new();
        loop {
            let line = read_line(&mut stream).await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_owned();
            let reply = match verb.as_str() {
                "EHLO" => match self.mood("EHLO").await? {
                    Mood::NotNow => "421 4.3.2 busy",
                    // Half of the conversations go in chunks.
                    _ if self.dice.below(2) == 0 => "250-server\r\n250-CHUNKING\r\n250 PIPELINING",
                    _ => "250-server\r\n250 PIPELINING",
                },
                "MAIL" => {
                    recipients.clear();
                    match self.mood("MAIL").await? {
                        Mood::NotNow => "451 4.3.2 not now",
                        _ => "250 2.1.0 ok",
                    }
                }
                "RCPT" => {
                    let recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    match self.mood("RCPT").await? {
                        Mood::NotNow => "450 4.2.1 come again",
                        _ if recipient.starts_with("gone") => "550 5.1.1 no such user",
                        _ => {
                            recipients.push(recipient);
                            "250 2.1.5 ok"
                        }
                    }
                }
                "DATA" => match self.mood("DATA").await? {
                    Mood::NotNow => "451 4.3.2 not now",
                    _ => {
                        say(&mut stream, "354 go").await?;
                        self.letter(&mut stream, std::mem::take(&mut recipients), None).await?;
                        continue;
                    }
                },
                "BDAT" => {
                    // The letters here are small: the first chunk is the last.
                    let octets = line.split(' ').nth(1).and_then(|octets| octets.parse().ok());
                    self.letter(&mut stream, std::mem::take(&mut recipients), octets).await?;
                    continue;
                }
                "QUIT" => return say(&mut stream, "221 bye").await,
                _ => "250 ok",
            };
            say(&mut stream, reply).await?;
        }
    }

    /// The letter and its end, with the cuts that matter most: before it is taken, and behind that. Of a letter in a chunk the octets
    /// are known.
    async fn letter(
        &mut self,
        stream: &mut BufReader<TcpStream>,
        recipients: Vec<String>,
        chunk: Option<usize>,
    ) -> io::Result<()> {
        let mut message_id = String::new();
        let begins = self.mood("letter").await?;
        if begins == Mood::NotNow {
            // Cut in the middle: only the first line is read.
            read_line(stream).await?;
            return Err(io::Error::other("cut in the letter"));
        }
        let mut left = chunk;
        while left != Some(0) {
            let line = read_line(stream).await?;
            match &mut left {
                Some(left) => *left = left.saturating_sub(line.len() + 2),
                None if line == "." => break,
                None => {}
            }
            if let Some(id) = line.strip_prefix("Message-ID: <") {
                message_id = id.trim_end_matches('>').to_owned();
            }
        }
        let ends = self.mood("end").await?;
        if ends == Mood::NotNow {
            return say(stream, "451 4.3.0 not now").await;
        }
        let mood = self.roll("taken");
        for recipient in recipients {
            // Whoever waits for a slow server may have gone before it takes the letter.
            let is_hidden = mood == Mood::Cut || [begins, ends, mood].contains(&Mood::Slow);
            let take = Take { message_id: message_id.clone(), recipient, at_ms: now_ms(), is_hidden };
            world(&self.shared).takes.push(take);
        }
        match mood {
            Mood::Cut => return Err(io::Error::other("cut behind the letter")),
            Mood::Slow => sleep(Duration::from_secs(1 + self.dice.below(SLOWEST_S))).await,
            Mood::Fine | Mood::NotNow => {}
        }
        say(stream, "250 2.0.0 taken").await
    }

    fn roll(&mut self, phase: &'static str) -> Mood {
        let mut world = world(&self.shared);
        if !world.is_storm {
            return Mood::Fine;
        }
        let (mood, word) = match self.dice.below(100) {
            0..7 => (Mood::Cut, "cut"),
            7..15 => (Mood::NotNow, "4xx"),
            15..19 => (Mood::Slow, "slow"),
            _ => return Mood::Fine,
        };
        *world.moods.entry(word).or_default() += 1;
        if mood == Mood::Cut {
            *world.moods.entry(phase).or_default() += 1;
        }
        mood
    }

    /// Rolls, and cuts or dawdles where that came.
    async fn mood(&mut self, phase: &'static str) -> io::Result<Mood> {
        let mood = self.roll(phase);
        match mood {
            Mood::Cut => return Err(io::Error::other("cut")),
            Mood::Slow => sleep(Duration::from_secs(1 + self.dice.below(SLOWEST_S))).await,
            Mood::Fine | Mood::NotNow => {}
        }
        Ok(mood)
    }
}

fn now_ms() -> u128 {
    turmoil::sim_elapsed().unwrap_or_default().as_millis()
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say(stream: &mut BufReader<TcpStream>, reply: &str) -> io::Result<()> {
    stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    stream.flush().await
}
