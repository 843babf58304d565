//! The stages at the end of a letter: what was proven about its sender, and the points in all.

use std::net::IpAddr;

use super::envelope::is_role;
use super::{Policy, Refusal, Scan, points, reaches};
use crate::desk::{Finding, Judged, Reason, Recipient, Stage, score};
use crate::mail::{AuthResult, Authentication, DmarcPolicy};

/// Octets of a header that are looked through for a Message-ID.
const HEADER: usize = 64 * 1024;

/// A letter that has arrived, with what is known of it.
pub(in crate::smtp) struct Complete<'a> {
    /// The peer.
    pub peer: IpAddr,
    /// Whom it is for.
    pub recipients: &'a [Recipient],
    /// As sent.
    pub raw: &'a [u8],
    /// What `mail::verify` found.
    pub authentication: &'a Authentication,
    /// What was found before the letter.
    pub findings: &'a [Finding],
    /// What the scanners say.
    pub scan: Scan,
}

impl Complete<'_> {
    /// The letter's Message-ID, without brackets.
    pub(super) fn message_id(&self) -> Option<String> {
        message_id(self.raw)
    }
}

impl Policy {
    /// What is to become of a letter. (What scanners say holds for trusted networks too: their users can catch a virus.)
    pub(in crate::smtp) fn letter(&self, letter: &Complete<'_>) -> Result<Judged, Refusal> {
        let is_trusted = self.trusts(letter.peer);
        let mut findings = if is_trusted { Vec::new() } else { letter.findings.to_vec() };
        let authenticated = if is_trusted { Ok(()) } else { self.authenticated(letter.authentication, &mut findings) };
        findings.extend(letter.scan.findings.iter().cloned());
        let decided = authenticated.and_then(|()| match &letter.scan.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => self.sum_up(letter.recipients, &findings),
        });
        match decided {
            Ok(quarantine) => Ok(Judged { findings, quarantine }),
            Err(refusal) => Err(Refusal { message_id: letter.message_id(), findings, ..refusal }),
        }
    }

    /// SPF and DMARC. What a trusted forwarder or sealer has vouched for is a pass here already.
    fn authenticated(&self, found: &Authentication, findings: &mut Vec<Finding>) -> Result<(), Refusal> {
        let settings = &self.config.policy;
        if found.dmarc.result == AuthResult::Fail {
            let what = format!("DMARC fails for {}", found.dmarc.domain);
            if found.dmarc.policy == DmarcPolicy::Reject && settings.honour_dmarc_reject {
                findings.push(Finding::new(Stage::Dmarc, points(settings.refuse_points), &what));
                let domain = Finding::new(Stage::Dmarc, 0, &found.dmarc.domain).detail;
                let text = format!("{} {domain}", Reason::DmarcRejected.text());
                return Err(Refusal { text: Some(text), ..Reason::DmarcRejected.into() });
            }
            if found.dmarc.policy != DmarcPolicy::None && settings.dmarc_quarantine_points > 0 {
                findings.push(Finding::new(Stage::Dmarc, points(settings.dmarc_quarantine_points), &what));
            }
        }
        let is_foul = found.spf.result == AuthResult::Fail && found.dmarc.result != AuthResult::Pass;
        if is_foul && settings.spf_fail_points > 0 {
            let what = format!("SPF of {} fails", found.spf.domain);
            findings.push(Finding::new(Stage::Spf, points(settings.spf_fail_points), &what));
        }
        Ok(())
    }

    /// What the points in all come to.
    fn sum_up(&self, recipients: &[Recipient], findings: &[Finding]) -> Result<Option<Reason>, Refusal> {
        let sum = score(findings);
        if self.is_too_much(sum) && !recipients.iter().all(is_role) {
            return Err(Refusal::for_findings(findings));
        }
        Ok(reaches(sum, self.config.policy.quarantine_points).then_some(Reason::Quarantined))
    }
}

/// The Message-ID of a letter that is not read otherwise, without brackets.
fn message_id(raw: &[u8]) -> Option<String> {
    let mut rest = &raw[..raw.len().min(HEADER)];
    while !rest.is_empty() && !rest.starts_with(b"\r\n") {
        let (line, behind) = rest.split_at(memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
        if line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case(b"message-id:")) {
            // The field's value may stand on its next line (RFC 5322 §2.2.3).
            let value = String::from_utf8_lossy(&rest[11..rest.len().min(1_100)]);
            let (_, id) = value.split_once('<')?;
            let (id, _) = id.split_once('>')?;
            return (!id.contains(['\r', '\n'])).then(|| id.trim().to_owned());
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::config::Config;
    use crate::mail::dns::Dns;
    use crate::mail::{Address, DmarcFact, SpfFact};

    /// A policy of these settings; the tests' peer is 192.0.2.1.
    fn policy(settings: &str) -> Policy {
        let text = format!("data_dir = \"d\"\nhostname = \"desk.demo.test\"\n[policy]\n{settings}\n");
        let config = Config::parse(std::path::Path::new("f.toml"), &text).unwrap();
        Policy::new(config.into(), Dns::new(&["127.0.0.1:9".parse().unwrap()], std::time::Duration::from_secs(1)))
    }

    fn authentication(spf: AuthResult, dmarc: AuthResult, policy: DmarcPolicy) -> Authentication {
        Authentication {
            spf: SpfFact { result: spf, domain: "a.test".to_owned(), ..SpfFact::default() },
            dmarc: DmarcFact { result: dmarc, policy, domain: "a.test".to_owned(), ..DmarcFact::default() },
            ..Authentication::default()
        }
    }

    /// What becomes of a letter: `Ok` with its points and whether it is kept apart, or the reason of its refusal.
    fn judged(
        policy: &Policy,
        authentication: &Authentication,
        to: &str,
        before: i32,
        scan: Scan,
    ) -> Result<(i32, bool), Reason> {
        let recipient = Recipient { address: Address::parse(to).unwrap(), mailbox: 1, sub_address: None };
        let letter = Complete {
            peer: "192.0.2.1".parse().unwrap(),
            recipients: &[recipient],
            raw: b"",
            authentication,
            findings: &[Finding::new(Stage::Dnsbl, before, "before")],
            scan,
        };
        let judged = policy.letter(&letter).map_err(|refusal| refusal.reason)?;
        Ok((score(&judged.findings), judged.quarantine.is_some()))
    }

    #[rstest]
    #[case(AuthResult::Pass, AuthResult::Pass, DmarcPolicy::Reject, Ok((0, false)))]
    #[case(AuthResult::Fail, AuthResult::Pass, DmarcPolicy::Reject, Ok((0, false)))]
    #[case(AuthResult::Fail, AuthResult::None, DmarcPolicy::None, Ok((3, false)))]
    #[case(AuthResult::SoftFail, AuthResult::None, DmarcPolicy::None, Ok((0, false)))]
    #[case(AuthResult::Pass, AuthResult::Fail, DmarcPolicy::None, Ok((0, false)))]
    #[case(AuthResult::Pass, AuthResult::Fail, DmarcPolicy::Quarantine, Ok((6, true)))]
    #[case(AuthResult::Fail, AuthResult::Fail, DmarcPolicy::Quarantine, Ok((9, true)))]
    #[case(AuthResult::Pass, AuthResult::Fail, DmarcPolicy::Reject, Err(Reason::DmarcRejected))]
    #[case(AuthResult::TempError, AuthResult::TempError, DmarcPolicy::Reject, Ok((0, false)))]
    fn what_was_proven_has_its_points(
        #[case] spf: AuthResult,
        #[case] dmarc: AuthResult,
        #[case] asks: DmarcPolicy,
        #[case] expected: Result<(i32, bool), Reason>,
    ) {
        let found = authentication(spf, dmarc, asks);
        assert_eq!(judged(&policy(""), &found, "help@demo.test", 0, Scan::default()), expected);
    }

    #[test]
    fn a_policy_that_is_not_honoured_is_still_a_sign() {
        let found = authentication(AuthResult::Pass, AuthResult::Fail, DmarcPolicy::Reject);
        let policy = policy("honour_dmarc_reject = false");
        assert_eq!(judged(&policy, &found, "help@demo.test", 0, Scan::default()), Ok((6, true)));
    }

    #[test]
    fn points_from_before_the_letter_count_and_postmaster_is_not_refused() {
        let found = authentication(AuthResult::Fail, AuthResult::None, DmarcPolicy::None);
        let usual = policy("");
        assert_eq!(judged(&usual, &found, "help@demo.test", 2, Scan::default()), Ok((5, false)));
        assert_eq!(judged(&usual, &found, "help@demo.test", 3, Scan::default()), Ok((6, true)));
        assert_eq!(judged(&usual, &found, "help@demo.test", 7, Scan::default()), Err(Reason::BlockListed));
        assert_eq!(judged(&usual, &found, "Abuse@demo.test", 7, Scan::default()), Ok((10, true)));
        assert_eq!(judged(&usual, &found, "help@demo.test", -5, Scan::default()), Ok((-2, false)));
        let off = policy("refuse_points = 0\nquarantine_points = 0");
        assert_eq!(judged(&off, &found, "help@demo.test", 500, Scan::default()), Ok((503, false)));
    }

    #[test]
    fn a_trusted_network_is_only_scanned() {
        let found = authentication(AuthResult::Fail, AuthResult::Fail, DmarcPolicy::Reject);
        let trusting = policy("trusted = [\"192.0.2.0/24\"]");
        assert_eq!(judged(&trusting, &found, "help@demo.test", 50, Scan::default()), Ok((0, false)));
        let virus = Scan { refusal: Some(Reason::Virus.into()), ..Scan::default() };
        assert_eq!(judged(&trusting, &found, "help@demo.test", 0, virus), Err(Reason::Virus));
    }

    #[rstest]
    #[case(b"Subject: x\r\nMessage-Id: <1@a.test>\r\n\r\n", Some("1@a.test"))]
    #[case(b"Message-ID:\r\n <1@a.test>\r\n\r\n", Some("1@a.test"))]
    #[case(b"Subject: x\r\n\r\nMessage-ID: <1@a.test>\r\n", None)]
    #[case(b"Message-ID: 1@a.test\r\n\r\n", None)]
    #[case(b"Message-ID: <a\r\nb>\r\n\r\n", None)]
    #[case(b"", None)]
    fn the_message_id_of_a_refused_letter_is_found(#[case] raw: &[u8], #[case] expected: Option<&str>) {
        assert_eq!(message_id(raw).as_deref(), expected);
    }

    proptest! {
        #[test]
        fn no_letter_breaks_the_search(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
            let id = message_id(&[b"Message-ID:", raw.as_slice()].concat());
            prop_assert!(id.is_none_or(|id| !id.contains(['\r', '\n'])));
        }
    }
}
