//! Buckets that the plan calls replicas and that nothing fills: by both sides' states, not by what the plan says.

use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{DataFrom, Stack};
use pilotlight_tfstate::{ManagedInstance, State};
use serde_json::Value;

const BUCKET: &str = "aws_s3_bucket";

/// The buckets of a stack's standby whose data is to be a replica, and to which no state of the primary replicates. The
/// replication may be kept in another stack than the bucket, so `primaries` are the states of every stack.
pub fn unfilled_buckets(stack: &Stack, primary: &State, standby: &State, primaries: &[&State]) -> Vec<Finding> {
    let is_replica = |managed: &ManagedInstance<'_>| {
        let address = managed.address().config().to_string();
        managed.resource_type() == BUCKET
            && stack.standby.data_choice(&address).is_some_and(|choice| choice.from == DataFrom::Replica)
    };
    let mut findings = Vec::new();
    for ours in primary.managed().filter(|managed| !managed.is_deposed()).filter(is_replica) {
        let Some(name) = name_of(&ours) else { continue };
        let theirs = counterparts(&ours, standby);
        // That a bucket is missing is for parity to say.
        if theirs.is_empty() || theirs.iter().any(|theirs| destinations(name, primaries).contains(theirs)) {
            continue;
        }
        let subject = Subject::Resource {
            stack: stack.name.clone(),
            side: Some(Side::Primary),
            address: ours.address().to_string(),
            id: Some(name.to_owned()),
        };
        let message = format!(
            "the plan says that {} is its replica, and no state of the primary replicates to it: nothing fills it",
            theirs.join(" or ")
        );
        let finding = Finding::new(codes::R_NOT_REPLICATED, Severity::Error, subject, message)
            .with(Evidence::fact("replicated to", shown(&destinations(name, primaries))));
        findings.push(finding.remedy(
            "add the replication to the primary's source and apply it: pilotlight rebuild PLAN --diff has the lines; or \
             say empty or elsewhere in the plan's data block",
        ));
    }
    findings
}

fn shown(destinations: &[String]) -> String {
    if destinations.is_empty() { "nothing".to_owned() } else { destinations.join(", ") }
}

fn name_of<'s>(bucket: &ManagedInstance<'s>) -> Option<&'s str> {
    bucket.attributes().get("bucket").and_then(Value::as_str).or_else(|| bucket.id())
}

/// The standby's buckets of the same block: the one with the same key, or all where keys differ between the sides.
fn counterparts(ours: &ManagedInstance<'_>, standby: &State) -> Vec<String> {
    let config = ours.address().config().to_string();
    let of_block: Vec<ManagedInstance<'_>> = standby
        .managed()
        .filter(|managed| managed.resource_type() == BUCKET && !managed.is_deposed())
        .filter(|managed| managed.address().config().to_string() == config)
        .collect();
    let same = of_block.iter().find(|theirs| theirs.address() == ours.address());
    match same {
        Some(theirs) => name_of(theirs).map(str::to_owned).into_iter().collect(),
        None => of_block.iter().filter_map(name_of).map(str::to_owned).collect(),
    }
}

/// Names of the buckets that enabled rules copy a bucket to, by a resource of its own or by a block of the bucket.
fn destinations(bucket: &str, primaries: &[&State]) -> Vec<String> {
    let mut found = Vec::new();
    for managed in primaries.iter().flat_map(|state| state.managed()).filter(|managed| !managed.is_deposed()) {
        let attributes = managed.attributes();
        let rules = match managed.resource_type() {
            "aws_s3_bucket_replication_configuration"
                if attributes.get("bucket").and_then(Value::as_str) == Some(bucket) =>
            {
                list(attributes.get("rule"))
            }
            BUCKET if name_of(&managed) == Some(bucket) => {
                let blocks = list(attributes.get("replication_configuration"));
                blocks.iter().flat_map(|block| list(block.get("rules"))).collect()
            }
            _ => continue,
        };
        let enabled = rules.into_iter().filter(|rule| rule.get("status").and_then(Value::as_str) == Some("Enabled"));
        let arns = enabled.flat_map(|rule| list(rule.get("destination")));
        found.extend(arns.filter_map(|destination| {
            let arn = destination.get("bucket").and_then(Value::as_str)?;
            Some(arn.rsplit(":::").next().unwrap_or(arn).to_owned())
        }));
    }
    found
}

fn list(value: Option<&Value>) -> Vec<&Value> {
    value.and_then(Value::as_array).map(|all| all.iter().collect()).unwrap_or_default()
}
