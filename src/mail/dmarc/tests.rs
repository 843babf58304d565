use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::{Identifier, Outcome, Psd, Record, evaluate};
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::{AuthResult, DmarcPolicy};

async fn server(records: &[(&str, &str)]) -> (TestDns, Dns) {
    let server = TestDns::start().await;
    for (domain, record) in records {
        server.txt(&format!("_dmarc.{domain}"), record).await;
    }
    let dns = Dns::new(&[server.address], Duration::from_secs(10));
    (server, dns)
}

async fn by_dkim(dns: &Dns, author: &str, signer: &str) -> Outcome {
    evaluate(dns, author, &[Identifier::Dkim(signer, AuthResult::Pass)]).await
}

#[rstest]
#[case::whole("v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; psd=n; t=y", true)]
#[case::blanks("v = DMARC1 ;p = reject", true)]
#[case::any_order("v=DMARC1; adkim=s; p=reject", true)]
#[case::upper_case_tags("V=DMARC1; P=REJECT", true)]
#[case::version_not_first("p=reject; v=DMARC1", false)]
#[case::another_version("v=DMARC2; p=reject", false)]
#[case::version_in_lower_case("v=dmarc1; p=reject", false)]
#[case::version_longer("v=DMARC10; p=reject", false)]
#[case::not_a_record("hello", false)]
#[case::empty("", false)]
fn a_record_begins_with_its_version(#[case] text: &str, #[case] expected: bool) {
    let record = Record::parse(text.as_bytes());
    assert_eq!(record.is_some(), expected);
    assert!(record.is_none_or(|record| record.p == Some(DmarcPolicy::Reject)));
}

#[test]
fn what_is_wrong_in_a_record_counts_as_absent() {
    let record = Record::parse(b"v=DMARC1; p=reject; adkim=x; aspf=; psd=maybe; t=1; pct=50; rubbish; =; x=y").unwrap();
    assert_eq!(record.p, Some(DmarcPolicy::Reject));
    assert!(record.is_policy_right && !record.is_dkim_strict && !record.is_spf_strict && !record.is_test);
    assert_eq!(record.psd, Psd::Unknown);
    let record = Record::parse(b"v=DMARC1; p=reject; sp=never; rua=mailto:a@b.test!10m, http:, ftp://x").unwrap();
    assert!(!record.is_policy_right);
    assert_eq!(record.rua, ["mailto:a@b.test!10m", "ftp://x"]);
}

#[tokio::test]
async fn the_author_s_own_record_comes_first() {
    let (_server, dns) =
        server(&[("example.com", "v=DMARC1; p=reject"), ("mail.example.com", "v=DMARC1; p=quarantine")]).await;
    let found = by_dkim(&dns, "mail.example.com", "evil.test").await;
    assert_eq!((found.result, found.policy), (AuthResult::Fail, DmarcPolicy::Quarantine));
    assert_eq!(found.policy_domain.as_deref(), Some("mail.example.com"));
    // Its organisation is still the one above.
    assert_eq!(by_dkim(&dns, "mail.example.com", "example.com").await.result, AuthResult::Pass);
    assert_eq!(by_dkim(&dns, "mail.example.com", "news.example.com").await.result, AuthResult::Pass);
}

#[tokio::test]
async fn domains_of_one_organisation_are_aligned_unless_it_is_strict() {
    let (_server, dns) =
        server(&[("example.com", "v=DMARC1; p=reject"), ("strict.test", "v=DMARC1; p=reject; adkim=s; aspf=s")]).await;
    for (author, signer, expected) in [
        ("example.com", "example.com", AuthResult::Pass),
        ("example.com", "a.b.example.com", AuthResult::Pass),
        ("a.b.example.com", "c.example.com", AuthResult::Pass),
        ("example.com", "notexample.com", AuthResult::Fail),
        ("example.com", "com", AuthResult::Fail),
        ("strict.test", "strict.test", AuthResult::Pass),
        ("strict.test", "a.strict.test", AuthResult::Fail),
        ("a.strict.test", "strict.test", AuthResult::Fail),
        ("a.strict.test", "a.strict.test", AuthResult::Pass),
    ] {
        let found = by_dkim(&dns, author, signer).await;
        assert_eq!(found.result, expected, "{signer} for {author}: {found:?}");
        let found = evaluate(&dns, author, &[Identifier::Spf(signer, AuthResult::Pass)]).await;
        assert_eq!(found.result, expected, "SPF: {signer} for {author}: {found:?}");
    }
}

#[tokio::test]
async fn registrants_below_a_public_suffix_are_strangers() {
    let (_server, dns) = server(&[("suffix.test", "v=DMARC1; p=reject; psd=y; np=quarantine")]).await;
    // Nobody below has a record: the suffix's policy holds, and each name one label below is an organisation.
    assert_eq!(by_dkim(&dns, "a.suffix.test", "b.suffix.test").await.result, AuthResult::Fail);
    assert_eq!(by_dkim(&dns, "x.a.suffix.test", "a.suffix.test").await.result, AuthResult::Pass);
    assert_eq!(by_dkim(&dns, "x.a.suffix.test", "suffix.test").await.result, AuthResult::Fail);
    let found = by_dkim(&dns, "x.a.suffix.test", "evil.test").await;
    assert_eq!((found.policy, found.policy_domain.as_deref()), (DmarcPolicy::Quarantine, Some("suffix.test")));
}

#[tokio::test]
async fn a_domain_may_declare_itself_an_organisation() {
    let (_server, dns) =
        server(&[("example.com", "v=DMARC1; p=none"), ("shop.example.com", "v=DMARC1; p=reject; psd=n")]).await;
    assert_eq!(by_dkim(&dns, "shop.example.com", "example.com").await.result, AuthResult::Fail);
    assert_eq!(by_dkim(&dns, "shop.example.com", "mail.shop.example.com").await.result, AuthResult::Pass);
    assert_eq!(by_dkim(&dns, "example.com", "mail.shop.example.com").await.result, AuthResult::Fail);
    let found = by_dkim(&dns, "a.shop.example.com", "evil.test").await;
    assert_eq!((found.policy, found.policy_domain.as_deref()), (DmarcPolicy::Reject, Some("shop.example.com")));
}

#[tokio::test]
async fn names_that_do_not_exist_have_their_own_policy() {
    let (server, dns) = server(&[("example.com", "v=DMARC1; p=none; sp=quarantine; np=reject")]).await;
    server.host("real.example.com", "192.0.2.1".parse().unwrap()).await;
    server.txt("text.example.com", "x").await;
    for (author, expected) in [
        ("example.com", DmarcPolicy::None),
        ("real.example.com", DmarcPolicy::Quarantine),
        ("text.example.com", DmarcPolicy::Quarantine),
        ("ghost.example.com", DmarcPolicy::Reject),
    ] {
        let found = by_dkim(&dns, author, "evil.test").await;
        assert_eq!((found.result, found.policy), (AuthResult::Fail, expected), "{author}");
    }
}

#[rstest]
#[case("v=DMARC1; p=reject; t=y", Some(DmarcPolicy::Quarantine))]
#[case("v=DMARC1; p=quarantine; t=y", Some(DmarcPolicy::None))]
#[case("v=DMARC1; p=none; t=y", Some(DmarcPolicy::None))]
#[case("v=DMARC1; rua=mailto:r@example.com", Some(DmarcPolicy::None))]
#[case("v=DMARC1; p=reject; sp=x; rua=mailto:r@example.com", Some(DmarcPolicy::None))]
#[case("v=DMARC1; p=reject; np=x", None)]
#[case("v=DMARC1", None)]
#[tokio::test]
async fn tests_are_milder_and_wrong_policies_are_none(#[case] record: &str, #[case] policy: Option<DmarcPolicy>) {
    let (_server, dns) = server(&[("example.com", record)]).await;
    let found = by_dkim(&dns, "example.com", "evil.test").await;
    match policy {
        Some(policy) => assert_eq!((found.result, found.policy), (AuthResult::Fail, policy)),
        None => assert_eq!(found, Outcome::default()),
    }
}

#[tokio::test]
async fn several_records_at_one_name_are_none() {
    let (_server, dns) = server(&[
        ("mail.example.com", "v=DMARC1; p=none"),
        ("mail.example.com", "v=DMARC1; p=none; adkim=s"),
        ("example.com", "v=DMARC1; p=reject"),
        ("example.com", "some other text"),
    ])
    .await;
    let found = by_dkim(&dns, "mail.example.com", "evil.test").await;
    assert_eq!((found.policy, found.policy_domain.as_deref()), (DmarcPolicy::Reject, Some("example.com")));
}

#[tokio::test]
async fn a_long_name_costs_eight_questions() {
    let (_server, dns) =
        server(&[("f.g.h.i.j.mail.example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1; p=reject")]).await;
    let found = by_dkim(&dns, "a.b.c.d.e.f.g.h.i.j.mail.example.com", "evil.test").await;
    assert_eq!((found.policy, found.policy_domain.as_deref()), (DmarcPolicy::Reject, Some("example.com")));
}

#[tokio::test]
async fn without_a_record_there_is_no_result() {
    let (_server, dns) = server(&[]).await;
    assert_eq!(by_dkim(&dns, "example.com", "example.com").await, Outcome::default());
}

#[tokio::test]
async fn silence_is_a_temporary_error_only_where_it_matters() {
    let (server, _) = server(&[("example.com", "v=DMARC1; p=reject")]).await;
    let dns = Dns::new(&[server.address], Duration::from_millis(600));
    server.silence("_dmarc.com");
    server.silence("_dmarc.quiet.test");
    // Who signs for itself needs no walk.
    assert_eq!(by_dkim(&dns, "example.com", "example.com").await.result, AuthResult::Pass);
    assert_eq!(by_dkim(&dns, "mail.example.com", "example.com").await.result, AuthResult::TempError);
    assert_eq!(by_dkim(&dns, "quiet.test", "quiet.test").await.result, AuthResult::TempError);
    let late = [Identifier::Dkim("example.org", AuthResult::TempError), Identifier::Spf("evil.test", AuthResult::Pass)];
    server.txt("_dmarc.example.org", "v=DMARC1; p=reject").await;
    assert_eq!(evaluate(&dns, "example.org", &late).await.result, AuthResult::TempError);
}

proptest! {
    #[test]
    fn no_record_makes_it_panic(text in "(v=DMARC1;)?[ -~]{0,200}") {
        let _ = Record::parse(text.as_bytes());
    }

    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Record::parse(&octets);
    }
}
