//! Promotes a standby, and sees to it that it is one.

use super::session::Session;
use super::{DatabaseUrl, Lsn, Position, PostgresError, ServerRole, SessionOptions, position, read_position};
use crate::Began;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Between two looks at whether a promotion is through.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// A server that is in recovery still is asked again after this. One that crashed after it was asked comes back as the
/// standby that it was (`RemovePromoteSignalFiles`, src/backend/postmaster/postmaster.c); for one that is at it, being
/// asked twice is the same as once.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// What is known of the primary that the standby follows, from when it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormerPrimary {
    /// Its system identifier.
    pub system: Option<String>,
    /// Its timeline.
    pub timeline: Option<u32>,
}

/// What came of a promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// It was a primary already, on a timeline of its own: an earlier promotion did it.
    pub already: bool,
    /// The standby as it was right before; none where it was promoted already.
    pub before: Option<Position>,
    /// The new primary's timeline.
    pub timeline: u32,
    /// Where the new primary's log stands.
    pub written: Option<Lsn>,
}

/// Promotes `standby` and waits until it is out of recovery, at most `within`. It may be repeated.
///
/// # Errors
/// [`PostgresError::Forbidden`] where it is no standby of `former`; where it gave no answer, or is in recovery
/// still, what has happened is not known.
pub async fn promote(
    standby: &DatabaseUrl,
    former: &FormerPrimary,
    within: Duration,
    options: &SessionOptions,
) -> Result<Promotion, PostgresError> {
    let begin = Began::now();
    let limits = SessionOptions { statement_timeout: within, ..options.clone() };
    let session = Session::connect(standby, &limits).await?;
    let before = read_position(&session).await?;
    check(standby, former, &before)?;
    if before.role == ServerRole::Primary {
        return Ok(Promotion { already: true, timeline: before.timeline, written: before.written, before: None });
    }
    // Waiting is done here, by looking: a server that is slow to answer is not one that refused.
    let mut asked_at = Instant::now();
    let asked = ask(&session, begin).await;
    if let Err(error @ PostgresError::Refused { .. }) = asked {
        // Promoted by somebody else in between, or truly refused.
        return match position(standby, options).await {
            Ok(now) if now.role == ServerRole::Primary => Ok(promoted(before, &now)),
            _ => Err(error),
        };
    }
    loop {
        let found = position(standby, options).await;
        if let Ok(now) = &found
            && now.role == ServerRole::Primary
        {
            return Ok(promoted(before, now));
        }
        if begin.elapsed() >= within {
            // An answer would say that it was refused, and it was asked for.
            return Err(match found {
                Err(error) if !error.is_answer() => error,
                _ => PostgresError::NoAnswer { at: standby.to_string(), what: "promote".into(), limit: within },
            });
        }
        if found.is_ok() && asked_at.elapsed() >= ASK_AGAIN {
            asked_at = Instant::now();
            // What came of it is seen by the next look.
            if let Ok(session) = Session::connect(standby, options).await {
                let _ = ask(&session, begin).await;
            }
        }
        sleep(LOOK_PAUSE).await;
    }
}

async fn ask(session: &Session, begin: Began) -> Result<(), PostgresError> {
    session.still_in_time("promote", begin)?;
    // In one message, which leaves now: a prepared statement asks twice.
    session.batch("promote", "SELECT pg_promote(false)").await
}

fn promoted(before: Position, now: &Position) -> Promotion {
    Promotion { already: false, before: Some(before), timeline: now.timeline, written: now.written }
}

fn check(standby: &DatabaseUrl, former: &FormerPrimary, found: &Position) -> Result<(), PostgresError> {
    let forbidden =
        |reason: String| Err(PostgresError::Forbidden { at: standby.to_string(), what: "promote".into(), reason });
    if let Some(system) = former.system.as_ref().filter(|system| **system != found.system) {
        return forbidden(format!(
            "it is no standby of the primary: its system identifier is {}, the primary's {system}",
            found.system
        ));
    }
    if found.role == ServerRole::Primary && former.timeline == Some(found.timeline) {
        return forbidden(format!(
            "it is no standby: it is a primary on the primary's own timeline, {}",
            found.timeline
        ));
    }
    Ok(())
}
