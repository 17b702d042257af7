//! States of providers that are older than the one that reads.

use pilotlight_drift::{
    DriftInput, LiveObject, LiveQuery, LiveReader, LiveSnapshot, PlaceLive, Readers, Routing, StackState, decide,
    observe, wanted,
};
use pilotlight_findings::Region;
use pilotlight_tfstate::State;
use serde_json::{Map, Value, json};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A provider that upgrades every record to the same attributes.
struct Provider {
    upgraded: Map<String, Value>,
    live: Map<String, Value>,
}

#[async_trait::async_trait]
impl LiveReader for Provider {
    fn reads(&self, _: &str) -> bool {
        true
    }

    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot {
        let object = |wanted: &pilotlight_drift::Wanted<'_>| LiveObject {
            recorded: Some(self.upgraded.clone()),
            ..LiveObject::new(wanted.resource_type, wanted.key(), self.live.clone())
        };
        LiveSnapshot { objects: query.wanted.iter().map(object).collect(), ..LiveSnapshot::default() }
    }
}

/// Messages of what was found of a queue, where an instance of the state is this.
fn found(instance: &Value, upgraded: &Value, live: &Value) -> Vec<String> {
    let document = json!({
        "version": 4, "terraform_version": "1.3.0", "serial": 1, "lineage": "l",
        "resources": [{
            "mode": "managed", "type": "aws_sqs_queue", "name": "q",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [instance],
        }],
    });
    let state = State::parse("x.tfstate", document.to_string().as_bytes()).expect("state");
    let stacks = [StackState::new("s", Region::new("eu-west-1").expect("region"), &state)];
    let object = |value: &Value| value.as_object().expect("an object").clone();
    let provider = Provider { upgraded: object(upgraded), live: object(live) };
    let readers = Readers { native: None, provider: Some(&provider) };
    let routing = Routing::of(&stacks, &readers);
    // It never waits for anything.
    let queries = wanted(&stacks, &routing, false);
    let observed = pin!(observe(&readers, &queries)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(live) = observed else { panic!("it waits") };
    decide(&DriftInput::of(&stacks, &routing, &live)).findings.into_iter().map(|finding| finding.message).collect()
}

const SSE: &str = "sqs_managed_sse_enabled";

#[test]
fn what_the_older_provider_did_not_know_is_no_drift() {
    let upgraded = json!({"id": "q", "delay_seconds": 0, SSE: null, "tags": {"a": "b"}, "tags_all": null});
    let live = json!({"id": "q", "delay_seconds": 0, SSE: true, "tags": {}, "tags_all": {"a": "b"}});
    let older = json!({"schema_version": 0, "attributes": {"id": "q", "delay_seconds": 0, "tags": {"a": "b"}}});
    assert_eq!(found(&older, &upgraded, &live), [""; 0]);
    let other = json!({"id": "q", "delay_seconds": 5, SSE: true, "tags": {}, "tags_all": {"a": "c"}});
    assert_eq!(found(&older, &upgraded, &other), ["delay_seconds, tags_all[\"a\"] differ from the state"]);
    // A provider that knew it wrote null.
    let newer = json!({"schema_version": 0, "attributes": upgraded});
    let missing = found(&newer, &upgraded, &live);
    assert_eq!(missing, [format!("{SSE}, tags_all[\"a\"] differ from the state")]);
}

#[test]
fn what_terraform_0_11_did_not_write_was_not_set() {
    let upgraded = json!({"id": "q", "kms_master_key_id": null});
    let live = json!({"id": "q", "kms_master_key_id": "alias/k"});
    let flat = json!({"schema_version": 0, "attributes_flat": {"id": "q"}});
    assert_eq!(found(&flat, &upgraded, &live), ["kms_master_key_id is \"alias/k\", and not set in the state"]);
}

#[test]
fn a_zero_of_terraform_0_11_is_one_that_is_not_set() {
    let state = json!({
        "version": 4, "terraform_version": "0.13.0", "serial": 1, "lineage": "l",
        "resources": [{
            "mode": "managed", "type": "aws_subnet", "name": "s",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 1, "attributes_flat": {
                "id": "subnet-1", "enable_lni_at_device_index": "0", "enable_dns64": "false", "map_public_ip_on_launch": "true",
            }}],
        }],
    });
    let state = State::parse("x.tfstate", state.to_string().as_bytes()).expect("state");
    let region = Region::new("eu-west-1").expect("region");
    let stacks = [StackState::new("s", region.clone(), &state)];
    let found = |live: Value| {
        let subnet = LiveObject::new("aws_subnet", "subnet-1", live.as_object().expect("an object").clone());
        let snapshot = LiveSnapshot { objects: vec![subnet], ..LiveSnapshot::default() };
        let live = [PlaceLive::native(region.clone(), snapshot)];
        let findings = decide(&DriftInput::of(&stacks, &Routing::native(), &live)).findings;
        findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    let live = json!({"enable_lni_at_device_index": null, "enable_dns64": null, "map_public_ip_on_launch": true});
    assert_eq!(found(live), [""; 0]);
    let message = "enable_lni_at_device_index is 1, and 0 in the state";
    assert_eq!(found(json!({"enable_lni_at_device_index": 1})), [message]);
    let message = "map_public_ip_on_launch is false, and \"true\" in the state";
    assert_eq!(found(json!({"map_public_ip_on_launch": false})), [message]);
    assert_eq!(found(json!({"enable_dns64": true})), ["enable_dns64 is true, and false in the state"]);
}
