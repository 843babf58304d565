//! Scanners that are real servers on loopback and speak the protocols.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// A server that answers each connection by `serve`.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Speaks INSTREAM, and finds what holds `EICAR`.
async fn clamd(mut stream: TcpStream) {
    let mut command = [0; 10];
    stream.read_exact(&mut command).await.unwrap();
    assert_eq!(&command, b"zINSTREAM\0");
    let mut letter = Vec::new();
    loop {
        let size = stream.read_u32().await.unwrap() as usize;
        if size == 0 {
            break;
        }
        if letter.len() + size > 1_000_000 {
            stream.write_all(b"INSTREAM size limit exceeded. ERROR\0").await.unwrap();
            return;
        }
        let begin = letter.len();
        letter.resize(begin + size, 0);
        stream.read_exact(&mut letter[begin..]).await.unwrap();
    }
    let found = letter.windows(5).any(|window| window == b"EICAR");
    let answer: &[u8] = if found { b"stream: Win.Test.EICAR_HDB-1 FOUND\0" } else { b"stream: OK\0" };
    stream.write_all(answer).await.unwrap();
}

/// Speaks HTTP: hands over the request's head and answers this JSON.
async fn rspamd(answer: &'static str) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let (heads, seen) = mpsc::unbounded_channel();
    let address = server(move |stream| {
        let heads = heads.clone();
        async move {
            let mut stream = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let _ = heads.send(head);
            let status = if answer.is_empty() { "500 Trouble" } else { "200 OK" };
            let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    })
    .await;
    (address, seen)
}

fn scanners(rspamd: Option<SocketAddr>, clamd: Option<SocketAddr>, on_failure: OnFailure) -> Scanners {
    let settings = config::Scan {
        rspamd: rspamd.map(|address| address.to_string()),
        clamd: clamd.map(|address| address.to_string()),
        on_failure,
        timeout_seconds: 2,
        ..config::Scan::default()
    };
    Scanners::new(&settings, &config::Policy::default())
}

fn letter(raw: &[u8]) -> Scanned<'static> {
    Scanned {
        peer: "192.0.2.1".parse().unwrap(),
        hostname: Some("mx1.shop.test".to_owned()),
        helo: "mx.shop.test",
        from: "иван@shop.test".to_owned(),
        recipients: vec!["help@demo.test".to_owned(), "sam@demo.test".to_owned()],
        raw: Bytes::copy_from_slice(raw),
    }
}

#[tokio::test]
async fn a_virus_is_refused_and_a_clean_letter_is_not() {
    let scanners = scanners(None, Some(server(clamd).await), OnFailure::Accept);
    assert_eq!(scanners.scan(&letter(&vec![b'x'; 300_000])).await, Scan::default());
    let infected = scanners.scan(&letter(b"Subject: x\r\n\r\nEICAR\r\n")).await;
    let refusal = infected.refusal.unwrap();
    assert_eq!(refusal.reply().line(), "554 5.7.0 A virus was found in the letter: Win.Test.EICAR_HDB-1");
    assert_eq!(infected.findings[0].stage, Stage::Virus);
}

#[tokio::test]
async fn a_letter_beyond_clamds_own_limit_counts_as_not_scanned() {
    let scanners = scanners(None, Some(server(clamd).await), OnFailure::Accept);
    let scan = scanners.scan(&letter(&vec![b'x'; 3_000_000])).await;
    assert_eq!((scan.refusal, scan.findings[0].stage), (None, Stage::Unscanned));
}

#[tokio::test]
async fn rspamds_action_decides_and_it_is_told_who_sends() {
    let (address, mut heads) = rspamd(
        r#"{"action": "add header", "score": 7.25, "required_score": 15.0,
            "symbols": {"BAYES_SPAM": {"name": "BAYES_SPAM", "score": 5.1}, "R_SPF_ALLOW": {"score": -0.2}, "MISSING_TO": {"score": 2}}}"#,
    )
    .await;
    let scan = scanners(Some(address), None, OnFailure::Accept).scan(&letter(b"Subject: x\r\n\r\nx\r\n")).await;
    assert_eq!(scan.refusal, None);
    let finding = &scan.findings[0];
    assert_eq!((finding.stage, finding.points), (Stage::Rspamd, 6));
    assert_eq!(finding.detail, "rspamd says add header, score 7.2: BAYES_SPAM MISSING_TO");
    let head = heads.recv().await.unwrap().to_lowercase();
    for line in [
        "post /checkv2 ",
        "ip: 192.0.2.1\r\n",
        "hostname: mx1.shop.test\r\n",
        "helo: mx.shop.test\r\n",
        "from: ????@shop.test\r\n",
    ] {
        assert!(head.contains(line), "{head}");
    }
    assert!(head.contains("rcpt: help@demo.test\r\n") && head.contains("rcpt: sam@demo.test\r\n"), "{head}");
}

#[tokio::test]
async fn rspamd_can_refuse_and_ask_to_come_again() {
    // What decides alone has no weight of its own.
    let (address, _heads) =
        rspamd(r#"{"action": "reject", "score": 15, "symbols": {"GTUBE": {"score": 0}, "GOOD": {"score": -1}}}"#).await;
    let scan = scanners(Some(address), None, OnFailure::Accept).scan(&letter(b"x")).await;
    assert_eq!(scan.findings[0].detail, "rspamd says reject, score 15.0: GTUBE");
    assert_eq!(scan.refusal.unwrap().reply().line(), "550 5.7.1 Refused by the content scanner");
    let (address, _heads) =
        rspamd(r#"{"action": "soft reject", "score": 1, "messages": {"smtp_message": "Later\r\n250 please"}}"#).await;
    let scan = scanners(Some(address), None, OnFailure::Accept).scan(&letter(b"x")).await;
    assert_eq!(scan.refusal.unwrap().reply().line(), "451 4.7.1 Try again later: Later250 please");
    let (address, _heads) = rspamd(r#"{"action": "no action", "score": 0.5}"#).await;
    assert_eq!(scanners(Some(address), None, OnFailure::Accept).scan(&letter(b"x")).await, Scan::default());
}

#[tokio::test]
async fn scanners_that_fail_are_passed_by_or_waited_for_as_the_setting_says() {
    let silent = server(|stream| async move {
        let _stream = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let closed = server(|stream| async move { drop(stream) }).await;
    let (broken, _heads) = rspamd("").await;
    let (no_json, _heads) = rspamd("no JSON").await;
    for (spam, virus) in
        [(Some(silent), None), (None, Some(silent)), (None, Some(closed)), (Some(broken), None), (Some(no_json), None)]
    {
        let began = std::time::Instant::now();
        let scan = scanners(spam, virus, OnFailure::Accept).scan(&letter(b"x")).await;
        assert!(began.elapsed() < Duration::from_secs(8));
        assert_eq!((scan.refusal, scan.findings.len()), (None, 1));
        assert_eq!((scan.findings[0].stage, scan.findings[0].points), (Stage::Unscanned, 0));
        let scan = scanners(spam, virus, OnFailure::Defer).scan(&letter(b"x")).await;
        assert_eq!(scan.refusal.unwrap().reason, Reason::ScannerUnavailable);
    }
}

#[tokio::test]
async fn nobody_is_asked_where_nothing_is_set_or_the_letter_is_too_large() {
    assert_eq!(scanners(None, None, OnFailure::Defer).scan(&letter(b"EICAR")).await, Scan::default());
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let mut scanners = scanners(Some(nobody), Some(nobody), OnFailure::Defer);
    scanners.max_size = 10;
    let scan = scanners.scan(&letter(b"more than ten octets")).await;
    assert_eq!((scan.refusal, scan.findings[0].stage), (None, Stage::Unscanned));
}
