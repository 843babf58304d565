//! Points in time as the API writes them.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// A time in UTC with milliseconds (RFC 3339): `2026-11-21T20:45:48.123Z`. Holds Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-21T20:45:48.123Z")]
pub(super) struct Time(pub u64);

impl Time {
    /// From RFC 3339, or from Unix milliseconds in digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(milliseconds) = text.parse() {
            return Some(Self(milliseconds));
        }
        let timestamp: Timestamp = text.parse().ok()?;
        u64::try_from(timestamp.as_millisecond()).ok().map(Self)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A time that no calendar holds (the year 9999 is the last) can only come from damaged data: shown as the last one.
        let timestamp = i64::try_from(self.0).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        write!(f, "{:.3}", timestamp.unwrap_or(Timestamp::MAX))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        assert_eq!(Time(1_700_000_000_000).to_string(), "2023-11-14T22:13:20.000Z");
        assert_eq!(Time(1_700_000_000_042).to_string(), "2023-11-14T22:13:20.042Z");
        assert!(Time(u64::MAX).to_string().starts_with("9999-"));
    }

    #[test]
    fn a_time_is_read_from_either_form() {
        assert_eq!(Time::parse("2023-11-14T22:13:20.042Z"), Some(Time(1_700_000_000_042)));
        assert_eq!(Time::parse("2023-11-14T23:13:20+01:00"), Some(Time(1_700_000_000_000)));
        assert_eq!(Time::parse("1700000000042"), Some(Time(1_700_000_000_042)));
        assert_eq!(Time::parse("1950-01-01T00:00:00Z"), None);
        assert_eq!(Time::parse("yesterday"), None);
    }
}
