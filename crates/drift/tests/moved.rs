//! Records of a traffic set while a failover holds.

use pilotlight_drift::ignore::{
    Configuration, ConfiguredResource, IgnoreChanges, IgnoredPath, ProviderKey, StackConfiguration,
};
use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveObject, LiveSnapshot, MovedRecord, PlaceLive, RecordAnswer, Routing, StackState,
    decide,
};
use pilotlight_findings::{Evidence, Position, Region, Severity, Side, Span, Verdict, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};

fn region() -> Region {
    Region::new("eu-west-1").expect("region")
}

fn record(values: &[&str]) -> Value {
    json!({
        "id": "Z1_app.shop.test_A", "zone_id": "Z1", "name": "app.shop.test", "fqdn": "app.shop.test", "type": "A",
        "ttl": 30, "records": values,
    })
}

fn state(attributes: Value) -> State {
    let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    let resource = |kind: &str, attributes: Value| {
        json!({
            "mode": "managed", "type": kind, "name": "app", "provider": provider,
            "instances": [{"schema_version": 2, "attributes": attributes}],
        })
    };
    let zone = json!({"id": "Z1", "name": "shop.test"});
    let resources = [resource("aws_route53_record", attributes), resource("aws_route53_zone", zone)];
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    State::parse("x.tfstate", document.to_string().as_bytes()).expect("state")
}

fn moved(active: Side, values: &[&str]) -> MovedRecord {
    MovedRecord {
        traffic: "storefront".into(),
        zone: "shop.test".into(),
        name: "app.shop.test".into(),
        record_type: "A".into(),
        active,
        answer: RecordAnswer::Values(values.iter().map(|value| (*value).to_owned()).collect()),
        weighted: false,
    }
}

/// The primary has 192.0.2.1 and 192.0.2.2, the standby 198.51.100.1 and 198.51.100.2.
fn both() -> [MovedRecord; 2] {
    [moved(Side::Primary, &["192.0.2.1", "192.0.2.2"]), moved(Side::Standby, &["198.51.100.1", "198.51.100.2"])]
}

fn run(side: Option<Side>, live: Value, moved: &[MovedRecord]) -> DriftOutcome {
    judged(side, record(&["192.0.2.1", "192.0.2.2"]), &[live], moved, IgnoreChanges::None)
}

/// A record as the state has it, all sets of its name as they are, and what its HCL ignores.
fn judged(
    side: Option<Side>,
    recorded: Value,
    live: &[Value],
    moved: &[MovedRecord],
    ignore_changes: IgnoreChanges,
) -> DriftOutcome {
    let state = state(recorded);
    let stacks = [StackState { side, judged: true, ..StackState::new("app", region(), &state) }];
    let place = Span { file: "dns.tf".into(), start: Position { line: 1, column: 1 }, bytes: (0, 0) };
    let provider = ProviderKey { module: Vec::new(), name: "aws".into(), alias: None };
    let resource = ConfiguredResource { span: place, arguments: [].into(), ignore_changes, provider };
    let resources = [("aws_route53_record.app".parse().expect("an address"), resource)].into();
    let configuration = Configuration { resources, ..Configuration::default() };
    let configurations = [StackConfiguration { stack: "app".into(), side, configuration }];
    let object = |kind: &str, id: &str, attributes: Value| {
        LiveObject::new(kind, id, attributes.as_object().expect("attributes").clone())
    };
    let mut objects = vec![object("aws_route53_zone", "Z1", json!({"name": "shop.test"}))];
    for set in live {
        let id = set["id"].as_str().expect("an id").to_owned();
        objects.push(object("aws_route53_record", &id, set.clone()));
    }
    let live = [PlaceLive::native(region(), LiveSnapshot { objects, ..LiveSnapshot::default() })];
    decide(&DriftInput { moved, configurations: &configurations, ..DriftInput::of(&stacks, &Routing::native(), &live) })
}

#[test]
fn a_record_with_the_other_sides_values_is_a_note_that_warns_of_an_apply() {
    let outcome = run(Some(Side::Primary), record(&["198.51.100.2", "198.51.100.1"]), &both());
    let [finding] = &outcome.findings[..] else { panic!("{:#?}", outcome.findings) };
    assert_eq!((finding.code, finding.severity), (codes::D_FAILED_OVER, Severity::Info));
    assert_eq!(finding.message, "traffic set storefront has it on the standby, moved there by a failover");
    assert!(finding.remedy.as_deref().expect("remedy").starts_with("do not apply the stack until the failback"));
    let old = json!(["192.0.2.1", "192.0.2.2"]);
    assert_eq!(finding.evidence, [Evidence::change("records", old, json!(["198.51.100.1", "198.51.100.2"]))]);
    assert_eq!((outcome.verdict(), outcome.counts.moved, outcome.counts.changed), (Verdict::Clean, 1, 0));
    assert!(outcome.counts.summary().iter().any(|count| count.name == "moved by a failover" && count.count == 1));
}

#[test]
fn any_other_value_is_elsewhere() {
    let mut other_zone = both();
    other_zone.iter_mut().for_each(|moved| moved.zone = "other.test".into());
    let mut other_name = both();
    other_name.iter_mut().for_each(|moved| moved.name = "www.shop.test".into());
    let standby: &[&str] = &["198.51.100.1", "198.51.100.2"];
    let own = [moved(Side::Primary, standby)];
    for (what, side, values, moved) in [
        ("a part of them", Some(Side::Primary), &standby[..1], &both()[..]),
        ("one more", Some(Side::Primary), &["198.51.100.1", "198.51.100.2", "203.0.113.9"], &both()),
        ("nobody's", Some(Side::Primary), &["203.0.113.9"], &both()),
        ("another zone's", Some(Side::Primary), standby, &other_zone),
        ("another record's", Some(Side::Primary), standby, &other_name),
        ("the stack's own side's", Some(Side::Primary), standby, &own),
        ("no plan", None, standby, &both()),
        ("no values are known", Some(Side::Primary), standby, &[]),
    ] {
        let outcome = run(side, record(values), moved);
        let [finding] = &outcome.findings[..] else { panic!("{what}: {:#?}", outcome.findings) };
        assert_eq!((finding.code, finding.severity), (codes::D_RECORD_MOVED, Severity::Critical), "{what}");
        let remedy = finding.remedy.as_deref().expect("remedy");
        assert!(remedy.contains("While a failover holds, do not apply the stack"), "{what}: {remedy}");
    }
}

#[test]
fn what_differs_beside_the_move_is_drift_with_a_remedy_that_is_no_apply() {
    let mut live = record(&["198.51.100.1", "198.51.100.2"]);
    live["ttl"] = json!(3600);
    let outcome = run(Some(Side::Primary), live, &both());
    let [finding] = &outcome.findings[..] else { panic!("{:#?}", outcome.findings) };
    assert_eq!((finding.code, finding.severity), (codes::D_CHANGED, Severity::Error));
    assert_eq!(finding.message, "ttl is 3600, and 30 in the state; and traffic set storefront has it on the standby");
    assert!(finding.remedy.as_deref().expect("remedy").starts_with("do not apply the stack"));
    assert_eq!((outcome.verdict(), outcome.counts.moved), (Verdict::Findings, 0));
}

#[test]
fn a_record_that_is_where_the_state_has_it_is_clean() {
    assert_eq!(run(Some(Side::Primary), record(&["192.0.2.2", "192.0.2.1"]), &both()).findings, []);
}

/// `ignore_changes = [ATTRIBUTE]`
fn ignoring(attribute: &str) -> IgnoreChanges {
    let span = Span { file: "dns.tf".into(), start: Position { line: 7, column: 5 }, bytes: (0, 0) };
    IgnoreChanges::Paths {
        paths: vec![IgnoredPath { path: attribute.parse().expect("a path"), span }],
        unknown: Vec::new(),
    }
}

fn alias(name: &str, zone_id: &str, health: bool) -> Value {
    let alias = json!([{"name": name, "zone_id": zone_id, "evaluate_target_health": health}]);
    json!({
        "id": "Z1_app.shop.test_A", "zone_id": "Z1", "name": "app.shop.test", "fqdn": "app.shop.test", "type": "A",
        "alias": alias,
    })
}

/// The primary has `home.example`, the standby `away.example`.
fn aliases() -> Vec<MovedRecord> {
    let of = |active, name: &str, zone_id: &str| MovedRecord {
        answer: RecordAnswer::Alias { name: name.into(), zone_id: zone_id.into() },
        ..moved(active, &[])
    };
    vec![of(Side::Primary, "home.example.", "ZHOME"), of(Side::Standby, "Away.example", "ZAWAY")]
}

#[test]
fn an_alias_that_leads_to_the_other_side_was_moved_and_any_other_was_not() {
    let at = |live: Value| {
        let home = alias("home.example", "ZHOME", true);
        judged(Some(Side::Primary), home, &[live], &aliases(), IgnoreChanges::None)
    };
    for name in ["away.example", "dualstack.away.example"] {
        let outcome = at(alias(name, "ZAWAY", true));
        let [finding] = &outcome.findings[..] else { panic!("{:#?}", outcome.findings) };
        assert_eq!((finding.code, finding.severity), (codes::D_FAILED_OVER, Severity::Info), "{name}");
        assert_eq!(finding.message, "traffic set storefront has it on the standby, moved there by a failover");
        assert_eq!((outcome.verdict(), outcome.counts.moved), (Verdict::Clean, 1));
    }
    for (what, live) in [
        ("another target", alias("else.example", "ZAWAY", true)),
        ("another zone of the target", alias("away.example", "ZELSE", true)),
        ("a move keeps whether the target's health counts", alias("away.example", "ZAWAY", false)),
    ] {
        let outcome = at(live);
        let [finding] = &outcome.findings[..] else { panic!("{what}: {:#?}", outcome.findings) };
        assert_eq!((finding.code, finding.severity), (codes::D_RECORD_MOVED, Severity::Critical), "{what}");
    }
}

fn weighted(side: Side, weight: i64) -> Value {
    let (identifier, values) = match side {
        Side::Primary => ("home", ["192.0.2.1"]),
        Side::Standby => ("away", ["198.51.100.1"]),
    };
    let mut set = record(&values);
    set["id"] = json!(format!("Z1_app.shop.test_A_{identifier}"));
    set["set_identifier"] = json!(identifier);
    set["weighted_routing_policy"] = json!([{"weight": weight}]);
    set
}

fn shares() -> Vec<MovedRecord> {
    let of = |active, values: &[&str]| MovedRecord { weighted: true, ..moved(active, values) };
    vec![of(Side::Primary, &["192.0.2.1"]), of(Side::Standby, &["198.51.100.1"])]
}

#[test]
fn all_of_the_weight_at_the_standby_is_a_failover_and_any_other_share_is_not() {
    let at = |own: Side, recorded: i64, live: [i64; 2]| {
        let sets = [weighted(Side::Primary, live[0]), weighted(Side::Standby, live[1])];
        judged(Some(Side::Primary), weighted(own, recorded), &sets, &shares(), IgnoreChanges::None)
    };
    for (own, recorded) in [(Side::Primary, 100), (Side::Standby, 0), (Side::Standby, 50)] {
        let outcome = at(own, recorded, [0, 100]);
        let [finding] = &outcome.findings[..] else { panic!("{:#?}", outcome.findings) };
        assert_eq!((finding.code, finding.severity), (codes::D_FAILED_OVER, Severity::Info), "{own} {recorded}");
        assert_eq!((outcome.verdict(), outcome.counts.moved), (Verdict::Clean, 1));
    }
    for (own, recorded, live) in [
        (Side::Primary, 100, [50, 50]),
        (Side::Primary, 100, [99, 1]),
        (Side::Primary, 100, [0, 0]),
        (Side::Primary, 50, [100, 0]),
    ] {
        let outcome = at(own, recorded, live);
        let [finding] = &outcome.findings[..] else { panic!("{live:?}: {:#?}", outcome.findings) };
        assert_eq!((finding.code, finding.severity), (codes::D_RECORD_MOVED, Severity::Critical), "{live:?}");
        assert!(finding.message.starts_with("it divides traffic otherwise"), "{}", finding.message);
    }
    assert_eq!(at(Side::Primary, 100, [100, 0]).findings, []);
    // One set alone does not tell where the traffic is.
    let alone = [weighted(Side::Primary, 0)];
    let outcome = judged(Some(Side::Primary), weighted(Side::Primary, 100), &alone, &shares(), IgnoreChanges::None);
    assert_eq!(outcome.findings[0].code, codes::D_RECORD_MOVED);
}

#[test]
fn what_the_stack_leaves_to_the_plan_is_not_hidden_where_it_is_of_neither_side() {
    let home = ["192.0.2.1", "192.0.2.2"];
    let at = |live: &[&str], moved: &[MovedRecord]| {
        judged(Some(Side::Primary), record(&home), &[record(live)], moved, ignoring("records"))
    };
    // A failover is told, and that an apply is no danger to it.
    let outcome = at(&["198.51.100.1", "198.51.100.2"], &both());
    let [finding] = &outcome.findings[..] else { panic!("{:#?}", outcome.findings) };
    assert_eq!(finding.code, codes::D_FAILED_OVER);
    assert_eq!(finding.remedy.as_deref(), Some("pilotlight failback moves it back"));
    let outcome = at(&["203.0.113.9"], &both());
    let [finding] = &outcome.findings[..] else { panic!("{:#?}", outcome.findings) };
    assert_eq!((finding.code, finding.severity), (codes::D_RECORD_MOVED, Severity::Critical));
    // A private zone of the same name has a traffic set of its own.
    let inside = |active, value| MovedRecord { traffic: "inside".into(), ..moved(active, &[value]) };
    let two = [&both()[..], &[inside(Side::Primary, "10.0.0.1"), inside(Side::Standby, "10.1.0.1")]].concat();
    assert_eq!(at(&["10.0.0.1"], &two).findings, []);
    assert_eq!(at(&["10.1.0.1"], &two).findings[0].code, codes::D_FAILED_OVER);
    assert_eq!(at(&["10.2.0.1"], &two).findings[0].code, codes::D_RECORD_MOVED);
    // Of a record that no traffic set has the HCL has the last word.
    let outcome = at(&["203.0.113.9"], &[]);
    assert_eq!((&outcome.findings[..], outcome.silenced.len()), (&[][..], 1));
    let sets = |live: [i64; 2]| [weighted(Side::Primary, live[0]), weighted(Side::Standby, live[1])];
    let weighed = |live| {
        let recorded = weighted(Side::Primary, 100);
        judged(Some(Side::Primary), recorded, &sets(live), &shares(), ignoring("weighted_routing_policy"))
    };
    assert_eq!(weighed([0, 100]).findings[0].code, codes::D_FAILED_OVER);
    assert_eq!(weighed([60, 40]).findings[0].code, codes::D_RECORD_MOVED);
    assert_eq!(weighed([90, 0]).findings, [], "traffic is where the state has it");
}
