//! Whose letter it is: what `RCPT TO` asks.

use super::Directory;
use crate::mail::Address;

/// A recipient that belongs to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// As given in `RCPT TO`.
    pub address: Address,
    /// The mailbox.
    pub mailbox: u64,
    /// What stood behind the `+`, if anything.
    pub sub_address: Option<String>,
}

/// What `RCPT TO` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Ours.
    Mailbox(Recipient),
    /// Our domain, but no such mailbox.
    Unknown,
    /// Not our domain.
    NotOurs,
}

/// Local parts that every domain must take (RFC 5321 §4.5.1, RFC 2142 §2).
const ALWAYS_TAKEN: [&str; 2] = ["postmaster", "abuse"];

impl Directory {
    /// Whose letter it is: exact address, then `+sub` address (only where the exact one is ours), then the domain's catch-all.
    /// `postmaster@` and `abuse@` of our domains are always taken: by the mailbox with the lowest id in that domain.
    /// `<postmaster>` without a domain (RFC 5321 §4.5.1) is asked with our hostname and taken by the lowest mailbox of all.
    pub fn resolve(&self, address: &Address) -> Resolution {
        match self.mailbox_of(address) {
            Some((mailbox, sub_address)) => {
                Resolution::Mailbox(Recipient { address: address.clone(), mailbox, sub_address })
            }
            None if self.domains.contains_key(address.domain()) => Resolution::Unknown,
            None => Resolution::NotOurs,
        }
    }

    fn mailbox_of(&self, address: &Address) -> Option<(u64, Option<String>)> {
        let exact =
            |local: &str| self.by_address.get(&format!("{}@{}", local.to_lowercase(), address.domain())).copied();
        if let Some(mailbox) = exact(address.local()) {
            return Some((mailbox, None));
        }
        // A mailbox may have a `+` of its own: the longest address of ours wins.
        for (plus, _) in address.local().rmatch_indices('+') {
            if let Some(mailbox) = exact(&address.local()[..plus]) {
                return Some((mailbox, Some(address.local()[plus + 1..].to_owned())));
            }
        }
        // `*` is no local part that someone may ask for by name: the key is built here.
        if let Some(mailbox) = self.by_address.get(&format!("*@{}", address.domain())) {
            return Some((*mailbox, None));
        }
        self.always_taken(address).map(|mailbox| (mailbox, None))
    }

    fn always_taken(&self, address: &Address) -> Option<u64> {
        let local = address.local().to_lowercase();
        if !ALWAYS_TAKEN.contains(&local.as_str()) {
            return None;
        }
        match self.domains.get(address.domain()) {
            Some(lowest) => Some(*lowest),
            None if local == "postmaster" && address.domain() == self.hostname => self.mailboxes.keys().min().copied(),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::desk::Mailbox;

    fn directory() -> Directory {
        let mailbox = |id, addresses: &[&str]| Mailbox {
            id,
            addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
            ..Mailbox::default()
        };
        let mut directory = Directory { hostname: "mx.host.test".to_owned(), ..Directory::default() };
        directory.index_mailboxes(vec![
            mailbox(7, &["shop@caught.test", "*@caught.test"]),
            mailbox(3, &["help@demo.test", "help+vip@demo.test"]),
            mailbox(5, &["sales@demo.test"]),
        ]);
        directory
    }

    #[rstest]
    #[case::exact("help@demo.test", Some((3, None)))]
    #[case::in_any_case("HELP@Demo.Test", Some((3, None)))]
    #[case::another_mailbox_of_the_domain("sales@demo.test", Some((5, None)))]
    #[case::sub_address_as_written("help+T-Ab1@demo.test", Some((3, Some("T-Ab1"))))]
    #[case::sub_address_with_another_plus("help+a+b@demo.test", Some((3, Some("a+b"))))]
    #[case::exact_before_sub_address("help+vip@demo.test", Some((3, None)))]
    #[case::sub_address_of_an_address_with_a_plus("help+vip+x@demo.test", Some((3, Some("x"))))]
    #[case::sub_address_before_catch_all("shop+x@caught.test", Some((7, Some("x"))))]
    #[case::catch_all("whoever@caught.test", Some((7, None)))]
    #[case::catch_all_does_not_invent_sub_addresses("whoever+x@caught.test", Some((7, None)))]
    #[case::postmaster("Postmaster@demo.test", Some((3, None)))]
    #[case::abuse("abuse@demo.test", Some((3, None)))]
    #[case::postmaster_of_the_host("postmaster@mx.host.test", Some((3, None)))]
    fn a_recipient_of_ours_finds_its_mailbox(#[case] text: &str, #[case] expected: Option<(u64, Option<&str>)>) {
        let address = Address::parse(text).unwrap();
        let Resolution::Mailbox(recipient) = directory().resolve(&address) else { panic!("{text} is ours") };
        assert_eq!(Some((recipient.mailbox, recipient.sub_address.as_deref())), expected);
        assert_eq!(recipient.address, address);
    }

    #[rstest]
    #[case::no_such_mailbox("nobody@demo.test", Resolution::Unknown)]
    #[case::sub_address_of_nobody("nobody+x@demo.test", Resolution::Unknown)]
    #[case::foreign("help@elsewhere.test", Resolution::NotOurs)]
    #[case::below_our_domain("help@sub.demo.test", Resolution::NotOurs)]
    #[case::above_our_domain("help@test", Resolution::NotOurs)]
    #[case::foreign_postmaster("postmaster@elsewhere.test", Resolution::NotOurs)]
    #[case::only_postmaster_at_the_host("abuse@mx.host.test", Resolution::NotOurs)]
    fn others_are_turned_away(#[case] text: &str, #[case] expected: Resolution) {
        assert_eq!(directory().resolve(&Address::parse(text).unwrap()), expected);
    }

    #[test]
    fn a_desk_without_mailboxes_takes_nothing() {
        let address = Address::parse("postmaster@mx.host.test").unwrap();
        let directory = Directory { hostname: "mx.host.test".to_owned(), ..Directory::default() };
        assert_eq!(directory.resolve(&address), Resolution::NotOurs);
    }
}
