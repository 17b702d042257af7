use crate::cluster::{APP, DATABASE, Server, connect, limits};
use pilotlight_integrity::postgres::{
    DatabaseUrl, FenceState, FormerPrimary, PostgresError, ServerRole, SessionOptions, end_former_sessions, fence,
    fence_stands, position, promote, release, takes_writes,
};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(30);

#[tokio::test]
async fn only_a_standby_of_that_primary_is_promoted_and_only_once() {
    let mut primary = Server::primary().await;
    let standby = primary.standby().await;
    let stranger = Server::primary().await;
    let limits = limits();
    let seen = position(&primary.url(), &limits).await.unwrap();
    let former = FormerPrimary { system: Some(seen.system), timeline: Some(seen.timeline) };

    for (server, reason) in [
        (&stranger, "it is no standby of the primary: its system identifier is"),
        (&primary, "it is a primary on the primary's own timeline, 1"),
    ] {
        let error = promote(&server.url(), &former, WITHIN, &limits).await.unwrap_err();
        assert!(matches!(error, PostgresError::Forbidden { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }

    // The owner may not; nothing is changed then.
    let error = promote(&standby.url(), &former, WITHIN, &limits).await.unwrap_err();
    assert_eq!(error.state(), Some("42501"), "{error}");
    let still = position(&standby.url(), &limits).await.unwrap();
    assert_eq!((still.role, still.may_fence, still.may_promote), (ServerRole::Standby, true, false));
    let app = position(&DatabaseUrl::parse(&standby.text(APP, DATABASE)).unwrap(), &limits).await.unwrap();
    assert!(!app.may_fence && !app.may_promote);
    let superuser = primary.superuser().await;
    let grant = "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO shop";
    superuser.batch_execute(grant).await.unwrap();
    superuser.batch_execute("INSERT INTO orders VALUES (1, 'tea')").await.unwrap();
    while standby.app().await.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    primary.kill();
    assert!(position(&standby.url(), &limits).await.unwrap().may_promote);

    let promotion = promote(&standby.url(), &former, WITHIN, &limits).await.unwrap();
    assert_eq!((promotion.already, promotion.timeline), (false, 2));
    let before = promotion.before.unwrap();
    assert_eq!(before.role, ServerRole::Standby);
    assert!(promotion.written.unwrap() >= before.replayed.unwrap());
    takes_writes(&standby.url(), &limits).await.unwrap();
    // The role's rights do not matter for whether the server takes writes.
    takes_writes(&DatabaseUrl::parse(&standby.text(APP, DATABASE)).unwrap(), &limits).await.unwrap();
    let again = promote(&standby.url(), &former, WITHIN, &limits).await.unwrap();
    assert_eq!((again.already, again.timeline), (true, 2));
}

/// Who stood still for too long may have been replaced, by somebody who counts on it.
#[tokio::test]
async fn what_would_be_asked_for_too_late_is_not_asked_for() {
    let primary = Server::primary().await;
    let standby = primary.standby().await;
    let superuser = DatabaseUrl::parse(&standby.text("postgres", DATABASE)).unwrap();
    let late = SessionOptions { asks_within: Duration::ZERO, ..limits() };
    let within = Duration::from_secs(1);
    let error = promote(&superuser, &FormerPrimary::default(), within, &late).await.unwrap_err();
    assert!(!error.is_answer(), "{error}");
    assert_eq!(position(&standby.url(), &limits()).await.unwrap().role, ServerRole::Standby);

    let report = fence(&primary.url(), &late).await;
    assert_eq!(report.state, FenceState::Unknown, "{report}");
    assert!(!fence_stands(&primary.url(), &limits()).await.unwrap());
    assert_eq!(fence(&primary.url(), &limits()).await.state, FenceState::Proven);
    assert!(release(&primary.url(), &late).await.is_err());
    assert!(fence_stands(&primary.url(), &limits()).await.unwrap());
}

/// A process that was killed, or stands still, has left a session, and what the network holds for it.
#[tokio::test]
async fn sessions_of_an_executor_before_this_one_are_ended_and_nobody_elses() {
    let primary = Server::primary().await;
    let standby = primary.standby().await;
    let named = |role: &str, name: &str| format!("{}?application_name={name}", standby.text(role, DATABASE));
    let before = connect(&named("shop", "pilotlight")).await;
    let application = connect(&named("shop", "orders")).await;
    let other = connect(&named("postgres", "pilotlight")).await;
    let role: String = before.query_one("SELECT current_user::text", &[]).await.unwrap().get(0);
    assert_eq!(role, "shop", "as the plan's URL has it");
    assert_eq!(end_former_sessions(&standby.url(), &limits()).await.unwrap(), 0);
    let refused = before.simple_query("SELECT pg_promote(false)").await.unwrap_err();
    assert!(before.is_closed() || refused.code().is_some_and(|code| code.code() == "57P01"), "{refused:?}");
    for client in [application, other] {
        client.simple_query("SELECT 1").await.unwrap();
    }
    assert_eq!(position(&standby.url(), &limits()).await.unwrap().role, ServerRole::Standby);
}

#[tokio::test]
async fn a_server_whose_commits_wait_for_a_standby_that_is_gone_takes_no_writes() {
    let server = Server::primary().await;
    let mut limits = limits();
    limits.statement_timeout = Duration::from_millis(500);
    takes_writes(&server.url(), &limits).await.unwrap();
    let admin = server.superuser().await;
    admin.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'").await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(takes_writes(&server.url(), &limits).await.is_err());
}
