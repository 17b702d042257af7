//! The standby, made from the primary's own Terraform.

use crate::PLAN;
use pilotlight_tests::{Call, Rehearsal, Root, Tap};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) fn made_once(lab: &Rehearsal) {
    assert_eq!(instances(lab), Vec::<(String, String)>::new(), "the standby region is empty");
    lab.pilotlight(&["rebuild", PLAN, "--apply", "--yes"]).expect(0);
    let made = instances(lab);
    let sizes: Vec<&str> = made.iter().map(|(_, size)| size.as_str()).collect();
    assert_eq!(sizes, ["t3.micro", "t3.micro"], "a pilot light, as the plan sets it");

    let serials = [Root::StandbyNetwork, Root::StandbyApp].map(|root| serial(lab, root));
    // Through the tap: that nothing is applied is seen on the wire, Terraform's calls included.
    let tap = Tap::new(&lab.lab().handle().aws_endpoint);
    let again = lab.spawn_through(&tap, &["rebuild", PLAN, "--apply", "--yes"]);
    lab.expect_no_changes(&[Root::Network, Root::App]);
    again.end().expect(0);
    let calls = tap.calls();
    assert!(calls.iter().any(|call| call.operation() == "DescribeInstances"), "the tap sees nothing: {calls:?}");
    let changing: Vec<String> = calls.iter().filter(|call| !call.reads()).map(|call| call.operation()).collect();
    // What it read of the primary is kept in the journal's bucket, and that is all.
    let (kept, changing): (Vec<_>, Vec<_>) = changing.into_iter().partition(|call| call.starts_with(KEPT));
    assert_eq!(changing, Vec::<String>::new(), "a second rebuild has nothing to do");
    assert_eq!(kept.len(), 1, "the kit alone: no state has changed: {kept:?}");
    assert_eq!(instances(lab), made);
    assert_eq!([Root::StandbyNetwork, Root::StandbyApp].map(|root| serial(lab, root)), serials);

    lab.expect_no_changes(&[Root::StandbyNetwork, Root::StandbyApp]);
    without_the_primary(lab, &tap);
}

/// Where the plan's journal bucket keeps what a rebuild read of the primary.
const KEPT: &str = "PUT /shop-dr-eu-central-1/pilotlight/recovery/";

/// Pilotlight, Terraform and its provider ask nothing of the primary region, and make the same standby.
fn without_the_primary(lab: &Rehearsal, tap: &Tap) {
    let of_primary = |calls: &[Call]| calls.iter().filter(|call| call.region == "eu-west-1").count();
    assert!(of_primary(&tap.take_calls()) > 0, "with the primary at hand it is asked");
    let roots = ["network", "app"].map(|stack| lab.path(format!("plans/.pilotlight/shop/standby/{stack}")));
    let before = roots.each_ref().map(|root| sources(root));
    let down = lab.spawn_through(tap, &["rebuild", PLAN, "--primary-down", "--apply", "--yes"]);
    let told = down.end().expect(0);
    assert!(told.output().contains("PL-R160"), "{}", told.output());
    let calls = tap.take_calls();
    assert_eq!(of_primary(&calls), 0, "{calls:?}");
    assert!(calls.iter().any(|call| call.region == "eu-central-1" && call.operation() == "DescribeInstances"));
    assert_eq!(roots.each_ref().map(|root| sources(root)), before);
}

/// The Terraform of a folder, by file.
fn sources(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(root).expect("the root").map(|entry| entry.expect("an entry").path());
    files.filter(|file| file.is_file()).map(|file| (file.clone(), std::fs::read(&file).expect("a file"))).collect()
}

/// The running instances of the standby region: their ids and sizes, sorted.
fn instances(lab: &Rehearsal) -> Vec<(String, String)> {
    let running = "Name=instance-state-name,Values=pending,running";
    let told = lab.aws(&["ec2", "describe-instances", "--region", "eu-central-1", "--filters", running]);
    let reservations = told["Reservations"].as_array().expect("reservations").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut instances: Vec<_> = reservations
        .flat_map(|reservation| reservation["Instances"].as_array().expect("instances"))
        .map(|instance| (text(&instance["InstanceId"]), text(&instance["InstanceType"])))
        .collect();
    instances.sort();
    instances
}

/// How often a state was written.
fn serial(lab: &Rehearsal, root: Root) -> u64 {
    let state = lab.terraform(root, &["state", "pull"]).end().expect(0).json();
    state["serial"].as_u64().expect("a serial")
}
