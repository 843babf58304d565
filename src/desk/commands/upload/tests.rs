use proptest::prelude::*;

use super::*;
use crate::desk::commands::NewMessage;
use crate::desk::testing::{self, TestDesk};
use crate::desk::{DeskError, Upload};
use crate::mail::{Attachment, Letter};
use crate::store::{Space, Store};

async fn upload(
    desk: &Desk,
    actor: &Actor,
    name: &str,
    content: &[u8],
    key: Option<&str>,
) -> Result<Upload, DeskError> {
    let new = NewUpload {
        name: name.to_owned(),
        content_type: "Application/PDF; x=y".to_owned(),
        idempotency_key: key.map(str::to_owned),
    };
    let mut writer = desk.begin_upload(actor, new).await?;
    for part in content.chunks(10_007) {
        if let Err(error) = writer.write(part).await {
            writer.abandon().await;
            return Err(error);
        }
    }
    writer.finish().await
}

fn with(attachments: Vec<u64>) -> NewMessage {
    NewMessage { text: "See the files.".to_owned(), attachments, ..NewMessage::default() }
}

/// How many rows uploads and their pieces have.
async fn rows(test: &TestDesk) -> (usize, usize) {
    let count = async |space| test.store.scan(&keys::all(space), 1000).await.unwrap().rows.len();
    (count(Space::Upload).await, count(Space::UploadPiece).await)
}

fn content(octets: usize) -> Vec<u8> {
    (0..octets).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

async fn refused(test: &TestDesk, actor: &Actor, number: u64, attachments: Vec<u64>) -> bool {
    let outcome = test.desk.reply(actor, number, with(attachments)).await;
    matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "attachments")
}

#[tokio::test]
async fn an_upload_goes_into_the_reply_octet_for_octet_and_is_listed_with_it() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    // Whole commits, whole pieces, and what is neither.
    let contents = [content(AT_ONCE * PIECE + 1), content(2 * PIECE), content(5), Vec::new()];
    let mut ids = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let made = upload(&test.desk, &test.actor, &format!("/tmp/файл {index}.pdf"), content, None).await.unwrap();
        assert_eq!(
            (made.name.as_str(), made.content_type.as_str()),
            (&*format!("файл {index}.pdf"), "application/pdf")
        );
        assert_eq!((made.size, made.is_whole), (content.len() as u64, true));
        ids.push(made.id);
    }
    let id = test.desk.reply(&test.actor, number, with(ids.clone())).await.unwrap().value;
    let message = test.desk.message_by_id(&test.actor, id).await.unwrap();
    let source = test.desk.message_source(&test.actor, id).await.unwrap();
    assert_eq!(message.size, source.len() as u64);
    assert_eq!((message.attachments.len(), &message.uploads), (4, &ids));
    assert_eq!(Letter::parse(&source).attachments, message.attachments);
    for (listed, content) in message.attachments.iter().zip(&contents) {
        assert!(Attachment::content(&source, listed.part).unwrap() == *content, "{listed:?}");
    }
    assert!(source.starts_with(b"DKIM-Signature:"));
}

#[tokio::test]
async fn only_its_own_operator_can_attach_an_upload() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let id = upload(&test.desk, &test.actor, "a.pdf", b"x", None).await.unwrap().id;
    assert!(refused(&test, &test.admin, number, vec![id]).await);
    assert!(refused(&test, &test.actor, number, vec![id + 1]).await);
    assert!(refused(&test, &test.actor, number, vec![id, id]).await);
    assert!(refused(&test, &test.actor, number, (0..51).collect()).await);
    let note = test.desk.note(&test.actor, number, with(vec![id])).await;
    assert!(matches!(note, Err(DeskError::Invalid { .. })));
    assert!(!refused(&test, &test.actor, number, vec![id]).await);
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_leaves_nothing() {
    let test = testing::desk_with(|settings| {
        settings.attachment_size = 100_000;
        settings.letter_size = 350_000;
    })
    .await;
    let (number, _) = test.ticket().await;
    let outcome = upload(&test.desk, &test.actor, "a.pdf", &content(100_001), None).await;
    assert!(matches!(outcome, Err(DeskError::TooLarge(_))), "{outcome:?}");
    assert_eq!(rows(&test).await, (0, 0));
    // Each may be sent, not both together.
    let one = upload(&test.desk, &test.actor, "a.pdf", &content(100_000), None).await.unwrap().id;
    let two = upload(&test.desk, &test.actor, "b.pdf", &content(100_000), None).await.unwrap().id;
    assert!(refused(&test, &test.actor, number, vec![one, two]).await);
    assert_eq!(test.desk.messages(number).await.unwrap().len(), 1);
    assert!(!refused(&test, &test.actor, number, vec![two]).await);
    let unnamed = upload(&test.desk, &test.actor, "../..", b"x", None).await;
    assert!(matches!(&unnamed, Err(DeskError::Invalid { field, .. }) if field == "name"), "{unnamed:?}");
}

#[tokio::test]
async fn the_same_key_is_one_upload_and_another_file_under_it_an_error() {
    let test = testing::desk().await;
    let content = content(3 * PIECE);
    let one = upload(&test.desk, &test.actor, "a.pdf", &content, Some("k")).await.unwrap();
    let two = upload(&test.desk, &test.actor, "a.pdf", &content, Some("k")).await.unwrap();
    assert_eq!(one, two);
    assert_eq!(rows(&test).await, (1, 3));
    let other = upload(&test.desk, &test.actor, "a.pdf", b"x", Some("k")).await;
    assert!(matches!(&other, Err(DeskError::Invalid { field, .. }) if field == "idempotency_key"), "{other:?}");
}

#[tokio::test]
async fn a_reply_with_other_files_is_another_reply() {
    let test = testing::desk().await;
    let (number, _) = test.ticket().await;
    let id = upload(&test.desk, &test.actor, "a.pdf", b"x", None).await.unwrap().id;
    let keyed = |attachments| NewMessage { idempotency_key: Some("k".to_owned()), ..with(attachments) };
    let one = test.desk.reply(&test.actor, number, keyed(vec![id])).await.unwrap().value;
    assert_eq!(test.desk.reply(&test.actor, number, keyed(vec![id])).await.unwrap().value, one);
    assert!(test.desk.reply(&test.actor, number, keyed(vec![])).await.is_err());
}

#[tokio::test]
async fn what_no_reply_uses_is_swept_and_so_is_what_was_cut_off() {
    let test = testing::desk_with(|settings| settings.hold_seconds = 60).await;
    let (number, _) = test.ticket().await;
    let used = upload(&test.desk, &test.actor, "used.pdf", &content(PIECE + 1), None).await.unwrap().id;
    let unused = upload(&test.desk, &test.actor, "unused.pdf", &content(10), None).await.unwrap().id;
    let new = NewUpload { name: "cut.pdf".to_owned(), ..NewUpload::default() };
    let mut cut = test.desk.begin_upload(&test.actor, new).await.unwrap();
    cut.write(&content(AT_ONCE * PIECE)).await.unwrap();
    let cut_off = cut.upload.id;
    drop(cut);
    assert_eq!(rows(&test).await, (3, 2 + 1 + AT_ONCE));
    assert!(refused(&test, &test.actor, number, vec![cut_off]).await);

    let now = now_ms();
    let reply = test.desk.reply(&test.actor, number, with(vec![used])).await.unwrap().value;
    assert_eq!(test.desk.sweep(now).await.unwrap(), 0);
    // Taken back, it has its file again.
    test.desk.recall(&test.actor, reply, None).await.unwrap();
    let again = test.desk.reply(&test.actor, number, with(vec![used])).await.unwrap().value;
    assert_eq!(test.desk.sweep(now + 2 * 60 * 60 * 1000).await.unwrap(), 1);
    assert!(refused(&test, &test.actor, number, vec![used]).await);
    assert_eq!(test.desk.sweep(now + KEPT_MS + 60_000).await.unwrap(), 2);
    assert_eq!(rows(&test).await, (0, 0));
    assert!(refused(&test, &test.actor, number, vec![unused]).await);
    // The letter has its file for ever.
    let source = test.desk.message_source(&test.actor, again).await.unwrap();
    assert_eq!(Letter::parse(&source).attachments.len(), 1);
}

proptest! {
    #[test]
    fn any_name_and_type_is_one_that_a_reader_gets_back(name in "(?s).{0,300}", kind in "(?s).{0,40}") {
        let (clean, kind) = (file_name(&name), sendable_type(&kind));
        prop_assert_eq!(file_name(&clean), clean.clone());
        prop_assert!(!clean.contains(['/', '\\', '\r', '\n', '\0']));
        prop_assert_eq!(sendable_type(&kind), kind.clone());
        prop_assert!(!kind.starts_with("multipart/") && !kind.starts_with("message/"));
    }
}
