//! Tests of the board's columns, without a store; and of the follower, with one.

mod follow;
mod model;
mod speed;

use super::columns::Columns;
use super::{Board, Filter, Order};
use crate::desk::Ticket;
use crate::store::FeedPosition;

fn board(tickets: &[Ticket]) -> Board {
    let mut columns = Columns::default();
    tickets.iter().for_each(|ticket| columns.upsert(ticket));
    Board::from(columns, FeedPosition(0))
}

/// Every number of a list, read page by page.
fn all_pages(board: &Board, filter: &Filter, order: Order, limit: usize) -> Vec<u64> {
    let (mut numbers, mut cursor) = (Vec::new(), None);
    loop {
        let page = board.list(filter, order, cursor.as_deref(), limit).unwrap();
        assert!(page.numbers.len() <= limit);
        numbers.extend(page.numbers);
        cursor = page.next;
        if cursor.is_none() {
            return numbers;
        }
    }
}

fn ticket(number: u64, last_message_at: u64) -> Ticket {
    Ticket { number, created_at: number * 10, last_message_at, ..Ticket::default() }
}

#[test]
fn a_tag_holds_those_below_it_and_no_others() {
    let tagged =
        |number, tags: &[&str]| Ticket { tags: tags.iter().map(|&tag| tag.into()).collect(), ..ticket(number, 0) };
    let board = board(&[
        tagged(1, &["delivery/lost/usa"]),
        tagged(2, &["delivery", "delivery/late"]),
        tagged(3, &["delivery-club"]),
        tagged(4, &[]),
    ]);
    let numbers = |tag: &str| {
        let filter = Filter { tag: Some(tag.into()), ..Filter::default() };
        board.list(&filter, Order::Created, None, 10).unwrap().numbers
    };
    assert_eq!(numbers("delivery"), [2, 1]);
    assert_eq!(numbers("delivery/lost"), [1]);
    assert_eq!(numbers("delivery/lost/usa"), [1]);
    assert_eq!(numbers("lost"), [0; 0]);
}

#[test]
fn ties_go_by_number_and_those_that_do_not_wait_come_last() {
    let waiting = |number, waiting_since| Ticket { waiting_since, ..ticket(number, 7) };
    let board =
        board(&[waiting(1, None), waiting(2, Some(50)), waiting(4, Some(40)), waiting(3, Some(40)), waiting(5, None)]);
    assert_eq!(all_pages(&board, &Filter::default(), Order::Waiting, 2), [4, 3, 2, 5, 1]);
    assert_eq!(all_pages(&board, &Filter::default(), Order::LastMessage, 2), [5, 4, 3, 2, 1]);
}

#[test]
fn a_list_that_changes_between_pages_neither_repeats_nor_loses_what_stood_still() {
    let board = board(&(1..=10).map(|number| ticket(number, number * 100)).collect::<Vec<_>>());
    let first = board.list(&Filter::default(), Order::LastMessage, None, 4).unwrap();
    assert_eq!(first.numbers, [10, 9, 8, 7]);
    // The last one of the page rises to the top, a new one comes, and one from below rises.
    for changed in [ticket(7, 5_000), ticket(11, 6_000), ticket(2, 7_000)] {
        board.write().upsert(&changed);
    }
    let second = board.list(&Filter::default(), Order::LastMessage, first.next.as_deref(), 10).unwrap();
    assert_eq!(second.numbers, [6, 5, 4, 3, 1]);
    assert_eq!((second.total, second.next), (11, None));
}

#[test]
fn a_limit_beyond_the_bounds_is_clamped() {
    let board = board(&(1..=300).map(|number| ticket(number, number)).collect::<Vec<_>>());
    let length = |limit| board.list(&Filter::default(), Order::Created, None, limit).unwrap().numbers.len();
    assert_eq!((length(0), length(usize::MAX)), (1, 200));
}

#[test]
fn a_predicate_knows_only_what_passed() {
    let board = board(&[Ticket { mailbox: 1, ..ticket(1001, 1) }, Ticket { mailbox: 2, ..ticket(1002, 1) }]);
    let predicate = board.predicate(&Filter { mailbox: vec![2], ..Filter::default() });
    assert_eq!([1000, 1001, 1002, 1003].map(|number| predicate(number)), [false, false, true, false]);
}
