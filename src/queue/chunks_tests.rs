use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};

use super::*;

/// A server that answers each chunk with the next of these replies, an empty one by closing. Answers the commands and the octets that
/// it took.
async fn server(stream: DuplexStream, replies: Vec<&'static str>) -> (Vec<String>, Vec<u8>) {
    let (read, mut write) = tokio::io::split(stream);
    let mut read = BufReader::new(read);
    let (mut heard, mut taken) = (Vec::new(), Vec::new());
    let mut replies = replies.into_iter();
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await.unwrap_or(0) == 0 {
            return (heard, taken);
        }
        heard.push(line.trim_end().to_owned());
        let mut reply = "250 ok";
        if let Some(rest) = line.strip_prefix("BDAT ") {
            let octets: usize = rest.split_whitespace().next().unwrap().parse().unwrap();
            let mut chunk = vec![0; octets];
            if read.read_exact(&mut chunk).await.is_err() {
                return (heard, taken);
            }
            reply = replies.next().unwrap_or("250 ok");
            if reply.is_empty() {
                return (heard, taken);
            }
            if reply.starts_with('2') {
                taken.extend_from_slice(&chunk);
            }
        }
        if write.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
            return (heard, taken);
        }
    }
}

async fn send(
    letter: Vec<u8>,
    replies: Vec<&'static str>,
    pipelining: bool,
) -> (Result<Chunked, (Broken, bool)>, Marks, Vec<String>, Vec<u8>) {
    let (ours, theirs) = duplex(1 << 16);
    let server = tokio::spawn(server(theirs, replies));
    let mut dialogue = Dialogue::new(ours);
    let patience = Patience { end: Duration::from_secs(5), ..Patience::default() };
    let offer = Offer { pipelining, chunking: true, ..Offer::default() };
    let mut marks = Marks::default();
    let wire = Wire::of(Bytes::from(letter));
    let said = send_in_chunks(&mut dialogue, &offer, &wire, &patience, || 7, &mut marks).await;
    drop(dialogue);
    let (heard, taken) = server.await.unwrap();
    (said, marks, heard, taken)
}

fn letter(octets: usize) -> Vec<u8> {
    let line = b".A line with a dot at its beginning, which nobody doubles in a chunk\r\n";
    let mut letter: Vec<u8> = line.iter().copied().cycle().take(octets.saturating_sub(2)).collect();
    letter.truncate(letter.len() / line.len() * line.len());
    letter.resize(octets - 2, b'x');
    letter.extend_from_slice(b"\r\n");
    letter
}

#[rstest]
#[case(2, &["BDAT 2 LAST"])]
#[case(CHUNK, &["BDAT 1048576 LAST"])]
#[case(CHUNK + 3, &["BDAT 1048576", "BDAT 3 LAST"])]
#[case(3 * CHUNK, &["BDAT 1048576", "BDAT 1048576", "BDAT 1048576 LAST"])]
#[tokio::test]
async fn a_letter_arrives_octet_for_octet(
    #[case] octets: usize,
    #[case] commands: &[&str],
    #[values(true, false)] pipelining: bool,
) {
    let letter = letter(octets);
    let (said, marks, heard, taken) = send(letter.clone(), vec![], pipelining).await;
    assert!(matches!(said, Ok(Chunked::Replied(reply, true)) if reply.code == 250));
    assert_eq!(heard, commands);
    assert!(taken == letter);
    assert_eq!(marks.chunks, u32::try_from(commands.len()).ok());
    assert_eq!((marks.data_ms.is_some(), marks.end_ms), (commands.len() > 1, Some(7)));
}

#[tokio::test]
async fn an_empty_letter_is_one_empty_chunk() {
    let (said, _, heard, _) = send(Vec::new(), vec![], true).await;
    assert!(matches!(said, Ok(Chunked::Replied(reply, true)) if reply.code == 250));
    assert_eq!(heard, ["BDAT 0 LAST"]);
}

#[rstest]
#[case::for_now("452 4.3.1 no room")]
#[case::for_good("552 5.3.4 too large")]
#[tokio::test]
async fn behind_a_refused_chunk_the_rest_is_not_sent_and_last_is_never_said(
    #[case] refusal: &'static str,
    #[values(true, false)] pipelining: bool,
) {
    let (said, marks, heard, _) = send(letter(5 * CHUNK), vec!["250 ok", refusal], pipelining).await;
    let Ok(Chunked::Replied(reply, is_usable)) = said else { panic!("{said:?}") };
    assert_eq!((format!("{} {}", reply.code, reply.words()), is_usable), (refusal.to_owned(), false));
    // With PIPELINING, the next one is on its way already.
    assert_eq!(heard.len(), if pipelining { 3 } else { 2 }, "{heard:?}");
    assert!(heard.iter().all(|command| command == "BDAT 1048576"), "{heard:?}");
    assert_eq!((marks.chunks, marks.end_ms), (None, None));
}

#[tokio::test]
async fn a_refused_end_is_reset_and_leaves_the_connection_usable() {
    let (said, marks, heard, _) = send(letter(CHUNK + 9), vec!["250 ok", "554 5.7.1 spam"], true).await;
    assert!(matches!(said, Ok(Chunked::Replied(reply, true)) if reply.code == 554));
    assert_eq!(heard, ["BDAT 1048576", "BDAT 9 LAST", "RSET"]);
    assert_eq!(marks.end_ms, Some(7));
}

#[rstest]
#[case::at_the_first("502 5.5.2 what", 9)]
#[case::on_the_way("503 5.5.1 no", CHUNK + 9)]
#[tokio::test]
async fn a_server_that_does_not_know_bdat_is_told_nothing_more(#[case] reply: &'static str, #[case] octets: usize) {
    let (said, _, heard, _) = send(letter(octets), vec![reply], false).await;
    assert!(matches!(said, Ok(Chunked::NotKnown(_))), "{said:?}");
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[rstest]
#[case::in_the_middle(vec![""], CHUNK + 9, true)]
#[case::behind_the_end(vec!["250 ok", ""], CHUNK + 9, false)]
#[tokio::test]
async fn where_it_breaks_says_whether_the_letter_can_have_been_taken(
    #[case] replies: Vec<&'static str>,
    #[case] octets: usize,
    #[case] is_untaken: bool,
) {
    let (said, ..) = send(letter(octets), replies, false).await;
    assert!(matches!(said, Err((_, untaken)) if untaken == is_untaken), "{said:?}");
}
