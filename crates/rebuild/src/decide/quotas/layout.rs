//! What a plan does not tell before its apply, and the primary's state does: which template a group launches, and in
//! which zone a gateway is.

use super::super::machine_type;
use pilotlight_tfstate::{ManagedInstance, State};
use serde_json::Value;
use std::collections::BTreeMap;

/// What objects are joined to, by their address in the configuration where instances do not differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Launch templates and configurations, by the address of the group that launches them.
    pub(super) templates: BTreeMap<String, String>,
    /// Machine types by the address of the template.
    pub(super) machines: BTreeMap<String, String>,
    /// Zones by the full address of the NAT gateway.
    pub(super) zones: BTreeMap<String, String>,
}

impl Layout {
    /// Of the primary's states; `map` has what stands in the standby for its zones and machine types.
    pub fn of(states: &[&State], map: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut layout = Self::default();
        let mapped = |text: &str| map(text).unwrap_or_else(|| text.to_owned());
        let all: Vec<ManagedInstance<'_>> =
            states.iter().flat_map(|state| state.managed()).filter(|managed| !managed.is_deposed()).collect();
        let text = |managed: &ManagedInstance<'_>, name: &str| {
            managed.attributes().get(name).and_then(Value::as_str).map(str::to_owned)
        };
        let (mut by_id, mut subnets) = (BTreeMap::new(), BTreeMap::new());
        for managed in &all {
            let config = managed.address().config().to_string();
            match managed.resource_type() {
                "aws_launch_template" | "aws_launch_configuration" => {
                    for id in ["id", "name"].iter().filter_map(|name| text(managed, name)) {
                        by_id.insert(id, config.clone());
                    }
                    if let Some(machine) = text(managed, "instance_type").filter(|text| machine_type(text).is_some()) {
                        layout.machines.insert(config, mapped(&machine));
                    }
                }
                "aws_subnet" => {
                    if let Some((id, zone)) = text(managed, "id").zip(text(managed, "availability_zone")) {
                        subnets.insert(id, mapped(&zone));
                    }
                }
                _ => {}
            }
        }
        for managed in &all {
            match managed.resource_type() {
                "aws_autoscaling_group" => {
                    let template = template_of(managed.attributes()).and_then(|id| by_id.get(&id));
                    if let Some(template) = template {
                        layout.templates.insert(managed.address().config().to_string(), template.clone());
                    }
                }
                "aws_nat_gateway" => {
                    if let Some(zone) = text(managed, "subnet_id").and_then(|id| subnets.get(&id).cloned()) {
                        layout.zones.insert(managed.address().to_string(), zone);
                    }
                }
                _ => {}
            }
        }
        layout
    }
}

/// The id or name of the template or launch configuration of a group.
fn template_of(attributes: &serde_json::Map<String, Value>) -> Option<String> {
    let named = |template: &Value| -> Option<String> {
        let template = template.get(0)?;
        let text = |name: &str| template.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text("id").or_else(|| text("launch_template_id")).or_else(|| text("name")).map(str::to_owned)
    };
    let mixed = || {
        let policy = attributes.get("mixed_instances_policy")?.get(0)?;
        named(policy.get("launch_template")?.get(0)?.get("launch_template_specification")?)
    };
    let configuration =
        || attributes.get("launch_configuration").and_then(Value::as_str).filter(|text| !text.is_empty());
    attributes.get("launch_template").and_then(named).or_else(mixed).or_else(|| configuration().map(str::to_owned))
}
