//! The customer's word against a region that goes dark: the lab judges what this test knows to be true.

use crate::rehearsal::{PRIMARY, STANDBY, aws, eventually, health, instance, lab};
use pilotlight_lab::client::{Client, Record};
use pilotlight_lab::{Lab, Lag};
use serde_json::json;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

const TTL: u64 = 2;

fn point(lab: &Lab, zone: &str, action: &str, address: Ipv4Addr) {
    let set = json!({
        "Name": "app.shop.test", "Type": "A", "TTL": TTL, "ResourceRecords": [{"Value": address.to_string()}],
    });
    let batch = json!({"Changes": [{"Action": action, "ResourceRecordSet": set}]}).to_string();
    aws(lab, &["route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", &batch]);
}

async fn promote(lab: &Lab) {
    let url = &lab.handle().databases[1].url;
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a session");
    tokio::spawn(connection);
    assert!(client.query_one("SELECT pg_promote()", &[]).await.expect("promoted").get::<_, bool>(0));
}

/// How many orders the databases' own statistics would say: asked of the standby before it is promoted.
async fn orders_in(lab: &Lab, database: usize) -> BTreeSet<String> {
    let (client, connection) =
        tokio_postgres::connect(&lab.handle().databases[database].url, NoTls).await.expect("a session");
    tokio::spawn(connection);
    client.query("SELECT id FROM orders", &[]).await.expect("rows").iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_counts_downtime_and_loss_of_a_region_that_goes_dark() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;
    let ((_, home), (_, away)) = (instance(&lab, PRIMARY), instance(&lab, STANDBY));
    let zone = aws(&lab, &["route53", "create-hosted-zone", "--name", "shop.test", "--caller-reference", "1"]);
    let zone = zone["HostedZone"]["Id"].as_str().expect("zone");
    point(&lab, zone, "CREATE", home);
    eventually("both apps answer", async || health(home).await == Some(200) && health(away).await == Some(200)).await;

    let log = folder.path().join("client.jsonl");
    let client = Client { rate: 20, log: Some(log.clone()), ..Client::of(&lab) }.start().expect("started");
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.lag(Lag::Block).await.expect("blocked");
    let safe = orders_in(&lab, 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;

    let dark = Instant::now();
    let said = lab.blackout(PRIMARY, false).await.expect("dark");
    assert_eq!(said, "eu-west-1 is dark: its API, 1 apps and its database");
    let refused = lab.command("aws").env("AWS_MAX_ATTEMPTS", "1").args(["ec2", "describe-vpcs"]).output().expect("aws");
    assert!(!refused.status.success(), "its API is dead");
    assert_eq!(health(home).await, None);
    let status = lab.status().await.expect("status");
    assert_eq!((status.databases[0].role.as_str(), status.dark), ("dead", vec![PRIMARY.to_owned()]));

    // What a failover does, by hand: promote, and move the name. The global API is another region's.
    promote(&lab).await;
    point(&lab, zone, "UPSERT", away);
    let moved = dark.elapsed();
    tokio::time::sleep(Duration::from_secs(10)).await;
    client.stop();
    let customer = client.end().await.expect("ended");
    let (seen, verdict) = (&customer.summary, &customer.verdict);

    assert_eq!(seen.outages.len(), 1, "{seen:?}");
    let longest = moved.as_secs_f64() + TTL as f64 + 1.5;
    assert!(seen.downtime_seconds > 0.2 && seen.downtime_seconds < longest, "{longest}: {seen:?}");
    assert!(seen.failed_after_retry.is_empty() && seen.retried > 0, "{seen:?}");
    assert_eq!(seen.orders, seen.acknowledged);
    assert_eq!(seen.regions.keys().map(String::as_str).collect::<Vec<_>>(), [STANDBY, PRIMARY]);

    // Lost is what was acknowledged by the dead region after the standby had stopped listening.
    let lines = std::fs::read_to_string(&log).expect("a log");
    let records: Vec<Record> = lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(records.len(), seen.attempts);
    let by = |region: &str| -> BTreeSet<String> {
        let answered = records.iter().filter(|it| it.acknowledged() && it.region.as_deref() == Some(region));
        answered.map(|record| record.order.clone()).collect()
    };
    let (first, second) = (by(PRIMARY), by(STANDBY));
    let lost: Vec<String> = first.difference(&safe).filter(|id| !second.contains(*id)).cloned().collect();
    let kept = verdict.kept.as_ref().expect("the survivor was asked");
    assert!(lost.len() > 10, "two seconds of orders: {lost:?}");
    assert_eq!((&kept.lost, &verdict.writers), (&lost, &vec![STANDBY.to_owned()]));
    assert_eq!(kept.unpaid, [] as [&str; 0]);

    // The old primary comes back as one, and then nobody can say what the shop has.
    lab.restore(PRIMARY, true).await.expect("restored");
    let short = Client { duration: Some(Duration::from_secs(1)), ..Client::of(&lab) };
    let customer = short.start().expect("started").end().await.expect("ended");
    assert_eq!(customer.verdict.writers, [PRIMARY, STANDBY]);
    assert!(customer.verdict.kept.is_none() && customer.verdict.unknown.expect("a reason").contains("two databases"));

    // Made to follow, it has lost nothing more.
    lab.resync_database(PRIMARY).await.expect("follows");
    assert!(Client { rate: 0, ..Client::of(&lab) }.start().is_err());
    let whole = Client { duration: Some(Duration::from_secs(2)), ..Client::of(&lab) };
    let customer = whole.start().expect("started").end().await.expect("ended");
    assert_eq!(customer.verdict.kept.expect("the survivor was asked").lost, [] as [&str; 0]);
    assert_eq!((customer.summary.downtime_seconds, customer.summary.retried), (0.0, 0));
    lab.stop().await.expect("ended");
}
