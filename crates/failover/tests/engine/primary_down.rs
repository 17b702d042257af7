//! A failover in which nothing is asked of the primary region, and the runs that cannot be that.

use crate::estate::*;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::{Explain, Region, Side};

async fn compiled_without(world: &World, change: impl Fn(&str) -> String) -> (Run, Vec<String>) {
    let plan = plan_of(&change(PLAN));
    let (kept, notes) = without_primary_checks(&plan);
    let observed = observe(&kept, world, world).await.expect("observed");
    let run = compile(&kept, Direction::Failover, &observed, &States).expect("compiled");
    (run, notes.into_iter().map(|note| format!("{}: {}", note.subject, note.message)).collect())
}

#[tokio::test]
async fn the_probes_of_the_primary_are_left_out_and_said_so() {
    let world = world(Side::Primary);
    let whole = compiled(&world, Direction::Failover).await;
    let (run, notes) = compiled_without(&world, str::to_owned).await;
    let recorded = |run: &Run| {
        let is = |step: &&Step| matches!(&step.action, Action::Check(check) if !check.gate);
        run.steps().filter(is).count()
    };
    assert!(recorded(&whole) > 0, "the plan looks at the primary before the switch");
    assert_eq!(recorded(&run), 0);
    assert_eq!(run.steps().count(), whole.steps().count() - recorded(&whole), "and nothing else is left out");
    assert_eq!(notes.len(), recorded(&whole), "{notes:?}");
    assert!(notes.iter().all(|note| note.ends_with("it looks at eu-west-1, which is not asked (--primary-down)")));
    refuse_primary_calls(&run).expect("Route 53's control plane in us-east-1 is no reason");
    let named: Vec<_> = dry_run_findings(&run).into_iter().filter(|one| one.code.as_str() == "PL-F205").collect();
    assert!(
        named
            .iter()
            .any(|one| one.message.contains("route53:ChangeResourceRecordSets") && one.message.contains("us-east-1"))
    );
}

#[tokio::test]
async fn where_the_primary_is_us_east_1_every_change_of_a_record_needs_it() {
    let world = world(Side::Primary);
    let (mut run, _) = compiled_without(&world, str::to_owned).await;
    run.from.region = Region::new("us-east-1").expect("a region");
    let error = refuse_primary_calls(&run).expect_err("refused");
    assert_eq!(error.code().as_str(), "PL-F140");
    let told = error.to_string();
    for words in [
        "go on without us-east-1: ",
        "route53:ChangeResourceRecordSets is answered by the control plane in us-east-1 (switch/storefront/shop.test, switch/api/shop.test)",
        "route53:GetChange is answered by the control plane in us-east-1 (verify/name-servers/storefront, verify/name-servers/api)",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
}

#[tokio::test]
async fn a_signal_changes_no_record_and_is_free_of_every_control_plane() {
    let world = crate::signal::following_world(Side::Primary);
    let mut run = compiled(&world, Direction::Failover).await;
    assert!(run.steps().any(|step| matches!(step.action, Action::Signal(_))));
    run.from.region = Region::new("us-east-1").expect("a region");
    refuse_primary_calls(&run).expect("not one call of it is answered there");
}

#[tokio::test]
async fn calls_of_the_primary_and_of_other_control_planes_are_refused_each_by_its_step() {
    let world = world(Side::Primary);
    let (run, _) = compiled_without(&world, str::to_owned).await;
    let with = |service: &str, region: &str, plane: Plane| {
        let mut run = run.clone();
        let step = run.phases.iter_mut().flat_map(|phase| &mut phase.steps).next().expect("a step");
        let region = Region::new(region).ok();
        step.calls.push(Call { service: service.into(), operation: "Do".into(), region, plane });
        refuse_primary_calls(&run).map_err(|error| error.to_string())
    };
    let step = run.steps().next().expect("a step").id.clone();
    for (service, region, plane, refused) in [
        ("rds", "eu-west-1", Plane::Control, true),
        ("dynamodb", "eu-west-1", Plane::Data, true),
        ("rds", "eu-north-1", Plane::Control, true),
        ("dynamodb", "eu-north-1", Plane::Data, false),
        ("rds", "eu-central-1", Plane::Control, false),
        ("route53", "us-east-1", Plane::Control, false),
    ] {
        let told = with(service, region, plane);
        assert_eq!(told.is_err(), refused, "{service} {region} {plane:?}: {told:?}");
        if let Err(told) = told {
            assert!(told.contains(&format!("{service}:Do is answered by")) && told.contains(&step), "{told}");
        }
    }
}

#[test]
fn a_failback_leads_to_the_region_that_is_not_asked() {
    let plan = plan();
    assert!(refuse_direction(Direction::Failover, &plan).is_ok());
    let error = refuse_direction(Direction::Failback, &plan).expect_err("refused");
    assert!(error.to_string().starts_with("fail back to eu-west-1 while it is not asked"), "{error}");
}
