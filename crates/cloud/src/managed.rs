//! `failover::ManagedDatabases` over the API of RDS, with the lag as CloudWatch has it.

mod replica;
#[cfg(test)]
mod tests;

use crate::Aws;
use crate::regional::Regional;
use crate::replication::{Metric, newest_datapoint};
use async_trait::async_trait;
use aws_sdk_rds::config::Builder;
use aws_sdk_rds::types::{DbInstance as Described, GlobalCluster};
use aws_smithy_types::retry::RetryConfig;
use pilotlight_drift::Place;
use pilotlight_failover::{
    ApiError, DbInstance, GlobalDatabase, GlobalMember, LagOf, ManagedDatabases, MeasuredLag, NewReplica, Replication,
};
use pilotlight_findings::Region;
use pilotlight_rebuild::ReplicaKind;

/// RDS's code where there is no instance of an identifier.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html>
const NO_INSTANCE: [&str; 2] = ["DBInstanceNotFound", "DBInstanceNotFoundFault"];
/// The same of a global database.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeGlobalClusters.html>
const NO_GLOBAL: [&str; 1] = ["GlobalClusterNotFoundFault"];
/// The `StatusType` of an instance's `StatusInfos` that is about its replication, the only one that there is.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceStatusInfo.html>
const READ_REPLICATION: &str = "read replication";

/// RDS instances, their replicas, and global databases.
#[derive(Debug, Clone)]
pub struct AwsManagedDatabases {
    aws: Aws,
}

impl AwsManagedDatabases {
    pub(crate) fn new(aws: Aws) -> Self {
        Self { aws }
    }

    async fn regional(&self, region: &Region) -> Regional {
        self.aws.regional(&Place::own(region.clone()), self.aws.session_log()).await
    }
}

#[async_trait]
impl ManagedDatabases for AwsManagedDatabases {
    async fn instance(&self, region: &Region, identifier: &str) -> Result<Option<DbInstance>, ApiError> {
        Ok(described(&self.regional(region).await, identifier).await?.as_ref().map(seen))
    }

    async fn global_database(&self, region: &Region, identifier: &str) -> Result<Option<GlobalDatabase>, ApiError> {
        let regional = self.regional(region).await;
        let planned = regional.call("rds", "DescribeGlobalClusters");
        let request = regional.rds.describe_global_clusters().global_cluster_identifier(identifier);
        match regional.send(&planned, request.send()).await {
            // An emulator may answer with every one there is.
            Ok(answer) => Ok(answer
                .global_clusters()
                .iter()
                .find(|one| one.global_cluster_identifier().is_some_and(|id| id.eq_ignore_ascii_case(identifier)))
                .map(seen_global)),
            Err(error) if NO_GLOBAL.iter().any(|code| error.is_refused(code)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn lag(&self, region: &Region, of: LagOf, identifier: &str) -> Result<Option<MeasuredLag>, ApiError> {
        let metric = Metric::of(match of {
            LagOf::Instance => ReplicaKind::Instance,
            LagOf::GlobalMember => ReplicaKind::GlobalCluster,
        });
        let newest = newest_datapoint(&self.regional(region).await, &metric, identifier).await;
        let newest = newest.map_err(ApiError::from)?;
        Ok(newest.map(|(lag, age)| MeasuredLag { lag, age }))
    }

    async fn create_replica(&self, region: &Region, replica: &NewReplica) -> Result<(), ApiError> {
        replica::create(&self.regional(region).await, replica).await
    }

    async fn promote_replica(&self, region: &Region, identifier: &str) -> Result<(), ApiError> {
        let regional = self.regional(region).await;
        let planned = regional.call("rds", "PromoteReadReplica");
        let request = regional.rds.promote_read_replica().db_instance_identifier(identifier);
        let request = request.customize().config_override(once());
        regional.send(&planned, request.send()).await.map(drop).map_err(ApiError::from)
    }

    async fn switch_over(&self, region: &Region, global: &str, target_arn: &str) -> Result<(), ApiError> {
        let regional = self.regional(region).await;
        let planned = regional.call("rds", "SwitchoverGlobalCluster");
        let request = regional.rds.switchover_global_cluster().global_cluster_identifier(global);
        let request = request.target_db_cluster_identifier(target_arn);
        let request = request.customize().config_override(once());
        regional.send(&planned, request.send()).await.map(drop).map_err(ApiError::from)
    }

    async fn fail_over(&self, region: &Region, global: &str, target_arn: &str) -> Result<(), ApiError> {
        let regional = self.regional(region).await;
        let planned = regional.call("rds", "FailoverGlobalCluster");
        let request = regional.rds.failover_global_cluster().global_cluster_identifier(global);
        let request = request.target_db_cluster_identifier(target_arn).allow_data_loss(true);
        let request = request.customize().config_override(once());
        regional.send(&planned, request.send()).await.map(drop).map_err(ApiError::from)
    }
}

/// For a request that changes something: an attempt without an answer may be carried out later, and the engine has to
/// know of it. It asks again itself.
fn once() -> Builder {
    Builder::new().retry_config(RetryConfig::disabled())
}

/// The instance of this identifier, as RDS describes it.
async fn described(regional: &Regional, identifier: &str) -> Result<Option<Described>, ApiError> {
    let planned = regional.call("rds", "DescribeDBInstances");
    let request = regional.rds.describe_db_instances().db_instance_identifier(identifier);
    match regional.send(&planned, request.send()).await {
        Ok(answer) => Ok(answer.db_instances.unwrap_or_default().into_iter().next()),
        Err(error) if NO_INSTANCE.iter().any(|code| error.is_refused(code)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn seen(instance: &Described) -> DbInstance {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let source = instance.read_replica_source_db_instance_identifier().filter(|source| !source.is_empty());
    let infos = instance.status_infos();
    let replication = infos.iter().find(|info| info.status_type() == Some(READ_REPLICATION)).map(|info| Replication {
        normal: info.normal().unwrap_or_default(),
        words: [info.status(), info.message()]
            .into_iter()
            .flatten()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(": "),
    });
    DbInstance {
        identifier: text(instance.db_instance_identifier()),
        arn: text(instance.db_instance_arn()),
        status: text(instance.db_instance_status()),
        source: source.map(str::to_owned),
        replication,
    }
}

fn seen_global(global: &GlobalCluster) -> GlobalDatabase {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let members = global.global_cluster_members().iter().map(|member| GlobalMember {
        arn: text(member.db_cluster_arn()),
        writer: member.is_writer().unwrap_or_default(),
        synchronization: member.synchronization_status().map(|status| status.as_str().to_owned()),
    });
    // A state without a target is of no change: it is there for a while before and after one.
    let moving_to = global.failover_state().and_then(|state| state.to_db_cluster_arn()).filter(|arn| !arn.is_empty());
    GlobalDatabase {
        identifier: text(global.global_cluster_identifier()),
        arn: text(global.global_cluster_arn()),
        status: text(global.status()),
        members: members.collect(),
        moving_to: moving_to.map(str::to_owned),
    }
}
