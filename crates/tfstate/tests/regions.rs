//! Regions and accounts that attributes tell, in states of several of each, and states with nothing to manage.

use pilotlight_tfstate::State;
use serde_json::{Value, json};

fn state(resources: &[(&str, &str, Value)]) -> State {
    let resources: Vec<Value> = resources
        .iter()
        .enumerate()
        .map(|(index, (resource_type, provider, attributes))| {
            json!({
                "mode": if resource_type.starts_with("data.") { "data" } else { "managed" },
                "type": resource_type.trim_start_matches("data."), "name": format!("r{index}"), "provider": provider,
                "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
            })
        })
        .collect();
    let text = json!({
        "version": 4, "terraform_version": "1.13.0", "serial": 1, "lineage": "l", "outputs": {}, "resources": resources,
    });
    State::parse("x", text.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

const AWS: &str = "provider[\"registry.terraform.io/hashicorp/aws\"]";

#[test]
fn provider_6_puts_each_resource_in_a_region_of_its_own() {
    let state = state(&[
        (
            "aws_vpc",
            AWS,
            json!({"id": "vpc-1", "region": "eu-west-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"}),
        ),
        (
            "aws_vpc",
            AWS,
            json!({"id": "vpc-2", "region": "us-east-1", "arn": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-2"}),
        ),
        ("aws_iam_role", AWS, json!({"id": "r", "arn": "arn:aws:iam::111122223333:role/r"})),
        (
            "aws_s3_bucket",
            AWS,
            json!({"id": "b", "region": "eu-central-1", "bucket_region": "eu-central-1", "arn": "arn:aws:s3:::b"}),
        ),
        ("aws_route53_record", AWS, json!({"id": "Z1_a_A"})),
        // A text that is no region does not hide the one that the ARN has.
        ("aws_x", AWS, json!({"id": "x", "region": "", "arn": "arn:aws-us-gov:ec2:us-gov-west-1:444455556666:x/y"})),
        ("aws_y", AWS, json!({"id": "y", "region": "somewhere", "availability_zone": "cn-north-1a"})),
        ("aws_z", AWS, json!({"id": "z", "region": 7, "arn": ["arn:aws:ec2:eu-west-1:1:x"]})),
    ]);
    let regions: Vec<_> = state.managed().map(|managed| managed.region().map(|region| region.to_string())).collect();
    let regions: Vec<_> = regions.iter().map(Option::as_deref).collect();
    assert_eq!(
        regions,
        [
            Some("eu-west-1"),
            Some("us-east-1"),
            None,
            Some("eu-central-1"),
            None,
            Some("us-gov-west-1"),
            Some("cn-north-1"),
            None,
        ]
    );
    assert!(
        state.provider_regions().is_empty(),
        "one provider in several regions is in none: {:?}",
        state.provider_regions()
    );
    for managed in state.managed() {
        let before = managed.region();
        managed.attributes();
        assert_eq!(managed.region(), before, "the same from the text as from the attributes");
    }
}

#[test]
fn an_account_is_told_by_an_arn_or_an_owner() {
    let state = state(&[
        ("aws_vpc", AWS, json!({"arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", "owner_id": "999999999999"})),
        ("aws_network_interface", AWS, json!({"owner_id": "444455556666"})),
        ("aws_s3_bucket", AWS, json!({"arn": "arn:aws:s3:::b"})),
        ("aws_iam_policy", AWS, json!({"arn": "arn:aws:iam::aws:policy/AdministratorAccess"})),
        ("aws_iam_role", AWS, json!({"arn": "arn:aws-cn:iam::777788889999:role/r"})),
        ("aws_x", AWS, json!({"arn": "none", "owner_id": "amazon"})),
        ("aws_y", AWS, json!({"name": "caf\u{e9} \"quoted\"", "owner_id": "12345678901\u{660}"})),
    ]);
    let accounts: Vec<_> = state.managed().map(|managed| managed.account()).collect();
    assert_eq!(accounts, [Some("111122223333"), Some("444455556666"), None, None, Some("777788889999"), None, None]);
}

#[test]
fn a_text_is_read_from_the_text_whatever_it_has_in_it() {
    let state = state(&[(
        "aws_x",
        AWS,
        json!({"description": "a \"b\" \\ \n c", "empty": "", "id": "x", "name": "id", "nothing": null, "tags": {"id": "y", "arn": "z"}}),
    )]);
    let instance = &state.resources[0].instances[0];
    for _ in 0..2 {
        assert_eq!(instance.text("description"), Some("a \"b\" \\ \n c"));
        assert_eq!(instance.text("name"), Some("id"));
        assert_eq!(
            (instance.text("empty"), instance.text("nothing"), instance.text("tags"), instance.text("arn")),
            (None, None, None, None)
        );
        assert_eq!(instance.id(), Some("x"));
        instance.attributes();
    }
}

#[test]
fn states_without_anything_to_manage_are_states() {
    let data = state(&[("data.aws_region", AWS, json!({"id": "eu-west-1", "region": "eu-west-1"}))]);
    assert_eq!((data.resources.len(), data.managed().count()), (1, 0));
    assert!(data.provider_regions().is_empty(), "what is read says nothing of where things are made");
    for text in [
        r#"{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}, "resources": []}"#,
        r#"{"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": [], "check_results": null}"#,
        r#"{"version": 4, "resources": null, "outputs": null}"#,
        r#"{"version": 4}"#,
    ] {
        let state = State::parse("x", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((state.managed().count(), state.outputs().len()), (0, 0), "{text}");
    }
    let empty_block = r#"{"version": 4, "resources": [{"mode": "managed", "type": "aws_vpc", "name": "a",
        "provider": "provider.aws", "instances": []}]}"#;
    assert_eq!(State::parse("x", empty_block.as_bytes()).expect("state").managed().count(), 0);
}
