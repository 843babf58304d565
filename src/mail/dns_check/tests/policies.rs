//! DMARC and TLSRPT.

use rstest::rstest;

use super::CheckState::{Error, Ok as Good, Warning};
use super::*;

const DMARC: &str = "_dmarc.demo.test. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@demo.test\"";
const TLS_RPT: &str = "_smtp._tls.demo.test. IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@demo.test\"";

#[rstest]
#[case::missing(None, Error, "No DMARC record", &[DMARC])]
#[case::broken(Some("v=DMARC1; p=block"), Error, "p=block", &[DMARC])]
#[case::wrong_version(Some("v=dmarc1; p=reject"), Error, "No DMARC record", &[DMARC])]
#[case::none(Some("v=DMARC1; p=none; rua=mailto:a@demo.test"), Warning, "only reported", &["_dmarc.demo.test. IN TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@demo.test\""])]
#[case::test(Some("v=DMARC1; p=reject; t=y; rua=mailto:a@demo.test"), Warning, "only reported", &["_dmarc.demo.test. IN TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@demo.test\""])]
#[case::no_reports(Some("v=DMARC1; p=quarantine"), Warning, "Nobody gets reports", &["_dmarc.demo.test. IN TXT \"v=DMARC1; p=quarantine; rua=mailto:postmaster@demo.test\""])]
#[case::odd(Some("v=DMARC1; p=reject; pct=20; rua=mailto:a@demo.test"), Warning, "pct=", &[])]
#[case::quarantine(Some("v=DMARC1; p=quarantine; rua=mailto:a@mail.demo.test"), Good, "quarantine", &[])]
#[case::elsewhere(Some("v=DMARC1; p=reject; rua=mailto:a@reports.test"), Warning, "reports.test does not say",
    &["demo.test._report._dmarc.reports.test. IN TXT \"v=DMARC1\""])]
fn dmarc_is_judged(
    #[case] record: Option<&str>,
    #[case] state: CheckState,
    #[case] words: &str,
    #[case] publish: &[&str],
) {
    let world = World::right().without_txt("_dmarc.demo.test");
    let world = match record {
        Some(record) => world.with(txt("_dmarc.demo.test", record)),
        None => world,
    };
    world.expect(CheckKind::Dmarc, state, words, publish);
}

#[test]
fn a_reader_elsewhere_that_agrees_is_right() {
    let world = World::right().txt("_dmarc.demo.test", "v=DMARC1; p=reject; rua=mailto:a@reports.test");
    let world = world.with(txt("demo.test._report._dmarc.reports.test", "v=DMARC1"));
    world.expect(CheckKind::Dmarc, Good, "reject", &[]);
}

#[test]
fn the_policy_of_the_parent_counts() {
    let mut world = World::right();
    world.subject.domain = "help.demo.test".to_owned();
    world.expect(CheckKind::Dmarc, Good, "The policy is that of demo.test.", &[]);
    let world = world.txt("_dmarc.demo.test", "v=DMARC1; p=reject; sp=none; rua=mailto:a@demo.test");
    let line = "_dmarc.help.demo.test. IN TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@help.demo.test\"";
    world.expect(CheckKind::Dmarc, Warning, "only reported", &[line]);
}

#[test]
fn several_dmarc_records_are_told() {
    let world = World::right().with(txt("_dmarc.demo.test", "v=DMARC1; p=none"));
    world.expect(CheckKind::Dmarc, Error, "several DMARC records", &[DMARC]);
}

#[rstest]
#[case::missing(None, Warning, "Nobody hears")]
#[case::no_reader(Some("v=TLSRPTv1"), Error, "rua= is missing")]
#[case::odd_reader(Some("v=TLSRPTv1; rua=postmaster@demo.test"), Error, "neither mailto: nor https:")]
fn tls_rpt_is_judged(#[case] record: Option<&str>, #[case] state: CheckState, #[case] words: &str) {
    let world = World::right().without_txt("_smtp._tls.demo.test");
    let world = match record {
        Some(record) => world.with(txt("_smtp._tls.demo.test", record)),
        None => world,
    };
    world.expect(CheckKind::TlsRpt, state, words, &[TLS_RPT]);
}

#[test]
fn several_tls_rpt_records_are_told() {
    let world = World::right().with(txt("_smtp._tls.demo.test", "v=TLSRPTv1; rua=mailto:b@demo.test"));
    world.expect(CheckKind::TlsRpt, Error, "several records", &[TLS_RPT]);
}
