use std::sync::Mutex;

use super::*;

#[tokio::test]
async fn a_destination_gets_no_more_connections_than_it_may() {
    let behaviour = Behaviour { slow: Duration::from_millis(30), ..Behaviour::default() };
    let setting = Setting::new(behaviour, "destination_concurrency = 2").await;
    let mut tickets = Vec::new();
    for _ in 0..10 {
        tickets.push(setting.reply(&[]).await);
    }
    setting.start(no_trust());
    for number in tickets {
        setting.attempted(number).await;
    }
    let log = setting.server.log();
    assert_eq!((log.letters.len(), log.most_open), (10, 2));
}

#[tokio::test]
async fn a_destination_that_says_not_now_is_left_alone_for_a_while_and_then_gets_the_rest() {
    let ends = Mutex::new(["451 4.3.2 busy"].into());
    let behaviour = Behaviour { ends: Arc::new(ends), ..Behaviour::default() };
    let setting = Setting::new(behaviour, "destination_concurrency = 1\nretry_seconds = [1]").await;
    let tickets = [setting.reply(&[]).await, setting.reply(&[]).await];
    setting.start(no_trust());
    let began = Instant::now();
    let deferred = &setting.attempted(tickets[0]).await[0];
    assert_eq!((deferred.state, deferred.attempts[0].code), (DeliveryState::Deferred, Some(451)));
    let second = setting.attempted(tickets[1]).await;
    assert_eq!(second[0].state, DeliveryState::Delivered);
    assert!(began.elapsed() >= Duration::from_millis(900), "the second letter waited {:?}", began.elapsed());
    loop {
        let first = &setting.deliveries(tickets[0]).await[0];
        if first.state == DeliveryState::Delivered {
            assert_eq!(first.attempt_count, 2);
            break;
        }
        assert!(began.elapsed() < DEADLINE, "{first:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn letters_to_a_destination_that_cannot_be_reached_do_not_each_wait_for_it() {
    let setting = Setting::new(Behaviour::default(), "destination_concurrency = 1").await;
    setting.names.mx("dead.test", 10, "mx.dead.test").await;
    setting.names.host("mx.dead.test", "127.9.9.9".parse().unwrap()).await;
    let tickets = [setting.reply(&["a@dead.test", "b@dead.test"]).await, setting.reply(&["c@dead.test"]).await];
    setting.start(no_trust());
    let mut words = Vec::new();
    for number in tickets {
        for delivery in setting.attempted(number).await {
            match delivery.recipient.as_str() {
                "ivan@shop.test" => assert_eq!(delivery.state, DeliveryState::Delivered),
                _ => words.push((delivery.state, delivery.attempts[0].text.starts_with("not tried"))),
            }
        }
    }
    let expected =
        [(DeliveryState::Deferred, false), (DeliveryState::Deferred, false), (DeliveryState::Deferred, true)];
    assert_eq!(words, expected);
}

#[tokio::test]
async fn a_delivery_that_another_hand_lets_go_unchanged_is_attempted_after_all() {
    let setting = Setting::new(Behaviour::default(), "destination_concurrency = 1").await;
    let (first, second) = (setting.reply(&[]).await, setting.reply(&[]).await);
    let delivery = setting.deliveries(first).await.remove(0);
    let hand = setting.test.desk.take_delivery(delivery.id, delivery.due_at).await.unwrap().unwrap();
    setting.start(no_trust());
    // It stands before the second one in the line: it was met in the other hand, and passed over.
    assert_eq!(setting.attempted(second).await[0].state, DeliveryState::Delivered);
    assert_eq!(setting.deliveries(first).await[0].attempt_count, 0);
    drop(hand);
    assert_eq!(setting.attempted(first).await[0].state, DeliveryState::Delivered);
}
