//! Buckets that S3 replicates: from the primary's bucket to the standby's, and never to itself.

use super::super::modules::{Instances, address};
use super::super::retarget::Work;
use super::super::syntax::labels;
use super::{DataResource, Holder, recorded};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::DataFrom;
use pilotlight_tfstate::{ManagedInstance, State};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const CONFIGURATION: &str = "aws_s3_bucket_replication_configuration";

/// Whether a type is the replication of a bucket.
pub(crate) fn is_replication(resource_type: &str) -> bool {
    resource_type == CONFIGURATION
}

/// A bucket that the plan says is replicated: its HCL is the source's; whether the primary does replicate is told.
pub(super) fn replica(work: &mut Work<'_>, holder: &Holder) -> Vec<DataResource> {
    let address = holder.addresses[0].clone();
    let mut details = Vec::new();
    let mut missing = Vec::new();
    let buckets = recorded(work, &address);
    for bucket in &buckets {
        let Some(name) = name_of(bucket) else { continue };
        let Some(standby) = standby_name(work, &address, name) else {
            missing.push((name.to_owned(), None, true));
            continue;
        };
        let state = work.input.recorded;
        let replicated = state.is_some_and(|state| destinations(state, name).contains(&standby));
        let versioned = state.is_some_and(|state| is_versioned(state, name));
        match replicated && versioned {
            true => details.push(format!("{name} is replicated to {standby}")),
            false => missing.push((name.to_owned(), Some(standby), versioned)),
        }
    }
    if buckets.is_empty() {
        missing.push((holder.name.clone(), None, false));
    }
    for (name, standby, versioned) in missing {
        details.push(format!("{name} is not replicated yet"));
        let subject = Subject::Resource {
            stack: work.input.stack.name.clone(),
            side: Some(Side::Primary),
            address: address.clone(),
            id: None,
        };
        let message = "the plan says that it is replicated to the standby, and the primary's state does not have that";
        let source = source_to_add(&holder.name, standby.as_deref(), versioned);
        let finding = Finding::new(codes::R_NOT_REPLICATED, Severity::Warning, subject, message)
            .with(Evidence::fact("add to the primary's source", source))
            .remedy("build the standby's bucket first; then add the replication to the primary's source and apply it");
        work.result.notes.push(finding);
    }
    vec![DataResource { address, from: DataFrom::Replica, detail: details.join("; "), attributes: BTreeSet::new() }]
}

fn name_of<'s>(bucket: &ManagedInstance<'s>) -> Option<&'s str> {
    bucket.attributes().get("bucket").and_then(Value::as_str).or_else(|| bucket.id())
}

/// What the standby's bucket is called, as far as that can be known before it is planned.
fn standby_name(work: &Work<'_>, address: &str, primary: &str) -> Option<String> {
    let set = work.input.stack.standby.set.iter().find(|set| set.address == address);
    let set = set.and_then(|set| set.attributes.get("bucket")).and_then(Value::as_str).map(str::to_owned);
    set.or_else(|| Some(work.words.replace(primary)).filter(|name| name != primary))
}

/// Names of the buckets that a bucket of a state is replicated to.
fn destinations(state: &State, bucket: &str) -> BTreeSet<String> {
    let of_bucket = state.managed().filter(|managed| {
        managed.resource_type() == CONFIGURATION
            && managed.attributes().get("bucket").and_then(Value::as_str) == Some(bucket)
    });
    of_bucket.flat_map(|managed| destinations_of(&managed)).collect()
}

fn destinations_of(configuration: &ManagedInstance<'_>) -> Vec<String> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let rules = list(configuration.attributes().get("rule"));
    let enabled = rules.into_iter().filter(|rule| rule.get("status").and_then(Value::as_str) != Some("Disabled"));
    let destinations = enabled.flat_map(|rule| list(rule.get("destination")));
    destinations
        .filter_map(|destination| {
            let arn = destination.get("bucket").and_then(Value::as_str)?.to_owned();
            Some(arn.rsplit(":::").next().unwrap_or(&arn).to_owned())
        })
        .collect()
}

fn is_versioned(state: &State, bucket: &str) -> bool {
    let of =
        |managed: &ManagedInstance<'_>| {
            managed.attributes().get("bucket").and_then(Value::as_str) == Some(bucket)
                && managed.attributes().get("versioning_configuration").and_then(Value::as_array).is_some_and(|all| {
                    all.iter().any(|one| one.get("status").and_then(Value::as_str) == Some("Enabled"))
                })
        };
    state.managed().filter(|managed| managed.resource_type() == "aws_s3_bucket_versioning").any(|managed| of(&managed))
}

fn source_to_add(name: &str, standby: Option<&str>, versioned: bool) -> String {
    let standby = standby.unwrap_or("…");
    let mut text = String::new();
    if !versioned {
        text.push_str(&format!(
            "resource \"aws_s3_bucket_versioning\" \"{name}\" {{\n  bucket = aws_s3_bucket.{name}.id\n\n  \
             versioning_configuration {{\n    status = \"Enabled\"\n  }}\n}}\n\n"
        ));
    }
    text.push_str(&format!(
        "resource \"{CONFIGURATION}\" \"{name}\" {{\n  depends_on = [aws_s3_bucket_versioning.{name}]\n\n  \
         bucket = aws_s3_bucket.{name}.id\n  role   = aws_iam_role.replication.arn\n\n  rule {{\n    \
         id     = \"standby\"\n    status = \"Enabled\"\n\n    filter {{}}\n\n    delete_marker_replication {{\n      \
         status = \"Enabled\"\n    }}\n\n    destination {{\n      bucket = \"arn:aws:s3:::{standby}\"\n    }}\n  }}\n}}\n"
    ));
    text
}

/// Replication configurations of the primary that would copy the standby's bucket to itself, by folder and name.
pub(crate) fn pointing_back(work: &Work<'_>, instances: &Instances) -> BTreeSet<(PathBuf, String)> {
    let Some(state) = work.input.recorded else { return BTreeSet::new() };
    let standbys: BTreeSet<String> = state
        .managed()
        .filter(|managed| managed.resource_type() == "aws_s3_bucket")
        .filter_map(|bucket| standby_name(work, &bucket.address().config().to_string(), name_of(&bucket)?))
        .collect();
    let mut found = BTreeSet::new();
    for (file, parsed) in &work.parsed {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        for block in parsed.syntax.blocks("resource") {
            let [CONFIGURATION, name] = labels(block)[..] else { continue };
            let paths = instances.get(&folder).map(Vec::as_slice).unwrap_or_default();
            let objects: Vec<_> =
                paths.iter().flat_map(|path| recorded(work, &address(path, CONFIGURATION, name))).collect();
            let all: Vec<String> = objects.iter().flat_map(destinations_of).collect();
            if !all.is_empty() && all.iter().all(|destination| standbys.contains(destination)) {
                found.insert((folder.clone(), name.to_owned()));
            }
        }
    }
    found
}
