//! What a drill's worlds begin with: made of what was observed, so that each trial has a world of its own.

use crate::ObservedManaged;
use crate::managed::{name_of, region_of};
use crate::observe::query_name;
use crate::record_changes::is_live;
use crate::simulation::{
    Global, Group, Instance, ManagedEstate, Servers, SizedResource, SizedStack, State, World, host_of, instance_arn,
};
use crate::text::Secrets;
use crate::{
    Action, CheckStep, CompileError, DatabaseStep, DatabaseTask, Direction, GroupNames, HostedZone, MissingVariable,
    ObserveError, Observed, Probe, RecordChanges, RecordSet, Run, Text,
};
use pilotlight_findings::{Code, Explain, Side, Span, codes};
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_plan::{DrPlan, Method};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Why a plan cannot be put into a world.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The way back cannot be compiled from the world as the way there left it.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It cannot be observed there.
    #[error(transparent)]
    Observe(#[from] Box<ObserveError>),
    /// A variable that a step names.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// The system gives no timer.
    #[error("begin a trial")]
    Timer(#[from] std::io::Error),
}

impl Explain for SceneError {
    fn code(&self) -> Code {
        match self {
            Self::Compile(error) => error.code(),
            Self::Observe(error) => error.code(),
            Self::Variable(error) => error.code(),
            Self::Timer(_) => codes::F_DRILL,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::Compile(error) => error.span(),
            Self::Observe(error) => error.span(),
            Self::Variable(_) | Self::Timer(_) => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Compile(error) => error.remedy(),
            Self::Observe(error) => error.remedy(),
            Self::Variable(error) => error.remedy(),
            Self::Timer(_) => Some("try again".into()),
        }
    }
}

/// What a program of the plan does to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Effect {
    Leaves(String),
    TakesBack(String),
    Resynchronises { lost: String, kept: String },
}

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
        for (index, (scale, seen)) in plan.scale.iter().zip(&observed.groups).enumerate() {
            for side in [Side::Primary, Side::Standby] {
                let group = seen.iter().find(|seen| seen.side == side).map(|seen| &seen.group);
                let name = group.map(|group| group.name.clone()).or_else(|| names.group_name(scale, side));
                // Nobody looked at the group of the other side: it has what the plan asks for.
                let group = match group {
                    Some(group) => Group { min: group.min, ..Group::of(group.desired, group.max) },
                    None => Group::of(scale.desired, scale.desired),
                };
                let name = name.unwrap_or_else(|| format!("group {index} of the {side}"));
                scene.group_sides.insert(name.clone(), side);
                scene.groups.insert(name, group);
            }
        }
        scene.add_sizes(plan, observed);
        observed.managed.values().for_each(|managed| scene.add_managed(managed));
        scene.follow_signals(plan, run);
        scene.learn(run)?;
        scene.add_databases(run)?;
        Ok(scene)
    }

    /// What Terraform resizes, as it was seen: that is what its HCL says.
    fn add_sizes(&mut self, plan: &DrPlan, observed: &Observed) {
        for (resize, seen) in plan.resize.iter().zip(&observed.sizes) {
            let Ok(seen) = seen else { continue };
            let stack = self.sizes.entry(resize.stack.clone()).or_default();
            stack.stands_for.insert(resize.address.clone(), seen.address.clone());
            stack.resources.insert(seen.address.clone(), SizedResource::of(seen.now.clone()));
        }
    }

    /// A database that AWS replicates, as it was seen: who follows whom, and who takes writes.
    fn add_managed(&mut self, managed: &ObservedManaged) {
        match managed {
            ObservedManaged::Rds(pair) => {
                let both = [(Side::Primary, &pair.primary), (Side::Standby, &pair.standby)];
                for (side, seen) in both.iter().filter_map(|(side, seen)| Some((*side, seen.as_ref()?))) {
                    let leads = pair.of(side.other()).filter(|other| seen.follows(other));
                    let instance = match leads {
                        Some(other) => Instance::of(&instance_arn(&self.regions[&side.other()], &other.identifier)),
                        None => Instance::alone(),
                    };
                    self.managed.add(&self.regions[&side].clone(), &seen.identifier, instance);
                }
            }
            ObservedManaged::Global(seen) => {
                let member = |arn: &str, synchronization: Option<&String>| {
                    let words = synchronization.map_or("connected", String::as_str);
                    Some((region_of(arn)?.to_owned(), (name_of(arn).to_owned(), words.to_owned())))
                };
                let members = seen.members.iter();
                let members = members.filter_map(|one| member(&one.arn, one.synchronization.as_ref())).collect();
                let writer = seen.writer().and_then(|writer| region_of(&writer.arn)).unwrap_or_default().to_owned();
                let lag = Instance::of("").lag;
                self.managed.globals.insert(seen.identifier.clone(), Global { members, writer, moving: None, lag });
            }
        }
    }

    fn add_zone(&mut self, zone: HostedZone) {
        let same = |known: &HostedZone| known.name == zone.name && known.private == zone.private;
        match self.zones.iter_mut().find(|known| same(known)) {
            // A set that follows a signal knows no id.
            Some(known) if known.id.is_empty() => known.id = zone.id,
            Some(known) if zone.id.is_empty() || known.id == zone.id => {}
            _ => self.zones.push(zone),
        }
    }

    /// Records that follow a signal are failover records, one a side.
    fn follow_signals(&mut self, plan: &DrPlan, run: &Run) {
        for step in run.steps() {
            let Action::GuardSignal(signal) = &step.action else { continue };
            let check = format!("the health check of {}", signal.changes.traffic);
            self.read_by.insert(check.clone(), signal.url.clone());
            self.raised.insert(signal.url.clone(), !signal.raised);
            let followed = plan
                .traffic
                .iter()
                .any(|set| set.name == signal.changes.traffic && matches!(set.method, Method::Signal(_)));
            if !followed {
                continue;
            }
            for change in &signal.changes.records {
                let (primary, standby) = match run.job {
                    Direction::Failover => (&change.before, &change.after),
                    Direction::Failback => (&change.after, &change.before),
                };
                let role = |set: &RecordSet, role: &str, side: Side| {
                    let mut set = RecordSet {
                        failover: Some(role.to_owned()),
                        set_identifier: Some(side.to_string()),
                        health_check_id: (side == Side::Primary).then(|| check.clone()),
                        ..set.clone()
                    };
                    if set.values.is_empty() && set.alias.is_none() {
                        set.values = vec![format!("{} at the {side}", set.name)];
                    }
                    set
                };
                self.records.push(role(primary, "PRIMARY", Side::Primary));
                self.records.push(role(standby, "SECONDARY", Side::Standby));
            }
        }
    }

    /// Everything that a run names exists and serves.
    ///
    /// # Errors
    /// None for a compiled run: every variable that it names is made here.
    pub fn learn(&mut self, run: &Run) -> Result<(), SceneError> {
        for name in run.variables() {
            self.variables.entry(name.to_owned()).or_insert_with(|| format!("${name}"));
        }
        for changes in run.record_changes() {
            self.learn_answers(run, changes);
        }
        let variables = self.variables.clone();
        let mut secrets = Secrets::new(&variables);
        let mut line = |argv: &[Text]| Ok::<_, MissingVariable>(secrets.reveal_all(argv)?.join(" "));
        for step in run.steps() {
            match &step.action {
                Action::Command(command) => {
                    let effects = self.programs.entry(line(&command.run)?).or_default();
                    add(effects, Effect::Leaves(command.name.clone()));
                    if let Some(undo) = &command.undo {
                        let effects = self.programs.entry(line(undo)?).or_default();
                        add(effects, Effect::TakesBack(command.name.clone()));
                    }
                }
                Action::Database(DatabaseStep { task: DatabaseTask::Resync(argv), old: Some(old), new, .. }) => {
                    let (lost, kept) = (line(std::slice::from_ref(new))?, line(std::slice::from_ref(old))?);
                    let effects = self.programs.entry(line(argv)?).or_default();
                    add(effects, Effect::Resynchronises { lost, kept });
                }
                _ => {}
            }
        }
        let checks = run.steps().flat_map(|step| match &step.action {
            Action::Check(check) => std::slice::from_ref(check),
            Action::Hold(hold) => hold.checks.as_slice(),
            _ => &[],
        });
        for check in checks {
            self.learn_check(check, &mut Secrets::new(&variables))?;
        }
        Ok(())
    }

    /// Where records lead is there, and serves.
    fn learn_answers(&mut self, run: &Run, changes: &RecordChanges) {
        for change in &changes.records {
            let sides = [(&change.before, run.from.side), (&change.after, run.to.side)];
            for (set, side) in sides.into_iter().filter(|(set, _)| is_live(set)) {
                // A set that answers before and after is of the side that its own words name, or of none.
                let of_one = !(is_live(&change.before) && is_live(&change.after)) || change.before != change.after;
                for address in self.leads_to(&changes.zone, set) {
                    self.healthy.insert(address.clone());
                    if of_one {
                        self.sides.entry(side).or_default().insert(address);
                    }
                }
            }
        }
    }

    fn leads_to(&mut self, zone: &HostedZone, set: &RecordSet) -> Vec<String> {
        match (&set.alias, set.record_type.as_str()) {
            (Some(alias), _) => {
                let found = self.place(&alias.dns_name);
                let known = self.records.iter().any(|known| query_name(&known.name) == query_name(&alias.dns_name));
                if alias.hosted_zone_id == zone.id && !known {
                    self.records.push(RecordSet {
                        alias: None,
                        values: found.clone(),
                        name: query_name(&alias.dns_name),
                        ..set.clone()
                    });
                }
                found
            }
            (None, "CNAME") => set.values.iter().flat_map(|name| self.place(name)).collect(),
            (None, _) => set.values.clone(),
        }
    }

    /// The address of a name that is nobody's record here.
    fn place(&mut self, name: &str) -> Vec<String> {
        let address = || vec![format!("the address of {name}")];
        self.elsewhere.entry(name.to_owned()).or_insert_with(address).clone()
    }

    fn learn_check(&mut self, check: &CheckStep, secrets: &mut Secrets<'_>) -> Result<(), SceneError> {
        match &check.probe {
            Probe::Http { url, .. } => {
                let url = secrets.reveal(url)?;
                self.learn_host(host_of(&url));
            }
            Probe::Tcp { address } => {
                let address = secrets.reveal(address)?;
                self.learn_host(address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host));
            }
            Probe::Dns { name, expect, .. } => {
                let name = secrets.reveal(name)?;
                let expect = secrets.reveal_all(expect)?;
                let known = self.records.iter().any(|set| query_name(&set.name) == query_name(&name));
                if !known && !expect.is_empty() {
                    self.elsewhere.insert(name, expect);
                }
            }
            Probe::Command { .. } => {}
        }
        Ok(())
    }

    /// A host that no record of the plan is about leads to what serves.
    fn learn_host(&mut self, host: &str) {
        let known = self.records.iter().any(|set| query_name(&set.name) == query_name(host));
        if !known {
            let in_a_zone = self.zones.iter().any(|zone| host.ends_with(&zone.name));
            let addresses = if in_a_zone { self.place(host) } else { vec![host.to_owned()] };
            let addresses = self.elsewhere.get(host).cloned().unwrap_or(addresses);
            self.healthy.extend(addresses);
        }
    }

    /// One pair of servers a database, the primary where traffic is.
    fn add_databases(&mut self, run: &Run) -> Result<(), SceneError> {
        let variables = self.variables.clone();
        let mut secrets = Secrets::new(&variables);
        for step in run.steps() {
            let Action::Database(database) = &step.action else { continue };
            let new = secrets.reveal(&database.new)?;
            if self.servers.0.contains_key(&new) {
                continue;
            }
            // The steps of one database do not all name the old server.
            let named = run.steps().find_map(|step| match &step.action {
                Action::Database(other) if other.name == database.name => other.old.as_ref(),
                _ => None,
            });
            let old = match named {
                Some(old) => secrets.reveal(old)?,
                None => format!("{} of the {}", database.name, run.from.side),
            };
            self.servers.add_pair(&old, &new, &database.name);
            self.urls.entry(run.from.side).or_default().insert(old.clone());
            self.urls.entry(run.to.side).or_default().insert(new);
            if run.job == Direction::Failback {
                // It was promoted by the failover, and the other was left behind.
                self.servers.at(&old).timeline += 1;
            }
        }
        Ok(())
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
        let writers = state.servers.0.iter().filter(|(_, server)| server.takes_writes());
        writers.map(|(url, _)| url.clone()).collect()
    }

    /// Whether each database's primary is of this side.
    pub(super) fn is_led_by(&self, state: &State, side: Side) -> bool {
        let of_side = self.urls.get(&side);
        of_side.into_iter().flatten().all(|url| {
            state.servers.0.get(url).is_some_and(|server| server.role == ServerRole::Primary && !server.fenced)
        })
    }
}

fn settled(group: &Group) -> Group {
    Group { min: group.min, ..Group::of(group.desired, group.max) }
}

fn add(effects: &mut Vec<Effect>, effect: Effect) {
    if !effects.contains(&effect) {
        effects.push(effect);
    }
}

impl Effect {
    fn happens(&self, state: &mut State) {
        match self {
            Self::Leaves(flag) => {
                state.flags.insert(flag.clone());
            }
            Self::TakesBack(flag) => {
                state.flags.remove(flag);
            }
            Self::Resynchronises { lost, kept } => state.servers.resync(lost, kept),
        }
    }
}
