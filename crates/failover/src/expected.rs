//! How long a run is expected to take: the median of what its steps were measured to take in past runs of the plan.
//! Pure: the past comes in as events. What nobody measured has no number.

use crate::objectives::seconds;
use crate::saved_run::parse_run;
use crate::{Action, Direction, Run, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_journal::{Body, Event, Outcome, replay};
use pilotlight_plan::{Phase, format_duration};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a past run was measured to take, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Which way it went.
    pub job: Direction,
    steps: Vec<PastStep>,
}

#[derive(Debug, Clone, PartialEq)]
struct PastStep {
    id: String,
    kind: &'static str,
    took: Duration,
}

/// What a compiled run is expected to take. Durations are whole milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Past runs of the plan in the same direction.
    pub past_runs: usize,
    /// Every step, in order.
    pub steps: Vec<ExpectedStep>,
    /// The sum of what is known.
    pub in_all_ms: u64,
    /// The same up to the last check after the switch: what the recovery time is measured to.
    pub until_verified_ms: u64,
    /// How long resolvers may go on answering with what is moved.
    pub ttl_ms: u64,
    /// The plan's objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rto_ms: Option<u64>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpectedStep {
    /// Its id.
    pub step: String,
    /// Its phase.
    pub phase: String,
    /// What it waits for, where that is a person: nobody can expect a time of it.
    pub waits_for_a_person: bool,
    /// None where no past run tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// The middle one; of an even number the mean of both in the middle.
    pub median_ms: u64,
    /// How many there are.
    pub times: usize,
    /// Whether they are of this very step, or of others of its kind.
    pub of_this_step: bool,
}

impl PastRun {
    /// What a run's events, verified and in order, measured. None where this program cannot read the run.
    pub fn of(events: &[Event]) -> Option<Self> {
        let state = replay(events).ok()?;
        let run = parse_run(&state.compiled, &state.digest).ok()?;
        // How long a drill stayed says nothing of how long another run observes.
        let stays = |step: &Step| run.drill.is_some() && matches!(step.action, Action::Observe(_));
        let steps = run.steps().filter(|step| !stays(step)).filter_map(|step| {
            let took = took(step, events)?;
            Some(PastStep { id: step.id.clone(), kind: kind(&step.action), took })
        });
        Some(Self { job: run.job, steps: steps.collect() })
    }
}

impl PastRun {
    /// What this step was measured to take.
    pub(crate) fn of_step(&self, id: &str) -> Option<Duration> {
        self.steps.iter().find(|step| step.id == id).map(|step| step.took)
    }
}

/// From the event before a step was begun to its outcome, where it was done and nobody stopped or killed it in between:
/// how long people left a run alone is no measure of a step.
fn took(step: &Step, events: &[Event]) -> Option<Duration> {
    let end = events.iter().position(|event| match &event.what {
        Body::StepFinished { step: id, outcome, .. } => {
            *id == step.id && (*outcome == Outcome::Done || (*outcome == Outcome::AlreadyDone && !step.moves_traffic()))
        }
        _ => false,
    })?;
    let intended =
        events.iter().position(|event| matches!(&event.what, Body::StepIntended { step: id, .. } if *id == step.id));
    let begin = intended.unwrap_or(end).checked_sub(1)?;
    let interrupted =
        |event: &Event| matches!(event.what, Body::Stopped { .. } | Body::Resumed { .. } | Body::Takeover { .. });
    if events.get(begin + 1..end)?.iter().any(interrupted) {
        return None;
    }
    // A resume is where an executor's own time begins.
    let began = events.get(begin)?.at;
    Duration::try_from(events.get(end)?.at.duration_since(began)).ok()
}

/// Steps of one kind do the same. What a program or a check takes says nothing about another one.
fn kind(action: &Action) -> &'static str {
    match action {
        Action::GuardRecords(_) => "guard_records",
        Action::MoveRecords(_) => "move_records",
        Action::AwaitNameServers(_) => "await_name_servers",
        _ => NO_KIND,
    }
}

const NO_KIND: &str = "";

/// What `run` is expected to take, by the past runs of its plan.
pub fn expected(run: &Run, past: &[PastRun]) -> Expected {
    let past: Vec<&PastRun> = past.iter().filter(|past| past.job == run.job).collect();
    let mut of_step: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut of_kind: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for step in past.iter().flat_map(|past| &past.steps) {
        of_step.entry(&step.id).or_default().push(step.took);
        of_kind.entry(step.kind).or_default().push(step.took);
    }
    let measured = |step: &Step| {
        let kind = Some(kind(&step.action)).filter(|kind| *kind != NO_KIND);
        let own = of_step.get(step.id.as_str()).map(|took| median(took, true));
        own.or_else(|| Some(median(of_kind.get(kind?)?, false)))
    };
    let mut steps = Vec::new();
    let (mut in_all_ms, mut until_verified_ms) = (0, 0);
    for step in run.steps() {
        let waits_for_a_person = matches!(step.action, Action::Approval { .. });
        let measured = if waits_for_a_person { None } else { measured(step) };
        let took = measured.map_or(0, |measured| measured.median_ms);
        in_all_ms += took;
        until_verified_ms += if step.phase < Phase::Observe { took } else { 0 };
        steps.push(ExpectedStep { step: step.id.clone(), phase: step.phase.to_string(), waits_for_a_person, measured });
    }
    let moved = run.record_changes().flat_map(|set| &set.records).filter(|record| record.before != record.after);
    let ttl = moved.filter_map(|record| record.before.ttl).max().unwrap_or(0);
    let ttl_ms = ttl.saturating_mul(1_000);
    Expected { past_runs: past.len(), steps, in_all_ms, until_verified_ms, ttl_ms, rto_ms: run.rto_ms }
}

fn median(took: &[Duration], of_this_step: bool) -> Measured {
    let mut took: Vec<u64> = took.iter().map(|took| crate::compile::milliseconds(*took)).collect();
    took.sort_unstable();
    let middle = took.len() / 2;
    let median_ms = match took.len() % 2 {
        // Never empty: it is made with its first element.
        0 => u64::midpoint(took[middle - 1], took[middle]),
        _ => took[middle],
    };
    Measured { median_ms, times: took.len(), of_this_step }
}

impl Expected {
    /// The steps that no past run tells of, but for those that wait for a person.
    pub fn unmeasured(&self) -> impl Iterator<Item = &str> {
        let unknown = self.steps.iter().filter(|step| step.measured.is_none() && !step.waits_for_a_person);
        unknown.map(|step| step.step.as_str())
    }

    /// A warning where what was measured, with the TTL, is more than the objective. What was not measured comes on top.
    pub fn finding(&self, run: &Run) -> Option<Finding> {
        let rto = self.rto_ms.filter(|_| self.past_runs > 0)?;
        let longest = self.until_verified_ms + self.ttl_ms;
        if longest <= rto {
            return None;
        }
        let told = |ms: u64| format_duration(Duration::from_millis(ms));
        let message = format!(
            "by past runs the {} takes {} and the TTL is {}, which is more than the RTO of {}",
            run.job,
            seconds(Duration::from_millis(self.until_verified_ms)),
            told(self.ttl_ms),
            told(rto)
        );
        let slowest = self.steps.iter().max_by_key(|step| step.measured.map(|measured| measured.median_ms));
        let mut finding =
            Finding::new(codes::F_RTO_EXPECTED, Severity::Warning, Subject::Plan { name: run.plan.clone() }, message)
                .with(Evidence::fact("past runs", self.past_runs.to_string()));
        if let Some((step, measured)) = slowest.and_then(|step| Some((step, step.measured?))) {
            finding = finding.with(Evidence::fact(
                "slowest step",
                format!("{}, {}", step.step, seconds(Duration::from_millis(measured.median_ms))),
            ));
        }
        Some(finding.remedy("make the slowest steps faster or lower the TTL, then rehearse; or raise the RTO"))
    }
}
