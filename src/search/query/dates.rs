//! Dates in queries: `2024-03-12`, `12.03.2024`, `2024-03`, `2024`, each as the beginning of its first day in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The first moment of a date, Unix milliseconds; `None` where it is no date or before 1970.
pub(super) fn day_start(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(['-', '.', '/']).collect();
    let (year, month, day) = match parts.as_slice() {
        [year] => (*year, "1", "1"),
        [year, month] if year.len() == 4 => (*year, *month, "1"),
        [month, year] => (*year, *month, "1"),
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [day, month, year] => (*year, *month, *day),
        _ => return None,
    };
    if year.len() != 4 {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let moment = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    u64::try_from(moment).ok()
}
