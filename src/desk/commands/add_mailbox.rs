//! Adds a mailbox.

use crate::desk::codec::encode;
use crate::desk::{Actor, Desk, DeskError, Directory, Mailbox, Written, keys, validate};

/// A new mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMailbox {
    /// The sender name.
    pub name: String,
    /// 1 to 10 of `A-Z0-9`.
    pub prefix: String,
    /// At least one that is no catch-all; `*@domain` for a catch-all.
    pub addresses: Vec<String>,
    /// May be empty.
    pub signature: String,
}

impl Desk {
    /// Adds a mailbox; makes DKIM keys for its domains where there are none. Answers its id.
    pub async fn add_mailbox(&self, actor: &Actor, mailbox: NewMailbox) -> Result<Written<u64>, DeskError> {
        actor.may_set_up()?;
        let mut mailbox = Mailbox {
            id: 0,
            name: validate::name("name", &mailbox.name)?,
            prefix: validate::prefix("prefix", &mailbox.prefix)?,
            addresses: validate::mailbox_addresses("addresses", &mailbox.addresses)?,
            signature: validate::signature("signature", &mailbox.signature)?,
        };
        free(&self.directory(), &mailbox)?;
        self.may_grow()?;
        // Before the mailbox is there: its first answer is signed. A key without a mailbox does no harm.
        let dkim_keys = self.first_dkim_keys(domains(&mailbox)).await?;
        mailbox.id = self.inner.ids.next(&*self.inner.store).await?;
        self.change_setup(actor, |directory, batch| {
            free(directory, &mailbox)?;
            batch.put(keys::mailbox(mailbox.id), validate::record("addresses", encode(&mailbox))?);
            for key in dkim_keys.iter().filter(|key| !directory.dkim_keys.contains_key(&key.domain)) {
                batch.put(keys::dkim_key(&key.domain, &key.selector), encode(key));
            }
            Ok(mailbox.id)
        })
        .await
    }
}

/// Nobody has this prefix or one of these addresses.
fn free(directory: &Directory, mailbox: &Mailbox) -> Result<(), DeskError> {
    if directory.mailbox_by_prefix(&mailbox.prefix).is_some() {
        return Err(DeskError::Exists(format!("a mailbox with the prefix {}", mailbox.prefix)));
    }
    match mailbox.addresses.iter().find(|address| directory.by_address.contains_key(*address)) {
        Some(taken) => Err(DeskError::Exists(format!("the address {taken}"))),
        None => Ok(()),
    }
}

fn domains(mailbox: &Mailbox) -> Vec<String> {
    let mut domains: Vec<String> = mailbox
        .addresses
        .iter()
        .filter_map(|address| address.rsplit_once('@'))
        .map(|(_, domain)| domain.to_owned())
        .collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Change, Resolution, testing};
    use crate::mail::Address;
    use crate::mail::dkim::KeyStage;
    use crate::store::{FeedPosition, Store};

    fn sales() -> NewMailbox {
        NewMailbox {
            name: " Sales ".to_owned(),
            prefix: "SALES".to_owned(),
            addresses: vec!["sales@demo.test".to_owned()],
            signature: String::new(),
        }
    }

    #[tokio::test]
    async fn a_mailbox_takes_letters_as_soon_as_it_is_added() {
        let test = testing::desk().await;
        let written = test.desk.add_mailbox(&test.admin, sales()).await.unwrap();
        let address = Address::parse("sales@demo.test").unwrap();
        let resolution = test.desk.directory().resolve(&address);
        assert!(matches!(resolution, Resolution::Mailbox(recipient) if recipient.mailbox == written.value));
        assert_eq!(test.desk.directory().mailboxes[&written.value].name, "Sales");
        let before = FeedPosition(written.position.0 - 1);
        let entry = &test.store.feed(before, 10).await.unwrap()[0];
        assert_eq!(Change::from_entry(&entry.entry).unwrap(), Change::DirectoryChanged);
    }

    #[tokio::test]
    async fn an_operator_may_not_add_a_mailbox() {
        let test = testing::desk().await;
        let outcome = test.desk.add_mailbox(&test.actor, sales()).await;
        assert!(matches!(outcome, Err(DeskError::Forbidden)), "{outcome:?}");
        assert!(test.desk.directory().mailbox_by_prefix("SALES").is_none());
    }

    #[tokio::test]
    async fn prefix_and_addresses_are_unique() {
        let test = testing::desk().await;
        let same_prefix = NewMailbox { prefix: "DEMO".to_owned(), ..sales() };
        let same_address = NewMailbox { addresses: vec!["HELP@Demo.test".to_owned()], ..sales() };
        for taken in [same_prefix, same_address] {
            let outcome = test.desk.add_mailbox(&test.admin, taken).await;
            assert!(matches!(outcome, Err(DeskError::Exists(_))), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn of_two_who_take_one_prefix_at_the_same_time_one_gets_it() {
        let test = testing::desk().await;
        let other = NewMailbox { addresses: vec!["other@demo.test".to_owned()], ..sales() };
        let (one, two) =
            tokio::join!(test.desk.add_mailbox(&test.admin, sales()), test.desk.add_mailbox(&test.admin, other));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
    }

    #[tokio::test]
    async fn a_new_domain_gets_its_dkim_key_and_its_file_is_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let test = testing::desk().await;
        let mailbox = NewMailbox { addresses: vec!["shop@other.test".to_owned()], ..sales() };
        test.desk.add_mailbox(&test.admin, mailbox).await.unwrap();
        let keys = test.desk.dkim_keys("other.test");
        let names: Vec<&str> = keys.iter().map(|key| key.selector.as_str()).collect();
        assert_eq!(names, ["mxdesk", "mxdesk-ed25519"]);
        assert!(keys.iter().all(|key| key.stage == KeyStage::Active && key.usable));
        assert_eq!(test.desk.signing_keys("other.test").len(), 2);
        for name in names {
            let file = test.dkim_file("other.test", name);
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(test.reopen().await.dkim_keys("other.test"), keys);
    }
}
