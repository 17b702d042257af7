//! Buckets that the plan calls replicas, and that nothing fills.

mod world;

use pilotlight_findings::{Severity, codes};
use pilotlight_rebuild::unfilled_buckets;
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use world::World;

fn plan(from: &str) -> World {
    World::of(&format!(
        "plan \"t\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n}}\n\
         stack \"app\" {{\n  source = \"../app\"\n  state = \"file:../app/terraform.tfstate\"\n  standby {{\n    \
         data \"aws_s3_bucket.b\" {{ from = \"{from}\" }}\n  }}\n}}\n"
    ))
}

/// A state with one object of a type.
fn object(resource_type: &str, attributes: Value) -> State {
    let resources = json!([{"mode": "managed", "type": resource_type, "name": "b",
                            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                            "instances": [{"schema_version": 0, "attributes": attributes}]}]);
    world::state(&resources.to_string())
}

fn bucket(region: &str) -> State {
    let name = format!("assets-{region}");
    object("aws_s3_bucket", json!({"id": name, "bucket": name}))
}

/// A replication of the primary's bucket, as a state has it.
fn replication(status: &str, to: &str) -> State {
    object(
        "aws_s3_bucket_replication_configuration",
        json!({"bucket": "assets-eu-west-1", "rule": [{"status": status, "destination": [{"bucket": format!("arn:aws:s3:::{to}")}]}]}),
    )
}

#[test]
fn a_replica_bucket_that_no_state_of_the_primary_fills_is_not_ready() {
    let (primary, standby) = (bucket("eu-west-1"), bucket("eu-central-1"));
    let found = |world: &World, other: Option<&State>| {
        let all: Vec<&State> = std::iter::once(&primary).chain(other).collect();
        unfilled_buckets(world.plan.stack("app").expect("the stack"), &primary, &standby, &all)
    };
    let replica = plan("replica");
    let unfilled = found(&replica, None);
    assert_eq!((unfilled[0].code, unfilled[0].severity), (codes::R_NOT_REPLICATED, Severity::Error));
    assert!(unfilled[0].message.contains("assets-eu-central-1 is its replica"), "{}", unfilled[0].message);
    // The replication may be kept by another stack; one that is disabled, or leads elsewhere, fills nothing.
    assert_eq!(found(&replica, Some(&replication("Enabled", "assets-eu-central-1"))), []);
    assert_eq!(found(&replica, Some(&replication("Disabled", "assets-eu-central-1"))).len(), 1);
    assert_eq!(found(&replica, Some(&replication("Enabled", "backup"))).len(), 1);
    assert_eq!(found(&plan("empty"), None), []);
}

#[test]
fn older_providers_keep_the_rules_in_a_block_of_the_bucket() {
    let rules =
        json!([{"rules": [{"status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::assets-eu-central-1"}]}]}]);
    let primary = object(
        "aws_s3_bucket",
        json!({"id": "assets-eu-west-1", "bucket": "assets-eu-west-1", "replication_configuration": rules}),
    );
    let world = plan("replica");
    let stack = world.plan.stack("app").expect("the stack");
    assert_eq!(unfilled_buckets(stack, &primary, &bucket("eu-central-1"), &[&primary]), []);
}
