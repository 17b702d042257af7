//! Resources that are not of a region, and names that are unique beyond one.

use super::bare_ids::{is_of_name, name_start};
use super::json::Json;
use super::syntax::{attribute, blocks, literal, sets};
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use pilotlight_tfstate::ManagedInstance;
use std::ops::Range;

/// Types of which one object serves every region: the standby refers to the primary's.
/// Source: the services' pages in the AWS General Reference, "global services".
/// A Route 53 health check is global too, and made per region all the same: each watches its own side.
/// Records are entries of a shared zone; see [`UNIQUE_NAMES`].
/// A global cluster spans its regions: each of them has a cluster in it.
/// A Direct Connect gateway, and a channel of AWS Chatbot, serves every region.
/// A setting of the account, such as its block of public access to S3, is in force in each of its regions.
const GLOBAL_TYPES: [&str; 21] = [
    "aws_dx_gateway",
    "aws_route53_zone",
    "aws_route53_delegation_set",
    "aws_route53_key_signing_key",
    "aws_route53_hosted_zone_dnssec",
    "aws_route53_query_log",
    "aws_route53_traffic_policy",
    "aws_route53_traffic_policy_instance",
    "aws_route53_cidr_collection",
    "aws_route53_cidr_location",
    "aws_ecrpublic_repository",
    "aws_s3_account_public_access_block",
    "aws_s3control_multi_region_access_point",
    "aws_s3control_multi_region_access_point_policy",
    "aws_lightsail_distribution",
    "aws_lightsail_domain",
    "aws_lightsail_domain_entry",
    "aws_dynamodb_global_table",
    "aws_rds_global_cluster",
    "aws_docdb_global_cluster",
    "aws_neptune_global_cluster",
];

/// Families of which every type is global.
const GLOBAL_PREFIXES: [&str; 19] = [
    "aws_chatbot_",
    "aws_iam_",
    "aws_cloudfront_",
    "aws_organizations_",
    "aws_route53domains_",
    "aws_waf_",
    "aws_shield_",
    "aws_budgets_",
    "aws_globalaccelerator_",
    "aws_account_",
    "aws_ce_",
    "aws_cur_",
    "aws_bcmdataexports_",
    "aws_costoptimizationhub_",
    "aws_networkmanager_",
    "aws_route53recoverycontrolconfig_",
    "aws_route53recoveryreadiness_",
    "aws_ssoadmin_",
    "aws_identitystore_",
];

/// Whether one object of this type serves every region. A private zone is the exception: it is of its networks'
/// region, which its block or state tells.
pub fn is_global(resource_type: &str) -> bool {
    GLOBAL_TYPES.contains(&resource_type) || GLOBAL_PREFIXES.iter().any(|prefix| resource_type.starts_with(prefix))
}

/// Whether a block of the source makes one object for every region. A zone with a `vpc` is private: it answers
/// in the networks of its region, and the standby has one of its own with the same name.
pub(crate) fn is_global_block(resource_type: &str, block: &Block) -> bool {
    if resource_type == ALARM {
        return namespaces(block).iter().any(|namespace| GLOBAL_METRICS.contains(namespace));
    }
    is_global(resource_type) && !(resource_type == ZONE && sets(&block.body, NETWORK))
        || reaches_all_regions(resource_type, |name, value| {
            attribute(&block.body, name).is_some_and(|set| match set {
                Expression::Bool(set) => set.to_string() == value,
                set => literal(set) == Some(value),
            })
        })
}

/// The same of a block in JSON.
pub(crate) fn is_global_in_json(resource_type: &str, body: &Json, text: &str) -> bool {
    is_global(resource_type) && !(resource_type == ZONE && body.sets(NETWORK))
        || reaches_all_regions(resource_type, |name, value| {
            body.member(name).is_some_and(|set| text[set.range.clone()].trim_matches('"') == value)
        })
}

/// Whether an object of a type that is of a region reaches all of them, by what its attributes say.
fn reaches_all_regions(resource_type: &str, is: impl Fn(&str, &str) -> bool) -> bool {
    match resource_type {
        // A trail of every region is found in each under its one name.
        "aws_cloudtrail" => is("is_multi_region_trail", "true"),
        ALARM => GLOBAL_METRICS.iter().any(|namespace| is("namespace", namespace)),
        // Web ACLs and what belongs to them are of a region, or of CloudFront.
        _ => resource_type.starts_with("aws_wafv2_") && is("scope", "CLOUDFRONT"),
    }
}

/// Whether an object of a state serves every region.
pub(crate) fn is_global_object(managed: &ManagedInstance<'_>) -> bool {
    let networks = managed.attributes().get(NETWORK).and_then(serde_json::Value::as_array);
    let is = |name: &str, value: &str| match managed.attributes().get(name) {
        Some(serde_json::Value::String(set)) => set == value,
        Some(serde_json::Value::Bool(set)) => set.to_string() == value,
        _ => false,
    };
    is_global(managed.resource_type())
        && !(managed.resource_type() == ZONE && networks.is_some_and(|networks| !networks.is_empty()))
        || reaches_all_regions(managed.resource_type(), is)
        || managed.resource_type() == ALARM && queried(managed).any(|namespace| GLOBAL_METRICS.contains(&namespace))
}

/// The namespaces in an alarm's `metric_query` blocks.
fn queried<'s>(managed: &ManagedInstance<'s>) -> impl Iterator<Item = &'s str> {
    let list = |value: Option<&'s serde_json::Value>| value.and_then(serde_json::Value::as_array).into_iter().flatten();
    let metrics = list(managed.attributes().get("metric_query")).flat_map(move |query| list(query.get("metric")));
    metrics.filter_map(|metric| metric.get("namespace")?.as_str())
}

pub(crate) const ZONE: &str = "aws_route53_zone";
/// What a private zone has, and no other.
pub(crate) const NETWORK: &str = "vpc";
const ALARM: &str = "aws_cloudwatch_metric_alarm";

/// What is spent, and what CloudFront serves, is measured in us-east-1 alone, for every region together.
const GLOBAL_METRICS: [&str; 2] = ["AWS/Billing", "AWS/CloudFront"];

/// The namespaces of the metrics that an alarm watches, its own and those of its `metric_query` blocks.
pub(crate) fn namespaces(block: &Block) -> Vec<&str> {
    let own = attribute(&block.body, "namespace").and_then(literal);
    let queries = blocks(&block.body, "metric_query").flat_map(|query| blocks(&query.body, "metric"));
    own.into_iter().chain(queries.filter_map(|metric| attribute(&metric.body, "namespace").and_then(literal))).collect()
}

/// Attributes that name an object for all regions at once. Two of one name cannot be.
/// A record has a second one, that tells apart several of one name; so has what a bucket has several of.
/// A dashboard is one for all regions (CloudWatch API, `PutDashboard`): a second one overwrites the first.
/// A bucket's settings are the bucket's: those of the standby would be set on the primary's.
pub(crate) const UNIQUE_NAMES: [(&str, &str, Option<&str>); 26] = [
    ("aws_amplify_domain_association", "domain_name", None),
    ("aws_api_gateway_domain_name", "domain_name", None),
    ("aws_cloudwatch_dashboard", "dashboard_name", None),
    ("aws_cognito_user_pool_domain", "domain", None),
    ("aws_route53_record", "name", Some("set_identifier")),
    ("aws_s3_bucket", "bucket", None),
    ("aws_s3_object", "bucket", Some("key")),
    ("aws_s3_bucket_object", "bucket", Some("key")),
    ("aws_s3_bucket_accelerate_configuration", "bucket", None),
    ("aws_s3_bucket_acl", "bucket", None),
    ("aws_s3_bucket_cors_configuration", "bucket", None),
    ("aws_s3_bucket_intelligent_tiering_configuration", "bucket", Some("name")),
    ("aws_s3_bucket_inventory", "bucket", Some("name")),
    ("aws_s3_bucket_lifecycle_configuration", "bucket", None),
    ("aws_s3_bucket_logging", "bucket", None),
    ("aws_s3_bucket_metric", "bucket", Some("name")),
    ("aws_s3_bucket_notification", "bucket", None),
    ("aws_s3_bucket_object_lock_configuration", "bucket", None),
    ("aws_s3_bucket_ownership_controls", "bucket", None),
    ("aws_s3_bucket_policy", "bucket", None),
    ("aws_s3_bucket_public_access_block", "bucket", None),
    ("aws_s3_bucket_replication_configuration", "bucket", None),
    ("aws_s3_bucket_request_payment_configuration", "bucket", None),
    ("aws_s3_bucket_server_side_encryption_configuration", "bucket", None),
    ("aws_s3_bucket_versioning", "bucket", None),
    ("aws_s3_bucket_website_configuration", "bucket", None),
];

/// How ids of regional objects begin, before a hyphen and 8 or 17 hexadecimal digits.
/// Source: Amazon EC2 User Guide, "Resource IDs".
const REGIONAL_IDS: [&str; 45] = [
    "acl",
    "aki",
    "ami",
    "ari",
    "cagw",
    "cgw",
    "cr",
    "dopt",
    "eigw",
    "eipalloc",
    "eipassoc",
    "eni",
    "fl",
    "fs",
    "fsap",
    "fsmt",
    "h",
    "i",
    "igw",
    "ipam",
    "ipam-pool",
    "key",
    "lt",
    "nat",
    "pcx",
    "pl",
    "r",
    "rtb",
    "rtbassoc",
    "rslvr-in",
    "rslvr-out",
    "rslvr-rr",
    "sg",
    "sgr",
    "snap",
    "subnet",
    "tgw",
    "tgw-attach",
    "tgw-rtb",
    "vgw",
    "vol",
    "vpc",
    "vpce",
    "vpce-svc",
    "vpn",
];

/// Ids of regional objects in a text: where each stands, and how it begins.
pub(crate) fn regional_ids(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let hyphens = text.bytes().enumerate().filter(|(_, byte)| *byte == b'-');
    hyphens.filter_map(|(hyphen, _)| regional_id_at(text, hyphen)).collect()
}

/// The one whose digits come after the hyphen at `hyphen`.
pub(crate) fn regional_id_at(text: &str, hyphen: usize) -> Option<(Range<usize>, &'static str)> {
    let bytes = text.as_bytes();
    let digits = bytes[hyphen + 1..].iter().take_while(|byte| is_digit(byte)).count();
    let end = hyphen + 1 + digits;
    if !ID_LENGTHS.contains(&digits) || bytes.get(end).is_some_and(|after| is_of_name(*after)) {
        return None;
    }
    let start = name_start(bytes, hyphen);
    text.get(start..end).and_then(regional_id).map(|kind| (start..end, kind))
}

/// How a regional id begins, where the whole text is one; empty where its kind is not listed.
pub(crate) fn regional_id(text: &str) -> Option<&'static str> {
    let (kind, digits) = text.rsplit_once('-')?;
    if !ID_LENGTHS.contains(&digits.len()) || !digits.bytes().all(|byte| is_digit(&byte)) {
        return None;
    }
    let listed = REGIONAL_IDS.iter().find(|known| **known == kind).copied();
    // Seventeen such digits are an id of AWS's own, whatever it is of: `svm-`, `cvpn-endpoint-`, `pb-`.
    let is_id = digits.len() == LONG_ID
        && kind.starts_with(|first: char| first.is_ascii_lowercase())
        && !GLOBAL_IDS.contains(&kind);
    listed.or(is_id.then_some(""))
}

/// How ids of Network Manager's objects begin, which serve every region.
const GLOBAL_IDS: [&str; 5] = ["core-network", "device", "global-network", "link", "site"];

/// How many digits an id has: older ones 8.
const ID_LENGTHS: [usize; 2] = [8, LONG_ID];
const LONG_ID: usize = 17;

fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_global_types() {
        for global in
            ["aws_route53_zone", "aws_iam_role", "aws_iam_role_policy_attachment", "aws_cloudfront_distribution"]
        {
            assert!(is_global(global), "{global}");
        }
        for regional in [
            "aws_route53_record",
            "aws_route53_health_check",
            "aws_instance",
            "aws_wafv2_web_acl",
            "aws_route53_zone_association",
        ] {
            assert!(!is_global(regional), "{regional}");
        }
    }

    #[test]
    fn ids_are_whole_words() {
        let text = "ami-0123456789abcdef0, vpc-12345678/x shop-app i-0123456789abcdef sg-ABCDEF12 global-network-0123456789abcdef0 day-20240101 svm-0123456789abcdef0";
        let ids: Vec<_> = regional_ids(text).into_iter().map(|(range, kind)| (&text[range], kind)).collect();
        let other = ("svm-0123456789abcdef0", "");
        assert_eq!(ids, [("ami-0123456789abcdef0", "ami"), ("vpc-12345678", "vpc"), other]);
    }
}
