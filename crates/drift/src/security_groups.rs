//! A security group's live rules against all that the given states know of them.
//!
//! A rule may be inline in the group, an `aws_security_group_rule` (with several sources), or an
//! `aws_vpc_security_group_ingress_rule`, in any of the given stacks. AWS has only the group with its rules, so
//! the group's live rules are compared with all of these together: what a rule resource owns is judged there.

use crate::compare::{Difference, Silent};
use crate::rule_atoms::{Atom, Atoms, Direction, inline, of_rule};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The rules that rule resources of any stack own in one group: as their states have them, and as they are.
#[derive(Debug, Default)]
pub(crate) struct Owned {
    pub(crate) state: Atoms,
    pub(crate) live: Atoms,
}

/// Owned rules by group id.
pub(crate) type Owners = HashMap<String, Owned>;

/// How the rules of a group differ, and whether one of the additional ones lets the whole Internet in.
#[derive(Debug, Default)]
pub(crate) struct GroupDifferences {
    pub(crate) differences: Vec<Difference>,
    pub(crate) opened: Vec<Atom>,
    /// Rules that a rule resource owns, and that only one side of the group has.
    pub(crate) silent: Vec<Silent>,
}

/// Compares a group's inline rules with its live ones, as far as no rule resource owns them.
pub(crate) fn compare_group(
    id: &str,
    state: &Map<String, Value>,
    live: &Map<String, Value>,
    owned: Option<&Owned>,
) -> GroupDifferences {
    let empty = Owned::default();
    let owned = owned.unwrap_or(&empty);
    let mut found = GroupDifferences::default();
    for direction in [Direction::Ingress, Direction::Egress] {
        if !live.contains_key(direction.attribute()) {
            continue;
        }
        let (known, there) = (inline(direction, state, id), inline(direction, live, id));
        let attribute = direction.attribute();
        for (atom, description) in &known {
            let recorded = Value::from(with_description(atom, description));
            match there.get(atom) {
                None if owned.state.contains_key(atom) => {
                    found.silent.push(owned_elsewhere(attribute, &recorded, &Value::Null));
                }
                None => found.differences.push(Difference::of(attribute, &recorded, &Value::Null)),
                Some(now) if now == description || owned.state.contains_key(atom) => {}
                Some(now) => {
                    let now = Value::from(with_description(atom, now));
                    found.differences.push(Difference::of(attribute, &recorded, &now));
                }
            }
        }
        let owners = |atom: &Atom| owned.state.contains_key(atom) || owned.live.contains_key(atom);
        for (atom, description) in there.iter().filter(|(atom, _)| !known.contains_key(atom)) {
            let now = Value::from(with_description(atom, description));
            if owners(atom) {
                found.silent.push(owned_elsewhere(attribute, &Value::Null, &now));
                continue;
            }
            found.differences.push(Difference::of(attribute, &Value::Null, &now));
            if atom.is_open() {
                found.opened.push(atom.clone());
            }
        }
    }
    found
}

fn owned_elsewhere(attribute: &str, old: &Value, new: &Value) -> Silent {
    Silent {
        difference: Difference::of(attribute, old, new),
        rule: "owned by a rule resource".to_owned(),
        reason: "an aws_security_group_rule or aws_vpc_security_group_*_rule owns it, and is judged by itself"
            .to_owned(),
    }
}

/// What became of an `aws_security_group_rule`.
#[derive(Debug, PartialEq)]
pub(crate) enum RuleFate {
    Missing,
    Differs(Vec<Difference>),
}

/// All live rules of a group, in both directions.
pub(crate) fn live_rules(group_id: &str, group: &Map<String, Value>) -> Atoms {
    let mut there = inline(Direction::Ingress, group, group_id);
    there.extend(inline(Direction::Egress, group, group_id));
    there
}

/// Looks for a rule's atoms among the live rules of its group.
pub(crate) fn compare_rule(rule: &Map<String, Value>, there: &Atoms) -> RuleFate {
    let known = of_rule(rule);
    if !known.is_empty() && known.keys().all(|atom| !there.contains_key(atom)) {
        return RuleFate::Missing;
    }
    let differences = known.iter().filter_map(|(atom, description)| match there.get(atom) {
        None => Some(Difference::of(atom.direction.attribute(), &Value::from(atom.to_string()), &Value::Null)),
        Some(now) if now != description => {
            Some(Difference::of("description", &Value::from(description.as_str()), &Value::from(now.as_str())))
        }
        Some(_) => None,
    });
    let mut differences: Vec<Difference> = differences.collect();
    // Several sources share one description.
    differences.dedup();
    RuleFate::Differs(differences)
}

fn with_description(atom: &Atom, description: &str) -> String {
    if description.is_empty() { atom.to_string() } else { format!("{atom} ({description})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn group(ingress: Vec<Value>) -> Map<String, Value> {
        [("ingress".to_owned(), Value::Array(ingress)), ("egress".to_owned(), json!([]))].into_iter().collect()
    }

    /// A port and a source, as the atomic rules of a group.
    fn rules() -> impl Strategy<Value = std::collections::BTreeSet<(u16, u8)>> {
        prop::collection::btree_set((1u16..6, 0u8..6), 1..12)
    }

    fn single((port, source): (u16, u8)) -> Value {
        json!({"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": [format!("10.{source}.0.0/16")]})
    }

    proptest! {
        #[test]
        fn grouping_and_order_of_rules_mean_nothing(rules in rules(), turn in 0usize..12) {
            let mut by_port: BTreeMap<u16, Vec<String>> = BTreeMap::new();
            for (port, source) in &rules {
                by_port.entry(*port).or_default().push(format!("10.{source}.0.0/16"));
            }
            let grouped = by_port
                .into_iter()
                .map(|(port, cidrs)| json!({"protocol": "6", "from_port": port, "to_port": port, "cidr_blocks": cidrs}))
                .collect();
            let mut singles: Vec<Value> = rules.iter().copied().map(single).collect();
            let turn = turn % singles.len();
            singles.rotate_left(turn);
            let found = compare_group("sg-1", &group(grouped), &group(singles), None);
            prop_assert!(found.differences.is_empty(), "{:?}", found.differences);
        }

        #[test]
        fn each_rule_too_few_or_too_many_is_one_difference(rules in rules(), pick in any::<prop::sample::Index>()) {
            let all: Vec<Value> = rules.iter().copied().map(single).collect();
            let mut fewer = all.clone();
            fewer.remove(pick.index(all.len()));
            let (all, fewer) = (group(all), group(fewer));
            let lost = compare_group("sg-1", &all, &fewer, None).differences;
            prop_assert!(lost.len() == 1 && lost[0].new.is_null());
            let gained = compare_group("sg-1", &fewer, &all, None).differences;
            prop_assert!(gained.len() == 1 && gained[0].old.is_null());
            prop_assert_eq!(&lost[0].old, &gained[0].new);
        }
    }
}
