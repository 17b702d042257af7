//! Finds the patterns that may match a text by the literal text that they begin with, so that the cost for an
//! object is that of how long the patterns of its type are, not of how many there are.

use super::glob::Glob;
use std::collections::{BTreeSet, HashMap};

/// Patterns by their literal beginning: first by the part before its first dot, a type or `module`, then by all of
/// it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrefixIndex {
    heads: HashMap<String, Prefixes>,
    /// Those whose literal beginning has no dot.
    headless: Prefixes,
}

#[derive(Debug, Clone, Default)]
struct Prefixes {
    lengths: BTreeSet<usize>,
    by_prefix: HashMap<String, Vec<usize>>,
}

impl PrefixIndex {
    pub(crate) fn add(&mut self, pattern: usize, glob: &Glob) {
        let prefixes = match glob.prefix.split_once('.') {
            Some((head, _)) => self.heads.entry(head.to_owned()).or_default(),
            None => &mut self.headless,
        };
        prefixes.lengths.insert(glob.prefix.len());
        prefixes.by_prefix.entry(glob.prefix.clone()).or_default().push(pattern);
    }

    /// The patterns whose literal beginning `text` has, in no order.
    pub(crate) fn candidates<'s>(&'s self, text: &'s str) -> impl Iterator<Item = usize> + 's {
        let head = text.split_once('.').and_then(|(head, _)| self.heads.get(head));
        head.into_iter().chain([&self.headless]).flat_map(move |prefixes| {
            let beginnings = prefixes.lengths.range(..=text.len()).filter_map(|length| text.get(..*length));
            beginnings.filter_map(|beginning| prefixes.by_prefix.get(beginning)).flatten().copied()
        })
    }
}
