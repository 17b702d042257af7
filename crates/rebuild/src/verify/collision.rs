//! Names that only one object can have, and that the primary has already.

use crate::decide::global::UNIQUE_NAMES;
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_tfstate::{Mode, PlanJson, State};
use serde_json::{Map, Value};

/// Planned objects of the standby whose names the primary's state has. The source shows this only for
/// names that are written out; the plan shows it for all.
pub fn collisions(stack: &str, planned: &PlanJson, primary_states: &[&State]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for resource in planned.planned().filter(|resource| resource.mode == Mode::Managed) {
        let Some((resource_type, naming, _)) = UNIQUE_NAMES.iter().find(|(known, ..)| *known == resource.resource_type)
        else {
            continue;
        };
        let Some(name) = name_of(&resource.values, naming) else { continue };
        let taken = primary_states.iter().flat_map(|state| state.managed()).find(|managed| {
            let theirs = managed.attributes();
            let same_name = [*naming, "fqdn"].iter().any(|field| name_of(theirs, field).as_ref() == Some(&name));
            managed.resource_type() == *resource_type && same_name && same_set(theirs, &resource.values)
        });
        let Some(taken) = taken else { continue };
        let subject = Subject::Resource {
            stack: stack.to_owned(),
            side: Some(Side::Standby),
            address: resource.address.to_string(),
            id: None,
        };
        let message = format!("the {naming} {name} is taken by {} of the primary", taken.address());
        findings.push(
            Finding::new(codes::R_COLLISION, Severity::Error, subject, message)
                .with(Evidence::fact(*naming, name))
                .remedy(format!(
                    "add {} to exclude in the stack's standby block, or let its name tell the region",
                    resource.address.config()
                )),
        );
    }
    findings
}

/// DNS names are equal without case and trailing dot; bucket names have neither.
fn name_of(values: &Map<String, Value>, field: &str) -> Option<String> {
    values.get(field).and_then(Value::as_str).map(|name| name.trim_end_matches('.').to_ascii_lowercase())
}

/// Records of one name differ by zone, type and set identifier; objects of one bucket by their key.
fn same_set(theirs: &Map<String, Value>, ours: &Map<String, Value>) -> bool {
    let text = |values: &Map<String, Value>, field: &str| {
        values.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    ["zone_id", "type", "set_identifier", "key"].iter().all(|field| text(theirs, field) == text(ours, field))
}
