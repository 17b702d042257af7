//! The newest copied snapshot, in the standby region, of what the plan restores.

use super::CatalogError;
use async_trait::async_trait;
use pilotlight_findings::{Finding, Region, Severity, Subject, codes};
use pilotlight_plan::{DataFrom, Stack};
use pilotlight_tfstate::{IndexKey, ManagedInstance, ResourceAddress, State};
use std::collections::BTreeMap;

/// What a snapshot is of: an object of the primary region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotSource {
    /// An RDS instance.
    Instance(DatabaseId),
    /// An RDS cluster.
    Cluster(DatabaseId),
    /// An EBS volume, by its id.
    Volume(String),
}

/// How RDS knows an instance or a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseId {
    /// Its name, which another one in another region may have too.
    pub identifier: String,
    /// What RDS gave it for good, unique to its region: `db-…`, `cluster-…`.
    pub resource_id: Option<String>,
}

/// A snapshot that can be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotCopy {
    /// What a restore names it by.
    pub id: String,
    /// When the data in it were taken, in seconds since 1970.
    pub taken: i64,
}

/// Which copies of snapshots a region has.
#[async_trait]
pub trait SnapshotCatalog: Send + Sync {
    /// The finished copies in `to` of snapshots that were taken of this object in `from`, in any order.
    async fn copies(
        &self,
        from: &Region,
        to: &Region,
        source: &SnapshotSource,
    ) -> Result<Vec<SnapshotCopy>, CatalogError>;
}

/// Whether the plan restores anything of a stack from the newest copy.
pub fn wants_copies(stack: &Stack) -> bool {
    stack.standby.data.iter().any(|choice| choice.from == DataFrom::Snapshot && choice.snapshot.is_none())
}

/// Finds the snapshot of each object of a stack that the plan restores from the newest copy: the one that the standby's
/// state was made from, so that a rebuild changes nothing, or else the newest. They are put into `copies`, by the ARN of
/// the database or the id of the volume; what is there already stands where the standby region does not answer.
pub async fn observe_copies(
    catalog: &dyn SnapshotCatalog,
    regions: (&Region, &Region),
    stack: &Stack,
    primary: &State,
    standby: Option<&State>,
    copies: &mut BTreeMap<String, String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for choice in stack.standby.data.iter().filter(|one| one.from == DataFrom::Snapshot && one.snapshot.is_none()) {
        let objects = primary.managed().filter(|managed| !managed.is_deposed());
        for managed in objects.filter(|managed| managed.address().config().to_string() == choice.address) {
            let Some((key, source)) = source_of(&managed) else { continue };
            if let Some(known) = standby.and_then(|standby| made_from(standby, &managed.address(), regions)) {
                copies.insert(key, known);
                continue;
            }
            match catalog.copies(regions.0, regions.1, &source).await {
                Ok(found) => {
                    // Of two of one moment the same one each time.
                    if let Some(newest) = found.into_iter().max_by(|a, b| (a.taken, &a.id).cmp(&(b.taken, &b.id))) {
                        copies.insert(key, newest.id);
                    }
                }
                Err(error) => {
                    let subject = Subject::Stack { stack: stack.name.clone(), side: None };
                    let message =
                        format!("copies of the snapshots of {} are not known: failed to {error}", choice.address);
                    findings.push(error.remedied(Finding::new(codes::R_COPIES, Severity::Warning, subject, message)));
                }
            }
        }
    }
    findings
}

/// An object's key in the map of copies, and what its snapshots are of.
fn source_of(managed: &ManagedInstance<'_>) -> Option<(String, SnapshotSource)> {
    let text = |name: &str| managed.instance.text(name).map(str::to_owned);
    let database = |name: &str, given: &str| Some(DatabaseId { identifier: text(name)?, resource_id: text(given) });
    Some(match managed.resource_type() {
        "aws_db_instance" => (text("arn")?, SnapshotSource::Instance(database("identifier", "resource_id")?)),
        "aws_rds_cluster" => {
            (text("arn")?, SnapshotSource::Cluster(database("cluster_identifier", "cluster_resource_id")?))
        }
        "aws_ebs_volume" => (text("id")?, SnapshotSource::Volume(text("id")?)),
        _ => return None,
    })
}

/// The snapshot that the standby's counterpart was made from.
fn made_from(standby: &State, address: &ResourceAddress, regions: (&Region, &Region)) -> Option<String> {
    let mut wanted = address.clone();
    if let Some(IndexKey::Str(key)) = &mut wanted.key {
        *key = key.replace(regions.0.as_str(), regions.1.as_str());
    }
    let managed = standby.managed().find(|managed| !managed.is_deposed() && managed.address() == wanted)?;
    let name = if managed.resource_type() == "aws_ebs_volume" { "snapshot_id" } else { "snapshot_identifier" };
    managed.instance.text(name).map(str::to_owned)
}
