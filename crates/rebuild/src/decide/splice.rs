//! Replacing ranges of a text.

use super::Rule;
use std::collections::BTreeMap;
use std::ops::Range;

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
    pub(crate) rule: Rule,
    pub(crate) reason: String,
}

/// Takes out what would be replaced twice: where two overlap, the wider one stands, and of two of the
/// same place the one that was asked for first. Sorts by place.
pub(crate) fn settle(splices: Vec<Splice>) -> Vec<Splice> {
    let mut ordered: Vec<(usize, Splice)> = splices.into_iter().enumerate().collect();
    ordered.sort_by_key(|(order, splice)| (std::cmp::Reverse(splice.range.len()), *order));
    let mut settled: Vec<Splice> = Vec::with_capacity(ordered.len());
    // Where each that stands begins and ends. None of them overlap, so that the one before tells.
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, splice) in ordered {
        let Range { start, end } = splice.range;
        // An insertion has no width: it goes where it stands inside of what is replaced.
        let before = taken.range(..end).next_back();
        if before.is_some_and(|(_, other)| *other > start) {
            continue;
        }
        if start < end {
            taken.insert(start, end);
        }
        settled.push(splice);
    }
    settled.sort_by_key(|splice| (splice.range.start, splice.range.end));
    settled
}

/// Where all above the first line that stays is taken out, the empty lines above that line go too.
pub(crate) fn take_lines_above(text: &str, splices: &mut [Splice]) {
    if text.starts_with('\n') {
        return;
    }
    let (mut from, mut at) = (0, 0);
    while let Some(splice) = splices.get(at).filter(|splice| splice.range.start == from && splice.text.is_empty()) {
        let end = splice.range.end;
        let next = splices.get(at + 1).map_or(text.len(), |next| next.range.start);
        from = end + text[end..next].len() - text[end..next].trim_start_matches('\n').len();
        splices[at].range.end = from;
        at += 1;
    }
    // So do those above what is put there instead.
    if let Some(splice) = splices.get_mut(at).filter(|splice| at > 0 && splice.range.start == from) {
        splice.text = splice.text.trim_start_matches('\n').to_owned();
    }
}

/// The text with settled splices done.
pub(crate) fn splice(text: &str, splices: &[Splice]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for splice in splices {
        result.push_str(&text[from..splice.range.start]);
        result.push_str(&splice.text);
        from = splice.range.end;
    }
    result.push_str(&text[from..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(range: Range<usize>, text: &str) -> Splice {
        Splice { range, text: text.to_owned(), rule: Rule::Region, reason: String::new() }
    }

    #[test]
    fn the_wider_one_stands() {
        let settled = settle(vec![
            at(2..3, "x"),
            at(1..4, "wide"),
            at(6..6, "+"),
            at(4..5, "y"),
            at(2..2, "lost"),
            at(4..5, "second"),
        ]);
        assert_eq!(splice("abcdefgh", &settled), "awideyf+gh");
    }

    #[test]
    fn a_hundred_thousand_are_settled_in_no_time() {
        let began = std::time::Instant::now();
        let many: Vec<Splice> = (0..100_000).rev().map(|index| at(index * 10..index * 10 + 9, "x")).collect();
        let settled = settle(many);
        assert_eq!((settled.len(), settled[0].range.clone(), settled[99_999].range.end), (100_000, 0..9, 999_999));
        // One by one against all others it takes minutes.
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }

    #[test]
    fn what_goes_at_the_top_takes_the_empty_lines_below_it() {
        let text = "a {}\n\nb {}\n\n\nc {}\n\nd {}\n";
        let mut splices = [at(0..5, ""), at(6..11, ""), at(19..23, "e {}")];
        take_lines_above(text, &mut splices);
        assert_eq!(splice(text, &splices), "c {}\n\ne {}\n");
        assert_eq!([splices[0].range.clone(), splices[1].range.clone()], [0..6, 6..13], "and the edits know of them");
        let mut other = [at(0..5, ""), at(6..6, "\ne {}\n")];
        take_lines_above("a {}\n\n", &mut other);
        assert_eq!(splice("a {}\n\n", &other), "e {}\n");
        let mut lower = [at(6..11, "")];
        take_lines_above(text, &mut lower);
        assert_eq!(lower[0].range, 6..11, "a line stays above it");
    }
}
