//! The standby, made from the primary's own Terraform.

use crate::PLAN;
use pilotlight_tests::{Rehearsal, Root, Tap};
use serde_json::Value;

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
    assert_eq!(changing, Vec::<String>::new(), "a second rebuild has nothing to do");
    assert_eq!(instances(lab), made);
    assert_eq!([Root::StandbyNetwork, Root::StandbyApp].map(|root| serial(lab, root)), serials);

    lab.expect_no_changes(&[Root::StandbyNetwork, Root::StandbyApp]);
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
