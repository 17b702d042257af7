//! `rebuild::ReplicationFacts`: replicas' lag by CloudWatch, snapshots by RDS and EC2.

#[cfg(test)]
mod lag_of_cloudwatch;
mod volumes;

use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::Regional;
use crate::session::Aws;
use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{Datapoint, Dimension, Statistic};
use aws_sdk_rds::types::{DbClusterSnapshot, DbSnapshot};
use aws_smithy_types::DateTime;
use pilotlight_drift::Place;
use pilotlight_findings::{Explain as _, Region};
use pilotlight_rebuild::{ReplicaKind, ReplicaLag, ReplicationFacts, Snapshot, SnapshotKind, UnknownFact};
use std::time::{Duration, SystemTime};

/// How far back a measurement is looked for: one that is older says nothing of now.
const LOOK_BACK: Duration = Duration::from_secs(3 * 3_600);
/// The metrics' own interval, in seconds.
const PERIOD: i32 = 60;
/// The most snapshots that RDS gives at once.
const PAGE: i32 = 100;
/// The state of a snapshot that can be restored.
const AVAILABLE: &str = "available";

/// Asks AWS how far copies are behind.
#[derive(Debug, Clone)]
pub struct AwsReplication {
    aws: Aws,
}

/// Where the lag of a kind of replica is measured. Source: "Amazon CloudWatch metrics for Amazon RDS" and "for Amazon
/// Aurora" in their user guides.
pub(crate) struct Metric {
    name: &'static str,
    dimension: &'static str,
    /// Of one unit of the metric.
    milliseconds: f64,
}

impl Metric {
    pub(crate) fn of(kind: ReplicaKind) -> Self {
        let (name, dimension, milliseconds) = match kind {
            ReplicaKind::Instance => ("ReplicaLag", "DBInstanceIdentifier", 1_000.0),
            ReplicaKind::GlobalCluster => ("AuroraGlobalDBReplicationLag", "DBClusterIdentifier", 1.0),
            ReplicaKind::BinlogCluster => ("AuroraBinlogReplicaLag", "DBClusterIdentifier", 1_000.0),
        };
        Self { name, dimension, milliseconds }
    }
}

impl AwsReplication {
    pub(crate) fn new(aws: Aws) -> Self {
        Self { aws }
    }

    async fn regional(&self, region: &Region) -> Regional {
        self.aws.regional(&Place::own(region.clone()), self.aws.session_log()).await
    }
}

#[async_trait]
impl ReplicationFacts for AwsReplication {
    async fn lag(&self, standby: &Region, kind: ReplicaKind, id: &str) -> Result<Option<ReplicaLag>, UnknownFact> {
        let newest = newest_datapoint(&self.regional(standby).await, &Metric::of(kind), id).await;
        let newest = newest.map_err(|error| unknown(&error))?;
        Ok(newest.map(|(lag, age)| ReplicaLag { lag: lag.unwrap_or(LOOK_BACK), age }))
    }

    async fn newest_snapshot(
        &self,
        primary: &Region,
        standby: &Region,
        kind: SnapshotKind,
        id: &str,
    ) -> Result<Option<Snapshot>, UnknownFact> {
        let there = self.regional(standby).await;
        let found = match kind {
            SnapshotKind::Instance => instances(&there, id).await,
            SnapshotKind::Cluster => clusters(&there, id).await,
            SnapshotKind::Volume => volumes::snapshots(&self.regional(primary).await, &there, id).await,
        };
        let newest = found.map_err(|error| unknown(&error))?.into_iter().max_by_key(|(_, at)| *at);
        Ok(newest.map(|(id, at)| Snapshot { id, age: age(at, SystemTime::now()) }))
    }
}

/// Snapshots of an instance that can be restored: their ids, and from when their data is. A copy keeps the identifier
/// of what it is of, and the moment of the first snapshot.
async fn instances(regional: &Regional, id: &str) -> Result<Vec<(String, SystemTime)>, CallError> {
    let planned = regional.call("rds", "DescribeDBSnapshots");
    let mut pages: Pages<DbSnapshot> = Pages::of(&planned.call);
    while pages.is_open() {
        let request = regional.rds.describe_db_snapshots().db_instance_identifier(id);
        let request = request.max_records(PAGE).set_marker(pages.marker());
        let page = regional.send(&planned, request.send()).await?;
        pages.add(page.db_snapshots, page.marker)?;
    }
    let usable = pages.into_items().into_iter().filter(|one| one.status() == Some(AVAILABLE));
    Ok(usable
        .filter_map(|one| {
            let at = one.original_snapshot_create_time().or(one.snapshot_create_time()).copied();
            Some((one.db_snapshot_identifier?, time(at?)?))
        })
        .collect())
}

/// The same of a cluster. Aurora does not tell when the first of a row of copies was made.
async fn clusters(regional: &Regional, id: &str) -> Result<Vec<(String, SystemTime)>, CallError> {
    let planned = regional.call("rds", "DescribeDBClusterSnapshots");
    let mut pages: Pages<DbClusterSnapshot> = Pages::of(&planned.call);
    while pages.is_open() {
        let request = regional.rds.describe_db_cluster_snapshots().db_cluster_identifier(id);
        let request = request.max_records(PAGE).set_marker(pages.marker());
        let page = regional.send(&planned, request.send()).await?;
        pages.add(page.db_cluster_snapshots, page.marker)?;
    }
    let usable = pages.into_items().into_iter().filter(|one| one.status() == Some(AVAILABLE));
    Ok(usable.filter_map(|one| Some((one.db_cluster_snapshot_identifier?, time(one.snapshot_create_time?)?))).collect())
}

/// The newest measurement of an object's lag, none for one that did not replicate, and how long ago its minute began.
pub(crate) async fn newest_datapoint(
    regional: &Regional,
    metric: &Metric,
    id: &str,
) -> Result<Option<(Option<Duration>, Duration)>, CallError> {
    let now = SystemTime::now();
    let planned = regional.call("cloudwatch", "GetMetricStatistics");
    let request = regional
        .cloudwatch
        .get_metric_statistics()
        .namespace("AWS/RDS")
        .metric_name(metric.name)
        .dimensions(Dimension::builder().name(metric.dimension).value(id).build())
        .start_time(DateTime::from(now - LOOK_BACK))
        .end_time(DateTime::from(now))
        .period(PERIOD)
        .statistics(Statistic::Maximum);
    let answer = regional.send(&planned, request.send()).await?;
    Ok(newest(answer.datapoints(), metric.milliseconds, now))
}

fn newest(datapoints: &[Datapoint], milliseconds: f64, now: SystemTime) -> Option<(Option<Duration>, Duration)> {
    let measured = datapoints.iter().filter_map(|point| Some((time(*point.timestamp()?)?, point.maximum()?)));
    let (at, value) = measured.max_by_key(|(at, _)| *at)?;
    // -1 is what RDS reports while a replica does not replicate at all.
    let lag = (value >= 0.0).then(|| Duration::from_secs_f64(value * milliseconds / 1_000.0));
    Some((lag, age(at, now)))
}

fn time(at: DateTime) -> Option<SystemTime> {
    SystemTime::try_from(at).ok()
}

/// Nothing is younger than now, whatever two clocks say.
fn age(at: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(at).unwrap_or_default()
}

fn unknown(error: &CallError) -> UnknownFact {
    let remedy = error.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
    UnknownFact(format!("{error}{remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds_ago: u64, maximum: f64, now: SystemTime) -> Datapoint {
        let at = DateTime::from(now - Duration::from_secs(seconds_ago));
        Datapoint::builder().timestamp(at).maximum(maximum).build()
    }

    #[test]
    fn the_newest_measurement_counts_in_the_unit_of_its_metric() {
        let now = SystemTime::now();
        let points = [point(120, 9.0, now), point(60, 2_500.0, now), point(180, 1.0, now)];
        let (lag, age) = newest(&points, Metric::of(ReplicaKind::GlobalCluster).milliseconds, now).expect("measured");
        assert_eq!((lag, age.as_secs()), (Some(Duration::from_millis(2_500)), 60));
        let (lag, _) = newest(&points, Metric::of(ReplicaKind::Instance).milliseconds, now).expect("measured");
        assert_eq!(lag, Some(Duration::from_secs(2_500)));
        assert_eq!(newest(&[], 1.0, now), None);
        let (stopped, _) = newest(&[point(60, -1.0, now)], 1_000.0, now).expect("measured");
        assert_eq!(stopped, None);
    }
}
