//! Objects that no state has as their own, and that came with one that a state has.

use pilotlight_drift::{DriftInput, LiveObject, LiveSnapshot, Place, PlaceLive, ReadBy, Routing, StackState, decide};
use pilotlight_findings::{Region, Subject, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};

fn unmanaged(state: &[(&str, Value)], live: &[(&str, Value)]) -> Vec<String> {
    let resource = |(kind, attributes): &(&str, Value)| {
        json!({
            "mode": "managed", "type": kind, "name": "x",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 0, "attributes": attributes}],
        })
    };
    let resources: Vec<Value> = state.iter().map(resource).collect();
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    let state = State::parse("x.tfstate", document.to_string().as_bytes()).expect("state");
    let region = Region::new("eu-west-1").expect("region");
    let stacks = [StackState::new("s", region.clone(), &state)];
    let object = |(kind, attributes): &(&str, Value)| {
        let id = attributes["id"].as_str().expect("id");
        LiveObject::new(*kind, id, attributes.as_object().expect("attributes").clone())
    };
    let snapshot = LiveSnapshot { objects: live.iter().map(object).collect(), ..LiveSnapshot::default() };
    let place = Place { role: None, region };
    let live = [PlaceLive { everything: true, ..PlaceLive::native(place.region, snapshot) }];
    assert_eq!(live[0].read_by, ReadBy::Native);
    let found = decide(&DriftInput::of(&stacks, &Routing::native(), &live)).findings;
    let ids = found.into_iter().filter(|finding| finding.code == codes::D_UNMANAGED).map(|finding| {
        let Subject::CloudObject { id, .. } = finding.subject else { panic!("{}", finding.subject) };
        id
    });
    ids.collect()
}

#[test]
fn what_came_with_an_object_is_known_by_it() {
    let state = [
        (
            "aws_instance",
            json!({
                "id": "i-1", "primary_network_interface_id": "eni-1", "root_block_device": [{"volume_id": "vol-1"}],
                "ebs_block_device": [{"volume_id": "vol-2"}],
            }),
        ),
        ("aws_vpc_endpoint", json!({"id": "vpce-1", "network_interface_ids": ["eni-2", "eni-3"]})),
        (
            "aws_main_route_table_association",
            json!({"id": "rtbassoc-1", "original_route_table_id": "rtb-1", "route_table_id": "rtb-2"}),
        ),
    ];
    let object = |kind: &'static str, id: &str| (kind, json!({"id": id}));
    let mut live: Vec<(&str, Value)> = ["vol-1", "vol-2", "vol-9"].map(|id| object("aws_ebs_volume", id)).into();
    live.extend(["eni-1", "eni-2", "eni-3", "eni-9"].map(|id| object("aws_network_interface", id)));
    live.extend(["rtb-1", "rtb-9"].map(|id| object("aws_route_table", id)));
    let mut found = unmanaged(&state, &live);
    found.sort();
    assert_eq!(found, ["eni-9", "rtb-9", "vol-9"]);
}

#[test]
fn a_record_is_known_however_its_state_writes_its_name() {
    let of_state = |name: &str| {
        json!({
            "id": format!("Z1_{name}_A_one"), "zone_id": "Z1", "name": name, "fqdn": "www.shop.test", "type": "A",
            "set_identifier": "one",
        })
    };
    let live = |name: &str| {
        let id = format!("Z1_{name}_A_one");
        json!({"id": id, "zone_id": "Z1", "name": name, "type": "A", "set_identifier": "one"})
    };
    for name in ["www", "www.shop.test", "WWW"] {
        let state = [("aws_route53_record", of_state(name))];
        let live = [("aws_route53_record", live("www.shop.test")), ("aws_route53_record", live("mail.shop.test"))];
        assert_eq!(unmanaged(&state, &live), ["Z1_mail.shop.test_A_one"], "{name}");
    }
}

#[test]
fn an_association_that_shows_nowhere_else_is_an_object() {
    let live = [
        ("aws_route_table_association", json!({"id": "rtbassoc-1"})),
        ("aws_ec2_transit_gateway_vpc_attachment", json!({"id": "tgw-attach-1"})),
        ("aws_volume_attachment", json!({"id": "vai-1"})),
    ];
    assert_eq!(unmanaged(&[], &live).len(), 2);
}

#[test]
fn what_a_service_made_for_an_object_is_known_by_it() {
    let state = [
        ("aws_efs_mount_target", json!({"id": "fsmt-1", "network_interface_id": "eni-1"})),
        ("aws_directory_service_directory", json!({"id": "d-1", "security_group_id": "sg-1"})),
        ("aws_eks_cluster", json!({"id": "k", "vpc_config": [{"cluster_security_group_id": "sg-2"}]})),
        ("aws_service_discovery_private_dns_namespace", json!({"id": "ns-1", "hosted_zone": "/hostedzone/Z1"})),
    ];
    let record = |zone: &str| json!({"id": format!("{zone}_a_A"), "zone_id": zone, "name": "a.svc.test", "type": "A"});
    let live = [
        ("aws_network_interface", json!({"id": "eni-1"})),
        ("aws_security_group", json!({"id": "sg-1"})),
        ("aws_security_group", json!({"id": "sg-2"})),
        ("aws_security_group", json!({"id": "sg-3"})),
        ("aws_route53_zone", json!({"id": "Z1"})),
        ("aws_route53_zone", json!({"id": "Z2"})),
        ("aws_route53_record", record("Z1")),
        ("aws_route53_record", record("Z2")),
    ];
    let mut found = unmanaged(&state, &live);
    found.sort_unstable();
    assert_eq!(found, ["Z2", "Z2_a_A", "sg-3"]);
}

#[test]
fn a_hook_that_its_group_was_made_with_is_known_by_the_group() {
    let state = [(
        "aws_autoscaling_group",
        json!({"id": "web", "name": "web", "initial_lifecycle_hook": [{"name": "warm"}, {"name": "drain"}]}),
    )];
    let live = ["web/warm", "web/drain", "web/by-hand", "other/warm"]
        .map(|id| ("aws_autoscaling_lifecycle_hook", json!({"id": id})));
    assert_eq!(unmanaged(&state, &live), ["other/warm", "web/by-hand"]);
}

#[test]
fn a_peering_connection_is_known_at_both_its_ends() {
    let live = ["pcx-1", "pcx-9"].map(|id| ("aws_vpc_peering_connection", json!({"id": id})));
    let accepter = json!({"id": "pcx-1", "vpc_peering_connection_id": "pcx-1"});
    assert_eq!(unmanaged(&[("aws_vpc_peering_connection_accepter", accepter)], &live), ["pcx-9"]);
    // The one who asks has it in his region; here the other one's is read.
    let requester = json!({"id": "pcx-1", "arn": "arn:aws:ec2:us-east-1:1:x/pcx-1", "peer_region": "eu-west-1", "region": "us-east-1"});
    assert_eq!(unmanaged(&[("aws_vpc_peering_connection", requester)], &live), ["pcx-9"]);
}

#[test]
fn what_a_user_or_group_was_given_by_hand_is_told_unless_a_list_has_it() {
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    let attached = |user: &str| {
        ("aws_iam_user_policy_attachment", json!({"id": format!("{user}/{arn}"), "user": user, "policy_arn": arn}))
    };
    let ops =
        ("aws_iam_group_policy_attachment", json!({"id": format!("ops/{arn}"), "group": "ops", "policy_arn": arn}));
    let inline = ("aws_iam_user_policy", json!({"id": "ann:sneak", "user": "ann", "name": "sneak"}));
    let member =
        |groups: Value| ("aws_iam_user_group_membership", json!({"id": "ann", "user": "ann", "groups": groups}));
    let live = [attached("ann"), attached("nobody"), ops, inline, member(json!(["dev", "ops"]))];
    let mut state = vec![
        ("aws_iam_user", json!({"id": "ann", "name": "ann"})),
        ("aws_iam_group", json!({"id": "ops", "name": "ops"})),
    ];
    let told = |state: &[(&str, Value)]| {
        let mut told = unmanaged(state, &live);
        told.sort();
        told
    };
    let (of_ann, of_ops) = (format!("ann/{arn}"), format!("ops/{arn}"));
    assert_eq!(told(&state), ["ann".to_owned(), of_ann.clone(), "ann:sneak".to_owned(), of_ops.clone()]);

    state.push(("aws_iam_user_group_membership", json!({"id": "m", "user": "ann", "groups": ["dev"]})));
    state.push(("aws_iam_policy_attachment", json!({"id": "p", "policy_arn": arn, "users": ["ann"], "groups": []})));
    state.push(("aws_iam_user_policies_exclusive", json!({"user_name": "ann", "policy_names": []})));
    assert_eq!(told(&state), ["ann".to_owned(), of_ops.clone()], "ops is a group that no state puts ann into");
    state.push(("aws_iam_group_membership", json!({"id": "g", "group": "ops", "users": []})));
    assert_eq!(told(&state), [of_ops], "the list of the group's members tells of ann");
}
