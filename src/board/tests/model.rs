//! The board against a plain vector: whatever happens, both give the same lists, counts and predicates.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::{all_pages, board};
use crate::board::{Counts, Filter, Order};
use crate::desk::Ticket;
use crate::rules::{Priority, Status};

const STATUSES: [Status; 4] = [Status::New, Status::Open, Status::Pending, Status::Closed];
const PRIORITIES: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];
const TAGS: [&str; 6] = ["a", "a/b", "a/b/c", "a/d", "ab", "e/f"];

fn tickets() -> impl Strategy<Value = Vec<Ticket>> {
    let id = || prop::option::of(1u64..4);
    let place = (1u64..60, 0u64..40, 0u64..40, prop::option::of(0u64..40));
    let state = (select(&STATUSES[..]), select(&PRIORITIES[..]), 1u64..4, id(), id(), id());
    let tags = prop::sample::subsequence(&TAGS[..], 0..3);
    let ticket = (place, state, tags).prop_map(|(place, state, tags)| Ticket {
        number: place.0,
        created_at: place.1,
        last_message_at: place.2,
        waiting_since: place.3,
        status: state.0,
        priority: state.1,
        mailbox: state.2,
        assignee: state.3,
        group: state.4,
        contact: state.5,
        tags: tags.into_iter().map(str::to_owned).collect(),
        ..Ticket::default()
    });
    prop::collection::vec(ticket, 0..150)
}

fn filter() -> impl Strategy<Value = Filter> {
    let id = || prop::option::weighted(0.2, prop::option::of(1u64..5));
    let lists = (prop::sample::subsequence(&STATUSES[..], 0..3), prop::collection::vec(1u64..5, 0..2));
    let tag = prop::option::weighted(0.3, select(&TAGS[..]).prop_map(str::to_owned));
    let rest = (
        prop::option::weighted(0.2, select(&PRIORITIES[..])),
        prop::option::weighted(0.2, 1u64..5),
        prop::option::weighted(0.2, 0u64..40),
        prop::option::weighted(0.2, 0u64..40),
    );
    (lists, id(), id(), tag, rest).prop_map(|(lists, assignee, group, tag, rest)| Filter {
        status: lists.0,
        mailbox: lists.1,
        assignee,
        group,
        tag,
        min_priority: rest.0,
        contact: rest.1,
        created_after: rest.2,
        created_before: rest.3,
    })
}

fn passes(filter: &Filter, ticket: &Ticket) -> bool {
    let below = |tag: &String| ticket.tags.iter().any(|has| has == tag || has.starts_with(&format!("{tag}/")));
    (filter.status.is_empty() || filter.status.contains(&ticket.status))
        && (filter.mailbox.is_empty() || filter.mailbox.contains(&ticket.mailbox))
        && filter.assignee.is_none_or(|assignee| assignee == ticket.assignee)
        && filter.group.is_none_or(|group| group == ticket.group)
        && filter.tag.as_ref().is_none_or(below)
        && filter.min_priority.is_none_or(|least| ticket.priority >= least)
        && filter.contact.is_none_or(|contact| ticket.contact == Some(contact))
        && filter.created_after.is_none_or(|after| ticket.created_at >= after)
        && filter.created_before.is_none_or(|before| ticket.created_at < before)
}

/// What sorts first comes first; then the newest number.
fn key(order: Order, ticket: &Ticket) -> (u64, u64) {
    let key = match order {
        Order::LastMessage => u64::MAX - ticket.last_message_at,
        Order::Created => u64::MAX - ticket.created_at,
        Order::Waiting => ticket.waiting_since.unwrap_or(u64::MAX),
    };
    (key, u64::MAX - ticket.number)
}

fn counts(tickets: &[&Ticket]) -> Counts {
    let mut counts = Counts { total: tickets.len() as u64, ..Counts::default() };
    for ticket in tickets {
        *counts.status.entry(ticket.status).or_default() += 1;
        *counts.mailbox.entry(ticket.mailbox).or_default() += 1;
        *counts.assignee.entry(ticket.assignee).or_default() += 1;
    }
    counts
}

proptest! {
    #[test]
    fn the_board_agrees_with_a_plain_vector(history in tickets(), filter in filter(), limit in 1usize..8) {
        let board = board(&history);
        let now: BTreeMap<u64, &Ticket> = history.iter().map(|ticket| (ticket.number, ticket)).collect();
        let mut wanted: Vec<&Ticket> = now.into_values().filter(|ticket| passes(&filter, ticket)).collect();
        prop_assert_eq!(board.counts(&filter), counts(&wanted));
        let predicate = board.predicate(&filter);
        for number in 0..60 {
            prop_assert_eq!(predicate(number), wanted.iter().any(|ticket| ticket.number == number));
        }
        for order in Order::ALL {
            wanted.sort_by_key(|ticket| key(order, ticket));
            let numbers: Vec<u64> = wanted.iter().map(|ticket| ticket.number).collect();
            prop_assert_eq!(board.list(&filter, order, None, limit).unwrap().total, numbers.len() as u64);
            prop_assert_eq!(all_pages(&board, &filter, order, limit), numbers);
        }
    }
}
