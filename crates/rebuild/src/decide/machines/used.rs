//! Which machine types a source and a state use.

use super::name::{class_type, machine_type};
use crate::observe::{DatabaseEngine, SourceTree};
use pilotlight_findings::Region;
use pilotlight_tfstate::{ResourceAddress, State};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Resource types that have machines, and attributes of theirs, at any depth, that name them.
const MACHINES: [&str; 9] = [
    "aws_instance",
    "aws_launch_template",
    "aws_launch_configuration",
    "aws_autoscaling_group",
    "aws_eks_node_group",
    "aws_spot_instance_request",
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
];
pub(super) const ATTRIBUTES: [&str; 4] =
    ["instance_type", "instance_types", "instance_class", "db_cluster_instance_class"];

/// Where a machine type is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// The resources of states that have it.
    pub resources: BTreeSet<ResourceAddress>,
    /// The engines of the databases that have it.
    pub engines: BTreeSet<DatabaseEngine>,
}

/// Machine types by name, `m5.large` and `db.m5.large`, with where they are used.
pub type Used = BTreeMap<String, Use>;

/// The machine types that the objects of a state have which are in a region.
pub fn machines_used(state: &State, region: &Region) -> Used {
    let mut used = Used::new();
    let machines = state.managed().filter(|managed| !managed.is_deposed());
    for managed in machines.filter(|managed| MACHINES.contains(&managed.resource_type())) {
        if managed.region().is_some_and(|of| of != *region) {
            continue;
        }
        let attributes = managed.attributes();
        let mut names = BTreeSet::new();
        attributes.iter().for_each(|(name, value)| collect(name, value, &mut names));
        for name in names {
            let of_machine = used.entry(name).or_default();
            of_machine.resources.insert(managed.address());
            of_machine.engines.extend(engine(attributes));
        }
    }
    used
}

fn collect(name: &str, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if ATTRIBUTES.contains(&name) && is_machine(text) => drop(names.insert(text.clone())),
        Value::Array(values) => values.iter().for_each(|value| collect(name, value, names)),
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(name, value, names)),
        _ => {}
    }
}

fn engine(attributes: &Map<String, Value>) -> Option<DatabaseEngine> {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    // `engine_version` may be the major one alone, of which AWS takes the newest.
    let version = text("engine_version_actual").or_else(|| text("engine_version"));
    Some(DatabaseEngine { name: text("engine")?.to_owned(), version: version.map(str::to_owned) })
}

/// Whether a text is a machine type, or a database class.
pub(super) fn is_machine(text: &str) -> bool {
    machine_type(text).is_some() || class_type(text).is_some()
}

/// Every word of a source that may be a machine type: those that it uses, and those that it mentions.
pub fn written_machines(tree: &SourceTree) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for bytes in tree.files.values() {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let is_part =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '.' || letter == '-';
        found.extend(text.split(|letter| !is_part(letter)).filter(|word| is_machine(word)).map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_uses_what_its_machines_have() {
        let text = r#"{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}, "resources": [
          {"mode": "managed", "type": "aws_instance", "name": "a", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"attributes": {"instance_type": "m5.large", "availability_zone": "eu-west-1a"}},
                         {"index_key": 1, "attributes": {"instance_type": "t3.micro", "arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-0"}}]},
          {"mode": "managed", "type": "aws_autoscaling_group", "name": "g", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"attributes": {"mixed_instances_policy": [{"launch_template": [{"override": [{"instance_type": "c5.xlarge"}, {"instance_type": "c6i.xlarge"}]}]}]}}]},
          {"mode": "managed", "type": "aws_db_instance", "name": "d", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"attributes": {"instance_class": "db.r6g.large", "engine": "postgres", "engine_version": "16", "engine_version_actual": "16.4"}}]},
          {"mode": "managed", "type": "aws_ssm_parameter", "name": "p", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"attributes": {"instance_type": "m4.large"}}]}]}"#;
        let state = State::parse("s", text.as_bytes()).unwrap();
        let used = machines_used(&state, &Region::new("eu-west-1").unwrap());
        assert_eq!(
            used.keys().map(String::as_str).collect::<Vec<_>>(),
            ["c5.xlarge", "c6i.xlarge", "db.r6g.large", "m5.large"]
        );
        let engine = DatabaseEngine { name: "postgres".into(), version: Some("16.4".into()) };
        assert_eq!(used["db.r6g.large"].engines, BTreeSet::from([engine]));
        assert_eq!(used["m5.large"].resources.iter().map(ToString::to_string).collect::<Vec<_>>(), ["aws_instance.a"]);
    }
}
