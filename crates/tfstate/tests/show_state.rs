//! What `terraform show -json` prints of a state, read as the state that it was made from.

use pilotlight_findings::{Explain, SENSITIVE, codes};
use pilotlight_tfstate::{AttributePath, IndexKey, Mode, State, is_sensitive};
use serde_json::{Value, json};

const SHOWN: &[u8] = include_bytes!("fixtures/state-values.json");

fn shown(root_module: Value) -> String {
    json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root_module}}).to_string()
}

fn vpc(address: &str) -> Value {
    json!({
        "address": address, "mode": "managed", "type": "aws_vpc", "name": "a",
        "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 1,
        "values": {"id": address}, "sensitive_values": {},
    })
}

#[test]
fn it_has_what_the_state_has() {
    let shown = State::parse("show.json", SHOWN).expect("shown");
    let state = State::parse("t", include_bytes!("fixtures/terraform-data.tfstate")).expect("state");
    assert!(shown.is_shown() && !state.is_shown());
    assert_eq!(shown.terraform_version, state.terraform_version);
    let objects = |state: &State| {
        let mut objects: Vec<_> = state
            .managed()
            .map(|managed| {
                let provider = managed.provider().to_string();
                let version = managed.instance.schema_version;
                (managed.address().to_string(), managed.id().map(str::to_owned), provider, version)
            })
            .collect();
        objects.sort();
        objects
    };
    assert_eq!(objects(&shown), objects(&state));
    let blocks = |state: &State| state.resources.len();
    assert_eq!(blocks(&shown), blocks(&state), "instances of one block are one resource");
    for (name, output) in state.outputs() {
        assert_eq!(shown.outputs()[name].value, output.value);
        assert_eq!(shown.outputs()[name].redacted(), output.redacted());
    }
    for managed in shown.managed() {
        let same = state.managed().find(|other| other.address() == managed.address()).expect("there");
        let (mut ours, mut theirs) = (managed.instance.dependencies(), same.instance.dependencies());
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{}", managed.address());
    }
    let secret = shown.managed().find(|managed| managed.resource.name == "secret").expect("secret");
    assert_eq!(secret.attributes()["input"]["password"], json!("hunter2"));
    assert_eq!(secret.redacted_attributes()["input"], json!({"user": "shop", "password": SENSITIVE}));
    let written = serde_json::to_string(&shown).expect("json");
    assert_eq!(written.as_bytes(), SHOWN.trim_ascii(), "as it was written");
}

#[test]
fn modules_keys_data_and_deposed_objects_are_told_apart() {
    let mut keyed = vpc(r#"module.net["a b"].module.x[0].aws_vpc.a["k"]"#);
    keyed["index"] = json!("k");
    keyed["tainted"] = json!(true);
    keyed["depends_on"] = json!(["aws_x.y"]);
    keyed["identity"] = json!({"id": "vpc-1"});
    keyed["identity_schema_version"] = json!(2);
    let mut deposed = keyed.clone();
    deposed["deposed_key"] = json!("0badcafe");
    let mut data = vpc("data.aws_vpc.a");
    data["mode"] = json!("data");
    let mut other = vpc("aws_vpc.a");
    other["provider_name"] = json!("aws");
    let text = shown(json!({
        "resources": [data, other],
        "child_modules": [{
            "address": "module.net[\"a b\"]",
            "child_modules": [{"address": "module.net[\"a b\"].module.x[0]", "resources": [keyed, deposed]}],
        }],
    }));
    let state = State::parse("s", text.as_bytes()).expect("state");
    assert_eq!(state.resources.len(), 3);
    assert_eq!(state.resources[0].mode, Mode::Data);
    assert_eq!(state.resources[1].provider.to_string(), "provider.aws", "Terraform 0.12's bare name");
    let nested = &state.resources[2];
    assert_eq!(nested.provider.to_string(), "provider[\"registry.terraform.io/hashicorp/aws\"]");
    assert_eq!(nested.instances.len(), 2);
    let first = &nested.instances[0];
    assert_eq!(nested.address(first).to_string(), r#"module.net["a b"].module.x[0].aws_vpc.a["k"]"#);
    assert_eq!(first.index_key, Some(IndexKey::Str("k".into())));
    assert!(first.is_tainted());
    assert_eq!(first.dependencies(), ["aws_x.y"]);
    assert_eq!(first.path, "values.root_module.child_modules[0].child_modules[0].resources[0]");
    assert_eq!(first.identity().and_then(|identity| identity.get("id")), Some(&json!("vpc-1")));
    assert_eq!(first.identity_schema_version, Some(2));
    assert_eq!(nested.instances[1].deposed.as_deref(), Some("0badcafe"));
    assert_eq!(state.managed().count(), 3);
}

#[test]
fn a_mask_hides_what_it_marks_and_a_whole_array_for_one_of_its_items() {
    let mut object = vpc("aws_vpc.a");
    object["values"] = json!({
        "id": "x", "password": "a", "tags": {"k.1": "b", "open": "c"}, "rules": [{"n": 1}, {"n": "secret"}], "list": [1],
    });
    object["sensitive_values"] =
        json!({"password": true, "tags": {"k.1": true}, "rules": [{}, {"n": true}], "list": [false]});
    let state = State::parse("s", shown(json!({"resources": [object.clone()]})).as_bytes()).expect("state");
    let instance = &state.resources[0].instances[0];
    assert_eq!(
        Value::Object(instance.redacted_attributes()),
        json!({
            "id": "x", "password": SENSITIVE, "tags": {"k.1": SENSITIVE, "open": "c"}, "rules": SENSITIVE, "list": [1],
        })
    );
    assert!(is_sensitive(&AttributePath::attribute("rules"), &instance.sensitive));
    assert!(!is_sensitive(&AttributePath::attribute("list"), &instance.sensitive));

    object["sensitive_values"] = json!(true);
    let state = State::parse("s", shown(json!({"resources": [object]})).as_bytes()).expect("state");
    let redacted = state.resources[0].instances[0].redacted_attributes();
    assert!(redacted.values().all(|value| *value == json!(SENSITIVE)), "{redacted:?}");
}

#[test]
fn a_stack_without_a_state_has_nothing() {
    for text in [
        r#"{"format_version":"1.0"}"#,
        r#"{"format_version": "1.0", "terraform_version": "1.11.4", "values": null}"#,
        r#"{"format_version": "0.2", "terraform_version": "1.0.11", "values": {"root_module": {}}}"#,
        r#"{"values": {"outputs": {}, "root_module": {"resources": []}}, "format_version": "1.7"}"#,
    ] {
        let state = State::parse("s", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((state.managed().count(), state.outputs().len()), (0, 0), "{text}");
    }
}

#[test]
fn what_is_broken_in_it_is_named() {
    let broken = |field: &str, value: Value| {
        let mut object = vpc("aws_vpc.a");
        object[field] = value;
        shown(json!({"resources": [object]}))
    };
    let mut missing = vpc("aws_vpc.a");
    missing.as_object_mut().expect("object").remove("provider_name");
    let nested = |levels: usize| {
        let (open, close) = (r#"{"child_modules": ["#.repeat(levels), "]}".repeat(levels));
        format!(r#"{{"format_version": "1.0", "values": {{"root_module": {open}{close}}}}}"#)
    };
    let place = "(values.root_module.resources[0]";
    for (text, code, message) in [
        (broken("address", json!("aws_vpc")), codes::S_SHAPE, format!("{place}.address): a resource's address is wanted")),
        (broken("mode", json!("odd")), codes::S_SHAPE, format!("{place}.mode): managed, data or ephemeral is wanted")),
        (broken("values", json!([])), codes::S_SHAPE, format!("{place}.values): an object of attributes is wanted")),
        (broken("provider_name", json!("a/b/c/d")), codes::S_SHAPE, format!("{place}.provider_name): \"a/b/c/d\" is none")),
        (shown(json!({"resources": [missing]})), codes::S_SHAPE, format!("{place}): the field \"provider_name\" is missing")),
        (
            shown(json!({"resources": [vpc("aws_vpc.a"), vpc("aws_vpc.a")]})),
            codes::S_DUPLICATE,
            "(values.root_module.resources[1]): aws_vpc.a stands twice; it was first at values.root_module.resources[0]"
                .to_owned(),
        ),
        (nested(10_000), codes::S_SHAPE, "modules are nested more than 100 levels deep here".to_owned()),
        (
            r#"{"format_version": "2.1", "values": {"root_module": 7}}"#.to_owned(),
            codes::S_VERSION,
            "in format version 2.1; this release knows 0.x and 1.x".to_owned(),
        ),
        (
            r#"{"format_version": "1.2", "planned_values": {}, "prior_state": {"values": {}}}"#.to_owned(),
            codes::S_NOT_STATE,
            "it is what `terraform show -json` prints of a plan, not a state".to_owned(),
        ),
        (
            r#"{"format_version": "1.0", "provider_schemas": {}}"#.to_owned(),
            codes::S_NOT_STATE,
            "it has \"provider_schemas\", and no \"values\"".to_owned(),
        ),
        (r#"{"format_version": 1}"#.to_owned(), codes::S_SHAPE, "(format_version): a version is wanted here".to_owned()),
    ] {
        let error = State::parse("s", text.as_bytes()).expect_err(&message);
        assert!(error.to_string().contains(&message), "{error}");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.remedy().is_some());
        assert!(error.span.bytes.1 <= text.len());
    }
    State::parse("s", nested(99).as_bytes()).expect("as deep as it may be");
}
