//! How teams write a region's name: `eu_west_1`, `EU-WEST-1`, `euwest1`, `EuWest1`, `euw1`.

use super::places::{hints, name, price_list_name};
use pilotlight_findings::Region;

/// How a spelling ends, where a letter or digit beside it decides whether it is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Neither a letter nor a digit may stand beside it.
    Word,
    /// As a word, and no dot may join it to another one: `m5.large` in `db.m5.large` is another thing.
    Name,
    /// `EuWest1` in `ShopEuWest1Logs`: a capital begins a word of its own.
    Hump,
}

/// The spellings that can mean nothing else, each of the primary with the standby's in the same manner.
pub(crate) fn spellings(primary: &Region, standby: &Region) -> Vec<(String, String, Edge)> {
    let mut found: Vec<(String, String, Edge)> = Vec::new();
    let mut add = |of: &dyn Fn(&str) -> Option<String>, edge| {
        if let (Some(from), Some(to)) = (of(primary.as_str()), of(standby.as_str())) {
            // One that is the region's own code is another rule's.
            if from != to && from != primary.as_str() && !found.iter().any(|(known, ..)| *known == from) {
                found.push((from, to, edge));
            }
        }
    };
    add(&|code| Some(code.replace('-', "_")), Edge::Word);
    add(&|code| Some(code.to_ascii_uppercase()), Edge::Word);
    add(&|code| Some(code.replace('-', "_").to_ascii_uppercase()), Edge::Word);
    add(&|code| Some(code.replace('-', "")), Edge::Word);
    add(&|code| Some(code.replace('-', "").to_ascii_uppercase()), Edge::Word);
    add(&|code| Some(code.split('-').map(capital).collect()), Edge::Hump);
    add(&|code| Some(code.split('-').map(capital).collect::<Vec<_>>().join("-")), Edge::Word);
    add(&|code| name(code).map(str::to_owned), Edge::Word);
    add(&price_list_name, Edge::Word);
    add(&short_code, Edge::Word);
    add(&|code| Some(short_code(code)?.to_ascii_uppercase()), Edge::Word);
    found
}

/// `euw1` of `eu-west-1`: what zone ids begin with, and by far the most common short name.
/// Source: Amazon EC2 User Guide, "Availability Zone IDs"; ElastiCache's host names have it too.
pub(crate) fn short_code(code: &str) -> Option<String> {
    let mut parts = code.split('-');
    let area = parts.next()?;
    let mut short = area.to_owned();
    for part in parts {
        short.push_str(match part {
            "north" => "n",
            "south" => "s",
            "east" => "e",
            "west" => "w",
            "central" => "c",
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            "gov" => "g",
            number if number.bytes().all(|digit| digit.is_ascii_digit()) => number,
            _ => return None,
        });
    }
    Some(short)
}

/// Names that are read as the region and may mean something else: `ew1`, `euwe1`, `ireland`. They are never replaced.
pub(crate) fn doubtful(code: &str) -> Vec<String> {
    let parts: Vec<&str> = code.split('-').collect();
    let mut found = Vec::new();
    if let ([area, _, ..], Some(short)) = (&parts[..], short_code(code)) {
        // Without the area's second letter: `ew1`, `ue1`, `ase1`.
        let first = area.get(..1).unwrap_or_default();
        found.push(format!("{first}{}", &short[area.len()..]));
    }
    if let [area, direction, number] = parts[..]
        && direction.len() <= 5
    {
        // Two letters of each: `euwe1`, `usea1`.
        found.push(format!("{area}{}{number}", direction.get(..2).unwrap_or_default()));
    }
    found.extend(hints(code));
    found.retain(|word| short_code(code).as_ref() != Some(word));
    found
}

fn capital(part: &str) -> String {
    let mut letters = part.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Where `word` does not end as its edge asks.
pub(crate) fn is_edge(text: &str, at: usize, word: &str, edge: Edge) -> bool {
    let before = text[..at].chars().next_back().filter(|_| !is_escape(&text.as_bytes()[..at]));
    let after = text[at + word.len()..].chars().next();
    let joins = |letter: char| letter.is_ascii_alphanumeric();
    match edge {
        Edge::Word => {
            !(word.starts_with(joins) && before.is_some_and(joins) || word.ends_with(joins) && after.is_some_and(joins))
        }
        Edge::Name => {
            let dotted = |beside: Option<char>, next: Option<char>| beside == Some('.') && next.is_some_and(joins);
            let (mut left, mut right) = (text[..at].chars().rev(), text[at + word.len()..].chars());
            is_edge(text, at, word, Edge::Word)
                && !dotted(left.next(), left.next())
                && !dotted(right.next(), right.next())
        }
        Edge::Hump => {
            !(before.is_some_and(|letter| letter.is_ascii_uppercase())
                || after.is_some_and(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit()))
        }
    }
}

/// Whether a text ends in an escape, `\n` or `%3A`: its last letter is none of a word.
fn is_escape(text: &[u8]) -> bool {
    match text {
        [before @ .., b'\\', b'n' | b't' | b'r'] => {
            before.iter().rev().take_while(|byte| **byte == b'\\').count().is_multiple_of(2)
        }
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_codes_are_those_of_zone_ids() {
        for (code, short) in [
            ("eu-west-1", "euw1"),
            ("eu-central-1", "euc1"),
            ("us-east-1", "use1"),
            ("ap-southeast-2", "apse2"),
            ("ap-northeast-3", "apne3"),
            ("us-gov-west-1", "usgw1"),
            ("cn-northwest-1", "cnnw1"),
            ("me-central-1", "mec1"),
        ] {
            assert_eq!(short_code(code).as_deref(), Some(short));
        }
        assert_eq!(short_code("xx-upper-1"), None);
        assert_eq!(doubtful("eu-west-1"), ["ew1", "euwe1", "ireland", "dub", "dublin"]);
        assert_eq!(doubtful("ap-southeast-1"), ["ase1", "singapore"]);
    }

    #[test]
    fn spellings_come_in_pairs() {
        let region = |code| Region::new(code).unwrap();
        let pairs = spellings(&region("eu-west-1"), &region("eu-central-1"));
        let pairs: Vec<_> = pairs.iter().map(|(from, to, _)| (from.as_str(), to.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("eu_west_1", "eu_central_1"),
                ("EU-WEST-1", "EU-CENTRAL-1"),
                ("EU_WEST_1", "EU_CENTRAL_1"),
                ("euwest1", "eucentral1"),
                ("EUWEST1", "EUCENTRAL1"),
                ("EuWest1", "EuCentral1"),
                ("Eu-West-1", "Eu-Central-1"),
                ("Europe (Ireland)", "Europe (Frankfurt)"),
                ("EU (Ireland)", "EU (Frankfurt)"),
                ("euw1", "euc1"),
                ("EUW1", "EUC1"),
            ]
        );
    }

    #[test]
    fn an_escape_is_no_letter() {
        for (text, is) in [
            ("a\\neu-west-1", true),
            ("a\\\\neu-west-1", false),
            ("aws%3Aeu-west-1%3A1", true),
            ("neu-west-1", false),
            ("3Aeu-west-1", false),
        ] {
            let at = text.find("eu-west-1").unwrap();
            assert_eq!(is_edge(text, at, "eu-west-1", Edge::Word), is, "{text}");
        }
    }

    #[test]
    fn a_hump_is_a_word_in_a_longer_name() {
        for (text, is) in [("ShopEuWest1Logs", true), ("EuWest1", true), ("XEuWest1", false), ("aEuWest12", false)] {
            let at = text.find("EuWest1").unwrap();
            assert_eq!(is_edge(text, at, "EuWest1", Edge::Hump), is, "{text}");
        }
    }
}
