use crate::cluster::{DATABASE, OWNER, Server, limits};
use pilotlight_integrity::postgres::{
    DatabaseUrl, MeasuredFrom, PostgresError, ServerRole, SessionOptions, catch_up, end_of_writes, lag, position,
};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_standby_s_lag_is_measured_from_both_sides_and_from_itself_alone() {
    let mut primary = Server::primary().await;
    let standby = primary.standby().await;
    let limits = limits();
    let app = primary.app().await;
    app.batch_execute("INSERT INTO orders SELECT n, 'tea' FROM generate_series(1, 100) n").await.unwrap();

    let end = end_of_writes(&primary.url(), &limits).await.unwrap();
    let caught_up = catch_up(&standby.url(), end, Duration::from_secs(20), &limits, |_| {}).await.unwrap();
    assert!(caught_up.replayed >= end);
    let none = lag(Some(&primary.url()), &standby.url(), &limits).await.unwrap();
    assert_eq!((none.measured_from, none.bytes, none.time), (MeasuredFrom::BothSides, Some(0), Some(Duration::ZERO)));
    assert_eq!(none.to_string(), "nothing is missing at the standby");
    let (one, other) = (none.primary.unwrap(), none.standby);
    assert_eq!((one.role, other.role), (ServerRole::Primary, ServerRole::Standby));
    assert_eq!((&one.system, one.timeline), (&other.system, other.timeline));
    assert!(other.receiving && !other.replay_paused);

    // What is written while the replay is paused is missing, and how old the standby's newest commit is shows.
    standby.superuser().await.batch_execute("SELECT pg_wal_replay_pause()").await.unwrap();
    app.batch_execute("INSERT INTO orders SELECT n, 'rum' FROM generate_series(101, 300) n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let behind = lag(Some(&primary.url()), &standby.url(), &limits).await.unwrap();
    assert!(behind.bytes.unwrap() > 200 * 30, "{behind}");
    assert!(behind.time.unwrap() >= Duration::from_millis(300) && behind.time.unwrap() < Duration::from_secs(60));
    assert!(behind.to_string().contains("the replay is paused"), "{behind}");
    let end = end_of_writes(&primary.url(), &limits).await.unwrap();
    let mut missing = 0;
    let late = catch_up(&standby.url(), end, Duration::from_millis(300), &limits, |bytes| missing = bytes).await;
    assert!(missing > 200 * 30);
    assert!(late.unwrap_err().to_string().contains("the replay is paused"));

    // Without the primary nobody knows what it wrote: no number is made up.
    primary.kill();
    let alone = lag(Some(&primary.url()), &standby.url(), &limits).await.unwrap();
    assert_eq!((alone.measured_from, alone.bytes, alone.time), (MeasuredFrom::StandbyAlone, None, None));
    assert!(alone.unreplayed.unwrap() > 200 * 30);
    assert!(alone.standby.last_commit_at.unwrap().ends_with('Z'));
    assert!(alone.primary_error.unwrap().contains(&primary.url().to_string()));
}

#[tokio::test]
async fn what_is_no_pair_has_no_lag() {
    let primary = Server::primary().await;
    let standby = primary.standby().await;
    let stranger = Server::primary().await;
    let limits = limits();
    for (one, other, reason) in [
        (&stranger, &standby, "it is no standby of that primary: its system identifier is"),
        (&primary, &stranger, "it is no standby"),
        (&standby, &standby, "its primary is none: it is in recovery"),
    ] {
        let error = lag(Some(&one.url()), &other.url(), &limits).await.unwrap_err();
        assert!(matches!(error, PostgresError::Forbidden { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_waited_for_no_longer_than_the_limit() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("postgres://{OWNER}:s3cret@127.0.0.1:{}/{DATABASE}", silent.local_addr().unwrap().port());
    let url = DatabaseUrl::parse(&text).unwrap();
    let limits = SessionOptions { connect_timeout: Duration::from_millis(300), ..SessionOptions::default() };
    let begin = Instant::now();
    let error = position(&url, &limits).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(matches!(error, PostgresError::NoAnswer { .. }) && !error.is_answer());
    assert!(!error.to_string().contains("s3cret") && !format!("{error:?} {url:?}").contains("s3cret"));

    // A server that signs in and then does not come back with the answer.
    let server = Server::primary().await;
    let locked = server.superuser().await;
    locked.batch_execute("BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let limits = SessionOptions { statement_timeout: Duration::from_millis(300), ..limits };
    let begin = Instant::now();
    let report = pilotlight_integrity::postgres::fence(&server.url(), &limits).await;
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(report.state, pilotlight_integrity::postgres::FenceState::Unknown, "{report}");
}
