//! verify: asks every name server of the delegation directly, and Route 53 whether the change is INSYNC. A private
//! zone has no delegation: there Route 53's API is all that can be asked.

use super::expected::Expected;
use super::look::{Look, explain, look};
use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::record_values::sorted;
use crate::{Action, ChangeStatus, DnsError, RecordChanges, ServerAnswer, Step};
use futures::future::{join, join_all};
use jiff::Timestamp;
use pilotlight_journal::{Outcome, StepStatus};
use serde_json::json;
use std::time::Duration;

pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    changes: &RecordChanges,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let change_id = accepted_change(engine, changes);
    let waited = wait_for_answers(engine, step, changes, change_id.as_deref(), step.timeout()).await?;
    // At the first look, or after a pause; by the journal, as an executor that waited may have been killed.
    let began = engine.journal.state().steps.get(&step.id).map(|state| state.started_at);
    Ok(match waited {
        Ok(Answered { at, confirmed }) => {
            let waited_for = began.is_none_or(|began| at.duration_since(began).unsigned_abs() >= pause(step));
            let wanted: Vec<String> = Expected::of(changes).iter().map(Expected::to_string).collect();
            let (servers, wanted) = (&changes.zone.name_servers, wanted.join("; "));
            let detail = match changes.zone.private {
                false => format!("all {} name servers answer with {wanted}{confirmed}", servers.len()),
                true => format!(
                    "private zone {} has {wanted}, as Route 53's API says; no name server was asked, as none can \
                     be{}{confirmed}",
                    changes.zone.name,
                    if change_id.is_none() && was_moved(engine, changes) { UNKNOWN_CHANGE } else { "" }
                ),
            };
            let observed = json!({ "name_servers": servers, "waited_for": waited_for, "answered_at": at.to_string() });
            Ending::new(Outcome::Done, observed, detail).into()
        }
        Err(NotYet::Stop(reason)) => Performed::Waits(reason),
        Err(NotYet::Late(cause)) => Ending::failed(cause).into(),
    })
}

/// Every name server answers as wanted.
pub(crate) struct Answered {
    /// When the last of them was seen to, from when on none was seen to do otherwise. Where Route 53's API is slow or down,
    /// that is earlier than what it says of the change.
    pub(crate) at: Timestamp,
    pub(crate) confirmed: Confirmed,
}

/// What Route 53's API said of a change that every name server answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// `INSYNC`; or the change's id is not known, so that there was nothing to ask.
    Yes,
    /// It gave no answer until the deadline: the name servers' word alone.
    No(String),
}

/// As the end of a sentence about the name servers' answers.
impl std::fmt::Display for Confirmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yes => Ok(()),
            Self::No(cause) => write!(f, "; Route 53's API did not confirm the change: {cause}"),
        }
    }
}

/// How long an API that gives no answer is asked while every name server answers as wanted: as long as Route 53
/// says that a change generally takes to reach all of them.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
const UNCONFIRMED_PATIENCE: Duration = Duration::from_secs(60);

/// Why not every name server answers as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotYet {
    /// A person asked to stop, for this reason.
    Stop(String),
    Late(String),
}

impl std::fmt::Display for NotYet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stop(_) => "nobody waited for the name servers",
            Self::Late(cause) => cause,
        })
    }
}

/// Said where nothing but `INSYNC` could tell that a change arrived, and nobody can ask for it.
const UNKNOWN_CHANGE: &str =
    "; whether the change is INSYNC is not known, as the executor that made it did not live to write its id down";

/// Whether this run moved the records, and did not find them moved.
fn was_moved(engine: &Engine, changes: &RecordChanges) -> bool {
    moving_step(engine, changes).is_some_and(|step| engine.journal.state().status(&step.id) == StepStatus::Done)
}

fn moving_step<'a>(engine: &'a Engine, changes: &RecordChanges) -> Option<&'a Step> {
    engine.run.steps().find(|step| matches!(&step.action, Action::MoveRecords(moved) if moved == changes))
}

/// The change that moved the records, where its executor lived to write it down.
fn accepted_change(engine: &Engine, changes: &RecordChanges) -> Option<String> {
    let step = moving_step(engine, changes)?;
    let state = engine.journal.state().steps.get(&step.id)?;
    state.observed.get("change_id")?.as_str().map(str::to_owned)
}

/// Waits until every name server answers with the records' `after`, and the change is INSYNC where its id
/// is known. An API that gives no answer has not said INSYNC and is asked again for a while; then the name
/// servers' answers stand alone: the API may be down, and users are answered by them.
pub(crate) async fn wait_for_answers(
    engine: &mut Engine,
    step: &Step,
    changes: &RecordChanges,
    change_id: Option<&str>,
    patience: Duration,
) -> Result<Result<Answered, NotYet>, EngineError> {
    let deadline = engine.ports.clock.elapsed() + patience;
    let doubt = deadline.min(engine.ports.clock.elapsed() + UNCONFIRMED_PATIENCE);
    let mut insync = change_id.is_none();
    let mut expected = Expected::of(changes);
    let mut answered = None;
    loop {
        let status = async {
            match change_id.filter(|_| !insync) {
                Some(id) => Some(engine.ports.dns.change_status(id).await),
                None => None,
            }
        };
        let answers = async {
            let missing = match changes.zone.private {
                false => missing_answer(engine, changes, &mut expected).await,
                true => missing_in_api(engine, changes).await,
            };
            (missing, engine.ports.clock.now())
        };
        // Both at once: an API that is slow must not hold up the look at what customers are answered.
        let (status, (missing, seen_at)) = join(status, answers).await;
        let (mut unanswered, mut hopeless, mut pending) = (None, false, false);
        match status {
            None => {}
            Some(Ok(status)) => {
                insync = status == ChangeStatus::Insync;
                pending = !insync;
            }
            Some(Err(error)) => {
                // One that refuses to say will go on refusing: there is nothing to wait for.
                hopeless = matches!(error, DnsError::Denied(_) | DnsError::NotFound(_));
                unanswered = Some(explain(&error));
            }
        }
        // A change that is not everywhere is not everywhere, whatever the asked ones of its servers answer.
        answered = if missing.is_some() || pending { None } else { answered.or(Some(seen_at)) };
        let at = answered.unwrap_or(seen_at);
        let late = engine.ports.clock.elapsed() >= deadline;
        let cause = match (missing, unanswered) {
            (None, _) if insync => return Ok(Ok(Answered { at, confirmed: Confirmed::Yes })),
            (None, Some(cause)) if hopeless || engine.ports.clock.elapsed() >= doubt => {
                return Ok(Ok(Answered { at, confirmed: Confirmed::No(cause) }));
            }
            (None, Some(cause)) => format!("whether the change is INSYNC is not known: {cause}"),
            (None, None) => "the change is not INSYNC".to_owned(),
            (Some(cause), _) => cause,
        };
        engine.waits(step, &cause).await?;
        if late {
            return Ok(Err(NotYet::Late(cause)));
        }
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Err(NotYet::Stop(reason)));
        }
        engine.ports.clock.sleep(pause(step)).await;
    }
}

/// Between two rounds of questions, also where the step's own pause is for something else.
fn pause(step: &Step) -> Duration {
    Duration::from_millis(step.retry.pause_ms).min(Duration::from_secs(1))
}

/// The first name server, in the delegation's order, that does not answer as wanted.
async fn missing_answer(engine: &Engine, changes: &RecordChanges, expected: &mut [Expected]) -> Option<String> {
    if changes.zone.name_servers.is_empty() {
        return Some(format!("zone {} has no name servers to ask", changes.zone.name));
    }
    for one in &mut *expected {
        if let Err(cause) = one.refresh(engine, &changes.zone).await {
            return Some(cause);
        }
    }
    let questions = changes.zone.name_servers.iter().flat_map(|server| {
        expected.iter().map(move |one| async move {
            let answer = engine.ports.name_servers.ask(server, &one.name, &one.record_type).await;
            wrong(server, one, answer)
        })
    });
    join_all(questions).await.into_iter().flatten().next()
}

fn wrong(server: &str, expected: &Expected, answer: Result<ServerAnswer, String>) -> Option<String> {
    match answer {
        Err(cause) => Some(format!("{server} gives no answer: {cause}")),
        Ok(answer) => (!expected.is(&answer)).then(|| {
            let found = sorted(&expected.record_type, &answer.values);
            let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
            format!("{server} answers {} with {found}", expected.name)
        }),
    }
}

/// Why Route 53's API does not say that a private zone has the records.
async fn missing_in_api(engine: &Engine, changes: &RecordChanges) -> Option<String> {
    match look(&*engine.ports.dns, changes, &[]).await {
        Look::After => None,
        Look::Before(_) => Some(format!("zone {} has the records of before", changes.zone.name)),
        Look::Other(others) => Some(others.detail),
        Look::Unknown(cause) => Some(format!("zone {} could not be read: {cause}", changes.zone.name)),
    }
}
