//! Changes behind Terraform's back.

use crate::{PLAN, agreement};
use pilotlight_tests::{Found, Rehearsal, Root, found};
use serde_json::{Value, json};

/// What somebody does, and what is found.
struct Change<'a> {
    make: Box<dyn Fn() + 'a>,
    found: (&'a str, &'a str),
}

/// No drift, and nothing that could not be read.
pub(crate) fn clean(lab: &Rehearsal, side: &str) {
    let report = lab.pilotlight(&["drift", PLAN, "--side", side, "--format", "json"]).expect(0).json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["findings"], json!([]), "{report:#}");
    let count = |name: &str| {
        let counts = report["summary"].as_array().expect("counts");
        counts.iter().find(|count| count["name"] == name).and_then(|count| count["count"].as_u64())
    };
    assert_eq!(count("unread"), Some(0), "{report:#}");
    // Terraform's own count of what it manages, on this side and in this state.
    let roots: &[Root] = match side {
        "primary" => &[Root::Network, Root::App],
        "standby" => &[Root::StandbyNetwork, Root::StandbyApp],
        _ => &Root::ALL,
    };
    assert_eq!(count("in sync"), Some(managed(lab, roots)), "{report:#}");
}

/// How many managed resource instances Terraform lists.
fn managed(lab: &Rehearsal, roots: &[Root]) -> u64 {
    let lines = roots.iter().map(|root| {
        let listed = lab.terraform(*root, &["state", "list"]).end().expect(0).stdout;
        listed.lines().filter(|address| !address.starts_with("data.")).count()
    });
    lines.sum::<usize>().try_into().expect("a few")
}

pub(crate) fn found_and_repaired(lab: &Rehearsal) {
    clean(lab, "primary");
    agreement::both_find(lab, &[]);
    let group = lab.text(Root::Network, "web_security_group_id");
    let zone = lab.text(Root::App, "zone_id");
    let addresses: Vec<String> = serde_json::from_value(lab.output(Root::App, "public_ips")).expect("addresses");
    let instance = lab.output(Root::App, "instance_ids")["eu-west-1a"].as_str().expect("an id").to_owned();
    let rule = |verb: &str| {
        let verb = format!("{verb}-security-group-ingress");
        let rule = ["--protocol", "tcp", "--port", "22", "--cidr", "0.0.0.0/0"];
        let arguments = [&["ec2", &verb, "--group-id", &group][..], &rule].concat();
        let _: Value = lab.aws(&arguments);
    };
    let opened = Change { make: Box::new(|| rule("authorize")), found: ("PL-D103", "aws_security_group.web") };
    let moved = Change {
        make: Box::new(|| lab.set_regional_record(&zone, &["192.0.2.66".to_owned()])),
        found: ("PL-D104", "aws_route53_record.regional"),
    };
    let ended = Change {
        make: Box::new(|| drop(lab.aws(&["ec2", "terminate-instances", "--instance-ids", &instance]))),
        found: ("PL-D102", "aws_instance.app[\"eu-west-1a\"]"),
    };

    // One at a time. An instance can't be taken back, so it comes last, and stays for all together.
    (opened.make)();
    expect_found(lab, &[&opened]);
    rule("revoke");
    clean(lab, "primary");
    (moved.make)();
    expect_found(lab, &[&moved]);
    lab.set_regional_record(&zone, &addresses);
    clean(lab, "primary");
    (ended.make)();
    expect_found(lab, &[&ended]);
    (opened.make)();
    (moved.make)();
    expect_found(lab, &[&opened, &moved, &ended]);
    agreement::both_find(lab, &[opened.found.1, moved.found.1, ended.found.1]);

    // No resource of Terraform's says that the rule must not be there: a person takes it back.
    rule("revoke");
    lab.terraform(Root::App, &["apply", "-auto-approve", "-input=false", "-no-color"]).end().expect(0);
    clean(lab, "primary");
}

/// Each of these changes is found, and no other, notes included.
fn expect_found(lab: &Rehearsal, changes: &[&Change<'_>]) {
    let report = lab.pilotlight(&["drift", PLAN, "--format", "json"]).expect(2).json();
    let mut wanted: Vec<Found> =
        changes.iter().map(|change| (change.found.0.to_owned(), format!("primary {}", change.found.1))).collect();
    wanted.sort();
    assert_eq!(found(&report), wanted, "{report:#}");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(wanted.len()), "{report:#}");
}
