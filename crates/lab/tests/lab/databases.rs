//! Orders in PostgreSQL: replicated, killed, promoted, resynchronised, and gone with the lab.

use crate::rehearsal::{PRIMARY, STANDBY, eventually, health, instance, lab};
use pilotlight_lab::{Lab, Lag};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// Places an order at an app, and gives the status and what it says.
async fn order(address: Ipv4Addr, id: &str, cents: i64) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("client");
    let body = json!({"id": id, "cents": cents}).to_string();
    let answer = client.post(format!("http://{address}:8080/orders")).body(body).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("body")).expect("json"))
}

async fn find(address: Ipv4Addr, id: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("client");
    client.get(format!("http://{address}:8080/orders/{id}")).send().await.expect("an answer").status().as_u16()
}

/// A session of the operator, as a plan would have it.
async fn operator(lab: &Lab, region: &str) -> Client {
    let name = if region == PRIMARY { "ORDERS_PRIMARY_URL" } else { "ORDERS_STANDBY_URL" };
    let (_, url) = lab.env().iter().find(|(variable, _)| variable == name).expect(name);
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a session");
    tokio::spawn(connection);
    client
}

async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.expect("a count").get(0)
}

async fn roles(lab: &Lab) -> Vec<(String, Option<String>)> {
    let status = lab.status().await.expect("status");
    status.databases.into_iter().map(|database| (database.role, database.replication)).collect()
}

fn one(role: &str, replication: Option<&str>) -> (String, Option<String>) {
    (role.into(), replication.map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_survive_what_they_should_and_no_more() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;
    let ((_, home), (_, away)) = (instance(&lab, PRIMARY), instance(&lab, STANDBY));
    eventually("both apps answer", async || health(home).await == Some(200) && health(away).await == Some(200)).await;
    assert_eq!(roles(&lab).await, [one("primary", None), one("standby", Some("streaming"))]);

    // Once, however often it is asked; and nobody else's.
    let (status, said) = order(home, "a-1", 500).await;
    assert_eq!((status, &said["region"], &said["order"]["cents"]), (201, &json!(PRIMARY), &json!(500)));
    assert_eq!(order(home, "a-1", 500).await.0, 200);
    assert_eq!(order(home, "a-1", 501).await.0, 409);
    assert_eq!(order(home, "a 1", 500).await.0, 400);
    assert_eq!(find(home, "a-2").await, 404);
    // The standby shows it, and takes none.
    eventually("the standby has it", async || find(away, "a-1").await == 200).await;
    let (status, said) = order(away, "a-2", 500).await;
    let error = said["error"].as_str().expect("an error");
    assert!(status == 503 && error.contains("read-only transaction") && error.contains(STANDBY), "{error}");

    // A standby that doesn't replay has it all the same.
    lab.lag(Lag::Pause).await.expect("paused");
    assert_eq!(order(home, "a-3", 500).await.0, 201);
    assert_eq!(roles(&lab).await[1], one("standby", Some("paused")));
    assert_eq!(find(away, "a-3").await, 404);
    lab.lag(Lag::Clear).await.expect("cleared");
    eventually("it is replayed", async || find(away, "a-3").await == 200).await;

    // One that receives nothing loses what is written meanwhile.
    lab.lag(Lag::Block).await.expect("blocked");
    assert_eq!(roles(&lab).await[1], one("standby", Some("cut off")));
    for id in ["lost-1", "lost-2"] {
        assert_eq!(order(home, id, 500).await.0, 201);
    }
    lab.kill_database(PRIMARY).await.expect("killed");
    assert_eq!(roles(&lab).await[0], one("dead", None));
    let (status, said) = order(home, "a-4", 500).await;
    assert!(status == 503 && said["error"].as_str().expect("an error").contains("refused"), "{said}");
    let refused = lab.resync_database(PRIMARY).await.expect_err("nothing to follow").to_string();
    assert!(refused.contains("only a primary can be followed"), "{refused}");

    // The operator promotes without being a superuser, and the app of that region writes at once.
    let standby = operator(&lab, STANDBY).await;
    let promoted: bool = standby.query_one("SELECT pg_promote()", &[]).await.expect("promoted").get(0);
    assert!(promoted);
    assert_eq!(order(away, "b-1", 500).await.0, 201);
    assert_eq!((count(&standby, "orders").await, count(&standby, "payments").await), (3, 3));
    let kept: Vec<String> = standby
        .query("SELECT id FROM orders ORDER BY id", &[])
        .await
        .expect("rows")
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(kept, ["a-1", "a-3", "b-1"]);

    // The old primary is one again when it comes back, with what was lost: the trap of every failover.
    lab.start_database(PRIMARY).await.expect("started");
    assert_eq!(roles(&lab).await, [one("primary", None), one("primary", None)]);
    assert_eq!(find(home, "lost-2").await, 200);
    assert_eq!(find(home, "b-1").await, 404);

    // Made to follow by the program that a plan's step can call, it has forgotten its own.
    let said = program(&lab, &["resync", PRIMARY]);
    assert!(said.contains("rewound"), "{said}");
    assert_eq!(roles(&lab).await, [one("standby", Some("streaming")), one("primary", None)]);
    assert_eq!((find(home, "lost-2").await, find(home, "b-1").await), (404, 200));
    let said = program(&lab, &["resync", PRIMARY]);
    assert!(said.contains("already"), "{said}");

    // And back: the app of the first region goes on by itself.
    let home_again = operator(&lab, PRIMARY).await;
    assert!(home_again.query_one("SELECT pg_promote()", &[]).await.expect("promoted").get::<_, bool>(0));
    assert_eq!(order(home, "c-1", 500).await.0, 201);
    assert!(lab.resync_database(STANDBY).await.expect("follows").contains("rewound"));
    assert_eq!(roles(&lab).await, [one("primary", None), one("standby", Some("streaming"))]);
    eventually("the standby has it", async || find(away, "c-1").await == 200).await;
    lab.stop().await.expect("ended");
}

/// Runs the program `lab` as a step of a plan would: found on the path, in a folder of its own.
fn program(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.command("lab").args(arguments).current_dir(lab.folder().join("plans")).output().expect("lab");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_are_closed_to_strangers_and_end_with_the_lab() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;
    let databases = lab.handle().databases.clone();
    let (before, after) = databases[0].url.split_once("://pilotlight:").expect("a role");
    let (_, host) = after.split_once('@').expect("a host");
    let stranger = tokio_postgres::connect(&format!("{before}://pilotlight:guess@{host}"), NoTls).await;
    assert!(stranger.is_err(), "a password is asked for");
    let operator = operator(&lab, PRIMARY).await;
    let on = |name: &'static str| {
        let operator = &operator;
        async move {
            let row = operator.query_one(&format!("SHOW {name}"), &[]).await.expect(name);
            row.get::<_, String>(0)
        }
    };
    // What was acknowledged is on the disk; nothing listens outside of loopback; no socket is in a shared place.
    assert_eq!((on("fsync").await, on("synchronous_commit").await, on("data_checksums").await), {
        ("on".to_owned(), "on".to_owned(), "on".to_owned())
    });
    assert!(on("listen_addresses").await.parse::<Ipv4Addr>().expect("an address").is_loopback());
    let superuser: bool = operator
        .query_one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", &[])
        .await
        .expect("a role")
        .get(0);
    assert!(!superuser);

    let pids: Vec<u32> = lab.status().await.expect("status").databases.iter().filter_map(|it| it.pid).collect();
    assert_eq!(pids.len(), 2);
    lab.stop().await.expect("ended");
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} outlives the lab");
    }
}
