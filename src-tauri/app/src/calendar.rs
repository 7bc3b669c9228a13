//! Times as the user's own calendar and clock have them.

use std::ops::Range;

use holdfast_contract::Timestamp;
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

/// The calendar month around a time: its first moment, and that of the next one.
pub(crate) fn month(now: Timestamp) -> Range<Timestamp> {
    month_in(now, TimeZone::system())
}

fn month_in(now: Timestamp, zone: TimeZone) -> Range<Timestamp> {
    let now = zoned(now, zone);
    let first = now.date().first_of_month();
    // A time that no calendar knows has no month either; then everything counts.
    let at = |date: jiff::civil::Date| Some(date.to_zoned(now.time_zone().clone()).ok()?.timestamp().as_millisecond());
    let next = first.checked_add(1.month()).ok();
    at(first).unwrap_or(Timestamp::MIN)..next.and_then(at).unwrap_or(Timestamp::MAX)
}

/// For instance `14:03:20`.
pub(crate) fn clock(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// For instance `1 December 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%-d %B %Y").to_string()
}

fn zoned(at: Timestamp, zone: TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_that_of_the_users_calendar() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).unwrap();
        let east = TimeZone::fixed(jiff::tz::offset(2));
        let now = at("2026-11-30T23:00:00Z");
        assert_eq!(month_in(now, TimeZone::UTC), at("2026-11-01T00:00:00Z")..at("2026-12-01T00:00:00Z"));
        assert_eq!(
            month_in(now, east),
            at("2026-11-30T22:00:00Z")..at("2026-12-31T22:00:00Z"),
            "two hours further east December has begun"
        );
    }
}
