//! Records of a traffic set while a failover holds.

use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveObject, LiveSnapshot, MovedRecord, PlaceLive, Routing, StackState, decide,
};
use pilotlight_findings::{Evidence, Region, Severity, Side, Verdict, codes};
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
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

/// The primary has 192.0.2.1 and 192.0.2.2, the standby 198.51.100.1 and 198.51.100.2.
fn both() -> [MovedRecord; 2] {
    [moved(Side::Primary, &["192.0.2.1", "192.0.2.2"]), moved(Side::Standby, &["198.51.100.1", "198.51.100.2"])]
}

fn run(side: Option<Side>, live: Value, moved: &[MovedRecord]) -> DriftOutcome {
    let state = state(record(&["192.0.2.1", "192.0.2.2"]));
    let stacks = [StackState { side, judged: true, ..StackState::new("app", region(), &state) }];
    let object = |kind: &str, id: &str, attributes: Value| {
        LiveObject::new(kind, id, attributes.as_object().expect("attributes").clone())
    };
    let objects = vec![
        object("aws_route53_record", "Z1_app.shop.test_A", live),
        object("aws_route53_zone", "Z1", json!({"name": "shop.test"})),
    ];
    let live = [PlaceLive::native(region(), LiveSnapshot { objects, ..LiveSnapshot::default() })];
    decide(&DriftInput { moved, ..DriftInput::of(&stacks, &Routing::native(), &live) })
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
