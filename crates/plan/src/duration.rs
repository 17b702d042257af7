//! Durations as plans write them: `90s`, `15m`, `1h30m`, `2d`.

use std::fmt::Write;
use std::time::Duration;

/// The units with their seconds, the largest first: they stand in this order in a text.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {text:?} as a duration: {reason}")]
pub struct DurationError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Reads a duration: whole numbers with a unit each, the larger unit first and none twice.
/// The units are `d`, `h`, `m` and `s`.
///
/// # Errors
/// Anything else, and what is longer than can be counted in seconds.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let error = |reason| DurationError { text: text.to_owned(), reason };
    if text.is_empty() {
        return Err(error("it is empty"));
    }
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        if number.is_empty() {
            return Err(error("a number is wanted before each unit"));
        }
        let Some(letter) = after.chars().next() else {
            return Err(error("the unit is missing: d, h, m or s"));
        };
        let Some(found) = units.iter().position(|(unit, _)| *unit == letter) else {
            let known = UNITS.iter().any(|(unit, _)| *unit == letter);
            return Err(error(if known {
                "the larger unit comes first and each stands once"
            } else {
                "the units are d, h, m and s"
            }));
        };
        let amount = number.parse::<u64>().ok().and_then(|number| number.checked_mul(units[found].1));
        seconds = amount.and_then(|amount| seconds.checked_add(amount)).ok_or_else(|| error("it is too long"))?;
        units = &units[found + 1..];
        rest = &after[letter.len_utf8()..];
    }
    Ok(Duration::from_secs(seconds))
}

/// Writes a duration as [`parse_duration`] reads it; what is below a second is left out.
pub fn format_duration(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut text = String::new();
    for (unit, seconds) in UNITS {
        if rest >= seconds {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}{unit}", rest / seconds);
            rest %= seconds;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        for (text, seconds) in
            [("0s", 0), ("90s", 90), ("15m", 900), ("1h30m", 5_400), ("2d", 172_800), ("1d1h1m1s", 90_061)]
        {
            assert_eq!(parse_duration(text).expect(text), Duration::from_secs(seconds));
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        for (text, reason) in [
            ("", "it is empty"),
            ("15", "the unit is missing: d, h, m or s"),
            ("m", "a number is wanted before each unit"),
            ("-5m", "a number is wanted before each unit"),
            ("1.5h", "the units are d, h, m and s"),
            ("500ms", "a number is wanted before each unit"),
            ("15 m", "the units are d, h, m and s"),
            ("15min", "a number is wanted before each unit"),
            ("30m1h", "the larger unit comes first and each stands once"),
            ("1m1m", "the larger unit comes first and each stands once"),
            ("15é", "the units are d, h, m and s"),
            ("99999999999999999999s", "it is too long"),
            ("999999999999999999d", "it is too long"),
        ] {
            let error = parse_duration(text).expect_err(text);
            assert_eq!((error.text.as_str(), error.reason), (text, reason), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds: u64) {
            let duration = Duration::from_secs(seconds);
            proptest::prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }
}
