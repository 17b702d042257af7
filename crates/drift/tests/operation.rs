//! What is set while things run, by scaling and by rotation, and what only a person can have set.

use pilotlight_drift::{DriftInput, LiveObject, LiveSnapshot, PlaceLive, Routing, StackState, decide};
use pilotlight_findings::Region;
use pilotlight_tfstate::State;
use serde_json::{Value, json};

fn region(name: &str) -> Region {
    Region::new(name).expect("region")
}

fn state(resources: &[(&str, Value)]) -> State {
    let resource = |(index, (kind, attributes)): (usize, &(&str, Value))| {
        json!({
            "mode": "managed", "type": kind, "name": format!("x{index}"),
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 0, "attributes": attributes}],
        })
    };
    let resources: Vec<Value> = resources.iter().enumerate().map(resource).collect();
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    State::parse("x.tfstate", document.to_string().as_bytes()).expect("state")
}

fn target(resource: &str, dimension: &str, min: i64, max: i64) -> (&'static str, Value) {
    let attributes = json!({
        "id": resource, "resource_id": resource, "scalable_dimension": dimension, "min_capacity": min, "max_capacity": max,
    });
    ("aws_appautoscaling_target", attributes)
}

fn schedule(resource: &str, dimension: &str, min: Value, max: Value) -> (&'static str, Value) {
    let attributes = json!({
        "id": "night", "resource_id": resource, "scalable_dimension": dimension,
        "scalable_target_action": [{"min_capacity": min, "max_capacity": max}],
    });
    ("aws_appautoscaling_scheduled_action", attributes)
}

/// Messages of what was found of an object, and the rules that silenced a difference, where a stack in another
/// region has `owners`.
fn judged(
    kind: &str,
    was: &Value,
    is: &Value,
    owners: &[(&'static str, Value)],
    at: &str,
) -> (Vec<String>, Vec<String>) {
    let (host, other) = (state(&[(kind, was.clone())]), state(owners));
    let stack =
        |name, at: &str, state, judged| StackState { side: None, judged, ..StackState::new(name, region(at), state) };
    let stacks = [stack("s", "eu-west-1", &host, true), stack("o", at, &other, false)];
    let object = LiveObject::new(kind, was["id"].as_str().expect("id"), is.as_object().expect("attributes").clone());
    let snapshot = LiveSnapshot { objects: vec![object], ..LiveSnapshot::default() };
    let live = [PlaceLive::native(region("eu-west-1"), snapshot)];
    let outcome = decide(&DriftInput::of(&stacks, &Routing::native(), &live));
    (
        outcome.findings.into_iter().map(|finding| finding.message).collect(),
        outcome.silenced.into_iter().map(|silenced| format!("{} {}", silenced.attribute, silenced.rule)).collect(),
    )
}

const TASKS: &str = "ecs:service:DesiredCount";
const WEB: &str = "service/shop/web";

fn web(count: i64) -> Value {
    json!({
        "id": "arn:aws:ecs:eu-west-1:1:service/shop/web", "name": "web", "desired_count": count,
        "cluster": "arn:aws:ecs:eu-west-1:1:cluster/shop",
    })
}

#[test]
fn a_count_between_the_bounds_is_operation_and_one_outside_is_drift() {
    let owner = [target(WEB, TASKS, 1, 8)];
    let found = |count: i64| judged("aws_ecs_service", &web(2), &web(count), &owner, "eu-west-1");
    assert_eq!(found(6), (vec![], vec!["desired_count scaled by aws_appautoscaling_target".to_owned()]));
    assert_eq!(found(0).0, ["desired_count is 0, and 2 in the state"]);
    assert_eq!(found(9).0, ["desired_count is 9, and 2 in the state"]);
    // A schedule lets it go lower at night.
    let at_night = [target(WEB, TASKS, 1, 8), schedule(WEB, TASKS, json!("0"), json!(""))];
    assert_eq!(judged("aws_ecs_service", &web(2), &web(0), &at_night, "eu-west-1").0, [""; 0]);
}

#[test]
fn only_the_target_of_the_same_number_at_the_same_place_counts() {
    let drift = ["desired_count is 6, and 2 in the state"];
    for (owner, at) in [
        (target(WEB, TASKS, 1, 8), "eu-central-1"),
        (target("service/other/web", TASKS, 1, 8), "eu-west-1"),
        (target(WEB, "ecs:service:Other", 1, 8), "eu-west-1"),
        (schedule(WEB, TASKS, json!(1), json!(8)), "eu-west-1"),
    ] {
        assert_eq!(judged("aws_ecs_service", &web(2), &web(6), std::slice::from_ref(&owner), at).0, drift, "{owner:?}");
    }
}

#[test]
fn each_capacity_of_a_table_and_of_its_indexes_is_scaled_by_itself() {
    let table = |read: i64, write: i64, index_read: i64, index_write: i64| {
        json!({
            "id": "orders", "name": "orders", "read_capacity": read, "write_capacity": write,
            "global_secondary_index": [{"name": "by-day", "read_capacity": index_read, "write_capacity": index_write}],
        })
    };
    let owners = [
        target("table/orders", "dynamodb:table:ReadCapacityUnits", 5, 50),
        target("table/orders/index/by-day", "dynamodb:index:WriteCapacityUnits", 5, 50),
    ];
    let was = table(5, 5, 5, 5);
    let found = |is: &Value| judged("aws_dynamodb_table", &was, is, &owners, "eu-west-1").0;
    assert_eq!(found(&table(20, 5, 5, 20)), [""; 0]);
    assert_eq!(found(&table(20, 7, 5, 20)), ["write_capacity is 7, and 5 in the state"]);
    assert_eq!(found(&table(20, 5, 9, 20)), ["global_secondary_index[0].read_capacity is 9, and 5 in the state"]);
}

#[test]
fn a_schedule_sets_the_bounds_of_its_target_to_its_own_and_to_no_others() {
    let bounds = |min: i64, max: i64| target(WEB, TASKS, min, max).1;
    let owners = [schedule(WEB, TASKS, json!("0"), json!("1"))];
    let found = |is: &Value| judged("aws_appautoscaling_target", &bounds(1, 8), is, &owners, "eu-west-1").0;
    assert_eq!(found(&bounds(0, 1)), [""; 0]);
    assert_eq!(found(&bounds(1, 80)), ["max_capacity is 80, and 8 in the state"]);
    assert_eq!(found(&bounds(3, 8)), ["min_capacity is 3, and 1 in the state"]);
}

#[test]
fn a_secret_that_is_rotated_has_other_stages_and_one_that_is_not_was_changed_by_hand() {
    let version = |stage: &str| json!({"id": "arn:s|v1", "secret_id": "arn:s", "version_stages": [stage]});
    let (was, is) = (version("AWSCURRENT"), version("AWSPREVIOUS"));
    let found = |secret: &str| {
        let rotation = ("aws_secretsmanager_secret_rotation", json!({"id": secret, "secret_id": secret}));
        judged("aws_secretsmanager_secret_version", &was, &is, &[rotation], "eu-west-1")
    };
    let silenced = "version_stages owned by aws_secretsmanager_secret_rotation".to_owned();
    assert_eq!(found("arn:s"), (vec![], vec![silenced]));
    assert_eq!(found("arn:other").0, ["version_stages is [\"AWSPREVIOUS\"], and [\"AWSCURRENT\"] in the state"]);
}

#[test]
fn a_rotation_that_was_switched_off_is_a_danger() {
    let rotation = |enabled: bool| json!({"id": "arn:s", "secret_id": "arn:s", "rotation_enabled": enabled});
    let found = judged("aws_secretsmanager_secret_rotation", &rotation(true), &rotation(false), &[], "eu-west-1").0;
    assert_eq!(found, ["its secret is no longer rotated: rotation_enabled is false, and true in the state"]);
}

#[test]
fn what_was_silenced_stands_in_the_same_order_each_time() {
    let queue = |text: &str| json!({"id": "q", "policy": text, "redrive_policy": text, "redrive_allow_policy": text});
    let owner = |kind| (kind, json!({"id": "q", "queue_url": "q"}));
    let owners = [
        owner("aws_sqs_queue_policy"),
        owner("aws_sqs_queue_redrive_policy"),
        owner("aws_sqs_queue_redrive_allow_policy"),
    ];
    for _ in 0..16 {
        let silenced = judged("aws_sqs_queue", &queue(""), &queue("{}"), &owners, "eu-west-1").1;
        assert_eq!(
            silenced,
            [
                "policy owned by aws_sqs_queue_policy",
                "redrive_allow_policy owned by aws_sqs_queue_redrive_allow_policy",
                "redrive_policy owned by aws_sqs_queue_redrive_policy",
            ]
        );
    }
}

#[test]
fn how_many_instances_run_is_drift_unless_something_scales_the_group() {
    let group = |desired: i64, max: i64| json!({"id": "web", "desired_capacity": desired, "max_size": max});
    let (was, more, bigger) = (group(2, 4), group(3, 4), group(2, 8));
    let drifts = |is: &Value, owners: &[(&'static str, Value)]| {
        !judged("aws_autoscaling_group", &was, is, owners, "eu-west-1").0.is_empty()
    };
    assert!(drifts(&more, &[]));
    let policy =
        |of: &str| ("aws_autoscaling_policy", json!({"id": "cpu", "name": "cpu", "autoscaling_group_name": of}));
    assert!(!drifts(&more, &[policy("web")]));
    assert!(drifts(&bigger, &[policy("web")]));
    assert!(drifts(&more, &[policy("other")]));
    let schedule = |max: i64| {
        let attributes = json!({"id": "night", "autoscaling_group_name": "web", "min_size": -1, "max_size": max});
        [("aws_autoscaling_schedule", attributes)]
    };
    assert!(!drifts(&bigger, &schedule(8)));
    assert!(drifts(&bigger, &schedule(6)), "another size than the schedule sets");
    assert!(drifts(&bigger, &schedule(-1)), "a schedule that leaves the size alone");
    let arn = "arn:aws:autoscaling:eu-west-1:1:autoScalingGroup:u:autoScalingGroupName/web";
    let provider = json!({"id": "c", "auto_scaling_group_provider": [{"auto_scaling_group_arn": arn}]});
    assert!(!drifts(&more, &[("aws_ecs_capacity_provider", provider)]));
}
