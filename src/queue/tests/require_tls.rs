//! Letters with REQUIRETLS (RFC 8689).

use aws_lc_rs::digest::{SHA256, digest};
use rstest::rstest;

use super::policies::{ENFORCE, policy_host};
use super::protection::Authority;
use super::*;
use crate::mail::dns::signed_test_server::{SignedDns, Zone};

/// A server with a certificate for this name that offers REQUIRETLS inside TLS.
fn promising(authority: &Authority, name: &str) -> Behaviour {
    let tls = Some(authority.server(name));
    Behaviour { tls, extensions: vec!["STARTTLS"], inside_tls: vec!["REQUIRETLS"], ..Behaviour::default() }
}

fn demanding() -> NewMessage {
    NewMessage { require_tls: Some(true), ..NewMessage::default() }
}

/// One delivery with REQUIRETLS to shop.test, whose zone is signed.
async fn deliver_in_zone(
    behaviour: Behaviour,
    outbound: &str,
    trust: Trust,
    fill: impl FnOnce(&mut Zone, u16),
) -> (Setting, Delivery) {
    let setting = Setting::new(behaviour, outbound).await;
    let mut zone = SignedDns::zone();
    fill(&mut zone, setting.server.address.port());
    let names = zone.serve().await;
    let dns = Dns::new(&[names.address], Duration::from_secs(5)).with_anchors(&names.anchors);
    let number = setting.reply_with(demanding()).await;
    setting.start_with(dns, trust, 443);
    let delivery = setting.attempted(number).await.remove(0);
    (setting, delivery)
}

fn with_exchange(zone: &mut Zone, _port: u16) {
    zone.mx("shop.test", "mx.shop.test").host("mx.shop.test", "127.0.0.1");
}

/// The command MAIL that the server was told.
fn mail_command(setting: &Setting) -> Option<String> {
    setting.server.log().commands.into_iter().find(|command| command.starts_with("MAIL"))
}

#[track_caller]
fn assert_delivered(setting: &Setting, delivery: &Delivery, policy: &str, certificate: &str) {
    let attempt = &delivery.attempts[0];
    assert_eq!(delivery.state, DeliveryState::Delivered, "{attempt:?}");
    assert_eq!((attempt.tls_policy.as_deref(), attempt.certificate.as_deref()), (Some(policy), Some(certificate)));
    assert!(mail_command(setting).unwrap().ends_with(" REQUIRETLS"), "{:?}", setting.server.log().commands);
}

#[track_caller]
fn assert_refused(setting: &Setting, delivery: &Delivery, words: &str) {
    let attempt = &delivery.attempts[0];
    assert_eq!((delivery.state, delivery.attempt_count), (DeliveryState::Failed, 1), "{attempt:?}");
    assert!(attempt.text.starts_with(words) && attempt.code.is_none(), "{attempt:?}");
    assert_eq!(mail_command(setting), None);
}

#[tokio::test]
async fn a_verified_server_of_a_signed_domain_that_promises_it_gets_the_letter() {
    let authority = Authority::new();
    let (setting, delivery) =
        deliver_in_zone(promising(&authority, "mx.shop.test"), "", authority.trust(), with_exchange).await;
    assert_delivered(&setting, &delivery, "requiretls", "verified");
}

#[tokio::test]
async fn a_certificate_that_a_signed_record_names_is_verified_enough() {
    let (tls, key) = Authority::new().server_and_key("other.test");
    let behaviour = Behaviour {
        tls: Some(tls),
        extensions: vec!["STARTTLS"],
        inside_tls: vec!["REQUIRETLS"],
        ..Behaviour::default()
    };
    let hash: [u8; 32] = digest(&SHA256, &key).as_ref().try_into().unwrap();
    let fill = |zone: &mut Zone, port: u16| {
        with_exchange(zone, port);
        zone.tlsa(&format!("_{port}._tcp.mx.shop.test"), 3, hash);
    };
    let (setting, delivery) = deliver_in_zone(behaviour, "", no_trust(), fill).await;
    assert_delivered(&setting, &delivery, "dane, requiretls", "verified (dane)");
}

#[tokio::test]
async fn a_domain_that_is_its_own_mail_host_needs_nobody_to_vouch_for_the_name() {
    let authority = Authority::new();
    let setting = Setting::new(promising(&authority, "shop.test"), "").await;
    let names = TestDns::start().await;
    names.host("shop.test", "127.0.0.1".parse().unwrap()).await;
    let number = setting.reply_with(demanding()).await;
    setting.start_with(Dns::new(&[names.address], Duration::from_secs(5)), authority.trust(), 443);
    let delivery = setting.attempted(number).await.remove(0);
    assert_delivered(&setting, &delivery, "requiretls", "verified");
}

#[tokio::test]
async fn a_policy_that_names_the_mail_host_vouches_for_it() {
    let authority = Authority::new();
    let setting = Setting::new(promising(&authority, "mx.shop.test"), "").await;
    setting.names.txt("_mta-sts.shop.test", "v=STSv1; id=1;").await;
    setting.names.host("mta-sts.shop.test", "127.0.0.1".parse().unwrap()).await;
    let port = policy_host(&authority, "mta-sts.shop.test", "200 OK", ENFORCE).await;
    let number = setting.reply_with(demanding()).await;
    setting.start_with(Dns::new(&[setting.names.address], Duration::from_secs(5)), authority.trust(), port);
    let delivery = setting.attempted(number).await.remove(0);
    assert_delivered(&setting, &delivery, "mta-sts, requiretls", "verified");
}

#[tokio::test]
async fn a_policy_that_cannot_be_had_now_is_waited_for() {
    let authority = Authority::new();
    let setting = Setting::new(promising(&authority, "mx.shop.test"), "").await;
    setting.names.txt("_mta-sts.shop.test", "v=STSv1; id=1;").await;
    setting.names.host("mta-sts.shop.test", "127.0.0.1".parse().unwrap()).await;
    let port = policy_host(&authority, "mta-sts.shop.test", "503 Later", ENFORCE).await;
    let number = setting.reply_with(demanding()).await;
    setting.start_with(Dns::new(&[setting.names.address], Duration::from_secs(5)), authority.trust(), port);
    let delivery = setting.attempted(number).await.remove(0);
    assert_eq!(delivery.state, DeliveryState::Deferred, "{:?}", delivery.attempts);
    assert!(delivery.attempts[0].text.contains("MTA-STS"), "{:?}", delivery.attempts);
    assert_eq!(setting.server.log().connections, 0);
}

#[tokio::test]
async fn a_smarthost_is_believed_by_its_name() {
    let authority = Authority::new();
    let setting = Setting::new(promising(&authority, "localhost"), "smarthost = \"localhost:PORT\"").await;
    setting.names.host("localhost", "127.0.0.1".parse().unwrap()).await;
    let number = setting.reply_with(demanding()).await;
    setting.start(authority.trust());
    let delivery = setting.attempted(number).await.remove(0);
    assert_delivered(&setting, &delivery, "requiretls", "verified");
}

#[tokio::test]
async fn a_mail_host_that_nobody_vouches_for_is_not_even_asked_and_the_ticket_is_told() {
    let authority = Authority::new();
    let setting = Setting::new(promising(&authority, "mx.shop.test"), "").await;
    let number = setting.reply_with(demanding()).await;
    setting.start(authority.trust());
    let delivery = setting.attempted(number).await.remove(0);
    assert_refused(&setting, &delivery, "5.7.30 REQUIRETLS needed: neither DNSSEC nor an MTA-STS policy vouches");
    assert_eq!(setting.server.log().connections, 0);
    let view = setting.test.desk.ticket_view(&Actor::System, number).await.unwrap();
    let told = &view.messages.last().unwrap().message.text;
    assert!(told.starts_with("Not delivered to ivan@shop.test: 5.7.30 REQUIRETLS needed"), "{told}");
    assert_eq!(view.ticket.status, crate::rules::Status::Open);
}

#[tokio::test]
async fn a_server_that_promises_it_only_outside_tls_or_never_is_told_goodbye() {
    let authority = Authority::new();
    let behaviour = Behaviour { inside_tls: Vec::new(), ..promising(&authority, "mx.shop.test") };
    let (setting, delivery) = deliver_in_zone(behaviour, "", authority.trust(), with_exchange).await;
    assert_refused(&setting, &delivery, "5.7.30 REQUIRETLS needed: the server does not offer it");
    assert_eq!(delivery.attempts[0].certificate.as_deref(), Some("verified"));
    assert_eq!(setting.server.log().commands.last().map(String::as_str), Some("QUIT"));
}

#[rstest]
#[case::for_another_name("other.test", true)]
#[case::of_a_stranger("mx.shop.test", false)]
#[tokio::test]
async fn a_certificate_that_does_not_verify_gets_no_letter(#[case] name: &str, #[case] is_trusted: bool) {
    let authority = Authority::new();
    let trust = if is_trusted { authority.trust() } else { no_trust() };
    let (setting, delivery) = deliver_in_zone(promising(&authority, name), "", trust, with_exchange).await;
    assert_refused(&setting, &delivery, "5.7.10 Encryption needed: ");
    assert!(delivery.attempts[0].certificate.as_deref().unwrap().starts_with("not verified"));
    let log = setting.server.log();
    assert_eq!((log.connections, log.letters.len()), (1, 0), "it is not tried in clear text");
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_letter() {
    let (setting, delivery) = deliver_in_zone(Behaviour::default(), "", no_trust(), with_exchange).await;
    assert_refused(&setting, &delivery, "5.7.10 Encryption needed: the server offers no STARTTLS");
}

#[tokio::test]
async fn a_way_that_is_set_to_clear_text_takes_no_such_letter() {
    let authority = Authority::new();
    let behaviour = promising(&authority, "mx.shop.test");
    let (setting, delivery) = deliver_in_zone(behaviour, "tls = \"never\"", authority.trust(), with_exchange).await;
    assert_refused(&setting, &delivery, "5.7.10 Encryption needed: by setting");
    assert_eq!(setting.server.log().connections, 0);
}

/// Two mail hosts of shop.test: the setting's server is the second one.
async fn deliver_to_two(
    first: Option<Behaviour>,
    second: Behaviour,
    trust: Trust,
) -> (Setting, Option<Server>, Delivery) {
    let setting = Setting::new(second, "").await;
    let port = setting.server.address.port();
    let first = match first {
        Some(behaviour) => Some(Server::start_at(([127, 0, 0, 9], port).into(), behaviour).await),
        None => None,
    };
    let mut zone = SignedDns::zone();
    zone.mx_at("shop.test", 5, "first.shop.test").host("first.shop.test", "127.0.0.9");
    with_exchange(&mut zone, port);
    let names = zone.serve().await;
    let dns = Dns::new(&[names.address], Duration::from_secs(5)).with_anchors(&names.anchors);
    let number = setting.reply_with(demanding()).await;
    setting.start_with(dns, trust, 443);
    let delivery = setting.attempted(number).await.remove(0);
    (setting, first, delivery)
}

#[tokio::test]
async fn a_mail_host_that_cannot_have_it_is_passed_over_for_one_that_can() {
    let authority = Authority::new();
    let first = Behaviour { inside_tls: Vec::new(), ..promising(&authority, "first.shop.test") };
    let second = promising(&authority, "mx.shop.test");
    let (setting, first, delivery) = deliver_to_two(Some(first), second, authority.trust()).await;
    assert_delivered(&setting, &delivery, "requiretls", "verified");
    assert_eq!(delivery.attempts[0].server, "mx.shop.test");
    assert!(first.unwrap().log().commands.iter().any(|command| command == "QUIT"));
}

#[tokio::test]
async fn it_is_tried_again_while_a_mail_host_cannot_be_reached_that_might_have_it() {
    let authority = Authority::new();
    let second = Behaviour { inside_tls: Vec::new(), ..promising(&authority, "mx.shop.test") };
    let (setting, _, delivery) = deliver_to_two(None, second, authority.trust()).await;
    assert_eq!(delivery.state, DeliveryState::Deferred, "{:?}", delivery.attempts);
    assert!(setting.server.log().letters.is_empty());
}

#[tokio::test]
async fn letters_without_it_leave_as_ever_and_over_connections_of_their_own() {
    let authority = Authority::new();
    let setting = Setting::new(promising(&authority, "other.test"), "").await;
    let (first, second) = (setting.reply_with(demanding()).await, setting.reply(&[]).await);
    setting.start(authority.trust());
    assert_eq!(setting.attempted(first).await[0].state, DeliveryState::Failed);
    assert_eq!(setting.attempted(second).await[0].state, DeliveryState::Delivered);
    assert!(!mail_command(&setting).unwrap().contains("REQUIRETLS"));
}
