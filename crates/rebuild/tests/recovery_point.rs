//! Data of the primary, how it gets to the standby, and whether that is near enough.

use async_trait::async_trait;
use pilotlight_findings::{Region, Severity};
use pilotlight_plan::DataFrom;
use pilotlight_rebuild::*;
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

fn state(resources: &[(&str, &str, Value)]) -> State {
    let resources: Vec<Value> = resources
        .iter()
        .map(|(kind, name, attributes)| {
            json!({ "mode": "managed", "type": kind, "name": name,
                    "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                    "instances": [{ "schema_version": 0, "attributes": attributes }] })
        })
        .collect();
    let state = json!({ "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l",
                        "outputs": {}, "resources": resources });
    State::parse("state", state.to_string().as_bytes()).expect("a state")
}

fn region(name: &str) -> Region {
    Region::new(name).expect("region")
}

const ORDERS: &str = "arn:aws:rds:eu-west-1:123456789012:db:orders";

fn primary() -> State {
    state(&[
        ("aws_db_instance", "orders", json!({"id": "db-1", "identifier": "orders", "arn": ORDERS})),
        ("aws_db_instance", "reader", json!({"id": "db-2", "identifier": "reader", "replicate_source_db": "orders"})),
        ("aws_db_instance", "users", json!({"id": "db-3", "identifier": "users", "replicate_source_db": ""})),
        ("aws_rds_cluster", "global", json!({"cluster_identifier": "g", "global_cluster_identifier": "world"})),
        ("aws_rds_cluster", "alone", json!({"cluster_identifier": "alone", "global_cluster_identifier": ""})),
        ("aws_ebs_volume", "data", json!({"id": "vol-0123456789abcdef0"})),
        ("aws_s3_bucket", "media", json!({"id": "media"})),
        ("aws_s3_bucket", "logs", json!({"id": "logs", "replication_configuration": []})),
        ("aws_s3_bucket_replication_configuration", "media", json!({"bucket": "media"})),
        ("aws_s3_bucket", "elsewhere", json!({"id": "elsewhere", "region": "us-east-1"})),
    ])
}

fn standby() -> State {
    state(&[
        ("aws_db_instance", "orders", json!({"identifier": "orders-replica", "replicate_source_db": ORDERS})),
        ("aws_rds_cluster", "global", json!({"cluster_identifier": "g2", "global_cluster_identifier": "world"})),
    ])
}

fn objects() -> Vec<DataObject> {
    let (primary, standby) = (primary(), standby());
    data_objects("data", &primary, &region("eu-west-1"), &[&primary], &[&standby], &|_| None)
}

#[test]
fn each_object_is_found_once_with_its_way_to_the_standby() {
    let found: Vec<(String, DataCopy)> = objects().into_iter().map(|object| (object.address, object.copy)).collect();
    let expected = [
        ("aws_db_instance.orders", DataCopy::Replica(ReplicaKind::Instance, "orders-replica".into())),
        ("aws_db_instance.users", DataCopy::Snapshots(SnapshotKind::Instance)),
        ("aws_rds_cluster.global", DataCopy::Replica(ReplicaKind::GlobalCluster, "g2".into())),
        ("aws_rds_cluster.alone", DataCopy::Snapshots(SnapshotKind::Cluster)),
        ("aws_ebs_volume.data", DataCopy::Snapshots(SnapshotKind::Volume)),
        ("aws_s3_bucket.media", DataCopy::Objects),
        ("aws_s3_bucket.logs", DataCopy::NotReplicated),
    ]
    .map(|(address, copy)| (address.to_owned(), copy));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_the_plan_leaves_empty_is_not_missed() {
    let (primary, standby) = (primary(), standby());
    let chosen = |address: &str| match address {
        "aws_db_instance.users" => Some(DataFrom::Empty),
        "aws_s3_bucket.logs" => Some(DataFrom::Elsewhere),
        "aws_db_instance.orders" => Some(DataFrom::Replica),
        _ => None,
    };
    let objects = data_objects("data", &primary, &region("eu-west-1"), &[&primary], &[&standby], &chosen);
    let told = Told { snapshots: [("alone", 60), ("vol-0123456789abcdef0", 59)].into(), ..all_fresh() };
    let rpo = Duration::from_secs(60);
    let point = recovery_point(rpo, &objects, &region("eu-west-1"), &region("eu-central-1"), &told).await;
    assert_eq!(point.findings, []);
    assert!(point.facts.contains(&"2 empty or filled by other means, as the plan says".to_owned()), "{point:?}");
}

/// Answers by identifier; what is not there was not measured, or has no snapshot.
#[derive(Default)]
struct Told {
    lags: BTreeMap<&'static str, (u64, u64)>,
    snapshots: BTreeMap<&'static str, u64>,
    broken: bool,
}

#[async_trait]
impl ReplicationFacts for Told {
    async fn lag(&self, standby: &Region, _: ReplicaKind, id: &str) -> Result<Option<ReplicaLag>, UnknownFact> {
        assert_eq!(standby.as_str(), "eu-central-1");
        if self.broken {
            return Err(UnknownFact("access denied".into()));
        }
        let seconds = Duration::from_secs;
        Ok(self.lags.get(id).map(|(lag, age)| ReplicaLag { lag: seconds(*lag), age: seconds(*age) }))
    }

    async fn newest_snapshot(
        &self,
        _: &Region,
        _: &Region,
        _: SnapshotKind,
        id: &str,
    ) -> Result<Option<Snapshot>, UnknownFact> {
        Ok(self.snapshots.get(id).map(|age| Snapshot { id: format!("s-{id}"), age: Duration::from_secs(*age) }))
    }
}

async fn judged(told: &Told) -> (Vec<String>, Vec<(String, Severity, String)>) {
    let rpo = Duration::from_secs(60);
    let point = recovery_point(rpo, &objects(), &region("eu-west-1"), &region("eu-central-1"), told).await;
    let findings = point.findings.into_iter();
    (point.facts, findings.map(|one| (one.code.to_string(), one.severity, one.subject.to_string())).collect())
}

fn all_fresh() -> Told {
    Told {
        lags: [("orders-replica", (2, 90)), ("g2", (0, 90))].into(),
        snapshots: [("users", 30), ("alone", 60), ("vol-0123456789abcdef0", 59)].into(),
        broken: false,
    }
}

#[tokio::test]
async fn what_is_near_enough_is_told_and_a_bucket_that_is_not_replicated_is_a_warning() {
    let (facts, findings) = judged(&all_fresh()).await;
    assert_eq!(findings, [("PL-V123".into(), Severity::Warning, "data: aws_s3_bucket.logs".into())]);
    assert_eq!(
        facts,
        ["RPO 1m", "furthest behind aws_rds_cluster.alone by 1m", "1 replicated buckets, whose lag is not measured"]
    );
}

#[tokio::test]
async fn lag_age_and_absence_are_told_apart() {
    let mut told = all_fresh();
    told.lags.insert("orders-replica", (61, 30));
    // Not behind when it was measured, but that is long ago.
    told.lags.insert("g2", (0, 301));
    told.snapshots.insert("users", 61);
    told.snapshots.remove("alone");
    told.snapshots.remove("vol-0123456789abcdef0");
    let (_, findings) = judged(&told).await;
    let expected = [
        ("PL-V121", Severity::Error, "data: aws_db_instance.orders"),
        ("PL-V122", Severity::Error, "data: aws_db_instance.users"),
        ("PL-V121", Severity::Error, "data: aws_rds_cluster.global"),
        ("PL-V123", Severity::Error, "data: aws_rds_cluster.alone"),
        ("PL-V123", Severity::Warning, "data: aws_ebs_volume.data"),
        ("PL-V123", Severity::Warning, "data: aws_s3_bucket.logs"),
    ]
    .map(|(code, severity, about)| (code.to_owned(), severity, about.to_owned()));
    assert_eq!(findings, expected);
}

#[tokio::test]
async fn what_is_not_answered_or_not_measured_is_unknown() {
    let mut told = all_fresh();
    told.lags.clear();
    let (_, findings) = judged(&told).await;
    assert_eq!(findings.iter().filter(|(code, ..)| code == "PL-V101").count(), 2, "{findings:?}");
    told.broken = true;
    let (_, findings) = judged(&told).await;
    assert_eq!(findings.iter().filter(|(code, ..)| code == "PL-V101").count(), 2, "{findings:?}");
}
