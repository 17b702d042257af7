//! What a promoted server's log tells of the service.

use crate::cluster::{Server, limits};
use pilotlight_integrity::postgres::{
    FirstWrite, FormerPrimary, Watched, WriteCount, first_write, handover, promote, release, takes_writes,
};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(30);

/// The server's own clock, as the answers are written.
async fn now(server: &Server) -> String {
    let sql = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
    server.superuser().await.query_one(sql, &[]).await.expect("the time").get(0)
}

#[tokio::test]
async fn the_last_commit_of_the_old_server_and_the_first_write_at_the_new_one_are_told() {
    let mut primary = Server::primary_with("track_commit_timestamp = on").await;
    let standby = primary.standby().await;
    let (limits, superuser) = (limits(), primary.superuser().await);
    superuser.batch_execute("GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO shop").await.unwrap();
    let before = now(&primary).await;
    superuser.batch_execute("INSERT INTO orders VALUES (1, 'tea')").await.unwrap();
    let after = now(&primary).await;
    while standby.app().await.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    primary.kill();
    promote(&standby.url(), &FormerPrimary::default(), WITHIN, &limits).await.unwrap();
    takes_writes(&standby.url(), &limits).await.unwrap();

    let opened = handover(&standby.url(), &limits).await.unwrap();
    let last = opened.last_replayed_at.expect("a commit was replayed");
    assert!(before <= last && last <= after, "{before} <= {last} <= {after}");
    let first = |own: Vec<u64>| {
        let (url, limits) = (standby.url(), limits.clone());
        async move { written(first_write(&url, opened.next_transaction, &own, None, &limits).await.unwrap()) }
    };
    assert_eq!(first(vec![]).await, None, "nobody has written");
    // A probe's table is rolled back, and its message is a commit of its own.
    let own = takes_writes(&standby.url(), &limits).await.unwrap().expect("a number");
    assert_eq!(first(vec![own]).await, None, "nobody else has written");
    assert!(first(vec![]).await.is_some(), "its own message is one, to who does not know it");

    let app = standby.app().await;
    app.query_one("SELECT count(*) FROM orders", &[]).await.unwrap();
    assert!(app.batch_execute("BEGIN; INSERT INTO orders VALUES (2, 'tea'); ROLLBACK").await.is_ok());
    assert_eq!(first(vec![own]).await, None, "read, and rolled back");
    let before = now(&standby).await;
    app.batch_execute("INSERT INTO orders VALUES (3, 'tea')").await.unwrap();
    let after = now(&standby).await;
    app.batch_execute("INSERT INTO orders VALUES (4, 'tea')").await.unwrap();
    let found = first(vec![own]).await.expect("a write").committed_at.expect("a time");
    assert!(before <= found && found <= after, "{before} <= {found} <= {after}");
}

#[tokio::test]
async fn without_times_of_commits_a_write_is_seen_and_its_moment_not_known() {
    let server = Server::primary().await;
    let opened = handover(&server.url(), &limits()).await.unwrap();
    assert_eq!(opened.last_replayed_at, None, "it never replayed anything");
    server.app().await.batch_execute("INSERT INTO orders VALUES (1, 'tea')").await.unwrap();
    let found = written(first_write(&server.url(), opened.next_transaction, &[], None, &limits()).await.unwrap());
    assert_eq!(found.expect("a write").committed_at, None);
}

#[tokio::test]
async fn maintenance_and_other_databases_write_nothing_here() {
    let server = Server::primary_with("track_commit_timestamp = on").await;
    let writes = release(&server.url(), &limits()).await.unwrap().writes;
    let opened = handover(&server.url(), &limits()).await.unwrap();
    let superuser = server.superuser().await;
    // As autovacuum does, and as a neighbour.
    superuser.batch_execute("ANALYZE").await.unwrap();
    superuser.batch_execute("CREATE DATABASE neighbour").await.unwrap();
    let first = |writes: Option<WriteCount>| {
        let url = server.url();
        async move { first_write(&url, opened.next_transaction, &[], writes.as_ref(), &limits()).await.unwrap() }
    };
    assert!(written(first(None).await).is_some(), "their numbers alone do not tell them apart");
    let Watched::Nothing { next_transaction } = first(Some(writes.clone())).await else {
        panic!("nobody has written a row")
    };
    assert!(next_transaction > opened.next_transaction);
    server.app().await.batch_execute("INSERT INTO orders VALUES (1, 'tea')").await.unwrap();
    let mut found = None;
    while found.is_none() {
        found = written(first(Some(writes.clone())).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn written(watched: Watched) -> Option<FirstWrite> {
    match watched {
        Watched::Written(write) => Some(write),
        Watched::Nothing { .. } => None,
    }
}
