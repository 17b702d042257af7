use crate::client::Client;
use crate::cluster::{APP, DATABASE, Server, limits};
use crate::estate::*;
use async_trait::async_trait;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::{PostgresDatabases, ServerRole, fence_stands, position};
use pilotlight_integrity::{CommandOutcome, CommandRun};
use pilotlight_journal::{JournalStores, MemoryStore};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

const WITH_DATABASE: &str = r#"
database "postgres" "orders" {
  primary = env("ORDERS_PRIMARY_URL")
  standby = env("ORDERS_STANDBY_URL")
  tables  = ["orders"]
  resync  = ["./resync"]
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
    let urls = [primary, standby].map(|server| server.text("shop", DATABASE));
    carry_out(world, Direction::Failover, mode, urls, Arc::new(world.clone()), &std::env::temp_dir()).await
}

async fn carry_out(
    world: &World,
    direction: Direction,
    mode: Mode,
    [primary, standby]: [String; 2],
    commands: Arc<dyn Commands>,
    folder: &Path,
) -> (RunReport, Conclusion) {
    // The world's own clock stands still while real servers work.
    world.with(|state| {
        state.lag.clear();
        state.insync_after = Duration::ZERO;
    });
    let mut environment = environment();
    environment.insert("ORDERS_PRIMARY_URL".into(), primary);
    environment.insert("ORDERS_STANDBY_URL".into(), standby);
    let ports = Ports {
        databases: Arc::new(PostgresDatabases::new(limits(), folder)),
        commands,
        environment: Arc::new(environment),
        clock: Arc::new(SystemClock::new()),
        ..world.ports()
    };
    let plan = plan_of(&format!("{PLAN}\n{WITH_DATABASE}"));
    let observed = observe(&plan, world, world).await.expect("observed");
    let run = compile_in_mode(&plan, direction, mode, &observed, &States).expect("compiled");
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
    assert!(report.findings.iter().any(|finding| finding.code.as_str() == "PL-F232"), "{:?}", report.findings);
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

/// The plan's `resync`: the old primary becomes a standby of the new one, by a base backup.
struct Resync {
    server: Arc<Mutex<Server>>,
    primary: u16,
    world: World,
}

#[async_trait]
impl Commands for Resync {
    async fn run(&self, argv: &[String], limit: Duration) -> CommandRun {
        if argv != ["./resync"] {
            return self.world.run(argv, limit).await;
        }
        self.server.lock().await.follow(self.primary).await;
        CommandRun { outcome: CommandOutcome::Exited(0), output: String::new(), duration: Duration::ZERO }
    }

    async fn at_work(&self) -> Option<String> {
        None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failback_keeps_what_the_old_primary_alone_has_and_goes_back_without_loss() {
    let (mut primary, mut standby) = pair().await;
    let world = world(Side::Primary);
    let write = async |server: &Server, id: i64| {
        let sql = format!("INSERT INTO orders VALUES ({id}, 'tea')");
        server.app().await.batch_execute(&sql).await.expect("written");
    };
    write(&primary, 1).await;
    while !orders(&standby).await.contains(&1) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The last order never reaches the standby.
    standby.kill();
    write(&primary, 2).await;
    primary.kill();
    standby.start().await;
    let (report, conclusion) = failover(&world, Mode::Ungraceful, &primary, &standby).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    assert_eq!(report.databases[0].lost_writes, "unknown");
    write(&standby, 3).await;

    // The old primary comes back, with the order that nobody else has.
    primary.start().await;
    let urls = [primary.text("shop", DATABASE), standby.text("shop", DATABASE)];
    let primary = Arc::new(Mutex::new(primary));
    let resync = Resync { server: Arc::clone(&primary), primary: standby.port, world: world.clone() };
    let folder = tempfile::tempdir().unwrap();
    let back = carry_out(&world, Direction::Failback, Mode::Graceful, urls, Arc::new(resync), folder.path()).await;
    let (report, conclusion) = back;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let database = &report.databases[0];
    assert_eq!((database.fence.as_str(), database.lost_writes.as_str()), ("proven", "none"), "{database:?}");
    let kept = database.kept.as_ref().unwrap();
    assert_eq!(kept.rows, 1);
    assert_eq!(
        std::fs::read_to_string(&kept.file).unwrap(),
        "{\"table\":\"public.orders\",\"key\":{\"id\":2},\"lost\":{\"id\":2,\"item\":\"tea\"},\"kept\":null}\n"
    );
    let primary = primary.lock().await;
    write(&primary, 4).await;
    assert_eq!(orders(&primary).await, BTreeSet::from([1, 3, 4]));
    assert!(fence_stands(&standby.url(), &limits()).await.unwrap());
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}
