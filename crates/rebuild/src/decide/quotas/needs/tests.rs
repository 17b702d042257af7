use super::*;

fn state(resources: &str) -> State {
    let text = format!(
        r#"{{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {{}}, "resources": [{resources}]}}"#
    );
    State::parse("s", text.as_bytes()).unwrap()
}

fn resource(kind: &str, name: &str, attributes: &str) -> String {
    format!(
        r#"{{"mode": "managed", "type": "{kind}", "name": "{name}", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [{{"attributes": {attributes}}}]}}"#
    )
}

fn region(code: &str) -> Region {
    Region::new(code).unwrap()
}

fn needs_of(state: &State) -> Needs {
    let layout = Layout::of(&[state], &|_| None);
    needs_of_states(&[state], &region("eu-west-1"), &layout, &|_| false)
}

/// A group of four behind a template, its gateway, and what else counts.
fn estate() -> State {
    let rules = r#"[{"cidr_blocks": ["10.0.0.0/8", "192.168.0.0/16"], "ipv6_cidr_blocks": ["::/0"], "security_groups": ["sg-1"], "prefix_list_ids": [], "self": true}]"#;
    state(
        &[
            resource("aws_vpc", "v", r#"{"id": "vpc-1"}"#),
            resource(
                "aws_subnet",
                "a",
                r#"{"id": "subnet-1", "vpc_id": "vpc-1", "availability_zone": "eu-west-1b"}"#,
            ),
            resource(
                "aws_subnet",
                "b",
                r#"{"id": "subnet-2", "vpc_id": "vpc-1", "availability_zone": "eu-west-1a"}"#,
            ),
            resource("aws_nat_gateway", "n", r#"{"subnet_id": "subnet-1"}"#),
            resource("aws_security_group", "s", &format!(r#"{{"id": "sg-0", "ingress": {rules}, "egress": []}}"#)),
            resource(
                "aws_launch_template",
                "t",
                r#"{"id": "lt-1", "name": "web", "instance_type": "m5.xlarge", "block_device_mappings": [{"ebs": [{"volume_size": 50, "volume_type": "gp3"}]}]}"#,
            ),
            resource(
                "aws_autoscaling_group",
                "g",
                r#"{"desired_capacity": 4, "launch_template": [{"id": "lt-1", "version": "1"}]}"#,
            ),
            resource("aws_instance", "far", r#"{"instance_type": "m5.large", "arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-0"}"#),
            resource("aws_lb", "l", r#"{"load_balancer_type": "network", "subnets": ["subnet-1", "subnet-2"]}"#),
        ]
        .join(","),
    )
}

#[test]
fn objects_count_where_they_are() {
    let needs = needs_of(&estate());
    assert_eq!(needs.of(Stock::Vpcs, ""), 1);
    assert_eq!(needs.of(Stock::NatGateways, "eu-west-1b"), 1);
    assert_eq!(needs.of(Stock::Instances, "m5.xlarge"), 4);
    assert_eq!(needs.of(Stock::Instances, "m5.large"), 0, "that one is in another region");
    assert_eq!(needs.of(Stock::Volumes, "gp3"), 200);
    assert_eq!(needs.of(Stock::LoadBalancers, "network"), 1);
    assert_eq!(needs.of(Stock::Interfaces, ""), 4 + 1 + 2);
    // Two ranges, a group and itself for IPv4; one range, the group and itself for IPv6.
    assert_eq!(needs.most, BTreeMap::from([(Parent::Vpc, 2), (Parent::SecurityGroup, 4)]));
    assert_eq!(needs.untyped, BTreeSet::new());
}

#[test]
fn the_difference_is_what_turning_up_needs() {
    let full = needs_of(&estate());
    let lit = full.clone().beyond(&{
        let mut half = full.clone();
        half.amounts.insert(Stock::Instances, Amounts::from([("m5.xlarge".into(), 1)]));
        half
    });
    assert_eq!(lit.amounts, BTreeMap::from([(Stock::Instances, Amounts::from([("m5.xlarge".into(), 3)]))]));
    assert_eq!(lit.most, BTreeMap::new());
    let mapped = full.in_the_standby(&|text| (text == "m5.xlarge").then(|| "m6i.xlarge".to_owned()));
    assert_eq!(mapped.of(Stock::Instances, "m6i.xlarge"), 4);
}

#[test]
fn a_plan_adds_what_it_leaves_beyond_what_it_found() {
    let change = |address: &str, kind: &str, name: &str, before: &str, after: &str| {
        format!(
            r#"{{"address": "{address}", "mode": "managed", "type": "{kind}", "name": "{name}", "change": {{"actions": ["create"], "before": {before}, "after": {after}}}}}"#
        )
    };
    let template = r#"{"instance_type": "m6i.xlarge"}"#;
    let changes = [
        change("aws_autoscaling_group.g", "aws_autoscaling_group", "g", "null", r#"{"desired_capacity": 2}"#),
        change("aws_launch_template.t", "aws_launch_template", "t", "null", template),
        change("aws_nat_gateway.n", "aws_nat_gateway", "n", "null", "{}"),
        change("aws_eip.kept", "aws_eip", "kept", "{}", "{}"),
        change("aws_autoscaling_group.lost", "aws_autoscaling_group", "lost", "null", r#"{"desired_capacity": 1}"#),
        change(
            "aws_autoscaling_group.spot",
            "aws_autoscaling_group",
            "spot",
            "null",
            r#"{"desired_capacity": 10, "mixed_instances_policy": [{"instances_distribution": [{"on_demand_base_capacity": 1, "on_demand_percentage_above_base_capacity": 25}], "launch_template": [{"override": [{"instance_type": "c5.large"}]}]}]}"#,
        ),
    ];
    let text = format!(
        r#"{{"format_version": "1.2", "planned_values": {{"root_module": {{}}}}, "resource_changes": [{}]}}"#,
        changes.join(",")
    );
    let plan = PlanJson::parse("p", text.as_bytes()).unwrap();
    let layout = Layout::of(&[&estate()], &|text| (text == "eu-west-1b").then(|| "eu-central-1b".to_owned()));
    let needs = needs_of_plan(&plan, &layout);
    assert_eq!(needs.of(Stock::Instances, "m6i.xlarge"), 2, "the plan's own template counts, not the primary's");
    assert_eq!(needs.of(Stock::Instances, "c5.large"), 1 + 3, "a quarter of nine, rounded up, is on demand");
    assert_eq!(needs.of(Stock::NatGateways, "eu-central-1b"), 1);
    assert_eq!(needs.of(Stock::Addresses, ""), 0);
    assert_eq!(needs.untyped, BTreeSet::from(["aws_autoscaling_group.lost".to_owned()]));
}
