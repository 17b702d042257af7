//! The stop rule of a live drill, in each place where it can strike, and where it must not.

use crate::estate::*;
use crate::kills::Moment;
use crate::live_drill::*;
use pilotlight_failover::live_drill::*;
use pilotlight_failover::simulation::{Asked, Service, State, Trouble};
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::MemoryStore;
use std::time::Duration;

fn breaks(state: &mut State) {
    state.healthy.remove(STANDBY[1]);
}

#[tokio::test]
async fn red_checks_during_the_stay_end_it_and_traffic_goes_home() {
    let world = world(Side::Primary);
    during_the_stay(&world, breaks);
    let (told, store) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic, told.exit_code()), ("stopped_early", Traffic::Home, 2));
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert_eq!(struck.step, WATCH);
    assert!(struck.reason.contains("and 0% may be: check storefront 1 of 1"), "{}", struck.reason);
    assert!(!struck.reason.contains("abort the run"), "nobody is asked: {}", struck.reason);
    assert!(told.stay.lasted_ms.is_some_and(|lasted| lasted < 10_000), "{:?}", told.stay);
    assert_eq!(told.fix[0].code, codes::F_STOP_RULE);
    assert!(
        told.deviations.iter().any(|one| one.what == "check" && one.job == "failover" && one.subject == "storefront")
    );
    assert!(told.stay.observation.as_ref().is_some_and(|seen| !seen.within && seen.errors == 1), "{:?}", told.stay);
    // It is the rule's doing and no person's.
    let away = &told.runs[0].report;
    assert!(away.detail.ends_with("; left out by the drill's stop rule: observe/checks"), "{}", away.detail);
    assert!(away.interventions.iter().any(|one| one.what == "skipped" && one.by == "the drill's stop rule"));
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(log_of(&store).await.stage(), Stage::Over);
}

#[tokio::test]
async fn the_stop_rule_in_the_stay_survives_a_kill_at_every_append() {
    let scene = || {
        let world = world(Side::Primary);
        during_the_stay(&world, breaks);
        world
    };
    // Every third append of each moment: that a drill survives them all, `live_drill` shows.
    for (moment, first) in [(Moment::Before, 0), (Moment::After, 1)] {
        for at in (first..).step_by(3) {
            let world = scene();
            let (store, reached) = killed_once(&world, at, moment).await;
            let told = told(&store).await;
            assert_eq!(
                (told.outcome.as_str(), told.traffic),
                ("stopped_early", Traffic::Home),
                "killed {moment:?} append {at}"
            );
            assert_eq!(world.values("app.shop.test"), PRIMARY);
            if !reached {
                assert!(at > 80, "only {at} kills");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_failover_that_takes_too_long_before_the_switch_is_undone() {
    let world = world(Side::Primary);
    // The person at the terminal goes for lunch.
    world.with(|state| {
        let lunch = |state: &mut State| state.elapsed += Duration::from_secs(1_200);
        state.hooks.insert("./set".into(), Box::new(lunch));
    });
    let (told, _) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic, told.exit_code()), ("rolled_back", Traffic::Home, 5), "{told:#?}");
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert_eq!(struck.reason, "traffic has not moved within 15m of its first event");
    assert_eq!(told.runs.len(), 1, "nothing was to be moved home");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.with(|state| state.flags.len()), 0, "what programs did was undone");
    assert_eq!(world.with(|state| state.changes.len()), 0, "no record was touched");
}

#[tokio::test]
async fn a_failover_that_took_too_long_after_the_switch_does_not_stay() {
    let world = world(Side::Primary);
    // The slowest name server is a quarter of an hour behind.
    world.with(|state| {
        let slow = |state: &mut State| state.elapsed += Duration::from_secs(1_000);
        state.hooks.insert("before the change".into(), Box::new(slow));
    });
    let (told, _) = drilled(&world).await;
    assert_eq!(
        (told.outcome.as_str(), told.traffic, told.exit_code()),
        ("stopped_early", Traffic::Home, 2),
        "{told:#?}"
    );
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert!(
        struck.reason.starts_with("the failover took 16m") && struck.reason.ends_with("may take 15m"),
        "{}",
        struck.reason
    );
    assert_eq!(told.stay.lasted_ms, None, "nobody watched");
    assert!(told.fix.iter().any(|finding| finding.code == codes::F_RTO_MISSED), "{:#?}", told.fix);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_longer_limit_than_the_objective_is_the_drills_own() {
    let world = world(Side::Primary);
    world.with(|state| {
        let slow = |state: &mut State| state.elapsed += Duration::from_secs(1_000);
        state.hooks.insert("before the change".into(), Box::new(slow));
    });
    let store = MemoryStore::new("journal");
    go_on_within(&world, &store, Some(Duration::from_secs(3_600))).await.expect("an end");
    let told = told(&store).await;
    assert_eq!((told.outcome.as_str(), told.stop_rule.stop_after_ms), ("done", 3_600_000));
    assert_eq!(told.exit_code(), 2, "it took longer than its objective all the same");
}

#[tokio::test]
async fn a_standby_that_does_not_serve_after_the_switch_is_left_at_once() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let (told, _) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.traffic, told.exit_code()), ("rolled_back", Traffic::Home, 5), "{told:#?}");
    let struck = told.stop_rule.struck.as_ref().expect("it struck");
    assert_eq!(struck.step, "verify/check/storefront");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.with(|state| state.flags.len()), 0);
}

#[tokio::test]
async fn where_a_database_was_promoted_a_person_decides_and_the_drill_goes_on_from_there() {
    let world = world(Side::Primary);
    crate::databases::with_servers(&world);
    standby_breaks(&world);
    world.with(|state| {
        let resync = |state: &mut State| {
            let standby = state.servers.at(NEW_URL).clone();
            let old = state.servers.at(OLD_URL);
            *old = pilotlight_failover::simulation::Server { role: ServerRole::Standby, own_rows: 0, ..standby };
        };
        state.hooks.insert("./resync".into(), Box::new(resync));
    });
    let (waits, store) = drilled(&world).await;
    assert_eq!((waits.outcome.as_str(), waits.exit_code()), ("waits", 6), "{waits:#?}");
    assert_eq!(waits.traffic, Traffic::InDoubt);
    assert_eq!(waits.stop_rule.struck, None, "the rule has done nothing");
    assert_eq!(log_of(&store).await.stage(), Stage::Away);
    assert_eq!(world.values("app.shop.test"), STANDBY);
    // Repaired, the drill goes on from there, with its stay and its way home.
    world.with(|state| state.healthy.insert(STANDBY[1].to_owned()));
    go_on(&world, &store).await.expect("an end");
    let told = told(&store).await;
    assert_eq!((told.outcome.as_str(), told.traffic), ("done", Traffic::Home), "{told:#?}");
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
}

/// Probes that fail now and then during the stay are what the plan's quota is for.
#[tokio::test]
async fn errors_within_the_quota_do_not_end_the_stay() {
    let world = world(Side::Primary);
    world.with(|state| state.plan = format!("{PLAN}\nobserve {{\n  for    = \"1m\"\n  errors = \"5%\"\n}}\n"));
    during_the_stay(&world, |state| {
        let (mut asked, mut left) = (0, 1);
        state.trouble = Some(Box::new(move |what: &Asked<'_>, _: &State| {
            asked += u32::from(what.service == Service::Probe);
            let now = what.service == Service::Probe && asked == 3 && left > 0;
            left -= i32::from(now);
            now.then_some(Trouble::Broken)
        }));
    });
    let (told, _) = drilled(&world).await;
    assert_eq!((told.outcome.as_str(), told.stop_rule.quota), ("done", 500), "{told:#?}");
    assert_eq!(told.stay.observation.as_ref().map(|seen| (seen.errors, seen.within)), Some((1, true)));
}
