use std::time::Duration;

use super::*;
use crate::store::FeedPosition;

/// Reads one stream, event by event.
struct Stream {
    response: Response,
    buffer: String,
}

#[derive(Debug, PartialEq)]
struct Seen {
    id: u64,
    name: String,
    data: Value,
}

impl Stream {
    async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Seen> {
        tokio::time::timeout(Duration::from_secs(10), self.read()).await.expect("an event within ten seconds")
    }

    async fn read(&mut self) -> Option<Seen> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.buffer = rest;
                if !event.starts_with(':') {
                    return Some(seen(&event));
                }
            } else {
                let chunk = self.response.chunk().await.unwrap()?;
                self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }
    }

    /// Events up to and including a position.
    async fn up_to(&mut self, position: u64) -> Vec<Seen> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Seen| event.id < position) {
            events.push(self.next().await.unwrap());
        }
        events
    }
}

fn seen(event: &str) -> Seen {
    let field = |name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("no {name} in {event}")).trim().to_owned()
    };
    Seen { id: field("id").parse().unwrap(), name: field("event"), data: serde_json::from_str(&field("data")).unwrap() }
}

#[tokio::test]
async fn a_change_is_told_once_lists_show_it() {
    let server = server().await;
    let mut stream = Stream::open(server.get("/events")).await;
    let number = server.ticket("A parcel").await;
    let events = stream.up_to(server.newest()).await;
    let list = ok(server.get("/tickets")).await;
    assert_eq!(list["items"][0]["number"], number);

    let ticket = events.iter().find(|event| event.name == "ticket").unwrap();
    assert_eq!(ticket.data, json!({ "position": ticket.id, "ticket": number, "display": format!("DEMO-{number}") }));
    let message = events.iter().find(|event| event.name == "message").unwrap();
    assert_eq!(message.data["message"], server.messages(number).await[0]);
}

#[tokio::test]
async fn a_stream_begins_with_what_is_new() {
    let server = server().await;
    server.ticket("Before").await;
    let before = server.newest();
    let mut stream = Stream::open(server.get("/events")).await;
    server.ticket("After").await;
    assert_eq!(stream.next().await.unwrap().id, before + 1);
}

#[tokio::test]
async fn a_reconnect_goes_on_exactly_behind_the_last_event() {
    let server = server().await;
    let begin = server.newest();
    let mut numbers = Vec::new();
    for subject in ["one", "two", "three"] {
        numbers.push(server.ticket(subject).await);
    }
    let reply = json!({ "kind": "reply", "text": "Here it is." });
    assert_eq!(server.post(&format!("/tickets/{}/messages", numbers[0]), reply).send().await.unwrap().status(), 201);
    let end = server.newest();

    let mut whole = Stream::open(server.get(&format!("/events?after={begin}"))).await;
    let whole = whole.up_to(end).await;
    let ids: Vec<u64> = whole.iter().map(|event| event.id).collect();
    assert_eq!(ids, (begin + 1..=end).collect::<Vec<_>>());

    // Broken off after each event, and taken up again with its id.
    let mut pieces = Vec::new();
    let mut last = begin;
    while last < end {
        let request = server.get("/events?after=0").header("last-event-id", last.to_string());
        let event = Stream::open(request).await.next().await.unwrap();
        last = event.id;
        pieces.push(event);
    }
    assert_eq!(pieces, whole);
}

#[tokio::test]
async fn lost_events_are_said_with_a_reset() {
    let server = server().await;
    server.ticket("A parcel").await;
    let newest = server.newest();
    server.test.desk.store().trim_feed(FeedPosition(newest - 1)).await.unwrap();
    for after in [1, newest + 1_000] {
        let mut stream = Stream::open(server.get(&format!("/events?after={after}"))).await;
        let event = stream.next().await.unwrap();
        assert_eq!((event.name.as_str(), event.id), ("reset", newest), "after {after}");
    }
}

#[tokio::test]
async fn a_change_of_the_set_up_is_told() {
    let server = server().await;
    let mut stream = Stream::open(server.get("/events")).await;
    ok(server.set_up(Method::POST, "/groups", json!({ "name": "Warranty" }))).await;
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("directory", json!({ "position": event.id })));
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let server = server().await;
    let mut stream = Stream::open(server.get("/events")).await;
    server.stop.send(true).unwrap();
    assert_eq!(stream.next().await, None);
    let stopped = tokio::time::timeout(Duration::from_secs(5), server.serving).await;
    stopped.expect("it stops within five seconds").unwrap().unwrap();
}

#[tokio::test]
async fn a_wrong_last_event_id_is_refused() {
    let server = server().await;
    problem(server.get("/events").header("last-event-id", "x"), 422).await;
}
