//! The comparison rules: one table, a row for each deviation from plain equality.

use std::collections::HashMap;
use std::sync::LazyLock;

/// How an attribute is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Not compared.
    Ignore,
    /// Compared as it is, though the provider computes it.
    Value,
    /// A list whose order means nothing.
    Set,
    /// Compared only where the state says something; lists as sets.
    WhereStated,
    /// A DNS name: without case and trailing dot.
    DnsName,
    /// DNS names in any order.
    DnsNames,
    /// A record's values, by its type, in any order.
    RecordValues,
    /// An alias block: its target is a DNS name.
    Alias,
    /// A map of tags, without those that AWS sets itself (`aws:`).
    Tags,
    /// A JSON document: statements and lists in any order, a single value equal to a list of it.
    Policy,
    /// Rules of a security group, taken apart to atoms, together with the rules that other resources own.
    SecurityGroupRules,
    /// Routes of a table by destination, together with the routes that other resources own.
    Routes,
    /// An address range: host bits and the spelling of IPv6 mean nothing.
    Cidr,
    /// An IP protocol by name or number.
    Protocol,
    /// A port; `-1` is none.
    Port,
    /// A security group's id, with or without its account.
    GroupId,
}

impl Rule {
    /// Its name, as a report tells which rule silenced a difference.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignore => "not compared",
            Self::Value => "value",
            Self::Set => "set",
            Self::WhereStated => "compared where stated",
            Self::DnsName => "DNS name",
            Self::DnsNames => "DNS names",
            Self::RecordValues => "record values",
            Self::Alias => "alias",
            Self::Tags => "tags",
            Self::Policy => "policy",
            Self::SecurityGroupRules => "security group rules",
            Self::Routes => "routes",
            Self::Cidr => "CIDR",
            Self::Protocol => "protocol",
            Self::Port => "port",
            Self::GroupId => "group id",
        }
    }
}

impl Rule {
    /// Whether it compares elements in any order.
    pub(crate) fn is_set(self) -> bool {
        matches!(self, Self::Set | Self::WhereStated)
    }
}

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// A live type (a default security group is an `aws_security_group`); `*` stands for any text.
    pub resource_type: &'static str,
    /// A top-level attribute.
    pub attribute: &'static str,
    /// How it is compared.
    pub rule: Rule,
    /// Why.
    pub reason: &'static str,
}

const fn row(resource_type: &'static str, attribute: &'static str, rule: Rule, reason: &'static str) -> Row {
    Row { resource_type, attribute, rule, reason }
}

/// Every rule. The first row that fits decides; where none fits, values are compared as Terraform would:
/// nothing in any form is equal, a scalar is equal to its text, lists have an order, and of a nested block the
/// fields that both sides have.
pub const RULES: &[Row] = &[
    row("aws_*", "tags_all", Rule::Tags, "tags that begin with aws: are set by AWS and cannot be set by anyone else"),
    row("aws_*", "tags", Rule::Ignore, "tags_all has them, with the provider's default tags"),
    row("aws_*", "id", Rule::Ignore, "it is what the object was found by"),
    row("aws_*", "policy", Rule::Policy, "AWS writes policies in another order than they were given"),
    row("aws_vpc", "dhcp_options_id", Rule::Value, "computed, and it says which name servers the VPC's machines ask"),
    row("aws_ami", "public", Rule::Value, "computed, and it says who may start the image"),
    row(
        "aws_secretsmanager_secret_rotation",
        "rotation_enabled",
        Rule::Value,
        "computed, and it says whether the secret is rotated at all",
    ),
    row("aws_key_pair", "fingerprint", Rule::Value, "computed, and it says which key is behind the name"),
    row("aws_vpc", "ipv6_cidr_block", Rule::WhereStated, "an echo of aws_vpc_ipv6_cidr_block_association"),
    row("aws_vpc", "ipv6_association_id", Rule::WhereStated, "an echo of aws_vpc_ipv6_cidr_block_association"),
    row(
        "aws_vpc",
        "assign_generated_ipv6_cidr_block",
        Rule::WhereStated,
        "an echo of aws_vpc_ipv6_cidr_block_association",
    ),
    row(
        "aws_vpc",
        "ipv6_cidr_block_network_border_group",
        Rule::WhereStated,
        "an echo of aws_vpc_ipv6_cidr_block_association",
    ),
    row("aws_vpc", "ipv6_ipam_pool_id", Rule::WhereStated, "an echo of aws_vpc_ipv6_cidr_block_association"),
    row("aws_subnet", "ipv6_cidr_block_association_id", Rule::Ignore, "computed: it changes with ipv6_cidr_block"),
    row(
        "aws_vpc_dhcp_options",
        "domain_name_servers",
        Rule::WhereStated,
        "options cannot be changed, and the state of the region's default ones has none",
    ),
    row(
        "aws_vpc_dhcp_options",
        "ntp_servers",
        Rule::WhereStated,
        "options cannot be changed, and the state of the region's default ones has none",
    ),
    row(
        "aws_vpc_dhcp_options",
        "netbios_name_servers",
        Rule::WhereStated,
        "options cannot be changed, and the state of the region's default ones has none",
    ),
    row("aws_network_acl", "ingress", Rule::Set, "a set: the numbers order the rules"),
    row("aws_network_acl", "egress", Rule::Set, "a set: the numbers order the rules"),
    row("aws_network_acl", "subnet_ids", Rule::Set, "a set"),
    row("aws_vpc_endpoint", "route_table_ids", Rule::Set, "a set"),
    row("aws_vpc_endpoint", "subnet_ids", Rule::Set, "a set"),
    row("aws_vpc_endpoint", "security_group_ids", Rule::Set, "a set"),
    row(
        "aws_vpc_endpoint",
        "subnet_configuration",
        Rule::WhereStated,
        "AWS picks the address in each subnet where none is given; a set",
    ),
    row("aws_ec2_managed_prefix_list", "entry", Rule::Set, "a set"),
    row("aws_ec2_transit_gateway", "transit_gateway_cidr_blocks", Rule::Set, "a set"),
    row("aws_ec2_transit_gateway_vpc_attachment", "subnet_ids", Rule::Set, "a set"),
    row("aws_ami", "ebs_block_device", Rule::Set, "a set"),
    row("aws_ami", "ephemeral_block_device", Rule::Set, "a set"),
    row("aws_launch_template", "vpc_security_group_ids", Rule::Set, "a set"),
    row("aws_launch_template", "security_group_names", Rule::Set, "a set"),
    row("aws_launch_template", "license_specification", Rule::Set, "a set"),
    row("aws_network_interface_attachment", "status", Rule::Ignore, "attached or on the way there is operation"),
    row("aws_internet_gateway", "vpc_id", Rule::WhereStated, "an echo of aws_internet_gateway_attachment"),
    row("aws_route_table", "route", Rule::Routes, "routes may be owned by aws_route, in any stack"),
    row("aws_route_table", "propagating_vgws", Rule::WhereStated, "an echo of aws_vpn_gateway_route_propagation"),
    row(
        "aws_security_group",
        "ingress",
        Rule::SecurityGroupRules,
        "rules may be owned by rule resources, in any stack",
    ),
    row("aws_security_group", "egress", Rule::SecurityGroupRules, "rules may be owned by rule resources, in any stack"),
    row("aws_vpc_security_group_*", "ip_protocol", Rule::Protocol, "EC2 answers with names where a number was given"),
    row("aws_vpc_security_group_*", "from_port", Rule::Port, "EC2 answers -1 where all ports are meant"),
    row("aws_vpc_security_group_*", "to_port", Rule::Port, "EC2 answers -1 where all ports are meant"),
    row("aws_vpc_security_group_*", "cidr_ipv4", Rule::Cidr, "EC2 clears host bits"),
    row("aws_vpc_security_group_*", "cidr_ipv6", Rule::Cidr, "EC2 clears host bits and spells IPv6 in its own way"),
    row(
        "aws_vpc_security_group_*",
        "referenced_security_group_id",
        Rule::GroupId,
        "a group of another account is written with or without it",
    ),
    row("aws_instance", "enable_primary_ipv6", Rule::WhereStated, "computed where it is not given"),
    row("aws_instance", "vpc_security_group_ids", Rule::Set, "a set"),
    row(
        "aws_instance",
        "instance_state",
        Rule::Ignore,
        "running or stopped is operation, not configuration; a terminated instance is missing",
    ),
    row("aws_instance", "public_ip", Rule::Ignore, "computed: it changes with every start and with an aws_eip"),
    row("aws_instance", "public_dns", Rule::Ignore, "computed: it changes with public_ip"),
    row("aws_instance", "private_dns", Rule::Ignore, "computed from private_ip and the VPC's DNS options"),
    row("aws_instance", "primary_network_interface_id", Rule::Ignore, "computed at the launch"),
    row("aws_instance", "secondary_private_ips", Rule::Set, "a set"),
    row("aws_instance", "network_interface", Rule::Set, "a set"),
    row("aws_instance", "ebs_block_device", Rule::Set, "a set"),
    row("aws_instance", "volume_tags", Rule::WhereStated, "each block device has its tags where it is not given"),
    row("aws_eip", "association_id", Rule::Ignore, "computed: an echo of the association"),
    row("aws_eip", "private_ip", Rule::Ignore, "computed: an echo of the association"),
    row("aws_eip", "instance", Rule::WhereStated, "an echo of aws_eip_association"),
    row("aws_eip", "network_interface", Rule::WhereStated, "an echo of aws_eip_association or of the instance"),
    row("aws_ebs_volume", "iops", Rule::WhereStated, "for gp2 AWS computes it from the size"),
    row("aws_ebs_volume", "throughput", Rule::WhereStated, "for gp3 AWS has a default"),
    row("aws_ebs_volume", "kms_key_id", Rule::WhereStated, "AWS takes the account's default key where none is given"),
    row("aws_network_interface", "enable_primary_ipv6", Rule::WhereStated, "computed where it is not given"),
    row("aws_network_interface", "private_ips", Rule::Set, "a set"),
    row("aws_network_interface", "ipv6_addresses", Rule::Set, "a set"),
    row("aws_network_interface", "ipv4_prefixes", Rule::Set, "a set"),
    row("aws_network_interface", "ipv6_prefixes", Rule::Set, "a set"),
    row(
        "aws_network_interface",
        "private_dns_name",
        Rule::Ignore,
        "computed from private_ip and the VPC's DNS options",
    ),
    row("aws_network_interface", "security_groups", Rule::Set, "a set"),
    row("aws_network_interface", "interface_type", Rule::WhereStated, "computed where it is not given"),
    row("aws_network_interface", "mac_address", Rule::WhereStated, "computed at the creation"),
    row("aws_nat_gateway", "network_interface_id", Rule::Ignore, "computed at the creation"),
    row("aws_nat_gateway", "association_id", Rule::Ignore, "computed: an echo of the association"),
    row("aws_nat_gateway", "secondary_allocation_ids", Rule::Set, "a set"),
    row("aws_nat_gateway", "secondary_private_ip_addresses", Rule::Set, "a set"),
    row("aws_nat_gateway", "public_ip", Rule::Ignore, "an echo of allocation_id"),
    row("aws_route53_zone", "name", Rule::DnsName, "names have no case and no trailing dot"),
    row("aws_route53_zone", "name_servers", Rule::DnsNames, "the delegation set has no order"),
    row("aws_route53_zone", "vpc", Rule::WhereStated, "an echo of aws_route53_zone_association"),
    row(
        "aws_route53_record",
        "name",
        Rule::Ignore,
        "it is what the record was found by; the state may have it relative to the zone",
    ),
    row("aws_route53_record", "zone_id", Rule::Ignore, "it is what the record was found by"),
    row("aws_route53_record", "fqdn", Rule::Ignore, "computed from name and zone"),
    row(
        "aws_route53_record",
        "records",
        Rule::RecordValues,
        "a set; names have no case and no trailing dot, TXT values are equal by content",
    ),
    row("aws_route53_record", "alias", Rule::Alias, "the target is a DNS name"),
    row(
        "aws_route53_health_check",
        "regions",
        Rule::WhereStated,
        "AWS checks from its default regions where none are given; a set",
    ),
    row("aws_route53_health_check", "child_healthchecks", Rule::Set, "a set"),
    row("aws_route53_health_check", "fqdn", Rule::DnsName, "names have no case and no trailing dot"),
    row("aws_iam_*", "unique_id", Rule::Ignore, "computed: AWS gives one to each new object"),
    row(
        "aws_iam_role",
        "assume_role_policy",
        Rule::Policy,
        "IAM writes policies in another order than they were given",
    ),
    row(
        "aws_iam_role",
        "managed_policy_arns",
        Rule::Set,
        "a set; attachments that other resources own are taken out before",
    ),
    row("aws_iam_*_policy_attachments_exclusive", "policy_arns", Rule::Set, "a set"),
    row("aws_iam_*_policies_exclusive", "policy_names", Rule::Set, "a set"),
    row("aws_iam_policy_attachment", "users", Rule::Set, "a set"),
    row("aws_iam_policy_attachment", "roles", Rule::Set, "a set"),
    row("aws_iam_policy_attachment", "groups", Rule::Set, "a set"),
    row("aws_iam_group_membership", "users", Rule::Set, "a set"),
    row("aws_lb", "security_groups", Rule::Set, "a set"),
    row("aws_lb", "subnets", Rule::Set, "a set"),
    row("aws_lb", "subnet_mapping", Rule::Set, "a set"),
    row("aws_lb_listener", "mutual_authentication", Rule::WhereStated, "providers before 5.30 did not read it"),
    row("aws_lb_listener_rule", "condition", Rule::Set, "a set"),
    row(
        "aws_lb_target_group",
        "load_balancer_arns",
        Rule::Ignore,
        "computed: an echo of the listeners and rules that forward to the group",
    ),
    row(
        "aws_lb_target_group_attachment",
        "port",
        Rule::WhereStated,
        "without a port a target is registered at the group's own",
    ),
    row(
        "aws_lb_target_group_attachment",
        "availability_zone",
        Rule::WhereStated,
        "AWS knows the zone of a target where none is given",
    ),
    row("aws_autoscaling_group", "availability_zones", Rule::Set, "a set"),
    row("aws_autoscaling_group", "vpc_zone_identifier", Rule::Set, "a set"),
    row("aws_autoscaling_group", "enabled_metrics", Rule::Set, "a set"),
    row("aws_autoscaling_group", "suspended_processes", Rule::Set, "a set"),
    row("aws_autoscaling_group", "load_balancers", Rule::Set, "a set"),
    row("aws_autoscaling_group", "target_group_arns", Rule::Set, "a set"),
    row(
        "aws_autoscaling_group",
        "traffic_source",
        Rule::WhereStated,
        "an echo of target_group_arns and load_balancers; a set",
    ),
    row("aws_autoscaling_group", "tag", Rule::Set, "a set"),
    row(
        "aws_autoscaling_group",
        "service_linked_role_arn",
        Rule::WhereStated,
        "AWS takes the account's default role where none is given",
    ),
    row("aws_autoscaling_policy", "step_adjustment", Rule::Set, "a set"),
    row("aws_launch_configuration", "security_groups", Rule::Set, "a set"),
];

/// Rows by their attribute: there are many of them, and attributes to look up by the million.
static BY_ATTRIBUTE: LazyLock<HashMap<&'static str, Vec<&'static Row>>> = LazyLock::new(|| {
    let mut by_attribute: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in RULES {
        by_attribute.entry(row.attribute).or_default().push(row);
    }
    by_attribute
});

/// The row for an attribute; none where plain equality holds.
pub(crate) fn row_for(resource_type: &str, attribute: &str) -> Option<&'static Row> {
    BY_ATTRIBUTE.get(attribute)?.iter().copied().find(|row| fits(row.resource_type, resource_type))
}

fn fits(pattern: &str, resource_type: &str) -> bool {
    match pattern.split_once('*') {
        Some((prefix, suffix)) => {
            resource_type.strip_prefix(prefix).is_some_and(|rest| rest.len() >= suffix.len() && rest.ends_with(suffix))
        }
        None => pattern == resource_type,
    }
}

#[cfg(test)]
mod tests;
