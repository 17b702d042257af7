//! The words that follow the region: its name, its zones, and what the map says.

use super::host_names::host_names;
use super::machines::machine_type;
use super::service_ids::service_ids;
use super::spelling::{Edge, is_edge, spellings};
use super::{RetargetInput, Rule};
use indexmap::IndexMap;
use pilotlight_findings::Region;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands for each word of the primary in the standby.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    /// By their first byte; of those of one, longest first, so that a zone is seen before its region.
    entries: Vec<Entry>,
    /// Where the entries of each first byte begin, and where those of the last one end.
    by_first: Vec<usize>,
    /// Which bytes words begin with: few do.
    firsts: [bool; 256],
    begins: Pairs,
    primary: String,
    allow: Vec<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    from: Cow<'static, str>,
    to: Result<Cow<'static, str>, NoCounterpart>,
    rule: Rule,
    edge: Edge,
}

/// Why nothing stands for a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoCounterpart {
    /// A zone beyond the standby's last.
    Zone,
    /// `euw1-az1`: which zone has which id is the region's own.
    ZoneId,
    /// A number of AWS's own, for this purpose.
    Service(&'static str),
    /// `s3-eu-west-1.amazonaws.com`: younger regions have no such name.
    S3Endpoint,
}

/// A word that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) range: Range<usize>,
    /// What stands for it.
    pub(crate) to: Result<String, NoCounterpart>,
    pub(crate) rule: Rule,
}

impl Hit {
    /// Whether the word stands for itself: the plan allows it, or maps it to itself.
    pub(crate) fn stays(&self, text: &str) -> bool {
        self.to.as_deref() == Ok(&text[self.range.clone()])
    }
}

/// About how many words there are, the plan's own apart.
const WORDS: usize = 64;

/// Regions whose website endpoints are joined by a hyphen, `s3-website-eu-west-1`; everywhere else it is a dot.
/// Source: AWS General Reference, "Amazon S3 endpoints and quotas", website endpoints.
const HYPHEN_WEBSITES: [&str; 9] = [
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "eu-west-1",
    "sa-east-1",
    "us-gov-west-1",
];

/// Regions that answer to `s3-REGION.amazonaws.com`: the older ones.
/// Source: Amazon S3 User Guide, "Legacy endpoints".
const HYPHEN_ENDPOINTS: [&str; 15] = [
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "us-gov-west-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];

/// `s3-website-` or `s3-website.`, as it stands before the region.
pub(crate) fn website_prefix(region: &Region) -> &'static str {
    if HYPHEN_WEBSITES.contains(&region.as_str()) { "s3-website-" } else { "s3-website." }
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
        let mut entries: Vec<Entry> = Vec::with_capacity(WORDS);
        let mut add = |from: &str, to: Result<String, NoCounterpart>, rule, edge| {
            // What the plan allows stands for itself, and the map is asked next: what a person wrote wins
            // over what follows from a rule.
            if !from.is_empty() && !entries.iter().any(|known| known.from == from) {
                entries.push(Entry { from: Cow::Owned(from.to_owned()), to: to.map(Cow::Owned), rule, edge });
            }
        };
        let word = |to: &str| Ok(to.to_owned());
        allow.iter().for_each(|text| add(text, word(text), Rule::Map, Edge::Word));
        // A database of class db.m5.large does not run on the machine type that a map names.
        let edge = |from: &str| if machine_type(from).is_some() { Edge::Name } else { Edge::Word };
        map.iter().for_each(|(from, to)| add(from, word(to), Rule::Map, edge(from)));
        images.iter().for_each(|(from, to)| add(from, word(to), Rule::Image, Edge::Word));
        zones.iter().for_each(|(from, to)| add(from, word(to), Rule::Zone, Edge::Word));
        add(primary.as_str(), word(standby.as_str()), Rule::Region, Edge::Word);
        let (from, to) = (website_prefix(primary), website_prefix(standby));
        if from != to {
            add(&format!("{from}{primary}"), Ok(format!("{to}{standby}")), Rule::Region, Edge::Word);
        }
        for (from, to) in host_names(primary, standby) {
            add(&from, Ok(to), Rule::Region, Edge::Word);
        }
        let legacy = |region: &Region| HYPHEN_ENDPOINTS.contains(&region.as_str());
        if legacy(primary) && !legacy(standby) {
            let from = format!("s3-{primary}.amazonaws.com");
            add(&from, Err(NoCounterpart::S3Endpoint), Rule::Region, Edge::Word);
        }
        for (from, to, edge) in spellings(primary, standby) {
            add(&from, Ok(to), Rule::Spelling, edge);
        }
        // Each of them is there once, so that only the words before them are asked.
        let others = entries.len();
        for id in service_ids(primary, standby) {
            if !entries[..others].iter().any(|known| known.from == id.primary) {
                let to = id.standby.map(Cow::Borrowed).ok_or(NoCounterpart::Service(id.purpose));
                entries.push(Entry { from: Cow::Borrowed(id.primary), to, rule: Rule::ServiceId, edge: Edge::Word });
            }
        }
        entries.sort_by_key(|entry| (entry.from.as_bytes()[0], std::cmp::Reverse(entry.from.len())));
        let (mut firsts, mut begins) = ([false; 256], Pairs::default());
        let mut by_first = vec![0; usize::from(u8::MAX) + 2];
        for entry in &entries {
            by_first[usize::from(entry.from.as_bytes()[0]) + 1] += 1;
            firsts[usize::from(entry.from.as_bytes()[0])] = true;
            begins.insert(entry.from.as_bytes());
        }
        for first in 1..by_first.len() {
            by_first[first] += by_first[first - 1];
        }
        Self { entries, by_first, firsts, begins, primary: primary.as_str().to_owned(), allow: allow.to_vec() }
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
        for (next, first) in text.bytes().enumerate() {
            if !self.firsts[usize::from(first)] {
                continue;
            }
            // A word begins with no byte from the middle of a letter, so that each of these is a letter's first.
            let second = text.as_bytes().get(next + 1).copied().unwrap_or_default();
            if !self.begins.holds(first, second) || next < at {
                continue;
            }
            if let Some(hit) = self.at(text, next, first) {
                at = hit.range.end;
                hits.push(hit);
            }
        }
        hits
    }

    /// The text with every word replaced by what stands for it.
    pub(crate) fn replace(&self, text: &str) -> String {
        let mut result = String::new();
        let mut from = 0;
        for hit in self.find(text) {
            if let Ok(to) = hit.to {
                result.push_str(&text[from..hit.range.start]);
                result.push_str(&to);
                from = hit.range.end;
            }
        }
        result.push_str(&text[from..]);
        result
    }

    fn at(&self, text: &str, at: usize, first: u8) -> Option<Hit> {
        let first = usize::from(first);
        let mut candidates = self.entries[self.by_first[first]..self.by_first[first + 1]].iter();
        let is_here =
            |entry: &&Entry| text[at..].starts_with(&*entry.from) && is_edge(text, at, &entry.from, entry.edge);
        if let Some(entry) = candidates.find(is_here) {
            let range = at..at + entry.from.len();
            if entry.rule == Rule::Spelling
                && let Some(zone) = zone_id(text, range.clone())
            {
                return Some(Hit { range: zone, to: Err(NoCounterpart::ZoneId), rule: Rule::Zone });
            }
            return Some(Hit { range, to: entry.to.clone().map(Cow::into_owned), rule: entry.rule });
        }
        // `eu-west-1f`, where the standby has no sixth zone.
        let letter = text[at..].strip_prefix(&self.primary)?.chars().next().filter(char::is_ascii_lowercase)?;
        let zone = format!("{}{letter}", self.primary);
        is_edge(text, at, &zone, Edge::Word).then(|| Hit {
            range: at..at + zone.len(),
            to: Err(NoCounterpart::Zone),
            rule: Rule::Zone,
        })
    }
}

/// Pairs of bytes, a bit each: with which words begin, as most of a text does not.
#[derive(Debug, Clone)]
pub(crate) struct Pairs(Vec<u64>);

impl Default for Pairs {
    fn default() -> Self {
        Self(vec![0; (1 << 16) / 64])
    }
}

impl Pairs {
    /// Takes in what a word begins with.
    pub(crate) fn insert(&mut self, word: &[u8]) {
        match *word {
            [] => {}
            // Whatever comes after it, or nothing.
            [first] => (0..=u8::MAX).for_each(|second| self.set(first, second)),
            [first, second, ..] => self.set(first, second),
        }
    }

    fn set(&mut self, first: u8, second: u8) {
        let at = usize::from(u16::from_be_bytes([first, second]));
        self.0[at / 64] |= 1 << (at % 64);
    }

    pub(crate) fn holds(&self, first: u8, second: u8) -> bool {
        let at = usize::from(u16::from_be_bytes([first, second]));
        self.0[at / 64] >> (at % 64) & 1 == 1
    }
}

/// The range of `euw1-az1`, where `euw1` stands at `short`.
fn zone_id(text: &str, short: Range<usize>) -> Option<Range<usize>> {
    let rest = text[short.end..].strip_prefix("-az").or_else(|| text[short.end..].strip_prefix("-AZ"))?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| short.start..short.end + "-az".len() + digits)
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
            ("shop_eu_west_1", "shop_eu_central_1"),
            ("euw1-shop EUW1", "euc1-shop EUC1"),
            ("ShopEuWest1Logs EU-WEST-1", "ShopEuCentral1Logs EU-CENTRAL-1"),
            ("x.s3-website-eu-west-1.amazonaws.com", "x.s3-website.eu-central-1.amazonaws.com"),
            ("arn:aws:iam::156460612806:root", "arn:aws:iam::054676820928:root"),
            ("Z1BKCTXD74EZPE", "Z21DNDUVLTQW6Q"),
        ] {
            assert_eq!(words().replace(from), to);
        }
        for same in
            ["eu-west-10", "xeu-west-1", "eu-west-1ab", "eu-west-2a", "ami-0aaaa", "eu-west-1c", "ew1", "euw1-az2", ""]
        {
            assert_eq!(words().replace(same), same);
        }
    }

    #[test]
    fn domains_of_machines_are_the_regions() {
        let region = |code| Region::new(code).unwrap();
        let (map, none) = (IndexMap::new(), BTreeMap::new());
        let words = |from, to| Words::new(&region(from), &region(to), &none, &map, &none, &[]);
        for (oldest, other) in [
            ("ec2.internal", "eu-west-1.compute.internal"),
            ("ip-10-0-0-5.ec2.internal, db.test", "ip-10-0-0-5.eu-west-1.compute.internal, db.test"),
            ("*.compute-1.amazonaws.com", "*.eu-west-1.compute.amazonaws.com"),
        ] {
            assert_eq!(words("us-east-1", "eu-west-1").replace(oldest), other);
            assert_eq!(words("eu-west-1", "us-east-1").replace(other), oldest);
            // Those of a third region are not ours.
            assert_eq!(words("eu-west-2", "eu-west-3").replace(oldest), oldest);
        }
        assert_eq!(
            words("us-east-1", "eu-west-1").replace("myec2.internal ec2.internals"),
            "myec2.internal ec2.internals"
        );
        let between = words("eu-west-1", "eu-west-2").replace("eu-west-1.compute.internal");
        assert_eq!(between, "eu-west-2.compute.internal");
    }

    #[test]
    fn a_zone_without_counterpart_is_seen_and_left() {
        assert_eq!(
            words().find("x eu-west-1c"),
            [Hit { range: 2..12, to: Err(NoCounterpart::Zone), rule: Rule::Zone }]
        );
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
    fn a_machine_type_is_no_part_of_another_name() {
        let region = |code| Region::new(code).unwrap();
        let map = IndexMap::from([("m5.large".to_owned(), "m6i.large".to_owned())]);
        let none = BTreeMap::new();
        let words = Words::new(&region("eu-west-1"), &region("eu-central-1"), &none, &map, &none, &[]);
        for (from, to) in [
            ("m5.large", "m6i.large"),
            ("runs on m5.large. Or not", "runs on m6i.large. Or not"),
            ("t3.large,m5.large", "t3.large,m6i.large"),
        ] {
            assert_eq!(words.replace(from), to);
        }
        for same in ["db.m5.large", "cache.m5.large", "m5.large.search", "m5.large2", "xm5.large"] {
            assert_eq!(words.replace(same), same);
        }
    }

    #[test]
    fn a_word_of_one_letter_is_one() {
        let region = |code| Region::new(code).unwrap();
        let map = IndexMap::from([("x".to_owned(), "y".to_owned())]);
        let none = BTreeMap::new();
        let words = Words::new(&region("eu-west-1"), &region("eu-central-1"), &none, &map, &none, &[]);
        assert_eq!(words.replace("x (x) xx x"), "y (y) xx y");
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
            "eu_west_1", "euw1", "EU-WEST-1", "EuWest1", "euwest1", "s3-website-", "156460612806",
            "Z1BKCTXD74EZPE", "eu-west-1", "eu-west-1a", "eu-west-1c", "eu-west-10", "ami-0aaa", "-", "_", ":", ".", " ", "x", "1", "é", "${", "\"",
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
            let left = there.find(&moved).into_iter().find(|hit| hit.to.is_ok());
            proptest::prop_assert!(left.is_none(), "{moved:?} still has a word");
            proptest::prop_assert_eq!(back.replace(&moved), text);
        }
    }
}
