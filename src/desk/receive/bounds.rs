//! Bounded copies: whatever a letter holds, what is stored of it stays below the store's limit for a value (64 KiB).

use crate::mail::{Attachment, Authentication, Correspondent};

/// Largest record that is written, in octets: below the store's 64 KiB, with room for the record's version and schema.
pub(super) const RECORD: usize = 60 * 1024;
/// The new text of a message, in octets.
pub(super) const TEXT: usize = 16 * 1024;
/// The quoted history of a message, in octets.
pub(super) const QUOTED: usize = 8 * 1024;
/// A subject, in characters (RFC 5322 §2.1.1 for a line).
pub(super) const SUBJECT: usize = 998;
/// An address, in octets (RFC 5321 §4.5.3.1: 64, `@` and 255).
pub(super) const ADDRESS: usize = 320;
/// A display name, in characters.
pub(super) const NAME: usize = 255;
/// A Message-ID, in octets.
pub(super) const MESSAGE_ID: usize = 998;
/// A reference (order number and the like), in octets.
pub(super) const REFERENCE: usize = 64;
/// A category, in characters.
pub(super) const CATEGORY: usize = 200;
/// Any other short text, in octets.
pub(super) const SHORT: usize = 200;

/// The beginning of a text, at most `most` octets, cut between characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The beginning of a text, at most `most` characters.
pub(super) fn cut_chars(text: &str, most: usize) -> &str {
    match text.char_indices().nth(most) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The first items whose sizes add up to at most `octets`.
pub(super) fn first<T>(items: &[T], octets: usize, size: impl Fn(&T) -> usize) -> &[T] {
    let mut left = octets;
    let fitting = items.iter().take_while(|item| match left.checked_sub(size(item)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    let count = fitting.count();
    &items[..count]
}

/// A person with a name and an address of bounded length.
pub(super) fn correspondent(correspondent: &Correspondent) -> Correspondent {
    Correspondent {
        name: correspondent.name.as_deref().map(|name| cut_chars(name, NAME).to_owned()),
        address: cut(&correspondent.address, ADDRESS).to_owned(),
    }
}

/// The first people of an address field, at most 100 and 6 KiB.
pub(super) fn correspondents(list: &[Correspondent]) -> Vec<Correspondent> {
    let list: Vec<_> = list.iter().take(100).map(correspondent).collect();
    let size = |one: &Correspondent| 16 + one.address.len() + one.name.as_ref().map_or(0, String::len);
    first(&list, 6 * 1024, size).to_vec()
}

/// The first attachments, at most 200 and 8 KiB.
pub(super) fn attachments(list: &[Attachment]) -> Vec<Attachment> {
    let list: Vec<_> = list
        .iter()
        .take(200)
        .map(|attachment| Attachment {
            name: cut_chars(&attachment.name, NAME).to_owned(),
            content_type: cut(&attachment.content_type, SHORT).to_owned(),
            content_id: attachment.content_id.as_deref().map(|id| cut(id, SHORT).to_owned()),
            ..*attachment
        })
        .collect();
    let size = |one: &Attachment| {
        32 + one.name.len() + one.content_type.len() + one.content_id.as_ref().map_or(0, String::len)
    };
    first(&list, 8 * 1024, size).to_vec()
}

/// The last Message-IDs of a thread that is given oldest first, at most 50 and 4 KiB.
pub(super) fn message_ids<'a>(oldest_first: impl DoubleEndedIterator<Item = &'a str>) -> Vec<String> {
    let newest: Vec<_> = oldest_first.rev().take(50).map(|id| cut(id, MESSAGE_ID).to_owned()).collect();
    let mut kept = first(&newest, 4 * 1024, |id| 8 + id.len()).to_vec();
    kept.reverse();
    kept
}

/// What was found out about the sender, each text of bounded length: at most about 10 KiB.
pub(super) fn authentication(found: &Authentication) -> Authentication {
    let mut bounded = found.clone();
    bounded.dkim.truncate(8);
    bounded.arc.sealers.truncate(10);
    shorten(&mut bounded.header, 2 * 1024);
    shorten(&mut bounded.spf.domain, SHORT);
    shorten(&mut bounded.dmarc.domain, SHORT);
    for signature in &mut bounded.dkim {
        shorten(&mut signature.domain, SHORT);
        shorten(&mut signature.selector, SHORT);
        shorten(&mut signature.algorithm, SHORT);
        signature.reason.iter_mut().for_each(|reason| shorten(reason, SHORT));
        signature.weaknesses.truncate(8);
    }
    for sealer in &mut bounded.arc.sealers {
        shorten(sealer, SHORT);
    }
    let forwarder = bounded.forwarder.get_or_insert_default();
    shorten(&mut forwarder.entry, SHORT);
    let texts = [
        &mut bounded.spf.reason,
        &mut bounded.spf.matched,
        &mut bounded.spf.explanation,
        &mut bounded.dmarc.reason,
        &mut bounded.dmarc.policy_domain,
        &mut bounded.dmarc.aligned,
        &mut bounded.dmarc.restored_by,
        &mut bounded.arc.reason,
        &mut bounded.iprev.name,
        &mut forwarder.client,
        &mut forwarder.helo,
    ];
    for text in texts.into_iter().flatten() {
        shorten(text, SHORT);
    }
    bounded.forwarder = bounded.forwarder.filter(|_| found.forwarder.is_some());
    bounded
}

fn shorten(text: &mut String, most: usize) {
    text.truncate(cut(text, most).len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("привет", 5), "пр");
        assert_eq!(cut("привет", 100), "привет");
        assert_eq!(cut_chars("привет", 5), "приве");
        assert_eq!(cut_chars("", 5), "");
    }

    #[test]
    fn a_list_ends_where_its_room_ends() {
        let list: Vec<_> =
            (0..100).map(|_| Correspondent { name: Some("ж".repeat(300)), address: "a".repeat(500) }).collect();
        let kept = correspondents(&list);
        assert!(!kept.is_empty() && kept.len() < 10, "{}", kept.len());
        assert!(kept.iter().all(|one| one.address.len() == ADDRESS));
    }

    #[test]
    fn of_a_long_thread_the_newest_message_ids_are_kept() {
        let ids: Vec<_> = (0..200).map(|number| format!("{number}@demo.test")).collect();
        let kept = message_ids(ids.iter().map(String::as_str));
        assert_eq!(kept, ids[150..]);
    }
}
