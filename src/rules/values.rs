//! The values of one letter's fields, each lower-cased at most once, on first use.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::slice;

use super::scan::Scan;
use super::words::auth_word;
use super::{Facts, Field};

/// How many octets of the plain text rules look at, so that no letter, however long, makes many rules slow: a regular
/// expression with `\b` takes some 50 µs for each KiB that is not ASCII, others a tenth of that or less.
pub const BODY_OCTETS: usize = 64 * 1024;

/// A text of the letter, as written and in lower case.
pub(super) struct Text<'a> {
    pub(super) written: &'a str,
    lower: OnceCell<Cow<'a, str>>,
}

/// Everything that tests look at.
pub(super) struct Values<'a> {
    pub(super) facts: &'a Facts<'a>,
    envelope_from: Text<'a>,
    envelope_to: Text<'a>,
    from: Text<'a>,
    subject: Text<'a>,
    body: Text<'a>,
    spf: Text<'a>,
    dkim: Text<'a>,
    dmarc: Text<'a>,
    arc: Text<'a>,
    arc_sealers: Vec<Text<'a>>,
    headers: Vec<Text<'a>>,
    attachment_names: Vec<Text<'a>>,
    attachment_types: Vec<Text<'a>>,
    references: Vec<Text<'a>>,
    scan: &'a Scan,
    in_body: OnceCell<Vec<Option<Range<usize>>>>,
}

/// A text for comparison: lower case, the two lower sigmas as one.
pub(super) fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let lower = text.to_lowercase();
    Cow::Owned(if lower.contains('ς') { lower.replace('ς', "σ") } else { lower })
}

impl<'a> Text<'a> {
    fn new(written: &'a str) -> Self {
        Self { written, lower: OnceCell::new() }
    }

    pub(super) fn lower(&self) -> &str {
        self.lower.get_or_init(|| lower_case(self.written))
    }
}

impl<'a> Values<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, scan: &'a Scan) -> Self {
        Self {
            facts,
            envelope_from: Text::new(facts.envelope_from),
            envelope_to: Text::new(facts.envelope_to),
            from: Text::new(facts.from),
            subject: Text::new(facts.subject),
            body: Text::new(&facts.body[..facts.body.floor_char_boundary(BODY_OCTETS)]),
            spf: Text::new(auth_word(facts.spf)),
            dkim: Text::new(auth_word(facts.dkim)),
            dmarc: Text::new(auth_word(facts.dmarc)),
            arc: Text::new(auth_word(facts.arc)),
            arc_sealers: facts.arc_sealers.iter().map(|sealer| Text::new(sealer)).collect(),
            headers: facts.headers.iter().map(|(_, value)| Text::new(value)).collect(),
            attachment_names: facts.attachments.iter().map(|attachment| Text::new(&attachment.name)).collect(),
            attachment_types: facts.attachments.iter().map(|attachment| Text::new(&attachment.content_type)).collect(),
            references: facts.references.iter().map(|reference| Text::new(reference)).collect(),
            scan,
            in_body: OnceCell::new(),
        }
    }

    /// The texts of a field, in the letter's order: exactly one, or as many as there are headers of that name, attachments, sealers or
    /// references. None for numbers and yes/no.
    pub(super) fn texts<'s>(
        &'s self,
        field: Field,
        header: Option<&'s str>,
    ) -> Box<dyn Iterator<Item = &'s Text<'a>> + 's> {
        let texts = match field {
            Field::EnvelopeFrom => slice::from_ref(&self.envelope_from),
            Field::EnvelopeTo => slice::from_ref(&self.envelope_to),
            Field::From => slice::from_ref(&self.from),
            Field::Subject => slice::from_ref(&self.subject),
            Field::Body => slice::from_ref(&self.body),
            Field::Spf => slice::from_ref(&self.spf),
            Field::Dkim => slice::from_ref(&self.dkim),
            Field::Dmarc => slice::from_ref(&self.dmarc),
            Field::Arc => slice::from_ref(&self.arc),
            Field::ArcSealer => &self.arc_sealers,
            Field::AttachmentName => &self.attachment_names,
            Field::AttachmentType => &self.attachment_types,
            Field::Reference => &self.references,
            Field::Header => {
                let named = self.facts.headers.iter().zip(&self.headers);
                let wanted = move |name: &str| header.is_some_and(|header| header.eq_ignore_ascii_case(name));
                return Box::new(named.filter(move |((name, _), _)| wanted(name)).map(|(_, text)| text));
            }
            Field::Size | Field::Score | Field::IsRobot | Field::IsBounce | Field::KnownContact => &[],
        };
        Box::new(texts.iter())
    }

    /// Where a needle of the scan stands in the lower-cased body.
    pub(super) fn in_body(&self, needle: usize) -> Option<Range<usize>> {
        let found = self.in_body.get_or_init(|| self.scan.find(self.body.lower()));
        found.get(needle).cloned().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_in_every_script() {
        assert_eq!(lower_case("ЗАКАЗ Ё"), "заказ ё");
        assert_eq!(lower_case("PREÇO"), "preço");
        assert_eq!(lower_case("ΟΔΟΣ"), lower_case("οδοσ"));
        assert!(matches!(lower_case("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_body_is_cut_at_a_character() {
        let body = format!("x{}", "Ж".repeat(BODY_OCTETS));
        let facts = Facts { body: &body, ..Facts::default() };
        let scan = Scan::default();
        let values = Values::new(&facts, &scan);
        assert_eq!(values.texts(Field::Body, None).next().unwrap().written.len(), BODY_OCTETS - 1);
    }
}
