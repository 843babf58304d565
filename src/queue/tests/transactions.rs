use std::collections::HashMap;

use super::*;

const EXTENSIONS: [&str; 2] = ["PIPELINING", "8BITMIME"];

#[tokio::test]
async fn recipients_of_one_letter_share_a_transaction_and_have_truths_of_their_own() {
    let recipients = HashMap::from([
        ("gone@shop.test", "550-5.1.1 no such\r\n550 5.1.1 user"),
        ("grey@shop.test", "450 4.7.1 come again"),
    ]);
    let extensions = EXTENSIONS.to_vec();
    let setting = Setting::new(Behaviour { recipients, extensions, ..Behaviour::default() }, "").await;
    let number = setting.reply(&["gone@shop.test", "grey@shop.test", "olga@shop.test"]).await;
    setting.start(no_trust());
    let deliveries = setting.attempted(number).await;
    let expected = [
        ("ivan@shop.test", DeliveryState::Delivered),
        ("gone@shop.test", DeliveryState::Failed),
        ("grey@shop.test", DeliveryState::Deferred),
        ("olga@shop.test", DeliveryState::Delivered),
    ];
    assert_eq!(states(&deliveries), expected);
    let log = setting.server.log();
    assert_eq!((log.connections, log.letters.len()), (1, 1), "{:?}", log.commands);
    assert_eq!(log.letters[0].0, ["ivan@shop.test", "olga@shop.test"]);
    let gone = &deliveries[1].attempts[0];
    assert_eq!((gone.code, gone.text.as_str()), (Some(550), "5.1.1 no such user"));
    assert_eq!((gone.recipients, gone.tls_policy.as_deref()), (Some(4), Some("opportunistic")));
    let taken = &deliveries[0].attempts[0];
    assert_eq!(taken.server, "mx.shop.test");
    assert!(taken.connected_ms <= taken.mail_ms && taken.mail_ms <= taken.data_ms && taken.data_ms <= taken.end_ms);
    assert!(taken.end_ms.is_some());
}

#[tokio::test]
async fn recipients_beyond_what_a_server_takes_go_in_the_next_transaction_at_once() {
    let behaviour = Behaviour { most_recipients: Some(2), ..Behaviour::default() };
    let setting = Setting::new(behaviour, "").await;
    let number = setting.reply(&["a@shop.test", "b@shop.test", "c@shop.test", "d@shop.test"]).await;
    setting.start(no_trust());
    let deliveries = setting.attempted(number).await;
    assert!(
        deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered && delivery.attempt_count == 1)
    );
    let log = setting.server.log();
    let groups: Vec<usize> = log.letters.iter().map(|(recipients, _)| recipients.len()).collect();
    assert_eq!((groups, log.connections), (vec![2, 2, 1], 1));
}

#[tokio::test]
async fn letters_share_a_connection() {
    let setting = Setting::new(Behaviour::default(), "destination_concurrency = 1").await;
    let mut tickets = Vec::new();
    for _ in 0..5 {
        tickets.push(setting.reply(&[]).await);
    }
    setting.start(no_trust());
    for number in &tickets {
        setting.attempted(*number).await;
    }
    let late = setting.reply(&[]).await;
    setting.attempted(late).await;
    let log = setting.server.log();
    assert_eq!((log.connections, log.letters.len()), (1, 6), "{:?}", log.commands);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_between_letters_costs_no_attempt() {
    let behaviour = Behaviour { letters_per_connection: Some(1), ..Behaviour::default() };
    let setting = Setting::new(behaviour, "destination_concurrency = 1").await;
    let tickets = [setting.reply(&[]).await, setting.reply(&[]).await, setting.reply(&[]).await];
    setting.start(no_trust());
    for number in tickets {
        let deliveries = setting.attempted(number).await;
        assert_eq!((deliveries[0].state, deliveries[0].attempt_count), (DeliveryState::Delivered, 1));
    }
    assert_eq!(setting.server.log().letters.len(), 3);
}

#[tokio::test]
async fn a_dead_server_is_passed_over_for_the_next() {
    let setting = Setting::new(Behaviour::default(), "").await;
    setting.names.mx("shop.test", 5, "dead.shop.test").await;
    setting.names.host("dead.shop.test", "127.9.9.9".parse().unwrap()).await;
    let number = setting.reply(&[]).await;
    setting.start(no_trust());
    let deliveries = setting.attempted(number).await;
    assert_eq!(deliveries[0].state, DeliveryState::Delivered);
    assert_eq!(deliveries[0].attempts[0].server, "mx.shop.test");
}
