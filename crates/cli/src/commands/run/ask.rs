//! Leaves a request with a run, and waits until its executor has answered.

use super::{Chosen, Context};
use crate::at_work::story;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use crate::progress::Wait;
use jiff::Timestamp;
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::{
    Body, Finished, JournalStores, REQUEST_VERSION, Request, RunLog, RunState, Stopped, Wish, has_event, leave_request,
    read_run,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two looks at the journal: one read, and all of the run only where there is something new.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What became of a request.
pub(super) enum Answer {
    /// The run stopped: for this request or for another reason.
    Stopped(Stopped),
    /// The yes stands in the journal.
    Approved,
    /// The run ended first.
    Finished(Finished),
}

/// Asks the executor of a run for something, and waits for at most `patience`.
pub(super) async fn ask(
    chosen: &Chosen,
    log: &RunLog,
    what: Wish,
    reason: &str,
    patience: Duration,
    context: Context<'_>,
) -> Result<Answer, Failure> {
    let first = &*chosen.stores.first;
    // The copies do not decide, and one in a dead region is not waited for.
    let alone = JournalStores { first: Arc::clone(&chosen.stores.first), copies: Vec::new() };
    let seen = log.events.len() as u64 - 1;
    let request = Request {
        version: REQUEST_VERSION,
        run: chosen.run.clone(),
        by: operator(),
        at: Timestamp::now(),
        seen,
        reason: reason.to_owned(),
        what,
    };
    leave_request(first, &request).await?;
    let wait = Wait::new(context.screen, format!("waiting for the executor of {}", log.state.owner));
    context.screen.note(format!("asked for: {}", story(&log.state)));
    let until = Instant::now() + patience;
    let mut state = log.state.clone();
    let mut known = seen;
    loop {
        if has_event(first, &chosen.run, known + 1).await.unwrap_or(false) {
            // One that cannot be read in this moment is read in the next.
            if let Ok(log) = read_run(&alone, &chosen.run).await {
                known = log.events.len() as u64 - 1;
                wait.say(story(&log.state));
                if let Some(answer) = answer_in(&log, &request)? {
                    return Ok(answer);
                }
                state = log.state;
            }
        }
        if Instant::now() >= until {
            let unanswered = NoAnswer::new(chosen, &request, &state, known - seen, patience);
            return Err(Failure::from(unanswered).exit(Exit::Incomplete));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// What the events after the request say of it.
fn answer_in(log: &RunLog, request: &Request) -> Result<Option<Answer>, Failure> {
    for event in log.events.iter().filter(|event| event.sequence > request.seen) {
        match (&event.what, &request.what) {
            (Body::Approved { step, .. }, Wish::Approve { step: asked }) if step == asked => {
                return Ok(Some(Answer::Approved));
            }
            (Body::Stopped { step, reason }, _) => {
                let (step, reason) = (step.clone(), reason.clone());
                return Ok(Some(Answer::Stopped(Stopped { at: event.at, step, reason })));
            }
            (Body::RunFinished { outcome, detail }, _) => {
                let (outcome, detail) = (*outcome, detail.clone());
                return Ok(Some(Answer::Finished(Finished { at: event.at, outcome, detail })));
            }
            (Body::Resumed { by, .. } | Body::Takeover { by, .. }, _) => {
                return Err(Failure::coded(
                    codes::J_NO_ANSWER,
                    format!(
                        "ask run {}: {by} has taken it on meanwhile, and the request was to the one before",
                        request.run
                    ),
                    "say it again: the request goes to whoever has the run now",
                ));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Nobody answered in time.
#[derive(Debug, thiserror::Error)]
#[error("{asked}: no answer within {patience}. {story}. {signs}")]
struct NoAnswer {
    asked: String,
    patience: String,
    story: String,
    signs: String,
    run: String,
    again: String,
}

impl NoAnswer {
    fn new(chosen: &Chosen, request: &Request, state: &RunState, since: u64, patience: Duration) -> Self {
        let run = request.run.clone();
        let (asked, again) = match &request.what {
            Wish::Pause => (format!("pause run {run}"), format!("pilotlight run resume PLAN {run} --takeover")),
            Wish::Approve { step } => (
                format!("have {step} of run {run} approved"),
                format!("pilotlight run approve PLAN {run} --step {step} --reason TEXT --takeover"),
            ),
        };
        let signs = match since {
            0 => "Since the request its executor has written nothing: it is at a long step, or dead".to_owned(),
            1 => "Since the request its executor has written one event: it was alive then".to_owned(),
            many => format!("Since the request its executor has written {many} events: it was alive then"),
        };
        let here = match chosen.executor_here() {
            Some(who) => format!("; on this machine {who} is at work"),
            None => "; on this machine no executor is at work".to_owned(),
        };
        let patience = pilotlight_plan::format_duration(patience);
        Self { asked, patience, story: format!("It is {}", story(state)), signs: signs + &here, run, again }
    }
}

impl Explain for NoAnswer {
    fn code(&self) -> Code {
        codes::J_NO_ANSWER
    }

    fn remedy(&self) -> Option<String> {
        Some(format!(
            "the request stands: an executor that is alive heeds it at its next step, which `pilotlight run show PLAN {}` \
             tells. Where it is known to be dead, take the run: {}",
            self.run, self.again
        ))
    }
}
