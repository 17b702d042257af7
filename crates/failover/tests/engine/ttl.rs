//! TTLs: a run never changes one, and says what it found.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::{Finding, Severity, Side, codes};
use pilotlight_journal::{JournalStores, MemoryStore};

/// The run of a plan over a zone in which the storefront's address has this TTL.
async fn with_ttl(plan: &str, ttl: u64) -> Run {
    let world = world(Side::Primary);
    world.with(|state| record(&mut state.records).ttl = Some(ttl));
    let plan = plan_of(plan);
    let observed = observe(&plan, &world, &world).await.expect("observed");
    compile(&plan, Direction::Failover, &observed, &States).expect("a TTL stops no failover")
}

fn record(records: &mut [RecordSet]) -> &mut RecordSet {
    records.iter_mut().find(|set| set.name == "app.shop.test").expect("the record")
}

fn notes(run: &Run) -> Vec<(String, Severity)> {
    let about_ttl = |note: &&Finding| [codes::F_TTL_KEPT, codes::P_TTL].contains(&note.code);
    run.notes.iter().filter(about_ttl).map(|note| (note.code.to_string(), note.severity)).collect()
}

fn without_ttl() -> String {
    PLAN.replace("    ttl     = \"30s\"\n", "")
}

#[tokio::test]
async fn a_failover_and_its_failback_leave_the_zone_as_it_was() {
    let world = world(Side::Primary);
    world.with(|state| record(&mut state.records).ttl = Some(120));
    let before = world.with(|state| state.records.clone());
    for direction in [Direction::Failover, Direction::Failback] {
        let store = MemoryStore::new("journal");
        let run = compiled(&world, direction).await;
        let mut engine =
            Engine::start(run, "ada@ops", None, &JournalStores::one(store), world.ports()).await.expect("a start");
        assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
        assert_eq!(world.with(|state| record(&mut state.records).ttl), Some(120), "{direction}");
    }
    assert_eq!(world.with(|state| state.records.clone()), before);
}

#[tokio::test]
async fn where_zone_and_plan_disagree_the_run_names_both_and_keeps_what_it_read() {
    let run = with_ttl(PLAN, 120).await;
    let change = &run.record_changes().next().expect("a change").records[0];
    assert_eq!((change.before.ttl, change.after.ttl), (Some(120), Some(120)));
    assert_eq!(notes(&run), [("PL-F204".to_owned(), Severity::Warning)]);
    let note = &run.notes[0];
    assert_eq!(note.message, "has a TTL of 2m in the zone, and the plan expects 30s; the run keeps it");
    assert!(note.remedy.as_deref().is_some_and(|remedy| remedy.contains("Terraform")), "{note:?}");
}

#[tokio::test]
async fn a_plan_that_expects_nothing_finds_nothing_to_note() {
    assert_eq!(notes(&with_ttl(&without_ttl(), 120).await), []);
    assert_eq!(notes(&with_ttl(PLAN, 30).await), []);
}

#[tokio::test]
async fn a_real_ttl_above_what_the_rto_allows_is_an_error_that_stops_nothing() {
    let error = ("PL-P201".to_owned(), Severity::Error);
    // The RTO is 15 minutes, and a change needs one to reach every name server.
    assert_eq!(notes(&with_ttl(&without_ttl(), 840).await), []);
    let run = with_ttl(&without_ttl(), 841).await;
    assert_eq!(notes(&run), std::slice::from_ref(&error));
    assert_eq!(run.notes[0].message, "its TTL of 14m1s in the zone does not fit into the RTO of 15m");
    let both = with_ttl(PLAN, 841).await;
    assert_eq!(notes(&both), [("PL-F204".to_owned(), Severity::Warning), error]);
    let without_rto = PLAN.replace("  objectives { rto = \"15m\" }\n", "");
    assert_eq!(notes(&with_ttl(&without_rto.replace("    ttl     = \"30s\"\n", ""), 86_400).await), []);
    // It is a reason not to be ready, though.
    let environment = std::collections::BTreeMap::from([("TOKEN".to_owned(), "hunter2".to_owned())]);
    let checked = readiness(&run, &world(Side::Primary), &environment).await;
    assert!(checked.findings.iter().any(|finding| finding.code == codes::P_TTL), "{:?}", checked.findings);
}
