//! Recovery time: how long the service was away. A run sees what it does itself; what customers see is told by the
//! databases, of which each knows its last write from the old side and its first one from the new.

use super::Story;
use super::databases::{reached, state, text};
use super::measure::{arrived_at, between, held_up_until, served_at};
use crate::steps::is_promotion;
use crate::{Action, DatabaseTask, ManagedTask, Mode, Moment, RecoveryTime, Step};
use jiff::{Timestamp, ToSpan};
use pilotlight_journal::{Body, StepState, StepStatus};
use pilotlight_plan::Phase;

/// A service that wrote so shortly before a run looked was alive then: one that takes an order every few seconds has
/// gaps of that length by itself.
const WROTE_LATELY_SECONDS: i64 = 10;

/// What a fence says of a server that gave no answer at first.
pub(crate) const SILENT: &str = "silent";

/// The recovery time as far as the journal tells it.
pub(crate) fn recovery_time(story: &Story<'_>) -> RecoveryTime {
    let mut told = RecoveryTime {
        objective_ms: story.run.rto_ms,
        measured_ms: None,
        at_most: false,
        since: None,
        until: None,
        traffic_ms: None,
    };
    let Some(served) = served_at(story) else { return told };
    told.traffic_ms = Some(between(story.state.started_at, served));
    if unseen_writers(story).next().is_some() {
        return told;
    }
    let (since, until) = (service_ended(story, served), service_back(story, served));
    told.measured_ms = Some(between(since.at, until.at));
    told.at_most = since.is_bound || until.is_bound;
    told.since = Some(Moment { at: since.at.to_string(), what: since.what });
    told.until = Some(Moment { at: until.at.to_string(), what: until.what });
    told
}

/// Databases of which a person left out what makes the new server take writes, or what looks that it does, and nobody was
/// seen to write there; with the step.
pub(super) fn unseen_writers<'s>(story: &'s Story<'_>) -> impl Iterator<Item = (&'s str, &'s Step)> {
    story.run.steps().filter_map(|step| {
        let Action::Database(database) = &step.action else { return None };
        let makes_sure = matches!(database.task, DatabaseTask::Promote | DatabaseTask::Release | DatabaseTask::Verify);
        let left_out = story.state.status(&step.id) == StepStatus::Skipped;
        let written = state(story, &database.name, &DatabaseTask::FirstWrite)
            .filter(|first| reached(first))
            .is_some_and(|first| ["first_write_at", "seen_at"].iter().any(|at| text(&first.observed, at).is_some()));
        (makes_sure && left_out && !written).then_some((database.name.as_str(), step))
    })
}

/// A moment of the service, as somebody saw it.
struct Seen {
    at: Timestamp,
    what: String,
    /// Whether the service may have lived until later, or again from earlier on.
    is_bound: bool,
}

impl Seen {
    fn exactly(at: Timestamp, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), is_bound: false }
    }

    fn at_most(at: Timestamp, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), is_bound: true }
    }
}

/// The databases that this run promoted and reached by SQL: by SQL itself, or by RDS's API.
fn promoted<'s>(story: &'s Story<'_>) -> impl Iterator<Item = &'s str> {
    // Not what was promoted before this run: the moments of that are in another journal.
    promotion_is(story, StepStatus::Done)
}

/// The databases that the run reached by SQL and whose promotion ended so.
fn promotion_is<'s>(story: &'s Story<'_>, status: StepStatus) -> impl Iterator<Item = &'s str> {
    story.run.steps().filter_map(move |step| {
        let name = match &step.action {
            Action::Database(step) if step.task == DatabaseTask::Promote => &step.name,
            Action::Managed(step) if step.task == ManagedTask::Promote && step.sql => &step.name,
            _ => return None,
        };
        let is = story.state.steps.get(&step.id).is_some_and(|promotion| promotion.status == status);
        is.then_some(name.as_str())
    })
}

/// Since when nobody's write was taken.
fn service_ended(story: &Story<'_>, served: Timestamp) -> Seen {
    let ends: Vec<Seen> = promoted(story).filter_map(|name| ended(story, name)).collect();
    let first = |ends: Vec<Seen>| ends.into_iter().min_by_key(|end| end.at);
    // The service lives as long as one of its databases is written to; a fence of ours ends it with the first.
    let last = |ends: Vec<Seen>| ends.into_iter().max_by_key(|end| end.at);
    let end = if story.run.mode == Mode::Graceful { first(ends) } else { last(ends) };
    let run_began = |what: &str| Seen::exactly(story.state.started_at, what);
    end.unwrap_or_else(|| match story.run.mode {
        Mode::Graceful => first_touched(story, served).unwrap_or_else(|| run_began("the run's first event")),
        Mode::Ungraceful => run_began("the run's first event; since when the service was away before is not known"),
    })
}

/// The first thing that the run began to do to a service that was well, whatever came of it: people may have been asked
/// for long before it. The service may have lived on, as the old side does where records alone are moved.
fn first_touched(story: &Story<'_>, served: Timestamp) -> Option<Seen> {
    let touches = |step: &Step| matches!(step.action, Action::Command(_)) || step.moves_traffic() || is_promotion(step);
    // What is done to make sure that a run can begin leaves the service as it is.
    let phases = story.run.phases.iter().filter(|phase| phase.phase != Phase::Preflight);
    let touching: Vec<&str> =
        phases.flat_map(|phase| &phase.steps).filter(|step| touches(step)).map(|step| &*step.id).collect();
    story.events.iter().filter(|event| event.at <= served).find_map(|event| match &event.what {
        Body::StepIntended { step, .. } if touching.contains(&step.as_str()) => {
            Some(Seen::at_most(event.at, format!("the beginning of {step}")))
        }
        _ => None,
    })
}

fn ended(story: &Story<'_>, name: &str) -> Option<Seen> {
    let side = story.run.from.side;
    let fence = state(story, name, &DatabaseTask::Fence);
    let touched = |fence: &&StepState| fence.observed.get("touched") == Some(&true.into());
    let answered = |fence: &StepState| fence.observed.get(SILENT) != Some(&true.into());
    let fenced =
        fence.filter(touched).map(|fence| match text(&fence.observed, "fenced_at").and_then(|at| at.parse().ok()) {
            Some(at) if answered(fence) => Seen::exactly(at, format!("the fence of database {name} of the {side}")),
            // An executor that was killed may have fenced it, and did not live to say when. And a server that gave the run
            // no answer at first gave customers none either.
            _ => {
                Seen::at_most(fence.started_at, format!("the beginning of the fence of database {name} of the {side}"))
            }
        });
    if story.run.mode == Mode::Graceful {
        return fenced;
    }
    let what = format!("the last commit that database {name} has from the {side}");
    let time = |state: &StepState, field: &str| text(&state.observed, field)?.parse::<Timestamp>().ok();
    // What the run itself committed at an old server that answers is no sign of life of the service's.
    let looked = state(story, name, &DatabaseTask::Look).filter(|state| reached(state));
    let before = looked.and_then(|looked| Some((time(looked, "last_commit_at")?, looked.finished_at?)));
    match (fenced, before) {
        (Some(fenced), Some((commit, looked))) => {
            let lately = commit.saturating_add(WROTE_LATELY_SECONDS.seconds()).is_ok_and(|until| until >= looked);
            // A standby that was cut off before has not the last of it.
            Some(if lately { fenced } else { Seen::at_most(commit, what) })
        }
        (Some(fenced), None) => Some(fenced),
        (None, before) => {
            let released = state(story, name, &DatabaseTask::Release).filter(|state| reached(state));
            let last = released.and_then(|released| time(released, "last_replayed_at"));
            let measured = state(story, name, &DatabaseTask::Measure).and_then(|state| time(state, "last_commit_at"));
            last.or(measured).or(before.map(|(commit, _)| commit)).map(|at| Seen::at_most(at, what))
        }
    }
}

/// Since when writes were taken again. `served` is when everything that the run looks at was as wanted.
fn service_back(story: &Story<'_>, served: Timestamp) -> Seen {
    let first = |name: &str| {
        let state = state(story, name, &DatabaseTask::FirstWrite).filter(|state| reached(state))?;
        let time = |field: &str| text(&state.observed, field)?.parse::<Timestamp>().ok();
        let side = story.run.to.side;
        match time("first_write_at") {
            Some(at) => Some(Seen::exactly(at, format!("the first write at database {name} of the {side}"))),
            None => Some(Seen::at_most(
                time("seen_at")?,
                format!("the first sight of a write at database {name} of the {side}"),
            )),
        }
    };
    // Where one was promoted before the run, its own region may have written there while customers were elsewhere.
    let before = promotion_is(story, StepStatus::AlreadyDone).filter_map(first).filter(|write| write.at > served);
    let writes = promoted(story).filter_map(first).chain(before).max_by_key(|write| write.at);
    let everything = "every name server answered with the new values and every check was green";
    let back = match writes {
        None => return Seen::exactly(served, everything),
        Some(write) => match held_up_until(story) {
            Some(held) if held > write.at => Seen::exactly(held, everything),
            _ => write,
        },
    };
    all_of_the_share(story).filter(|share| share.at > back.at).unwrap_or(back)
}

/// What resolvers keep of an alias, which has no TTL of its own: that of a load balancer's name.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias.html>
const ALIAS_TTL_SECONDS: u64 = 60;

/// When nobody was led to the side that is left any more, of traffic that moved by weights: until then a share of the
/// customers met a fenced database, whoever wrote at the other.
fn all_of_the_share(story: &Story<'_>) -> Option<Seen> {
    let weighted = story.run.record_changes().filter(|changes| story.run.moves_of(&changes.traffic).nth(1).is_some());
    let ends = weighted.filter_map(|changes| {
        let ttl = changes.records.iter().filter_map(|record| record.after.ttl).max().unwrap_or(ALIAS_TTL_SECONDS);
        arrived_at(story, changes)?.checked_add(i64::try_from(ttl).ok()?.seconds()).ok()
    });
    let what = "every name server answered with all of the traffic, and the TTL of the answer before had passed";
    ends.max().map(|at| Seen::at_most(at, what))
}
