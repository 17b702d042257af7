use crate::cluster::{APP, DATABASE, OWNER, SUPERUSER, Server, connect, limits};
use pilotlight_integrity::postgres::{
    DatabaseUrl, FenceState, FormerPrimary, catch_up, end_of_writes, fence, fence_stands, promote, release,
    takes_writes, writes_since,
};
use std::time::Duration;

const READ_ONLY: &str = "25006";

/// One order, and the SQLSTATE where it is refused.
async fn order(client: &tokio_postgres::Client, id: i64) -> Result<(), String> {
    let done = client.execute("INSERT INTO orders VALUES ($1, 'tea')", &[&id]).await;
    done.map(|_| ()).map_err(|error| error.code().map_or_else(|| "closed".into(), |code| code.code().to_owned()))
}

#[tokio::test]
async fn a_fence_is_proven_carried_over_and_taken_back() {
    let mut primary = Server::primary().await;
    let standby = primary.standby().await;
    let limits = limits();
    let app = primary.app().await;
    order(&app, 1).await.unwrap();
    let at_work = primary.app().await;
    at_work.batch_execute("BEGIN; INSERT INTO orders VALUES (2, 'half done')").await.unwrap();

    let report = fence(&primary.url(), &limits).await;
    assert_eq!((report.state, report.sessions_ended), (FenceState::Proven, 2), "{report}");
    assert!(report.fenced_at.is_some_and(|at| at.ends_with('Z')), "it was set now, and the server says when");
    assert_eq!(report.other_databases, Vec::<String>::new());
    // The sessions of before are gone, with what they had not committed; new ones read and do not write.
    assert!(["57P01", "closed"].contains(&order(&app, 3).await.unwrap_err().as_str()));
    let again = primary.app().await;
    assert_eq!(order(&again, 3).await, Err(READ_ONLY.into()));
    assert_eq!(again.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get::<_, i64>(0), 1);
    assert!(takes_writes(&primary.url(), &limits).await.is_err());

    // Fenced once more, it is proven once more: a reader is let be or ended, and nothing is different.
    let report = fence(&primary.url(), &limits).await;
    assert_eq!(report.state, FenceState::Proven, "{report}");
    assert_eq!(report.fenced_at, None, "it stood before");

    let end = end_of_writes(&primary.url(), &limits).await.unwrap();
    catch_up(&standby.url(), end, Duration::from_secs(20), &limits, |_| {}).await.unwrap();
    let reader = standby.app().await;
    let superuser = DatabaseUrl::parse(&standby.text(SUPERUSER, DATABASE)).unwrap();
    assert_eq!(reader.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get::<_, i64>(0), 1);
    // Before it is promoted there is nothing to release, and who reads there is left alone.
    let error = release(&standby.url(), &limits).await.unwrap_err();
    assert!(error.to_string().contains("it is a standby (in recovery), and takes no writes"), "{error}");
    assert_eq!(reader.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get::<_, i64>(0), 1);
    let promotion = promote(&superuser, &FormerPrimary::default(), Duration::from_secs(30), &limits).await.unwrap();
    assert_eq!((promotion.already, promotion.timeline), (false, 2));

    // The fence came over with the log. Both who signs in now and who signed in before are refused…
    assert!(fence_stands(&standby.url(), &limits).await.unwrap());
    assert_eq!(order(&standby.app().await, 3).await, Err(READ_ONLY.into()));
    assert_eq!(order(&reader, 3).await, Err(READ_ONLY.into()));
    // …until it is taken back, and who signed in before has to come again.
    let released = release(&standby.url(), &limits).await.unwrap();
    assert_eq!(released.still_refused, None);
    assert!(released.sessions_ended >= 1 && released.sessions_left.is_empty(), "{released:?}");
    assert!(["57P01", "closed"].contains(&order(&reader, 3).await.unwrap_err().as_str()));
    order(&standby.app().await, 3).await.unwrap();
    takes_writes(&standby.url(), &limits).await.unwrap();

    // The old primary comes back fenced after a crash.
    primary.kill();
    primary.start().await;
    assert!(fence_stands(&primary.url(), &limits).await.unwrap());
    assert_eq!(order(&primary.app().await, 4).await, Err(READ_ONLY.into()));
    assert_eq!(release(&primary.url(), &limits).await.unwrap().still_refused, None);
    order(&primary.app().await, 4).await.unwrap();
    assert!(!fence_stands(&primary.url(), &limits).await.unwrap());
}

#[tokio::test]
async fn whoever_gets_around_the_fence_makes_it_fail() {
    let primary = Server::primary().await;
    let limits = limits();
    let url = primary.url();
    let failed = async |reason: &str| {
        let report = fence(&url, &limits).await;
        assert_eq!(report.state, FenceState::Failed, "{reason}: {report}");
        assert!(report.to_string().contains(reason), "{report}");
        release(&url, &limits).await.unwrap();
    };

    // The owner is no superuser, and may not end a superuser's session.
    let superuser = primary.superuser().await;
    failed("of role postgres could not be ended").await;

    superuser.batch_execute(&format!("ALTER ROLE {APP} SET default_transaction_read_only = off")).await.unwrap();
    drop(superuser);
    failed("role app overrides the fence").await;
    let admin = primary.client(SUPERUSER, "postgres").await;
    admin.batch_execute(&format!("ALTER ROLE {APP} RESET ALL")).await.unwrap();

    let app = primary.app().await;
    app.batch_execute("BEGIN; INSERT INTO orders VALUES (7, 'x'); PREPARE TRANSACTION 'shop-7'").await.unwrap();
    failed("prepared transaction shop-7").await;
    primary.app().await.batch_execute("ROLLBACK PREPARED 'shop-7'").await.unwrap();

    let superuser = primary.superuser().await;
    let subscribe =
        "CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p WITH (connect = false)";
    superuser.batch_execute(subscribe).await.unwrap();
    superuser.batch_execute("ALTER SUBSCRIPTION feed ENABLE").await.unwrap();
    drop(superuser);
    failed("subscription feed writes when read only").await;
    let superuser = primary.superuser().await;
    superuser.batch_execute("ALTER SUBSCRIPTION feed DISABLE").await.unwrap();
    superuser.batch_execute("ALTER SUBSCRIPTION feed SET (slot_name = NONE)").await.unwrap();
    superuser.batch_execute("DROP SUBSCRIPTION feed").await.unwrap();
    drop(superuser);

    // With none of them it is proven: what failed above did so for the reason that was named.
    assert_eq!(fence(&url, &limits).await.state, FenceState::Proven);
    release(&url, &limits).await.unwrap();
}

#[tokio::test]
async fn a_session_that_asks_to_write_is_seen_by_what_it_writes() {
    let primary = Server::primary().await;
    let limits = limits();
    let text = primary.text(APP, DATABASE);
    let stubborn = tokio::spawn(async move {
        for id in 100.. {
            let client = connect(&text).await;
            let sql = format!("BEGIN READ WRITE; INSERT INTO orders VALUES ({id}, 'mine'); COMMIT");
            // Ended in the middle of it, now and then.
            let _ = client.batch_execute(&sql).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let report = fence(&primary.url(), &limits).await;
    assert_eq!(report.state, FenceState::Failed, "{report}");
    assert!(report.reasons.iter().any(|reason| reason.contains("rows were written since the fence")), "{report}");
    stubborn.abort();
    let _ = stubborn.await;

    // One that comes back much later is found by the count that the fence kept.
    let report = fence(&primary.url(), &limits).await;
    assert_eq!(report.state, FenceState::Proven, "{report}");
    let writes = report.writes.unwrap();
    assert_eq!(writes_since(&primary.url(), &limits, &writes).await.unwrap(), Some(0));
    let later = primary.app().await;
    later.batch_execute("BEGIN READ WRITE; INSERT INTO orders VALUES (1, 'mine'); COMMIT").await.unwrap();
    drop(later);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(writes_since(&primary.url(), &limits, &writes).await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_server_that_wrote_and_crashed_does_not_count_as_one_that_wrote_nothing() {
    let mut server = Server::primary().await;
    let limits = limits();
    // As a server that was just promoted: it has counted nothing yet.
    server.kill();
    server.start().await;
    let counted = release(&server.url(), &limits).await.unwrap().writes;
    assert_eq!(counted.rows, 0);
    order(&server.app().await, 1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(writes_since(&server.url(), &limits, &counted).await.unwrap(), Some(1));
    server.kill();
    server.start().await;
    let now = release(&server.url(), &limits).await.unwrap().writes;
    assert_eq!(now.rows, 0, "it counts from nothing again");
    assert_eq!(writes_since(&server.url(), &limits, &counted).await.unwrap(), None);
    assert_eq!(writes_since(&server.url(), &limits, &now).await.unwrap(), Some(0));
}

#[tokio::test]
async fn what_cannot_be_fenced_says_whether_it_failed_or_is_unknown() {
    let mut primary = Server::primary().await;
    let standby = primary.standby().await;
    let limits = limits();
    // Not the owner: it answers, and takes writes.
    let report = fence(&DatabaseUrl::parse(&primary.text(APP, DATABASE)).unwrap(), &limits).await;
    assert_eq!(report.state, FenceState::Failed);
    assert!(report.to_string().contains("must be owner of database orders (SQLSTATE 42501)"), "{report}");
    order(&primary.app().await, 1).await.unwrap();
    // A standby refuses writes, and is not what had to be fenced.
    let report = fence(&standby.url(), &limits).await;
    assert_eq!(report.state, FenceState::Failed);
    assert!(report.to_string().contains("is a standby (in recovery)"), "{report}");
    // Writes to the server's other databases are left behind too, so they are named.
    primary.client(SUPERUSER, "postgres").await.batch_execute("CREATE DATABASE stock").await.unwrap();
    assert_eq!(fence(&primary.url(), &limits).await.other_databases, ["stock"]);
    // Nobody there.
    primary.kill();
    let report = fence(&primary.url(), &limits).await;
    assert_eq!(report.state, FenceState::Unknown, "{report}");
    assert!(report.to_string().contains(&primary.url().to_string()), "{report}");
    // A password that is wrong tells nothing of the fence, and is not told.
    let wrong = format!("postgres://{OWNER}:s3cret@127.0.0.1:{}/nowhere", standby.port);
    let report = fence(&DatabaseUrl::parse(&wrong).unwrap(), &limits).await;
    assert_eq!(report.state, FenceState::Unknown);
    assert!(!report.to_string().contains("s3cret"), "{report}");
}
