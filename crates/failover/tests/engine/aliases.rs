//! Aliases, AAAA records, private zones and several zones, moved in the plan's order.

use crate::estate::*;
use crate::kills::{OnStop, Scenario, survives_every_kill_of};
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::{Code, Explain as _, Side, codes};
use pilotlight_journal::MemoryStore;
use std::time::Duration;

const HOME: &str = "home-1.eu-west-1.elb.amazonaws.com";
const AWAY: &str = "away-1.eu-central-1.elb.amazonaws.com";
const HOME_ZONE: &str = "Z32O12XQLNTSW2";
const AWAY_ZONE: &str = "Z3F0SRJ5LGBH90";

fn alias_plan() -> String {
    let alias = |name: &str, zone: &str| format!("{{ name = \"{name}\", zone_id = \"{zone}\" }}");
    let sets = format!(
        r#"
traffic "balanced" {{
  zone = "shop.test"
  record "lb.shop.test" "A" {{
    primary = {}
    standby = {}
  }}
  record "v6.shop.test" "AAAA" {{
    primary = "2001:db8::1"
    standby = "2001:db8::2"
  }}
}}

traffic "inside" {{
  zone       = "in.test"
  visibility = "private"
  record "db.in.test" "CNAME" {{
    primary = "db.eu-west-1.example.com"
    standby = "db.eu-central-1.example.com"
  }}
}}
"#,
        alias(&format!("{}.", HOME.to_uppercase()), HOME_ZONE),
        alias(AWAY, AWAY_ZONE)
    );
    PLAN.replacen("\ncheck \"http\" \"target\"", &format!("{sets}\ncheck \"http\" \"target\""), 1)
}

fn alias(name: &str, target: &str, zone: &str) -> RecordSet {
    let target =
        AliasTarget { hosted_zone_id: zone.to_owned(), dns_name: target.to_owned(), evaluate_target_health: true };
    RecordSet { ttl: None, alias: Some(target), ..set(name, "A", &[]) }
}

/// Adds a load balancer's alias, an IPv6 address and a private zone's record to the estate.
fn widen(world: &World) {
    let home = world.values("app.shop.test") == PRIMARY;
    world.with(|state| {
        state.plan = alias_plan();
        state.elsewhere.insert(HOME.into(), PRIMARY.map(String::from).into());
        state.elsewhere.insert(format!("dualstack.{HOME}"), PRIMARY.map(String::from).into());
        state.elsewhere.insert(AWAY.into(), STANDBY.map(String::from).into());
        let (target, zone, v6, region) = match home {
            true => (format!("dualstack.{HOME}"), HOME_ZONE, "2001:DB8::1", "eu-west-1"),
            false => (AWAY.to_owned(), AWAY_ZONE, "2001:db8::2", "eu-central-1"),
        };
        state.records.push(alias("lb.shop.test", &target, zone));
        state.records.push(set("v6.shop.test", "AAAA", &[v6]));
        state.records.push(set("db.in.test", "CNAME", &[&format!("db.{region}.example.com")]));
        state.records.sort_by(|one, other| one.name.cmp(&other.name));
        state.history = vec![(Duration::ZERO, state.records.clone())];
    });
}

fn target(world: &World) -> AliasTarget {
    world.with(|state| {
        let set = state.records.iter().find(|set| set.name == "lb.shop.test").expect("the alias");
        set.alias.clone().expect("an alias")
    })
}

async fn drive(world: &World, direction: Direction) -> (Conclusion, Engine) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, direction).await.expect("a start");
    let conclusion = engine.drive().await.expect("an end");
    (conclusion, engine)
}

#[tokio::test]
async fn aliases_and_private_zones_move_there_and_back_in_the_plans_order() {
    let world = world(Side::Primary);
    widen(&world);
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let expected =
        AliasTarget { hosted_zone_id: AWAY_ZONE.into(), dns_name: AWAY.into(), evaluate_target_health: true };
    assert_eq!(target(&world), expected, "whether its health is evaluated stays as it was");
    let comments: Vec<_> = world.with(|state| state.changes.iter().map(|(_, batch)| batch.comment.clone()).collect());
    let order = ["storefront/shop.test", "api/shop.test", "balanced/shop.test", "inside/in.test"];
    assert!(comments.len() == 4 && comments.iter().zip(order).all(|(one, step)| one.ends_with(step)), "{comments:?}");
    let detail = |step: &str| engine.journal().state().steps[step].detail.clone();
    assert_eq!(
        detail("verify/name-servers/balanced"),
        format!("all 4 name servers answer with what {AWAY} has; 2001:db8::2")
    );
    assert_eq!(
        detail("verify/name-servers/inside"),
        "private zone in.test has db.eu-central-1.example.com, as Route 53's API says; no name server was asked, as none \
         can be"
    );
    let report = report_of(&engine);
    let lb = report.records.iter().find(|record| record.name == "lb.shop.test").expect("the record");
    assert_eq!((&lb.before[..], &lb.after[..]), (&[format!("dualstack.{HOME}")][..], &[AWAY.to_owned()][..]));
    let (conclusion, _) = drive(&world, Direction::Failback).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert_eq!((target(&world).dns_name.as_str(), target(&world).hosted_zone_id.as_str()), (HOME, HOME_ZONE));
    assert_eq!(world.values("db.in.test"), ["db.eu-west-1.example.com"]);
}

#[tokio::test]
async fn one_traffic_set_moves_records_of_several_zones_there_and_back() {
    let world = world(Side::Primary);
    widen(&world);
    world.with(|state| {
        // The private zone's record in the set of the public ones.
        let own = "}\n\ntraffic \"inside\" {\n  zone       = \"in.test\"\n  visibility = \"private\"\n  record \"db.in.test\" \"CNAME\" {\n";
        let inner = "  record \"db.in.test\" \"CNAME\" {\n    zone = \"in.test\"\n    visibility = \"private\"\n";
        assert!(state.plan.contains(own), "{}", state.plan);
        state.plan = state.plan.replacen(own, inner, 1);
    });
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    let batches: Vec<_> = world.with(|state| {
        let of = |batch: &ChangeBatch| batch.create.iter().map(|set| set.name.clone()).collect::<Vec<_>>();
        state.changes.iter().map(|(_, batch)| of(batch)).collect()
    });
    // A batch a zone, in the plan's order.
    assert_eq!(batches[2..], [vec!["lb.shop.test".to_owned(), "v6.shop.test".into()], vec!["db.in.test".into()]]);
    let report = report_of(&engine);
    let db = report.records.iter().find(|record| record.name == "db.in.test").expect("the record");
    assert_eq!((db.zone.as_str(), db.moved), ("in.test", true));
    let steps = &engine.journal().state().steps;
    assert!(steps.contains_key("verify/name-servers/balanced/in.test"));
    assert!(steps.contains_key("switch/balanced/in.test"), "the zone is named once");
    let (conclusion, _) = drive(&world, Direction::Failback).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert_eq!(target(&world).dns_name, HOME);
    assert_eq!(world.values("db.in.test"), ["db.eu-west-1.example.com"]);
}

#[tokio::test]
async fn two_zones_of_one_name_have_steps_of_two_names() {
    let world = world(Side::Primary);
    world.with(|state| {
        state.zones[1].name = "shop.test".into();
        state.records.push(set("db.shop.test", "CNAME", &["eu-west-1.example.com"]));
        let inner = "traffic \"api\" {\n  zone = \"shop.test\"\n  record \"db.shop.test\" \"CNAME\" {\n    visibility = \
                     \"private\"\n    primary = \"eu-west-1.example.com\"\n    standby = \"eu-central-1.example.com\"\n    \
                     ttl = \"30s\"\n  }\n";
        state.plan = state.plan.replacen("traffic \"api\" {\n  zone = \"shop.test\"\n", inner, 1);
    });
    let run = compiled(&world, Direction::Failover).await;
    let moves: Vec<&str> = run.steps().map(|step| step.id.as_str()).filter(|id| id.starts_with("switch/api")).collect();
    assert_eq!(moves, ["switch/api/shop.test", "switch/api/shop.test/shop.test"]);
}

#[tokio::test]
async fn a_private_zone_waits_for_insync() {
    let world = world(Side::Primary);
    widen(&world);
    world.with(|state| {
        state.lag.clear();
        state.insync_after = Duration::from_secs(50);
    });
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert!(report_of(&engine).recovery_time.measured_ms.expect("measured") > 50_000);
}

#[tokio::test]
async fn an_alias_whose_target_nobody_answers_for_is_not_seen_to_arrive() {
    let world = world(Side::Primary);
    widen(&world);
    world.with(|state| state.elsewhere.remove(AWAY));
    let (conclusion, _) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.exit_code(), 6, "{}", conclusion.detail);
    assert!(conclusion.detail.contains(&format!("what {AWAY} has is not known")), "{}", conclusion.detail);
}

#[tokio::test]
async fn an_alias_that_leads_elsewhere_or_is_none_is_refused() {
    fn target(set: &mut RecordSet) -> &mut AliasTarget {
        set.alias.as_mut().expect("an alias")
    }
    fn plain(set: &mut RecordSet) {
        *set = RecordSet { alias: None, ttl: Some(30), values: vec!["192.0.2.1".into()], ..set.clone() };
    }
    type Change = fn(&mut RecordSet);
    let cases: [(Change, Code, &str); 4] = [
        (
            |set| target(set).dns_name = "other.example.com".into(),
            codes::F_OTHER_VALUES,
            "an alias of other.example.com",
        ),
        (|set| target(set).hosted_zone_id = "Z9".into(), codes::F_OTHER_VALUES, "an alias of"),
        (plain, codes::F_NOT_SIMPLE, "no alias, but has 192.0.2.1"),
        (|set| set.weight = Some(1), codes::F_NOT_SIMPLE, "weighted (1)"),
    ];
    for (change, code, words) in cases {
        let world = world(Side::Primary);
        widen(&world);
        world.with(|state| change(state.records.iter_mut().find(|set| set.name == "lb.shop.test").expect("the alias")));
        let plan = plan_of(&alias_plan());
        let observed = observe(&plan, &world, &world).await.expect("observed");
        let error = compile(&plan, Direction::Failover, &observed, &States).expect_err("refused");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{words} in {error}");
    }
}

#[tokio::test]
async fn what_the_plan_expects_of_an_alias_is_held_against_the_zone_and_not_changed() {
    let world = world(Side::Primary);
    widen(&world);
    let expects = format!("zone_id = \"{AWAY_ZONE}\", evaluate_target_health = false");
    world.with(|state| state.plan = state.plan.replace(&format!("zone_id = \"{AWAY_ZONE}\""), &expects));
    let run = compiled(&world, Direction::Failover).await;
    assert!(run.notes.iter().any(|note| note.code == codes::F_HEALTH_KEPT), "{:?}", run.notes);
    let kept: Vec<_> =
        run.record_changes().flat_map(|set| &set.records).filter_map(|one| one.after.alias.as_ref()).collect();
    assert!(kept.len() == 1 && kept[0].evaluate_target_health, "{kept:?}");
}

#[tokio::test]
async fn the_zone_that_is_meant_is_chosen_by_visibility_and_id_and_never_guessed() {
    let world = world(Side::Primary);
    widen(&world);
    let inside = |id: &str| HostedZone { id: id.into(), name: "in.test".into(), private: true, name_servers: vec![] };
    let plan = plan_of(&alias_plan());
    world.with(|state| state.zones.insert(0, HostedZone { private: false, ..inside("Z0") }));
    assert_eq!(observe(&plan, &world, &world).await.expect("observed").traffic["inside"].zone.id, "Z2");
    world.with(|state| state.zones.push(inside("Z3")));
    let error = observe(&plan, &world, &world).await.expect_err("two");
    assert_eq!(
        error.to_string(),
        "choose a hosted zone for traffic set inside: 2 private zones are named in.test: Z2, Z3"
    );
    let named =
        |id: &str| plan_of(&alias_plan().replace("visibility =", &format!("zone_id    = \"{id}\"\n  visibility =")));
    assert_eq!(observe(&named("Z3"), &world, &world).await.expect("observed").traffic["inside"].zone.id, "Z3");
    let error = observe(&named("Z0"), &world, &world).await.expect_err("it is public");
    assert_eq!(error.code(), codes::F_ZONE);
}

/// Without the private zone: what is said of its change hangs on whether its id was written down.
fn widen_publicly(world: &World) {
    widen(world);
    world.with(|state| {
        let begin = state.plan.find("traffic \"inside\"").expect("the set");
        let end = begin + state.plan[begin..].find("\n}\n").expect("its end") + 3;
        state.plan.replace_range(begin..end, "");
    });
}

#[tokio::test]
async fn a_failover_of_aliases_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failover, prepare: widen_publicly, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 80).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.records.iter().find_map(|set| set.alias.clone()).expect("the alias").dns_name, AWAY);
}

#[tokio::test]
async fn a_failback_of_aliases_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failback, prepare: widen_publicly, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 80).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.records.iter().find_map(|set| set.alias.clone()).expect("the alias").dns_name, HOME);
}
