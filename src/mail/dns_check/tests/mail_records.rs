//! Host name, PTR, MX, SPF, DKIM.

use rstest::rstest;

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::*;

const MX: &str = "demo.test. IN MX 10 mx.demo.test.";
const SPF: &str = "demo.test. IN TXT \"v=spf1 mx -all\"";

fn is_host(entry: &Entry) -> bool {
    matches!(entry, Entry::Host("mx.demo.test", _))
}

fn is_mx(entry: &Entry) -> bool {
    matches!(entry, Entry::Mx(..))
}

fn is_ptr(entry: &Entry) -> bool {
    matches!(entry, Entry::Ptr(..))
}

#[test]
fn a_host_name_without_address_is_told() {
    let lines = ["mx.demo.test. IN A 203.0.113.7", "mx.demo.test. IN AAAA 2a00:1450::7"];
    World::right().without(is_host).expect(CheckKind::Host, Error, "no address", &lines);
}

#[test]
fn a_lacking_address_is_told() {
    let world = World::right().without(|entry| matches!(entry, Entry::Host(_, OURS_6)));
    world.expect(CheckKind::Host, Warning, "lacks", &["mx.demo.test. IN AAAA 2a00:1450::7"]);
}

#[test]
fn an_address_that_is_not_ours_is_told() {
    let world = World::right().with(Entry::Host("mx.demo.test", "198.51.100.9"));
    world.expect(CheckKind::Host, Error, "198.51.100.9", &[]);
}

#[rstest]
#[case("10.1.2.3")]
#[case("100.64.0.1")]
#[case("fd00::1")]
fn an_address_that_nobody_reaches_is_told(#[case] address: &'static str) {
    let mut world = World::right().without(is_host).with(Entry::Host("mx.demo.test", address));
    world.subject.addresses.clear();
    world.expect(CheckKind::Host, Error, "cannot reach", &[]);
}

#[test]
fn a_host_name_without_domain_is_told() {
    let mut world = World::right().with(Entry::Host("desk", OURS));
    world.subject.hostname = "desk".to_owned();
    world.expect(CheckKind::Host, Error, "has no domain", &["desk. IN AAAA 2a00:1450::7"]);
}

#[test]
fn an_address_without_name_is_told() {
    let world = World::right().without(|entry| matches!(entry, Entry::Ptr(OURS, _)));
    world.expect(CheckKind::Reverse, Error, "has no name", &["7.113.0.203.in-addr.arpa. IN PTR mx.demo.test."]);
}

#[test]
fn a_name_that_does_not_lead_back_is_told() {
    let mut world = World::right().without(is_ptr).with(Entry::Ptr(OURS, "host7.provider.test"));
    world.subject.addresses = vec![ip(OURS)];
    world.expect(CheckKind::Reverse, Error, "lead back", &["7.113.0.203.in-addr.arpa. IN PTR mx.demo.test."]);
    let world = world.with(Entry::Host("host7.provider.test", OURS));
    world.expect(CheckKind::Reverse, Warning, "another name", &["7.113.0.203.in-addr.arpa. IN PTR mx.demo.test."]);
}

#[test]
fn without_known_addresses_the_reverse_is_unknown() {
    let mut world = World::right().without(is_host);
    world.subject.addresses.clear();
    world.expect(CheckKind::Reverse, Unknown, "identity.addresses", &[]);
}

#[test]
fn a_domain_without_mx_is_told() {
    World::right().without(is_mx).expect(CheckKind::Mx, Error, "neither MX nor address", &[MX]);
    let own = World::right().without(is_mx).with(Entry::Host("demo.test", OURS));
    own.expect(CheckKind::Mx, Warning, "which is ours", &[MX]);
    let web = World::right().without(is_mx).with(Entry::Host("demo.test", "198.51.100.9"));
    web.expect(CheckKind::Mx, Error, "not ours", &[MX]);
}

#[test]
fn a_null_mx_is_told() {
    World::right().without(is_mx).with(Entry::Mx("demo.test", 0, ".")).expect(CheckKind::Mx, Error, "null MX", &[MX]);
}

#[test]
fn an_mx_elsewhere_is_told() {
    let foreign = Entry::Host("mx.other.test", "198.51.100.9");
    let only = World::right().without(is_mx).with(Entry::Mx("demo.test", 10, "mx.other.test")).with(foreign.clone());
    only.expect(CheckKind::Mx, Error, "No MX names this server", &[MX]);
    let first = World::right().with(Entry::Mx("demo.test", 5, "mx.other.test")).with(foreign.clone());
    first.expect(CheckKind::Mx, Error, "preferred or equal", &[MX]);
    let second = World::right().with(Entry::Mx("demo.test", 20, "mx.other.test")).with(foreign);
    second.expect(CheckKind::Mx, Warning, "first", &[]);
}

#[test]
fn an_mx_by_another_name_of_ours_is_right() {
    let world = World::right().without(is_mx).with(Entry::Mx("demo.test", 10, "in.demo.test"));
    let world = world.with(Entry::Host("in.demo.test", OURS));
    world.expect(CheckKind::Mx, Good, "comes to this server", &[]);
}

#[test]
fn an_mx_that_is_an_alias_is_told() {
    let world = World::right().without(is_mx).with(Entry::Mx("demo.test", 10, "in.demo.test"));
    let world = world.with(Entry::Alias("in.demo.test", "mx.demo.test"));
    world.expect(CheckKind::Mx, Error, "CNAME", &[MX]);
}

#[rstest]
#[case::missing(None, Error, "no SPF record", &[SPF])]
#[case::broken(Some("v=spf1 mx ip4:1.2.3 -all"), Error, "ip4:1.2.3", &[SPF])]
#[case::everybody(Some("v=spf1 +all"), Error, "+all", &[])]
#[case::neutral(Some("v=spf1 mx ?all"), Warning, "?all", &[])]
#[case::endless(Some("v=spf1 mx"), Warning, "does not end", &[])]
#[case::soft(Some("v=spf1 mx ~all"), Good, "passes", &[])]
#[case::not_us(Some("v=spf1 ip4:198.51.100.0/24 -all"), Error, "does not allow our addresses",
    &["demo.test. IN TXT \"v=spf1 ip4:203.0.113.7 ip6:2a00:1450::7 ip4:198.51.100.0/24 -all\""])]
fn spf_is_judged(
    #[case] record: Option<&str>,
    #[case] state: CheckState,
    #[case] words: &str,
    #[case] publish: &[&str],
) {
    let world = World::right().without_txt("demo.test");
    let world = match record {
        Some(record) => world.with(txt("demo.test", record)),
        None => world,
    };
    world.expect(CheckKind::Spf, state, words, publish);
}

#[test]
fn several_spf_records_are_told() {
    let world = World::right().with(txt("demo.test", "v=spf1 -all"));
    world.expect(CheckKind::Spf, Error, "several SPF records", &[SPF]);
}

#[test]
fn look_ups_are_counted_through_includes() {
    let world = World::right().txt("demo.test", "v=spf1 mx include:a.test redirect=b.test");
    let world = world.with(txt("a.test", "v=spf1 a:h1.test a:h2.test a:h3.test ?all"));
    let few = world.with(txt("b.test", "v=spf1 mx a:h4.test a:h5.test a:h6.test -all"));
    few.expect(CheckKind::Spf, Good, "10 of 10 look-ups", &[]);
    let many = few.txt("b.test", "v=spf1 mx a:h4.test a:h5.test a:h6.test a:h7.test -all");
    many.expect(CheckKind::Spf, Error, "11 of 10 look-ups", &[]);
}

#[test]
fn an_include_that_leads_nowhere_is_told() {
    let world = World::right().txt("demo.test", "v=spf1 mx include:gone.test -all");
    world.expect(CheckKind::Spf, Error, "gone.test is included and has no SPF record", &[]);
}

#[test]
fn includes_in_a_circle_end() {
    let world = World::right().txt("demo.test", "v=spf1 mx include:demo.test -all");
    world.expect(CheckKind::Spf, Good, "look-ups", &[]);
}

#[test]
fn with_a_smarthost_its_addresses_count() {
    let mut world = World::right().with(Entry::Host("relay.test", "198.51.100.25"));
    let relay = Sender::Smarthost { host: "relay.test".to_owned(), port: 587, is_implicit: false };
    (world.subject.senders, world.subject.null_senders) = (vec![relay.clone()], vec![relay]);
    world.expect(CheckKind::Spf, Warning, "addresses of relay.test", &[]);
    let world = world.txt("demo.test", "v=spf1 include:relay.test -all").with(txt("relay.test", "v=spf1 a -all"));
    world.expect(CheckKind::Spf, Good, "passes", &[]);
    world.expect(CheckKind::SpfHost, Good, "relay.test", &[]);
}

#[test]
fn every_sender_of_the_domain_must_pass() {
    let mut world = World::right().with(Entry::Host("relay.test", "198.51.100.25"));
    let relay = Sender::Smarthost { host: "relay.test".to_owned(), port: 587, is_implicit: false };
    world.subject.senders = vec![Sender::Ourselves, relay];
    world.expect(CheckKind::Spf, Warning, "addresses of relay.test", &[]);
    world.expect(CheckKind::SpfHost, Good, "passes", &[]);
    let relays_only = world.txt("demo.test", "v=spf1 a:relay.test -all");
    let line = format!("demo.test. IN TXT \"v=spf1 ip4:{OURS} ip6:{OURS_6} a:relay.test -all\"");
    relays_only.expect(CheckKind::Spf, Error, "does not allow our addresses", &[&line]);
}

#[test]
fn a_host_name_without_spf_is_told() {
    let world = World::right().without_txt("mx.demo.test");
    world.expect(CheckKind::SpfHost, Warning, "mx.demo.test has no SPF", &["mx.demo.test. IN TXT \"v=spf1 a -all\""]);
}

#[rstest]
#[case::missing(None, Error, "not there")]
#[case::another(Some("v=DKIM1; k=rsa; p=AAAA"), Error, "another key")]
#[case::another_kind(Some("v=DKIM1; k=ed25519; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), Error, "another key")]
#[case::revoked(Some("v=DKIM1; k=rsa; p="), Error, "revoked")]
#[case::broken(Some("v=DKIM1; k=rsa; k=rsa; p=x"), Error, "cannot be read")]
#[case::version(Some("v=DKIM2; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), Error, "begin with v=DKIM1")]
#[case::sha1(Some("v=DKIM1; h=sha1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), Error, "SHA-256")]
#[case::test(Some("v=DKIM1; t=y; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), Warning, "t=y")]
fn dkim_records_are_judged(#[case] record: Option<&str>, #[case] state: CheckState, #[case] words: &str) {
    let world = World::right().without_txt("s1._domainkey.demo.test");
    let world = match record {
        Some(record) => world.with(txt("s1._domainkey.demo.test", record)),
        None => world,
    };
    let line = format!("s1._domainkey.demo.test. IN TXT \"{KEY}\"");
    world.expect(CheckKind::Dkim, state, words, &[&line]);
}

#[test]
fn a_key_split_and_spaced_is_the_same_key() {
    let world = World::right().txt("s1._domainkey.demo.test", "k=rsa; p=MIIBIjANBgkq hkiG9w0BAQEFAAOCAQ8A;");
    world.expect(CheckKind::Dkim, Good, "letters are signed with it", &[]);
}

#[test]
fn two_records_at_one_selector_are_told() {
    let world = World::right().with(txt("s1._domainkey.demo.test", "v=DKIM1; p=AAAA"));
    let line = format!("s1._domainkey.demo.test. IN TXT \"{KEY}\"");
    world.expect(CheckKind::Dkim, Error, "several records", &[&line]);
}

#[test]
fn a_coming_and_a_past_key_only_warn() {
    for (stage, words) in [(KeyStage::Pending, "not used before"), (KeyStage::Retired, "under way")] {
        let mut world = World::right();
        world.subject.dkim.push(DkimRecord { selector: "s2".to_owned(), value: KEY.to_owned(), stage });
        let line = format!("s2._domainkey.demo.test. IN TXT \"{KEY}\"");
        world.expect(CheckKind::Dkim, Warning, words, &[&line]);
    }
}

#[test]
fn a_domain_without_key_is_told() {
    let mut world = World::right();
    world.subject.dkim.clear();
    world.expect(CheckKind::Dkim, Error, "leave unsigned", &[]);
}
