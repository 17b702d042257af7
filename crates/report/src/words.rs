//! Numbers, durations and times as people read them.

use jiff::Timestamp;

/// A duration: `420 ms`, `42.1 s`, `3 m 5 s`, `15 m`, `2 h 4 m`.
pub(crate) fn duration(ms: u64) -> String {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    // Rounded to what is shown before the unit is chosen, so that 59.96 s is `1 m` and not `60.0 s`.
    let tenths = (ms + 50) / 100;
    let seconds = (ms + SECOND / 2) / SECOND;
    let minutes = (ms + MINUTE / 2) / MINUTE;
    if ms < SECOND {
        format!("{ms} ms")
    } else if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3_600 {
        two(seconds / 60, "m", seconds % 60, "s")
    } else if ms < 24 * HOUR {
        two(minutes / 60, "h", minutes % 60, "m")
    } else {
        two(ms / (24 * HOUR), "d", ms % (24 * HOUR) / HOUR, "h")
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

/// `1 finding`, `3 findings`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(n))
}

/// A number with thin groups of three: `12,345`.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Words joined as in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A point in time, `2026-11-21 02:58:07 UTC`; a text that is no RFC 3339 time is shown as it is.
pub(crate) fn time(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => crate::clean::line(rfc3339),
    }
}

/// The time of day alone, `02:58:07`.
pub(crate) fn clock(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(at) => at.strftime("%H:%M:%S").to_string(),
        Err(_) => crate::clean::line(rfc3339),
    }
}

/// Milliseconds since the Unix epoch, where the text is an RFC 3339 time.
pub(crate) fn millis(rfc3339: &str) -> Option<i64> {
    rfc3339.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (ms, text) in [
            (0, "0 ms"),
            (420, "420 ms"),
            (999, "999 ms"),
            (2_149, "2.1 s"),
            (59_949, "59.9 s"),
            (59_960, "1 m"),
            (185_000, "3 m 5 s"),
            (900_000, "15 m"),
            (3_599_700, "1 h"),
            (7_440_000, "2 h 4 m"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(ms), text, "{ms}");
        }
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(count(1, "finding"), "1 finding");
        assert_eq!(count(12_345, "finding"), "12,345 findings");
        assert_eq!(number(100), "100");
        assert_eq!(number(1_000_000), "1,000,000");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn times_are_utc_and_bad_ones_are_shown_as_they_are() {
        assert_eq!(time("2026-11-21T02:58:07.123Z"), "2026-11-21 02:58:07 UTC");
        assert_eq!(time("2026-11-21T03:58:07+01:00"), "2026-11-21 02:58:07 UTC");
        assert_eq!(clock("2026-11-21T02:58:07Z"), "02:58:07");
        assert_eq!(time("yesterday"), "yesterday");
        assert_eq!(millis("1970-01-01T00:00:01Z"), Some(1_000));
    }
}
