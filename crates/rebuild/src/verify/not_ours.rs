//! What a plan to destroy the standby may not hold: whatever is not the standby's alone.

use crate::decide::global::is_global_object;
use pilotlight_findings::{Finding, Region, Severity, Side, Subject, codes};
use pilotlight_tfstate::{Action, ManagedInstance, Mode, PlanJson, ProviderAddress, ResourceChange, State};
use serde_json::Value;
use std::collections::BTreeMap;

/// Providers of values that are objects nowhere: an id that stands in both states is no object of both.
const WITHOUT_OBJECTS: [&str; 7] = ["terraform", "random", "null", "time", "tls", "local", "archive"];

/// Each thing that a destroy plan would do which is no removal of an object that the standby's state has and no state
/// of the primary: reasons to refuse the plan whole.
pub fn not_ours(stack: &str, planned: &PlanJson, standby: &State, primary_states: &[&State]) -> Vec<Finding> {
    let theirs: Vec<Objects<'_>> = primary_states.iter().map(|state| Objects::of(state)).collect();
    let ours = Objects::of(standby);
    let mut findings = Vec::new();
    for change in planned.resource_changes.iter().filter(|change| change.mode == Mode::Managed) {
        let refuse = |message: String| {
            let subject = Subject::Resource {
                stack: stack.to_owned(),
                side: Some(Side::Standby),
                address: change.address.to_string(),
                id: text(&change.change.before, "id").map(str::to_owned),
            };
            Finding::new(codes::R_NOT_OURS, Severity::Error, subject, message).remedy(
                "nothing was destroyed; look at the backend block of the generated root, and at terraform state list there",
            )
        };
        // What is forgotten stays as it is.
        if change.change.is_no_op() || change.change.actions == [Action::Forget] {
            continue;
        }
        if change.change.actions != [Action::Delete] {
            findings.push(refuse("the destroy plan would change it, not remove it".to_owned()));
            continue;
        }
        let Some(own) = ours.find(change) else {
            findings.push(refuse("the standby's state does not have it".to_owned()));
            continue;
        };
        if is_global_object(&own) {
            findings.push(refuse("it serves every region".to_owned()));
            continue;
        }
        let same = theirs.iter().find_map(|objects| objects.same_as(&own, ours.region(&own).as_ref()));
        if let Some(theirs) = same {
            findings.push(refuse(format!("it is {} of the primary", theirs.address())));
        }
    }
    findings
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The objects of one state, with where each provider configuration works.
struct Objects<'s> {
    state: &'s State,
    regions: BTreeMap<ProviderAddress, Region>,
}

impl<'s> Objects<'s> {
    fn of(state: &'s State) -> Self {
        Self { state, regions: state.provider_regions() }
    }

    fn region(&self, managed: &ManagedInstance<'_>) -> Option<Region> {
        managed.region().or_else(|| self.regions.get(managed.provider()).cloned())
    }

    /// The object that a change is about.
    fn find(&self, change: &ResourceChange) -> Option<ManagedInstance<'s>> {
        let id = text(&change.change.before, "id");
        self.state.managed().find(|managed| {
            managed.address() == change.address
                && managed.instance.deposed == change.deposed
                && (id.is_none() || managed.id() == id)
        })
    }

    /// The object of this state that is the same one. ARNs tell; without them the type and id do, unless both are
    /// known to lie in different regions: a key or a rule may have one name in each.
    fn same_as(&self, own: &ManagedInstance<'_>, own_region: Option<&Region>) -> Option<ManagedInstance<'s>> {
        if WITHOUT_OBJECTS.contains(&own.provider().source.name.as_str()) {
            return None;
        }
        self.state.managed().find(|other| {
            if other.resource_type() != own.resource_type() {
                return false;
            }
            match (own.instance.text("arn"), other.instance.text("arn")) {
                (Some(own), Some(other)) => own == other,
                _ => {
                    let other_region = self.region(other);
                    let apart = own_region.is_some() && other_region.is_some() && own_region != other_region.as_ref();
                    own.id().is_some() && own.id() == other.id() && !(apart && is_of_one_region(own))
                }
            }
        })
    }
}

/// Whether an object's id is unique within its region only. Entries of a DNS zone and what belongs to a bucket have
/// ids that are the same from everywhere.
fn is_of_one_region(managed: &ManagedInstance<'_>) -> bool {
    !["aws_route53_", "aws_s3_bucket"].iter().any(|family| managed.resource_type().starts_with(family))
}
