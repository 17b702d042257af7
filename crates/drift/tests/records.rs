//! Objects that a provider reads by their records: ids that are missing or shared, and parts that have owners.

use async_trait::async_trait;
use pilotlight_drift::{
    AttributeSchema, DriftInput, DriftOutcome, LiveObject, LiveQuery, LiveReader, LiveSnapshot, Nature, Readers,
    Routing, Shape, StackState, TypeSchema, Unread, decide, observe, wanted,
};
use pilotlight_findings::{Region, codes};
use pilotlight_tfstate::State;
use serde_json::{Map, Value, json};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Reads every object as its state has it, but for a change.
struct Changed<'a> {
    /// By the object's address: the attributes that are other now, or the text of why it is not read.
    changes: &'a [(&'a str, Value)],
}

#[async_trait]
impl LiveReader for Changed<'_> {
    fn reads(&self, _: &str) -> bool {
        true
    }

    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot {
        let mut snapshot = LiveSnapshot::default();
        for wanted in &query.wanted {
            let recorded = wanted.recorded.expect("a provider reads by the record");
            let address = recorded.managed.address().to_string();
            let change = self.changes.iter().find(|(of, _)| *of == address).map(|(_, change)| change);
            let (resource_type, id) = (wanted.resource_type.to_owned(), wanted.key().into_owned());
            let mut attributes = recorded.managed.attributes().clone();
            match change {
                Some(Value::String(reason)) => {
                    snapshot.unread.push(Unread { resource_type, id: Some(id), reason: reason.clone() });
                    continue;
                }
                Some(Value::Null) => continue,
                Some(Value::Object(change)) => attributes.extend(change.clone()),
                _ => {}
            }
            let schema = Some(Arc::new(schema(&attributes)));
            snapshot.objects.push(LiveObject { schema, ..LiveObject::new(resource_type, id, attributes) });
        }
        snapshot
    }
}

/// Texts can be set; what ends in `sha256` or begins with `last_` is computed.
fn schema(attributes: &Map<String, Value>) -> TypeSchema {
    let attribute = |name: &String| {
        let computed = name.ends_with("sha256") || name.starts_with("last_");
        let nature = if computed { Nature::Computed } else { Nature::OptionalComputed };
        (name.clone(), AttributeSchema { nature, sensitive: false, shape: Shape::Scalar })
    };
    TypeSchema { attributes: attributes.keys().map(attribute).collect() }
}

/// `(type, name, attributes)`
fn outcome(resources: &[(&str, &str, Value)], changes: &[(&str, Value)]) -> DriftOutcome {
    let resources: Vec<Value> = resources
        .iter()
        .map(|(kind, name, attributes)| {
            json!({
                "mode": "managed", "type": kind, "name": name,
                "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                "instances": [{"schema_version": 0, "attributes": attributes}],
            })
        })
        .collect();
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    let state = State::parse("x.tfstate", document.to_string().as_bytes()).expect("a state");
    let stacks = [StackState::new("s", Region::new("eu-west-1").expect("a region"), &state)];
    let reader = Changed { changes };
    let readers = Readers { native: None, provider: Some(&reader) };
    let routing = Routing::of(&stacks, &readers);
    let queries = wanted(&stacks, &routing, false);
    let live = match pin!(observe(&readers, &queries)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(live) => live,
        Poll::Pending => panic!("nothing here waits"),
    };
    decide(&DriftInput::of(&stacks, &routing, &live))
}

fn told(outcome: &DriftOutcome) -> Vec<String> {
    outcome
        .findings
        .iter()
        .map(|finding| format!("{} {}: {}", finding.code, finding.subject, finding.message))
        .collect()
}

#[test]
fn an_object_without_an_id_is_read_by_its_record() {
    let resources = [
        ("aws_framework", "same", json!({"name": "a", "size": "1"})),
        ("aws_framework", "changed", json!({"name": "b", "size": "1"})),
        ("aws_framework", "gone", json!({"name": "c"})),
        ("aws_framework", "denied", json!({"name": "d"})),
    ];
    let changes = [
        ("aws_framework.changed", json!({"size": "2"})),
        ("aws_framework.gone", Value::Null),
        ("aws_framework.denied", json!("AccessDenied")),
    ];
    let outcome = outcome(&resources, &changes);
    assert_eq!(
        told(&outcome),
        [
            "PL-D101 s: aws_framework.changed: size is \"2\", and \"1\" in the state",
            "PL-D102 s: aws_framework.gone: it does not exist any more",
            "PL-D105 s: aws_framework.denied: aws_framework was not read: AccessDenied",
        ]
    );
    assert_eq!((outcome.counts.in_sync, outcome.counts.unread), (1, 1));
}

#[test]
fn objects_with_one_id_are_not_mixed_up() {
    let permission = |function: &str| json!({"id": "events", "statement_id": "events", "function_name": function});
    let resources = [
        ("aws_lambda_permission", "a", permission("a")),
        ("aws_lambda_permission", "b", permission("b")),
        ("aws_lambda_permission", "c", permission("c")),
        ("aws_lambda_permission", "d", permission("d")),
    ];
    let changes = [
        ("aws_lambda_permission.b", json!({"principal": "other", "function_name": "z"})),
        ("aws_lambda_permission.c", Value::Null),
        ("aws_lambda_permission.d", json!("Throttling")),
    ];
    assert_eq!(told(&outcome(&resources, &[])), [""; 0], "and they are no object at two addresses");
    assert_eq!(
        told(&outcome(&resources, &changes)),
        [
            "PL-D101 s: aws_lambda_permission.b: function_name is \"z\", and \"b\" in the state",
            "PL-D102 s: aws_lambda_permission.c: events does not exist any more",
            "PL-D105 s: aws_lambda_permission.d: aws_lambda_permission was not read: Throttling",
        ]
    );
    // The same object twice is told.
    let twice = [("aws_lambda_permission", "a", permission("a")), ("aws_lambda_permission", "b", permission("a"))];
    let outcome = outcome(&twice, &[]);
    assert_eq!(outcome.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [codes::D_TWO_ADDRESSES]);
}

#[test]
fn what_a_resource_says_of_a_bucket_is_judged_there_and_nowhere_else() {
    let policy = |who: &str| json!({"policy": format!("{{\"Statement\": [{{\"Principal\": \"{who}\"}}]}}")});
    let mut owned = policy("me");
    owned["id"] = "shop".into();
    let owner = |mut value: Value| {
        value["bucket"] = "shop".into();
        value
    };
    let resources = [
        ("aws_s3_bucket", "shop", owner(owned.clone())),
        ("aws_s3_bucket_policy", "shop", owner(owned.clone())),
        // Another object with the bucket's name, and a policy of its own.
        ("aws_ecr_repository_policy", "shop", owned),
    ];
    let changes = [("aws_s3_bucket.shop", policy("you")), ("aws_s3_bucket_policy.shop", policy("you"))];
    let both = outcome(&resources, &changes);
    let subjects: Vec<String> = both.findings.iter().map(|finding| finding.subject.to_string()).collect();
    assert_eq!(subjects, ["s: aws_s3_bucket_policy.shop"]);
    assert_eq!(both.silenced[0].rule, "owned by aws_s3_bucket_policy");
    let other = outcome(&resources, &[("aws_ecr_repository_policy.shop", policy("you"))]);
    let subjects: Vec<String> = other.findings.iter().map(|finding| finding.subject.to_string()).collect();
    assert_eq!(subjects, ["s: aws_ecr_repository_policy.shop"]);
}

#[test]
fn code_that_was_replaced_is_found_though_its_sum_is_computed() {
    let function = json!({"id": "f", "code_sha256": "a", "last_modified": "yesterday"});
    let change = json!({"code_sha256": "b", "last_modified": "today"});
    let outcome = outcome(&[("aws_lambda_function", "f", function)], &[("aws_lambda_function.f", change)]);
    assert_eq!(told(&outcome), ["PL-D101 s: aws_lambda_function.f: code_sha256 is \"b\", and \"a\" in the state"]);
    let silenced: Vec<(&str, &str)> =
        outcome.silenced.iter().map(|one| (one.attribute.as_str(), one.rule.as_str())).collect();
    assert_eq!(silenced, [("last_modified", "computed")]);
}
