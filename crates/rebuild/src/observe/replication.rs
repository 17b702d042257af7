//! Data that the primary holds, and how it gets to the standby region: what the states say, and the port to what only
//! AWS can tell, how far behind it is.

use async_trait::async_trait;
use pilotlight_findings::Region;
use pilotlight_plan::DataFrom;
use pilotlight_tfstate::{ManagedInstance, State};
use std::time::Duration;

/// A database, volume or bucket of the primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataObject {
    /// The stack's name.
    pub stack: String,
    /// Its address in the primary's state.
    pub address: String,
    /// Its identifier in AWS.
    pub id: String,
    /// How it gets to the standby region.
    pub copy: DataCopy,
}

/// How data gets to the standby region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataCopy {
    /// By a replica, by its identifier in the standby region.
    Replica(ReplicaKind, String),
    /// By snapshots, if at all.
    Snapshots(SnapshotKind),
    /// S3 replicates each object.
    Objects,
    /// S3 does not replicate.
    NotReplicated,
    /// Not at all, or by other means: the plan says so.
    Chosen(DataFrom),
}

/// What kind of replica it is, and with it the metric of its lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaKind {
    /// A read replica of an RDS instance.
    Instance,
    /// The secondary of an Aurora global database.
    GlobalCluster,
    /// An Aurora cluster that follows the binary log of another.
    BinlogCluster,
}

/// What a snapshot is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotKind {
    /// An RDS instance.
    Instance,
    /// An RDS or Aurora cluster.
    Cluster,
    /// An EBS volume.
    Volume,
}

/// The newest measurement of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaLag {
    /// How far behind it was.
    pub lag: Duration,
    /// How old the measurement is.
    pub age: Duration,
}

/// The newest snapshot in the standby region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its identifier.
    pub id: String,
    /// How old the data in it is.
    pub age: Duration,
}

/// What AWS did not tell, as one line with its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownFact(pub String);

/// What only AWS knows of replicas and snapshots.
#[async_trait]
pub trait ReplicationFacts: Send + Sync {
    /// The newest measurement of a replica in `standby`; none where nothing was measured in the last hours.
    ///
    /// # Errors
    /// There was no usable answer.
    async fn lag(&self, standby: &Region, kind: ReplicaKind, id: &str) -> Result<Option<ReplicaLag>, UnknownFact>;

    /// The newest finished snapshot in `standby` of what the primary calls `id`; none where there is none.
    ///
    /// # Errors
    /// There was no usable answer.
    async fn newest_snapshot(
        &self,
        primary: &Region,
        standby: &Region,
        kind: SnapshotKind,
        id: &str,
    ) -> Result<Option<Snapshot>, UnknownFact>;
}

/// The data of one stack's primary state, in the state's order. `primaries` and `standbys` are the states of every
/// stack: a replica, or a bucket's replication, may be kept in another one. `chosen` has the plan's choice for an address
/// without keys.
pub fn data_objects(
    stack: &str,
    primary: &State,
    region: &Region,
    primaries: &[&State],
    standbys: &[&State],
    chosen: &dyn Fn(&str) -> Option<DataFrom>,
) -> Vec<DataObject> {
    let here = |managed: &ManagedInstance<'_>| managed.region().is_none_or(|place| place == *region);
    let mut objects = Vec::new();
    for managed in primary.managed().filter(|managed| !managed.is_deposed()).filter(here) {
        let found = match managed.resource_type() {
            "aws_db_instance" => instance(&managed, standbys),
            "aws_rds_cluster" => cluster(&managed, standbys),
            "aws_ebs_volume" => text(&managed, "id").map(|id| (id, DataCopy::Snapshots(SnapshotKind::Volume))),
            "aws_s3_bucket" => text(&managed, "id").map(|id| {
                let copy =
                    if is_replicated(&managed, &id, primaries) { DataCopy::Objects } else { DataCopy::NotReplicated };
                (id, copy)
            }),
            _ => None,
        };
        if let Some((id, copy)) = found {
            let choice = chosen(&managed.address().config().to_string());
            let on_purpose = choice.filter(|from| matches!(from, DataFrom::Empty | DataFrom::Elsewhere));
            let copy = on_purpose.map_or(copy, DataCopy::Chosen);
            objects.push(DataObject { stack: stack.to_owned(), address: managed.address().to_string(), id, copy });
        }
    }
    objects
}

/// A replica within the primary region holds nothing of its own, and an instance of a cluster neither.
fn instance(managed: &ManagedInstance<'_>, standbys: &[&State]) -> Option<(String, DataCopy)> {
    if text(managed, "replicate_source_db").is_some() {
        return None;
    }
    let id = text(managed, "identifier").or_else(|| text(managed, "id"))?;
    let arn = text(managed, "arn");
    let replica = of_type(standbys, "aws_db_instance").find(|other| {
        let source = text(other, "replicate_source_db");
        source.is_some_and(|source| Some(&source) == arn.as_ref() || source.rsplit(':').next() == Some(id.as_str()))
    });
    let copy = match replica.and_then(|replica| text(&replica, "identifier").or_else(|| text(&replica, "id"))) {
        Some(replica) => DataCopy::Replica(ReplicaKind::Instance, replica),
        None => DataCopy::Snapshots(SnapshotKind::Instance),
    };
    Some((id, copy))
}

fn cluster(managed: &ManagedInstance<'_>, standbys: &[&State]) -> Option<(String, DataCopy)> {
    let id = text(managed, "cluster_identifier").or_else(|| text(managed, "id"))?;
    let (arn, global) = (text(managed, "arn"), text(managed, "global_cluster_identifier"));
    for other in of_type(standbys, "aws_rds_cluster") {
        let Some(replica) = text(&other, "cluster_identifier").or_else(|| text(&other, "id")) else { continue };
        if global.is_some() && text(&other, "global_cluster_identifier") == global {
            return Some((id, DataCopy::Replica(ReplicaKind::GlobalCluster, replica)));
        }
        if arn.is_some() && text(&other, "replication_source_identifier") == arn {
            return Some((id, DataCopy::Replica(ReplicaKind::BinlogCluster, replica)));
        }
    }
    Some((id, DataCopy::Snapshots(SnapshotKind::Cluster)))
}

/// By a resource of its own, or by a block of the bucket as older providers have it.
fn is_replicated(bucket: &ManagedInstance<'_>, id: &str, primaries: &[&State]) -> bool {
    let block = bucket.attributes().get("replication_configuration").and_then(|block| block.as_array());
    let by_resource = of_type(primaries, "aws_s3_bucket_replication_configuration")
        .any(|other| text(&other, "bucket").as_deref() == Some(id));
    by_resource || block.is_some_and(|rules| !rules.is_empty())
}

fn of_type<'s>(states: &[&'s State], resource_type: &'static str) -> impl Iterator<Item = ManagedInstance<'s>> {
    let all: Vec<ManagedInstance<'s>> = states.iter().flat_map(|state| state.managed()).collect();
    all.into_iter().filter(move |managed| managed.resource_type() == resource_type && !managed.is_deposed())
}

/// A text that says something.
fn text(managed: &ManagedInstance<'_>, name: &str) -> Option<String> {
    let text = managed.attributes().get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
