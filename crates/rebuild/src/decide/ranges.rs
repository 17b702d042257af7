//! Ranges of a text's bytes, one in another.

use std::ops::Range;

/// Whether all of `inner` is in `outer`.
pub(crate) fn is_within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Ranges in the order of the text, those within others left out.
pub(crate) struct Union(pub(crate) Vec<Range<usize>>);

impl Union {
    pub(crate) fn of(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut union: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            if union.last().is_none_or(|last| last.end < range.end) {
                union.push(range);
            }
        }
        Self(union)
    }

    /// Whether any of them has a byte of a range.
    pub(crate) fn touches(&self, range: &Range<usize>) -> bool {
        // Both their beginnings and their ends are in order.
        let next = self.0.partition_point(|known| known.end <= range.start);
        self.0.get(next).is_some_and(|known| known.start < range.end)
    }

    /// Whether one of them has all of a range.
    pub(crate) fn holds(&self, range: &Range<usize>) -> bool {
        let after = self.0.partition_point(|known| known.start <= range.start);
        after.checked_sub(1).is_some_and(|at| range.end <= self.0[at].end)
    }
}
