//! Differences that rules took for no drift, by rule: the rule that silences most comes first, so that one that
//! silences too much is seen.

use crate::words::count;
use pilotlight_findings::Silenced;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// What one rule silenced, for one reason.
#[derive(Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) name: &'a str,
    pub(crate) reason: &'a str,
    /// In the report's order; never empty.
    pub(crate) differences: Vec<&'a Silenced>,
}

/// The rules with what they silenced.
pub(crate) fn rules(silenced: &[Silenced]) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    for one in silenced {
        let at = *places.entry((&one.rule, &one.reason)).or_insert_with(|| {
            rules.push(Rule { name: &one.rule, reason: &one.reason, differences: Vec::new() });
            rules.len() - 1
        });
        rules[at].differences.push(one);
    }
    // By name among equals: a report over the same world reads the same.
    rules.sort_by_key(|rule| (Reverse(rule.differences.len()), rule.name, rule.reason));
    rules
}

/// `102 differences silenced by 7 rules`; none where nothing was.
pub(crate) fn sentence(silenced: &[Silenced]) -> Option<String> {
    // One rule may have a reason for each object.
    let rules = silenced.iter().map(|one| one.rule.as_str()).collect::<HashSet<_>>().len() as u64;
    (rules > 0).then(|| format!("{} silenced by {}", count(silenced.len() as u64, "difference"), count(rules, "rule")))
}
