//! What looks like the primary region and is not replaced: said, and left.

use super::retarget::Work;
use super::spelling::{doubtful, short_code};
use pilotlight_findings::{Severity, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Says of what is left in these ranges that it looks like the primary region.
pub(crate) fn tell(work: &mut Work<'_>, file: &Path, ranges: impl IntoIterator<Item = Range<usize>>) {
    let Some(whole) = work.tree.files.get(file).and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return };
    let looks = Looks::of(work.input.primary.as_str());
    let mut notes = Vec::new();
    for range in ranges {
        let text = &whole[range.clone()];
        if !looks.may_be_in(text) {
            continue;
        }
        let hits = work.words.find(text);
        for found in looks.find(text) {
            let is_known = hits.iter().any(|hit| hit.range.start < found.end && found.start < hit.range.end);
            if !is_known {
                notes.push(range.start + found.start..range.start + found.end);
            }
        }
    }
    let asked: Vec<Range<usize>> = work.asked_ranges(file);
    let edited = work.edited_ranges(file);
    for range in notes {
        let taken = |other: &Range<usize>| other.start < range.end && range.start < other.end;
        if asked.iter().any(taken) || edited.iter().any(taken) {
            continue;
        }
        let text = &whole[range.clone()];
        let subject = Subject::File { span: work.span(file, range.clone()) };
        let message = format!(
            "{text} is left as it is: it may mean {}; if it does, add map = {{ \"{text}\" = \"…\" }} to the stack's standby block",
            work.input.primary
        );
        work.note(codes::R_SPELLING, Severity::Warning, subject, message);
    }
}

/// What a region's name looks like, whatever joins its parts.
struct Looks {
    /// `eu`, `west`, `1`
    parts: Vec<String>,
    /// `ew1`: only as a word of its own.
    doubtful: Vec<String>,
    short: Option<String>,
}

impl Looks {
    fn of(code: &str) -> Self {
        let parts = code.split('-').map(str::to_owned).collect();
        Self { parts, doubtful: doubtful(code), short: short_code(code) }
    }

    /// A quick answer for the many texts that have nothing of it.
    fn may_be_in(&self, text: &str) -> bool {
        let begins = |word: &str, pair: &[u8]| word.len() >= 2 && pair.eq_ignore_ascii_case(&word.as_bytes()[..2]);
        text.len() >= 3
            && text
                .as_bytes()
                .windows(2)
                .any(|pair| begins(&self.parts[0], pair) || self.doubtful.iter().any(|word| begins(word, pair)))
    }

    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let lower = text.to_ascii_lowercase();
        let mut found: Vec<Range<usize>> = Vec::new();
        let is_joined = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let byte = |at: Option<usize>| at.and_then(|at| lower.as_bytes().get(at).copied());
        let mut at = 0;
        while at < lower.len() {
            let word = |word: &String| {
                lower[at..].starts_with(word.as_str())
                    && !is_joined(byte(at.checked_sub(1)))
                    && !is_joined(byte(Some(at + word.len())))
            };
            let end = match () {
                () if !lower.is_char_boundary(at) => None,
                () => self.name_at(&lower, at).or_else(|| {
                    self.doubtful.iter().chain(&self.short).find(|known| word(known)).map(|known| at + known.len())
                }),
            };
            match end {
                Some(end) => {
                    found.push(at..end);
                    at = end;
                }
                None => at += 1,
            }
        }
        found
    }

    /// The end of `eu-west-1`, `euWest1`, `eu.west.1`; or of `eu-west` and `eu-west-`, whose number is elsewhere.
    fn name_at(&self, lower: &str, start: usize) -> Option<usize> {
        let bytes = lower.as_bytes();
        let (number, words) = self.parts.split_last()?;
        let mut at = start;
        let mut is_separated = false;
        for (index, word) in words.iter().enumerate() {
            if index > 0 && bytes.get(at).is_some_and(|byte| b"-_. ".contains(byte)) {
                at += 1;
                is_separated = true;
            }
            if !lower.get(at..)?.starts_with(word.as_str()) {
                return None;
            }
            at += word.len();
        }
        let end = at;
        if bytes.get(at).is_some_and(|byte| b"-_. ".contains(byte)) {
            at += 1;
        }
        let rest = lower.get(at..).unwrap_or_default();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            // Another region of the same direction is another region.
            return (rest[..digits] == **number).then_some(at + digits);
        }
        let alone = !lower[..start].ends_with(|letter: char| letter.is_ascii_alphanumeric())
            && !lower[end..].starts_with(|letter: char| letter.is_ascii_alphanumeric());
        (is_separated && alone).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_it_is_found_and_other_regions_are_not() {
        let looks = Looks::of("eu-west-1");
        let found = |text: &'static str| -> Vec<&str> {
            if !looks.may_be_in(text) {
                return Vec::new();
            }
            looks.find(text).into_iter().map(|range| &text[range]).collect()
        };
        for (text, expected) in [
            ("logseu-west-1", &["eu-west-1"][..]),
            ("eu-west-1ab", &["eu-west-1"]),
            ("shop-ew1-x euWe1", &["ew1", "euWe1"]),
            ("myeuwest1logs", &["euwest1"]),
            ("euWest1", &["euWest1"]),
            ("eu-west-", &["eu-west"]),
            ("the EU West region", &["EU West"]),
            ("é eu.west.1", &["eu.west.1"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        for text in ["eu-west-2", "eu-west-10", "eu-central-1", "new1", "review1", "euwestern", "ewe1", ""] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
