//! The lag of a replica as CloudWatch tells it: its requests and answers are CBOR (Smithy RPC v2), of which the emulator
//! has none. The answers here are encoded by hand after RFC 8949, not by what the SDK itself encodes with.

use super::*;
use crate::replay::{Replay, Reply, region};
use pilotlight_findings::{Severity, codes};
use pilotlight_rebuild::{DataCopy, DataObject, recovery_point};

/// A head: the major type, and a length that fits into one byte.
fn head(major: u8, length: usize) -> Vec<u8> {
    let length = u8::try_from(length).expect("short");
    if length < 24 { vec![major << 5 | length] } else { vec![major << 5 | 24, length] }
}

fn text(text: &str) -> Vec<u8> {
    [head(3, text.len()), text.as_bytes().to_vec()].concat()
}

fn double(number: f64) -> Vec<u8> {
    [&[0xfb][..], &number.to_be_bytes()].concat()
}

fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries.iter().map(|(name, value)| [text(name), value.clone()].concat());
    [head(5, entries.len()), entries.collect::<Vec<_>>().concat()].concat()
}

/// A point of so many seconds ago: its time is tag 1, seconds since 1970.
fn point(ago: u64, maximum: f64) -> Vec<u8> {
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() - ago;
    let at = [&[0xc1][..], &double(at as f64)].concat();
    map(&[("Timestamp", at), ("Maximum", double(maximum)), ("Unit", text("Seconds"))])
}

fn answer(metric: &str, points: &[Vec<u8>]) -> Reply {
    let points = [head(4, points.len()), points.concat()].concat();
    Reply::Cbor(200, map(&[("Label", text(metric)), ("Datapoints", points)]))
}

fn orders(kind: ReplicaKind) -> DataObject {
    DataObject {
        stack: "data".into(),
        address: "aws_db_instance.orders".into(),
        id: "orders".into(),
        copy: DataCopy::Replica(kind, "orders-dr".into()),
    }
}

async fn judged(replay: &Replay, kind: ReplicaKind, rpo: u64) -> pilotlight_rebuild::RecoveryPoint {
    let facts = AwsReplication::new(replay.aws());
    let primary = Region::new("us-east-1").expect("a region");
    recovery_point(Duration::from_secs(rpo), &[orders(kind)], &primary, &region(), &facts).await
}

#[tokio::test]
async fn the_newest_point_is_asked_for_and_held_against_the_rpo() {
    let replay = Replay::new(|_| answer("ReplicaLag", &[point(120, 900.0), point(60, 42.0), point(180, 900.0)]));
    let told = judged(&replay, ReplicaKind::Instance, 60).await;
    assert_eq!(told.findings, []);
    assert_eq!(told.facts, ["RPO 1m", "furthest behind aws_db_instance.orders by 42s"]);
    let asked = replay.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("/operation/GetMetricStatistics"), "{asked:?}");
    for word in ["AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", "orders-dr", "Maximum"] {
        assert!(asked[0].contains(word), "no {word} in {asked:?}");
    }

    let told = judged(&replay, ReplicaKind::Instance, 30).await;
    assert_eq!((told.findings[0].code, told.findings[0].severity), (codes::V_LAG, Severity::Error));
    assert_eq!(told.findings[0].message, "its replica orders-dr lags by 42s, and the RPO is 30s");
}

#[tokio::test]
async fn a_global_database_is_measured_in_milliseconds_by_its_own_metric() {
    let replay = Replay::new(|_| answer("AuroraGlobalDBReplicationLag", &[point(60, 1_500.0)]));
    let told = judged(&replay, ReplicaKind::GlobalCluster, 60).await;
    assert_eq!((told.findings.len(), told.facts[1].as_str()), (0, "furthest behind aws_db_instance.orders by 1s"));
    assert!(replay.asked()[0].contains("AuroraGlobalDBReplicationLag"));
}

#[tokio::test]
async fn no_point_and_a_denial_are_not_known_and_never_ready() {
    let told = judged(&Replay::new(|_| answer("ReplicaLag", &[])), ReplicaKind::Instance, 60).await;
    assert_eq!((told.findings[0].code, told.findings[0].severity), (codes::V_UNKNOWN, Severity::Warning));
    let denied = Replay::new(|_| {
        let message = "not authorized to perform: cloudwatch:GetMetricStatistics";
        Reply::Cbor(
            403,
            map(&[("__type", text("com.amazon.coral.service#AccessDeniedException")), ("message", text(message))]),
        )
    });
    let told = judged(&denied, ReplicaKind::Instance, 60).await;
    assert_eq!(told.findings[0].code, codes::V_UNKNOWN);
    assert!(told.findings[0].message.contains("cloudwatch:GetMetricStatistics"), "{}", told.findings[0].message);
}
