use std::sync::Mutex;

use super::*;

const EXTENSIONS: [&str; 2] = ["PIPELINING", "CHUNKING"];

#[tokio::test]
async fn a_server_that_offers_chunking_gets_the_letter_by_bdat() {
    let behaviour = Behaviour { extensions: EXTENSIONS.to_vec(), ..Behaviour::default() };
    let setting = Setting::new(behaviour, "").await;
    let number = setting.reply(&["olga@shop.test"]).await;
    setting.start(no_trust());
    let deliveries = setting.attempted(number).await;
    assert!(deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered), "{deliveries:?}");
    assert_eq!(deliveries[0].attempts[0].chunks, Some(1));
    let log = setting.server.log();
    assert!(log.commands.iter().all(|command| command != "DATA"), "{:?}", log.commands);
    assert_eq!(log.letters.len(), 1);
    assert_eq!(log.letters[0].0, ["ivan@shop.test", "olga@shop.test"]);
    assert!(log.letters[0].1.ends_with("\r\n") && !log.letters[0].1.ends_with("\r\n.\r\n"));
}

#[tokio::test]
async fn a_refused_chunk_is_the_truth_of_those_who_were_taken_and_of_nobody_else() {
    let recipients = std::collections::HashMap::from([("gone@shop.test", "550 5.1.1 no such user")]);
    let chunks = Arc::new(Mutex::new(["452 4.3.1 no room"].into()));
    let behaviour = Behaviour { extensions: EXTENSIONS.to_vec(), recipients, chunks, ..Behaviour::default() };
    let setting = Setting::new(behaviour, "").await;
    let number = setting.reply(&["gone@shop.test"]).await;
    setting.start(no_trust());
    let deliveries = setting.attempted(number).await;
    assert_eq!(
        states(&deliveries),
        [("ivan@shop.test", DeliveryState::Deferred), ("gone@shop.test", DeliveryState::Failed)]
    );
    assert_eq!((deliveries[0].attempts[0].code, deliveries[1].attempts[0].code), (Some(452), Some(550)));
}

#[tokio::test]
async fn a_server_that_offers_chunking_without_knowing_it_gets_the_letter_by_data_on_another_connection() {
    let behaviour = Behaviour { extensions: EXTENSIONS.to_vec(), ignores_bdat: true, ..Behaviour::default() };
    let setting = Setting::new(behaviour, "").await;
    let number = setting.reply(&[]).await;
    setting.start(no_trust());
    let deliveries = setting.attempted(number).await;
    assert_eq!((deliveries[0].state, deliveries[0].attempt_count), (DeliveryState::Delivered, 1), "{deliveries:?}");
    assert_eq!(deliveries[0].attempts[0].chunks, None);
    let log = setting.server.log();
    assert_eq!((log.connections, log.letters.len()), (2, 1), "{:?}", log.commands);
}
