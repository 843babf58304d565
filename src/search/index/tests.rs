use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{TextIndex, Writer, WriterGone};
use crate::desk::{Message, MessageKind};
use crate::mail::{Attachment, Correspondent, Letter, identifiers};
use crate::search::analysis::words;
use crate::search::document::Source;
use crate::search::query::parse;
use crate::store::FeedPosition;

fn letter(id: u64, subject: &str, text: &str) -> Message {
    let correspondent =
        |name: &str, address: &str| Correspondent { name: Some(name.to_owned()), address: address.to_owned() };
    Message {
        id,
        ticket: id,
        at: 1_700_000_000_000 + id * 1_000,
        kind: MessageKind::Inbound,
        from: Some(correspondent("Пётр Иванов", &format!("Petr.Ivanov{id}@Mail.example.com"))),
        to: vec![correspondent("Support", "help@demo.test")],
        subject: subject.to_owned(),
        text: text.to_owned(),
        ..Message::default()
    }
}

async fn write(index: &TextIndex, messages: &[Message], position: u64) {
    let writer = Writer::start(index.clone()).unwrap();
    let sources = messages.iter().map(|message| Source { message: message.clone(), whole_text: None }).collect();
    writer.add(sources).await.unwrap();
    writer.commit(FeedPosition(position)).await.unwrap();
    writer.stop().await;
}

async fn index_of(messages: &[Message]) -> (TempDir, TextIndex) {
    let folder = tempfile::tempdir().unwrap();
    let index = TextIndex::open(folder.path()).unwrap();
    write(&index, messages, 7).await;
    (folder, index)
}

fn find(index: &TextIndex, query: &str) -> Vec<u64> {
    index.search(&parse(query), None, 0, 50).unwrap().iter().map(|hit| hit.ticket).collect()
}

fn sorted(mut tickets: Vec<u64>) -> Vec<u64> {
    tickets.sort_unstable();
    tickets
}

#[tokio::test]
async fn words_are_found_with_their_inflections_in_three_languages() {
    let (_folder, index) = index_of(&[
        letter(1, "Вопрос", "Подскажите, где мой заказ? Ещё не пришёл."),
        letter(2, "Question", "I returned the toys a week ago, please send the money back to my card"),
        letter(3, "Dúvida", "Olá, gostaria de fazer a devolução do meu pedido, não gostei do produto"),
    ])
    .await;
    for (query, ticket) in [
        ("заказа", 1),
        ("ЗАКАЗЫ", 1),
        ("еще", 1),
        ("ещё", 1),
        ("пришел", 1),
        ("return", 2),
        ("returns toy", 2),
        ("devoluções", 3),
        ("devolucao", 3),
        ("pedidos", 3),
        ("гд мой зака", 0),
        ("где мой зак", 1),
        ("вопросы", 1),
        ("Petr Ivanov1", 1),
    ] {
        let expected = if ticket == 0 { vec![] } else { vec![ticket] };
        assert_eq!(find(&index, query), expected, "{query}");
    }
    assert_eq!(sorted(find(&index, "Пётр Иванов")), [1, 2, 3]);
}

#[tokio::test]
async fn order_numbers_are_found_whole_in_part_and_with_other_separators() {
    let (_folder, index) = index_of(&[
        letter(1, "Заказ SO-2024/000123", "где он?"),
        letter(2, "Посылка", "Трек RB556677889CN, сертификат № 4276-1234"),
        letter(3, "Order SO-2024/000999", "phone +7 (912) 345-67-89"),
    ])
    .await;
    for (query, ticket) in [
        ("SO-2024/000123", 1),
        ("so-2024/000123", 1),
        ("so2024000123", 1),
        ("000123", 1),
        ("2024000123", 1),
        ("2024/000123", 1),
        ("SO 2024 000123", 1),
        ("заказ 000123", 1),
        ("4000123", 1),
        ("RB556677889CN", 2),
        ("rb 556677889 cn", 2),
        ("556677889", 2),
        ("77889cn", 2),
        ("42761234", 2),
        ("4276 1234", 2),
        ("761234", 2),
        ("+7 912 345 67 89", 3),
        ("8 (912) 345-67-89", 3),
        ("89123456789", 3),
        ("9123456789", 3),
        ("345-67-89", 3),
    ] {
        assert_eq!(find(&index, query), [ticket], "{query}");
    }
    assert_eq!(sorted(find(&index, "SO2024")), [1, 3]);
    assert_eq!(sorted(find(&index, "SO-2024")), [1, 3]);
    assert_eq!(find(&index, "000124"), Vec::<u64>::new());
    // The pieces of two numbers do not make a third.
    assert_eq!(find(&index, "CN4276"), Vec::<u64>::new());
}

#[tokio::test]
async fn addresses_are_found_whole_and_by_their_parts() {
    let mut second = letter(2, "b", "Напишите мне на anna@example.org");
    second.cc = vec![Correspondent { name: None, address: "boss@corp.example".to_owned() }];
    let (_folder, index) = index_of(&[letter(1, "a", "text"), second]).await;
    assert_eq!(find(&index, "petr.ivanov1@mail.example.com"), [1]);
    assert_eq!(find(&index, "PETR.IVANOV1"), [1]);
    assert_eq!(sorted(find(&index, "mail.example.com")), [1, 2]);
    assert_eq!(find(&index, "@example.org"), [2]);
    assert_eq!(find(&index, "from:petr.ivanov2@mail.example.com"), [2]);
    assert_eq!(find(&index, "from:anna@example.org"), Vec::<u64>::new());
    assert_eq!(find(&index, "to:boss"), [2]);
    assert_eq!(sorted(find(&index, "to:help@demo.test from:пётр")), [1, 2]);
    assert_eq!(sorted(find(&index, "from:Ива")), [1, 2]);
}

#[tokio::test]
async fn attachments_notes_and_whole_texts_are_found() {
    let mut with_file = letter(1, "a", "см. вложение");
    with_file.attachments =
        vec![Attachment { name: "Счёт_№77123_март.pdf".to_owned(), ..Attachment::default() }];
    let note = Message {
        kind: MessageKind::Note, from: None, ..letter(2, "", "Клиент просил перезвонить")
    };
    let cut = Message { truncated: true, ..letter(3, "long", "the beginning") };
    let folder = tempfile::tempdir().unwrap();
    let index = TextIndex::open(folder.path()).unwrap();
    let writer = Writer::start(index.clone()).unwrap();
    let whole = Some("the beginning and the faraway end 5550001".to_owned());
    writer
        .add(vec![
            Source { message: with_file, whole_text: None },
            Source { message: note, whole_text: None },
            Source { message: cut, whole_text: whole },
        ])
        .await
        .unwrap();
    writer.commit(FeedPosition(1)).await.unwrap();
    assert_eq!(find(&index, "счета март"), [1]);
    assert_eq!(find(&index, "77123"), [1]);
    assert_eq!(find(&index, "перезвоните"), [2]);
    assert_eq!(find(&index, "faraway"), [3]);
    assert_eq!(find(&index, "5550001"), [3]);
}

#[tokio::test]
async fn phrases_exclusions_places_and_dates_restrict() {
    let (_folder, index) = index_of(&[
        letter(1, "refund please", "the red box is broken"),
        letter(2, "hello", "broken is the box, a red one, refund"),
        letter(3, "refund", "nothing"),
    ])
    .await;
    assert_eq!(find(&index, "\"red box\""), [1]);
    // A phrase does not go on from the subject into the text.
    assert_eq!(find(&index, "\"please the\""), Vec::<u64>::new());
    assert_eq!(sorted(find(&index, "box broken")), [1, 2]);
    assert_eq!(find(&index, "box -hello"), [1]);
    assert_eq!(find(&index, "-box"), [3]);
    assert_eq!(sorted(find(&index, "subject:refunds")), [1, 3]);
    assert_eq!(find(&index, "refund -\"red box\" -nothing"), [2]);
    assert_eq!(find(&index, "before:2023"), Vec::<u64>::new());
    // Only filters: all that pass, newest first.
    assert_eq!(find(&index, "after:2023"), [3, 2, 1]);
    assert_eq!(find(&index, "status:open"), [3, 2, 1]);
    assert_eq!(find(&index, ""), Vec::<u64>::new());
    assert_eq!(find(&index, "!!"), Vec::<u64>::new());
}

#[tokio::test]
async fn a_tickets_own_number_comes_first() {
    let mut messages: Vec<Message> = (1..20).map(|id| letter(id, "about 1042", "DEMO-1042 1042 1042")).collect();
    messages.push(Message { ticket: 1042, ..letter(1000, "other", "text") });
    let (_folder, index) = index_of(&messages).await;
    for query in ["1042", "DEMO-1042", "demo-1042", "#1042", "[DEMO-1042]"] {
        assert_eq!(find(&index, query)[0], 1042, "{query}");
    }
    assert_eq!(find(&index, "1042").len(), 20);
}

#[tokio::test]
async fn hits_are_grouped_by_ticket_and_paged() {
    // 300 messages of one ticket, which alone would fill a page.
    let mut messages: Vec<Message> = (1..=300).map(|id| Message { ticket: 1, ..letter(id, "слон", "слон") }).collect();
    messages.extend((301..=330).map(|id| letter(id, "x", "слон и что-то ещё")));
    let (_folder, index) = index_of(&messages).await;
    let query = parse("слон");
    let all = index.search(&query, None, 0, 50).unwrap();
    assert_eq!(all.len(), 31);
    assert_eq!(all[0].ticket, 1);
    assert_eq!(all[0].message, 300);
    assert_eq!(all[1].ticket, 330);
    let page = index.search(&query, None, 10, 5).unwrap();
    assert_eq!(page, all[10..15]);
    let odd = index.search(&query, Some(Arc::new(|ticket| ticket % 2 == 1)), 0, 50).unwrap();
    assert_eq!(odd.len(), 16);
}

#[tokio::test]
async fn reading_a_message_twice_leaves_one() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [letter(1, "a", "слон"), letter(2, "b", "слон")];
    for round in 1..=3 {
        let index = TextIndex::open(folder.path()).unwrap();
        write(&index, &messages, round).await;
        assert_eq!(index.messages(), 2);
        assert_eq!(index.position().unwrap(), FeedPosition(round));
    }
    let index = TextIndex::open(folder.path()).unwrap();
    write(&index, &[Message { text: "жираф".to_owned(), ..messages[0].clone() }], 4).await;
    assert_eq!(find(&index, "слон"), [2]);
    assert_eq!(find(&index, "жираф"), [1]);
}

#[tokio::test]
async fn what_was_not_committed_is_gone_and_the_position_says_so() {
    let (folder, index) = index_of(&[letter(1, "a", "слон")]).await;
    let writer = Writer::start(index.clone()).unwrap();
    writer.add(vec![Source { message: letter(2, "b", "слон"), whole_text: None }]).await.unwrap();
    writer.stop().await;
    let again = TextIndex::open(folder.path()).unwrap();
    assert_eq!(again.position().unwrap(), FeedPosition(7));
    assert_eq!(find(&again, "слон"), [1]);
}

#[tokio::test]
async fn a_writer_that_failed_is_gone_and_another_takes_over() {
    let (folder, index) = index_of(&[letter(1, "a", "слон")]).await;
    let (place, hidden) = (folder.path().join("schema-1"), folder.path().join("hidden"));
    let writer = Writer::start(index.clone()).unwrap();
    writer.commit(FeedPosition(7)).await.unwrap();
    tokio::fs::rename(&place, &hidden).await.unwrap();
    let source = Source { message: letter(2, "b", "слон"), whole_text: None };
    writer.add(vec![source.clone()]).await.unwrap();
    assert_eq!(writer.commit(FeedPosition(8)).await, Err(WriterGone));
    writer.stop().await;

    tokio::fs::rename(&hidden, &place).await.unwrap();
    assert_eq!(index.position().unwrap(), FeedPosition(7));
    write(&index, &[source.message], 8).await;
    assert_eq!(sorted(find(&index, "слон")), [1, 2]);
}

#[tokio::test]
async fn a_broken_index_is_moved_aside() {
    let (folder, index) = index_of(&[letter(1, "a", "слон")]).await;
    drop(index);
    tokio::fs::write(one_file(&folder.path().join("schema-1"), "term"), b"cut").await.unwrap();
    let again = TextIndex::open(folder.path()).unwrap();
    assert_eq!(again.position().unwrap(), FeedPosition(0));
    assert!(folder.path().join("broken").is_dir());

    write(&again, &[letter(2, "b", "слон")], 3).await;
    drop(again);
    tokio::fs::write(folder.path().join("schema-1/meta.json"), "{").await.unwrap();
    let third = TextIndex::open(folder.path()).unwrap();
    assert_eq!(third.position().unwrap(), FeedPosition(0));
    assert_eq!(third.messages(), 0);
}

#[tokio::test]
async fn after_a_start_of_the_machine_a_changed_octet_is_noticed() {
    let (folder, index) = index_of(&[letter(1, "a", "слон")]).await;
    drop(index);
    let current = folder.path().join("schema-1");
    // In the middle of the positions, where opening alone looks at nothing.
    let file = one_file(&current, "pos");
    let mut content = tokio::fs::read(&file).await.unwrap();
    content[2] ^= 0x40;
    tokio::fs::write(&file, content).await.unwrap();
    assert_eq!(TextIndex::open(folder.path()).unwrap().position().unwrap(), FeedPosition(7), "no start, no check");

    tokio::fs::write(current.join("boot-id"), "an earlier start").await.unwrap();
    assert_eq!(TextIndex::open(folder.path()).unwrap().position().unwrap(), FeedPosition(0));
    assert!(folder.path().join("broken").is_dir());
}

#[tokio::test]
async fn after_a_start_of_the_machine_a_whole_index_is_kept() {
    let (folder, index) = index_of(&[letter(1, "a", "слон"), letter(2, "b", "слон")]).await;
    write(&index, &[letter(1, "a", "жираф")], 8).await;
    drop(index);
    tokio::fs::remove_file(folder.path().join("schema-1/boot-id")).await.unwrap();
    let again = TextIndex::open(folder.path()).unwrap();
    assert_eq!(again.position().unwrap(), FeedPosition(8));
    assert_eq!(find(&again, "слон"), [2]);
}

#[tokio::test]
async fn the_index_of_another_version_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("schema-0/x")).unwrap();
    let index = TextIndex::open(folder.path()).unwrap();
    assert_eq!(index.position().unwrap(), FeedPosition(0));
    assert!(!folder.path().join("schema-0").exists());
}

/// A file of the index with this extension.
fn one_file(folder: &Path, extension: &str) -> PathBuf {
    let mut paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
}

#[tokio::test]
async fn no_query_fails() {
    let (_folder, index) = index_of(&[letter(1, "Заказ SO-2024/000123", "где он? AND OR NOT *")]).await;
    let runs = ProptestConfig { cases: 400, ..ProptestConfig::default() };
    proptest!(runs, |(text in "(\\PC|[ \"-:0-9a-zа-я]|from:|to:|after:|subject:|AND|\\*){0,60}")| {
        prop_assert!(index.search(&parse(&text), None, 0, 10).is_ok());
    });
}

#[tokio::test]
async fn real_letters_are_found_by_sender_numbers_and_subject() {
    let mut messages = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")];
    while let Some(entries) = folders.pop().and_then(|folder| std::fs::read_dir(folder).ok()) {
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let read = Letter::parse(&tokio::fs::read(&path).await.unwrap());
            let id = messages.len() as u64 + 1;
            messages.push(Message {
                from: read.from,
                attachments: read.attachments,
                ..letter(id, &read.subject, &read.text)
            });
        }
    }
    let (_folder, index) = index_of(&messages).await;
    for message in &messages {
        let sender = message.from.as_ref().map(|from| from.address.as_str()).filter(|address| address.contains('@'));
        let numbers = identifiers::find(&message.text).into_iter().map(|found| found.text).take(5);
        let mut subject = Vec::new();
        words(&message.subject, |word| subject.push(word.folded.clone()));
        subject.truncate(5);
        let queries = sender.map(str::to_owned).into_iter().chain(numbers);
        for query in queries.chain([subject.join(" ")]).filter(|query| query.chars().any(char::is_alphanumeric)) {
            let hits = index.search(&parse(&query), None, 0, 200).unwrap();
            assert!(
                hits.iter().any(|hit| hit.ticket == message.ticket),
                "{query:?} does not find {:?}",
                message.subject
            );
        }
    }
}
