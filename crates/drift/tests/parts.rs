//! Parts of an object that resources of their own own, and policies that the state's provider did not know.

use pilotlight_drift::{DriftInput, LiveObject, LiveSnapshot, PlaceLive, Routing, StackState, decide, wanted};
use pilotlight_findings::{Region, Subject, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};

fn region() -> Region {
    Region::new("eu-west-1").expect("region")
}

fn state(resources: &[(&str, &Value)]) -> State {
    let resource = |(index, (kind, attributes)): (usize, &(&str, &Value))| {
        let name = if index == 0 { "x".to_owned() } else { format!("x{index}") };
        json!({
            "mode": "managed", "type": kind, "name": name, "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 0, "attributes": attributes}],
        })
    };
    let resources: Vec<Value> = resources.iter().enumerate().map(resource).collect();
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    State::parse("x.tfstate", document.to_string().as_bytes()).expect("state")
}

/// The addresses of what was found changed of an object, where another stack has `owners`.
fn changed(kind: &str, was: &Value, is: &Value, owners: &[(&str, &Value)]) -> Vec<String> {
    let (host, other) = (state(&[(kind, was)]), state(owners));
    let stack = |state, judged| StackState { side: None, judged, ..StackState::new("s", region(), state) };
    let stacks = [stack(&host, true), stack(&other, false)];
    let object = LiveObject::new(kind, was["id"].as_str().expect("id"), is.as_object().expect("attributes").clone());
    let snapshot = LiveSnapshot { objects: vec![object], ..LiveSnapshot::default() };
    let live = [PlaceLive::native(region(), snapshot)];
    decide(&DriftInput::of(&stacks, &Routing::native(), &live))
        .findings
        .iter()
        .map(|finding| {
            assert!(
                [codes::D_CHANGED, codes::D_EXPOSED, codes::D_RECORD_MOVED, codes::D_WEAKENED].contains(&finding.code),
                "{finding:?}"
            );
            let Subject::Resource { address, .. } = &finding.subject else { panic!("{}", finding.subject) };
            address.clone()
        })
        .collect()
}

#[test]
fn what_another_resource_owns_is_no_drift_of_the_object() {
    for (kind, was, is, owner, owned) in [
        (
            "aws_subnet",
            json!({"id": "subnet-1", "tags_all": {"Name": "a"}}),
            json!({"tags_all": {"Name": "a", "kubernetes.io/cluster/shop": "shared"}}),
            "aws_ec2_tag",
            json!({"id": "t", "resource_id": "subnet-1", "key": "kubernetes.io/cluster/shop", "value": "shared"}),
        ),
        (
            "aws_route53_zone",
            json!({"id": "Z1", "vpc": [{"vpc_id": "vpc-1", "vpc_region": "eu-west-1"}]}),
            json!({"vpc": [{"vpc_id": "vpc-1", "vpc_region": "eu-west-1"}, {"vpc_id": "vpc-2", "vpc_region": "eu-west-1"}]}),
            "aws_route53_zone_association",
            json!({"id": "z", "zone_id": "Z1", "vpc_id": "vpc-2"}),
        ),
        (
            "aws_rds_cluster",
            json!({"id": "orders", "cluster_members": ["orders-0"]}),
            json!({"cluster_members": ["orders-1", "orders-0"]}),
            "aws_rds_cluster_instance",
            json!({"id": "orders-1", "identifier": "orders-1", "cluster_identifier": "orders"}),
        ),
        (
            "aws_route_table",
            json!({"id": "rtb-1", "propagating_vgws": ["vgw-1"]}),
            json!({"propagating_vgws": ["vgw-2", "vgw-1"]}),
            "aws_vpn_gateway_route_propagation",
            json!({"id": "p", "route_table_id": "rtb-1", "vpn_gateway_id": "vgw-2"}),
        ),
        (
            "aws_network_interface",
            json!({"id": "eni-1", "security_groups": ["sg-1"]}),
            json!({"security_groups": ["sg-2", "sg-1"]}),
            "aws_network_interface_sg_attachment",
            json!({"id": "a", "network_interface_id": "eni-1", "security_group_id": "sg-2"}),
        ),
        (
            "aws_instance",
            json!({"id": "i-1", "vpc_security_group_ids": ["sg-1"]}),
            json!({"vpc_security_group_ids": ["sg-2", "sg-1"], "primary_network_interface_id": "eni-1"}),
            "aws_network_interface_sg_attachment",
            json!({"id": "a", "network_interface_id": "eni-1", "security_group_id": "sg-2"}),
        ),
        (
            "aws_eip",
            json!({"id": "eipalloc-1", "instance": "i-old", "network_interface": "eni-old"}),
            json!({"instance": "i-new", "network_interface": "eni-new"}),
            "aws_eip_association",
            json!({"id": "e", "allocation_id": "eipalloc-1", "instance_id": "i-new"}),
        ),
        (
            "aws_vpc",
            json!({"id": "vpc-1", "ipv6_cidr_block": "2001:db8:1::/56", "ipv6_association_id": "vpc-cidr-assoc-1"}),
            json!({"ipv6_cidr_block": "2001:db8:2::/56", "ipv6_association_id": "vpc-cidr-assoc-2"}),
            "aws_vpc_ipv6_cidr_block_association",
            json!({"id": "v", "vpc_id": "vpc-1"}),
        ),
        (
            "aws_internet_gateway",
            json!({"id": "igw-1", "vpc_id": "vpc-old"}),
            json!({"vpc_id": "vpc-new"}),
            "aws_internet_gateway_attachment",
            json!({"id": "g", "internet_gateway_id": "igw-1", "vpc_id": "vpc-new"}),
        ),
        (
            "aws_vpc",
            json!({"id": "vpc-1", "dhcp_options_id": "dopt-1"}),
            json!({"dhcp_options_id": "dopt-2"}),
            "aws_vpc_dhcp_options_association",
            json!({"id": "d", "vpc_id": "vpc-1", "dhcp_options_id": "dopt-2"}),
        ),
        (
            "aws_vpn_gateway",
            json!({"id": "vgw-1", "vpc_id": ""}),
            json!({"vpc_id": "vpc-1"}),
            "aws_vpn_gateway_attachment",
            json!({"id": "a", "vpn_gateway_id": "vgw-1", "vpc_id": "vpc-1"}),
        ),
        (
            "aws_network_acl",
            json!({"id": "acl-1", "egress": [{"rule_no": 100, "action": "deny"}]}),
            json!({"egress": [{"rule_no": 100, "action": "deny"}, {"rule_no": 200, "action": "allow"}]}),
            "aws_network_acl_rule",
            json!({"id": "n", "network_acl_id": "acl-1", "rule_number": 200, "egress": true}),
        ),
        (
            "aws_network_acl",
            json!({"id": "acl-1", "ingress": []}),
            json!({"ingress": [{"rule_no": 200, "action": "allow"}]}),
            "aws_network_acl_rule",
            json!({"id": "n", "network_acl_id": "acl-1", "rule_number": 200, "egress": false}),
        ),
        (
            "aws_network_acl",
            json!({"id": "acl-1", "subnet_ids": ["subnet-1"]}),
            json!({"subnet_ids": ["subnet-1", "subnet-2"]}),
            "aws_network_acl_association",
            json!({"id": "s", "network_acl_id": "acl-1", "subnet_id": "subnet-2"}),
        ),
        (
            "aws_instance",
            json!({"id": "i-1", "ebs_block_device": []}),
            json!({"ebs_block_device": [{"device_name": "/dev/sdh", "volume_id": "vol-1"}]}),
            "aws_volume_attachment",
            json!({"id": "v", "instance_id": "i-1", "volume_id": "vol-1"}),
        ),
        (
            "aws_instance",
            json!({"id": "i-1", "associate_public_ip_address": false}),
            json!({"associate_public_ip_address": true}),
            "aws_eip",
            json!({"id": "e", "instance": "i-1"}),
        ),
        (
            "aws_network_interface",
            json!({"id": "eni-1", "attachment": []}),
            json!({"attachment": [{"instance": "i-1", "device_index": 1}]}),
            "aws_instance",
            json!({"id": "i-1", "network_interface": [{"network_interface_id": "eni-1", "device_index": 1}]}),
        ),
        (
            "aws_vpc_endpoint",
            json!({"id": "vpce-1", "policy": "{}", "subnet_ids": ["subnet-1"]}),
            json!({"policy": "{}", "subnet_ids": ["subnet-2", "subnet-1"]}),
            "aws_vpc_endpoint_subnet_association",
            json!({"id": "a", "vpc_endpoint_id": "vpce-1", "subnet_id": "subnet-2"}),
        ),
        (
            "aws_vpc_endpoint",
            json!({"id": "vpce-1", "security_group_ids": ["sg-default"]}),
            json!({"security_group_ids": ["sg-1"]}),
            "aws_vpc_endpoint_security_group_association",
            json!({
                "id": "a", "vpc_endpoint_id": "vpce-1", "security_group_id": "sg-1",
                "replace_default_association": true,
            }),
        ),
        (
            "aws_vpc_endpoint",
            json!({"id": "vpce-1", "policy": "{}"}),
            json!({"policy": "{\"Statement\": []}"}),
            "aws_vpc_endpoint_policy",
            json!({"id": "vpce-1", "vpc_endpoint_id": "vpce-1", "policy": "{\"Statement\": []}"}),
        ),
        (
            "aws_vpc_peering_connection",
            json!({"id": "pcx-1", "requester": [{"allow_remote_vpc_dns_resolution": false}]}),
            json!({"requester": [{"allow_remote_vpc_dns_resolution": true}]}),
            "aws_vpc_peering_connection_options",
            json!({"id": "pcx-1", "vpc_peering_connection_id": "pcx-1"}),
        ),
        (
            "aws_ec2_managed_prefix_list",
            json!({"id": "pl-1", "entry": []}),
            json!({"entry": [{"cidr": "10.0.0.0/8", "description": ""}]}),
            "aws_ec2_managed_prefix_list_entry",
            json!({"id": "pl-1,10.0.0.0/8", "prefix_list_id": "pl-1", "cidr": "10.0.0.0/8"}),
        ),
    ] {
        let none: Vec<String> = Vec::new();
        assert_eq!(changed(kind, &was, &is, &[(owner, &owned)]), none, "{owner}");
        // The state may have been refreshed since.
        let mut refreshed = is.clone();
        refreshed["id"] = was["id"].clone();
        assert_eq!(changed(kind, &refreshed, &is, &[(owner, &owned)]), none, "{owner}, refreshed");
        // Nobody owns it, or somebody owns a part of another object.
        let mut elsewhere = owned;
        for host in [
            "resource_id",
            "cluster_identifier",
            "zone_id",
            "route_table_id",
            "network_interface_id",
            "allocation_id",
            "internet_gateway_id",
            "vpn_gateway_id",
            "network_acl_id",
            "instance_id",
            "instance",
            "vpc_endpoint_id",
            "vpc_peering_connection_id",
            "prefix_list_id",
        ] {
            if elsewhere.get(host).is_some() {
                elsewhere[host] = json!("another");
            }
        }
        if ["aws_vpc_ipv6_cidr_block_association", "aws_vpc_dhcp_options_association"].contains(&owner) {
            elsewhere["vpc_id"] = json!("another");
        }
        if owner == "aws_instance" {
            elsewhere["network_interface"][0]["network_interface_id"] = json!("another");
        }
        for owners in [&[][..], &[(owner, &elsewhere)][..]] {
            assert_eq!(changed(kind, &was, &is, owners), [format!("{kind}.x")], "{owner} is elsewhere");
        }
    }
}

#[test]
fn a_part_that_has_its_objects_id_is_compared_itself() {
    let policy = |action: &str| {
        let document = json!({"Statement": [{"Action": action}]}).to_string();
        json!({"id": "vpce-1", "vpc_endpoint_id": "vpce-1", "policy": document})
    };
    let found = |is: &Value| changed("aws_vpc_endpoint_policy", &policy("s3:GetObject"), is, &[]).len();
    assert_eq!((found(&policy("s3:GetObject")), found(&policy("s3:PutObject"))), (0, 1));
    let options = |allowed: bool| {
        json!({
            "id": "pcx-1", "vpc_peering_connection_id": "pcx-1",
            "requester": [{"allow_remote_vpc_dns_resolution": allowed}],
        })
    };
    let kind = "aws_vpc_peering_connection_options";
    assert_eq!(changed(kind, &options(true), &options(false), &[]), [format!("{kind}.x")]);
    // What the one owns is taken out of the other.
    let accepter = |allowed: bool| json!({"id": "pcx-1", "accepter": [{"allow_remote_vpc_dns_resolution": allowed}]});
    let kind = "aws_vpc_peering_connection_accepter";
    let none: [&str; 0] = [];
    assert_eq!(
        changed(kind, &accepter(false), &accepter(true), &[("aws_vpc_peering_connection_options", &options(true))]),
        none
    );
}

#[test]
fn what_is_said_in_one_way_is_not_said_in_the_other() {
    let instance = |said: Value| {
        let mut object = json!({"id": "i-1"});
        object.as_object_mut().expect("object").extend(said.as_object().expect("object").clone());
        object
    };
    let found = |was: Value, is: Value| changed("aws_instance", &instance(was), &instance(is), &[]).len();
    let live = |text: &str| json!({"user_data": format!("hash of {text}"), "user_data_base64": text});
    for (was, same, other) in [
        (json!({"user_data": null, "user_data_base64": "YWJj"}), live("YWJj"), live("ZGVm")),
        (json!({"user_data": "hash of YWJj", "user_data_base64": null}), live("YWJj"), live("ZGVm")),
        (
            json!({"user_data": null, "user_data_base64": null}),
            json!({"user_data": null, "user_data_base64": null}),
            live("YWJj"),
        ),
        (
            json!({"volume_tags": {"a": "b"}, "root_block_device": [{"volume_size": 8, "tags_all": {}}]}),
            json!({"volume_tags": {"a": "b"}, "root_block_device": [{"volume_size": 8, "tags_all": {"a": "b"}}]}),
            json!({"volume_tags": {"a": "c"}, "root_block_device": [{"volume_size": 8, "tags_all": {"a": "c"}}]}),
        ),
        (
            json!({"volume_tags": null, "root_block_device": [{"tags_all": {"a": "b"}}]}),
            json!({"volume_tags": {"a": "b"}, "root_block_device": [{"tags_all": {"a": "b"}}]}),
            json!({"volume_tags": {"a": "c"}, "root_block_device": [{"tags_all": {"a": "c"}}]}),
        ),
        // Interfaces that were attached later are resources of their own.
        (
            json!({"network_interface": [{"device_index": 0, "network_interface_id": "eni-0"}]}),
            json!({"network_interface": [
                {"device_index": 1, "network_interface_id": "eni-1"},
                {"device_index": 0, "network_interface_id": "eni-0"},
            ]}),
            json!({"network_interface": [{"device_index": 0, "network_interface_id": "eni-9"}]}),
        ),
        (json!({"network_interface": []}), json!({"network_interface": [{"device_index": 0}]}), json!({"ami": "b"})),
    ] {
        let mut was = was;
        was["ami"] = json!("a");
        assert_eq!(found(was.clone(), same.clone()), 0, "{was} {same}");
        assert_eq!(found(was.clone(), other.clone()), 1, "{was} {other}");
    }
}

#[test]
fn an_ipv6_block_that_the_vpc_does_not_state_is_an_echo() {
    let was = json!({"id": "vpc-1", "ipv6_cidr_block": "", "ipv6_association_id": ""});
    let is = json!({"ipv6_cidr_block": "2001:db8::/56", "ipv6_association_id": "vpc-cidr-assoc-1"});
    assert_eq!(changed("aws_vpc", &was, &is, &[]), Vec::<String>::new());
}

#[test]
fn a_routing_policy_is_never_silently_clean() {
    let record = |policy: &str, value: Value| {
        let mut record = json!({"id": "Z1_a.shop.test_A", "zone_id": "Z1", "name": "a.shop.test", "type": "A"});
        record[policy] = value;
        record
    };
    for (policy, one, other, none) in [
        ("cidr_routing_policy", json!([{"location_name": "a"}]), json!([{"location_name": "b"}]), json!([])),
        ("geoproximity_routing_policy", json!([{"bias": 1}]), json!([{"bias": 2}]), json!([])),
        ("geolocation_routing_policy", json!([{"country": "DE"}]), json!([{"country": "FR"}]), json!([])),
        ("latency_routing_policy", json!([{"region": "a"}]), json!([{"region": "b"}]), json!([])),
        ("multivalue_answer_routing_policy", json!(true), json!(false), json!(false)),
    ] {
        let found =
            |was: Value, is: &Value| changed("aws_route53_record", &was, &record(policy, is.clone()), &[]).len();
        assert_eq!(found(record(policy, one.clone()), &one), 0, "{policy}");
        assert_eq!(found(record(policy, one.clone()), &other), 1, "{policy}");
        assert_eq!(found(record(policy, none.clone()), &one), 1, "{policy}");
        // Of a provider that does not know the policy.
        assert_eq!(found(record("other", json!(1)), &one), 1, "{policy}");
        assert_eq!(found(record("other", json!(1)), &none), 0, "{policy}");
    }
}

#[test]
fn what_roles_and_groups_echo_of_their_attachments_is_no_drift_of_theirs() {
    let none: [String; 0] = [];
    let role =
        |arns: &[&str], inline: Value| json!({"id": "app", "managed_policy_arns": arns, "inline_policy": inline});
    let inline = json!([{"name": "logs", "policy": "{}"}]);
    let group = |groups: &[&str], tags: Value| json!({"id": "web", "target_group_arns": groups, "tag": tags});
    let tag = json!([{"key": "extra", "value": "x", "propagate_at_launch": true}]);
    for (kind, was, is, owner, owned) in [
        (
            "aws_iam_role",
            role(&[], json!([])),
            role(&["p1"], json!([])),
            "aws_iam_role_policy_attachment",
            json!({"id": "app-1", "role": "app", "policy_arn": "p1"}),
        ),
        (
            "aws_iam_role",
            role(&[], json!([])),
            role(&["p1"], json!([])),
            "aws_iam_policy_attachment",
            json!({"id": "all", "roles": ["other", "app"], "policy_arn": "p1"}),
        ),
        (
            "aws_iam_role",
            role(&[], json!([])),
            role(&[], inline.clone()),
            "aws_iam_role_policy",
            json!({"id": "app:logs", "role": "app", "name": "logs", "policy": "{}"}),
        ),
        (
            "aws_autoscaling_group",
            group(&[], json!([])),
            group(&["tg-1"], json!([])),
            "aws_autoscaling_attachment",
            json!({"id": "web-1", "autoscaling_group_name": "web", "lb_target_group_arn": "tg-1"}),
        ),
        (
            "aws_autoscaling_group",
            group(&[], json!([])),
            group(&[], tag.clone()),
            "aws_autoscaling_group_tag",
            json!({"id": "web,extra", "autoscaling_group_name": "web", "tag": tag}),
        ),
    ] {
        assert_eq!(changed(kind, &was, &is, &[(owner, &owned)]), none, "{owner}");
        assert_eq!(changed(kind, &is, &is, &[(owner, &owned)]), none, "{owner}, refreshed");
        assert_eq!(changed(kind, &was, &is, &[]), [format!("{kind}.x")], "nobody owns it: {owner}");
    }
}

#[test]
fn an_image_that_one_account_may_start_is_not_public_by_that() {
    let image = |public: bool| json!({"id": "ami-1", "name": "web", "public": public});
    let permission = |who: Value| {
        let mut permission = json!({"id": "ami-1-x", "image_id": "ami-1", "account_id": "", "group": ""});
        permission.as_object_mut().expect("object").extend(who.as_object().expect("who").clone());
        permission
    };
    let changed = |who: Value| {
        changed("aws_ami", &image(false), &image(true), &[("aws_ami_launch_permission", &permission(who))])
    };
    assert_eq!(changed(json!({"account_id": "210987654321"})), ["aws_ami.x"]);
    assert_eq!(changed(json!({"group": "all"})), Vec::<String>::new());
}

#[test]
fn what_an_exclusive_list_took_away_is_no_drift_of_its_role() {
    let role = |arns: Value, policies: Value| json!({"id": "app", "name": "app", "managed_policy_arns": arns, "inline_policy": policies});
    // The refresh before the apply saw what the apply then took away.
    let was = role(json!(["arn:a", "arn:b"]), json!([{"name": "a", "policy": "{}"}, {"name": "b", "policy": "{}"}]));
    let is = role(json!(["arn:a"]), json!([{"name": "a", "policy": "{}"}]));
    let attached = json!({"role_name": "app", "policy_arns": ["arn:a"]});
    let inline = json!({"role_name": "app", "policy_names": ["a"]});
    let (attached, inline) =
        (("aws_iam_role_policy_attachments_exclusive", &attached), ("aws_iam_role_policies_exclusive", &inline));
    assert_eq!(changed("aws_iam_role", &was, &is, &[attached, inline]), Vec::<String>::new());
    assert_eq!(changed("aws_iam_role", &was, &is, &[attached]), ["aws_iam_role.x"]);
}

#[test]
fn an_object_whose_id_terraform_made_up_is_found_by_what_it_ties_together() {
    let attachment =
        |id: &str, port: Value| json!({"id": id, "target_group_arn": "tg", "target_id": "i-1", "port": port});
    let hook = |group: &str| json!({"id": "h", "name": "h", "autoscaling_group_name": group, "heartbeat_timeout": 60});
    let attached = |arn: &str| json!({"id": format!("app-{arn}"), "role": "app", "policy_arn": arn});
    // A resource of the provider's newer framework has no id.
    let exclusive = json!({"role_name": "app", "policy_names": ["a"]});
    let (by_port, own_port) = (attachment("tg-1", json!(8080)), attachment("tg-2", json!(null)));
    let (one, two, gone) = (hook("one"), hook("two"), attached("gone"));
    let (there, alias) = (attached("p1"), attachment("tg-3", json!(9)));
    let state = state(&[
        ("aws_lb_target_group_attachment", &by_port),
        ("aws_lb_target_group_attachment", &own_port),
        ("aws_alb_target_group_attachment", &alias),
        ("aws_autoscaling_lifecycle_hook", &one),
        ("aws_autoscaling_lifecycle_hook", &two),
        ("aws_iam_role_policy_attachment", &there),
        ("aws_iam_role_policy_attachment", &gone),
        ("aws_iam_role_policies_exclusive", &exclusive),
    ]);
    let object = |kind: &str, id: &str, attributes: Value| {
        LiveObject::new(kind, id, attributes.as_object().expect("attributes").clone())
    };
    let objects = vec![
        object("aws_lb_target_group_attachment", "tg/i-1/8080", attachment("", json!(8080))),
        object("aws_lb_target_group_attachment", "tg/i-1", json!({"target_id": "i-1"})),
        object("aws_lb_target_group_attachment", "tg/i-1/9", attachment("", json!(9))),
        object("aws_autoscaling_lifecycle_hook", "one/h", hook("one")),
        object("aws_autoscaling_lifecycle_hook", "two/h", json!({"heartbeat_timeout": 5})),
        object("aws_iam_role_policy_attachment", "app/p1", attached("p1")),
        object("aws_iam_role_policies_exclusive", "app", json!({"policy_names": ["b", "a"]})),
    ];
    let stacks = [StackState::new("s", region(), &state)];
    let queries = wanted(&stacks, &Routing::native(), false);
    let hooks = queries.native.iter().flat_map(|query| &query.wanted).filter(|wanted| wanted.id == "h");
    assert_eq!(hooks.map(|wanted| wanted.parent).collect::<Vec<_>>(), [Some("one"), Some("two")]);
    let live = [PlaceLive::native(region(), LiveSnapshot { objects, ..LiveSnapshot::default() })];
    let outcome = decide(&DriftInput::of(&stacks, &Routing::native(), &live));
    let mut found: Vec<_> = outcome.findings.iter().map(|finding| (finding.code, finding.message.as_str())).collect();
    found.sort_unstable_by_key(|(_, message)| *message);
    assert_eq!(
        found,
        [
            (codes::D_MISSING, "app-gone does not exist any more"),
            (codes::D_CHANGED, "heartbeat_timeout is 5, and 60 in the state"),
            (
                codes::D_WEAKENED,
                "it has a policy more than in the state: policy_names is [\"a\",\"b\"], and [\"a\"] in the state",
            ),
        ]
    );
}

#[test]
fn what_several_resources_own_of_a_type_that_no_table_knows_is_an_echo_of_each() {
    let none: [String; 0] = [];
    let was = json!({"id": "fleet", "members": []});
    let is = |members: &[&str]| json!({"id": "fleet", "members": members});
    let member = |name: &str| json!({"id": name, "name": name, "fleet": "fleet"});
    let (one, two) = (member("m-1"), member("m-2"));
    let owners = [("aws_x_member", &one), ("aws_x_member", &two)];
    assert_eq!(changed("aws_x_fleet", &was, &is(&["m-1", "m-2"]), &owners), none);
    assert_eq!(changed("aws_x_fleet", &was, &is(&["m-1", "m-3"]), &owners), ["aws_x_fleet.x"]);
    assert_eq!(changed("aws_x_fleet", &was, &is(&["m-1", "m-2"]), &owners[..1]), ["aws_x_fleet.x"]);
}
