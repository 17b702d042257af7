//! The port to databases that AWS replicates and promotes, and what is seen through it.

use crate::ApiError;
use async_trait::async_trait;
use pilotlight_findings::Region;
use std::time::Duration;

/// An RDS instance as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbInstance {
    /// `DBInstanceIdentifier`
    pub identifier: String,
    /// `DBInstanceArn`
    pub arn: String,
    /// `DBInstanceStatus`: `available`, `modifying`, `backing-up`, …
    pub status: String,
    /// `ReadReplicaSourceDBInstanceIdentifier`: the source's ARN where that is in another region, else its identifier.
    pub source: Option<String>,
    /// What `StatusInfos` tells of the replication, where it does.
    pub replication: Option<Replication>,
}

/// How a read replica replicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replication {
    /// Whether it does.
    pub normal: bool,
    /// RDS's word: `replicating`, `error`, `stopped`, …, with its message where there is one.
    pub words: String,
}

impl DbInstance {
    /// Whether it can be acted on, and serves.
    pub fn is_available(&self) -> bool {
        self.status == "available"
    }

    /// Whether it is a read replica of the other one.
    pub fn follows(&self, other: &Self) -> bool {
        // RDS keeps identifiers in lower case, and takes them in any.
        self.source.as_ref().is_some_and(|source| {
            source.eq_ignore_ascii_case(&other.arn)
                || (region_of(&self.arn) == region_of(&other.arn) && source.eq_ignore_ascii_case(&other.identifier))
        })
    }
}

/// An Aurora global database as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalDatabase {
    /// `GlobalClusterIdentifier`
    pub identifier: String,
    /// `GlobalClusterArn`
    pub arn: String,
    /// `Status`: `available`, `switching-over`, `failing-over`, …
    pub status: String,
    /// Its clusters, one a region at most.
    pub members: Vec<GlobalMember>,
    /// ARN of the cluster that a switchover or failover under way makes the writer.
    pub moving_to: Option<String>,
}

/// A cluster of a global database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalMember {
    /// `DBClusterArn`
    pub arn: String,
    /// `IsWriter`
    pub writer: bool,
    /// `SynchronizationStatus`: `connected` or `pending-resync`; none where it is not told.
    pub synchronization: Option<String>,
}

impl GlobalDatabase {
    /// Its cluster in a region.
    pub fn member_in(&self, region: &Region) -> Option<&GlobalMember> {
        self.members.iter().find(|member| region_of(&member.arn) == Some(region.as_str()))
    }

    /// The cluster that takes writes.
    pub fn writer(&self) -> Option<&GlobalMember> {
        self.members.iter().find(|member| member.writer)
    }

    /// Whether no switchover or failover is under way.
    pub fn is_settled(&self) -> bool {
        self.status == "available" && self.moving_to.is_none()
    }
}

/// The region in an ARN.
pub(crate) fn region_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(3)
}

/// What an ARN names, its last part: `orders` of `arn:aws:rds:eu-west-1:1:cluster:orders`.
pub(crate) fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// The same with its region: both sides often have one name for it.
pub(crate) fn placed(arn: &str) -> String {
    match region_of(arn) {
        Some(region) if !region.is_empty() => format!("{} in {region}", name_of(arn)),
        _ => name_of(arn).to_owned(),
    }
}

/// The newest measurement of how far behind a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasuredLag {
    /// How far behind it was at most; none where it did not replicate.
    pub lag: Option<Duration>,
    /// How long ago the measured minute began.
    pub age: Duration,
}

impl MeasuredLag {
    /// What can be missing by now at most: everything since the measured minute began, and what was missing then.
    pub fn bound(&self) -> Option<Duration> {
        Some(self.lag? + self.age)
    }
}

/// Of what the lag is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagOf {
    /// A read replica: `ReplicaLag`.
    Instance,
    /// A secondary cluster of a global database: `AuroraGlobalDBReplicationLag`.
    GlobalMember,
}

/// A read replica that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReplica {
    /// Its identifier.
    pub identifier: String,
    /// ARN of the instance that it follows.
    pub source: String,
    /// The instance of the same region whose class, network, key and options it is given.
    pub like: String,
}

/// What a run needs of RDS. Each call is answered by the region that is named.
#[async_trait]
pub trait ManagedDatabases: Send + Sync {
    /// The instance of this identifier; none where there is none.
    async fn instance(&self, region: &Region, identifier: &str) -> Result<Option<DbInstance>, ApiError>;

    /// The global database of this identifier, as a region tells it; none where there is none.
    async fn global_database(&self, region: &Region, identifier: &str) -> Result<Option<GlobalDatabase>, ApiError>;

    /// The newest measurement of a replica or of a secondary cluster; none where nothing was measured lately.
    async fn lag(&self, region: &Region, of: LagOf, identifier: &str) -> Result<Option<MeasuredLag>, ApiError>;

    /// `CreateDBInstanceReadReplica`
    async fn create_replica(&self, region: &Region, replica: &NewReplica) -> Result<(), ApiError>;

    /// `PromoteReadReplica`
    async fn promote_replica(&self, region: &Region, identifier: &str) -> Result<(), ApiError>;

    /// `SwitchoverGlobalCluster`: nothing is lost. The region of the writer has to answer it.
    async fn switch_over(&self, region: &Region, global: &str, target_arn: &str) -> Result<(), ApiError>;

    /// `FailoverGlobalCluster` with `AllowDataLoss`. The target's region answers it.
    async fn fail_over(&self, region: &Region, global: &str, target_arn: &str) -> Result<(), ApiError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(arn: &str, source: Option<&str>) -> DbInstance {
        DbInstance {
            identifier: name_of(arn).to_owned(),
            arn: arn.to_owned(),
            status: "available".into(),
            source: source.map(str::to_owned),
            replication: None,
        }
    }

    #[test]
    fn a_replica_names_its_source_by_arn_across_regions_and_by_identifier_within_one() {
        let source = instance("arn:aws:rds:eu-west-1:1:db:orders", None);
        let across = |told: &str| instance("arn:aws:rds:eu-central-1:1:db:copy", Some(told)).follows(&source);
        assert!(across("arn:aws:rds:eu-west-1:1:db:orders") && across("arn:aws:rds:eu-west-1:1:db:Orders"));
        // Its own region may have another instance of that name.
        assert!(!across("orders") && !across("arn:aws:rds:eu-west-1:2:db:orders"));
        assert!(instance("arn:aws:rds:eu-west-1:1:db:copy", Some("orders")).follows(&source));
        assert!(!instance("arn:aws:rds:eu-west-1:1:db:copy", None).follows(&source));
    }

    #[test]
    fn what_both_sides_call_alike_is_told_with_its_region() {
        assert_eq!(placed("arn:aws:rds:eu-west-1:1:db:orders"), "orders in eu-west-1");
        // RDS names a source of the same region by its identifier.
        assert_eq!(placed("orders"), "orders");
    }

    #[test]
    fn what_can_be_missing_is_the_lag_and_all_since_it_was_measured() {
        let lag = |lag| MeasuredLag { lag, age: Duration::from_secs(70) };
        assert_eq!(lag(Some(Duration::from_secs(2))).bound(), Some(Duration::from_secs(72)));
        assert_eq!(lag(None).bound(), None);
    }
}
