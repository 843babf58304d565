//! Prints what the board costs at 200,000 tickets; asserts only that lists stay far from the unusable.

use std::time::{Duration, Instant};

use super::{all_pages, board};
use crate::board::{Board, Filter, Order};
use crate::desk::Ticket;
use crate::rules::{Priority, Status};

const TICKETS: u64 = 200_000;

fn ticket(number: u64) -> Ticket {
    // A cheap, repeatable scatter.
    let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let open = number + 4_000 > TICKETS || dice.is_multiple_of(500);
    Ticket {
        number,
        created_at: number * 60_000,
        last_message_at: number * 60_000 + dice % 10_000_000,
        waiting_since: open.then_some(number * 60_000),
        status: if open { Status::Open } else { Status::Closed },
        priority: if dice.is_multiple_of(50) { Priority::High } else { Priority::Normal },
        mailbox: dice % 20,
        assignee: (!dice.is_multiple_of(3)).then_some(dice % 40),
        group: (!dice.is_multiple_of(2)).then_some(dice % 7),
        contact: Some(dice % (TICKETS / 3)),
        tags: vec![format!("delivery/t{}", dice % 30), format!("product/p{}/x{}", dice % 11, dice % 5)],
        ..Ticket::default()
    }
}

fn filters() -> Vec<(&'static str, Filter)> {
    let all = Filter::default();
    vec![
        ("all", all.clone()),
        ("open", Filter { status: vec![Status::New, Status::Open], ..all.clone() }),
        ("closed in one mailbox", Filter { status: vec![Status::Closed], mailbox: vec![3], ..all.clone() }),
        ("nobody's, high", Filter { assignee: Some(None), min_priority: Some(Priority::High), ..all.clone() }),
        ("tag", Filter { tag: Some("product/p7".into()), ..all.clone() }),
        ("contact", Filter { contact: Some(17), ..all.clone() }),
        ("old ones", Filter { created_before: Some(TICKETS * 6_000), ..all }),
    ]
}

/// Median and p99.
fn times(mut ask: impl FnMut()) -> [Duration; 2] {
    let mut times: Vec<_> = (0..40)
        .map(|_| {
            let started = Instant::now();
            ask();
            started.elapsed()
        })
        .collect();
    times.sort();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

fn resident_octets() -> u64 {
    let statm = std::fs::File::open("/proc/self/statm").and_then(std::io::read_to_string).unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4_096
}

fn print(board: &Board) {
    for (name, filter) in filters() {
        let middle = board.list(&filter, Order::LastMessage, None, 200).unwrap().next;
        let list = Order::ALL.map(|order| times(|| drop(board.list(&filter, order, None, 50).unwrap())));
        let next = times(|| drop(board.list(&filter, Order::LastMessage, middle.as_deref(), 50).unwrap()));
        let counts = times(|| drop(board.counts(&filter)));
        println!("{name:>22}: [median, p99] list {list:.0?}, next page {next:.0?}, counts {counts:.0?}");
        assert!(list.iter().all(|[median, _]| *median < Duration::from_secs(1)), "{name}: {list:?}");
    }
}

#[test]
fn two_hundred_thousand_tickets() {
    let before = resident_octets();
    let started = Instant::now();
    let mut columns = crate::board::columns::Columns::default();
    (1..=TICKETS).for_each(|number| columns.upsert(&ticket(number)));
    println!("built in {:.0?}, {} octets a ticket", started.elapsed(), (resident_octets() - before) / TICKETS);
    let board = Board::from(columns, Default::default());
    print(&board);
}

#[test]
fn every_page_of_a_large_list_is_whole() {
    let board = board(&(1..=20_000).map(ticket).collect::<Vec<_>>());
    for (name, filter) in filters() {
        let total = board.list(&filter, Order::Waiting, None, 1).unwrap().total;
        let mut numbers = all_pages(&board, &filter, Order::Waiting, 200);
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len() as u64, total, "{name}");
    }
}
