//! What a drill's worlds begin with: made of what was observed, so that each trial has a world of its own.

mod effect;
mod error;
mod learn;
mod observed;

use crate::simulation::{Group, ManagedEstate, Servers, SizedStack, State, World};
use crate::{GroupNames, HostedZone, Observed, RecordSet, Run};
use effect::Effect;
pub use error::SceneError;
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_plan::DrPlan;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a world begins with.
#[derive(Clone)]
pub struct Scene {
    zones: Vec<HostedZone>,
    pub(super) records: Vec<RecordSet>,
    elsewhere: BTreeMap<String, Vec<String>>,
    healthy: BTreeSet<String>,
    /// The addresses of each side.
    sides: BTreeMap<Side, BTreeSet<String>>,
    pub(super) servers: Servers,
    /// The databases of each side, by URL.
    pub(super) urls: BTreeMap<Side, BTreeSet<String>>,
    pub(super) groups: BTreeMap<String, Group>,
    /// The groups of each side.
    pub(super) group_sides: BTreeMap<String, Side>,
    /// What the standby's Terraform has, by stack.
    pub(super) sizes: BTreeMap<String, SizedStack>,
    /// What RDS has.
    managed: ManagedEstate,
    /// Each side's region.
    pub(super) regions: BTreeMap<Side, String>,
    pub(super) raised: BTreeMap<String, bool>,
    read_by: BTreeMap<String, String>,
    pub(super) flags: BTreeSet<String>,
    programs: BTreeMap<String, Vec<Effect>>,
    variables: BTreeMap<String, String>,
}

/// How long instances may have been asked for before the world begins.
const SETTLED: Duration = Duration::from_secs(3_600);

impl Scene {
    /// The world as it was observed, before `run`, which was compiled from the same observation.
    ///
    /// # Errors
    /// None for a run that was compiled from the plan.
    pub fn of(plan: &DrPlan, run: &Run, observed: &Observed, names: &dyn GroupNames) -> Result<Self, SceneError> {
        let mut scene = Self {
            zones: Vec::new(),
            records: Vec::new(),
            elsewhere: BTreeMap::new(),
            healthy: BTreeSet::new(),
            sides: BTreeMap::new(),
            servers: Servers::default(),
            urls: BTreeMap::new(),
            groups: BTreeMap::new(),
            group_sides: BTreeMap::new(),
            sizes: BTreeMap::new(),
            managed: ManagedEstate::default(),
            regions: [Side::Primary, Side::Standby].map(|side| (side, plan.region(side).to_string())).into(),
            raised: BTreeMap::new(),
            read_by: BTreeMap::new(),
            flags: BTreeSet::new(),
            programs: BTreeMap::new(),
            variables: BTreeMap::new(),
        };
        for seen in observed.traffic.values() {
            scene.add_zone(seen.zone.clone());
            for set in seen.records.iter().flatten() {
                if !scene.records.contains(set) {
                    scene.records.push(set.clone());
                }
            }
        }
        scene.add_groups(plan, observed, names);
        scene.add_sizes(plan, observed);
        observed.managed.values().for_each(|managed| scene.add_managed(managed));
        scene.follow_signals(plan, run);
        scene.learn(run)?;
        scene.add_databases(run)?;
        Ok(scene)
    }

    /// A world that begins so.
    pub fn world(&self) -> World {
        let world = World::new(self.zones.clone(), self.records.clone(), Arc::new(self.variables.clone()));
        world.with(|state| {
            state.elapsed = SETTLED;
            state.elsewhere.clone_from(&self.elsewhere);
            state.healthy.clone_from(&self.healthy);
            state.servers.clone_from(&self.servers);
            state.groups.clone_from(&self.groups);
            state.sizes.clone_from(&self.sizes);
            state.managed.clone_from(&self.managed);
            state.flags.clone_from(&self.flags);
            state.read_by.clone_from(&self.read_by);
            let raised = self.raised.iter();
            state.signals = raised.map(|(url, raised)| (url.clone(), vec![(Duration::ZERO, *raised)])).collect();
        });
        let programs = self.programs.clone();
        world.set_programs(move |state, argv| {
            for effect in programs.get(&argv.join(" ")).into_iter().flatten() {
                effect.happens(state);
            }
        });
        world
    }

    /// What a world is after a run in it, with everything well again: what the way back begins with.
    #[must_use]
    pub fn after(&self, world: &World) -> Self {
        world.with(|state| Self {
            records: state.records.clone(),
            servers: state.servers.clone(),
            groups: state.groups.iter().map(|(name, group)| (name.clone(), settled(group))).collect(),
            sizes: state.sizes.clone(),
            managed: state.managed.clone(),
            raised: state.signals.keys().map(|url| (url.clone(), state.raised(url))).collect(),
            // What a run has left behind is for its own undo.
            flags: state.flags.clone(),
            ..self.clone()
        })
    }

    /// A region is gone, or it is there again.
    pub(super) fn lose(&self, state: &mut State, side: Side, lost: bool) {
        for address in self.sides.get(&side).into_iter().flatten() {
            match lost {
                true => state.healthy.remove(address),
                false => state.healthy.insert(address.clone()),
            };
        }
        for url in self.urls.get(&side).into_iter().flatten() {
            state.servers.at(url).alive = !lost;
        }
        if let Some(region) = self.regions.get(&side) {
            match lost {
                true => state.managed.dead.insert(region.clone()),
                false => state.managed.dead.remove(region),
            };
        }
    }

    /// Which databases a promoted server of each cluster is of.
    pub(super) fn writers(state: &State) -> Vec<String> {
        let servers = state.servers.0.iter().filter(|(_, server)| server.takes_writes());
        let globals = state.managed.globals.iter().map(|(id, global)| format!("{id} in {}", global.writer));
        servers.map(|(url, _)| url.clone()).chain(globals).collect()
    }

    /// Whether each database's primary, and each global database's writer, is of this side.
    pub(super) fn is_led_by(&self, state: &State, side: Side) -> bool {
        let is_here = |writer: &String| self.regions.get(&side) == Some(writer);
        let of_side = self.urls.get(&side);
        state.managed.globals.values().all(|global| is_here(&global.writer))
            && of_side.into_iter().flatten().all(|url| {
                state.servers.0.get(url).is_some_and(|server| server.role == ServerRole::Primary && !server.fenced)
            })
    }
}

fn settled(group: &Group) -> Group {
    Group { min: group.min, ..Group::of(group.desired, group.max) }
}
