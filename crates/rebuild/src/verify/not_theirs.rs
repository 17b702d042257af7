//! What a plan to apply the standby may not change or remove: an object of the primary, or one that serves every
//! region. The standby's state has one only where its backend leads to another state, where the primary's was copied
//! there, or where somebody imported it: what the standby's HCL does not have, Terraform would destroy.

use crate::decide::global::is_global;
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_tfstate::{Action, Mode, PlanJson, ResourceChange, State};
use serde_json::Value;
use std::collections::BTreeMap;

/// Families whose ids are the same from every region.
const ONE_FOR_ALL: [&str; 2] = ["aws_route53_", "aws_s3_bucket"];

/// Each change that would touch what is not the standby's: reasons to apply nothing of the plan.
pub fn not_theirs(stack: &str, planned: &PlanJson, primary_states: &[&State]) -> Vec<Finding> {
    let touches = |change: &&ResourceChange| {
        change.mode == Mode::Managed
            && change.change.actions.iter().any(|action| matches!(action, Action::Delete | Action::Update))
    };
    let touched: Vec<&ResourceChange> = planned.resource_changes.iter().filter(touches).collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let theirs = Theirs::of(primary_states);
    touched.into_iter().filter_map(|change| Some(refusal(stack, change, theirs.why(change)?))).collect()
}

fn refusal(stack: &str, change: &ResourceChange, why: String) -> Finding {
    let removes = change.change.actions.contains(&Action::Delete);
    let (what, address) = (if removes { "destroyed" } else { "changed" }, change.address.to_string());
    let subject = Subject::Resource {
        stack: stack.to_owned(),
        side: Some(Side::Standby),
        address: address.clone(),
        id: text(&change.change.before, "id").map(str::to_owned),
    };
    Finding::new(codes::R_NOT_OURS, Severity::Error, subject, format!("it would be {what}, and {why}")).remedy(format!(
        "nothing was applied. See that the backend block of the generated root leads to the standby's own state; if it \
         does, take the object out of it there: terraform state rm '{address}'"
    ))
}

/// The objects of the primary that are told from those of the standby.
struct Theirs<'s> {
    arns: BTreeMap<&'s str, String>,
    ids: BTreeMap<(String, &'s str), String>,
}

impl<'s> Theirs<'s> {
    fn of(states: &[&'s State]) -> Self {
        let mut theirs = Self { arns: BTreeMap::new(), ids: BTreeMap::new() };
        for managed in states.iter().flat_map(|state| state.managed()).filter(|managed| !managed.is_deposed()) {
            let address = managed.address().to_string();
            if let Some(arn) = managed.attributes().get("arn").and_then(Value::as_str).filter(|arn| !arn.is_empty()) {
                theirs.arns.insert(arn, address.clone());
            }
            let kind = managed.resource_type();
            if is_one_for_all(kind)
                && let Some(id) = managed.attributes().get("id").and_then(Value::as_str)
            {
                theirs.ids.insert((kind.to_owned(), id), address);
            }
        }
        theirs
    }

    /// Why a change touches what is not the standby's.
    fn why(&self, change: &ResourceChange) -> Option<String> {
        let before = &change.change.before;
        let kind = change.resource_type.as_str();
        let of_arn = text(before, "arn").and_then(|arn| self.arns.get(arn));
        let of_id = text(before, "id").and_then(|id| self.ids.get(&(kind.to_owned(), id)));
        if let Some(address) = of_arn.or(of_id) {
            return Some(format!("it is {address} of the primary"));
        }
        // A private zone is of its networks' region.
        let is_private = before.get("vpc").and_then(Value::as_array).is_some_and(|networks| !networks.is_empty());
        let is_removed = change.change.actions.contains(&Action::Delete);
        (is_removed && is_global(kind) && !is_private).then(|| "it serves every region".to_owned())
    }
}

/// Whether an id of this type is the same object from every region.
fn is_one_for_all(kind: &str) -> bool {
    is_global(kind) || ONE_FOR_ALL.iter().any(|family| kind.starts_with(family))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
