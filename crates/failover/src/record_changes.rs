//! Record changes by name and type, as DNS is asked for them.

use crate::observe::query_name;
use crate::record_values::canonical_values;
use crate::{RecordChange, RecordChanges, RecordSet};

/// The sets of one name and type that a traffic set changes: one, or one a side where they are weighted.
pub struct RecordGroup<'a> {
    /// As it is asked for: `*` is `*`.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`
    pub record_type: &'a str,
    /// In the plan's order.
    pub changes: Vec<&'a RecordChange>,
}

impl RecordChanges {
    /// Its record sets by name and type, in the plan's order.
    pub fn groups(&self) -> Vec<RecordGroup<'_>> {
        let mut groups: Vec<RecordGroup<'_>> = Vec::new();
        for change in &self.records {
            let (name, record_type) = (query_name(&change.after.name), change.after.record_type.as_str());
            match groups.iter_mut().find(|group| group.name == name && group.record_type == record_type) {
                Some(group) => group.changes.push(change),
                None => groups.push(RecordGroup { name, record_type, changes: vec![change] }),
            }
        }
        groups
    }
}

impl RecordGroup<'_> {
    /// What it answers before.
    pub fn answers_before(&self) -> Vec<String> {
        answers(self.changes.iter().map(|change| &change.before))
    }

    /// What it answers after.
    pub fn answers_after(&self) -> Vec<String> {
        answers(self.changes.iter().map(|change| &change.after))
    }

    /// The longest that a resolver may use an answer of before, in seconds; none of an alias, which has its target's.
    pub fn ttl(&self) -> Option<u64> {
        self.changes.iter().filter_map(|change| change.before.ttl).max()
    }
}

/// Whether DNS answers with the set on a good day: not one of weight zero.
pub(crate) fn is_live(set: &RecordSet) -> bool {
    set.weight != Some(0)
}

fn answers<'a>(sets: impl Iterator<Item = &'a RecordSet>) -> Vec<String> {
    sets.filter(|set| is_live(set)).flat_map(answer_of).collect()
}

/// What a set answers, as text: its values as they are written, or its alias's target.
fn answer_of(set: &RecordSet) -> Vec<String> {
    match &set.alias {
        Some(alias) => vec![alias.dns_name.clone()],
        None => set.values.clone(),
    }
}

/// A set for a person: what it answers, its weight and its part.
pub fn describe(set: &RecordSet) -> String {
    let mut text = match &set.alias {
        Some(alias) => format!("an alias of {}", alias.dns_name),
        None => canonical_values(set).join(", "),
    };
    if let Some(ttl) = set.ttl {
        text.push_str(&format!(" (TTL {ttl} s)"));
    }
    if let Some(identifier) = &set.set_identifier {
        text.push_str(&format!(" [{identifier}]"));
    }
    if let Some(weight) = set.weight {
        text.push_str(&format!(" weight {weight}"));
    }
    text
}
