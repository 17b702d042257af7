//! Data sources that find what the stack does not make: in the standby they ask the standby region.

use super::retarget::Work;
use super::syntax::{attribute, labels, literal, place};
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use pilotlight_findings::{Severity, Subject, codes};

/// Images and snapshots, which are copied to a region or are not there.
const COPIES: [&str; 6] = [
    "aws_ami",
    "aws_ami_ids",
    "aws_ebs_snapshot",
    "aws_ebs_snapshot_ids",
    "aws_db_snapshot",
    "aws_db_cluster_snapshot",
];

/// Accounts that publish their images in every region.
const PUBLISHERS: [&str; 11] = [
    "137112412989", // Amazon Linux
    "591542846629", // Amazon ECS
    "602401143452", // Amazon EKS
    "801119661308", // Windows
    "679593333241", // AWS Marketplace
    "099720109477", // Canonical
    "136693071363", // Debian
    "309956199498", // Red Hat
    "013907871322", // SUSE
    "792107900819", // Rocky Linux
    "764336703387", // AlmaLinux
];

/// Objects of one region that another stack or a person made.
const OBJECTS: [&str; 32] = [
    "aws_acm_certificate",
    "aws_alb",
    "aws_cloudwatch_log_group",
    "aws_cognito_user_pools",
    "aws_db_instance",
    "aws_db_subnet_group",
    "aws_dynamodb_table",
    "aws_ecr_image",
    "aws_ecr_repository",
    "aws_ecs_cluster",
    "aws_ecs_service",
    "aws_efs_file_system",
    "aws_eks_cluster",
    "aws_elasticache_replication_group",
    "aws_instance",
    "aws_instances",
    "aws_key_pair",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_lambda_function",
    "aws_lambda_layer_version",
    "aws_lb",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_rds_cluster",
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version",
    "aws_security_group",
    "aws_sns_topic",
    "aws_sqs_queue",
    "aws_ssm_parameter",
    "aws_vpc",
];

/// What a network, an API or a queue of another stack is found by. It is told where the block names nothing of its own
/// stack: with the network's own id it looks within that.
const OTHERS: [&str; 51] = [
    "aws_api_gateway_rest_api",
    "aws_api_gateway_vpc_link",
    "aws_apigatewayv2_api",
    "aws_autoscaling_group",
    "aws_autoscaling_groups",
    "aws_backup_plan",
    "aws_backup_vault",
    "aws_batch_compute_environment",
    "aws_batch_job_queue",
    "aws_cloudformation_export",
    "aws_cloudformation_stack",
    "aws_cloudwatch_event_bus",
    "aws_codecommit_repository",
    "aws_codestarconnections_connection",
    "aws_cognito_user_pool",
    "aws_customer_gateway",
    "aws_db_proxy",
    "aws_ebs_volume",
    "aws_ebs_volumes",
    "aws_ec2_managed_prefix_list",
    "aws_ec2_transit_gateway",
    "aws_ec2_transit_gateway_route_table",
    "aws_ec2_transit_gateway_vpc_attachment",
    "aws_ecs_task_definition",
    "aws_efs_access_point",
    "aws_eip",
    "aws_eips",
    "aws_elasticache_cluster",
    "aws_elasticsearch_domain",
    "aws_guardduty_detector",
    "aws_internet_gateway",
    "aws_kinesis_firehose_delivery_stream",
    "aws_kinesis_stream",
    "aws_launch_configuration",
    "aws_launch_template",
    "aws_lbs",
    "aws_mq_broker",
    "aws_msk_cluster",
    "aws_nat_gateway",
    "aws_network_interface",
    "aws_opensearch_domain",
    "aws_redshift_cluster",
    "aws_route_table",
    "aws_route_tables",
    "aws_security_groups",
    "aws_service_discovery_dns_namespace",
    "aws_sfn_state_machine",
    "aws_subnet",
    "aws_subnets",
    "aws_vpc_endpoint",
    "aws_vpcs",
];

/// What is asked of a bucket, which has one name from everywhere.
const OF_BUCKETS: [&str; 5] =
    ["aws_s3_bucket", "aws_s3_bucket_object", "aws_s3_bucket_objects", "aws_s3_object", "aws_s3_objects"];

const THERE: &str = "what it looks up has to be there before the standby is planned, in";

/// Says which look-ups need what in the standby region.
pub(crate) fn tell(work: &mut Work<'_>) {
    let mut notes = Vec::new();
    for (file, parsed) in &work.parsed {
        for block in parsed.syntax.blocks("data") {
            let [kind, name] = labels(block)[..] else { continue };
            let what = if COPIES.contains(&kind) && is_own(kind, block) {
                (Severity::Warning, "images and snapshots of an account are of one region: copy them to")
            } else if (OBJECTS.contains(&kind) || OTHERS.contains(&kind) && names_nothing(block))
                && by_literal(block)
                && !is_public(block)
            {
                (Severity::Info, THERE)
            } else if let Some(bucket) = bucket_of(kind, block)
                && work.words.replace(bucket) == bucket
            {
                (
                    Severity::Warning,
                    "the bucket has one name from everywhere, so that the primary's is read in its place: name one of",
                )
            } else {
                continue;
            };
            notes.push((file.clone(), place(block), what, format!("data.{kind}.{name}")));
        }
    }
    for (file, range, (severity, what), address) in notes {
        let subject = Subject::File { span: work.span(&file, range) };
        work.note(codes::R_LOOKUP, severity, subject, format!("{address}: {what} {}", work.input.standby));
    }
}

/// Whether the object is an account's own: published images have the same name in every region.
fn is_own(kind: &str, block: &Block) -> bool {
    match attribute(&block.body, "owners") {
        Some(Expression::Array(owners)) => owners.iter().filter_map(literal).any(own_image_owner),
        Some(_) => false,
        // A snapshot without an owner is the account's own.
        None => kind != "aws_ami" && kind != "aws_ami_ids",
    }
}

/// Whether an owner of images is an account of the team's own, or of a partner: `self`, or a number that is none of a
/// publisher.
pub(crate) fn own_image_owner(owner: &str) -> bool {
    let is_account = owner.len() == 12 && owner.bytes().all(|byte| byte.is_ascii_digit());
    owner == "self" || is_account && !PUBLISHERS.contains(&owner)
}

/// The literal name of the bucket that a block asks for.
fn bucket_of<'b>(kind: &str, block: &'b Block) -> Option<&'b str> {
    attribute(&block.body, "bucket").filter(|_| OF_BUCKETS.contains(&kind)).and_then(literal)
}

/// Whether no part of a block refers to anything but the provider's configuration.
fn names_nothing(block: &Block) -> bool {
    block.body.iter().all(|structure| match structure {
        hcl_edit::structure::Structure::Attribute(attribute) => {
            attribute.key.as_str() == "provider" || super::syntax::references_in(&attribute.value).is_empty()
        }
        hcl_edit::structure::Structure::Block(inner) => names_nothing(inner),
    })
}

/// Whether something of the block is a literal text: what another resource gives is of the standby.
fn by_literal(block: &Block) -> bool {
    block.body.iter().any(|structure| match structure {
        hcl_edit::structure::Structure::Attribute(attribute) => {
            super::syntax::references_in(&attribute.value).is_empty() && attribute.key.as_str() != "provider"
        }
        hcl_edit::structure::Structure::Block(inner) => by_literal(inner),
    })
}

/// Parameters that AWS publishes in every region.
fn is_public(block: &Block) -> bool {
    let name = attribute(&block.body, "name").and_then(literal);
    name.is_some_and(|name| name.starts_with("/aws/service/") || name.starts_with("com.amazonaws."))
}
