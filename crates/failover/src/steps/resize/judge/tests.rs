use super::*;
use pilotlight_findings::Region;
use serde_json::json;

fn action(address: &str, set: Value) -> ResizeAction {
    ResizeAction {
        stack: "app".into(),
        root: "standby/app".into(),
        region: Region::new("eu-central-1").expect("a region"),
        address: address.into(),
        set: serde_json::from_value(set).expect("a map"),
        beside: Vec::new(),
        outputs: [].into(),
        goal: ResizeGoal::Up,
    }
}

/// One change, with everything that Terraform says of it.
fn change(address: &str, change: Value) -> ResourceChange {
    let parsed: ResourceAddress = address.parse().expect("an address");
    serde_json::from_value(json!({
        "address": address, "mode": "managed", "type": parsed.resource_type, "name": parsed.name, "change": change,
    }))
    .expect("a change")
}

fn update(address: &str, before: Value, after: Value, unknown: Value) -> ResourceChange {
    change(address, json!({ "actions": ["update"], "before": before, "after": after, "after_unknown": unknown }))
}

fn quiet(address: &str, values: Value) -> ResourceChange {
    change(address, json!({ "actions": ["no-op"], "before": values, "after": values, "after_unknown": {} }))
}

const WEB: &str = "aws_ecs_service.web";

fn judge(changes: &[ResourceChange], action: &ResizeAction, goal: ResizeGoal) -> Verdict {
    super::judge(&SizePlan { changes: changes.to_vec(), outputs: [].into() }, action, goal)
}

fn up(changes: &[ResourceChange]) -> Verdict {
    judge(changes, &action(WEB, json!({ "desired_count": 6 })), ResizeGoal::Up)
}

#[track_caller]
fn refused(verdict: Verdict, reason: &str) {
    assert_eq!(verdict, Verdict::Refused(reason.to_owned()));
}

#[test]
fn an_update_in_place_of_what_is_set_is_applied_and_nothing_to_do_is_reached() {
    let before = json!({ "desired_count": 1, "name": "web", "task": "a:1", "arn": "arn" });
    let after = json!({ "desired_count": 6, "name": "web", "task": "a:1" });
    // What is computed from the size is not known before the apply.
    let applies = up(&[
        update(WEB, before.clone(), after, json!({ "arn": true })),
        quiet("aws_ecs_cluster.main", json!({ "name": "main" })),
    ]);
    assert_eq!(applies, Verdict::Applies("aws_ecs_service.web has desired_count = 1".into()));
    // Terraform turns the plan's text into a number.
    let reached = judge(
        &[quiet(WEB, json!({ "desired_count": 6 }))],
        &action(WEB, json!({ "desired_count": "6" })),
        ResizeGoal::Up,
    );
    assert_eq!(reached, Verdict::Reached("aws_ecs_service.web has desired_count = 6".into()));
    let down = judge(
        &[update(WEB, json!({ "desired_count": 6 }), json!({ "desired_count": 1 }), json!({}))],
        &action(WEB, json!({ "desired_count": 6 })),
        ResizeGoal::Down,
    );
    assert_eq!(down, Verdict::Applies("aws_ecs_service.web has desired_count = 6".into()));
}

#[test]
fn whatever_else_terraform_wants_is_refused() {
    let one = || update(WEB, json!({ "desired_count": 1 }), json!({ "desired_count": 6 }), json!({}));
    let cluster = |actions: Value| {
        let values = json!({ "actions": actions, "before": {}, "after": {}, "after_unknown": {} });
        change("aws_ecs_cluster.main", values)
    };
    refused(
        up(&[one(), cluster(json!(["update"]))]),
        "Terraform wants to change aws_ecs_cluster.main as well, so nothing was applied",
    );
    refused(
        up(&[one(), cluster(json!(["create"]))]),
        "Terraform wants to create aws_ecs_cluster.main as well, so nothing was applied",
    );
    refused(
        up(&[one(), cluster(json!(["delete", "create"]))]),
        "Terraform wants to replace aws_ecs_cluster.main as well, so nothing was applied",
    );
    let replaced = json!({
        "actions": ["delete", "create"], "before": { "desired_count": 1 }, "after": { "desired_count": 6 },
        "after_unknown": {}, "replace_paths": [["desired_count"]],
    });
    refused(
        up(&[change(WEB, replaced)]),
        "Terraform wants to replace aws_ecs_service.web for desired_count, and not to change it in place, so nothing was \
         applied",
    );
    refused(
        up(&[update(
            WEB,
            json!({ "desired_count": 1, "tags": { "a": "x" }, "password": "old" }),
            json!({ "desired_count": 6, "tags": { "a": "y" }, "password": "old" }),
            json!({}),
        )]),
        "Terraform wants to change tags ({\"a\":\"x\"} to {\"a\":\"y\"}) of aws_ecs_service.web as well, so nothing was \
         applied",
    );
    let mut moved = one();
    moved.previous_address = "aws_ecs_service.old".parse().ok();
    refused(
        up(&[moved]),
        "Terraform wants to take aws_ecs_service.web for what was aws_ecs_service.old, so nothing was applied",
    );
    let mut left = cluster(json!(["delete"]));
    left.deposed = Some("00ff".into());
    refused(
        up(&[one(), left]),
        "Terraform wants to destroy what is left of a former aws_ecs_cluster.main as well, so nothing was applied",
    );
    let read = json!({ "actions": ["read"], "before": null, "after": {}, "after_unknown": {} });
    let mut image = change("data.aws_ami.web", read);
    image.mode = Mode::Data;
    refused(up(&[one(), image]), "Terraform reads data.aws_ami.web only while it applies, so nothing was applied");
    refused(up(&[]), "the standby's Terraform has no aws_ecs_service.web any more");
}

#[test]
fn a_secret_that_would_change_is_not_told() {
    let mut secret = update(
        WEB,
        json!({ "desired_count": 1, "password": "hunter2" }),
        json!({ "desired_count": 6, "password": "hunter3" }),
        json!({}),
    );
    secret.change.before_sensitive = json!({ "password": true });
    secret.change.after_sensitive = json!({ "password": true });
    let Verdict::Refused(reason) = up(&[secret]) else { panic!("applied") };
    assert!(reason.contains("change password") && !reason.contains("hunter"), "{reason}");
}

#[test]
fn what_terraform_ignores_is_no_success() {
    refused(
        up(&[quiet(WEB, json!({ "desired_count": 1 }))]),
        "Terraform leaves desired_count of aws_ecs_service.web at 1, and 6 is wanted: its ignore_changes, or the provider, \
         decides otherwise",
    );
}

#[test]
fn an_instance_is_one_and_an_address_without_its_key_is_all_of_them() {
    let one = |key: &str, after: u8| {
        update(&format!("{WEB}[{key}]"), json!({ "desired_count": 1 }), json!({ "desired_count": after }), json!({}))
    };
    assert!(matches!(up(&[one("0", 6), one("1", 6)]), Verdict::Applies(_)));
    refused(
        up(&[one("0", 6), one("1", 5)]),
        "Terraform leaves desired_count of aws_ecs_service.web[1] at 5, and 6 is wanted: its ignore_changes, or the \
         provider, decides otherwise",
    );
    let keyed = action("aws_ecs_service.web[0]", json!({ "desired_count": 6 }));
    assert!(matches!(judge(&[one("0", 6)], &keyed, ResizeGoal::Up), Verdict::Applies(_)));
    refused(
        judge(&[one("0", 6), one("1", 6)], &keyed, ResizeGoal::Up),
        "Terraform wants to change aws_ecs_service.web[1] as well, so nothing was applied",
    );
}

#[test]
fn a_map_stands_for_a_block_and_sets_have_no_order() {
    let wanted = json!({ "scaling": { "min_capacity": 2 }, "zones": ["b", "a"] });
    let has = json!({ "scaling": [{ "min_capacity": 2.0, "max_capacity": 8 }], "zones": ["a", "b"] });
    let target = "aws_rds_cluster.orders";
    let reached = judge(&[quiet(target, has)], &action(target, wanted), ResizeGoal::Up);
    assert!(matches!(reached, Verdict::Reached(_)), "{reached:?}");
}

#[test]
fn an_address_that_changes_with_the_size_is_refused() {
    let one = update(WEB, json!({ "desired_count": 1 }), json!({ "desired_count": 6 }), json!({}));
    let leads_there = ResizeAction {
        outputs: [("ips".to_owned(), json!(["198.51.100.1"]))].into(),
        ..action(WEB, json!({ "desired_count": 6 }))
    };
    let with = |name: &str, then: Option<Value>, goal| {
        let plan = SizePlan { changes: vec![one.clone()], outputs: [(name.to_owned(), then)].into() };
        super::judge(&plan, &leads_there, goal)
    };
    let reason = "output ips of stack app would not stay [\"198.51.100.1\"], and this run leads there: an address that \
                  changes with the size is nothing to fail over to";
    refused(with("ips", None, ResizeGoal::Up), reason);
    refused(with("ips", Some(json!(["198.51.100.2"])), ResizeGoal::Up), reason);
    for (name, then) in [("ips", Some(json!(["198.51.100.1"]))), ("tasks", None)] {
        assert!(matches!(with(name, then, ResizeGoal::Up), Verdict::Applies(_)), "{name}");
    }
    // On the way down nothing leads there any more.
    let down = ResizeAction { set: [("desired_count".to_owned(), json!(1))].into(), ..leads_there.clone() };
    let plan = SizePlan { changes: vec![one.clone()], outputs: [("ips".to_owned(), None)].into() };
    assert!(matches!(super::judge(&plan, &down, ResizeGoal::Down), Verdict::Applies(_)));
}
