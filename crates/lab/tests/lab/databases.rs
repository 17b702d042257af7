//! Orders in PostgreSQL: replicated, killed, promoted, resynchronised, and gone with the lab.

use crate::rehearsal::{PRIMARY, STANDBY, eventually, health, instance, lab};
use pilotlight_lab::{Lab, Lag};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// Where a lab that will be killed lives.
const DOOMED: &str = "PILOTLIGHT_TEST_DOOMED_LAB";

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

    // Killed by somebody else, it is seen to be dead, and can be started again.
    let pid = lab.status().await.expect("status").databases[1].pid.expect("it runs").to_string();
    let killed = std::process::Command::new("kill").args(["-9", &pid]).status().expect("kill");
    assert!(killed.success());
    eventually("it is dead", async || roles(&lab).await[1] == one("dead", None)).await;
    lab.start_database(STANDBY).await.expect("started");
    eventually("it streams", async || roles(&lab).await[1] == one("standby", Some("streaming"))).await;
    lab.stop().await.expect("ended");
}

/// Runs the program `lab` as a step of a plan would: found on the path, in a folder of its own.
fn program(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.command("lab").args(arguments).current_dir(lab.folder().join("plans")).output().expect("lab");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Not a test: the process that the next one kills. It runs a lab in the folder that it is told, until then.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a lab to be killed; another test starts it"]
async fn a_lab_to_be_killed() {
    let folder = std::env::var(DOOMED).expect("a folder");
    let _lab = lab(Path::new(&folder)).await;
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_lab_outlives_its_process_that_was_killed() {
    let folder = tempfile::tempdir().expect("folder");
    let mut doomed = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "databases::a_lab_to_be_killed"])
        .env(DOOMED, folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("a process");
    let mut found = None;
    eventually("the lab is up", async || {
        found = Lab::attach(&folder.path().join("lab")).await.expect("its files");
        found.is_some()
    })
    .await;
    let lab = found.expect("a lab");
    let databases = lab.status().await.expect("status").databases;
    // The server and all that it started: a killed lab tells nobody to end.
    let family: Vec<u32> = databases.iter().filter_map(|database| database.pid).flat_map(family).collect();
    assert!(family.len() > 8, "two servers with their processes: {family:?}");
    // One of them is dead already when the lab dies, and has left what a killed server leaves.
    lab.kill_database(PRIMARY).await.expect("killed");
    let data: Vec<PathBuf> = data_folders(&lab);
    assert_eq!(data.len(), 2);

    doomed.kill().expect("killed");
    doomed.wait().expect("it ended");
    let lives = |pid: &u32| Path::new(&format!("/proc/{pid}")).exists();
    eventually("its servers are gone", async || !family.iter().any(lives)).await;
    let elsewhere = |path: &&PathBuf| !path.starts_with(folder.path());
    eventually("and their files elsewhere", async || !data.iter().filter(elsewhere).any(|path| path.exists())).await;
    assert!(Lab::attach(&folder.path().join("lab")).await.expect("no lab").is_none());
}

/// A process and its children.
fn family(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    std::iter::once(pid).chain(children.split_whitespace().filter_map(|child| child.parse().ok())).collect()
}

/// Where the servers keep their files, from the logs' own words: in the lab's folder or elsewhere.
fn data_folders(lab: &Lab) -> Vec<PathBuf> {
    let inside = [PRIMARY, STANDBY].map(|region| lab.folder().join("postgres").join(region));
    if inside.iter().all(|path| path.exists()) {
        return inside.to_vec();
    }
    let labs = std::fs::read_dir("/var/tmp").expect("a folder").flatten().map(|entry| entry.path());
    let is_ours = |path: &PathBuf| {
        let text = std::fs::read_to_string(path.join(PRIMARY).join("data/postgresql.conf")).unwrap_or_default();
        let port = text.lines().find_map(|line| line.strip_prefix("port = ")).unwrap_or("none").to_owned();
        lab.handle().databases[0].url.contains(&format!(":{port}/"))
    };
    let ours = labs.filter(is_ours).flat_map(|path| [PRIMARY, STANDBY].map(|region| path.join(region)));
    ours.collect()
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
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "process {pid} outlives the lab");
    }
}
