//! Regions that stand side by side in one text: `^(eu-west-1|eu-central-1)$`, `["eu-west-1", "eu-central-1"]`.

use super::places;
use pilotlight_findings::Region;
use std::ops::Range;

/// What may stand between the names of a list, whatever writes it: JSON, YAML, a pattern, a script.
const SEPARATORS: &[u8] = b"|,;/ \"'\\\n\r\t[]()";

/// How far the next name of a list may be: an indented line of YAML.
const FARTHEST: usize = 24;

/// From how many regions on a text is taken for a table of regions, as an SDK or a price list brings it.
const CATALOGUE: usize = 6;

/// Whether `other` is in the list of regions around the name at `range`.
pub(crate) fn is_beside(text: &str, range: &Range<usize>, other: &Region) -> bool {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (range.start, range.end);
    while let Some(name) = after(bytes, end) {
        end = name.end;
        match text.get(name) {
            Some(name) if name == other.as_str() => return true,
            Some(name) if Region::new(name).is_ok() => {}
            _ => break,
        }
    }
    while let Some(name) = before(bytes, start) {
        start = name.start;
        match text.get(name) {
            Some(name) if name == other.as_str() => return true,
            Some(name) if Region::new(name).is_ok() => {}
            _ => break,
        }
    }
    false
}

/// Whether a text of neither side names so many regions that it is a table of all of them.
pub(crate) fn is_catalogue(text: &str, standby: &Region) -> bool {
    text.contains(standby.as_str()) && places::codes().filter(|code| text.contains(code)).count() >= CATALOGUE
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// The name that comes next, past nothing but separators; a list's hyphen in YAML is one too.
fn after(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let gap = rest.iter().take_while(|byte| SEPARATORS.contains(byte)).count();
    let hyphen = if gap > 0 && rest[gap..].starts_with(b"- ") { 2 } else { 0 };
    let quotes = rest[gap + hyphen..].iter().take_while(|byte| b" \"'".contains(byte)).count();
    let gap = gap + if hyphen > 0 { hyphen + quotes } else { 0 };
    let name = rest[gap..].iter().take_while(|byte| is_of_name(**byte)).count();
    (gap > 0 && gap <= FARTHEST && name > 0).then_some(at + gap..at + gap + name)
}

/// The name that stands before, past nothing but separators.
fn before(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_gap = |byte: &&u8| SEPARATORS.contains(byte) || **byte == b'-';
    let gap = text[..at].iter().rev().take_while(is_gap).count();
    let end = at - gap;
    let name = text[..end].iter().rev().take_while(|byte| is_of_name(**byte)).count();
    (gap > 0 && gap <= FARTHEST && name > 0).then_some(end - name..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_regions_are_seen_and_sentences_are_none() {
        let other = Region::new("eu-central-1").unwrap();
        for (text, is) in [
            ("^(eu-west-1|eu-central-1)$", true),
            ("^(eu-central-1|us-east-1|eu-west-1)$", true),
            ("[\"eu-west-1\", \"eu-central-1\"]", true),
            ("[\\\"eu-central-1\\\",\\\"eu-west-1\\\"]", true),
            ("regions:\n  - eu-central-1\n  - eu-west-1\n", true),
            ("regions:\n  - eu-west-1\n  - \"eu-central-1\"\n", true),
            ("eu-west-1,eu-central-1", true),
            ("from eu-west-1 to eu-central-1", false),
            ("eu-west-1.eu-central-1", false),
            ("region: eu-west-1\nother: eu-central-1", false),
            ("eu-west-1", false),
            ("é|eu-west-1|é", false),
        ] {
            let start = text.find("eu-west-1").unwrap();
            assert_eq!(is_beside(text, &(start..start + 9), &other), is, "{text}");
        }
    }

    #[test]
    fn a_table_of_all_regions_is_no_text_of_one() {
        let other = Region::new("eu-central-1").unwrap();
        let all: String = places::codes().map(|code| format!("\"{code}\": {{}},")).collect();
        assert!(is_catalogue(&all, &other));
        assert!(!is_catalogue("eu-west-1 eu-central-1 us-east-1", &other));
        assert!(!is_catalogue(&all.replace("eu-central-1", ""), &other));
    }
}
