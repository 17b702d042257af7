//! What Terraform's plan comes to, before anything of it is applied. Pure.

use crate::resize::{shown, words};
use crate::{ResizeAction, ResizeGoal, SizePlan};
use pilotlight_tfstate::{Action, Change, Mode, ResourceAddress, ResourceChange};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is nothing to do, and what there is.
    Reached(String),
    /// It does what is wanted and nothing else: what there is still.
    Applies(String),
    /// It must not be applied, or would not help: why.
    Refused(String),
}

/// Judges a plan: it has to update the action's resource in place, what the plan's block sets of it, and nothing else.
pub(super) fn judge(plan: &SizePlan, action: &ResizeAction, goal: ResizeGoal) -> Verdict {
    let changes = &plan.changes;
    let Ok(target) = action.address.parse::<ResourceAddress>() else {
        return Verdict::Refused(format!("{} is no address", action.address));
    };
    let covered = |change: &&ResourceChange| {
        change.mode == Mode::Managed && change.deposed.is_none() && covers(&target, &change.address)
    };
    if let Some(other) = changes.iter().find(|change| !covered(change) && !is_quiet(change)) {
        let also = if other.deposed.is_some() { "what is left of a former " } else { "" };
        return Verdict::Refused(format!(
            "Terraform wants to {} {also}{} as well, so nothing was applied",
            verb(&other.change),
            other.address
        ));
    }
    // It is read with the plan wherever it can be: what a later read brings, nobody has judged.
    if let Some(late) = changes.iter().find(|change| change.mode == Mode::Data && !is_settled(change)) {
        let address = &late.address;
        return Verdict::Refused(format!("Terraform reads {address} only while it applies, so nothing was applied"));
    }
    let own: Vec<&ResourceChange> = changes.iter().filter(covered).collect();
    if own.is_empty() {
        return Verdict::Refused(format!("the standby's Terraform has no {target} any more"));
    }
    for change in &own {
        if let Some(reason) = wrong_with(change, action) {
            return Verdict::Refused(format!("{reason}, so nothing was applied"));
        }
        if goal == ResizeGoal::Up
            && let Some((name, wanted)) = action.set.iter().find(|(name, wanted)| !means(wanted, after(change, name)))
        {
            return Verdict::Refused(format!(
                "Terraform leaves {name} of {} at {}, and {} is wanted: its ignore_changes, or the provider, decides \
                 otherwise",
                change.address,
                shown(after(change, name)),
                shown(wanted)
            ));
        }
    }
    if goal == ResizeGoal::Up
        && let Some((name, was)) = action
            .outputs
            .iter()
            .find(|(name, was)| plan.outputs.get(*name).is_some_and(|then| then.as_ref() != Some(*was)))
    {
        return Verdict::Refused(format!(
            "output {name} of stack {} would not stay {}, and this run leads there: an address that changes with the size \
             is nothing to fail over to",
            action.stack,
            shown(was)
        ));
    }
    let open: Vec<&&ResourceChange> = own.iter().filter(|change| !is_quiet(change)).collect();
    match (open.first(), own.first()) {
        (Some(first), _) => {
            Verdict::Applies(sizes(first, action, |change, name| change.redacted_before().get(name).cloned()))
        }
        (None, Some(first)) => {
            Verdict::Reached(sizes(first, action, |change, name| change.redacted_after().get(name).cloned()))
        }
        (None, None) => Verdict::Refused(format!("the standby's Terraform has no {target} any more")),
    }
}

/// `aws_ecs_service.web has desired_count = 6`
fn sizes(change: &ResourceChange, action: &ResizeAction, value: impl Fn(&Change, &str) -> Option<Value>) -> String {
    let set = action.set.keys().map(|name| (name.clone(), value(&change.change, name).unwrap_or(Value::Null)));
    format!("{} has {}", change.address, words(&set.collect()))
}

/// Whether one address is the other, or all instances of a resource.
fn covers(target: &ResourceAddress, address: &ResourceAddress) -> bool {
    target == address || (target.key.is_none() && *target == address.resource())
}

/// Whether nothing happens to it, its address included.
fn is_quiet(change: &ResourceChange) -> bool {
    change.change.is_no_op() && change.previous_address.is_none() && change.change.importing.is_none()
}

fn is_settled(change: &ResourceChange) -> bool {
    change.change.actions.iter().all(|action| *action == Action::NoOp)
}

/// What speaks against what is done to the resource itself.
fn wrong_with(change: &ResourceChange, action: &ResizeAction) -> Option<String> {
    if is_quiet(change) {
        return None;
    }
    let address = &change.address;
    if let Some(former) = &change.previous_address {
        return Some(format!("Terraform wants to take {address} for what was {former}"));
    }
    if change.change.actions != [Action::Update] {
        let because = change.change.replace_paths.iter().filter_map(|path| path.first()?.as_str());
        let because: Vec<&str> = because.collect();
        let because = match because.is_empty() {
            true => String::new(),
            false => format!(" for {}", because.join(", ")),
        };
        return Some(format!(
            "Terraform wants to {} {address}{because}, and not to change it in place",
            verb(&change.change)
        ));
    }
    let named = |name: &&String| !action.set.contains_key(*name) && differs(&change.change, name);
    let names: BTreeSet<&String> = [&change.change.before, &change.change.after]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::keys)
        .collect();
    let others: Vec<String> = names
        .iter()
        .copied()
        .filter(named)
        .map(|name| {
            let of = |value: Value| value.get(name).map_or_else(|| "null".to_owned(), shown);
            format!("{name} ({} to {})", of(change.change.redacted_before()), of(change.change.redacted_after()))
        })
        .collect();
    (!others.is_empty()).then(|| format!("Terraform wants to change {} of {address} as well", others.join(", ")))
}

/// Whether an attribute becomes another one that is known by now. What is computed from a size is not known yet.
fn differs(change: &Change, name: &str) -> bool {
    let of = |value: &Value| value.get(name).cloned().unwrap_or(Value::Null);
    known_differs(&of(&change.before), &of(&change.after), &of(&change.after_unknown))
}

fn known_differs(before: &Value, after: &Value, unknown: &Value) -> bool {
    let none = Value::Null;
    match (before, after, unknown) {
        (_, _, Value::Bool(true)) => false,
        (Value::Object(a), Value::Object(b), mask) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().any(|name| {
                let at = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or(Value::Null);
                known_differs(&at(a), &at(b), mask.get(name).unwrap_or(&none))
            })
        }
        (Value::Array(a), Value::Array(b), mask) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().any(|(at, (a, b))| known_differs(a, b, mask.get(at).unwrap_or(&none)))
        }
        (a, b, _) => a != b,
    }
}

fn after<'a>(change: &'a ResourceChange, name: &str) -> &'a Value {
    static NONE: Value = Value::Null;
    change.change.after.get(name).unwrap_or(&NONE)
}

/// Whether Terraform has a value as the plan has it: it turns texts into numbers and the reverse, and a map that stands
/// for a block is a list of one.
fn means(wanted: &Value, has: &Value) -> bool {
    match (wanted, has) {
        (Value::Object(wanted), Value::Object(has)) => {
            wanted.iter().all(|(name, wanted)| means(wanted, has.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Object(_), Value::Array(blocks)) => blocks.len() == 1 && means(wanted, &blocks[0]),
        (Value::Array(wanted), Value::Array(has)) => {
            // Sets are lists in a plan, in an order of their own.
            let mut left: Vec<&Value> = has.iter().collect();
            wanted.len() == has.len()
                && wanted.iter().all(|wanted| match left.iter().position(|has| means(wanted, has)) {
                    Some(at) => {
                        left.remove(at);
                        true
                    }
                    None => false,
                })
        }
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (
            Value::Number(_) | Value::Bool(_) | Value::String(_),
            Value::Number(_) | Value::Bool(_) | Value::String(_),
        ) => plain(wanted) == plain(has),
        (wanted, has) => wanted == has,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `replace`, `destroy`
fn verb(change: &Change) -> &'static str {
    match change.actions.first() {
        _ if change.is_replace() => "replace",
        _ if change.importing.is_some() => "import",
        Some(Action::Create) => "create",
        Some(Action::Update) => "change",
        Some(Action::Delete) => "destroy",
        Some(Action::Forget) => "forget",
        Some(Action::NoOp | Action::Read | Action::Open) | None => "move",
    }
}

#[cfg(test)]
mod tests;
