//! Which side a check looks at, at each of its moments.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::{Finding, Severity, Side, codes};
use pilotlight_integrity::{CheckResult, CheckSpec, CheckStatus, Prober};
use pilotlight_plan::Outputs;
use serde_json::Value;

/// The plan with the storefront's check at an address of the side itself.
fn plan_with(rest: &str) -> pilotlight_plan::DrPlan {
    let check = format!("url = \"http://${{stack.app.output.public_ips[0]}}/health\"\n{rest}");
    plan_of(&PLAN.replace("url     = \"http://app.shop.test/health\"", &check))
}

async fn compiled_with(rest: &str, direction: Direction, outputs: &dyn Outputs) -> Run {
    let plan = plan_with(rest);
    let world = world(began_on(direction));
    let observed = observe(&plan, &world, &world).await.expect("observed");
    compile(&plan, direction, &observed, outputs).expect("compiled")
}

/// The storefront's check in a phase: what it asks, and whether red stops the run.
fn storefront(run: &Run, phase: &str) -> Option<(String, bool)> {
    let Action::Check(check) = &run.step(&format!("{phase}/check/storefront"))?.action else { panic!("a check") };
    let Probe::Http { url, .. } = &check.probe else { panic!("http") };
    Some((url.to_string(), check.gate))
}

fn url(address: &str) -> String {
    format!("http://{address}/health")
}

#[tokio::test]
async fn active_is_the_side_that_traffic_leaves_before_and_the_target_after() {
    for (direction, left, target) in
        [(Direction::Failover, PRIMARY[0], STANDBY[0]), (Direction::Failback, STANDBY[0], PRIMARY[0])]
    {
        let run = compiled_with("", direction, &States).await;
        assert_eq!(storefront(&run, "preflight"), Some((url(left), false)), "{direction}");
        assert_eq!(storefront(&run, "verify"), Some((url(target), true)), "{direction}");
    }
}

#[tokio::test]
async fn the_other_words_mean_the_same_side_at_both_moments() {
    for (side, address, gates) in
        [("target", STANDBY[0], true), ("standby", STANDBY[0], true), ("primary", PRIMARY[0], false)]
    {
        let run = compiled_with(&format!("side = {side:?}"), Direction::Failover, &States).await;
        assert_eq!(storefront(&run, "preflight"), Some((url(address), gates)), "{side}");
        assert_eq!(storefront(&run, "verify"), Some((url(address), true)), "{side}");
    }
}

/// One side's state is lost.
struct Without(Side);

impl Outputs for Without {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Value> {
        if side == self.0 { None } else { States.output(stack, side, name) }
    }
}

fn left_out(run: &Run) -> Vec<&Finding> {
    run.notes.iter().filter(|note| note.code == codes::F_CHECK_LEFT_OUT).collect()
}

#[tokio::test]
async fn a_lost_side_leaves_its_checks_out_with_a_note_and_stops_nothing() {
    let run = compiled_with("", Direction::Failover, &Without(Side::Primary)).await;
    assert_eq!(storefront(&run, "preflight"), None);
    assert_eq!(storefront(&run, "verify"), Some((url(STANDBY[0]), true)), "the target is proved all the same");
    let [note] = left_out(&run)[..] else { panic!("one note") };
    assert_eq!(note.severity, Severity::Info);
    assert!(note.message.starts_with("left out before the switch"), "{}", note.message);

    let run = compiled_with("side = \"primary\"", Direction::Failover, &Without(Side::Primary)).await;
    assert_eq!((storefront(&run, "preflight"), storefront(&run, "verify")), (None, None));
    let moments: Vec<_> =
        left_out(&run).iter().map(|note| note.message.split(':').next().unwrap_or_default()).collect();
    assert_eq!(moments, ["left out before the switch", "left out after the switch"]);
}

#[tokio::test]
async fn outputs_of_the_side_that_takes_over_have_to_be_known() {
    let plan = plan_with("side = \"target\"");
    let world = world(Side::Primary);
    let observed = observe(&plan, &world, &world).await.expect("observed");
    let error = compile(&plan, Direction::Failover, &observed, &Without(Side::Standby)).expect_err("not compiled");
    assert!(matches!(error, CompileError::Unresolved { .. }), "{error}");
}

struct Green;

#[async_trait::async_trait]
impl Prober for Green {
    async fn probe(&self, _spec: &CheckSpec) -> CheckResult {
        CheckResult { status: CheckStatus::Green, latency: None, detail: "ok".into() }
    }
}

#[tokio::test]
async fn a_standby_that_nothing_proves_is_not_ready_and_a_failover_only_warns() {
    let environment = std::collections::BTreeMap::from([("TOKEN".to_owned(), "hunter2".to_owned())]);
    let proven = compiled(&world(Side::Primary), Direction::Failover).await;
    let ready = readiness(&proven, &Green, &environment).await;
    assert_eq!((ready.probed, ready.findings.len()), (1, 0));

    let plan = plan_of(&PLAN.replace("when = [\"before\"]", "when = [\"after\"]"));
    let world = world(Side::Primary);
    let observed = observe(&plan, &world, &world).await.expect("observed");
    let run = compile(&plan, Direction::Failover, &observed, &States).expect("a failover is not stopped by it");
    let noted = run.notes.iter().find(|note| note.code == codes::F_NO_TARGET_CHECK).expect("a note");
    assert_eq!(noted.severity, Severity::Warning);
    let unready = readiness(&run, &Green, &environment).await;
    let [finding] = &unready.findings[..] else { panic!("one finding: {:?}", unready.findings) };
    assert_eq!((unready.probed, finding.code, finding.severity), (0, codes::F_NO_TARGET_CHECK, Severity::Error));
}
