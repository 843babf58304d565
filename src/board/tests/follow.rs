//! The board over a real store: built by a scan, kept in step by the feed, rebuilt when the feed was trimmed.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::ticket;
use crate::board::{Board, Filter, Order};
use crate::desk::testing::{TestDesk, desk};
use crate::desk::{Change, Ticket};
use crate::rules::Status;
use crate::store::{Batch, FeedEntry, FeedPosition, Store};

const LONG: Duration = Duration::from_secs(20);

fn numbers(board: &Board) -> Vec<u64> {
    board.list(&Filter::default(), Order::Created, None, 200).unwrap().numbers
}

/// A board that follows until the sender is dropped.
async fn following(desk: &TestDesk) -> (Board, watch::Sender<bool>) {
    let board = Board::build(&desk.desk).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let (follower, followed) = (board.clone(), desk.desk.clone());
    tokio::spawn(async move { follower.follow(followed, stopped).await });
    (board, stop)
}

async fn reaches(board: &Board, position: FeedPosition) {
    let mut now = board.position();
    timeout(LONG, now.wait_for(|now| *now >= position)).await.expect("in time").unwrap();
}

async fn append(desk: &TestDesk, entry: FeedEntry) -> FeedPosition {
    let mut batch = Batch::new();
    batch.feed(entry);
    desk.store.commit(batch).await.unwrap().position
}

#[tokio::test]
async fn a_board_is_built_from_what_is_there_and_stands_at_the_feeds_end() {
    let desk = desk().await;
    for number in 1..=2_345 {
        desk.put_ticket(&ticket(number, number)).await;
    }
    let position = desk.put_ticket(&Ticket { status: Status::Closed, ..ticket(7, 7) }).await;
    let board = Board::build(&desk.desk).await.unwrap();
    assert_eq!(*board.position().borrow(), position);
    let counts = board.counts(&Filter::default());
    assert_eq!((counts.total, counts.status[&Status::New], counts.status[&Status::Closed]), (2_345, 2_344, 1));
}

#[tokio::test]
async fn a_change_is_on_the_board_when_its_position_is() {
    let desk = desk().await;
    desk.put_ticket(&ticket(1, 1)).await;
    let (board, _stop) = following(&desk).await;
    let open = Filter { status: vec![Status::Open], ..Filter::default() };
    for number in 2..50 {
        let position = desk.put_ticket(&Ticket { status: Status::Open, ..ticket(number, number) }).await;
        reaches(&board, position).await;
        let newest = board.list(&open, Order::Created, None, 1).unwrap();
        assert_eq!((newest.numbers, newest.total), (vec![number], number - 1));
    }
    let position = append(&desk, Change::DirectoryChanged.to_entry()).await;
    reaches(&board, position).await;
}

#[tokio::test]
async fn a_trimmed_feed_or_an_entry_of_a_newer_version_leads_to_a_rebuild() {
    let desk = desk().await;
    desk.put_ticket(&ticket(1, 1)).await;
    let board = Board::build(&desk.desk).await.unwrap();
    let position = desk.put_ticket(&ticket(2, 2)).await;
    desk.store.trim_feed(position).await.unwrap();
    assert_eq!(numbers(&board), [1]);

    let (_stop, stopped) = watch::channel(false);
    let (follower, followed) = (board.clone(), desk.desk.clone());
    tokio::spawn(async move { follower.follow(followed, stopped).await });
    reaches(&board, position).await;
    assert_eq!(numbers(&board), [2, 1]);

    desk.put_ticket(&ticket(3, 3)).await;
    let position = append(&desk, FeedEntry(b"from the future".to_vec())).await;
    reaches(&board, position).await;
    assert_eq!(numbers(&board), [3, 2, 1]);
}

#[tokio::test]
async fn the_follower_ends_when_told() {
    let desk = desk().await;
    let board = Board::build(&desk.desk).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let follower = tokio::spawn(async move { board.follow(desk.desk.clone(), stopped).await });
    stop.send_replace(true);
    timeout(LONG, follower).await.expect("in time").unwrap();
}
