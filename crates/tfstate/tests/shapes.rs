//! Every shape that a state has, each in a small state of its own under `fixtures/states`.

use pilotlight_findings::SENSITIVE;
use pilotlight_tfstate::{IndexKey, Mode, State};
use serde_json::{Value, json};

macro_rules! state {
    ($name:literal) => {
        State::parse($name, include_bytes!(concat!("fixtures/states/", $name, ".tfstate"))).expect($name)
    };
}

fn addresses(state: &State) -> Vec<String> {
    state.managed().map(|managed| managed.address().to_string()).collect()
}

#[test]
fn providers_of_terraform_0_12_have_no_host() {
    let state = state!("terraform-0.12");
    let providers: Vec<_> = state.resources.iter().map(|resource| resource.provider.clone()).collect();
    assert!(providers.iter().all(|provider| provider.source.name == "aws" && provider.source.is_bare()));
    assert_eq!(providers[1].alias.as_deref(), Some("west"));
    assert_eq!(providers[2].to_string(), "module.net.provider.aws");
    assert_eq!(state.resources[2].mode, Mode::Data);
    assert_eq!(addresses(&state), ["aws_vpc.main", "aws_subnet.a[0]"], "what is read is not managed");
    assert_eq!(state.resources[1].instances[0].dependencies(), ["aws_vpc.main"]);
}

#[test]
fn modules_have_keys_and_nest() {
    let state = state!("modules");
    let nested = r#"module.net.module.zone["eu-west-1a"].module.tier[2].aws_subnet.a"#;
    assert_eq!(addresses(&state), ["module.net.aws_vpc.main", nested]);
    assert_eq!(state.resources[1].module.len(), 3);
    assert_eq!(state.resources[1].provider.alias.as_deref(), Some("west"));
}

#[test]
fn count_gives_numbers() {
    let state = state!("count");
    assert_eq!(addresses(&state), ["aws_eip.nat[0]", "aws_eip.nat[1]", "aws_eip.nat[10]"]);
    assert_eq!(state.resources[0].instances[2].index_key, Some(IndexKey::Int(10)));
}

#[test]
fn for_each_gives_any_text() {
    let state = state!("for-each");
    assert_eq!(
        addresses(&state),
        [
            r#"aws_eip.nat["a"]"#,
            r#"aws_eip.nat["with \"quotes\""]"#,
            r#"aws_eip.nat["$${not.a.reference}"]"#,
            r#"aws_eip.nat["zürich/1"]"#,
            r#"aws_eip.nat["0"]"#,
            r#"aws_eip.nat[""]"#,
        ]
    );
    assert_eq!(state.resources[0].instances[4].index_key, Some(IndexKey::Str("0".into())), "a text stays one");
}

#[test]
fn deposed_objects_stand_beside_the_current_one_or_alone() {
    let state = state!("deposed");
    let found: Vec<_> = state.managed().map(|managed| (managed.id(), managed.instance.deposed.as_deref())).collect();
    assert_eq!(
        found,
        [
            (Some("i-new"), None),
            (Some("i-old"), Some("0badcafe")),
            (Some("i-older"), Some("1badcafe")),
            (Some("i-left"), Some("2badcafe")),
        ]
    );
}

#[test]
fn a_tainted_object_says_so() {
    let state = state!("tainted");
    let [first, second] = &state.resources[0].instances[..] else { panic!("two") };
    assert!(first.is_tainted() && !first.create_before_destroy);
    assert!(!second.is_tainted() && second.create_before_destroy);
}

#[test]
fn flat_attributes_become_a_tree() {
    let state = state!("flat-attributes");
    let attributes = state.resources[0].instances[0].attributes();
    assert_eq!(attributes["id"], json!("sg-1"));
    assert_eq!(attributes["tags"], json!({"Name": "web", "Team": "shop"}));
    assert_eq!(attributes["ingress"][0]["cidr_blocks"], json!(["10.0.0.0/8", "192.168.0.0/16"]));
    assert_eq!(attributes["empty"], json!([]));
}

#[test]
fn sensitive_paths_hide_just_what_they_name() {
    let state = state!("sensitive");
    let shown = state.resources[0].instances[0].redacted_attributes();
    assert_eq!(
        Value::Object(shown),
        json!({
            "id": "db-1", "username": "shop", "password": SENSITIVE,
            "config": [{"name": "tls", "secret": "s3cret"}, {"name": "pool", "secret": SENSITIVE}],
            "tokens": {"a b": SENSITIVE, "open": "no"},
        })
    );
    assert_eq!(state.outputs()["password"].redacted(), json!(SENSITIVE));
    assert_eq!(state.outputs()["user"].redacted(), json!("shop"));
}

#[test]
fn opentofu_says_more_of_an_instance() {
    let state = state!("opentofu");
    let keys: Vec<_> = state.managed().map(|managed| managed.provider().key.clone()).collect();
    assert_eq!(keys, [Some(IndexKey::Str("eu-west-1".into())), Some(IndexKey::Str("eu-central-1".into()))]);
    let instance = &state.resources[0].instances[0];
    assert!(instance.skip_destroy);
    assert_eq!(instance.depends_on(), ["aws_vpc.other"]);
    assert_eq!(serde_json::to_value(&state).expect("json")["encryption_notes"], json!("kept as it is"));
}

#[test]
fn an_identity_is_kept_apart_from_the_attributes() {
    let state = state!("identity");
    let managed = state.managed().next().expect("one");
    let identity = managed.instance.identity().expect("identity");
    assert_eq!((identity["account_id"].as_str(), identity.len()), (Some("123456789012"), 3));
    assert_eq!(managed.instance.identity_schema_version, Some(0));
    assert!(!managed.attributes().contains_key("account_id"));
    assert_eq!(managed.region().expect("region").as_str(), "eu-west-1");
}

#[test]
fn numbers_keep_every_digit() {
    let state = state!("big-numbers");
    let attributes = state.resources[0].instances[0].attributes();
    assert_eq!(attributes["above_2_53"].as_u64(), Some(9_007_199_254_740_993));
    assert_eq!(state.serial, 9_007_199_254_740_993);
    assert_eq!(state.outputs()["serial"].value.as_u64(), Some(9_007_199_254_740_993));
    // Beyond 64 bits a value that was read is the nearest float; the state that is written again has each digit.
    assert!(attributes["above_u64"].is_f64());
    let written = serde_json::to_string(&state).expect("json");
    for digits in ["123456789012345678901234567890", "0.1000000000000000055511151231257827", "1e-30"] {
        assert!(written.contains(digits), "{digits}");
    }
}
