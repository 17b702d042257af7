//! What is compiled, what is refused, and what a saved run holds.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::{Explain as _, Side, codes};
use pilotlight_plan::Outputs;
use proptest::prelude::*;

async fn try_compile(plan: &str, change: impl FnOnce(&mut Vec<RecordSet>)) -> Result<Run, CompileError> {
    let world = world(Side::Primary);
    world.with(|state| change(&mut state.records));
    let plan = plan_of(plan);
    let observed = observe(&plan, &world, &world).await.expect("observed");
    compile(&plan, Direction::Failover, &observed, &States)
}

async fn refusal(plan: &str, change: impl FnOnce(&mut Vec<RecordSet>)) -> Refusal {
    match try_compile(plan, change).await.expect_err("refused") {
        CompileError::Refused(refusal) => *refusal,
        other => panic!("{other}"),
    }
}

fn app(records: &mut [RecordSet]) -> &mut RecordSet {
    records.iter_mut().find(|set| set.name == "app.shop.test").expect("the record")
}

#[tokio::test]
async fn a_run_has_its_steps_in_the_order_of_its_phases() {
    let run = try_compile(PLAN, |_| ()).await.expect("compiled");
    let ids: Vec<_> = run.steps().map(|step| step.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "preflight/records/storefront",
            "preflight/records/api",
            "preflight/check/target",
            "preflight/check/storefront",
            "freeze/command/pause",
            "scale/command/size",
            "switch/approval/commander",
            "switch/storefront/shop.test",
            "switch/api/shop.test",
            "verify/name-servers/storefront",
            "verify/name-servers/api",
            "verify/check/storefront",
            "verify/check/address",
            "finish/command/resume",
        ]
    );
    let change = run.record_changes().next().expect("a change");
    assert_eq!(change.records[0].before, set("app.shop.test", "A", &PRIMARY));
    assert_eq!(change.records[0].after, set("app.shop.test", "A", &STANDBY));
    assert!(run.notes.is_empty(), "{:?}", run.notes);
}

#[tokio::test]
async fn the_same_input_makes_the_same_digest_and_another_input_another() {
    let digest = |run: &Run| run.digest().expect("a digest");
    let one = try_compile(PLAN, |_| ()).await.expect("compiled");
    let two = try_compile(PLAN, |_| ()).await.expect("compiled");
    let other = try_compile(&PLAN.replace("\"30s\"", "\"31s\""), |_| ()).await.expect("compiled");
    assert_eq!(digest(&one), digest(&two));
    assert_ne!(digest(&one), digest(&other));
}

#[tokio::test]
async fn a_saved_run_is_read_back_and_any_change_of_it_is_refused() {
    let run = try_compile(PLAN, |_| ()).await.expect("compiled");
    let text = save(&run).expect("saved");
    assert_eq!(load(&text).expect("loaded"), run);
    let altered = text.replace("198.51.100.2", "198.51.100.3");
    assert!(matches!(load(&altered), Err(SavedRunError::Altered { .. })));
    let longer = text.replacen("\"timeout_ms\": 60000", "\"timeout_ms\": 60001", 1);
    assert_ne!(longer, text);
    assert!(matches!(load(&longer), Err(SavedRunError::Altered { .. })));
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(load(&newer), Err(SavedRunError::Version { found: 2, .. })));
    assert!(matches!(load("{"), Err(SavedRunError::Syntax(_))));
}

#[tokio::test]
async fn what_is_neither_sides_is_refused_with_all_three_shown() {
    let refusal = refusal(PLAN, |records| app(records).values = vec!["203.0.113.7".into()]).await;
    let text = refusal.to_string();
    for shown in ["app.shop.test A", "203.0.113.7", "192.0.2.1, 192.0.2.2", "198.51.100.1, 198.51.100.2"] {
        assert!(text.contains(shown), "{shown} in {text}");
    }
    assert_eq!(refusal.code(), codes::F_OTHER_VALUES);
    assert!(refusal.span().is_some());
}

#[tokio::test]
async fn one_value_more_or_less_is_neither_sides() {
    assert!(matches!(refusal(PLAN, |records| drop(app(records).values.pop())).await, Refusal::OtherValues { .. }));
    let more = refusal(PLAN, |records| app(records).values.push("203.0.113.7".into())).await;
    assert!(matches!(more, Refusal::OtherValues { .. }));
}

#[tokio::test]
async fn order_and_spelling_of_values_do_not_matter() {
    let run = try_compile(PLAN, |records| {
        app(records).values.reverse();
        records.iter_mut().find(|set| set.name == "www.shop.test").expect("www").values =
            vec!["EU-West-1.shop.test.".into()];
    })
    .await
    .expect("compiled");
    let change = run.record_changes().next().expect("a change");
    assert_eq!(change.records[0].before.values, ["192.0.2.2", "192.0.2.1"], "deleted exactly as it was read");
    assert_eq!(change.records[1].before.values, ["EU-West-1.shop.test."]);
}

#[tokio::test]
async fn routed_records_are_refused() {
    let alias = AliasTarget { hosted_zone_id: "Z2".into(), dns_name: "lb.test".into(), evaluate_target_health: false };
    type Change = Box<dyn FnOnce(&mut RecordSet)>;
    let changes: [(&str, Change); 6] = [
        ("an alias of lb.test", Box::new(|set| set.alias = Some(alias))),
        ("weighted (10)", Box::new(|set| set.weight = Some(10))),
        ("failover routing (PRIMARY)", Box::new(|set| set.failover = Some("PRIMARY".into()))),
        ("routed by latency", Box::new(|set| set.other_routing = Some("latency".into()))),
        ("health check", Box::new(|set| set.health_check_id = Some("hc".into()))),
        ("named \"a\"", Box::new(|set| set.set_identifier = Some("a".into()))),
    ];
    for (shown, change) in changes {
        let refusal = refusal(PLAN, |records| change(app(records))).await;
        assert!(matches!(&refusal, Refusal::NotSimple { .. }), "{refusal}");
        assert!(refusal.to_string().contains(shown), "{shown} in {refusal}");
    }
}

/// Outputs of both states, as given.
struct Given {
    primary: serde_json::Value,
    standby: serde_json::Value,
}

impl Outputs for Given {
    fn output(&self, _stack: &str, side: Side, _name: &str) -> Option<&serde_json::Value> {
        match side {
            Side::Primary => Some(&self.primary),
            Side::Standby => Some(&self.standby),
        }
    }
}

async fn refusal_over(primary: serde_json::Value, standby: serde_json::Value) -> Refusal {
    let world = world(Side::Primary);
    // The storefront's address alone: the plan parser refuses such values where they stand in the plan.
    let plan = plan_of(
        r#"
plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../infra/app"
  state  = "s3://state/app.tfstate"
  standby { backend = { bucket = "state-standby" } }
}
traffic "storefront" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
  }
}
"#,
    );
    let observed = observe(&plan, &world, &world).await.expect("observed");
    match compile(&plan, Direction::Failover, &observed, &Given { primary, standby }).expect_err("refused") {
        CompileError::Refused(refusal) => *refusal,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_record_that_is_not_there_or_would_be_empty_or_would_not_move_is_refused() {
    use serde_json::json;
    let gone = refusal(PLAN, |records| records.retain(|set| set.name != "app.shop.test")).await;
    assert!(matches!(gone, Refusal::NoRecord { .. }));
    let empty = refusal_over(json!(PRIMARY), json!([])).await;
    assert!(matches!(empty, Refusal::EmptySet { side: Side::Standby, .. }), "{empty}");
    let same = refusal_over(json!(PRIMARY), json!(["192.0.2.2", "192.0.2.1", "192.0.2.1"])).await;
    assert!(matches!(same, Refusal::SameValues { .. }), "{same}");
    let bad = refusal_over(json!(PRIMARY), json!(["lb.shop.test"])).await;
    assert!(matches!(bad, Refusal::BadValue { reason: "no IPv4 address", .. }), "{bad}");
    // What the primary's state says now is compared only: it may be empty, and then it is not what is there.
    let left = refusal_over(json!([]), json!(STANDBY)).await;
    assert!(matches!(left, Refusal::OtherValues { .. }), "{left}");
}

#[tokio::test]
async fn more_values_than_one_batch_holds_are_refused() {
    let many: Vec<String> = (0..1_000).map(|n| format!("198.51.{}.{}", n / 250, n % 250)).collect();
    let refusal = refusal_over(serde_json::json!(PRIMARY), serde_json::json!(many)).await;
    assert!(matches!(refusal, Refusal::TooLarge { what: "values", found: 1_002, limit: 1_000, .. }), "{refusal}");
}

#[tokio::test]
async fn a_zone_is_public_and_there_once() {
    let world = world(Side::Primary);
    world.with(|state| state.zones[0].private = true);
    assert!(matches!(observe(&plan(), &world, &world).await, Err(ObserveError::NoZone { .. })));
    world.with(|state| state.zones[0].name = "other.test".into());
    let error = observe(&plan(), &world, &world).await.expect_err("no zone");
    assert_eq!(error.code(), codes::F_ZONE);
    assert!(error.span().is_some());
}

/// The primary's state died with its region.
struct StandbyOnly;

impl Outputs for StandbyOnly {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&serde_json::Value> {
        if side == Side::Primary { None } else { States.output(stack, side, name) }
    }
}

#[tokio::test]
async fn a_failover_needs_nothing_of_the_primarys_state_and_says_so() {
    let world = world(Side::Primary);
    let observed = observe(&plan(), &world, &world).await.expect("observed");
    let run = compile(&plan(), Direction::Failover, &observed, &StandbyOnly).expect("compiled");
    let unknown = run.notes.iter().filter(|note| note.code == codes::F_LEFT_UNKNOWN).count();
    assert_eq!(unknown, 2, "both A records; the CNAME's values stand in the plan");
    assert!(run.moves_anything());
    let back = compile(&plan(), Direction::Failback, &observed, &StandbyOnly);
    assert!(matches!(back, Err(CompileError::Unresolved { .. })));
}

/// The standby's state died with its region, while customers were there.
struct PrimaryOnly;

impl Outputs for PrimaryOnly {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&serde_json::Value> {
        if side == Side::Standby { None } else { States.output(stack, side, name) }
    }
}

#[tokio::test]
async fn an_ungraceful_failback_needs_nothing_of_the_standbys_state_and_says_so() {
    let world = world(Side::Standby);
    let observed = observe(&plan(), &world, &world).await.expect("observed");
    let to = |mode| compile_in_mode(&plan(), Direction::Failback, mode, &observed, &PrimaryOnly);
    let run = to(Mode::Ungraceful).expect("compiled");
    let unknown: Vec<_> = run.notes.iter().filter(|note| note.code == codes::F_LEFT_UNKNOWN).collect();
    assert_eq!(unknown.len(), 2);
    assert!(unknown[0].message.contains("the standby's state"), "{}", unknown[0].message);
    assert!(run.moves_anything());
    assert!(matches!(to(Mode::Graceful), Err(CompileError::Unresolved { .. })), "who has time reads it first");
}

#[tokio::test]
async fn the_active_side_is_seen_in_dns() {
    for side in [Side::Primary, Side::Standby] {
        let world = world(side);
        let observed = observe(&plan(), &world, &world).await.expect("observed");
        assert_eq!(active_side(&plan(), &observed, &States), Some(side));
        world.meddle("api.shop.test", &["203.0.113.9"]);
        let observed = observe(&plan(), &world, &world).await.expect("observed");
        assert_eq!(active_side(&plan(), &observed, &States), None);
    }
}

#[tokio::test]
async fn a_dry_run_names_the_control_plane_and_what_it_cannot_know() {
    let run = try_compile(PLAN, |_| ()).await.expect("compiled");
    let change = run.calls().find(|call| call.call.operation == "ChangeResourceRecordSets").expect("the change");
    assert_eq!(change.step.id, "switch/storefront/shop.test");
    assert_eq!(change.call.region.as_ref().map(|region| region.as_str()), Some("us-east-1"));
    assert_eq!(change.call.plane, Plane::Control);
    let findings = dry_run_findings(&run);
    let count = |code| findings.iter().filter(|finding| finding.code == code).count();
    assert_eq!(count(codes::F_CONTROL_PLANE), 3, "list, change, status");
    assert_eq!(count(codes::F_UNKNOWN_CALLS), 2, "./set and ./clear");
    assert_eq!(count(codes::F_NEEDS_LEFT_REGION), 0);
    let virginia = try_compile(&PLAN.replace("eu-west-1\" }", "us-east-1\" }"), |_| ()).await.expect("compiled");
    let needed = dry_run_findings(&virginia);
    assert_eq!(needed.iter().filter(|finding| finding.code == codes::F_NEEDS_LEFT_REGION).count(), 3);
}

#[tokio::test]
async fn a_plan_without_a_look_at_the_target_is_noted() {
    let run = try_compile(&PLAN.replace("when = [\"before\"]", "when = [\"after\"]"), |_| ()).await.expect("compiled");
    assert!(run.notes.iter().any(|note| note.code == codes::F_NO_TARGET_CHECK));
}

#[tokio::test]
async fn checks_after_the_switch_wait_out_what_resolvers_remember() {
    let run = try_compile(PLAN, |records| app(records).ttl = Some(300)).await.expect("compiled");
    let after = run.step("verify/check/storefront").expect("the step");
    assert!(after.timeout_ms >= 300_000 + 30_000, "{}", after.timeout_ms);
}

proptest! {
    /// Whatever values are found, a compiled run deletes what was read, creates what the plan says, and
    /// touches nothing else.
    #[test]
    fn a_compiled_change_is_between_the_two_sides_and_nothing_else(found in prop::collection::vec(
        prop::sample::select(vec!["192.0.2.1", "192.0.2.2", "198.51.100.1", "198.51.100.2", "203.0.113.7"]), 0..4)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let values: Vec<String> = found.iter().map(|value| (*value).to_owned()).collect();
        let compiled = runtime.block_on(try_compile(PLAN, |records| app(records).values = values.clone()));
        let mut sorted = found.clone();
        sorted.sort_unstable();
        match compiled {
            Ok(run) => {
                prop_assert!(sorted == PRIMARY || sorted == STANDBY);
                let records: Vec<_> = run.record_changes().flat_map(|changes| &changes.records).collect();
                prop_assert_eq!(records.len(), 3);
                prop_assert_eq!(&records[0].before.values, &values);
                let mut after = records[0].after.values.clone();
                after.sort_unstable();
                prop_assert_eq!(after, STANDBY);
                prop_assert!(records.iter().all(|record| !record.after.values.is_empty()));
            }
            Err(CompileError::Refused(refusal)) => {
                prop_assert!(matches!(*refusal, Refusal::OtherValues { .. }), "{}", refusal);
                prop_assert!(sorted != PRIMARY && sorted != STANDBY);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
