//! Text from outside, made safe to show: a tag or a record may hold escape sequences that rewrite a
//! terminal, or marks that turn the reading direction of a line around.

use std::fmt::Write as _;

/// The text with control and direction characters written out (`\u{1b}`). New lines and tabs stay.
pub(crate) fn text(from: &str) -> String {
    clean(from, |c| c == '\n' || c == '\t')
}

/// As [`text`], on one line.
pub(crate) fn line(from: &str) -> String {
    clean(from.trim_end_matches('\n'), |_| false)
}

fn clean(from: &str, keep: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(from.len());
    for c in from.chars() {
        match c {
            c if keep(c) || !is_deceptive(c) => clean.push(c),
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push_str("\\t"),
            c => {
                // Writing to a String cannot fail.
                let _ = write!(clean, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    clean
}

/// Control characters; the bidirectional controls of Unicode's "Trojan source" report (CVE-2021-42574); what ends
/// a line without being a new line; what nobody sees (tag characters, the byte order mark); and the two code points
/// that XML does not allow.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_sent() {
        assert_eq!(line("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(text("a\nb\tc\u{202e}d"), "a\nb\tc\\u{202e}d");
        assert_eq!(line("a\u{2028}b\u{e0041}\u{ffff}"), "a\\u{2028}b\\u{e0041}\\u{ffff}");
        assert_eq!(line("café ✓ 東京\n"), "café ✓ 東京");
    }
}
