//! Dates as a person says them. Pure: the caller gives now, and how far local time is from UTC.

use holdfast_contract::Timestamp;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A heading of the list of conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    Today,
    Yesterday,
    LastWeek,
    Month { year: i32, month: u8 },
}

/// A point of local time, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// Days since 1970-01-01.
    pub day: i64,
    pub year: i32,
    /// From 1.
    pub month: u8,
    pub day_of_month: u8,
    /// From 0, Sunday.
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
}

/// Takes a time apart. `offset` is local time minus UTC, in milliseconds.
pub(crate) fn local(time: Timestamp, offset: i64) -> Local {
    let shifted = time + offset;
    let day = shifted.div_euclid(DAY);
    let rest = shifted.rem_euclid(DAY);
    let (year, month, day_of_month) = civil(day);
    Local {
        day,
        year,
        month,
        day_of_month,
        weekday: (day + 4).rem_euclid(7) as u8,
        hour: (rest / HOUR) as u8,
        minute: (rest % HOUR / MINUTE) as u8,
    }
}

/// The heading under which something of `then` stands when it is `now`. A time to come counts as today.
pub(crate) fn group(then: Local, now: Local) -> Group {
    match now.day - then.day {
        ..=0 => Group::Today,
        1 => Group::Yesterday,
        2..=7 => Group::LastWeek,
        _ => Group::Month { year: then.year, month: then.month },
    }
}

/// Year, month and day of a day number; Howard Hinnant's `civil_from_days`.
fn civil(day: i64) -> (i32, u8, u8) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u8;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_taken_apart() {
        let expected = Local { day: 20_777, year: 2026, month: 11, day_of_month: 20, weekday: 5, hour: 13, minute: 26 };
        assert_eq!(local(1_795_181_160_000, 0), expected, "a Friday in November");
        assert_eq!(civil(-1), (1969, 12, 31), "the day before the first");
        assert_eq!(civil(11_016), (2000, 2, 29), "a leap day of a century that has one");
        assert_eq!(civil(11_017), (2000, 3, 1), "and the day after");
    }

    #[test]
    fn days_change_at_local_midnight() {
        let now = 1_795_181_160_000;
        let heading = |ago: i64, offset: i64| group(local(now - ago, offset), local(now, offset));
        assert_eq!(heading(13 * HOUR, 0), Group::Today, "13:26 less 13 hours is the same day");
        assert_eq!(heading(14 * HOUR, 0), Group::Yesterday, "less 14 it is the day before");
        assert_eq!(heading(14 * HOUR, 2 * HOUR), Group::Today, "but not two hours further east");
        assert_eq!(heading(-HOUR, 0), Group::Today, "a clock that was set back makes nothing strange");
        assert_eq!(heading(7 * DAY, 0), Group::LastWeek, "seven days ago");
        assert_eq!(heading(8 * DAY, 0), Group::Month { year: 2026, month: 11 }, "eight");
        assert_eq!(heading(60 * DAY, 0), Group::Month { year: 2026, month: 9 }, "sixty");
    }
}
