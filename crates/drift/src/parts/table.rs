//! Which resource types own what in other objects.

/// What a resource type owns in another object.
pub(super) struct Part {
    /// The owner.
    pub(super) resource_type: &'static str,
    /// Its attribute with the other object's id; behind a dot, the field of its blocks.
    pub(super) host: &'static str,
    /// The attributes of the other object that echo the part.
    pub(super) attributes: &'static [&'static str],
    /// What is owned of them.
    pub(super) owned: Owned,
    /// What one of the owner's attributes has to say; a switch that is not set says `false`.
    pub(super) when: Option<(&'static str, &'static str)>,
    /// The other object's type, where its id is a name that objects of other types may have too.
    pub(super) of: Option<&'static str>,
}

/// How much of an attribute is owned.
#[derive(Clone, Copy)]
pub(super) enum Owned {
    /// All of it.
    Whole,
    /// The text of a list, or the key of a map, that the owner's attribute names.
    Text(&'static str),
    /// The block whose field has what the owner's attribute says: `(attribute, field)`.
    Block(&'static str, &'static str),
    /// The whole value, where it is the one that the owner's attribute says: the owner sets it at its time.
    Value(&'static str),
}

const fn part(
    resource_type: &'static str,
    host: &'static str,
    attributes: &'static [&'static str],
    owned: Owned,
) -> Part {
    Part { resource_type, host, attributes, owned, when: None, of: None }
}

impl Part {
    const fn when(self, attribute: &'static str, says: &'static str) -> Self {
        Self { when: Some((attribute, says)), ..self }
    }

    const fn of(self, host_type: &'static str) -> Self {
        Self { of: Some(host_type), ..self }
    }
}

/// What a resource of its own says of a bucket, which echoes it in old attributes.
const fn bucket(resource_type: &'static str, attributes: &'static [&'static str]) -> Part {
    part(resource_type, "bucket", attributes, Owned::Whole).of("aws_s3_bucket")
}

/// What a resource of its own says of a queue.
const fn queue(resource_type: &'static str, attributes: &'static [&'static str]) -> Part {
    part(resource_type, "queue_url", attributes, Owned::Whole).of("aws_sqs_queue")
}

/// A database cluster's instances.
const MEMBERS: &[&str] = &["cluster_members"];

/// An Auto Scaling group's name, which is its id.
const GROUP: &str = "autoscaling_group_name";

pub(super) const PARTS: &[Part] = &[
    part("aws_ec2_tag", "resource_id", &["tags_all"], Owned::Text("key")),
    part("aws_route53_zone_association", "zone_id", &["vpc"], Owned::Block("vpc_id", "vpc_id")),
    part("aws_vpn_gateway_route_propagation", "route_table_id", &["propagating_vgws"], Owned::Text("vpn_gateway_id")),
    part("aws_vpn_gateway_attachment", "vpn_gateway_id", &["vpc_id"], Owned::Whole),
    part(
        "aws_network_interface_sg_attachment",
        "network_interface_id",
        // Of the interface, and of the instance that it is the first one of.
        &["security_groups", "vpc_security_group_ids"],
        Owned::Text("security_group_id"),
    ),
    part("aws_network_interface_attachment", "network_interface_id", &["attachment"], Owned::Whole),
    part("aws_instance", "network_interface.network_interface_id", &["attachment"], Owned::Whole),
    part("aws_volume_attachment", "instance_id", &["ebs_block_device"], Owned::Block("volume_id", "volume_id")),
    part("aws_eip_association", "allocation_id", &["instance", "network_interface"], Owned::Whole),
    // An instance has a public address by the address that is bound to it, or to its first interface.
    part("aws_eip_association", "instance_id", &["associate_public_ip_address"], Owned::Whole),
    part("aws_eip_association", "network_interface_id", &["associate_public_ip_address"], Owned::Whole),
    part("aws_eip", "instance", &["associate_public_ip_address"], Owned::Whole),
    part("aws_eip", "network_interface", &["associate_public_ip_address"], Owned::Whole),
    part(
        "aws_vpc_ipv6_cidr_block_association",
        "vpc_id",
        &[
            "ipv6_cidr_block",
            "ipv6_association_id",
            "assign_generated_ipv6_cidr_block",
            "ipv6_cidr_block_network_border_group",
            "ipv6_ipam_pool_id",
        ],
        Owned::Whole,
    ),
    part("aws_vpc_dhcp_options_association", "vpc_id", &["dhcp_options_id"], Owned::Whole),
    part("aws_internet_gateway_attachment", "internet_gateway_id", &["vpc_id"], Owned::Whole),
    part("aws_network_acl_rule", "network_acl_id", &["ingress"], Owned::Block("rule_number", "rule_no"))
        .when("egress", "false"),
    part("aws_network_acl_rule", "network_acl_id", &["egress"], Owned::Block("rule_number", "rule_no"))
        .when("egress", "true"),
    part("aws_network_acl_association", "network_acl_id", &["subnet_ids"], Owned::Text("subnet_id")),
    part("aws_vpc_endpoint_policy", "vpc_endpoint_id", &["policy"], Owned::Whole),
    part("aws_vpc_endpoint_private_dns", "vpc_endpoint_id", &["private_dns_enabled"], Owned::Whole),
    part("aws_vpc_endpoint_connection_accepter", "vpc_endpoint_id", &["state"], Owned::Whole),
    part("aws_vpc_endpoint_subnet_association", "vpc_endpoint_id", &["subnet_ids"], Owned::Text("subnet_id")),
    part(
        "aws_vpc_endpoint_subnet_association",
        "vpc_endpoint_id",
        &["subnet_configuration"],
        Owned::Block("subnet_id", "subnet_id"),
    ),
    part(
        "aws_vpc_endpoint_route_table_association",
        "vpc_endpoint_id",
        &["route_table_ids"],
        Owned::Text("route_table_id"),
    ),
    part(
        "aws_vpc_endpoint_security_group_association",
        "vpc_endpoint_id",
        &["security_group_ids"],
        Owned::Text("security_group_id"),
    ),
    // It takes the VPC's default group out, which it does not name.
    part("aws_vpc_endpoint_security_group_association", "vpc_endpoint_id", &["security_group_ids"], Owned::Whole)
        .when("replace_default_association", "true"),
    part("aws_vpc_peering_connection_options", "vpc_peering_connection_id", &["accepter", "requester"], Owned::Whole),
    part(
        "aws_vpc_peering_connection_accepter",
        "vpc_peering_connection_id",
        &["accept_status", "accepter"],
        Owned::Whole,
    ),
    part("aws_ec2_managed_prefix_list_entry", "prefix_list_id", &["entry"], Owned::Block("cidr", "cidr")),
    // A permission for one account or organisation does not make the image public.
    part("aws_ami_launch_permission", "image_id", &["public"], Owned::Whole).when("group", "all"),
    part("aws_iam_role_policy_attachment", "role", &["managed_policy_arns"], Owned::Text("policy_arn")),
    // It says all that the role may have; the role's own state may have what it took away in the last apply.
    part("aws_iam_role_policy_attachments_exclusive", "role_name", &["managed_policy_arns"], Owned::Whole),
    part("aws_iam_policy_attachment", "roles", &["managed_policy_arns"], Owned::Text("policy_arn")),
    part("aws_iam_role_policy", "role", &["inline_policy"], Owned::Block("name", "name")),
    part("aws_iam_role_policies_exclusive", "role_name", &["inline_policy"], Owned::Whole),
    part("aws_autoscaling_attachment", GROUP, &["target_group_arns"], Owned::Text("lb_target_group_arn")),
    part("aws_autoscaling_attachment", GROUP, &["traffic_source"], Owned::Block("lb_target_group_arn", "identifier")),
    part("aws_autoscaling_attachment", GROUP, &["target_group_arns"], Owned::Text("alb_target_group_arn")),
    part("aws_autoscaling_attachment", GROUP, &["traffic_source"], Owned::Block("alb_target_group_arn", "identifier")),
    part("aws_autoscaling_attachment", GROUP, &["load_balancers"], Owned::Text("elb")),
    part("aws_autoscaling_attachment", GROUP, &["traffic_source"], Owned::Block("elb", "identifier")),
    part(
        "aws_autoscaling_traffic_source_attachment",
        GROUP,
        &["target_group_arns", "load_balancers"],
        Owned::Text("traffic_source.identifier"),
    ),
    part(
        "aws_autoscaling_traffic_source_attachment",
        GROUP,
        &["traffic_source"],
        Owned::Block("traffic_source.identifier", "identifier"),
    ),
    part("aws_autoscaling_group_tag", GROUP, &["tag"], Owned::Block("tag.key", "key")),
    // How many instances there are is then decided while the group runs: that is operation, not configuration.
    part("aws_autoscaling_policy", GROUP, &["desired_capacity"], Owned::Whole),
    part("aws_autoscaling_schedule", GROUP, &["desired_capacity"], Owned::Whole),
    part("aws_autoscaling_schedule", GROUP, &["min_size"], Owned::Value("min_size")),
    part("aws_autoscaling_schedule", GROUP, &["max_size"], Owned::Value("max_size")),
    part(
        "aws_ecs_capacity_provider",
        "auto_scaling_group_provider.auto_scaling_group_arn",
        &["desired_capacity"],
        Owned::Whole,
    ),
    // The state of a cluster that was just made has none of the instances that were made after it.
    part("aws_rds_cluster_instance", "cluster_identifier", MEMBERS, Owned::Text("identifier")).of("aws_rds_cluster"),
    part("aws_docdb_cluster_instance", "cluster_identifier", MEMBERS, Owned::Text("identifier"))
        .of("aws_docdb_cluster"),
    part("aws_neptune_cluster_instance", "cluster_identifier", MEMBERS, Owned::Text("identifier"))
        .of("aws_neptune_cluster"),
    bucket("aws_s3_bucket_accelerate_configuration", &["acceleration_status"]),
    bucket("aws_s3_bucket_acl", &["acl", "grant"]),
    bucket("aws_s3_bucket_cors_configuration", &["cors_rule"]),
    bucket("aws_s3_bucket_lifecycle_configuration", &["lifecycle_rule"]),
    bucket("aws_s3_bucket_logging", &["logging"]),
    bucket("aws_s3_bucket_object_lock_configuration", &["object_lock_configuration"]),
    bucket("aws_s3_bucket_policy", &["policy"]),
    bucket("aws_s3_bucket_replication_configuration", &["replication_configuration"]),
    bucket("aws_s3_bucket_request_payment_configuration", &["request_payer"]),
    bucket("aws_s3_bucket_server_side_encryption_configuration", &["server_side_encryption_configuration"]),
    bucket("aws_s3_bucket_versioning", &["versioning"]),
    bucket("aws_s3_bucket_website_configuration", &["website"]),
    queue("aws_sqs_queue_policy", &["policy"]),
    queue("aws_sqs_queue_redrive_policy", &["redrive_policy"]),
    queue("aws_sqs_queue_redrive_allow_policy", &["redrive_allow_policy"]),
    part("aws_sns_topic_policy", "arn", &["policy"], Owned::Whole).of("aws_sns_topic"),
    // Each rotation takes the stages from the version that the state has.
    part("aws_secretsmanager_secret_rotation", "secret_id", &["version_stages"], Owned::Whole)
        .of("aws_secretsmanager_secret_version"),
    part("aws_secretsmanager_secret_policy", "secret_arn", &["policy"], Owned::Whole).of("aws_secretsmanager_secret"),
    part("aws_kms_key_policy", "key_id", &["policy"], Owned::Whole).of("aws_kms_key"),
    part("aws_api_gateway_rest_api_policy", "rest_api_id", &["policy"], Owned::Whole).of("aws_api_gateway_rest_api"),
];

/// Two attributes that say the same thing: where the state has the first, the provider does not keep the second.
/// Behind a dot stands the field of a block.
pub(super) const INSTEAD: &[(&str, &str)] = &[
    ("user_data_base64", "user_data"),
    ("user_data", "user_data_base64"),
    ("volume_tags", "root_block_device.tags_all"),
    ("volume_tags", "ebs_block_device.tags_all"),
];

/// Blocks of which the provider only keeps those that are in the state already, by the field that names them: an
/// instance has the interfaces that it was launched with, others are attached by resources of their own.
pub(super) const KEPT_BY: &[(&str, &str)] = &[("network_interface", "device_index")];
