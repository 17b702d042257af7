//! What the identity that carries a run out has to be allowed, and whether it is.

use crate::managed::region_of;
use crate::{Plane, Run};
use async_trait::async_trait;
use pilotlight_findings::{Evidence, Finding, Region, Severity, Subject, codes};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// An action on a resource, as policies name both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// An ARN, or `*` where the action knows no resources.
    pub resource: String,
    /// `route53:ChangeResourceRecordSets`
    pub action: String,
    /// What needs it: a step, or a part of the work around the run.
    pub needed_by: String,
}

/// What the simulator says of one permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `route53:ChangeResourceRecordSets`
    pub action: String,
    /// The resource that was asked about.
    pub resource: String,
    /// Whether it is allowed.
    pub allowed: bool,
    /// The simulator's own word: `allowed`, `explicitDeny`, `implicitDeny`.
    pub word: String,
}

/// Why the simulator did not decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// There is no such operation at this endpoint: an emulator.
    #[error("{0}")]
    NotOffered(String),
    /// The caller may not ask, or there was no usable answer.
    #[error("{0}")]
    Unknown(String),
}

/// The port to who the caller is, and what a principal may do. It changes nothing.
#[async_trait]
pub trait PolicySimulator: Send + Sync {
    /// The ARN of the caller, as the credentials have it.
    ///
    /// # Errors
    /// There was no answer.
    async fn caller(&self) -> Result<String, SimulationError>;

    /// Decides each action on one resource for a user or role.
    ///
    /// # Errors
    /// It was not decided.
    async fn simulate(
        &self,
        principal: &str,
        resource: &str,
        actions: &[String],
    ) -> Result<Vec<Decision>, SimulationError>;
}

/// What the calls of a run, and of compiling it, need in Route 53. What a program of the plan calls is not known.
pub fn run_permissions(run: &Run) -> Vec<Permission> {
    let partition = partition(&run.to.region);
    let mut needed: BTreeSet<Permission> = BTreeSet::new();
    let mut need = |action: &str, resource: String, needed_by: &str| {
        needed.insert(Permission { action: action.into(), resource, needed_by: needed_by.into() });
    };
    let compiling = "compiling a run";
    for step in run.steps() {
        match &step.action {
            crate::Action::GuardRecords(changes) => {
                need("route53:ListHostedZonesByName", "*".into(), compiling);
                need("route53:GetHostedZone", zone_arn(partition, &changes.zone.id), compiling);
            }
            crate::Action::Signal(signal) => {
                let path = signal.url.strip_prefix("s3://").unwrap_or(&signal.url);
                let bucket = path.split('/').next().unwrap_or(path);
                // Without the right to list, S3 says of an object that is not there that it is forbidden.
                need("s3:ListBucket", format!("arn:{partition}:s3:::{bucket}"), &step.id);
                for action in ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] {
                    need(action, format!("arn:{partition}:s3:::{path}"), &step.id);
                }
            }
            // What the role may do in its account, the simulator of the caller's does not know.
            crate::Action::Scale(scale) if scale.role.is_some() => {
                need("sts:AssumeRole", scale.role.clone().unwrap_or_default(), &step.id);
                continue;
            }
            // What its provider calls, only Terraform knows.
            crate::Action::Resize(_) => continue,
            _ => {}
        }
        let zone = zone_of(&step.action);
        for call in step.calls.iter().filter(|call| call.plane == Plane::Control) {
            let resource = match (call.operation.as_str(), zone) {
                (operation, _) if matches!(step.action, crate::Action::Managed(_)) => {
                    for resource in managed_arns(partition, &step.action, operation, call.region.as_ref()) {
                        need(&format!("{}:{operation}", call.service), resource, &step.id);
                    }
                    continue;
                }
                ("SetDesiredCapacity", _) => group_arn(&step.action).unwrap_or("*").to_owned(),
                ("GetChange", _) => format!("arn:{partition}:route53:::change/*"),
                (_, Some(zone)) => zone_arn(partition, zone),
                (_, None) => "*".to_owned(),
            };
            need(&format!("{}:{}", call.service, call.operation), resource, &step.id);
        }
    }
    // One action on one resource is asked once, whoever needs it first.
    let mut seen = BTreeSet::new();
    needed.into_iter().filter(|one| seen.insert((one.action.clone(), one.resource.clone()))).collect()
}

/// What reading and writing an object below a bucket's prefix needs, for one action each.
pub fn bucket_permissions(region: &Region, bucket: &str, key: &str, writes: bool, needed_by: &str) -> Vec<Permission> {
    let partition = partition(region);
    let permission = |action: &str, resource: String| Permission {
        action: action.into(),
        resource,
        needed_by: needed_by.to_owned(),
    };
    let whole = format!("arn:{partition}:s3:::{bucket}");
    let objects = if key.is_empty() { format!("{whole}/*") } else { format!("{whole}/{key}") };
    let mut needed = vec![permission("s3:GetObject", objects.clone())];
    if writes {
        needed.push(permission("s3:PutObject", objects));
        needed.push(permission("s3:ListBucket", whole));
    }
    needed
}

/// The findings for what is denied, one a resource.
pub fn denied(needed: &[Permission], decisions: &[Decision], principal: &str) -> Vec<Finding> {
    let mut by_resource: BTreeMap<&str, Vec<(&Permission, &Decision)>> = BTreeMap::new();
    for decision in decisions.iter().filter(|decision| !decision.allowed) {
        let same = |one: &&Permission| one.action == decision.action && one.resource == decision.resource;
        if let Some(permission) = needed.iter().find(same) {
            by_resource.entry(&permission.resource).or_default().push((permission, decision));
        }
    }
    by_resource.into_iter().map(|(resource, denied)| finding(principal, resource, &denied)).collect()
}

fn finding(principal: &str, resource: &str, denied: &[(&Permission, &Decision)]) -> Finding {
    let actions: Vec<&str> = denied.iter().map(|(permission, _)| permission.action.as_str()).collect();
    let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resource }).to_string();
    let about =
        Subject::CloudObject { resource_type: type_of(resource).to_owned(), id: resource.to_owned(), region: None };
    let remedy = if denied.iter().any(|(_, decision)| decision.word == EXPLICIT) {
        format!("find the statement that denies it to {principal}: allowing it elsewhere does not help")
    } else {
        format!("add the statement above to a policy of {principal}")
    };
    let message = format!("{principal} may not call {}", actions.join(", "));
    let finding = Finding::new(codes::V_DENIED, Severity::Error, about, message);
    let finding = denied.iter().fold(finding, |finding, (permission, decision)| {
        finding.with(Evidence::fact(
            permission.action.clone(),
            format!("{}, needed by {}", decision.word, permission.needed_by),
        ))
    });
    finding.with(Evidence::fact("statement", statement)).remedy(remedy)
}

/// The simulator's word for a statement that denies, where nothing else can allow.
const EXPLICIT: &str = "explicitDeny";

/// Terraform's name of what an ARN names.
fn type_of(arn: &str) -> &'static str {
    match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        [_, _, "s3", ..] => "aws_s3_bucket",
        [_, _, "dynamodb", ..] => "aws_dynamodb_table",
        [_, _, "autoscaling", ..] => "aws_autoscaling_group",
        [_, _, "iam", ..] => "aws_iam_role",
        [_, _, "rds", _, _, what] if what.starts_with("global-cluster:") => "aws_rds_global_cluster",
        [_, _, "rds", _, _, what] if what.starts_with("cluster:") => "aws_rds_cluster",
        [_, _, "rds", ..] => "aws_db_instance",
        _ => "aws_route53_zone",
    }
}

/// The principal whose policies decide, from a caller's ARN: of an assumed role, the role. None for the account's
/// root user, which no policy of the account limits.
pub fn principal_of(caller: &str) -> Option<String> {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let [arn, partition, service, _, account, rest] = parts.as_slice() else { return Some(caller.to_owned()) };
    if *rest == "root" {
        return None;
    }
    match rest.strip_prefix("assumed-role/") {
        // The path of a role is not in it; one below a path has to be named by its own ARN.
        Some(session) if *service == "sts" => {
            let role = session.rsplit_once('/').map_or(session, |(role, _)| role);
            Some(format!("{arn}:{partition}:iam::{account}:role/{role}"))
        }
        _ => Some(caller.to_owned()),
    }
}

fn zone_of(action: &crate::Action) -> Option<&str> {
    use crate::Action::{AwaitNameServers, GuardRecords, MoveRecords};
    match action {
        GuardRecords(changes) | MoveRecords(changes) | AwaitNameServers(changes) => Some(&changes.zone.id),
        _ => None,
    }
}

fn group_arn(action: &crate::Action) -> Option<&str> {
    match action {
        crate::Action::Scale(action) => Some(&action.arn),
        _ => None,
    }
}

/// What a call about a database that AWS promotes is about: instances are of a region, a global database is of none.
fn managed_arns(partition: &str, action: &crate::Action, operation: &str, region: Option<&Region>) -> Vec<String> {
    let crate::Action::Managed(step) = action else { return Vec::new() };
    let known = step.old.iter().chain(std::iter::once(&step.new)).filter_map(|place| place.arn.as_deref());
    if operation == "GetMetricStatistics" {
        return vec!["*".to_owned()];
    }
    match &step.service {
        crate::ManagedKind::Rds => {
            let of_region = |arn: &&str| region.is_none_or(|region| region_of(arn) == Some(region.as_str()));
            let arns: Vec<String> = known.filter(of_region).map(str::to_owned).collect();
            if arns.is_empty() { vec!["*".to_owned()] } else { arns }
        }
        crate::ManagedKind::AuroraGlobal(global) => {
            let account = known.clone().find_map(|arn| arn.split(':').nth(4)).unwrap_or("*");
            let whole = format!("arn:{partition}:rds::{account}:global-cluster:{global}");
            let clusters = known.filter(|_| operation != "DescribeGlobalClusters").map(str::to_owned);
            std::iter::once(whole).chain(clusters).collect()
        }
    }
}

fn zone_arn(partition: &str, id: &str) -> String {
    format!("arn:{partition}:route53:::hostedzone/{id}")
}

/// The partition of a region: China and the government's have their own ARNs.
fn partition(region: &Region) -> &'static str {
    match region.as_str() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_behind_a_session_decides_and_nothing_limits_root() {
        for (caller, principal) in [
            ("arn:aws:sts::123456789012:assumed-role/oncall/ana", Some("arn:aws:iam::123456789012:role/oncall")),
            ("arn:aws-cn:sts::123456789012:assumed-role/oncall/ana", Some("arn:aws-cn:iam::123456789012:role/oncall")),
            ("arn:aws:iam::123456789012:user/ops/ana", Some("arn:aws:iam::123456789012:user/ops/ana")),
            ("arn:aws:iam::123456789012:root", None),
        ] {
            assert_eq!(principal_of(caller).as_deref(), principal, "{caller}");
        }
    }

    #[test]
    fn what_is_denied_is_named_by_resource_with_the_statement_to_add() {
        let zone = "arn:aws:route53:::hostedzone/Z1";
        let needed: Vec<Permission> = ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"]
            .map(|action| Permission { action: action.into(), resource: zone.into(), needed_by: "switch/a".into() })
            .into();
        let decide = |words: [&str; 2]| -> Vec<Decision> {
            let decision = |(one, word): (&Permission, &str)| Decision {
                action: one.action.clone(),
                resource: one.resource.clone(),
                allowed: word == "allowed",
                word: word.to_owned(),
            };
            needed.iter().zip(words).map(decision).collect()
        };
        let role = "arn:aws:iam::123456789012:role/oncall";
        assert_eq!(denied(&needed, &decide(["allowed", "allowed"]), role), []);
        let found = denied(&needed, &decide(["implicitDeny", "allowed"]), role);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.subject.to_string(), format!("aws_route53_zone {zone}"));
        assert_eq!(finding.message, format!("{role} may not call route53:ChangeResourceRecordSets"));
        let statement = finding.evidence.iter().find_map(|evidence| match evidence {
            Evidence::Fact { name, value } if name == "statement" => serde_json::from_str(value).ok(),
            _ => None,
        });
        let statement: serde_json::Value = statement.expect("a statement in JSON");
        assert_eq!(
            statement,
            json!({"Effect": "Allow", "Action": ["route53:ChangeResourceRecordSets"], "Resource": zone})
        );
        let both = denied(&needed, &decide(["explicitDeny", "implicitDeny"]), role);
        assert_eq!(both.len(), 1, "one a resource");
        assert!(both[0].remedy.as_deref().is_some_and(|remedy| remedy.contains("that denies it")), "{both:?}");
    }

    #[test]
    fn a_bucket_is_named_with_its_objects() {
        let region = Region::new("cn-north-1").expect("region");
        let needed = bucket_permissions(&region, "dr", "runs/*", true, "the journal");
        let named: Vec<_> = needed.iter().map(|one| format!("{} {}", one.action, one.resource)).collect();
        assert_eq!(
            named,
            [
                "s3:GetObject arn:aws-cn:s3:::dr/runs/*",
                "s3:PutObject arn:aws-cn:s3:::dr/runs/*",
                "s3:ListBucket arn:aws-cn:s3:::dr"
            ]
        );
        let read = bucket_permissions(&region, "states", "app.tfstate", false, "the state");
        assert_eq!(read.len(), 1);
    }
}
