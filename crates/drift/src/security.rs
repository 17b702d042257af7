//! Which differences are a danger now, and not only drift.

use crate::compare::Difference;
use crate::equal::{equal, is_empty, items, text};
use crate::network::is_world;
use crate::policy::{is_public, is_weakened};
use pilotlight_findings::{Code, codes};
use serde_json::Value;

/// A difference that is a danger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Danger {
    pub(crate) code: Code,
    /// What it is, as a sentence about the object.
    pub(crate) what: String,
}

/// What a value has to become to be a danger.
#[derive(Debug, Clone, Copy)]
enum Turns {
    /// `true`, or a text of it.
    On,
    /// `false`, empty, or gone.
    Off,
    /// A smaller number, or none.
    Down,
    /// Nothing, after it was something.
    Empty,
    /// This text.
    Into(&'static str),
    /// Some other text than this one.
    From(&'static str),
    /// A list with a range that is the whole Internet, which had none.
    World,
}

struct Row {
    /// The end of the difference's path, indices taken out: `metadata_options.http_tokens`.
    path: &'static str,
    turns: Turns,
    code: Code,
    what: &'static str,
}

const fn row(path: &'static str, turns: Turns, code: Code, what: &'static str) -> Row {
    Row { path, turns, code, what }
}

/// Attributes by name, whatever the type: the provider names them alike.
const ROWS: &[Row] = &[
    row("publicly_accessible", Turns::On, codes::D_EXPOSED, "it is reachable from the Internet"),
    row("endpoint_public_access", Turns::On, codes::D_EXPOSED, "its endpoint is reachable from the Internet"),
    row("map_public_ip_on_launch", Turns::On, codes::D_EXPOSED, "instances launched in it get public addresses"),
    row("associate_public_ip_address", Turns::On, codes::D_EXPOSED, "it has a public address"),
    row("public", Turns::On, codes::D_EXPOSED, "everybody may use it"),
    row("block_public_acls", Turns::Off, codes::D_EXPOSED, "public ACLs are no longer blocked"),
    row("block_public_policy", Turns::Off, codes::D_EXPOSED, "public policies are no longer blocked"),
    row("ignore_public_acls", Turns::Off, codes::D_EXPOSED, "public ACLs are no longer ignored"),
    row("restrict_public_buckets", Turns::Off, codes::D_EXPOSED, "public buckets are no longer restricted"),
    row("acl", Turns::Into("public-read"), codes::D_EXPOSED, "everybody may read it"),
    row("acl", Turns::Into("public-read-write"), codes::D_EXPOSED, "everybody may read and write it"),
    row("authorization_type", Turns::Into("NONE"), codes::D_EXPOSED, "everybody may call it"),
    row("authorization", Turns::Into("NONE"), codes::D_EXPOSED, "everybody may call it"),
    row("allow_unauthenticated_identities", Turns::On, codes::D_EXPOSED, "it gives access without a login"),
    row("internal", Turns::Off, codes::D_EXPOSED, "it faces the Internet"),
    row("public_access_cidrs", Turns::World, codes::D_EXPOSED, "the whole Internet may reach its endpoint"),
    row("direct_internet_access", Turns::Into("Enabled"), codes::D_EXPOSED, "it has a way to the Internet of its own"),
    row("allow_external_principals", Turns::On, codes::D_EXPOSED, "it may be shared with other organizations"),
    row("allow_admin_create_user_only", Turns::Off, codes::D_EXPOSED, "everybody may sign up"),
    row("http_tokens", Turns::Into("optional"), codes::D_WEAKENED, "its metadata answers without a token"),
    row("deletion_protection", Turns::Off, codes::D_WEAKENED, "it is no longer protected from deletion"),
    row("enable_deletion_protection", Turns::Off, codes::D_WEAKENED, "it is no longer protected from deletion"),
    row("deletion_protection_enabled", Turns::Off, codes::D_WEAKENED, "it is no longer protected from deletion"),
    row("deletion_protection", Turns::From("ACTIVE"), codes::D_WEAKENED, "it is no longer protected from deletion"),
    row("disable_api_termination", Turns::Off, codes::D_WEAKENED, "it is no longer protected from termination"),
    row("enable_key_rotation", Turns::Off, codes::D_WEAKENED, "its key is no longer rotated"),
    row("enable_log_file_validation", Turns::Off, codes::D_WEAKENED, "its log files are no longer validated"),
    row("enable_logging", Turns::Off, codes::D_WEAKENED, "it no longer logs"),
    row("rotation_enabled", Turns::Off, codes::D_WEAKENED, "its secret is no longer rotated"),
    row("api_key_required", Turns::Off, codes::D_WEAKENED, "it no longer demands an API key"),
    row("iam_database_authentication_enabled", Turns::Off, codes::D_WEAKENED, "it no longer takes logins by IAM"),
    row("backup_retention_period", Turns::Into("0"), codes::D_WEAKENED, "it is no longer backed up"),
    row("default_retention.mode", Turns::From("COMPLIANCE"), codes::D_WEAKENED, "its objects may be deleted by some"),
    row("privileged_mode", Turns::On, codes::D_WEAKENED, "its builds run with root's rights on the host"),
    row("rule.action.block", Turns::Empty, codes::D_WEAKENED, "a rule of it no longer blocks"),
    row("default_action.block", Turns::Empty, codes::D_WEAKENED, "it no longer blocks what no rule allows"),
    row("access_logs.enabled", Turns::Off, codes::D_WEAKENED, "it no longer logs"),
    row("connection_logs.enabled", Turns::Off, codes::D_WEAKENED, "it no longer logs connections"),
    row("minimum_password_length", Turns::Down, codes::D_WEAKENED, "shorter passwords are allowed"),
    row("require_lowercase_characters", Turns::Off, codes::D_WEAKENED, "simpler passwords are allowed"),
    row("require_uppercase_characters", Turns::Off, codes::D_WEAKENED, "simpler passwords are allowed"),
    row("require_numbers", Turns::Off, codes::D_WEAKENED, "simpler passwords are allowed"),
    row("require_symbols", Turns::Off, codes::D_WEAKENED, "simpler passwords are allowed"),
    row("password_reuse_prevention", Turns::Down, codes::D_WEAKENED, "old passwords can be used again"),
    row("permissions_boundary", Turns::Empty, codes::D_WEAKENED, "its permissions boundary is gone"),
    row(
        "versioning_configuration.status",
        Turns::From("Enabled"),
        codes::D_WEAKENED,
        "it no longer keeps old versions",
    ),
    row("point_in_time_recovery.enabled", Turns::Off, codes::D_WEAKENED, "it can no longer be restored to any time"),
    row("object_ownership", Turns::From("BucketOwnerEnforced"), codes::D_WEAKENED, "its ACLs are in force again"),
    row("image_tag_mutability", Turns::From("IMMUTABLE"), codes::D_WEAKENED, "its images can be overwritten"),
    row("scan_on_push", Turns::Off, codes::D_WEAKENED, "its images are no longer scanned"),
    row("mfa_configuration", Turns::From("ON"), codes::D_WEAKENED, "it no longer demands a second factor"),
    row("is_multi_region_trail", Turns::Off, codes::D_WEAKENED, "it logs one region only"),
    row("encryption_type", Turns::Into("NONE"), codes::D_UNENCRYPTED, "it is no longer encrypted"),
    row("encrypted", Turns::Off, codes::D_UNENCRYPTED, "it is no longer encrypted"),
    row("storage_encrypted", Turns::Off, codes::D_UNENCRYPTED, "its storage is no longer encrypted"),
    row("at_rest_encryption_enabled", Turns::Off, codes::D_UNENCRYPTED, "it is no longer encrypted at rest"),
    row("transit_encryption_enabled", Turns::Off, codes::D_UNENCRYPTED, "it is no longer encrypted in transit"),
    row("sqs_managed_sse_enabled", Turns::Off, codes::D_UNENCRYPTED, "its messages are no longer encrypted"),
    row("server_side_encryption", Turns::Empty, codes::D_UNENCRYPTED, "it is no longer encrypted with a key of yours"),
    row("server_side_encryption.enabled", Turns::Off, codes::D_UNENCRYPTED, "it is no longer encrypted with KMS"),
    row("encrypt_at_rest.enabled", Turns::Off, codes::D_UNENCRYPTED, "it is no longer encrypted at rest"),
    row("node_to_node_encryption.enabled", Turns::Off, codes::D_UNENCRYPTED, "its nodes talk in plain text"),
    row("enforce_https", Turns::Off, codes::D_UNENCRYPTED, "it answers without TLS"),
    row("viewer_protocol_policy", Turns::Into("allow-all"), codes::D_UNENCRYPTED, "it answers without TLS"),
    row("origin_protocol_policy", Turns::Into("http-only"), codes::D_UNENCRYPTED, "it asks its origin without TLS"),
    row("client_broker", Turns::From("TLS"), codes::D_UNENCRYPTED, "it takes clients without TLS"),
    row("sse_algorithm", Turns::From("aws:kms"), codes::D_UNENCRYPTED, "it is no longer encrypted with KMS"),
    row("kms_master_key_id", Turns::Empty, codes::D_UNENCRYPTED, "it is no longer encrypted with a key of yours"),
    row("kms_key_id", Turns::Empty, codes::D_UNENCRYPTED, "it is no longer encrypted with a key of yours"),
    row("kms_key_arn", Turns::Empty, codes::D_UNENCRYPTED, "it is no longer encrypted with a key of yours"),
    row("encryption_configuration", Turns::Empty, codes::D_UNENCRYPTED, "its encryption settings are gone"),
];

/// Attributes whose name says other things in other types.
const OF_TYPES: &[(&str, Row)] = &[
    ("aws_guardduty_detector", row("enable", Turns::Off, codes::D_WEAKENED, "it no longer watches")),
    (
        "aws_config_configuration_recorder_status",
        row("is_enabled", Turns::Off, codes::D_WEAKENED, "it no longer records"),
    ),
    (
        "aws_backup_vault_lock_configuration",
        row("min_retention_days", Turns::Into("0"), codes::D_WEAKENED, "recovery points may be deleted at any time"),
    ),
    ("aws_lambda_permission", row("principal", Turns::Into("*"), codes::D_EXPOSED, "everybody may call the function")),
];

/// Attributes that hold a policy: of a resource, of trust, or of an identity.
const POLICIES: &[&str] =
    &["policy", "assume_role_policy", "inline_policy.policy", "access_policies", "access_policy", "policy_document"];

/// The type whose policy is called its content: it says what accounts may do at most.
const CONTROL_POLICY: &str = "aws_organizations_policy";

/// Lists of policies that an identity has: what one more grants is not told, and it was not meant to have any.
const ATTACHED: &[&str] = &["managed_policy_arns", "policy_arns", "policy_names"];

/// Types that have the rules of a network ACL.
const NETWORK_ACLS: &[&str] = &["aws_network_acl", "aws_default_network_acl"];

/// Where the grants of an S3 ACL stand.
const GRANTS: &[&str] = &["grant", "access_control_policy"];

/// Groups of S3 that are everybody, and everybody who has any AWS account. Source: S3's user guide, "Access control
/// list (ACL) overview".
const GROUPS: &[&str] = &["/groups/global/AllUsers", "/groups/global/AuthenticatedUsers"];

/// Types whose absence alone is a danger: they guard another object.
const GUARDS: &[&str] = &[
    "aws_s3_bucket_public_access_block",
    "aws_s3_account_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_ebs_encryption_by_default",
    "aws_wafv2_web_acl_association",
    "aws_cloudtrail",
    "aws_flow_log",
    "aws_guardduty_detector",
    "aws_wafv2_web_acl",
    "aws_securityhub_account",
    "aws_macie2_account",
    "aws_inspector2_enabler",
    "aws_accessanalyzer_analyzer",
    "aws_config_configuration_recorder",
    "aws_config_configuration_recorder_status",
    "aws_organizations_policy_attachment",
    "aws_backup_vault_lock_configuration",
    "aws_secretsmanager_secret_rotation",
];

/// Whether an object of this type guards others, so that it is a danger where it is missing.
pub(crate) fn is_guard(resource_type: &str) -> bool {
    GUARDS.contains(&resource_type)
}

/// The dangers among the differences of an object as one, the worst first.
pub(crate) fn danger(resource_type: &str, differences: &[Difference]) -> Option<Danger> {
    let mut dangers: Vec<Danger> = differences.iter().filter_map(|difference| one(resource_type, difference)).collect();
    let rank = |danger: &Danger| WORST_FIRST.iter().position(|code| *code == danger.code).unwrap_or(WORST_FIRST.len());
    dangers.sort_by_key(rank);
    let mut said: Vec<String> = Vec::new();
    for Danger { what, .. } in &dangers {
        if !said.contains(what) {
            said.push(what.clone());
        }
    }
    dangers.first().map(|worst| Danger { code: worst.code, what: said.join(", ") })
}

/// Whoever may get in comes before what they find there.
const WORST_FIRST: &[Code] = &[codes::D_OPENED, codes::D_EXPOSED, codes::D_UNENCRYPTED, codes::D_WEAKENED];

fn one(resource_type: &str, difference: &Difference) -> Option<Danger> {
    let Difference { path, old, new, .. } = difference;
    let path = without_indices(path);
    let told = |code, what: &str| Some(Danger { code, what: what.to_owned() });
    if POLICIES.contains(&path.as_str()) || resource_type == CONTROL_POLICY && path == "content" {
        return match (is_public(new) && !is_public(old), is_weakened(old, new)) {
            (true, _) => told(codes::D_EXPOSED, &format!("its {path} allows everybody")),
            (_, true) => told(codes::D_WEAKENED, &format!("its {path} grants more than the state's")),
            _ => None,
        };
    }
    // Inline policies as a whole list: one that is new or was changed grants what it allows.
    if path == "inline_policy" && items(new).iter().any(|policy| is_new_grant(policy, old)) {
        return told(codes::D_WEAKENED, "it has an inline policy that grants more than the state's");
    }
    if ATTACHED.contains(&path.as_str()) && items(new).iter().any(|policy| !items(old).contains(policy)) {
        return told(codes::D_WEAKENED, "it has a policy more than in the state");
    }
    if NETWORK_ACLS.contains(&resource_type) && path == "ingress" && lets_the_world_in(old, new) {
        return told(codes::D_OPENED, "it lets the Internet in");
    }
    if resource_type == "aws_ec2_managed_prefix_list" && path == "entry" && has_the_world(new) && !has_the_world(old) {
        return told(codes::D_OPENED, "it has the whole Internet, and so has every rule that names it");
    }
    if resource_type == "aws_iam_access_key" && path == "status" && text(new) == "Active" {
        return told(codes::D_WEAKENED, "a key that was switched off works again");
    }
    if GRANTS.iter().any(|grants| path == *grants || path.starts_with(&format!("{grants}.")))
        && GROUPS.iter().any(|group| new.to_string().contains(group) && !old.to_string().contains(group))
    {
        return told(codes::D_EXPOSED, "its ACL lets everybody in");
    }
    let fits = |row: &&Row| path == row.path || path.ends_with(&format!(".{}", row.path));
    let of_type = OF_TYPES.iter().filter(|(kind, _)| *kind == resource_type).map(|(_, row)| row);
    let row = of_type.chain(ROWS).filter(fits).find(|row| turned(row.turns, old, new))?;
    told(row.code, row.what)
}

/// Whether a block of an inline policy allows something that the block of that name did not.
fn is_new_grant(policy: &Value, old: &Value) -> bool {
    let known = items(old).iter().find(|known| known.get("name") == policy.get("name"));
    let document = |block: Option<&Value>| block.and_then(|block| block.get("policy")).cloned().unwrap_or(Value::Null);
    is_weakened(&document(known), &document(Some(policy)))
}

fn turned(turns: Turns, old: &Value, new: &Value) -> bool {
    let is_true = |value: &Value| text(value) == "true";
    match turns {
        Turns::On => is_true(new) && !is_true(old),
        Turns::Off => is_true(old) && !is_true(new),
        Turns::Down => old.as_f64().is_some_and(|old| new.as_f64().unwrap_or_default() < old),
        Turns::Empty => !is_empty(old) && is_empty(new),
        Turns::Into(to) => text(new) == to && text(old) != to,
        Turns::From(from) => text(old) == from && text(new) != from,
        Turns::World => {
            let open = |value: &Value| items(value).iter().any(|range| is_world(&text(range)));
            open(new) && !open(old)
        }
    }
}

/// Whether a prefix list has everybody.
fn has_the_world(entries: &Value) -> bool {
    items(entries).iter().any(|entry| is_world(&text(entry.get("cidr").unwrap_or(&Value::Null))))
}

/// A rule that allows the world in, which the state does not have.
fn lets_the_world_in(old: &Value, new: &Value) -> bool {
    let open = |rule: &&Value| {
        let get = |name: &str| text(rule.get(name).unwrap_or(&Value::Null));
        let action = get("action");
        action == "allow" && (is_world(&get("cidr_block")) || is_world(&get("ipv6_cidr_block")))
    };
    items(new).iter().filter(open).any(|rule| !items(old).iter().any(|known| equal(known, rule)))
}

/// `ingress[0].cidr` is `ingress.cidr`.
fn without_indices(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0;
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(resource_type: &str, path: &str, old: Value, new: Value) -> Option<Code> {
        let attribute = path.split(['[', '.']).next().expect("attribute");
        let difference = Difference { path: path.to_owned(), ..Difference::of(attribute, &old, &new) };
        danger(resource_type, &[difference]).map(|danger| danger.code)
    }

    const GRANT: &str = r#"{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"#;

    #[test]
    fn the_way_that_a_value_turns_decides() {
        for (path, old, new, expected) in [
            ("publicly_accessible", json!(false), json!(true), Some(codes::D_EXPOSED)),
            ("publicly_accessible", json!(true), json!(false), None),
            ("metadata_options[0].http_tokens", json!("required"), json!("optional"), Some(codes::D_WEAKENED)),
            ("metadata_options[0].http_tokens", json!("optional"), json!("required"), None),
            ("root_block_device[0].encrypted", json!(true), json!(false), Some(codes::D_UNENCRYPTED)),
            ("root_block_device[0].encrypted", json!(false), json!(true), None),
            ("kms_key_id", json!("arn"), Value::Null, Some(codes::D_UNENCRYPTED)),
            ("kms_key_id", json!("arn"), json!("other"), None),
            ("acl", json!("private"), json!("public-read"), Some(codes::D_EXPOSED)),
            ("block_public_acls", json!(true), Value::Null, Some(codes::D_EXPOSED)),
            ("instance_type", json!("t3.small"), json!("t3.large"), None),
            ("inline_policy", json!([]), json!([{"name": "a", "policy": GRANT}]), Some(codes::D_WEAKENED)),
            ("inline_policy", json!([{"name": "a", "policy": GRANT}]), json!([]), None),
            ("versioning_configuration[0].status", json!("Enabled"), json!("Suspended"), Some(codes::D_WEAKENED)),
            ("versioning_configuration[0].status", json!("Suspended"), json!("Enabled"), None),
            ("authorization", json!("AWS_IAM"), json!("NONE"), Some(codes::D_EXPOSED)),
            ("encryption_type", json!("KMS"), json!("NONE"), Some(codes::D_UNENCRYPTED)),
            ("deletion_protection", json!("ACTIVE"), json!("INACTIVE"), Some(codes::D_WEAKENED)),
            ("deletion_protection", json!(true), json!(false), Some(codes::D_WEAKENED)),
            ("vpc_config[0].public_access_cidrs", json!(["10.0.0.0/8"]), json!(["0.0.0.0/0"]), Some(codes::D_EXPOSED)),
            ("vpc_config[0].public_access_cidrs", json!(["0.0.0.0/0"]), json!(["::/0", "0.0.0.0/0"]), None),
            ("vpc_config[0].public_access_cidrs", json!(["0.0.0.0/0"]), json!(["10.0.0.0/8"]), None),
            ("backup_retention_period", json!(7), json!(0), Some(codes::D_WEAKENED)),
            ("backup_retention_period", json!(7), json!(5), None),
            ("rule[*].action[0].block", json!([{"custom_response": []}]), json!([]), Some(codes::D_WEAKENED)),
            ("rule[*].action[0].count", json!([]), json!([{"custom_request_handling": []}]), None),
            (
                "default_cache_behavior[0].viewer_protocol_policy",
                json!("redirect-to-https"),
                json!("allow-all"),
                Some(codes::D_UNENCRYPTED),
            ),
            ("policy_document", json!(""), GRANT.into(), Some(codes::D_WEAKENED)),
            ("content", json!(""), GRANT.into(), None),
            ("principal", json!("s3.amazonaws.com"), json!("*"), None),
            ("managed_policy_arns", json!(["a"]), json!(["a", "b"]), Some(codes::D_WEAKENED)),
            ("managed_policy_arns", json!(["a", "b"]), json!(["a"]), None),
            ("policy_names", json!(["a"]), json!(["a", "b"]), Some(codes::D_WEAKENED)),
            ("policy_names", json!(["a"]), json!([]), None),
            ("minimum_password_length", json!(16), json!(6), Some(codes::D_WEAKENED)),
            ("minimum_password_length", json!(6), json!(16), None),
            ("password_reuse_prevention", json!(3), Value::Null, Some(codes::D_WEAKENED)),
            ("require_symbols", json!(true), json!(false), Some(codes::D_WEAKENED)),
            ("access_logs[0].enabled", json!(true), json!(false), Some(codes::D_WEAKENED)),
            ("access_logs[0].enabled", json!(false), json!(true), None),
        ] {
            assert_eq!(code("aws_x", path, old.clone(), new.clone()), expected, "{path} {old} {new}");
        }
    }

    #[test]
    fn the_worst_of_several_dangers_is_told_first() {
        let differences = [
            Difference::of("deletion_protection", &json!(true), &json!(false)),
            Difference::of("publicly_accessible", &json!(false), &json!(true)),
            Difference::of("engine_version", &json!("1"), &json!("2")),
        ];
        let what = "it is reachable from the Internet, it is no longer protected from deletion";
        let expected = Danger { code: codes::D_EXPOSED, what: what.to_owned() };
        assert_eq!(danger("aws_db_instance", &differences), Some(expected));
        assert_eq!(danger("aws_db_instance", &differences[2..]), None);
    }

    #[test]
    fn what_an_attribute_means_may_hang_on_the_type() {
        let everybody = |kind| code(kind, "principal", json!("s3.amazonaws.com"), json!("*"));
        assert_eq!(everybody("aws_lambda_permission"), Some(codes::D_EXPOSED));
        assert_eq!(code("aws_lambda_permission", "principal", json!("*"), json!("s3.amazonaws.com")), None);
        let off = |kind, path| code(kind, path, json!(true), json!(false));
        assert_eq!(off("aws_guardduty_detector", "enable"), Some(codes::D_WEAKENED));
        assert_eq!(off("aws_ecs_service", "deployment_circuit_breaker[0].enable"), None);
        assert_eq!(off("aws_config_configuration_recorder_status", "is_enabled"), Some(codes::D_WEAKENED));
        assert_eq!(off("aws_cloudwatch_event_rule", "is_enabled"), None);
        let deny = json!(r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}"#);
        assert_eq!(code("aws_organizations_policy", "content", deny, GRANT.into()), Some(codes::D_WEAKENED));
    }

    #[test]
    fn a_bucket_that_is_granted_to_everybody_is_exposed() {
        let grant = |uri: &str| json!([{"permission": "READ", "grantee": [{"type": "Group", "uri": uri}]}]);
        let everybody = grant("http://acs.amazonaws.com/groups/global/AllUsers");
        let anybody = grant("http://acs.amazonaws.com/groups/global/AuthenticatedUsers");
        let path = "access_control_policy[0].grant";
        assert_eq!(code("aws_s3_bucket_acl", path, json!([]), everybody.clone()), Some(codes::D_EXPOSED));
        assert_eq!(code("aws_s3_bucket", "grant", json!([]), anybody), Some(codes::D_EXPOSED));
        assert_eq!(code("aws_s3_bucket_acl", path, everybody.clone(), everybody.clone()), None);
        assert_eq!(code("aws_s3_bucket_acl", path, everybody, json!([])), None);
        let logs = grant("http://acs.amazonaws.com/groups/s3/LogDelivery");
        assert_eq!(code("aws_s3_bucket_acl", path, json!([]), logs), None);
    }

    #[test]
    fn an_acl_that_opens_is_told_from_one_that_closes() {
        let rule = |action: &str| json!([{"action": action, "cidr_block": "0.0.0.0/0", "rule_no": 1}]);
        assert_eq!(code("aws_network_acl", "ingress", json!([]), rule("allow")), Some(codes::D_OPENED));
        assert_eq!(code("aws_network_acl", "ingress", json!([]), rule("deny")), None);
        assert_eq!(code("aws_network_acl", "ingress", rule("allow"), json!([])), None);
        assert_eq!(code("aws_default_network_acl", "ingress", json!([]), rule("allow")), Some(codes::D_OPENED));
    }

    #[test]
    fn a_prefix_list_that_takes_in_everybody_opens_what_names_it() {
        let list = |cidr: &str| json!([{"cidr": "203.0.113.0/24"}, {"cidr": cidr}]);
        let told = |old: Value, new: Value| code("aws_ec2_managed_prefix_list", "entry", old, new);
        assert_eq!(told(list("10.0.0.0/8"), list("0.0.0.0/0")), Some(codes::D_OPENED));
        assert_eq!(told(json!([]), list("::/0")), Some(codes::D_OPENED));
        assert_eq!(told(list("0.0.0.0/0"), list("10.0.0.0/8")), None);
    }

    #[test]
    fn an_access_key_that_works_again_is_a_danger_and_one_that_was_switched_off_is_not() {
        let told = |old: &str, new: &str| code("aws_iam_access_key", "status", json!(old), json!(new));
        assert_eq!(told("Inactive", "Active"), Some(codes::D_WEAKENED));
        assert_eq!(told("Active", "Inactive"), None);
        assert_eq!(code("aws_x", "status", json!("Inactive"), json!("Active")), None);
    }
}
