//! The words that follow the region: its name, its zones, and what the map says.

use super::{RetargetInput, Rule};
use indexmap::IndexMap;
use pilotlight_findings::Region;
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands for each word of the primary in the standby.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    /// Longest first, so that a zone is seen before its region.
    entries: Vec<Entry>,
    primary: String,
    allow: Vec<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    from: String,
    to: String,
    rule: Rule,
}

/// A word that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) range: Range<usize>,
    /// What stands for it; none for a zone that has no counterpart.
    pub(crate) to: Option<String>,
    pub(crate) rule: Rule,
}

impl Words {
    pub(crate) fn new(
        primary: &Region,
        standby: &Region,
        zones: &BTreeMap<String, String>,
        map: &IndexMap<String, String>,
        images: &BTreeMap<String, String>,
        allow: &[String],
    ) -> Self {
        let mut entries = Vec::new();
        let mut add = |from: &str, to: &str, rule| {
            // What the plan allows stands for itself, and the map is asked next: what a person wrote wins
            // over what follows from a rule.
            if !from.is_empty() && !entries.iter().any(|known: &Entry| known.from == from) {
                entries.push(Entry { from: from.to_owned(), to: to.to_owned(), rule });
            }
        };
        allow.iter().for_each(|text| add(text, text, Rule::Map));
        map.iter().for_each(|(from, to)| add(from, to, Rule::Map));
        images.iter().for_each(|(from, to)| add(from, to, Rule::Image));
        zones.iter().for_each(|(from, to)| add(from, to, Rule::Zone));
        add(primary.as_str(), standby.as_str(), Rule::Region);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.from.len()));
        Self { entries, primary: primary.as_str().to_owned(), allow: allow.to_vec() }
    }

    /// The words of a retargeting, those that its plan allows included: they stand for themselves.
    pub(crate) fn of(input: &RetargetInput<'_>) -> Self {
        let standby = &input.stack.standby;
        Self::new(input.primary, input.standby, input.zones, &standby.map, input.images, &standby.allow)
    }

    /// The words of a retargeting as if nothing were allowed.
    pub(crate) fn without_allowed(input: &RetargetInput<'_>) -> Self {
        Self::new(input.primary, input.standby, input.zones, &input.stack.standby.map, input.images, &[])
    }

    /// The text with what is allowed blanked out.
    pub(crate) fn blank_allowed(&self, text: &str) -> String {
        let mut left = text.to_owned();
        for hit in self.find(text) {
            if self.allow.iter().any(|allowed| *allowed == text[hit.range.clone()]) {
                let blank = " ".repeat(hit.range.len());
                left.replace_range(hit.range, &blank);
            }
        }
        left
    }

    /// Every word in `text`, from left to right, none over another.
    pub(crate) fn find(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        while at < text.len() {
            match self.at(text, at) {
                Some(hit) => {
                    at = hit.range.end;
                    hits.push(hit);
                }
                None => at += text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        hits
    }

    /// The text with every word replaced by what stands for it.
    pub(crate) fn replace(&self, text: &str) -> String {
        let mut result = String::new();
        let mut from = 0;
        for hit in self.find(text) {
            if let Some(to) = hit.to {
                result.push_str(&text[from..hit.range.start]);
                result.push_str(&to);
                from = hit.range.end;
            }
        }
        result.push_str(&text[from..]);
        result
    }

    fn at(&self, text: &str, at: usize) -> Option<Hit> {
        let entry = self.entries.iter().find(|entry| is_word(text, at, &entry.from));
        if let Some(entry) = entry {
            let range = at..at + entry.from.len();
            return Some(Hit { range, to: Some(entry.to.clone()), rule: entry.rule });
        }
        // `eu-west-1f`, where the standby has no sixth zone.
        let letter = text[at..].strip_prefix(&self.primary)?.chars().next().filter(char::is_ascii_lowercase)?;
        let zone = format!("{}{letter}", self.primary);
        is_word(text, at, &zone).then(|| Hit { range: at..at + zone.len(), to: None, rule: Rule::Zone })
    }
}

/// Whether `word` stands at `at`, and begins and ends there: `eu-west-1` is not in `eu-west-10` nor in
/// `eu-west-1a`. A word whose own end is no letter or digit, as a path's `/`, ends there whatever follows.
fn is_word(text: &str, at: usize, word: &str) -> bool {
    let joins = |letter: char| letter.is_ascii_alphanumeric();
    text[at..].strip_prefix(word).is_some_and(|rest| {
        !(word.starts_with(joins) && text[..at].ends_with(joins) || word.ends_with(joins) && rest.starts_with(joins))
    })
}

/// What stands for the primary's zones: by their order, `eu-west-1b` is the second zone of the standby.
/// Zones beyond the standby's last have no counterpart.
pub fn zone_map(primary: &[String], standby: &[String]) -> BTreeMap<String, String> {
    let sorted = |zones: &[String]| {
        let mut zones = zones.to_vec();
        zones.sort();
        zones.dedup();
        zones
    };
    sorted(primary).into_iter().zip(sorted(standby)).collect()
}

/// The same without the primary's list, for the hour when the primary does not answer: AWS letters zones
/// from `a`, so the letter is the order.
pub fn zone_map_by_letter(primary: &Region, standby: &[String]) -> BTreeMap<String, String> {
    let zones: Vec<String> = ('a'..='z').take(standby.len()).map(|letter| format!("{primary}{letter}")).collect();
    zone_map(&zones, standby)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let zones = zone_map(
            &["eu-west-1b".to_owned(), "eu-west-1a".to_owned(), "eu-west-1c".to_owned()],
            &["eu-central-1a".to_owned(), "eu-central-1b".to_owned()],
        );
        let map = IndexMap::from([("ami-0aaa".to_owned(), "ami-0bbb".to_owned())]);
        let region = |code| Region::new(code).unwrap();
        Words::new(&region("eu-west-1"), &region("eu-central-1"), &zones, &map, &BTreeMap::new(), &[])
    }

    #[test]
    fn words_end_where_words_end() {
        for (from, to) in [
            ("eu-west-1", "eu-central-1"),
            (
                "arn:aws:sqs:eu-west-1:123456789012:jobs-eu-west-1",
                "arn:aws:sqs:eu-central-1:123456789012:jobs-eu-central-1",
            ),
            ("https://sqs.eu-west-1.amazonaws.com/x", "https://sqs.eu-central-1.amazonaws.com/x"),
            ("eu-west-1a,eu-west-1b", "eu-central-1a,eu-central-1b"),
            ("shop_eu-west-1_x", "shop_eu-central-1_x"),
            ("vpc-ami-0aaa", "vpc-ami-0bbb"),
            ("é eu-west-1 é", "é eu-central-1 é"),
        ] {
            assert_eq!(words().replace(from), to);
        }
        for same in
            ["eu-west-10", "xeu-west-1", "eu-west-1ab", "eu-west-2a", "ami-0aaaa", "eu-west-1c", "eu_west_1", ""]
        {
            assert_eq!(words().replace(same), same);
        }
    }

    #[test]
    fn a_zone_without_counterpart_is_seen_and_left() {
        assert_eq!(words().find("x eu-west-1c"), [Hit { range: 2..12, to: None, rule: Rule::Zone }]);
    }

    #[test]
    fn what_is_allowed_stands_wherever_it_is_a_word() {
        let region = |code| Region::new(code).unwrap();
        let allow = ["audit-eu-west-1", "s3://eu-west-1/"].map(str::to_owned);
        let (map, none) = (IndexMap::new(), BTreeMap::new());
        let words = Words::new(&region("eu-west-1"), &region("eu-central-1"), &none, &map, &none, &allow);
        for (from, to) in [
            ("arn:aws:s3:::audit-eu-west-1/x", "arn:aws:s3:::audit-eu-west-1/x"),
            ("audit-eu-west-1 eu-west-1", "audit-eu-west-1 eu-central-1"),
            ("xaudit-eu-west-1", "xaudit-eu-central-1"),
            ("s3://eu-west-1/x", "s3://eu-west-1/x"),
            ("s3://eu-west-1", "s3://eu-central-1"),
        ] {
            assert_eq!(words.replace(from), to);
        }
        assert_eq!(words.blank_allowed("a audit-eu-west-1 eu-west-1"), "a                 eu-west-1");
    }

    #[test]
    fn letters_stand_in_for_a_list() {
        let standby = ["eu-central-1a".to_owned(), "eu-central-1b".to_owned()];
        let map = zone_map_by_letter(&Region::new("eu-west-1").unwrap(), &standby);
        assert_eq!(map["eu-west-1b"], "eu-central-1b");
        assert_eq!(map.len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn there_and_back_is_the_same(parts in proptest::collection::vec(proptest::sample::select(vec![
            "eu-west-1", "eu-west-1a", "eu-west-1c", "eu-west-10", "ami-0aaa", "-", "_", ":", ".", " ", "x", "1", "é", "${", "\"",
        ]), 0..12)) {
            let text: String = parts.concat();
            let zones = ["a", "b", "c"];
            let region = |code: &str| Region::new(code).unwrap();
            let zones_of = |code: &str| zones.map(|letter| format!("{code}{letter}")).to_vec();
            let (from, to) = ("eu-west-1", "eu-central-1");
            let one = |from: &str, to: &str, a: &str, b: &str| {
                let map = IndexMap::from([(a.to_owned(), b.to_owned())]);
                Words::new(&region(from), &region(to), &zone_map(&zones_of(from), &zones_of(to)), &map, &BTreeMap::new(), &[])
            };
            let there = one(from, to, "ami-0aaa", "ami-0bbb");
            let back = one(to, from, "ami-0bbb", "ami-0aaa");
            let moved = there.replace(&text);
            let left = there.find(&moved).into_iter().find(|hit| hit.to.is_some());
            proptest::prop_assert!(left.is_none(), "{moved:?} still has a word");
            proptest::prop_assert_eq!(back.replace(&moved), text);
        }
    }
}
