//! One thing that goes wrong, and where.

use super::scene::Scene;
use crate::simulation::{Asked, Place, Service, State, Trouble, World};
use pilotlight_findings::Side;
use pilotlight_journal::{Body, Fault, MemoryStore, Operation};
use std::collections::BTreeSet;
use std::time::Duration;

/// A call that a run makes, by where it is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CallKey {
    place: Place,
    service: Service,
    operation: &'static str,
    subject: String,
    reads: bool,
}

impl CallKey {
    pub(super) fn of(asked: &Asked<'_>, state: &State) -> Self {
        Self {
            place: state.place.clone(),
            service: asked.service,
            operation: asked.operation,
            subject: asked.subject.to_owned(),
            reads: asked.reads,
        }
    }

    fn is(&self, asked: &Asked<'_>, state: &State) -> bool {
        self.service == asked.service
            && self.operation == asked.operation
            && self.subject == asked.subject
            && self.place == state.place
    }

    /// What such a call can meet.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let writes = !self.reads;
        let mut troubles = vec![Trouble::LoseRequest];
        if writes {
            troubles.push(Trouble::LoseAnswer);
        }
        if matches!(self.service, Service::Route53 | Service::S3 | Service::AutoScaling | Service::Rds) {
            troubles.extend([Trouble::Throttle, Trouble::Broken]);
        }
        if writes
            && matches!(
                self.service,
                Service::Route53 | Service::S3 | Service::AutoScaling | Service::Rds | Service::Terraform
            )
        {
            troubles.push(Trouble::Late);
        }
        if self.reads && matches!(self.service, Service::Route53 | Service::AutoScaling) {
            troubles.push(Trouble::Stale);
        }
        if matches!(self.service, Service::Program | Service::Terraform) {
            troubles.push(Trouble::Broken);
        }
        troubles
    }
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disturbance {
    Nothing,
    /// The executor dies at this entry of the journal.
    Kill {
        append: usize,
        written: bool,
    },
    /// The journal refuses this entry.
    Refused {
        append: usize,
    },
    /// The first such call meets this.
    Call {
        call: CallKey,
        trouble: Trouble,
    },
    /// A check is red until it is repaired.
    Red {
        step: String,
    },
    /// A name server is behind, or says nothing.
    Late {
        server: String,
        by: Option<Duration>,
    },
    /// The database servers of a side die.
    Dead {
        url: String,
        side: Side,
        phase: String,
    },
    /// A region is gone.
    Gone {
        side: Side,
        phase: String,
    },
    /// A group never gets what is asked for.
    Unhealthy {
        group: String,
    },
    /// The clock on the wall jumps.
    Jump {
        phase: String,
        hours: i64,
    },
    /// Another operator begins a run, or takes this one.
    Second {
        phase: String,
        takeover: bool,
    },
}

impl Disturbance {
    /// What goes wrong, for a person.
    pub(super) fn fault(&self) -> String {
        match self {
            Self::Nothing => "nothing".into(),
            Self::Kill { written: false, .. } => "killed before a journal entry".into(),
            Self::Kill { written: true, .. } => "killed after a journal entry".into(),
            Self::Refused { .. } => "journal refuses an entry".into(),
            Self::Call { call, trouble } => {
                let what = match trouble {
                    Trouble::LoseRequest if call.reads => "no answer",
                    Trouble::LoseRequest if call.service == Service::Program => "not started",
                    Trouble::LoseRequest => "timed out before its effect",
                    Trouble::LoseAnswer => "timed out after its effect",
                    Trouble::Late => "timed out, and carried out later",
                    Trouble::Throttle => "throttled",
                    Trouble::Broken if matches!(call.service, Service::Program | Service::Terraform) => "fails",
                    Trouble::Broken => "answers 503",
                    Trouble::Deny => "denied",
                    Trouble::Stale => "stale read",
                };
                format!("{what}: {} {}", call.service.as_str(), call.operation)
            }
            Self::Red { .. } => "check red".into(),
            Self::Late { by: Some(by), .. } => format!("name server {} s behind", by.as_secs()),
            Self::Late { by: None, .. } => "name server silent".into(),
            Self::Dead { side, .. } => format!("database of the {side} dies"),
            Self::Gone { side, .. } => format!("{side} region gone"),
            Self::Unhealthy { .. } => "group never healthy".into(),
            Self::Jump { hours, .. } if *hours < 0 => "clock jumps back an hour".into(),
            Self::Jump { .. } => "clock jumps ahead an hour".into(),
            Self::Second { takeover: false, .. } => "second operator begins a run".into(),
            Self::Second { takeover: true, .. } => "second operator takes the run over".into(),
        }
    }

    /// Where, for a person.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Kill { append, .. } | Self::Refused { append } => format!("entry {append}"),
            Self::Call { call, .. } => match call.service {
                Service::Program | Service::Probe => call.place.to_string(),
                _ => format!("{}, {}", call.place, call.subject),
            },
            Self::Red { step } => step.clone(),
            Self::Late { server, .. } => server.clone(),
            Self::Dead { url, phase, .. } => format!("{phase}, {}", url.rsplit('@').next().unwrap_or_default()),
            Self::Gone { phase, .. } | Self::Jump { phase, .. } | Self::Second { phase, .. } => phase.clone(),
            Self::Unhealthy { group } => group.clone(),
        }
    }

    /// Makes it happen when its time comes.
    pub(super) fn arm(&self, scene: &Scene, world: &World, store: &MemoryStore) {
        match self.clone() {
            Self::Nothing | Self::Second { .. } => {}
            Self::Kill { append, written } => kill_at(world, store, append, written),
            Self::Refused { append } => {
                let mut number = 0;
                store.set_fault(move |operation, _| {
                    let create = operation == Operation::Create;
                    number += usize::from(create);
                    (create && number == append + 1).then_some(Fault::Deny)
                });
            }
            Self::Call { call, trouble } => {
                let mut met = false;
                let rule = move |asked: &Asked<'_>, state: &State| {
                    let now = !met && call.is(asked, state);
                    met |= now;
                    now.then_some(trouble)
                };
                world.with(|state| state.trouble = Some(Box::new(rule)));
            }
            Self::Red { step } => {
                let rule = move |asked: &Asked<'_>, state: &State| {
                    (asked.service == Service::Probe && state.place.step == step).then_some(Trouble::Broken)
                };
                world.with(|state| state.trouble = Some(Box::new(rule)));
            }
            Self::Late { server, by } => world.with(|state| match by {
                Some(by) => {
                    state.lag.insert(server, by);
                }
                None => {
                    state.silent.insert(server);
                }
            }),
            Self::Dead { url, phase, .. } => at_phase(world, phase, move |state| state.servers.at(&url).alive = false),
            Self::Gone { side, phase } => {
                let scene = scene.clone();
                at_phase(world, phase, move |state| scene.lose(state, side, true));
            }
            Self::Unhealthy { group } => world.with(|state| {
                if let Some(group) = state.groups.get_mut(&group) {
                    group.at_most_healthy = Some(group.desired);
                }
            }),
            Self::Jump { phase, hours } => at_phase(world, phase, move |state| state.clock_ahead_ms += hours * HOUR_MS),
        }
    }
}

const HOUR_MS: i64 = 3_600_000;

/// The executor dies at the store's creation with this number; the journal has it then, or has not.
pub(super) fn kill_at(world: &World, store: &MemoryStore, append: usize, written: bool) {
    let (world, mut number) = (world.clone(), 0);
    store.set_fault(move |operation, _| {
        if operation != Operation::Create {
            return None;
        }
        let dead_already = world.is_dead();
        let now = number == append;
        number += 1;
        if now {
            world.kill();
        }
        (dead_already || (now && !written)).then_some(Fault::Deny)
    });
}

fn at_phase(world: &World, phase: String, mut happens: impl FnMut(&mut State) + Send + 'static) {
    let mut over = false;
    world.with(|state| {
        state.on_event = Some(Box::new(move |state, event| {
            let now = matches!(&event.what, Body::PhaseStarted { phase: begun } if *begun == phase);
            if now && !over {
                over = true;
                happens(state);
            }
        }));
    });
}

/// Everything is well again, as far as people can make it so.
pub(super) fn repair(scene: &Scene, world: &World, store: &MemoryStore) {
    store.clear_fault();
    world.with(|state| {
        state.trouble = None;
        state.silent = BTreeSet::new();
        state.lag.clear();
        for side in [Side::Primary, Side::Standby] {
            scene.lose(state, side, false);
        }
        for group in state.groups.values_mut() {
            group.at_most_healthy = None;
        }
    });
}
