//! The shapes of live objects: what a [`LiveReader`](crate::LiveReader) gives for each type.
//!
//! # Rules for every type
//! - `attributes` have the AWS provider's names and shapes (5.x, checked against states of provider 5.100):
//!   a nested block is a list of objects even where there is at most one, numbers are numbers, sets are lists
//!   in any order. Each object gives `id`.
//! - Give only what the API told. An attribute that is left out is not compared; `null`, `""`, `[]` and `{}`
//!   say that AWS has none, and all four are equal.
//! - `tags_all`: all tags as a map of strings, `aws:` tags may stay. Never give `tags` (it is the part of
//!   `tags_all` that no provider default gives, which the cloud does not know).
//! - Give nothing that Terraform does not read back from the same place: no `timeouts`, no `force_destroy`,
//!   no `*_prefix`.
//! - What stands in its host as well (the attachment of a volume, a rule in its group) is only given where a state
//!   knows it by its id, even where everything is asked for: one that no state knows shows in its host.
//! - An id that was wanted and is not among the objects does not exist, unless it is in `unread`: by its id,
//!   by its parent's (the zone whose list call failed), or by its type where a whole list call failed. Objects that are on their way out (an instance in
//!   `shutting-down` or `terminated`, a NAT gateway in `deleting` or `deleted`, a deleted volume) may be
//!   given or left out: decide takes them as gone by `instance_state` and `state`.
//! - Where the API lists, give every object of the wanted types in the region, wanted or not.
//!
//! # What is asked for
//! [`wanted`](crate::wanted) only asks for types that have an id of their own in the cloud. A Terraform type whose
//! id Terraform makes up is read through the object that has it (see [`Natural`]): a reader never sees `aws_route` or
//! `aws_security_group_rule`, nor the `aws_default_*` types, and `LiveReader::reads` need not know them.
//!
//! | Terraform type | asked as | matched by |
//! |---|---|---|
//! | `aws_route` | `aws_route_table`, id = `route_table_id` | destination in the table's `route` |
//! | `aws_security_group_rule` | `aws_security_group`, id = `security_group_id` | each atomic rule in `ingress`/`egress` |
//! | `aws_default_security_group` | `aws_security_group` | id |
//! | `aws_default_route_table` | `aws_route_table` | id |
//! | `aws_network_acl_rule` | `aws_network_acl`, id = `network_acl_id` | direction and number in `ingress`/`egress` |
//! | `aws_default_network_acl` | `aws_network_acl` | id |
//! | `aws_default_vpc_dhcp_options` | `aws_vpc_dhcp_options` | id |
//! | `aws_ami_copy`, `aws_ami_from_instance` | `aws_ami` | id |
//! | `aws_ebs_snapshot_copy`, `aws_ebs_snapshot_import` | `aws_ebs_snapshot` | id |
//! | `aws_default_vpc`, `aws_default_subnet` | `aws_vpc`, `aws_subnet` | id |
//! | `aws_route53_record` | itself, parent = `zone_id` | zone, name, type, set identifier; never by id |
//! | `aws_alb`, `aws_alb_listener`, `aws_alb_listener_rule`, `aws_alb_listener_certificate`, `aws_alb_target_group` | the same with `aws_lb` | id |
//! | `aws_lb_target_group_attachment`, `aws_alb_target_group_attachment` | `aws_lb_target_group_attachment`, parent = `target_group_arn` | `target_group_arn`, `target_id`, `port` |
//! | `aws_iam_role_policy_attachment`, and those of users and groups | itself | `role` (`user`, `group`), `policy_arn` |
//! | `aws_iam_policy_attachment` | itself, parent = `policy_arn` | `policy_arn` |
//! | `aws_iam_group_membership`, `aws_iam_user_group_membership` | itself, parent = `group`, `user` | the same |
//! | `aws_iam_role_policies_exclusive`, `aws_iam_role_policy_attachments_exclusive`, and those of users and groups | itself, parent = `role_name` (`user_name`, `group_name`) | the same |
//! | `aws_autoscaling_attachment` | itself | `autoscaling_group_name` and what is attached |
//! | `aws_autoscaling_lifecycle_hook` | itself, parent = `autoscaling_group_name` | `autoscaling_group_name`, `name` |
//! | `aws_autoscaling_policy`, `aws_autoscaling_schedule` | itself | `autoscaling_group_name` and the name |
//! | all others | itself | id |
//!
//! Where attributes are told as the match, the live object's id is [`joined_id`] of them, in this order. What is
//! wanted still has the state's own id: name that in `unread`, or the parent.
//!
//! # Types
//! `parent` is [`Wanted::parent`](crate::Wanted). "One list call" names the API that gives all of them.
//!
//! | type | id | one list call | attributes |
//! |---|---|---|---|
//! | `aws_vpc` | `vpc-…` | `DescribeVpcs` | `cidr_block`, `instance_tenancy`, `ipv6_cidr_block`, `ipv6_association_id`, `assign_generated_ipv6_cidr_block`, `ipv6_cidr_block_network_border_group`, `ipv6_ipam_pool_id`, `dhcp_options_id`, `owner_id`, `tags_all`; `enable_dns_support`, `enable_dns_hostnames`, `enable_network_address_usage_metrics` where read (`DescribeVpcAttribute`, one by one) |
//! | `aws_vpc_ipv4_cidr_block_association`, `aws_vpc_ipv6_cidr_block_association` | `vpc-cidr-assoc-…` | from `DescribeVpcs` | `vpc_id`, `cidr_block`; `vpc_id`, `ipv6_cidr_block`, `ip_source`, `ipv6_address_attribute`, `ipv6_pool`, `assign_generated_ipv6_cidr_block` |
//! | `aws_vpc_dhcp_options_association` | `dopt-…-vpc-…` | from `DescribeVpcs` | `vpc_id`, `dhcp_options_id` |
//! | `aws_vpc_dhcp_options` | `dopt-…` | `DescribeDhcpOptions` | `domain_name`, `domain_name_servers`, `ntp_servers`, `netbios_name_servers`, `netbios_node_type`, `ipv6_address_preferred_lease_time`, `owner_id`, `tags_all` |
//! | `aws_subnet` | `subnet-…` | `DescribeSubnets` | `vpc_id`, `cidr_block`, `availability_zone`, `availability_zone_id`, `ipv6_cidr_block`, `ipv6_cidr_block_association_id`, `map_public_ip_on_launch`, `map_customer_owned_ip_on_launch`, `customer_owned_ipv4_pool`, `enable_lni_at_device_index`, `outpost_arn`, `assign_ipv6_address_on_creation`, `enable_dns64`, `ipv6_native`, `private_dns_hostname_type_on_launch`, `enable_resource_name_dns_a_record_on_launch`, `enable_resource_name_dns_aaaa_record_on_launch`, `owner_id`, `arn`, `tags_all` |
//! | `aws_internet_gateway` | `igw-…` | `DescribeInternetGateways` | `vpc_id` (of the attachment; `""` when detached), `owner_id`, `tags_all` |
//! | `aws_internet_gateway_attachment` | `igw-…:vpc-…` | from `DescribeInternetGateways` | `internet_gateway_id`, `vpc_id` |
//! | `aws_egress_only_internet_gateway` | `eigw-…` | `DescribeEgressOnlyInternetGateways` | `vpc_id`, `tags_all` |
//! | `aws_route_table` | `rtb-…` | `DescribeRouteTables` | `vpc_id`, `owner_id`, `tags_all`, `propagating_vgws` (list of ids), `route`: see below |
//! | `aws_route_table_association` | `rtbassoc-…` | from `DescribeRouteTables` | `route_table_id`, `subnet_id`, `gateway_id`; leave out the main association and those in state `disassociating`/`disassociated` |
//! | `aws_main_route_table_association` | `rtbassoc-…` | from `DescribeRouteTables` | `route_table_id`, `vpc_id` |
//! | `aws_vpn_gateway_route_propagation` | `vgw-…_rtb-…` | from `DescribeRouteTables` | `route_table_id`, `vpn_gateway_id` |
//! | `aws_security_group` | `sg-…` | `DescribeSecurityGroups` | `name`, `description`, `vpc_id`, `owner_id`, `tags_all`, `ingress`, `egress`: see below |
//! | `aws_vpc_security_group_ingress_rule`, `aws_vpc_security_group_egress_rule` | `sgr-…`, parent = `sg-…` | `DescribeSecurityGroupRules` | `security_group_id`, `ip_protocol`, `from_port`, `to_port`, `cidr_ipv4`, `cidr_ipv6`, `prefix_list_id`, `referenced_security_group_id`, `description`, `tags_all`. Type by `IsEgress` |
//! | `aws_instance` | `i-…` | `DescribeInstances`, `DescribeVolumes`, `DescribeInstanceCreditSpecifications` | `ami`, `instance_type`, `availability_zone`, `tenancy`, `placement_group`, `placement_partition_number`, `host_id`, `host_resource_group_arn`, `subnet_id`, `vpc_security_group_ids`, `key_name`, `private_ip`, `public_ip`, `private_dns`, `public_dns`, `outpost_arn`, `instance_lifecycle`, `spot_instance_request_id`, `instance_state`, `iam_instance_profile` (name, not ARN), `ebs_optimized`, `monitoring` (bool), `source_dest_check`, `metadata_options`, `capacity_reservation_specification`, `cpu_options`, `cpu_core_count`, `cpu_threads_per_core`, `private_dns_name_options`, `maintenance_options`, `enclave_options`, `hibernation`, `launch_template` (`id`), `credit_specification`, `root_block_device`, `ebs_block_device`, `volume_tags`, `network_interface` (all of them), `primary_network_interface_id`, `associate_public_ip_address`, `secondary_private_ips`, `ipv6_addresses`, `ipv6_address_count`, `enable_primary_ipv6`, `tags_all`; where read (`DescribeInstanceAttribute`, one by one) `user_data` (as SHA-1) and `user_data_base64`, `disable_api_termination`, `disable_api_stop`, `instance_initiated_shutdown_behavior` |
//! | `aws_eip` | `eipalloc-…` | `DescribeAddresses` | `allocation_id`, `association_id`, `public_ip`, `private_ip`, `instance`, `network_interface`, `carrier_ip`, `customer_owned_ip`, `customer_owned_ipv4_pool`, `domain`, `network_border_group`, `public_ipv4_pool`, `tags_all` |
//! | `aws_eip_association` | `eipassoc-…` | from `DescribeAddresses` | `allocation_id`, `instance_id`, `network_interface_id`, `private_ip_address`, `public_ip` |
//! | `aws_key_pair` | the key's name | `DescribeKeyPairs` | `key_name`, `key_pair_id`, `fingerprint`, `key_type`, `tags_all` |
//! | `aws_ebs_volume` | `vol-…` | `DescribeVolumes` | `availability_zone`, `size` (GiB), `type`, `iops`, `throughput`, `encrypted`, `kms_key_id`, `snapshot_id`, `outpost_arn`, `multi_attach_enabled`, `tags_all` |
//! | `aws_volume_attachment` | `vai-` and a hash | from `DescribeVolumes` | `device_name`, `instance_id`, `volume_id` |
//! | `aws_ebs_snapshot` | `snap-…` | `DescribeSnapshots` (own) | `volume_id`, `volume_size`, `description`, `encrypted`, `kms_key_id`, `data_encryption_key_id`, `owner_id`, `owner_alias`, `outpost_arn`, `storage_tier`, `tags_all` |
//! | `aws_ami` | `ami-…` | `DescribeImages` (own) | `name`, `description`, `architecture`, `boot_mode`, `deprecation_time`, `ebs_block_device`, `ephemeral_block_device`, `ena_support`, `hypervisor`, `image_location`, `image_owner_alias`, `image_type`, `imds_support`, `kernel_id`, `owner_id`, `platform`, `platform_details`, `public`, `ramdisk_id`, `root_device_name`, `root_snapshot_id`, `sriov_net_support`, `tpm_support`, `usage_operation`, `virtualization_type`, `tags_all` |
//! | `aws_launch_template` | `lt-…` | `DescribeLaunchTemplates`, `DescribeLaunchTemplateVersions` (`$Latest` of all) | `name`, `description`, `default_version`, `latest_version`, `tags_all`, and every attribute and block of the latest version. Switches that can be unset are texts: `"true"`, `"false"` |
//! | `aws_placement_group` | its name | `DescribePlacementGroups` | `name`, `placement_group_id`, `strategy`, `partition_count`, `spread_level`, `tags_all` |
//! | `aws_network_interface` | `eni-…` | `DescribeNetworkInterfaces` | `subnet_id`, `description`, `private_ip`, `private_ips` (all), `private_ip_list`, `private_ips_count`, `ipv4_prefixes`, `ipv4_prefix_count`, `ipv6_addresses`, `ipv6_address_list`, `ipv6_address_count`, `ipv6_prefixes`, `ipv6_prefix_count`, `enable_primary_ipv6`, `security_groups` (ids), `attachment`, `source_dest_check`, `interface_type`, `mac_address`, `private_dns_name`, `outpost_arn`, `owner_id`, `tags_all` |
//! | `aws_network_interface_attachment` | `eni-attach-…` | from `DescribeNetworkInterfaces` | `network_interface_id`, `instance_id`, `device_index`, `attachment_id`, `status` |
//! | `aws_network_interface_sg_attachment` | `sg-…_eni-…` | from `DescribeNetworkInterfaces` | `network_interface_id`, `security_group_id` |
//! | `aws_nat_gateway` | `nat-…` | `DescribeNatGateways` | `subnet_id`, `connectivity_type`, `allocation_id`, `association_id`, `private_ip`, `public_ip`, `network_interface_id`, `secondary_allocation_ids`, `secondary_private_ip_addresses`, `secondary_private_ip_address_count`, `state` (as the API says it), `tags_all` |
//! | `aws_network_acl` | `acl-…` | `DescribeNetworkAcls` | `vpc_id`, `owner_id`, `ingress`, `egress` (without the rules from 32767 on, which end every list), `subnet_ids` (not of a default one: it has every subnet that no other list has), `tags_all` |
//! | `aws_network_acl_association` | `aclassoc-…` | from `DescribeNetworkAcls` | `network_acl_id`, `subnet_id` |
//! | `aws_vpc_endpoint` | `vpce-…` | `DescribeVpcEndpoints` | `vpc_id`, `service_name`, `service_region`, `service_network_arn`, `resource_configuration_arn`, `vpc_endpoint_type`, `policy`, `route_table_ids`, `subnet_ids`, `security_group_ids`, `ip_address_type`, `dns_options`, `private_dns_enabled`, `requester_managed`, `subnet_configuration` where told, `owner_id`, `state`, `tags_all` |
//! | `aws_vpc_endpoint_policy`, `aws_vpc_endpoint_private_dns` | `vpce-…` | from `DescribeVpcEndpoints` | `vpc_endpoint_id` and `policy`, or `private_dns_enabled` |
//! | `aws_vpc_endpoint_subnet_association`, `…_route_table_association`, `…_security_group_association` | `a-vpce-…` and a hash | from `DescribeVpcEndpoints` | `vpc_endpoint_id` and `subnet_id`, `route_table_id` or `security_group_id` |
//! | `aws_vpc_peering_connection`, `aws_vpc_peering_connection_accepter` | `pcx-…` | `DescribeVpcPeeringConnections` | `accept_status`, `vpc_id`, `peer_vpc_id`, `peer_owner_id` (these three within one account), `peer_region`, `requester`, `accepter`, `tags_all` |
//! | `aws_vpc_peering_connection_options` | `pcx-…` | from `DescribeVpcPeeringConnections` | `vpc_peering_connection_id`, `requester`, `accepter` |
//! | `aws_flow_log` | `fl-…` | `DescribeFlowLogs` | `vpc_id`, `subnet_id`, `eni_id`, `transit_gateway_id` or `transit_gateway_attachment_id`, `traffic_type`, `log_destination`, `log_destination_type`, `log_group_name`, `log_format`, `max_aggregation_interval`, `iam_role_arn`, `deliver_cross_account_role`, `destination_options`, `tags_all` |
//! | `aws_ec2_tag` | `OBJECT,KEY` | `DescribeTags` of the wanted objects | `resource_id`, `key`, `value` |
//! | `aws_ec2_managed_prefix_list` | `pl-…` | `DescribeManagedPrefixLists` | `name`, `address_family`, `max_entries`, `owner_id`, `tags_all`; `entry` where read (`GetManagedPrefixListEntries`, one by one) |
//! | `aws_ec2_managed_prefix_list_entry` | `pl-…,CIDR` | `GetManagedPrefixListEntries` a list | `prefix_list_id`, `cidr`, `description` |
//! | `aws_vpn_gateway`, `aws_vpn_gateway_attachment` | `vgw-…`, `vpn-attachment-` and a hash | `DescribeVpnGateways` | `vpc_id`, `amazon_side_asn` (text), `availability_zone`, `tags_all`; `vpn_gateway_id`, `vpc_id` |
//! | `aws_customer_gateway` | `cgw-…` | `DescribeCustomerGateways` | `bgp_asn`, `bgp_asn_extended`, `certificate_arn`, `device_name`, `ip_address`, `type`, `tags_all` |
//! | `aws_ec2_transit_gateway` | `tgw-…` | `DescribeTransitGateways` | `description`, `owner_id`, `arn`, every option, `tags_all` |
//! | `aws_ec2_transit_gateway_vpc_attachment` | `tgw-attach-…` | `DescribeTransitGatewayVpcAttachments` | `transit_gateway_id`, `vpc_id`, `vpc_owner_id`, `subnet_ids`, `appliance_mode_support`, `dns_support`, `ipv6_support`, `security_group_referencing_support`, `tags_all` |
//! | `aws_ec2_transit_gateway_route_table` | `tgw-rtb-…` | `DescribeTransitGatewayRouteTables` | `transit_gateway_id`, `default_association_route_table`, `default_propagation_route_table`, `tags_all` |
//! | `aws_route53_zone` | zone id without `/hostedzone/` | `ListHostedZones` | `zone_id`, `name` (no trailing dot), `comment`, `name_servers` (where read), `vpc` (`[{vpc_id, vpc_region}]`, where read), `tags_all` (where read) |
//! | `aws_route53_record` | `ZONE_name_TYPE`, with `_setid` where there is one; parent = zone id | `ListResourceRecordSets` per zone | see below |
//! | `aws_route53_health_check` | UUID | `ListHealthChecks` | `type`, `ip_address`, `fqdn`, `port`, `resource_path`, `search_string`, `request_interval`, `failure_threshold`, `measure_latency`, `invert_healthcheck`, `disabled`, `enable_sni`, `child_healthchecks`, `child_health_threshold`, `regions`, `cloudwatch_alarm_name`, `cloudwatch_alarm_region`, `insufficient_data_health_status`; `tags_all` where read |
//! | `aws_iam_role` | name | `GetAccountAuthorizationDetails`, `ListRoles` | `name`, `path`, `arn`, `unique_id`, `assume_role_policy` (decoded), `permissions_boundary`, `managed_policy_arns`, `inline_policy` (`[{name, policy}]`), `description`, `max_session_duration`, `tags_all` |
//! | `aws_iam_service_linked_role` | ARN | the same | `name`, `path`, `arn`, `aws_service_name`, `custom_suffix`, `unique_id`, `description`, `tags_all` |
//! | `aws_iam_user`, `aws_iam_group` | name | `GetAccountAuthorizationDetails` | `name`, `path`, `arn`, `unique_id`; of a user `permissions_boundary`, `tags_all` |
//! | `aws_iam_policy` | ARN | `GetAccountAuthorizationDetails` | `name`, `path`, `arn`, `policy` (of the default version, decoded), `description` where told; `tags_all` where read (`ListPolicyTags`, wanted ids only) |
//! | `aws_iam_role_policy`, and those of users and groups | `ROLE:NAME` | `GetAccountAuthorizationDetails` | `role` (`user`, `group`), `name`, `policy` (decoded) |
//! | `aws_iam_role_policy_attachment`, and those of users and groups | by attributes | `GetAccountAuthorizationDetails` | `role` (`user`, `group`), `policy_arn` |
//! | `aws_iam_role_policies_exclusive`, `aws_iam_role_policy_attachments_exclusive`, and those of users and groups | by attributes | `GetAccountAuthorizationDetails` | `role_name` (`user_name`, `group_name`), `policy_names`, `policy_arns` |
//! | `aws_iam_policy_attachment`, `aws_iam_group_membership`, `aws_iam_user_group_membership` | by attributes | `GetAccountAuthorizationDetails` | `policy_arn`, `roles`, `users`, `groups`; `group`, `users`; `user`, `groups` (all of them: decide compares those that are stated) |
//! | `aws_iam_instance_profile` | name | `ListInstanceProfiles` | `name`, `path`, `arn`, `unique_id`, `role`; `tags_all` where read (`GetInstanceProfile`, wanted ids only) |
//! | `aws_iam_access_key` | `AKIA…`, parent = user | `ListAccessKeys` per user | `user`, `status` |
//! | `aws_iam_account_alias`, `aws_iam_account_password_policy` | the alias, `iam-account-password-policy` | `ListAccountAliases`, `GetAccountPasswordPolicy` | all arguments |
//! | `aws_lb` | ARN | `DescribeLoadBalancers` | all arguments but `minimum_load_balancer_capacity`; its attributes where read (`DescribeLoadBalancerAttributes`, wanted ids only), `tags_all` twenty a call |
//! | `aws_lb_listener`, `aws_lb_listener_rule`, `aws_lb_listener_certificate` | ARN; `LISTENER_CERTIFICATE` | `DescribeListeners` per load balancer, `DescribeRules` and `DescribeListenerCertificates` per listener | all arguments; an action with both `target_group_arn` and `forward`, as told: decide takes the form of the state. Never `client_secret` |
//! | `aws_lb_target_group` | ARN | `DescribeTargetGroups` | all arguments; its attributes where read (`DescribeTargetGroupAttributes`, wanted ids only), `tags_all` twenty a call |
//! | `aws_lb_target_group_attachment` | by attributes | `DescribeTargetHealth` per group | `target_group_arn`, `target_id`, `port`, `availability_zone`; a target at the group's own port a second time without `port` |
//! | `aws_autoscaling_group` | name | `DescribeAutoScalingGroups` | all arguments that the API answers; `tag` (`[{key, value, propagate_at_launch}]`) |
//! | `aws_autoscaling_group_tag`, `aws_autoscaling_traffic_source_attachment`, `aws_autoscaling_attachment` | `GROUP,KEY`; `GROUP,TYPE,ID`; by attributes | the same | all arguments |
//! | `aws_autoscaling_lifecycle_hook` | by attributes | `DescribeLifecycleHooks` per group | all arguments |
//! | `aws_autoscaling_policy`, `aws_autoscaling_schedule` | by attributes | `DescribePolicies`, `DescribeScheduledActions` | all arguments; no `start_time` of a recurring action |
//! | `aws_launch_configuration` | name | `DescribeLaunchConfigurations` | all arguments but `user_data` and devices |
//!
//! ## `ingress`, `egress` of `aws_security_group`
//! Blocks `{protocol, from_port, to_port, cidr_blocks, ipv6_cidr_blocks, prefix_list_ids, security_groups, self,
//! description}`. How the API's permissions are grouped into blocks does not matter, decide takes them apart; but
//! a block has one description, so sources of another description go into another block (one block a source
//! is simplest). `protocol` as the API says (`-1`, `tcp`, or a number), ports `0` where it says none. A source
//! group of another account is `ACCOUNT/sg-…`; the group itself may stand in `security_groups` or as `self: true`.
//!
//! ## `route` of `aws_route_table`
//! Blocks `{cidr_block, ipv6_cidr_block, destination_prefix_list_id, gateway_id, nat_gateway_id,
//! network_interface_id, transit_gateway_id, vpc_peering_connection_id, egress_only_gateway_id,
//! carrier_gateway_id, local_gateway_id, core_network_arn, vpc_endpoint_id, instance_id, origin, state}`. `vpc_endpoint_id` is the
//! API's `GatewayId` that begins with `vpce-`, with `gateway_id` left empty then. `origin` and `state` are the API's
//! words; give every route: decide leaves out the local one (`gateway_id` = `local`), those that a gateway
//! propagates (`origin` = `EnableVgwRoutePropagation`) and those of gateway endpoints to a prefix list.
//!
//! ## `aws_route53_record`
//! `{zone_id, name, type, ttl, records, set_identifier, health_check_id, alias, weighted_routing_policy,
//! failover_routing_policy, latency_routing_policy, geolocation_routing_policy, geoproximity_routing_policy,
//! cidr_routing_policy, multivalue_answer_routing_policy}`.
//! `name`: fully qualified, without trailing dot, with Route 53's octal escapes taken back (`\052` is `*`).
//! `ttl`: number, `null` for an alias. `records`: the values as the API gives them; TXT may keep its quotes.
//! `alias`: `[{name, zone_id, evaluate_target_health}]`. Policies: `[{weight}]`, `[{type}]`, `[{region}]`,
//! `[{continent, country, subdivision}]`, `[{aws_region, bias, coordinates: [{latitude, longitude}],
//! local_zone_group}]`, `[{collection_id, location_name}]`, a bool. A policy that stands in no state's record, since
//! the provider that wrote it did not know it, is a difference where AWS has it. Give every record of a zone, its apex NS and SOA as well.

/// How an object of a Terraform type is found among the live objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Natural {
    /// By its type and the state's `id`.
    Own,
    /// By the state's `id`, as an object of another live type.
    As(&'static str),
    /// A route in a table's `route`, by its destination.
    Route,
    /// Atomic rules in a security group.
    SecurityGroupRule,
    /// A rule in a network ACL's `ingress` or `egress`, by its direction and number.
    NetworkAclRule,
    /// A record, by zone, name, type and set identifier.
    Record,
    /// By what ties two objects together, since Terraform made the state's `id` up or it is not unique: as an object
    /// of this live type, whose id is [`joined_id`] of these attributes.
    ByAttributes(&'static str, &'static [&'static str]),
}

impl Natural {
    /// The type that a list call gives for an object of `own_type`.
    pub(crate) fn kind(self, own_type: &str) -> &str {
        match self {
            Self::Own | Self::Record => own_type,
            Self::As(kind) | Self::ByAttributes(kind, _) => kind,
            Self::Route => "aws_route_table",
            Self::NetworkAclRule => "aws_network_acl",
            Self::SecurityGroupRule => "aws_security_group",
        }
    }
}

/// The types that are found in another way than by their own type and id.
const NATURAL: &[(&str, Natural)] = &[
    ("aws_route", Natural::Route),
    ("aws_security_group_rule", Natural::SecurityGroupRule),
    ("aws_route53_record", Natural::Record),
    ("aws_default_security_group", Natural::As("aws_security_group")),
    ("aws_default_route_table", Natural::As("aws_route_table")),
    ("aws_network_acl_rule", Natural::NetworkAclRule),
    ("aws_default_network_acl", Natural::As("aws_network_acl")),
    ("aws_default_vpc_dhcp_options", Natural::As("aws_vpc_dhcp_options")),
    ("aws_ami_copy", Natural::As("aws_ami")),
    ("aws_ami_from_instance", Natural::As("aws_ami")),
    ("aws_ebs_snapshot_copy", Natural::As("aws_ebs_snapshot")),
    ("aws_ebs_snapshot_import", Natural::As("aws_ebs_snapshot")),
    ("aws_default_vpc", Natural::As("aws_vpc")),
    ("aws_default_subnet", Natural::As("aws_subnet")),
    ("aws_alb", Natural::As("aws_lb")),
    ("aws_alb_listener", Natural::As("aws_lb_listener")),
    ("aws_alb_listener_rule", Natural::As("aws_lb_listener_rule")),
    ("aws_alb_listener_certificate", Natural::As("aws_lb_listener_certificate")),
    ("aws_alb_target_group", Natural::As("aws_lb_target_group")),
    ("aws_alb_target_group_attachment", TARGET),
    ("aws_lb_target_group_attachment", TARGET),
    by("aws_iam_role_policy_attachment", &["role", "policy_arn"]),
    by("aws_iam_user_policy_attachment", &["user", "policy_arn"]),
    by("aws_iam_group_policy_attachment", &["group", "policy_arn"]),
    by("aws_iam_policy_attachment", &["policy_arn"]),
    by("aws_iam_group_membership", &["group"]),
    by("aws_iam_user_group_membership", &["user"]),
    by("aws_iam_role_policies_exclusive", &["role_name"]),
    by("aws_iam_user_policies_exclusive", &["user_name"]),
    by("aws_iam_group_policies_exclusive", &["group_name"]),
    by("aws_iam_role_policy_attachments_exclusive", &["role_name"]),
    by("aws_iam_user_policy_attachments_exclusive", &["user_name"]),
    by("aws_iam_group_policy_attachments_exclusive", &["group_name"]),
    by("aws_autoscaling_attachment", &["autoscaling_group_name", "lb_target_group_arn", "alb_target_group_arn", "elb"]),
    by("aws_autoscaling_lifecycle_hook", &["autoscaling_group_name", "name"]),
    by("aws_autoscaling_policy", &["autoscaling_group_name", "name"]),
    by("aws_autoscaling_schedule", &["autoscaling_group_name", "scheduled_action_name"]),
];

/// A target by its group, id and port; without a port it is the group's own.
const TARGET: Natural =
    Natural::ByAttributes("aws_lb_target_group_attachment", &["target_group_arn", "target_id", "port"]);

const fn by(resource_type: &'static str, attributes: &'static [&'static str]) -> (&'static str, Natural) {
    (resource_type, Natural::ByAttributes(resource_type, attributes))
}

/// The id of a live object that is found by its attributes: those that have a value, with `/` between them.
pub fn joined_id<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> String {
    let mut id = String::new();
    for value in values.into_iter().filter(|value| !value.as_ref().is_empty()) {
        if !id.is_empty() {
            id.push('/');
        }
        id.push_str(value.as_ref());
    }
    id
}

/// The attribute that names the object whose list call tells of an object of this type.
const PARENTS: &[(&str, &str)] = &[
    ("aws_vpc_security_group_ingress_rule", "security_group_id"),
    ("aws_vpc_security_group_egress_rule", "security_group_id"),
    ("aws_lb_target_group_attachment", "target_group_arn"),
    ("aws_iam_access_key", "user"),
    ("aws_iam_policy_attachment", "policy_arn"),
    ("aws_iam_group_membership", "group"),
    ("aws_iam_user_group_membership", "user"),
    ("aws_iam_role_policies_exclusive", "role_name"),
    ("aws_iam_user_policies_exclusive", "user_name"),
    ("aws_iam_group_policies_exclusive", "group_name"),
    ("aws_iam_role_policy_attachments_exclusive", "role_name"),
    ("aws_iam_user_policy_attachments_exclusive", "user_name"),
    ("aws_iam_group_policy_attachments_exclusive", "group_name"),
    ("aws_autoscaling_lifecycle_hook", "autoscaling_group_name"),
];

/// The attribute with the parent of a live type's objects, where they have one. A record's is `zone_id`, which is
/// written in two ways.
pub(crate) fn parent_attribute(kind: &str) -> Option<&'static str> {
    PARENTS.iter().find(|(name, _)| *name == kind).map(|(_, attribute)| *attribute)
}

/// How objects of this Terraform type are found.
pub fn natural(resource_type: &str) -> Natural {
    NATURAL.iter().find(|(name, _)| *name == resource_type).map_or(Natural::Own, |(_, natural)| *natural)
}

/// Prefixes of the types whose API is global: they are read once, whatever the stack's region.
const GLOBAL: &[&str] = &["aws_route53_", "aws_iam_", "aws_cloudfront_", "aws_organizations_"];

/// Types under a [`GLOBAL`] prefix that are regional all the same.
const REGIONAL: &[&str] = &["aws_route53_resolver_", "aws_route53_recovery"];

/// Whether the type's API is global.
pub fn is_global(resource_type: &str) -> bool {
    GLOBAL.iter().any(|prefix| resource_type.starts_with(prefix))
        && !REGIONAL.iter().any(|prefix| resource_type.starts_with(prefix))
}
