//! What lets the Internet in, and what closes it again.

use pilotlight_drift::{DriftInput, LiveObject, LiveSnapshot, PlaceLive, Routing, StackState, decide};
use pilotlight_findings::{Evidence, Region, Severity, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};

#[test]
fn a_network_acl_that_opens_tells_the_rule_and_what_closes_it() {
    let rule = |number: u32, cidr: &str| {
        json!({
            "rule_no": number, "action": "allow", "protocol": "tcp", "cidr_block": cidr, "ipv6_cidr_block": "",
            "from_port": 443, "to_port": 443,
        })
    };
    let (inside, world) = (rule(90, "10.0.0.0/8"), rule(100, "0.0.0.0/0"));
    let told_inside = json!({
        "rule_no": 90, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.0.0/8", "ipv6_cidr_block": null,
        "from_port": 443, "to_port": 443, "icmp_type": 0,
    });
    let (list, own) = (
        json!({"id": "acl-1", "ingress": [inside]}),
        json!({
            "id": "nacl-1", "network_acl_id": "acl-2", "rule_number": 100, "egress": false, "rule_action": "allow",
            "protocol": "6", "cidr_block": "10.0.0.0/8", "from_port": 443, "to_port": 443,
        }),
    );
    let resource = |kind: &str, attributes: Value| {
        json!({
            "mode": "managed", "type": kind, "name": "x",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 0, "attributes": attributes}],
        })
    };
    let resources = [resource("aws_network_acl", list), resource("aws_network_acl_rule", own)];
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    let state = State::parse("x.tfstate", document.to_string().as_bytes()).expect("state");
    let region = Region::new("eu-west-1").expect("region");
    let object = |id: &str, attributes: Value| {
        LiveObject::new("aws_network_acl", id, attributes.as_object().expect("attributes").clone())
    };
    let objects = vec![
        object("acl-1", json!({"ingress": [world, told_inside]})),
        object("acl-2", json!({"ingress": [world], "egress": []})),
    ];
    let live = [PlaceLive::native(region.clone(), LiveSnapshot { objects, ..LiveSnapshot::default() })];
    let stacks = [StackState::new("s", region, &state)];
    let outcome = decide(&DriftInput::of(&stacks, &Routing::native(), &live));
    let [of_list, of_rule] = &outcome.findings[..] else { panic!("{:?}", outcome.findings) };
    for finding in [of_list, of_rule] {
        assert_eq!((finding.code, finding.severity), (codes::D_OPENED, Severity::Critical), "{finding:?}");
    }
    // The rule that is as it was is told in the words of the state, so that the other one stands out.
    assert_eq!(of_list.evidence, [Evidence::change("ingress", json!([inside]), json!([world, inside]))]);
    assert!(of_list.remedy.as_deref().expect("remedy").contains("delete-network-acl-entry --region eu-west-1"));
    assert_eq!(of_rule.message, r#"it lets the Internet in: cidr_block is "0.0.0.0/0", and "10.0.0.0/8" in the state"#);
    assert!(of_rule.remedy.as_deref().expect("remedy").starts_with("apply the stack"), "an apply puts it back");
}
