//! Sums in millionths of a dollar, as a person reads and types them. Pure.

const DOLLAR: i64 = 1_000_000;
const CENT: i64 = 10_000;

/// A sum with two places. What is more than nothing is never shown as nothing.
pub(crate) fn shown(micros: i64) -> String {
    let sign = if micros < 0 { "−" } else { "" };
    let micros = micros.unsigned_abs();
    let (dollar, cent) = (DOLLAR.unsigned_abs(), CENT.unsigned_abs());
    if micros > 0 && micros < cent {
        return format!("<{sign}$0.01");
    }
    let cents = (micros + cent / 2) / cent;
    let per_dollar = dollar / cent;
    format!("{sign}${}.{:02}", crate::text::thousands(cents / per_dollar), cents % per_dollar)
}

/// A sum as it is put into a field: no sign, and no places that say nothing.
pub(crate) fn typed(micros: i64) -> String {
    let (whole, rest) = (micros / DOLLAR, micros % DOLLAR);
    if rest == 0 {
        return whole.to_string();
    }
    let places = format!("{rest:06}");
    let places = places.trim_end_matches('0');
    format!("{whole}.{places:0<2}")
}

/// What a person typed as a sum: `25`, `$25.50`, `1,000`. None when it is not one.
pub(crate) fn read(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('$').trim_start();
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped =
        groups.len() == 1 || (matches!(groups[0].len(), 1..=3) && groups[1..].iter().all(|group| group.len() == 3));
    let whole = groups.concat();
    if whole.is_empty() || !grouped || !digits(&whole) || places.len() > 6 || !digits(places) {
        return None;
    }
    let places: i64 = format!("{places:0<6}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(DOLLAR)?.checked_add(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_shown_with_two_places() {
        let cases = [
            (0, "$0.00", "nothing"),
            (1, "<$0.01", "hardly anything is not nothing"),
            (9_999, "<$0.01", "less than a cent"),
            (10_000, "$0.01", "a cent"),
            (9_405_000, "$9.41", "half a cent counts as one"),
            (25_000_000, "$25.00", "whole dollars"),
            (1_234_567_890_000, "$1,234,567.89", "thousands are set apart"),
            (-1_500_000, "−$1.50", "a correction"),
        ];
        for (micros, expected, why) in cases {
            assert_eq!(shown(micros), expected, "{why}");
        }
    }

    #[test]
    fn what_is_typed_is_read_as_it_was_meant_or_not_at_all() {
        let cases = [
            ("25", Some(25_000_000), "whole dollars"),
            (" $25.50 ", Some(25_500_000), "sign and spaces around"),
            ("0.000001", Some(1), "the smallest"),
            ("1,000.5", Some(1_000_500_000), "thousands set apart"),
            ("0", Some(0), "nothing at all is a limit too"),
            ("2,5", None, "a comma for the point would be a factor of ten"),
            ("1,0000", None, "a group of four"),
            ("", None, "empty"),
            ("$", None, "only the sign"),
            ("-5", None, "less than nothing"),
            ("5 euros", None, "something else"),
            ("0.0000001", None, "finer than what is kept"),
            ("99999999999999999", None, "more than there is"),
        ];
        for (text, expected, why) in cases {
            assert_eq!(read(text), expected, "{why}: {text:?}");
        }
    }

    #[test]
    fn a_sum_in_a_field_reads_back() {
        for (micros, expected) in [(25_000_000, "25"), (25_500_000, "25.50"), (1, "0.000001"), (0, "0")] {
            assert_eq!(typed(micros), expected, "short, and to the last place");
            assert_eq!(read(expected), Some(micros), "and it means the same");
        }
    }
}
