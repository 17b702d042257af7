//! What a plan to destroy the standby may not hold.

mod world;

use pilotlight_findings::codes;
use pilotlight_rebuild::{not_ours, not_theirs};
use pilotlight_tfstate::{PlanJson, State};
use serde_json::{Value, json};

fn object(resource_type: &str, name: &str, attributes: Value) -> Value {
    json!({"mode": "managed", "type": resource_type, "name": name,
           "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"schema_version": 0, "attributes": attributes}]})
}

fn state(resources: &[Value]) -> State {
    world::state(&Value::Array(resources.to_vec()).to_string())
}

fn change(resource_type: &str, name: &str, actions: &[&str], before: Value) -> Value {
    json!({"address": format!("{resource_type}.{name}"), "mode": "managed", "type": resource_type, "name": name,
           "change": {"actions": actions, "before": before, "after": null}})
}

fn plan(changes: &[Value]) -> PlanJson {
    let plan = json!({"format_version": "1.2", "planned_values": {"root_module": {}}, "resource_changes": changes});
    PlanJson::parse("plan", plan.to_string().as_bytes()).expect("a plan")
}

/// What is refused of a plan that removes `ours`, where the primary has `theirs`.
fn refused(ours: &[(&str, Value)], theirs: &[(&str, Value)]) -> Vec<String> {
    let objects = |of: &[(&str, Value)]| -> Vec<Value> {
        of.iter()
            .enumerate()
            .map(|(n, (kind, attributes))| object(kind, &format!("x{n}"), attributes.clone()))
            .collect()
    };
    let changes: Vec<Value> = ours
        .iter()
        .enumerate()
        .map(|(n, (kind, before))| change(kind, &format!("x{n}"), &["delete"], before.clone()))
        .collect();
    let findings = not_ours("app", &plan(&changes), &state(&objects(ours)), &[&state(&objects(theirs))]);
    assert!(findings.iter().all(|finding| finding.code == codes::R_NOT_OURS));
    findings.into_iter().map(|finding| format!("{}: {}", finding.subject, finding.message)).collect()
}

#[test]
fn what_is_the_standbys_alone_may_go() {
    let ours = [
        ("aws_vpc", json!({"id": "vpc-0b", "arn": "arn:aws:ec2:eu-central-1:1:vpc/vpc-0b"})),
        // One name in each region is two keys.
        ("aws_key_pair", json!({"id": "deploy", "arn": "arn:aws:ec2:eu-central-1:1:key-pair/deploy"})),
        // No ARN, and another object of its provider tells the region.
        ("aws_lambda_permission", json!({"id": "AllowS3"})),
    ];
    let theirs = [
        ("aws_vpc", json!({"id": "vpc-0a", "arn": "arn:aws:ec2:eu-west-1:1:vpc/vpc-0a"})),
        ("aws_key_pair", json!({"id": "deploy", "arn": "arn:aws:ec2:eu-west-1:1:key-pair/deploy"})),
        ("aws_lambda_permission", json!({"id": "AllowS3"})),
    ];
    assert_eq!(refused(&ours, &theirs), [""; 0]);
}

#[test]
fn what_the_primary_has_may_not() {
    let vpc = json!({"id": "vpc-0a", "arn": "arn:aws:ec2:eu-west-1:1:vpc/vpc-0a"});
    assert_eq!(
        refused(&[("aws_vpc", vpc.clone())], &[("aws_vpc", vpc)]),
        ["app: aws_vpc.x0: it is aws_vpc.x0 of the primary"]
    );
    // Ids that are the same from every region.
    let central = ("aws_vpc", json!({"id": "vpc-0b", "arn": "arn:aws:ec2:eu-central-1:1:vpc/vpc-0b"}));
    let west = ("aws_vpc", json!({"id": "vpc-0a", "arn": "arn:aws:ec2:eu-west-1:1:vpc/vpc-0a"}));
    for (kind, id) in [("aws_route53_record", "Z1_app.shop.test_A"), ("aws_s3_bucket_policy", "shop-assets")] {
        let found = refused(&[central.clone(), (kind, json!({"id": id}))], &[west.clone(), (kind, json!({"id": id}))]);
        assert_eq!(found, [format!("app: {kind}.x1: it is {kind}.x1 of the primary")]);
    }
    // Where nothing tells the regions apart, one id is one object.
    let permission = ("aws_lambda_permission", json!({"id": "AllowS3"}));
    assert_eq!(refused(std::slice::from_ref(&permission), std::slice::from_ref(&permission)).len(), 1);
}

#[test]
fn what_serves_every_region_may_not() {
    let role = json!({"id": "app-eu-central-1", "arn": "arn:aws:iam::1:role/app-eu-central-1"});
    assert_eq!(refused(&[("aws_iam_role", role)], &[]), ["app: aws_iam_role.x0: it serves every region"]);
    let private = json!({"id": "Z2", "name": "internal", "vpc": [{"vpc_id": "vpc-0b"}]});
    assert_eq!(refused(&[("aws_route53_zone", private)], &[]), [""; 0], "a private zone is of its networks' region");
    let public = json!({"id": "Z1", "name": "shop.test", "vpc": []});
    assert_eq!(refused(&[("aws_route53_zone", public)], &[]).len(), 1);
}

#[test]
fn a_plan_that_does_anything_else_is_refused() {
    let known = json!({"id": "vpc-0b"});
    let standby = state(&[object("aws_vpc", "x", known.clone())]);
    let judged = |changes: &[Value]| -> Vec<String> {
        not_ours("app", &plan(changes), &standby, &[]).into_iter().map(|finding| finding.message).collect()
    };
    assert_eq!(judged(&[change("aws_vpc", "x", &["delete"], known.clone())]), [""; 0]);
    assert_eq!(judged(&[change("aws_vpc", "x", &["forget"], known.clone())]), [""; 0]);
    assert_eq!(judged(&[change("aws_vpc", "x", &["no-op"], known.clone())]), [""; 0]);
    assert_eq!(
        judged(&[change("aws_vpc", "x", &["update"], known)]),
        ["the destroy plan would change it, not remove it"]
    );
    // The backend led to another state than the plan says.
    assert_eq!(
        judged(&[change("aws_vpc", "x", &["delete"], json!({"id": "vpc-0c"}))]),
        ["the standby's state does not have it"]
    );
    assert_eq!(
        judged(&[change("aws_vpc", "other", &["delete"], json!({"id": "vpc-0b"}))]),
        ["the standby's state does not have it"]
    );
}

/// What is refused of a plan to apply that has these changes, where the primary has `theirs`.
fn not_applied(changes: &[Value], theirs: &[(&str, Value)]) -> Vec<String> {
    let objects =
        theirs.iter().enumerate().map(|(n, (kind, attributes))| object(kind, &format!("x{n}"), attributes.clone()));
    let findings = not_theirs("app", &plan(changes), &[&state(&objects.collect::<Vec<_>>())]);
    assert!(findings.iter().all(|finding| finding.code == codes::R_NOT_OURS));
    findings.into_iter().map(|finding| format!("{}: {}", finding.subject, finding.message)).collect()
}

#[test]
fn an_apply_leaves_what_is_the_primarys_or_serves_every_region() {
    let role = json!({"id": "app", "arn": "arn:aws:iam::1:role/app"});
    let bucket = json!({"id": "data-eu-west-1", "arn": "arn:aws:s3:::data-eu-west-1"});
    let record = json!({"id": "Z1_app.shop.test_A", "zone_id": "Z1"});
    let queue = json!({"id": "https://x/1/q", "arn": "arn:aws:sqs:eu-west-1:1:q"});
    let theirs = [
        ("aws_iam_role", role.clone()),
        ("aws_s3_bucket", bucket.clone()),
        ("aws_route53_record", record.clone()),
        ("aws_sqs_queue", queue.clone()),
    ];
    let changes = [
        change("aws_iam_role", "app", &["delete"], role.clone()),
        change("aws_s3_bucket", "data", &["delete", "create"], bucket),
        change("aws_route53_record", "app", &["update"], record),
        change("aws_sqs_queue", "q", &["update"], queue),
        change("aws_iam_policy", "left", &["delete"], json!({"id": "left", "arn": "arn:aws:iam::1:policy/left"})),
    ];
    assert_eq!(
        not_applied(&changes, &theirs),
        [
            "app: aws_iam_role.app: it would be destroyed, and it is aws_iam_role.x0 of the primary",
            "app: aws_s3_bucket.data: it would be destroyed, and it is aws_s3_bucket.x1 of the primary",
            "app: aws_route53_record.app: it would be changed, and it is aws_route53_record.x2 of the primary",
            "app: aws_sqs_queue.q: it would be changed, and it is aws_sqs_queue.x3 of the primary",
            "app: aws_iam_policy.left: it would be destroyed, and it serves every region",
        ]
    );
    let own = [
        change("aws_iam_role", "app", &["no-op"], role.clone()),
        change("aws_iam_role", "app", &["forget"], role),
        change(
            "aws_sqs_queue",
            "q",
            &["delete"],
            json!({"id": "https://x/1/q2", "arn": "arn:aws:sqs:eu-central-1:1:q"}),
        ),
        change(
            "aws_s3_bucket",
            "data",
            &["update"],
            json!({"id": "data-eu-central-1", "arn": "arn:aws:s3:::data-eu-central-1"}),
        ),
        change("aws_route53_zone", "inside", &["delete"], json!({"id": "Z2", "vpc": [{"vpc_id": "vpc-0b"}]})),
        change("aws_sqs_queue", "new", &["create"], Value::Null),
    ];
    assert_eq!(not_applied(&own, &theirs), [""; 0]);
}
