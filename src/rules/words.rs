//! The words of the vocabulary as they stand in JSON: what traces show. A test holds them against serde's.

use super::{Field, Op, Priority, Status};
use crate::mail::AuthResult;

impl Field {
    /// The word in JSON and in traces.
    pub const fn word(self) -> &'static str {
        match self {
            Field::EnvelopeFrom => "envelope_from",
            Field::EnvelopeTo => "envelope_to",
            Field::From => "from",
            Field::Header => "header",
            Field::Subject => "subject",
            Field::Body => "body",
            Field::AttachmentName => "attachment_name",
            Field::AttachmentType => "attachment_type",
            Field::Size => "size",
            Field::Spf => "spf",
            Field::Dkim => "dkim",
            Field::Dmarc => "dmarc",
            Field::Arc => "arc",
            Field::ArcSealer => "arc_sealer",
            Field::IsRobot => "is_robot",
            Field::IsBounce => "is_bounce",
            Field::KnownContact => "known_contact",
            Field::Score => "score",
            Field::Reference => "reference",
        }
    }
}

impl Op {
    /// The word in JSON and in traces.
    pub const fn word(self) -> &'static str {
        match self {
            Op::Is => "is",
            Op::IsNot => "is_not",
            Op::Contains => "contains",
            Op::Starts => "starts",
            Op::Ends => "ends",
            Op::Matches => "matches",
            Op::OneOf => "one_of",
            Op::InTable => "in_table",
            Op::GreaterThan => "greater_than",
            Op::LessThan => "less_than",
        }
    }
}

impl Status {
    /// The word in JSON and in traces.
    pub const fn word(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Open => "open",
            Status::Pending => "pending",
            Status::OnHold => "on_hold",
            Status::Solved => "solved",
            Status::Closed => "closed",
            Status::Spam => "spam",
        }
    }
}

impl Priority {
    /// The word in JSON and in traces.
    pub const fn word(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

/// Every word that SPF, DKIM, DMARC and ARC results are compared with (RFC 8601 §2.7).
pub(super) const AUTH_WORDS: [&str; 7] = ["none", "pass", "fail", "softfail", "neutral", "temperror", "permerror"];

/// The word of one result.
pub(super) const fn auth_word(result: AuthResult) -> &'static str {
    match result {
        AuthResult::None => "none",
        AuthResult::Pass => "pass",
        AuthResult::Fail => "fail",
        AuthResult::SoftFail => "softfail",
        AuthResult::Neutral => "neutral",
        AuthResult::TempError => "temperror",
        AuthResult::PermError => "permerror",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: impl serde::Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn words_are_those_of_the_json() {
        use {AuthResult as A, Field as F, Op as O, Priority as P, Status as S};
        for field in [
            F::EnvelopeFrom,
            F::EnvelopeTo,
            F::From,
            F::Header,
            F::Subject,
            F::Body,
            F::AttachmentName,
            F::AttachmentType,
            F::Size,
            F::Spf,
            F::Dkim,
            F::Dmarc,
            F::Arc,
            F::ArcSealer,
            F::IsRobot,
            F::IsBounce,
            F::KnownContact,
            F::Score,
            F::Reference,
        ] {
            assert_eq!(field.word(), json(field));
        }
        for op in [
            O::Is,
            O::IsNot,
            O::Contains,
            O::Starts,
            O::Ends,
            O::Matches,
            O::OneOf,
            O::InTable,
            O::GreaterThan,
            O::LessThan,
        ] {
            assert_eq!(op.word(), json(op));
        }
        for status in [S::New, S::Open, S::Pending, S::OnHold, S::Solved, S::Closed, S::Spam] {
            assert_eq!(status.word(), json(status));
        }
        for priority in [P::Low, P::Normal, P::High, P::Urgent] {
            assert_eq!(priority.word(), json(priority));
        }
        for result in [A::None, A::Pass, A::Fail, A::SoftFail, A::Neutral, A::TempError, A::PermError] {
            assert_eq!(auth_word(result), json(result));
            assert!(AUTH_WORDS.contains(&auth_word(result)));
        }
    }
}
