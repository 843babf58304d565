//! What a crash between a server's `250` and our record leaves.

use super::super::attempt::Told;
use super::*;
use crate::desk::Attempt;
use crate::desk::commands::AttemptOutcome;

/// What a worker says of a letter that the server took, when the delivery had had so many attempts.
fn told(delivery: &Delivery, attempts: u32) -> Told {
    Told {
        delivery: Delivery { attempt_count: attempts, ..delivery.clone() },
        attempt: Some(Attempt { code: Some(250), text: "taken before the crash".to_owned(), ..Attempt::default() }),
        outcome: AttemptOutcome::Delivered,
        notice: false,
    }
}

/// A process that notes this and is killed before it can record it.
fn crash_behind(file: &Path, told: &[Told]) {
    let (notes, _) = crate::store::notes::Notes::open(file, 1).unwrap();
    notes.clear().unwrap();
    drop(Taken::over(notes).note(told, None).unwrap());
}

#[tokio::test]
async fn what_a_server_took_before_a_crash_is_recorded_and_not_sent_again() {
    let setting = Setting::new(Behaviour::default(), "").await;
    let number = setting.reply(&["gone@shop.test", "olga@shop.test"]).await;
    let waiting = setting.deliveries(number).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    crash_behind(&file, &[told(&waiting[0], 0), told(&waiting[2], 0)]);

    setting.start_noting(&file);
    let deliveries = setting.attempted(number).await;
    assert!(deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered), "{deliveries:?}");
    assert_eq!(deliveries[0].attempts[0].text, "taken before the crash");
    let letters = setting.server.log().letters;
    assert_eq!(letters.len(), 1, "only for the one of whom nothing was noted");
    assert_eq!(letters[0].0, ["gone@shop.test"]);
}

#[tokio::test]
async fn a_note_of_another_attempt_changes_nothing() {
    let setting = Setting::new(Behaviour::default(), "").await;
    let number = setting.reply(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    crash_behind(&file, &[told(&setting.deliveries(number).await[0], 1)]);

    setting.start_noting(&file);
    assert_eq!(setting.attempted(number).await[0].state, DeliveryState::Delivered);
    assert_eq!(setting.server.log().letters.len(), 1);
}

#[tokio::test]
async fn what_a_server_takes_is_noted() {
    let setting = Setting::new(Behaviour::default(), "").await;
    let number = setting.reply(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    setting.start_noting(&file);
    setting.attempted(number).await;
    // The note has served, but its slot is not wiped before the next start, which finds all of it recorded.
    let left = Taken::open(&file, 1).unwrap();
    assert_eq!(left.count(), 1);
    left.record_left(&setting.test.desk).await;
    assert_eq!(setting.deliveries(number).await[0].attempt_count, 1);
    assert_eq!(Taken::open(&file, 1).unwrap().count(), 0);
}
