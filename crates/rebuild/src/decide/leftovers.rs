//! What looks like the primary region and is not replaced: said, and left.

use super::inference_profiles::inference_profiles;
use super::places::is_time_zone;
use super::replace::Literal;
use super::retarget::Work;
use super::signs::Signs;
use super::spelling::{doubtful, short_code};
use super::words::Pairs;
use pilotlight_findings::{Region, Severity, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Says of what is left in these literals of a text that it looks like the primary region; `words` are where words of
/// the region stand, in order.
pub(crate) fn tell(work: &mut Work<'_>, file: &Path, whole: &str, literals: &[Literal], words: &[Range<usize>]) {
    let (mut notes, mut escaped) = (Vec::new(), Vec::new());
    for Literal { range, signs, .. } in literals.iter().filter(|literal| !literal.is_said) {
        let text = &whole[range.clone()];
        let is_escaped = signs.has(Signs::BACKSLASH) && ESCAPES.iter().any(|escape| text.contains(escape))
            || signs.has(Signs::AMPERSAND) && text.contains(ENTITY);
        if is_escaped {
            let plain = ESCAPES.iter().fold(text.replace(ENTITY, "-"), |text, escape| unescaped(&text, escape));
            if work.words.find(&plain).len() > work.words.find(text).len() {
                escaped.push(range.clone());
            }
        }
        let mut found = work.looks.find(text);
        found.extend(work.looks.end_alone(text));
        found.extend(inference_profiles(text, work.input.primary, work.input.standby));
        if found.is_empty() {
            continue;
        }
        for found in found {
            let found = range.start + found.start..range.start + found.end;
            // They are in order, and none is over another.
            let next = words.partition_point(|word| word.end <= found.start);
            if words.get(next).is_none_or(|word| word.start >= found.end) {
                notes.push(found);
            }
        }
    }
    for range in escaped {
        let subject = Subject::File { span: work.span(file, range) };
        let message = format!("left as it is: with its escapes it names {}: write it without them", work.input.primary);
        work.note(codes::R_SPELLING, Severity::Warning, subject, message);
    }
    if notes.is_empty() {
        return;
    }
    let taken = [work.asked_ranges(file), work.edited_ranges(file)].concat();
    for range in notes {
        if taken.iter().any(|other| other.start < range.end && range.start < other.end) {
            continue;
        }
        let text = &whole[range.clone()];
        let subject = Subject::File { span: work.span(file, range.clone()) };
        let (primary, standby) = (work.input.primary, work.input.standby);
        // `startswith(var.region, "eu-")`: it is true of both.
        if text.ends_with('-') && whole[range.end..].starts_with('"') && standby.as_str().starts_with(text) {
            continue;
        }
        let message = match text.ends_with('-') {
            true => format!(
                "{text} is left as it is: it may mean {primary} with what follows; if it does, write it so that it fits {standby} too"
            ),
            false => format!(
                "{text} is left as it is: it may mean {primary}; if it does, add map = {{ \"{text}\" = \"…\" }} to the stack's standby block"
            ),
        };
        work.note(codes::R_SPELLING, Severity::Warning, subject, message);
    }
}

/// How HCL and JSON write a letter by its number, where it is ASCII; and how shells and scripts do.
const ESCAPES: [&str; 3] = ["\\\\x", "\\u00", "\\x"];

/// A hyphen in HTML and XML.
const ENTITY: &str = "&#45;";

fn unescaped(text: &str, escape: &str) -> String {
    let mut parts = text.split(escape);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(letter) => {
                plain.push(char::from(letter));
                plain.push_str(&part[2..]);
            }
            None => plain.push_str(part),
        }
    }
    plain
}

/// What a region's name looks like, whatever joins its parts.
#[derive(Debug, Clone)]
pub(crate) struct Looks {
    /// `eu`, `west`, `1`
    parts: Vec<String>,
    /// `ew1`, `euw1`, `dub`: only as a word of its own.
    words: Vec<String>,
    /// `west-1`, as what comes before it is computed.
    tail: String,
    /// Pairs of letters that any of them begins with, large and small.
    begins: Pairs,
}

impl Looks {
    pub(crate) fn of(primary: &Region) -> Self {
        let parts: Vec<String> = primary.as_str().split('-').map(str::to_owned).collect();
        let words: Vec<String> = doubtful(primary.as_str()).into_iter().chain(short_code(primary.as_str())).collect();
        let pairs = parts.iter().take(1).chain(&words).filter_map(|word| word.as_bytes().first_chunk::<2>());
        let mut begins = Pairs::default();
        for [first, second] in pairs {
            for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
                begins.insert(&[first, second.to_ascii_lowercase()]);
                begins.insert(&[first, second.to_ascii_uppercase()]);
            }
        }
        let tail = parts[1..].join("-");
        Self { parts, words, tail, begins }
    }

    /// `-west-1`, as what comes before it is computed.
    fn end_alone(&self, text: &str) -> Option<Range<usize>> {
        let start = usize::from(text.starts_with('-'));
        let rest = text[start..].strip_prefix(&self.tail)?;
        (!rest.starts_with(|next: char| next.is_ascii_digit())).then_some(start..start + self.tail.len())
    }

    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        for (at, pair) in bytes.windows(2).enumerate() {
            if !self.begins.holds(pair[0], pair[1]) || at < from {
                continue;
            }
            if let Some(end) = self.end(bytes, at) {
                found.push(at..end);
                from = end;
            }
        }
        found
    }

    /// The end of what looks like the region from `at` on. It is ASCII, and so never ends inside of a letter.
    fn end(&self, text: &[u8], at: usize) -> Option<usize> {
        let is_joined = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        // One word may begin with another: `dub`, `dublin`.
        let word_at = |word: &String| {
            let end = at + starts_with(&text[at..], word).then_some(word.len())?;
            // `dub1`: a site's number.
            let is_site = word.bytes().all(|byte| byte.is_ascii_lowercase());
            let number = text[end..].iter().take_while(|byte| is_site && byte.is_ascii_digit()).count();
            let end = if number <= LONGEST_SITE_NUMBER { end + number } else { end };
            let is_alone = !is_joined(at.checked_sub(1).map(|before| &text[before])) && !is_joined(text.get(end));
            (is_alone && !is_time_zone(&text[..at])).then_some(end)
        };
        self.name_at(text, at).or_else(|| self.words.iter().find_map(word_at))
    }

    /// The end of `eu-west-1`, `euWest1`, `eu.west.1`; or of `eu-west` and `eu-west-`, whose number is elsewhere; or of
    /// the `eu-` of a pattern.
    fn name_at(&self, text: &[u8], start: usize) -> Option<usize> {
        let (number, words) = self.parts.split_last()?;
        let is_alone = |range: Range<usize>| {
            !range.start.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric())
                && !text.get(range.end).is_some_and(u8::is_ascii_alphanumeric)
        };
        let mut at = start;
        let mut is_separated = false;
        for (index, word) in words.iter().enumerate() {
            if index > 0 && text.get(at).is_some_and(|byte| b"-_. ".contains(byte)) {
                at += 1;
                is_separated = true;
            }
            if !starts_with(text.get(at..)?, word) {
                // `eu-*`, `eu-%s-%d`, `^eu-(west|north)`, and `eu-` before an interpolation.
                let goes_on = text.get(at).is_none_or(|byte| b"*?%([$".contains(byte));
                return (index > 0 && text[at - 1] == b'-' && goes_on && is_alone(start..at)).then_some(at);
            }
            at += word.len();
        }
        let end = at;
        if text.get(at).is_some_and(|byte| b"-_. ".contains(byte)) {
            at += 1;
        }
        let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            // Another region of the same direction is another region.
            return (&text[at..at + digits] == number.as_bytes()).then_some(at + digits);
        }
        (is_separated && is_alone(start..end)).then_some(end)
    }
}

/// `dub01`
const LONGEST_SITE_NUMBER: usize = 2;

fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_it_begins_a_text() {
        let looks = Looks::of(&Region::new("eu-west-1").unwrap());
        assert_eq!(looks.end_alone("-west-1"), Some(1..7));
        assert_eq!(looks.end_alone("west-1a"), Some(0..6));
        for text in ["-west-10", "-west-2", "eu-west-1", "-", "", "é-west-1"] {
            assert_eq!(looks.end_alone(text), None, "{text}");
        }
    }

    #[test]
    fn what_looks_like_it_is_found_and_other_regions_are_not() {
        let looks = Looks::of(&Region::new("eu-west-1").unwrap());
        let found =
            |text: &'static str| -> Vec<&str> { looks.find(text).into_iter().map(|range| &text[range]).collect() };
        for (text, expected) in [
            ("logseu-west-1", &["eu-west-1"][..]),
            ("eu-west-1ab", &["eu-west-1"]),
            ("shop-ew1-x euWe1", &["ew1", "euWe1"]),
            ("myeuwest1logs", &["euwest1"]),
            ("euWest1", &["euWest1"]),
            ("eu-west-", &["eu-west"]),
            ("the EU West region", &["EU West"]),
            ("é eu.west.1", &["eu.west.1"]),
            ("arn:aws:logs:eu-*:1:x", &["eu-"]),
            ("eu-%s-%d", &["eu-"]),
            ("^eu-(west|north)-[1-3]$", &["eu-"]),
            ("shop-eu-", &["eu-"]),
            ("In Ireland, DUB, dub01 and dub-1", &["Ireland", "DUB", "dub01", "dub"]),
            ("Dublin, dublin1 office/Dublin", &["Dublin", "dublin1", "Dublin"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        for text in [
            "eu-west-2",
            "eu-west-10",
            "eu-central-1",
            "new1",
            "review1",
            "euwestern",
            "ewe1",
            "",
            "neu-*",
            "eu-shop",
            "dubious dub123",
            "Europe/Dublin",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
