use crate::client::Client;
use crate::cluster::{APP, DATABASE, Server, limits};
use crate::estate::*;
use crate::world::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::{PostgresDatabases, ServerRole, fence_stands, position};
use pilotlight_journal::{JournalStores, MemoryStore};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const WITH_DATABASE: &str = r#"
database "postgres" "orders" {
  primary = env("ORDERS_PRIMARY_URL")
  standby = env("ORDERS_STANDBY_URL")
  tables  = ["orders"]
}
"#;

/// A primary and a standby whose owner may promote.
async fn pair() -> (Server, Server) {
    let primary = Server::primary().await;
    let grant = "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO shop";
    primary.superuser().await.batch_execute(grant).await.expect("granted");
    let standby = primary.standby().await;
    (primary, standby)
}

/// Runs a failover of the estate with these servers.
async fn failover(world: &World, mode: Mode, primary: &Server, standby: &Server) -> (RunReport, Conclusion) {
    // The world's own clock stands still while real servers work.
    world.with(|state| {
        state.lag.clear();
        state.insync_after = Duration::ZERO;
    });
    let mut environment = environment();
    environment.insert("ORDERS_PRIMARY_URL".into(), primary.text("shop", DATABASE));
    environment.insert("ORDERS_STANDBY_URL".into(), standby.text("shop", DATABASE));
    let ports = Ports {
        databases: Arc::new(PostgresDatabases::new(limits(), std::env::temp_dir())),
        environment: Arc::new(environment),
        clock: Arc::new(SystemClock::new()),
        ..world.ports()
    };
    let plan = plan_of(&format!("{PLAN}\n{WITH_DATABASE}"));
    let observed = observe(&plan, world).await.expect("observed");
    let run = compile_in_mode(&plan, Direction::Failover, mode, &observed, &States).expect("compiled");
    let stores = JournalStores::one(MemoryStore::new("journal"));
    let mut engine = Engine::start(run, "ada@ops", None, &stores, ports).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    (report_of(&engine), conclusion)
}

async fn orders(server: &Server) -> BTreeSet<i64> {
    let rows = server.app().await.query("SELECT id FROM orders", &[]).await.expect("orders");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn warmed_up(client: &Client) {
    while client.count() < 100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graceful_failover_under_load_loses_no_confirmed_order() {
    let (primary, standby) = pair().await;
    let world = world(Side::Primary);
    let client = Client::start(vec![primary.text(APP, DATABASE), standby.text(APP, DATABASE)]);
    warmed_up(&client).await;

    let (report, conclusion) = failover(&world, Mode::Graceful, &primary, &standby).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let before = client.count();
    while client.count() < before + 100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let confirmed = client.stop().await;

    let there = orders(&standby).await;
    assert_eq!(confirmed.difference(&there).count(), 0, "{} confirmed, {} there", confirmed.len(), there.len());
    let database = &report.databases[0];
    assert_eq!((database.fence.as_str(), database.lost_writes.as_str()), ("proven", "none"), "{database:?}");
    assert_eq!(database.second_writer, "none");
    assert_eq!(report.recovery_point.unwrap().measured_ms, Some(0));
    // What the old primary has, the new one has; what came after the switch, only the new one has.
    let old = orders(&primary).await;
    assert!(old.is_subset(&there) && old.len() < there.len());
    assert_eq!(database.tables[0].only_old, database.tables[0].only_new.map(|_| 0));
    assert!(fence_stands(&primary.url(), &limits()).await.unwrap());
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_primary_under_load_ends_in_an_ungraceful_failover_that_says_what_it_does_not_know() {
    let (mut primary, standby) = pair().await;
    let world = world(Side::Primary);
    let client = Client::start(vec![primary.text(APP, DATABASE), standby.text(APP, DATABASE)]);
    warmed_up(&client).await;
    primary.kill();

    // With the primary dead, a graceful run changes nothing and names the way.
    let (_, refused) = failover(&world, Mode::Graceful, &primary, &standby).await;
    assert_eq!(refused.end, End::Refused, "{refused:?}");
    assert!(refused.detail.contains("--mode ungraceful"), "{}", refused.detail);
    assert_eq!(position(&standby.url(), &limits()).await.unwrap().role, ServerRole::Standby);

    let (report, conclusion) = failover(&world, Mode::Ungraceful, &primary, &standby).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let before = client.count();
    while client.count() < before + 100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let confirmed = client.stop().await;
    let database = &report.databases[0];
    assert_eq!((database.fence.as_str(), database.lost_writes.as_str()), ("unknown", "unknown"), "{database:?}");
    assert!(database.last_commit_at.is_some());
    // It may have lost the last of them; it never says that it did not.
    let lost = confirmed.difference(&orders(&standby).await).count();
    assert!(lost <= 3, "{lost} of {} confirmed orders are lost", confirmed.len());
    assert!(report.findings.iter().any(|finding| finding.code.as_str() == "PL-F222"), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_cannot_catch_up_leaves_the_primary_writing() {
    let (primary, standby) = pair().await;
    let world = world(Side::Primary);
    let superuser = standby.superuser().await;
    let pause = superuser.batch_execute("SELECT pg_wal_replay_pause()");
    pause.await.unwrap();
    let (_, conclusion) = failover(&world, Mode::Graceful, &primary, &standby).await;
    assert_eq!(conclusion.end, End::Refused, "{conclusion:?}");
    assert!(conclusion.detail.contains("the replay of the standby is paused"), "{}", conclusion.detail);
    primary.app().await.batch_execute("INSERT INTO orders VALUES (1, 'tea')").await.unwrap();
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}
