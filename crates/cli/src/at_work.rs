//! Who has a plan's run, since when, and where it stands: for everybody who is kept from something by it.

use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::RunState;

/// A run that is not finished, as one sentence: `failover 01a1…, begun by ann@ops at …, in phase freeze since …`.
pub(crate) fn story(state: &RunState) -> String {
    let mut told = format!("{} {}, begun by {} at {:.0}", state.job, state.run, state.operator, state.started_at);
    if state.owned_since != state.started_at {
        told.push_str(&format!(", taken on by {} at {:.0}", state.owner, state.owned_since));
    }
    if let Some(phase) = &state.phase {
        let since = state.phases.get(phase).map_or(state.last_at, |phase| phase.started_at);
        told.push_str(&format!(", in phase {phase} since {since:.0}"));
    }
    if let Some(rollback) = &state.rollback {
        told.push_str(&format!(", being undone since {:.0} ({})", rollback.at, rollback.reason));
    }
    match &state.stopped {
        Some(stopped) => {
            let at = stopped.step.as_ref().map_or(String::new(), |step| format!(" at {step}"));
            told.push_str(&format!(", stopped{at} since {:.0}: {}", stopped.at, stopped.reason));
        }
        None => {
            told.push_str(&format!(", last heard of at {:.0}", state.last_at));
            let doubt: Vec<&str> = state.in_doubt().collect();
            if !doubt.is_empty() {
                told.push_str(&format!(", at work on {}", doubt.join(", ")));
            }
            if let Some(waits) = &state.waits {
                told.push_str(&format!(", which waits since {:.0}: {}", waits.at, waits.reason));
            }
        }
    }
    told
}

/// Somebody else has a run of the plan.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: plan {plan} has a run that is not finished: {story}")]
pub(crate) struct Active {
    /// What was wanted, as it fits after "failed to".
    pub(crate) doing: String,
    pub(crate) plan: String,
    pub(crate) run: String,
    pub(crate) story: String,
    pub(crate) stopped: bool,
    /// Whether it only undoes.
    pub(crate) undone: bool,
    /// Whether what was wanted is to become its executor.
    pub(crate) wants_it: bool,
}

impl Active {
    pub(crate) fn new(doing: impl Into<String>, state: &RunState) -> Self {
        let (plan, run) = (state.plan.clone(), state.run.clone());
        let stopped = state.stopped.is_some();
        let undone = state.rollback.is_some();
        Self { doing: doing.into(), plan, run, story: story(state), stopped, undone, wants_it: false }
    }
}

impl Active {
    /// What brings it to its end.
    fn ways(&self) -> String {
        let run = &self.run;
        let finish = format!("finish it with `pilotlight run resume PLAN {run}`");
        match self.undone {
            true => format!("{finish}, or have it go forward with `pilotlight run abort PLAN {run} --withdraw`"),
            false => format!("{finish}, or end it with `pilotlight run abort PLAN {run}`"),
        }
    }
}

impl Explain for Active {
    fn code(&self) -> Code {
        codes::J_ACTIVE
    }

    fn remedy(&self) -> Option<String> {
        let run = &self.run;
        Some(match (self.wants_it, self.stopped) {
            (true, _) => format!(
                "ask whoever has it to stop with `pilotlight run pause PLAN {run} --reason TEXT`; where that executor is \
                 known to be dead or must be replaced, repeat the command with --takeover"
            ),
            (false, true) => format!("it waits for a person: {}", self.ways()),
            (false, false) => format!(
                "wait for it; `pilotlight run show PLAN {run}` tells where it stands. Where its executor was killed, {}",
                self.ways()
            ),
        })
    }
}
