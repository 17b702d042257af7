//! Everything that is true in a world.

use super::{Group, ManagedEstate, Servers, SizedStack, Trouble, TroubleRule};
use crate::{ApprovalAnswer, ChangeBatch, HealthCheck, HostedZone, Mode, RecordSet};
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::{Body, Event};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Something that happens once, at a moment that has a name.
pub type Hook = Box<dyn FnMut(&mut State) + Send>;

/// What is true in a world. Everything in it may be set before a run or in the middle of one.
pub struct State {
    /// Since the world began.
    pub elapsed: Duration,
    /// How far the clock on the wall is from that; it can jump.
    pub clock_ahead_ms: i64,
    /// The text of the plan that the world was made for.
    pub plan: String,
    /// Hosted zones.
    pub zones: Vec<HostedZone>,
    /// What Route 53's API has, of all zones.
    pub records: Vec<RecordSet>,
    /// The records as they were, from each moment on.
    pub history: Vec<(Duration, Vec<RecordSet>)>,
    /// Every batch that was accepted, and when.
    pub changes: Vec<(Duration, ChangeBatch)>,
    /// How far each name server is behind the API.
    pub lag: BTreeMap<String, Duration>,
    /// Name servers that give no answer.
    pub silent: BTreeSet<String>,
    /// How long a change takes to be `INSYNC`.
    pub insync_after: Duration,
    /// Addresses that serve.
    pub healthy: BTreeSet<String>,
    /// What the next batches meet.
    pub change_faults: VecDeque<Trouble>,
    /// Reads of records and of signals that fail, from now on.
    pub failing_reads: u32,
    /// Questions for the status of a change that fail, from now on.
    pub failing_statuses: u32,
    /// Whether nobody may ask for a change's status.
    pub denied_statuses: bool,
    /// What programs left behind.
    pub flags: BTreeSet<String>,
    /// Programs that were started.
    pub commands: Vec<String>,
    /// How the next starts of a program end; without one it succeeds.
    pub outcomes: BTreeMap<String, VecDeque<CommandOutcome>>,
    /// What a program that did not fail does to the world.
    pub programs: Option<Arc<Programs>>,
    /// The one that is at work though who started it is dead.
    pub program: Option<String>,
    /// What happens when a program is started, by the program, or `before the change`.
    pub hooks: BTreeMap<String, Hook>,
    /// What the next person answers who is asked; without one it is yes.
    pub answers: VecDeque<ApprovalAnswer>,
    /// Whether nobody uses the service.
    pub idle: bool,
    /// What steps waited for.
    pub waits: Vec<String>,
    /// Whether the objects that health checks read are there, by URL, from each moment on.
    pub signals: BTreeMap<String, Vec<(Duration, bool)>>,
    /// The URL of the object that a health check reads, by its id.
    pub read_by: BTreeMap<String, String>,
    /// The text that one was last written with.
    pub note: Option<String>,
    /// How long the health check takes to turn.
    pub health_delay: Duration,
    /// What the next writes of a signal meet.
    pub signal_faults: VecDeque<Trouble>,
    /// Calls of Route 53's API.
    pub control_calls: usize,
    /// Calls that may change something.
    pub effects: usize,
    /// Health checks of Route 53.
    pub health_checks: Vec<HealthCheck>,
    /// What names outside of the zones have.
    pub elsewhere: BTreeMap<String, Vec<String>>,
    /// How many questions name servers were asked: where weights leave a choice, they take turns.
    pub asked: usize,
    /// Database servers, by URL.
    pub servers: Servers,
    /// How the run treats the side that it leaves: a graceful one never leaves two writers.
    pub mode: Mode,
    /// Auto Scaling groups by name, with what was asked of them.
    pub groups: BTreeMap<String, Group>,
    /// What the standby's Terraform has, by stack.
    pub sizes: BTreeMap<String, SizedStack>,
    /// How long a check takes.
    pub check_takes: Duration,
    /// The number that a check's program prints last, by its line.
    pub printed: BTreeMap<String, u64>,
    /// The phase and the step that the run is in, as the journal says.
    pub place: Place,
    /// Events of which an executor was told that they stand in the journal.
    pub written: Vec<(String, u64)>,
    /// Is told of every event.
    pub on_event: Option<EventHook>,
    /// How many others get a turn before a call is answered: what is asked at once is answered in another order.
    pub turns: Option<Turns>,
    /// What RDS has.
    pub managed: ManagedEstate,
    /// Requests that a service has taken in, and when each is carried out.
    pub under_way: Vec<(Duration, Hook)>,
    /// What every call may meet.
    pub trouble: Option<TroubleRule>,
    /// What must never be true and was, in order.
    pub broken: Vec<String>,
    /// Is told of each at once.
    pub on_broken: Option<fn(&str)>,
}

/// Is told of an event.
pub type EventHook = Box<dyn FnMut(&mut State, &Event) + Send>;

/// How many turns others get.
pub type Turns = Box<dyn FnMut() -> u8 + Send>;

/// Where a run is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The phase; empty before the first.
    pub phase: String,
    /// The step that is done or undone; empty between two.
    pub step: String,
}

impl Place {
    /// After an event.
    fn follow(&mut self, event: &Event) {
        match &event.what {
            Body::RunStarted { .. } | Body::Resumed { .. } | Body::Takeover { .. } | Body::AbortWithdrawn { .. } => {
                self.step.clear()
            }
            Body::PhaseStarted { phase } => *self = Self { phase: phase.clone(), step: String::new() },
            Body::StepIntended { step, .. } | Body::UndoIntended { step, .. } => self.step.clone_from(step),
            Body::StepFinished { .. } | Body::UndoFinished { .. } | Body::Stopped { .. } => self.step.clear(),
            _ => {}
        }
    }
}

/// The step, else the phase, else that there is neither.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match (self.step.as_str(), self.phase.as_str()) {
            ("", "") => "at the start",
            ("", phase) => phase,
            (step, _) => step,
        })
    }
}

/// What programs do, by their arguments.
pub type Programs = dyn Fn(&mut State, &[String]) + Send + Sync;

/// How long a request is under way that is carried out late: longer than a run looks for what it asked for.
const LATE: Duration = Duration::from_secs(25);

impl State {
    /// A service has taken a request in, and carries it out in a while.
    pub(super) fn carry_out_late(&mut self, request: impl FnMut(&mut State) + Send + 'static) {
        self.under_way.push((self.elapsed + LATE, Box::new(request)));
    }

    /// Carries out what is due.
    pub(super) fn carry_out(&mut self) {
        while let Some(due) = self.under_way.iter().position(|(at, _)| *at <= self.elapsed) {
            let (at, mut request) = self.under_way.remove(due);
            // What it begins begins then, however late somebody looks.
            let now = std::mem::replace(&mut self.elapsed, at);
            request(self);
            self.elapsed = now;
        }
    }

    /// Lets the time pass until nothing is under way any more, and what RDS was asked for is done.
    pub(crate) fn carry_out_the_rest(&mut self) {
        if let Some(last) = self.under_way.iter().map(|(at, _)| *at).max() {
            self.elapsed = self.elapsed.max(last);
            self.carry_out();
        }
        self.finish_managed();
    }

    pub(super) fn new(zones: Vec<HostedZone>, records: Vec<RecordSet>) -> Self {
        Self {
            elapsed: Duration::ZERO,
            clock_ahead_ms: 0,
            plan: String::new(),
            zones,
            history: vec![(Duration::ZERO, records.clone())],
            records,
            changes: Vec::new(),
            lag: BTreeMap::new(),
            silent: BTreeSet::new(),
            insync_after: INSYNC_AFTER,
            healthy: BTreeSet::new(),
            change_faults: VecDeque::new(),
            failing_reads: 0,
            failing_statuses: 0,
            denied_statuses: false,
            flags: BTreeSet::new(),
            commands: Vec::new(),
            outcomes: BTreeMap::new(),
            programs: None,
            program: None,
            hooks: BTreeMap::new(),
            answers: VecDeque::new(),
            idle: false,
            waits: Vec::new(),
            signals: BTreeMap::new(),
            read_by: BTreeMap::new(),
            note: None,
            health_delay: HEALTH_DELAY,
            signal_faults: VecDeque::new(),
            control_calls: 0,
            effects: 0,
            health_checks: Vec::new(),
            elsewhere: BTreeMap::new(),
            asked: 0,
            servers: Servers::default(),
            mode: Mode::Graceful,
            groups: BTreeMap::new(),
            sizes: BTreeMap::new(),
            check_takes: CHECK_TAKES,
            printed: BTreeMap::new(),
            place: Place::default(),
            written: Vec::new(),
            on_event: None,
            turns: None,
            managed: ManagedEstate::default(),
            under_way: Vec::new(),
            trouble: None,
            broken: Vec::new(),
            on_broken: None,
        }
    }

    /// An event stands in the journal.
    pub(super) fn tell(&mut self, event: &Event) {
        self.place.follow(event);
        self.written.push((event.run.clone(), event.sequence));
        if let Some(mut hook) = self.on_event.take() {
            hook(self, event);
            // One that set another in its place is done.
            self.on_event.get_or_insert(hook);
        }
    }

    /// Something is true that must never be.
    pub(super) fn breaks(&mut self, what: String) {
        if let Some(tell) = self.on_broken {
            tell(&what);
        }
        self.broken.push(what);
    }
}

/// How long a change generally takes on a quiet day.
const INSYNC_AFTER: Duration = Duration::from_secs(5);
/// A health check that asks every ten seconds and believes the third answer.
const HEALTH_DELAY: Duration = Duration::from_secs(30);
/// A service that is well, one region away.
const CHECK_TAKES: Duration = Duration::from_millis(20);
