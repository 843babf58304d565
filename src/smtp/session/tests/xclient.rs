use super::*;
use crate::desk::{Finding, Stage};

#[test]
fn xclient_is_offered_to_and_taken_from_trusted_clients_only() {
    let mut talk = Talk::new();
    assert!(!talk.say("EHLO a.test").0.contains("XCLIENT"));
    assert_eq!(talk.codes(&["XCLIENT ADDR=203.0.113.5"]), ["550 5.7.0"]);
    assert_eq!(talk.session.facts().peer, "192.0.2.1:25");

    let mut talk = Talk::trusting("192.0.2.1");
    assert!(talk.say("EHLO a.test").0.contains("250 XCLIENT NAME ADDR PORT"));
    assert_eq!(talk.say("XCLIENT ADDR=203.0.113.5 PORT=99"), (String::new(), Effect::NewPeer));
    let facts = talk.session.facts();
    assert_eq!((facts.peer.as_str(), facts.proxy.as_deref()), ("203.0.113.5:99", Some("192.0.2.1:25")));
    assert!(facts.helo.is_empty());
    assert_eq!(talk.codes(&["MAIL FROM:<>"]), ["503 5.5.1"]);
    assert_eq!(talk.say("XCLIENT ADDR=IPV6:2001:db8::9 HELO=b.test PROTO=SMTP").1, Effect::NewPeer);
    assert_eq!(talk.session.peer(), "[2001:db8::9]:0".parse().unwrap());
    assert_eq!(
        talk.codes(&["MAIL FROM:<> SIZE=1", "MAIL FROM:<>", "XCLIENT PORT=1"]),
        ["555 5.5.4", "250 2.1.0", "503 5.5.1"]
    );
}

#[test]
fn what_was_found_about_a_filter_is_not_held_against_the_client_for_whom_it_speaks() {
    let mut talk = Talk::trusting("192.0.2.1");
    talk.session.found(Some(Finding { stage: Stage::EarlyTalker, points: 5, detail: String::new() }));
    talk.say("XCLIENT ADDR=203.0.113.5");
    assert!(talk.session.findings().is_empty());
}
