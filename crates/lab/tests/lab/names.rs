//! What AWS is told, DNS and the apps say.

use crate::rehearsal::{aws, eventually, health, instance, lab};
use pilotlight_lab::{Lab, dns::query};
use serde_json::{Value, json};

fn set(name: &str, record_type: &str, values: &[&str], more: Value) -> Value {
    let values: Vec<_> = values.iter().map(|value| json!({"Value": value})).collect();
    let mut set = json!({"Name": name, "Type": record_type, "TTL": 30, "ResourceRecords": values});
    set.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    set
}

fn create(lab: &Lab, zone: &str, sets: Vec<Value>) {
    let changes: Vec<_> = sets.into_iter().map(|set| json!({"Action": "CREATE", "ResourceRecordSet": set})).collect();
    let batch = json!({"Changes": changes}).to_string();
    aws(lab, &["route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", &batch]);
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_names_follow_what_aws_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;

    let (home_id, home) = instance(&lab, "eu-west-1");
    let (_, away) = instance(&lab, "eu-central-1");
    assert!(home.is_loopback() && away.is_loopback() && home != away);
    eventually("both apps answer", async || health(home).await == Some(200) && health(away).await == Some(200)).await;

    let zone = aws(&lab, &["route53", "create-hosted-zone", "--name", "lab.test", "--caller-reference", "1"]);
    let zone = zone["HostedZone"]["Id"].as_str().expect("zone");
    let check =
        json!({"IPAddress": home, "Port": 8080, "Type": "HTTP", "ResourcePath": "/health", "FailureThreshold": 2});
    let check = check.to_string();
    let check =
        aws(&lab, &["route53", "create-health-check", "--caller-reference", "2", "--health-check-config", &check]);
    let check = check["HealthCheck"]["Id"].as_str().expect("check");
    let (home_text, away_text) = (home.to_string(), away.to_string());
    let long: Vec<String> = (0..60).map(|n| format!("\"{n:0100}\"")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let first = json!({"SetIdentifier": "1", "Failover": "PRIMARY", "HealthCheckId": check});
    let second = json!({"SetIdentifier": "2", "Failover": "SECONDARY"});
    let sets = vec![
        set("app.lab.test", "A", &[&home_text], first),
        set("app.lab.test", "A", &[&away_text], second),
        set("heavy.lab.test", "A", &["192.0.2.1"], json!({"SetIdentifier": "1", "Weight": 0})),
        set("heavy.lab.test", "A", &["192.0.2.2"], json!({"SetIdentifier": "2", "Weight": 5})),
        set("long.lab.test", "TXT", &long, json!({})),
    ];
    create(&lab, zone, sets);

    let answered = lab.resolve("app.lab.test", "A").await.expect("answer");
    assert_eq!((answered.values, answered.ttl, answered.authoritative), (vec![home_text.clone()], Some(30), false));
    assert_eq!(lab.resolve("heavy.lab.test", "A").await.expect("answer").values, ["192.0.2.2"]);
    assert_eq!(lab.resolve("long.lab.test", "TXT").await.expect("answer over TCP").values.len(), 60);
    assert_eq!(lab.resolve("none.lab.test", "A").await.expect("answer").code, "NXDOMAIN");
    assert_eq!(lab.resolve("example.com", "A").await.expect("answer").code, "REFUSED");

    let servers = lab.resolve("lab.test", "NS").await.expect("name servers").values;
    assert_eq!(servers.len(), 4);
    let port = lab.handle().resolver.port();
    for server in servers {
        let address = lab.resolve(&server, "A").await.expect("its address").values;
        let place = format!("{}:{port}", address[0]).parse().expect("a socket address");
        let answered = query::ask(place, "heavy.lab.test", "A").await.expect("answer");
        assert_eq!((answered.values, answered.authoritative), (vec!["192.0.2.2".to_owned()], true));
    }

    let points_to = async |value: &str| lab.resolve("app.lab.test", "A").await.expect("answer").values == [value];
    lab.break_app(home).await.expect("broken");
    assert_eq!(health(home).await, Some(500));
    eventually("the broken side is left", async || points_to(&away_text).await).await;
    lab.repair_app(home).await.expect("repaired");
    eventually("the repaired side is back", async || points_to(&home_text).await).await;

    aws(&lab, &["ec2", "terminate-instances", "--instance-ids", &home_id]);
    eventually("the terminated instance is silent", async || health(home).await.is_none()).await;
    eventually("the terminated side is left", async || points_to(&away_text).await).await;

    let resolver = lab.handle().resolver;
    lab.stop().await.expect("ended");
    assert!(health(away).await.is_none(), "no app outlives the lab");
    assert!(query::ask(resolver, "app.lab.test", "A").await.is_err(), "nor its DNS");
    assert!(Lab::attach(&folder.path().join("lab")).await.expect("no lab").is_none());
}
