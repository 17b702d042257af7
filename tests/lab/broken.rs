//! A standby that is broken in one way after the other: `validate` names that one and no other, is not ready, and is
//! ready again once it is repaired. The judges of what is repaired are Terraform and the AWS CLI.

use crate::PLAN;
use crate::validate::{pair, validate_with};
use pilotlight_tests::{Found, Rehearsal, Root, found};
use serde_json::{Value, json};

/// Who will fail over, in the lab's account.
const ONCALL: &str = "arn:aws:iam::123456789012:role/oncall";

pub(crate) fn each_by_its_name(lab: &Rehearsal) {
    opened_by_hand(lab);
    ttl_too_long(lab);
    primary_changed(lab);
    lost_from_aws(lab);
    lost_from_the_state(lab);
    names_the_primary(lab);
    never_built(lab);
    journal_in_the_primary_alone(lab);
    journal_gone(lab);
    permission_missing(lab);
    unknown_is_not_ready(lab);
    changed_stacks_alone(lab);
    is_ready(lab, PLAN);
}

fn is_ready(lab: &Rehearsal, plan: &str) {
    let ready = validate_with(lab, plan, &[]).expect(0).json();
    assert_eq!(found(&ready), Vec::<Found>::new(), "{ready:#}");
}

/// Not ready, for these reasons alone, in this area alone.
#[track_caller]
fn broken(lab: &Rehearsal, plan: &str, more: &[&str], area: &str, expected: &[Found]) {
    let told = validate_with(lab, plan, more).expect(2).json();
    assert_eq!(found(&told), expected, "{told:#}");
    let areas = told["areas"].as_array().expect("a scorecard");
    let not_ready: Vec<&str> =
        areas.iter().filter(|area| area["verdict"] == "not_ready").filter_map(|area| area["name"].as_str()).collect();
    assert_eq!(not_ready, [area], "{areas:#?}");
}

/// Somebody opens a port in the standby.
fn opened_by_hand(lab: &Rehearsal) {
    let group = lab.text(Root::StandbyNetwork, "web_security_group_id");
    let rule = |verb: &str| {
        let verb = format!("{verb}-security-group-ingress");
        let from = ["--protocol", "tcp", "--port", "22", "--cidr", "0.0.0.0/0"];
        let group = ["ec2", &verb, "--region", "eu-central-1", "--group-id", &group];
        lab.aws(&[&group[..], &from[..]].concat());
    };
    rule("authorize");
    broken(lab, PLAN, &[], "drift", &[pair("PL-D103", "standby aws_security_group.web")]);
    rule("revoke");
}

/// The objective has no room for what the zone has.
fn ttl_too_long(lab: &Rehearsal) {
    let hasty = lab.plan_like("hasty", &[("rto = \"15m\"", "rto = \"1m20s\"")]);
    broken(lab, &hasty, &[], "objectives", &[pair("PL-P201", "app.shop.test")]);
}

/// The primary's source goes on, and nobody rebuilds.
fn primary_changed(lab: &Rehearsal) {
    let source = lab.path("infra/shop/network/main.tf");
    let text = std::fs::read_to_string(&source).expect("the source");
    std::fs::write(&source, format!("{text}\n# A third zone comes next year.\n")).expect("written");
    broken(lab, PLAN, &[], "source", &[pair("PL-R151", "standby network")]);
    std::fs::write(&source, text).expect("written");
}

/// Somebody takes a route of the standby away.
fn lost_from_aws(lab: &Rehearsal) {
    let table = state(lab, Root::StandbyNetwork);
    let table = attribute(&table, "aws_route", "route_table_id");
    let gateway = attribute(&state(lab, Root::StandbyNetwork), "aws_route", "gateway_id");
    let route = |verb: &str, more: &[&str]| {
        let route = ["ec2", verb, "--region", "eu-central-1", "--route-table-id", &table];
        let to = ["--destination-cidr-block", "0.0.0.0/0"];
        lab.aws(&[&route[..], &to[..], more].concat());
    };
    route("delete-route", &[]);
    broken(lab, PLAN, &[], "drift", &[pair("PL-D102", "standby aws_route.internet")]);
    route("create-route", &["--gateway-id", &gateway]);
}

/// It is there, but Terraform does not know it any more.
fn lost_from_the_state(lab: &Rehearsal) {
    let whole = state(lab, Root::StandbyApp);
    lab.terraform(Root::StandbyApp, &["state", "rm", "aws_route53_health_check.app"]).end().expect(0);
    let told = validate_with(lab, PLAN, &[]).expect(2).json();
    assert_eq!(found(&told), [pair("PL-R141", "primary aws_route53_health_check.app")], "{told:#}");
    push(lab, Root::StandbyApp, &whole);
}

/// A value of the standby leads to the primary: recorded by Terraform, so that it is no drift.
fn names_the_primary(lab: &Rehearsal) {
    let vpc = lab.text(Root::StandbyNetwork, "vpc_id");
    let name = |name: &str| {
        let tag = format!("Key=Name,Value={name}");
        lab.aws(&["ec2", "create-tags", "--region", "eu-central-1", "--resources", &vpc, "--tags", &tag]);
        let refresh = ["apply", "-refresh-only", "-auto-approve", "-input=false", "-no-color"];
        lab.terraform(Root::StandbyNetwork, &refresh).end().expect(0);
    };
    name("shop-eu-west-1");
    broken(lab, PLAN, &[], "parity", &[pair("PL-R101", "standby aws_vpc.shop")]);
    name("shop-eu-central-1");
}

/// One of the stacks has no state.
fn never_built(lab: &Rehearsal) {
    let (there, aside) = ("s3://shop-tfstate-eu-central-1/app.tfstate", "s3://shop-tfstate-eu-central-1/aside");
    let moved = |from: &str, to: &str| lab.other("aws", &["s3", "mv", from, to, "--quiet"]).status();
    assert!(moved(there, aside).expect("the AWS CLI").success());
    broken(lab, PLAN, &[], "parity", &[pair("PL-U105", "standby app")]);
    assert!(moved(aside, there).expect("the AWS CLI").success());
}

fn journal_in_the_primary_alone(lab: &Rehearsal) {
    let stores = "[\"file:.pilotlight\", \"s3://shop-dr-eu-central-1/pilotlight\"]";
    let plan = lab.plan_like("far", &[(stores, "[\"s3://shop-tfstate/pilotlight\"]")]);
    broken(lab, &plan, &[], "journal", &[pair("PL-V132", "s3://shop-tfstate/pilotlight")]);
}

fn journal_gone(lab: &Rehearsal) {
    let plan = lab.plan_like("lost", &[("s3://shop-dr-eu-central-1/", "s3://shop-dr-is-gone/")]);
    broken(lab, &plan, &[], "journal", &[pair("PL-V131", "s3://shop-dr-is-gone/pilotlight")]);
}

/// The one who is called at night may look at everything, and not change the record.
fn permission_missing(lab: &Rehearsal) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    lab.aws(&["iam", "create-role", "--role-name", "oncall", "--assume-role-policy-document", &trust]);
    let allow = |actions: &[&str]| {
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let put = ["iam", "put-role-policy", "--role-name", "oncall", "--policy-name", "failover"];
        lab.aws(&[&put[..], &["--policy-document", &policy]].concat());
    };
    let reads = ["route53:List*", "route53:Get*", "s3:ListBucket", "s3:GetObject", "s3:PutObject"];
    allow(&reads);
    let zone = lab.text(Root::App, "zone_id");
    let denied = pair("PL-V141", &format!("arn:aws:route53:::hostedzone/{zone}"));
    broken(lab, PLAN, &["--principal", ONCALL], "permissions", &[denied]);
    allow(&[&reads[..], &["route53:ChangeResourceRecordSets"]].concat());
    let ready = validate_with(lab, PLAN, &["--principal", ONCALL]).expect(0).json();
    assert_eq!(found(&ready), Vec::<Found>::new(), "{ready:#}");
}

/// A principal that is not there: nobody knows what it may do.
fn unknown_is_not_ready(lab: &Rehearsal) {
    let nobody = format!("{ONCALL}-of-yesterday");
    let told = validate_with(lab, PLAN, &["--principal", &nobody]).expect(3).json();
    assert_eq!((found(&told), told["verdict"].as_str()), (vec![], Some("incomplete")), "{told:#}");
}

/// In a pull request: what is wrong with a stack that it does not touch is not its business.
fn changed_stacks_alone(lab: &Rehearsal) {
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        let mut command = lab.other("git", &[&identity[..], arguments].concat());
        let done = command.current_dir(lab.path("")).output().expect("git");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "infra", "plans/shop.hcl"]);
    git(&["commit", "--quiet", "-m", "the estate"]);
    std::fs::write(lab.path(".gitignore"), "*\n").expect("written");
    let ended = lab.pilotlight(&["validate", PLAN, "--changed-since", "main"]).expect(0);
    assert!(ended.stdout.contains("no stack has changed since main"), "{}", ended.story());

    let source = |stack: &str| lab.path(format!("infra/shop/{stack}/main.tf"));
    let change = |stack: &str| {
        let text = std::fs::read_to_string(source(stack)).expect("the source");
        std::fs::write(source(stack), format!("{text}# changed\n")).expect("written");
        text
    };
    let network = change("network");
    git(&["commit", "--quiet", "-am", "the network, and nobody rebuilt"]);
    let app = change("app");
    let expected = [pair("PL-R151", "standby app")];
    let told = validate_with(lab, PLAN, &["--changed-since", "HEAD"]).expect(2).json();
    assert_eq!(found(&told), expected, "{told:#}");
    let both = [pair("PL-R151", "standby app"), pair("PL-R151", "standby network")];
    let told = validate_with(lab, PLAN, &["--changed-since", "HEAD~1"]).expect(2).json();
    assert_eq!(found(&told), both, "{told:#}");
    std::fs::write(source("network"), network).expect("written");
    std::fs::write(source("app"), app).expect("written");
    for leftover in [".git", ".gitignore"] {
        let path = lab.path(leftover);
        let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        removed.expect("removed");
    }
}

/// A root's state, as Terraform has it.
fn state(lab: &Rehearsal, root: Root) -> Value {
    lab.terraform(root, &["state", "pull"]).end().expect(0).json()
}

/// An attribute of the one resource of a type.
fn attribute(state: &Value, kind: &str, name: &str) -> String {
    let resources = state["resources"].as_array().expect("resources");
    let resource = resources.iter().find(|resource| resource["type"] == kind).expect("the resource");
    let value = &resource["instances"][0]["attributes"][name];
    value.as_str().unwrap_or_else(|| panic!("{kind}.{name} is {value}")).to_owned()
}

/// Puts a state back as it was.
fn push(lab: &Rehearsal, root: Root, state: &Value) {
    let file = lab.path("state-as-it-was.json");
    std::fs::write(&file, state.to_string()).expect("written");
    let file = file.to_string_lossy().into_owned();
    lab.terraform(root, &["state", "push", "-force", &file]).end().expect(0);
    std::fs::remove_file(&file).expect("removed");
}
