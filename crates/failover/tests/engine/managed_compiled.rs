//! What is compiled for databases that AWS promotes, and what `validate` says of them.

use crate::estate::*;
use crate::managed::{ALONE, AURORA, CENTRAL, WITH_URLS, accepted, aurora, aurora_of_a_dead_region, rds_alone, with};
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::{Severity, Side, codes};
use pilotlight_plan::Outputs;
use std::time::Duration;

#[tokio::test]
async fn the_run_names_each_call_with_its_region_and_what_it_needs_of_the_one_that_is_left() {
    let world = world(Side::Primary);
    aurora(&world);
    let run = compiled(&world, Direction::Failover).await;
    let promote = run.step("promote/aurora/orders").expect("it");
    let calls: Vec<String> = promote
        .calls
        .iter()
        .map(|call| format!("{}:{} {}", call.service, call.operation, call.region.as_ref().expect("a region")))
        .collect();
    assert_eq!(calls, ["rds:DescribeGlobalClusters eu-central-1", "rds:SwitchoverGlobalCluster eu-west-1"]);
    assert!(promote.has_undo() && !promote.point_of_no_return);
    assert!(refuse_primary_calls(&run).unwrap_err().to_string().contains("rds:SwitchoverGlobalCluster"));
    let needed = run_permissions(&run);
    let of = |action: &str| -> Vec<&str> {
        needed.iter().filter(|one| one.action == action).map(|one| one.resource.as_str()).collect()
    };
    assert_eq!(
        of("rds:SwitchoverGlobalCluster"),
        [
            "arn:aws:rds::123456789012:global-cluster:orders",
            "arn:aws:rds:eu-central-1:123456789012:cluster:orders-eu-central-1",
            "arn:aws:rds:eu-west-1:123456789012:cluster:orders-eu-west-1",
        ]
    );

    for prepare in [aurora_of_a_dead_region as fn(&World), rds_alone] {
        prepare(&world);
        let run = compiled(&world, Direction::Failover).await;
        assert!(dry_run_facts(&run).contains(&"nothing needs eu-west-1".to_owned()), "{:?}", dry_run_facts(&run));
        let promote = run.steps().find(|step| step.id.starts_with("promote/") && step.point_of_no_return).expect("it");
        assert!(promote.calls.iter().all(|call| call.region.as_ref().is_some_and(|region| region.as_str() == CENTRAL)));
        refuse_primary_calls(&run).expect("it needs the primary for nothing");
    }
    let run = compiled(&world, Direction::Failover).await;
    let promote: Vec<String> = run_permissions(&run)
        .into_iter()
        .filter(|one| one.action == "rds:PromoteReadReplica")
        .map(|one| one.resource)
        .collect();
    assert_eq!(promote, ["arn:aws:rds:eu-central-1:123456789012:db:orders-replica"]);
}

#[tokio::test]
async fn an_identifier_may_come_from_an_output_of_its_side() {
    struct Ids;
    impl Outputs for Ids {
        fn output(&self, stack: &str, side: Side, name: &str) -> Option<&serde_json::Value> {
            static IDS: std::sync::LazyLock<[serde_json::Value; 2]> =
                std::sync::LazyLock::new(|| ["orders".into(), "orders-replica".into()]);
            if name == "orders_id" { Some(&IDS[side as usize]) } else { States.output(stack, side, name) }
        }
    }
    let world = world(Side::Primary);
    let output = "stack.app.output.orders_id";
    let block = ALONE.replace("\"orders\"\n", &format!("{output}\n")).replace("\"orders-replica\"", output);
    with(&world, &block, Mode::Ungraceful);
    let plan = world.with(|state| plan_of(&state.plan));
    let mut observed = observe(&plan, &world, &world).await.unwrap();
    observed.managed = observe_managed(&plan, Direction::Failover, true, &Ids, &world).await.unwrap();
    let run = compile_in_mode(&plan, Direction::Failover, Mode::Ungraceful, &observed, &Ids).unwrap();
    assert_eq!(run.step("promote/rds/orders").unwrap().title, "promote orders-replica in eu-central-1");
    let error = observe_managed(&plan, Direction::Failover, true, &States, &world).await.unwrap_err();
    assert!(error.to_string().contains("resolve the identifiers of database orders"), "{error}");
}

#[tokio::test]
async fn validate_holds_the_lag_against_the_objective_and_says_what_is_no_replica() {
    let world = world(Side::Primary);
    with(&world, ALONE, Mode::Ungraceful);
    world.with(|state| {
        let objectives = "objectives {\n    rto = \"4h\"\n    rpo = \"1m\"\n  }";
        state.plan = state.plan.replace("objectives { rto = \"4h\" }", objectives);
    });
    let run = compiled(&world, Direction::Failover).await;
    let told = managed_readiness(&run, &world).await;
    assert_eq!((told.findings, told.unknown), (Vec::new(), Vec::new()));
    assert_eq!(
        told.facts,
        [
            "database orders: orders-replica in eu-central-1 is a read replica of orders in eu-west-1",
            "orders-replica is 2s behind",
            "orders would be moved by --mode ungraceful alone",
        ]
    );
    let lag = |lag: Option<u64>, age: u64| {
        world.with(|state| {
            let lag = MeasuredLag { lag: lag.map(Duration::from_secs), age: Duration::from_secs(age) };
            state.managed.at(CENTRAL, "orders-replica").lag = Some(lag);
        });
    };
    let judged = async || {
        let findings = managed_readiness(&run, &world).await.findings;
        findings.into_iter().map(|one| (one.code, one.severity, one.message)).collect::<Vec<_>>()
    };
    lag(Some(90), 60);
    let message = "database orders: orders-replica is 1m30s behind, and the RPO is 1m".to_owned();
    assert_eq!(judged().await, [(codes::F_REPLICA_LAG, Severity::Error, message)]);
    lag(None, 60);
    assert!(judged().await[0].2.contains("did not replicate when its lag was measured, 1m ago"));
    lag(Some(1), 900);
    assert!(judged().await[0].2.contains("last measured 15m ago: nobody knows what it is now"));
    world.with(|state| state.managed.at(CENTRAL, "orders-replica").lag = None);
    let [(code, severity, _)] = &judged().await[..] else { panic!("one") };
    assert_eq!((*code, *severity), (codes::F_REPLICA_LAG, Severity::Warning));
    // Nothing is known to be wrong, and nobody can say that the objective holds.
    let unknown = managed_readiness(&run, &world).await.unknown;
    assert_eq!(unknown, ["whether orders-replica keeps the RPO: it was not measured in the last hours"]);
    world.with(|state| state.managed.at(CENTRAL, "orders-replica").source = None);
    let found = judged().await;
    assert_eq!(found[0].0, codes::F_NO_REPLICA);
    assert!(found[0].2.contains("orders-replica in eu-central-1 is no read replica"), "{found:?}");
    assert_eq!(accepted(&world), [""; 0], "it reads alone");
}

#[tokio::test]
async fn a_world_of_a_plan_has_what_the_plan_names() {
    let plan = plan_of(&format!("{PLAN}{WITH_URLS}{}", AURORA.replace("\"orders\" {", "\"stock\" {")));
    let mut estate = pilotlight_failover::simulation::ManagedEstate::default();
    estate.add_of_plan(&plan, &States);
    assert_eq!(
        estate.to_string(),
        "orders-replica available follows orders, orders available, orders writes in eu-west-1"
    );
    assert_eq!(estate.at(CENTRAL, "orders-replica").url.as_deref(), Some(NEW_URL));
}
