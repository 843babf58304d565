//! How fast order numbers and words are found among many tickets, and how much memory that takes.
//!
//! Fills a RocksDB store, the board and the index with `TICKETS` (200,000) synthetic letters in three languages, then asks.
//! The letters are put where `desk` puts them, without SMTP and rules. `make bench-search` runs it.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod letters;

use std::time::{Duration, Instant};

use anyhow::Context;
use mxdesk::board::{Board, Filter, Order};
use mxdesk::desk::{Change, Desk, DeskSettings};
use mxdesk::rules::Status;
use mxdesk::search::Search;
use mxdesk::store::rocks::RocksStore;
use mxdesk::store::{Batch, FeedPosition, Space, Store};
use tokio::sync::watch;

use letters::Letters;

/// Letters of one commit: below the store's limit of a batch.
const LETTERS_PER_COMMIT: u64 = 100;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let tickets: u64 = match std::env::var("TICKETS") {
        Ok(number) => number.parse().context("TICKETS")?,
        Err(_) => 200_000,
    };
    let folder = tempfile::tempdir()?;
    let store = RocksStore::open(&folder.path().join("store"), 0)?;
    let settings = DeskSettings {
        hostname: "mx.demo.test".to_owned(),
        dkim_dir: folder.path().join("dkim"),
        reopen_days: 30,
        hold_seconds: 0,
        letter_size: 50 * 1024 * 1024,
        attachment_size: 36 * 1024 * 1024,
        count_dmarc: false,
        automatic: mxdesk::config::Automatic::default(),
        public_url: String::new(),
    };
    let desk = Desk::open(store.clone(), store.clone(), settings).await?;
    let search = Search::open(&folder.path().join("search"), &desk).await?;
    println!("empty                      {}", memory().await?);

    let (stop, stopped) = watch::channel(false);
    let following = tokio::spawn({
        let (search, desk) = (search.clone(), desk.clone());
        async move { search.follow(desk, stopped).await }
    });
    let mut letters = Letters::new();
    let begin = Instant::now();
    let last = fill(&*store, &mut letters, tickets).await?;
    println!("stored                     {tickets} tickets in {:.1} s", begin.elapsed().as_secs_f64());
    let behind = last.0.saturating_sub(search.position().borrow().0);
    search.position().wait_for(|seen| *seen >= last).await?;
    let rate = tickets as f64 / begin.elapsed().as_secs_f64();
    println!("indexed                    {rate:.0} letters/s; {behind} feed entries behind when the store was full");
    println!("filled                     {}", memory().await?);

    let begin = Instant::now();
    let board = Board::build(&desk).await?;
    println!("board built                in {:.1} s; {}", begin.elapsed().as_secs_f64(), memory().await?);

    let open = board.predicate(&Filter { status: vec![Status::Open], ..Filter::default() });
    let mut figures = Figures::default();
    for _ in 0..1_000 {
        let (ticket, order) = letters.some_order(tickets);
        let hits = figures.time("order number, whole", search.query(&order, None, 0, 50)).await?;
        anyhow::ensure!(hits.iter().any(|hit| hit.ticket == ticket), "{order} finds its ticket {ticket}");
        let digits = &order[order.len() - 6..];
        let hits = figures.time("order number, six digits", search.query(digits, None, 0, 50)).await?;
        anyhow::ensure!(!hits.is_empty(), "{digits} finds something");
    }
    let mut found = 0;
    for _ in 0..1_000 {
        let words = letters.two_words();
        found += figures.time("two words", search.query(&words, None, 0, 50)).await?.len();
        figures.time("two words, open tickets", search.query(&words, Some(open.clone()), 0, 50)).await?;
        figures.time("two frequent words", search.query(&letters.two_frequent_words(), None, 0, 50)).await?;
    }
    anyhow::ensure!(found > 0, "two words find something");
    let filter = Filter { status: vec![Status::Open], ..Filter::default() };
    for _ in 0..1_000 {
        let page =
            figures.time("board list of a view", async { board.list(&filter, Order::LastMessage, None, 50) }).await?;
        anyhow::ensure!(!page.numbers.is_empty(), "the view has tickets");
    }
    figures.print();
    println!("after the questions        {}", memory().await?);

    stop.send(true)?;
    following.await?;
    Ok(())
}

/// Puts letters, each in a ticket of its own, in batches.
async fn fill(store: &dyn Store, letters: &mut Letters, tickets: u64) -> anyhow::Result<FeedPosition> {
    let mut last = FeedPosition::default();
    let mut number = 1;
    while number <= tickets {
        let mut batch = Batch::new();
        for _ in 0..LETTERS_PER_COMMIT.min(tickets + 1 - number) {
            let (ticket, message) = letters.next(number);
            batch
                .put(key(Space::Ticket, &[number]), record(&ticket)?)
                .put(key(Space::Message, &[number, message.id]), record(&message)?)
                .feed(Change::TicketCreated { ticket: number }.to_entry())
                .feed(Change::MessageAdded { ticket: number, message: message.id }.to_entry());
            number += 1;
        }
        last = store.commit(batch).await?.position;
    }
    Ok(last)
}

fn key(space: Space, ids: &[u64]) -> Vec<u8> {
    [space as u8].into_iter().chain(ids.iter().flat_map(|id| id.to_be_bytes())).collect()
}

/// A record as the desk stores it: its schema, then minicbor.
fn record<T: minicbor::Encode<()>>(value: &T) -> anyhow::Result<Vec<u8>> {
    let mut record = vec![1];
    minicbor::encode(value, &mut record)?;
    Ok(record)
}

/// What the process holds now: all, and what is its own (the index's files are mapped, and given back when asked for).
async fn memory() -> anyhow::Result<String> {
    let status = tokio::fs::read_to_string("/proc/self/status").await?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let kib: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
        kib / 1_024
    };
    Ok(format!(
        "RSS {} MiB, of it mapped files {} MiB, own {} MiB",
        field("VmRSS:"),
        field("RssFile:"),
        field("RssAnon:")
    ))
}

/// Times by name, in the order of their first use.
#[derive(Default)]
struct Figures(Vec<(&'static str, Vec<Duration>)>);

impl Figures {
    async fn time<T>(&mut self, name: &'static str, question: impl Future<Output = T>) -> T {
        let begin = Instant::now();
        let answer = question.await;
        let took = begin.elapsed();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(took),
            None => self.0.push((name, vec![took])),
        }
        answer
    }

    fn print(&mut self) {
        for (name, times) in &mut self.0 {
            times.sort_unstable();
            let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0;
            println!("{name:<26} p50 {:>8.3} ms   p99 {:>8.3} ms   of {}", at(50), at(99), times.len());
        }
    }
}
