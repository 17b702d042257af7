//! States as Terraform and OpenTofu write them, and what people give in their place.

use pilotlight_findings::{Code, Explain, SENSITIVE, codes};
use pilotlight_tfstate::{Mode, State};
use serde_json::json;

fn wrap(resources: &str) -> String {
    format!(
        "{{\n\"version\": 4, \"terraform_version\": \"1.11.4\", \"serial\": 1, \"lineage\": \"l\", \"outputs\": {{}},\n\
         \"resources\": [{resources}], \"check_results\": null\n}}"
    )
}

fn resource(instances: &str) -> String {
    format!(
        "{{\"mode\": \"managed\", \"type\": \"aws_vpc\", \"name\": \"a\",\n \
         \"provider\": \"provider[\\\"registry.terraform.io/hashicorp/aws\\\"]\",\n\"instances\": [{instances}]}}"
    )
}

fn fails(text: &str) -> (String, Code, String) {
    let error = State::parse("x.tfstate", text.as_bytes()).expect_err(text);
    (error.to_string(), error.code(), error.remedy().expect("remedy"))
}

#[test]
fn what_is_no_state_is_told_apart() {
    for (text, code, message, remedy) in [
        ("", codes::S_EMPTY, "x.tfstate:1:1: the state file is empty", "apply the stack"),
        (" \n", codes::S_EMPTY, "x.tfstate:1:1: the state file is empty", "apply the stack"),
        (
            "[]",
            codes::S_NOT_STATE,
            "x.tfstate:1:1: it is not a Terraform state: the document is an array",
            "state pull",
        ),
        ("{}", codes::S_NOT_STATE, "x.tfstate:1:1: it is not a Terraform state: it has no version", "state pull"),
        (
            "{\"version\": 4,\n \"serial\": }",
            codes::S_SYNTAX,
            "x.tfstate:2:12: it is not JSON: expected value",
            "state pull",
        ),
        (
            "{\"version\": 3, \"serial\": 1, \"modules\": []}",
            codes::S_VERSION,
            "has state version 3",
            "upgrades the state",
        ),
        (
            "{\"version\": 5}",
            codes::S_VERSION,
            "has state version 5; this release knows version 4",
            "use a newer release of pilotlight, or give pull:DIR, where DIR is its root module's folder",
        ),
        (
            "{\"resources\": {\"of\": \"another shape\"}, \"version\": 5}",
            codes::S_VERSION,
            "has state version 5",
            "newer release",
        ),
        (
            "{\"version\": \"4\"}",
            codes::S_SHAPE,
            "x.tfstate:1:13 (version): a whole number is wanted here",
            "restore that one",
        ),
        (
            "{\"serial\": 1, \"lineage\": \"l\", \"meta\": {}, \"encrypted_data\": \"e\", \"encryption_version\": \"v0\"}",
            codes::S_ENCRYPTED,
            "x.tfstate:1:1: it is encrypted by OpenTofu",
            "use pull:DIR, the folder of the stack, as the state: tofu then decrypts it",
        ),
        (
            "{\"format_version\": \"2.0\", \"values\": {}}",
            codes::S_VERSION,
            "x.tfstate:1:1: it is what `show -json` prints, in format version 2.0; this release knows 0.x and 1.x",
            "give the state itself",
        ),
        (
            "{\"format_version\": \"1.0\", \"valid\": true, \"error_count\": 0}",
            codes::S_NOT_STATE,
            "x.tfstate:1:1: it is not a Terraform state: it has \"valid\", and no \"values\"",
            "state pull",
        ),
        (
            "{\"version\": \"ENC[AES256_GCM,data:NA==]\", \"resources\": \"ENC[x]\", \"sops\": {\"version\": \"3.9\"}}",
            codes::S_ENCRYPTED,
            "x.tfstate:1:1: it is encrypted by sops",
            "sops decrypt",
        ),
        (
            "{\"format_version\": \"1.2\", \"planned_values\": {}}",
            codes::S_NOT_STATE,
            "prints of a plan, not a state",
            "not a plan",
        ),
        (
            "{\"version\": 3, \"backend\": {\"type\": \"s3\"}}",
            codes::S_NOT_STATE,
            "only says which backend keeps the state",
            "s3://",
        ),
        (
            "{\"version\": 4, \"version\": 4}",
            codes::S_SHAPE,
            "(version): the field \"version\" stands twice",
            "restore that one",
        ),
    ] {
        let (error, found, help) = fails(text);
        assert!(error.starts_with("read state x.tfstate:") && error.contains(message), "{text}\n{error}");
        assert_eq!(found, code, "{text}");
        assert!(help.contains(remedy), "{text}\n{help}");
    }
}

#[test]
fn bytes_that_are_not_utf8_have_a_place() {
    let error = State::parse("x.tfstate", b"{\n\"a\": \"\xff\"}").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "read state x.tfstate:2:7: it is not JSON: the bytes are not UTF-8");
    assert!(
        State::parse("x.tfstate", format!("\u{feff}{}", wrap("")).as_bytes()).is_ok(),
        "a byte order mark is no error"
    );
}

#[test]
fn a_broken_field_is_named_by_line_and_path() {
    for (instances, message) in [
        (
            "{\n\"schema_version\": \"x\"}",
            "6:19 (resources[0].instances[0].schema_version): a whole number is wanted here, invalid type: string \"x\", expected u64",
        ),
        ("{\"attributes\": []}", "(resources[0].instances[0].attributes): an object of attributes is wanted here"),
        (
            "{\"attributes\": {}, \"attributes_flat\": {}}",
            "(resources[0].instances[0]): the instance has both attributes and attributes_flat",
        ),
        (
            "{\"index_key\": 1.5}",
            "(resources[0].instances[0].index_key): an index key is wanted here, invalid type: floating point `1.5`, expected a whole number or a string",
        ),
        (
            "{\"sensitive_attributes\": [[{\"type\": \"x\"}]]}",
            "(resources[0].instances[0].sensitive_attributes[0]): a step with the type get_attr",
        ),
        ("7", "(resources[0].instances[0]): an object is wanted here, not a number"),
    ] {
        let (error, code, _) = fails(&wrap(&resource(instances)));
        assert!(error.contains(message), "{error}");
        assert_eq!(code, codes::S_SHAPE);
    }
    let provider = "{\"mode\": \"managed\", \"type\": \"t\", \"name\": \"n\", \"provider\": \"aws\"}";
    assert!(fails(&wrap(provider)).0.contains("(resources[0].provider): \"aws\" is no provider address"));
    let mode = "{\"mode\": \"odd\", \"type\": \"t\", \"name\": \"n\", \"provider\": \"provider.aws\"}";
    assert!(
        fails(&wrap(mode))
            .0
            .contains("(resources[0].mode): managed, data or ephemeral is wanted here, unknown variant `odd`")
    );
}

#[test]
fn an_address_stands_once() {
    let one = resource("{\"index_key\": \"x\", \"attributes\": {}}");
    let (error, code, _) = fails(&wrap(&format!("{one},\n{one}")));
    assert!(
        error.contains(
            "(resources[1].instances[0]): aws_vpc.a[\"x\"] stands twice; it was first at resources[0].instances[0]"
        ),
        "{error}"
    );
    assert_eq!(code, codes::S_DUPLICATE);

    let deposed = "{\"attributes\": {}}, {\"deposed\": \"0badcafe\", \"attributes\": {}}, {\"deposed\": \"1badcafe\"}";
    let state = State::parse("x", wrap(&resource(deposed)).as_bytes()).expect("a deposed object has its own key");
    assert_eq!(state.managed().filter(|managed| managed.is_deposed()).count(), 2);
}

#[test]
fn what_opentofu_adds_and_what_is_unknown_is_kept() {
    let text = wrap(
        r#"{"module": "module.net[\"a\"]", "mode": "managed", "type": "aws_vpc", "name": "main", "each": "map", "colour": "blue",
            "provider": "module.net.provider[\"registry.opentofu.org/hashicorp/aws\"].by_region",
            "instances": [{"index_key": 9223372036854775807, "status": "tainted", "schema_version": 1,
              "attributes": {"id": "vpc-1", "big": 123456789012345678901234567890, "exact": 1.10, "region": "eu-west-1"},
              "attributes_flat": null, "sensitive_attributes": [], "identity": {"id": "vpc-1"}, "identity_schema_version": 2,
              "provider": "module.net.provider[\"registry.opentofu.org/hashicorp/aws\"].by_region[\"eu-west-1\"]",
              "dependencies": ["aws_x.y"], "depends_on": ["aws_x.z"], "create_before_destroy": true, "skip_destroy": true}]}"#,
    );
    let state = State::parse("x", text.as_bytes()).expect("state");
    let managed = state.managed().next().expect("one");
    assert_eq!(managed.address().to_string(), "module.net[\"a\"].aws_vpc.main[9223372036854775807]");
    assert_eq!(managed.provider().key, Some(pilotlight_tfstate::IndexKey::Str("eu-west-1".into())));
    assert_eq!(managed.region().expect("region").as_str(), "eu-west-1");
    let instance = managed.instance;
    assert!(instance.is_tainted() && instance.create_before_destroy && instance.skip_destroy);
    assert_eq!((instance.depends_on(), instance.identity_schema_version), (vec!["aws_x.z".to_owned()], Some(2)));
    assert_eq!(instance.identity().and_then(|identity| identity.get("id")), Some(&json!("vpc-1")));
    assert_eq!(serde_json::to_string(&state).expect("json"), text, "as it was written, to the digit");
}

#[test]
fn flat_attributes_are_read() {
    let text = wrap(&resource(r#"{"attributes_flat": {"id": "vpc-1", "tags.%": "1", "tags.Name": "a"}}"#));
    let state = State::parse("x", text.as_bytes()).expect("state");
    let managed = state.managed().next().expect("one");
    assert_eq!((managed.id(), managed.attributes().get("tags")), (Some("vpc-1"), Some(&json!({"Name": "a"}))));
}

#[test]
fn a_provider_has_a_region_where_its_resources_agree() {
    let with = |name: &str, provider: &str, attributes: &str| {
        format!(
            "{{\"mode\": \"managed\", \"type\": \"aws_x\", \"name\": \"{name}\", \"provider\": \"{provider}\", \
             \"instances\": [{{\"attributes\": {attributes}}}]}}"
        )
    };
    let text = wrap(
        &[
            with("a", "provider.aws", r#"{"arn": "arn:aws:ec2:eu-west-1:1:vpc/vpc-1"}"#),
            with("b", "provider.aws", r#"{"arn": "arn:aws:iam::1:role/x"}"#),
            with("c", "provider.aws.two", r#"{"availability_zone": "eu-central-1b"}"#),
            with("d", "provider.aws.six", r#"{"region": "eu-west-1"}"#),
            with("e", "provider.aws.six", r#"{"region": "eu-west-2"}"#),
        ]
        .join(","),
    );
    let regions = State::parse("x", text.as_bytes()).expect("state").provider_regions();
    let found: Vec<_> = regions.iter().map(|(provider, region)| (provider.to_string(), region.to_string())).collect();
    assert_eq!(
        found,
        [("provider.aws".into(), "eu-west-1".into()), ("provider.aws.two".into(), "eu-central-1".to_owned())]
    );
}

#[test]
fn a_state_of_terraform_1_11_redacts_what_is_sensitive() {
    let state = State::parse("t", include_bytes!("fixtures/terraform-data.tfstate")).expect("state");
    let secret = state.managed().find(|managed| managed.resource.name == "secret").expect("secret");
    assert!(secret.attributes()["input"].to_string().contains("hunter2"), "the value itself is there");
    assert_eq!(secret.redacted_attributes()["input"]["value"], json!({"user": "shop", "password": SENSITIVE}));
    assert_eq!(state.outputs()["password"].redacted(), json!(SENSITIVE));
    assert_eq!(state.outputs()["password"].value, json!("hunter2"));
    assert_eq!(state.outputs()["sum"].redacted(), json!(2));
    let addresses: Vec<String> = state.managed().map(|managed| managed.address().to_string()).collect();
    assert!(addresses.contains(&r#"module.zone["we\"ird $${x}"].terraform_data.x[1]"#.to_owned()), "{addresses:?}");
    assert!(state.resources.iter().all(|resource| resource.mode == Mode::Managed));
}

proptest::proptest! {
    #[test]
    fn a_damaged_state_is_an_error_or_a_state_and_never_a_panic(at in 0usize..6000, byte: u8, cut: bool) {
        let mut bytes = include_bytes!("fixtures/terraform-data.tfstate").to_vec();
        let at = at % bytes.len();
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        // The last byte is a line break, which a state can do without.
        let whole = !cut || at + 1 >= include_bytes!("fixtures/terraform-data.tfstate").len();
        match State::parse("x", &bytes) {
            Ok(_) => assert!(whole, "a state that was cut off at byte {at} was read"),
            Err(error) => {
                assert!(error.to_string().starts_with("read state x:"), "{error}");
                assert!(error.span.start.line >= 1 && error.span.bytes.0 <= bytes.len());
            }
        }
    }
}
