//! Replacing ranges of a text.

use super::Rule;
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
    let mut settled: Vec<Splice> = Vec::new();
    for (_, splice) in ordered {
        let overlaps = |other: &Splice| splice.range.start < other.range.end && other.range.start < splice.range.end;
        // An insertion has no width: it goes where it stands inside of what is replaced.
        let inside = |other: &Splice| {
            splice.range.is_empty() && other.range.start < splice.range.start && splice.range.start < other.range.end
        };
        if !settled.iter().any(|other| overlaps(other) || inside(other)) {
            settled.push(splice);
        }
    }
    settled.sort_by_key(|splice| (splice.range.start, splice.range.end));
    settled
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
}
