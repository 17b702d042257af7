//! The recovery point objective against what is there: the lag of replicas and the age of snapshots.

use crate::observe::{DataCopy, DataObject, ReplicaLag, ReplicationFacts, Snapshot, SnapshotKind, UnknownFact};
use pilotlight_findings::{Evidence, Finding, Region, Severity, Side, Subject, codes};
use pilotlight_plan::format_duration;
use std::time::Duration;

/// CloudWatch has a metric of a minute some minutes later: one that is no older than this is fresh, however short
/// the objective is.
const METRIC_DELAY: Duration = Duration::from_secs(300);

/// What is known of the recovery point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecoveryPoint {
    /// What was measured and counted, as parts of one line.
    pub facts: Vec<String>,
    /// What is further behind than the objective allows, has no copy, or is not known.
    pub findings: Vec<Finding>,
}

/// Asks how far behind each object of the primary is in the standby region, and judges it.
pub async fn recovery_point(
    rpo: Duration,
    objects: &[DataObject],
    primary: &Region,
    standby: &Region,
    facts: &dyn ReplicationFacts,
) -> RecoveryPoint {
    let mut told = RecoveryPoint::default();
    told.facts.push(format!("RPO {}", format_duration(rpo)));
    if objects.is_empty() {
        told.facts.push("no database, volume or bucket in the states".into());
    }
    let mut worst: Option<(Duration, &DataObject)> = None;
    let mut note = |behind: Duration, object| {
        if worst.is_none_or(|(most, _)| behind > most) {
            worst = Some((behind, object));
        }
    };
    for object in objects {
        match &object.copy {
            DataCopy::Replica(kind, replica) => match facts.lag(standby, *kind, replica).await {
                Ok(Some(measured)) => {
                    note(measured.lag, object);
                    told.findings.extend(lag(rpo, object, replica, measured));
                }
                Ok(None) => told.findings.push(unknown(
                    object,
                    &UnknownFact(format!("the lag of its replica {replica} was not measured in the last hours")),
                )),
                Err(error) => told.findings.push(unknown(object, &error)),
            },
            DataCopy::Snapshots(kind) => match facts.newest_snapshot(primary, standby, *kind, &object.id).await {
                Ok(Some(newest)) => {
                    note(newest.age, object);
                    told.findings.extend(snapshot(rpo, object, &newest, standby));
                }
                Ok(None) => told.findings.push(no_copy(object, *kind, standby)),
                Err(error) => told.findings.push(unknown(object, &error)),
            },
            DataCopy::NotReplicated => told.findings.push(not_replicated(object, standby)),
            DataCopy::Objects | DataCopy::Chosen(_) => {}
        }
    }
    if let Some((behind, object)) = worst {
        told.facts.push(format!("furthest behind {} by {}", object.address, shown(behind)));
    }
    let chosen = objects.iter().filter(|object| matches!(object.copy, DataCopy::Chosen(_))).count();
    if chosen > 0 {
        told.facts.push(format!("{chosen} empty or filled by other means, as the plan says"));
    }
    let replicated = objects.iter().filter(|object| object.copy == DataCopy::Objects).count();
    if replicated > 0 {
        told.facts.push(format!("{replicated} replicated buckets, whose lag is not measured"));
    }
    told
}

fn lag(rpo: Duration, object: &DataObject, replica: &str, measured: ReplicaLag) -> Option<Finding> {
    let ReplicaLag { lag, age } = measured;
    let message = if lag > rpo {
        format!("its replica {replica} lags by {}, and the RPO is {}", shown(lag), format_duration(rpo))
    } else if age > rpo.max(METRIC_DELAY) {
        format!("the lag of its replica {replica} was last measured {} ago: nobody knows what it is now", shown(age))
    } else {
        return None;
    };
    let finding = Finding::new(codes::V_LAG, Severity::Error, subject(object), message)
        .with(Evidence::fact("lag", shown(lag)))
        .with(Evidence::fact("measured", format!("{} ago", shown(age))))
        .with(Evidence::fact("rpo", format_duration(rpo)));
    Some(finding.remedy("look at the replica's state, its size and what the primary writes"))
}

fn snapshot(rpo: Duration, object: &DataObject, newest: &Snapshot, standby: &Region) -> Option<Finding> {
    (newest.age > rpo).then(|| {
        let message = format!(
            "its newest snapshot in {standby} holds data from {} ago, and the RPO is {}",
            shown(newest.age),
            format_duration(rpo)
        );
        Finding::new(codes::V_SNAPSHOT_OLD, Severity::Error, subject(object), message)
            .with(Evidence::fact("snapshot", newest.id.clone()))
            .with(Evidence::fact("age", shown(newest.age)))
            .with(Evidence::fact("rpo", format_duration(rpo)))
            .remedy("copy snapshots to the standby region more often, or keep a replica there")
    })
}

/// A database without a copy is lost with its region; a volume may hold nothing that has to be kept.
fn no_copy(object: &DataObject, kind: SnapshotKind, standby: &Region) -> Finding {
    let (severity, remedy) = match kind {
        SnapshotKind::Instance | SnapshotKind::Cluster => {
            (Severity::Error, "keep a read replica in the standby region, or copy its snapshots there")
        }
        SnapshotKind::Volume => (
            Severity::Warning,
            "copy its snapshots to the standby region if it holds what has to be kept; a copy is known by its \
             description or tags, which name the snapshot or the volume that it is of",
        ),
    };
    let message = format!("it has neither a replica nor a snapshot in {standby}");
    Finding::new(codes::V_NO_COPY, severity, subject(object), message)
        .with(Evidence::fact("id", object.id.clone()))
        .remedy(remedy)
}

fn not_replicated(object: &DataObject, standby: &Region) -> Finding {
    let message = format!("S3 does not replicate it to {standby}");
    Finding::new(codes::V_NO_COPY, Severity::Warning, subject(object), message)
        .with(Evidence::fact("id", object.id.clone()))
        .remedy("replicate it with aws_s3_bucket_replication_configuration if it holds what has to be kept")
}

fn unknown(object: &DataObject, error: &UnknownFact) -> Finding {
    let message = format!("how far behind it is in the standby region is not known: {error}");
    Finding::new(codes::V_UNKNOWN, Severity::Warning, subject(object), message)
}

fn subject(object: &DataObject) -> Subject {
    Subject::Resource {
        stack: object.stack.clone(),
        side: Some(Side::Primary),
        address: object.address.clone(),
        id: Some(object.id.clone()),
    }
}

/// To the second: lags are reported in milliseconds.
fn shown(duration: Duration) -> String {
    let whole = Duration::from_secs(duration.as_secs());
    if whole.is_zero() { "less than 1s".to_owned() } else { format_duration(whole) }
}
