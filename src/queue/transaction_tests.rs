use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};

use super::*;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn offer(lines: &[&str]) -> Offer {
    let lines = std::iter::once("mx").chain(lines.iter().copied()).map(str::to_owned).collect();
    Offer::read(&Reply { code: 250, lines })
}

/// A server that gives these replies, one for each command line or letter. Answers what it heard.
async fn server(stream: DuplexStream, replies: Vec<&'static str>) -> Vec<String> {
    let (read, mut write) = tokio::io::split(stream);
    let mut read = BufReader::new(read);
    let mut heard = Vec::new();
    let mut is_letter = false;
    for reply in replies {
        let mut line = String::new();
        loop {
            let before = line.len();
            if read.read_line(&mut line).await.unwrap() == 0 {
                return heard;
            }
            if !is_letter || &line[before..] == ".\r\n" {
                break;
            }
        }
        heard.push(line.trim_end().to_owned());
        is_letter = reply.starts_with("354");
        if reply.is_empty() {
            return heard;
        }
        write.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
    }
    let mut rest = String::new();
    read.read_to_string(&mut rest).await.unwrap();
    heard.extend(rest.lines().map(str::to_owned));
    heard
}

async fn converse_with(
    replies: Vec<&'static str>,
    lines: &[&str],
    recipients: &[Address],
    letter: &'static [u8],
) -> (Vec<End>, bool, Vec<String>) {
    let (ours, theirs) = duplex(1 << 16);
    let server = tokio::spawn(server(theirs, replies));
    let mut dialogue = Dialogue::new(ours);
    let sender = address("help@demo.test");
    let envelope = Envelope { sender: Some(&sender), recipients, id: 77, require_tls: false };
    let patience = Patience { end: Duration::from_secs(5), ..Patience::default() };
    let mut marks = Marks::default();
    let letter = Wire::of(Bytes::from_static(letter));
    let (ends, after) = send(&mut dialogue, &offer(lines), &envelope, &letter, &patience, || 1, &mut marks).await;
    drop(dialogue);
    (ends, after == After::Usable, server.await.unwrap())
}

const LETTER: &[u8] = b"Subject: a\r\n\r\n.b\r\n";

fn code(end: &End) -> u16 {
    match end {
        End::Replied(reply) => reply.code,
        End::Unfit(_) => 1,
        End::Again => 2,
        End::Broken { is_untaken: true, .. } => 3,
        End::Broken { is_untaken: false, .. } => 4,
    }
}

#[rstest]
#[case::all_taken(&["250 ok", "250 ok", "250 ok", "354 go", "250 taken"], [250, 250], true)]
#[case::one_refused(&["250 ok", "550 no", "250 ok", "354 go", "250 taken"], [550, 250], true)]
#[case::all_refused(&["250 ok", "550 no", "450 later", "250 reset"], [550, 450], true)]
#[case::sender_refused(&["553 no", "503 what", "503 what"], [553, 553], true)]
#[case::letter_refused(&["250 ok", "250 ok", "250 ok", "354 go", "554 spam"], [554, 554], true)]
#[case::data_refused(&["250 ok", "250 ok", "250 ok", "451 later", "250 reset"], [451, 451], true)]
#[case::full(&["250 ok", "250 ok", "452 enough", "354 go", "250 taken"], [250, 2], true)]
#[case::the_first_has_no_room(&["250 ok", "452 full mailbox", "250 ok", "354 go", "250 taken"], [452, 250], true)]
#[case::going_away(&["250 ok", "421 bye", "250 ok", "354 go", "250 taken"], [421, 250], false)]
#[case::cut_at_mail(&[""], [3, 3], false)]
#[case::cut_at_recipient(&["250 ok", "550 no", ""], [550, 3], false)]
#[case::cut_before_the_letter(&["250 ok", "250 ok", "250 ok", ""], [3, 3], false)]
#[case::cut_behind_the_letter(&["250 ok", "550 no", "250 ok", "354 go", ""], [550, 4], false)]
#[tokio::test]
async fn every_recipient_gets_its_own_truth(
    #[case] replies: &[&'static str],
    #[case] codes: [u16; 2],
    #[case] expected: bool,
    #[values(true, false)] pipelining: bool,
) {
    let recipients = [address("a@shop.test"), address("b@shop.test")];
    let lines: &[&str] = if pipelining { &["PIPELINING"] } else { &[] };
    let replies = if !pipelining && replies[0].starts_with("553") { &replies[..1] } else { replies };
    let (ends, is_usable, _) = converse_with(replies.to_vec(), lines, &recipients, LETTER).await;
    assert_eq!((ends.iter().map(code).collect::<Vec<_>>(), is_usable), (codes.to_vec(), expected), "{ends:?}");
}

#[tokio::test]
async fn what_a_server_offers_is_used() {
    let lines = ["PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN"];
    let recipients = [address("a+b=c@shop.test"), address("жук@shop.test")];
    let replies = vec!["250 ok", "250 ok", "250 ok", "354 go", "250 taken"];
    let letter = "Subject: a\r\n\r\nж\r\n".as_bytes();
    let (_, _, heard) = converse_with(replies, &lines, &recipients, letter).await;
    let expected = [
        "MAIL FROM:<help@demo.test> SIZE=18 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=77",
        "RCPT TO:<a+b=c@shop.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@shop.test",
        "RCPT TO:<жук@shop.test> NOTIFY=FAILURE,DELAY ORCPT=utf-8;\\x{436}\\x{443}\\x{43A}@shop.test",
        "DATA",
    ];
    assert_eq!(heard[..4], expected);
}

#[tokio::test]
async fn what_a_server_does_not_offer_is_not_asked() {
    let recipients = [address("a@shop.test"), address("жук@shop.test")];
    let replies = vec!["250 ok", "250 ok", "354 go", "250 taken"];
    let (ends, _, heard) = converse_with(replies, &[], &recipients, LETTER).await;
    assert_eq!(heard[..3], ["MAIL FROM:<help@demo.test>", "RCPT TO:<a@shop.test>", "DATA"]);
    assert_eq!(ends.iter().map(code).collect::<Vec<_>>(), [250, 1]);
}

#[rstest]
#[case::eight_bits(&[], "Subject: a\r\n\r\nж\r\n")]
#[case::utf8_header(&["8BITMIME"], "Subject: ж\r\n\r\nb\r\n")]
#[case::too_large(&["SIZE 10"], "Subject: a\r\n\r\nb\r\n")]
#[tokio::test]
async fn a_letter_that_a_server_cannot_take_is_not_sent(#[case] lines: &[&str], #[case] letter: &'static str) {
    let (ends, is_usable, heard) =
        converse_with(vec!["250 ok"], lines, &[address("a@shop.test")], letter.as_bytes()).await;
    assert!(matches!(ends[0], End::Unfit(_)) && is_usable && heard.is_empty(), "{ends:?} {heard:?}");
}
