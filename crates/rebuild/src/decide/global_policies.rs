//! Policies that serve both regions and name objects of the primary alone. They are not made a second time, and nobody
//! edits them here: what the standby runs would be denied its own queues and keys.

use super::retarget::{Rule, Work};
use pilotlight_findings::{Evidence, Severity, Side, Subject, codes};
use pilotlight_tfstate::State;
use serde_json::Value;
use std::collections::BTreeSet;

/// Arguments that hold a policy.
const POLICIES: [&str; 4] = ["policy", "inline_policy", "assume_role_policy", "inline_policies"];

/// How many ARNs are quoted of one policy.
const QUOTED: usize = 5;

pub(crate) fn tell(work: &mut Work<'_>) {
    let Some(state) = work.input.recorded else { return };
    let (primary, standby) = (work.input.primary.as_str(), work.input.standby.as_str());
    let globals: BTreeSet<&str> =
        work.result.globals.iter().filter(|one| one.rule == Rule::Global).map(|one| one.address.as_str()).collect();
    let buckets = buckets(work, state);
    let mut told = Vec::new();
    for managed in state.managed() {
        let is_iam = managed.resource_type().starts_with("aws_iam_");
        if !is_iam || !globals.contains(managed.address().config().to_string().as_str()) {
            continue;
        }
        let mut arns = BTreeSet::new();
        for name in POLICIES {
            if let Some(policy) = managed.attributes().get(name) {
                collect(policy, &mut arns);
            }
        }
        let alone = of_primary_alone(&arns, &buckets, primary, standby);
        if !alone.is_empty() {
            told.push((managed.address().to_string(), managed.id().map(str::to_owned), alone));
        }
    }
    for (address, id, alone) in told {
        let subject =
            Subject::Resource { stack: work.input.stack.name.clone(), side: Some(Side::Primary), address, id };
        let message = format!(
            "it serves both regions, and its policy names {} of {primary} and none of {standby}: there it would deny",
            match alone.len() {
                1 => "an object".to_owned(),
                objects => format!("{objects} objects"),
            }
        );
        let mut finding =
            pilotlight_findings::Finding::new(codes::R_GLOBAL_POLICY, Severity::Warning, subject, message).remedy(
                format!("let the policy in the primary's source name {standby} beside {primary}, and apply it there"),
            );
        for arn in alone.into_iter().take(QUOTED) {
            finding = finding.with(Evidence::fact("names", arn));
        }
        work.result.notes.push(finding);
    }
}

/// Buckets that the standby has too. No two have one name, so that the standby's has another.
fn buckets(work: &Work<'_>, state: &State) -> BTreeSet<String> {
    let is_made_twice = |address: &str| !work.result.globals.iter().any(|one| one.covers(address));
    let buckets = state.managed().filter(|managed| managed.resource_type() == "aws_s3_bucket");
    buckets
        .filter(|managed| is_made_twice(&managed.address().config().to_string()))
        .filter_map(|managed| managed.attributes().get("bucket")?.as_str().map(str::to_owned))
        .collect()
}

/// The bucket of an ARN of S3, which names no region: `arn:aws:s3:::orders/*`.
fn bucket_of(arn: &str) -> Option<&str> {
    let (service, name) = arn.splitn(3, ':').nth(2)?.split_once(":::")?;
    (service == "s3").then(|| name.split('/').next().unwrap_or(name))
}

/// ARNs of the primary region and of its buckets, of services of which none is named in the standby region or in every
/// one.
fn of_primary_alone(arns: &BTreeSet<String>, buckets: &BTreeSet<String>, primary: &str, standby: &str) -> Vec<String> {
    let parts = |arn: &str| {
        let mut parts = arn.split(':').skip(2);
        (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned())
    };
    // What S3's own ARNs say of a region is in the bucket's name.
    let is_elsewhere = |arn: &str| match bucket_of(arn) {
        Some(bucket) => bucket.contains(standby) || bucket.contains(['*', '?', '$']),
        None => parts(arn).1 == standby || parts(arn).1.contains(['*', '?', '$']),
    };
    let elsewhere: BTreeSet<String> = arns.iter().filter(|arn| is_elsewhere(arn)).map(|arn| parts(arn).0).collect();
    let is_alone = |arn: &&String| {
        let is_primary = bucket_of(arn).map_or_else(|| parts(arn).1 == primary, |bucket| buckets.contains(bucket));
        is_primary && !elsewhere.contains(&parts(arn).0)
    };
    arns.iter().filter(is_alone).cloned().collect()
}

/// Every ARN in a policy, which a state has as JSON in a text.
fn collect(value: &Value, arns: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("arn:") => drop(arns.insert(text.clone())),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                collect(&inner, arns);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, arns)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, arns)),
        _ => {}
    }
}
