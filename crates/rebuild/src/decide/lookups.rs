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

/// Says which look-ups need what in the standby region.
pub(crate) fn tell(work: &mut Work<'_>) {
    let mut notes = Vec::new();
    for (file, parsed) in &work.parsed {
        for block in parsed.syntax.blocks("data") {
            let [kind, name] = labels(block)[..] else { continue };
            let what = if COPIES.contains(&kind) && is_own(kind, block) {
                (Severity::Warning, "images and snapshots of an account are of one region: copy them to")
            } else if OBJECTS.contains(&kind) && by_literal(block) && !is_public(block) {
                (Severity::Info, "what it looks up has to be there before the standby is planned, in")
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
    attribute(&block.body, "name").and_then(literal).is_some_and(|name| name.starts_with("/aws/service/"))
}
