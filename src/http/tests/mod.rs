//! The real router on a real socket, over a real desk on the memory store.

mod attachments;
mod documents;
mod domains;
mod events;
mod ledger;
mod mailings;
mod messages;
mod quarantine;
mod queue;
mod reports;
mod search;
mod server;
mod session;
mod setup;
mod tickets;

use std::sync::Arc;

use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Http;
use crate::board::Board;
use crate::desk::receive::{Transaction, Verdict};
use crate::desk::testing::{self, PASSWORD, TestDesk};
use crate::desk::{Actor, Directory, DsnRequest, Judged, Recipient, SessionFacts};
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::{Address, Authentication};
use crate::search::Search;

/// A running server with what stands behind it.
struct Server {
    test: TestDesk,
    names: TestDns,
    base: String,
    host: String,
    client: Client,
    /// anna@demo.test, who may do no set-up.
    operator: String,
    /// chief@demo.test, who may.
    admin: String,
    stop: watch::Sender<bool>,
    serving: JoinHandle<std::io::Result<()>>,
    _index: TempDir,
}

async fn server() -> Server {
    server_at("").await
}

/// A server whose panel is reached at `public_url`.
async fn server_at(public_url: &str) -> Server {
    server_over(testing::desk().await, public_url).await
}

async fn server_over(test: TestDesk, public_url: &str) -> Server {
    let index = TempDir::new().unwrap();
    let board = Board::build(&test.desk).await.unwrap();
    let search = Search::open(index.path(), &test.desk).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let follower = board.clone();
    tokio::spawn({
        let (desk, stopped) = (test.desk.clone(), stopped.clone());
        async move { follower.follow(desk, stopped).await }
    });
    let follower = search.clone();
    tokio::spawn({
        let (desk, stopped) = (test.desk.clone(), stopped.clone());
        async move { follower.follow(desk, stopped).await }
    });
    let names = TestDns::start().await;
    let config =
        format!("data_dir = \"/nowhere\"\nhostname = \"mx.demo.test\"\n[http]\npublic_url = \"{public_url}\"\n");
    let http = Http {
        desk: test.desk.clone(),
        board,
        search,
        dns: Dns::new(&[names.address], std::time::Duration::from_secs(5)),
        config: Arc::new(toml::from_str(&config).unwrap()),
        metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(http.serve(listener, None, stopped));
    let operator = test.desk.create_token(&test.admin, "anna@demo.test", "test").await.unwrap().value.0;
    let admin = test.desk.create_token(&test.admin, "chief@demo.test", "test").await.unwrap().value.0;
    let base = format!("http://{host}");
    Server { test, names, base, host, client: Client::new(), operator, admin, stop, serving, _index: index }
}

impl Server {
    /// A request to the API without authentication.
    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.base))
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.bare(Method::GET, path).bearer_auth(&self.operator)
    }

    fn post(&self, path: &str, body: Value) -> RequestBuilder {
        self.bare(Method::POST, path).bearer_auth(&self.operator).json(&body)
    }

    fn patch(&self, path: &str, body: Value) -> RequestBuilder {
        self.bare(Method::PATCH, path).bearer_auth(&self.operator).json(&body)
    }

    /// A request of the administrator.
    fn set_up(&self, method: Method, path: &str, body: Value) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.admin).json(&body)
    }

    /// Signs in and answers the cookie as a browser sends it back.
    async fn cookie(&self) -> String {
        let body = json!({ "email": "anna@demo.test", "password": PASSWORD });
        let response = self.bare(Method::POST, "/session").json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Delivers a letter to help@demo.test and answers its ticket's number.
    async fn deliver(&self, letter: &str) -> u64 {
        self.deliver_judged(letter, Judged::default()).await
    }

    /// Delivers a letter of which the policy has an opinion.
    async fn deliver_judged(&self, letter: &str, judged: Judged) -> u64 {
        self.deliver_with(letter, judged, false).await
    }

    /// The same, with REQUIRETLS or without.
    async fn deliver_with(&self, letter: &str, judged: Judged, require_tls: bool) -> u64 {
        let transaction = Transaction {
            session: SessionFacts { id: 7, peer: "192.0.2.1:4711".to_owned(), ..SessionFacts::default() },
            mail_from: Some(Address::parse("ivan@customer.test").unwrap()),
            recipients: vec![Recipient {
                address: Address::parse("help@demo.test").unwrap(),
                mailbox: self.test.mailbox,
                sub_address: None,
            }],
            dsn: DsnRequest::default(),
            require_tls,
            raw: Bytes::from(letter.replace('\n', "\r\n")),
            trace_header: "Return-Path: <ivan@customer.test>\r\n".to_owned(),
            authentication: Authentication::default(),
            judged,
        };
        match self.test.desk.receive(transaction).await {
            Verdict::Accepted { tickets } => Directory::parse_number(&tickets[0]).unwrap(),
            refused => panic!("{refused:?}"),
        }
    }

    /// Delivers a letter about something and answers its ticket's number.
    async fn ticket(&self, subject: &str) -> u64 {
        self.deliver(&letter(subject, "Where is my parcel?")).await
    }

    /// The feed's newest position: what a list must have reached to show everything.
    fn newest(&self) -> u64 {
        self.test.desk.store().feed_hint().borrow().0
    }

    /// The ids of a ticket's messages.
    async fn messages(&self, ticket: u64) -> Vec<u64> {
        let view = self.test.desk.ticket_view(&Actor::CommandLine, ticket).await.unwrap();
        view.messages.iter().map(|view| view.message.id).collect()
    }
}

/// A plain letter.
fn letter(subject: &str, body: &str) -> String {
    format!(
        "From: Ivan <ivan@customer.test>\nTo: help@demo.test\nSubject: {subject}\n\
         Message-ID: <{}@customer.test>\nContent-Type: text/plain; charset=utf-8\n\n{body}\n",
        blake3::hash(subject.as_bytes()).to_hex()
    )
}

async fn ok(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Sends what must fail, and answers the problem document.
async fn problem(request: RequestBuilder, status: u16) -> Value {
    problem_of(request.send().await.unwrap(), status).await
}

async fn problem_of(response: Response, status: u16) -> Value {
    let (got, content_type) = (response.status(), response.headers().get("content-type").cloned());
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    assert_eq!(content_type.unwrap(), "application/problem+json", "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], status);
    for field in ["type", "title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    problem
}

fn position(response: &Response) -> u64 {
    response.headers()["mxdesk-position"].to_str().unwrap().parse().unwrap()
}
