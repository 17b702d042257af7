//! RDS instances with their replicas, and global databases: what is asked for takes its time, and is there then.

use super::{Asked, Servers, Service, State, Trouble, World};
use crate::{
    ApiError, DbInstance, GlobalDatabase, GlobalMember, LagOf, ManagedDatabases, MeasuredLag, NewReplica, Replication,
};
use async_trait::async_trait;
use pilotlight_findings::{Region, Side};
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_plan::{DrPlan, ManagedService, Outputs, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

/// How long RDS takes to promote a replica, restart included.
pub const PROMOTES: Duration = Duration::from_secs(240);
/// How long it takes to make one.
pub const REPLICATES: Duration = Duration::from_secs(1_800);
/// How long Aurora takes to swap roles.
pub const SWAPS: Duration = Duration::from_secs(90);

const READ_TAKES: Duration = Duration::from_millis(80);
const ASK_TAKES: Duration = Duration::from_millis(120);

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// ARN of the instance that it follows.
    pub source: Option<String>,
    /// Its status while nothing is under way.
    pub status: String,
    /// What is under way, and until when.
    pub busy: Option<(Busy, Duration)>,
    /// Whether its replication is as it should be.
    pub replicates: bool,
    /// What CloudWatch has of its lag.
    pub lag: Option<MeasuredLag>,
    /// URL of the database server that it is.
    pub url: Option<String>,
}

/// What is under way at an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// It is made.
    Creating,
    /// It is promoted.
    Promoting,
}

/// A global database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Its clusters by region: the identifier, and how it is synchronised.
    pub members: BTreeMap<String, (String, String)>,
    /// The region that takes writes.
    pub writer: String,
    /// The region that will, and from when on.
    pub moving: Option<(String, Duration)>,
    /// What CloudWatch has of the secondary's lag.
    pub lag: Option<MeasuredLag>,
}

/// What RDS has in both regions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagedEstate {
    /// Instances by region and identifier.
    pub instances: BTreeMap<(String, String), Instance>,
    /// Global databases by identifier.
    pub globals: BTreeMap<String, Global>,
    /// Regions whose API gives no answer.
    pub dead: BTreeSet<String>,
    /// What was accepted, in order: `PromoteReadReplica orders-replica`.
    pub accepted: Vec<String>,
    /// What the next requests that change something meet.
    pub faults: VecDeque<Trouble>,
    /// For how long the describe calls show nothing of what was asked for: RDS answers a moment before they do.
    pub unnoticed: Duration,
}

impl Instance {
    /// One that serves, and follows nobody.
    pub fn alone() -> Self {
        Self { source: None, status: "available".into(), busy: None, replicates: true, lag: None, url: None }
    }

    /// A read replica of this ARN, a few seconds behind.
    pub fn of(source: &str) -> Self {
        let lag = MeasuredLag { lag: Some(Duration::from_secs(2)), age: Duration::from_secs(60) };
        Self { source: Some(source.to_owned()), lag: Some(lag), ..Self::alone() }
    }

    fn status(&self) -> &str {
        match self.busy {
            Some((Busy::Creating, _)) => "creating",
            Some((Busy::Promoting, _)) => "modifying",
            None => &self.status,
        }
    }

    /// What a describe call says of it.
    fn described_status(&self, now: Duration, unnoticed: Duration) -> &str {
        match self.busy {
            Some((Busy::Promoting, until)) if now + PROMOTES < until + unnoticed => &self.status,
            _ => self.status(),
        }
    }
}

impl Global {
    /// The change of its writer that a describe call tells of.
    fn described_move(&self, now: Duration, unnoticed: Duration) -> Option<&str> {
        let seen = self.moving.as_ref().filter(|(_, until)| now + SWAPS >= *until + unnoticed);
        seen.map(|(region, _)| region.as_str())
    }
}

/// The ARN of an instance of these worlds' one account.
pub fn instance_arn(region: &str, id: &str) -> String {
    format!("arn:aws:rds:{region}:123456789012:db:{id}")
}

/// The ARN of a cluster.
pub fn cluster_arn(region: &str, id: &str) -> String {
    format!("arn:aws:rds:{region}:123456789012:cluster:{id}")
}

impl ManagedEstate {
    /// Adds an instance.
    pub fn add(&mut self, region: &str, id: &str, instance: Instance) {
        self.instances.insert((region.to_owned(), id.to_owned()), instance);
    }

    /// The instance of a region; those who name one that is not there have it made.
    pub fn at(&mut self, region: &str, id: &str) -> &mut Instance {
        self.instances.entry((region.to_owned(), id.to_owned())).or_insert_with(Instance::alone)
    }

    /// The instance of a region; none where there is none.
    pub fn find(&mut self, region: &Region, id: &str) -> Option<&mut Instance> {
        self.instances.get_mut(&(region.to_string(), id.to_owned()))
    }

    /// The URL of each instance that has one, by its ARN.
    fn urls(&self) -> BTreeMap<String, String> {
        let urls = self
            .instances
            .iter()
            .filter_map(|((region, id), instance)| Some((instance_arn(region, id), instance.url.clone()?)));
        urls.collect()
    }

    /// Adds a global database with a cluster in each region, the first of which takes writes.
    pub fn add_global(&mut self, id: &str, regions: [&str; 2]) {
        let member = |region: &str| (region.to_owned(), (format!("{id}-{region}"), "connected".to_owned()));
        let lag = MeasuredLag { lag: Some(Duration::from_millis(700)), age: Duration::from_secs(60) };
        let global =
            Global { members: regions.map(member).into(), writer: regions[0].to_owned(), moving: None, lag: Some(lag) };
        self.globals.insert(id.to_owned(), global);
    }
}

impl ManagedEstate {
    /// Adds what a plan names, as it is on a quiet day: primaries, their replicas, global databases. What no output tells
    /// is left out.
    pub fn add_of_plan(&mut self, plan: &DrPlan, outputs: &dyn Outputs) {
        for database in &plan.managed {
            let text = |value: &Value, side| value.resolve_text(side, outputs).ok();
            let (primary, standby) = (plan.primary.as_str(), plan.standby.as_str());
            match &database.service {
                ManagedService::AuroraGlobal { global_cluster } => {
                    if let Some(id) = text(global_cluster, Side::Primary) {
                        self.add_global(&id, [primary, standby]);
                    }
                }
                ManagedService::Rds(pair) => {
                    let ids = text(&pair.primary, Side::Primary).zip(text(&pair.standby, Side::Standby));
                    let Some((source, replica)) = ids else { continue };
                    let url = |side| pair.sql.as_ref().and_then(|sql| text(sql.url(side), side));
                    self.add(primary, &source, Instance { url: url(Side::Primary), ..Instance::alone() });
                    let of = instance_arn(primary, &source);
                    self.add(standby, &replica, Instance { url: url(Side::Standby), ..Instance::of(&of) });
                }
            }
        }
    }
}

impl State {
    /// Lets the time pass until everything that was asked for is done.
    pub(super) fn finish_managed(&mut self) {
        let instances = self.managed.instances.values().filter_map(|instance| Some(instance.busy?.1));
        let globals = self.managed.globals.values().filter_map(|global| Some(global.moving.as_ref()?.1));
        if let Some(last) = instances.chain(globals).max() {
            self.elapsed = self.elapsed.max(last);
            self.settle_managed();
        }
    }

    /// What was under way and is done by now.
    fn settle_managed(&mut self) {
        let now = self.elapsed;
        let done = |busy: &(Busy, Duration)| busy.1 <= now;
        let urls: BTreeMap<String, String> = self.managed.urls();
        for instance in self.managed.instances.values_mut() {
            let source = instance.source.as_ref().and_then(|source| urls.get(source));
            // What is copied from a server that is down is not made.
            let waits = |busy: Busy, servers: &mut Servers| {
                busy == Busy::Creating && source.is_some_and(|source| !servers.at(source).alive)
            };
            let ended = instance.busy.take_if(|busy| done(busy) && !waits(busy.0, &mut self.servers));
            match (ended, &instance.url, source) {
                (Some((Busy::Promoting, _)), url, _) => {
                    if let Some(server) = url.as_ref().map(|url| self.servers.at(url)) {
                        server.role = ServerRole::Primary;
                        server.timeline += 1;
                    }
                    instance.source = None;
                }
                (Some((Busy::Creating, _)), Some(url), Some(source)) => self.servers.resync(url, source),
                _ => {}
            }
        }
        for global in self.managed.globals.values_mut() {
            if let Some((region, _)) = global.moving.take_if(|moving| moving.1 <= now) {
                global.writer = region;
            }
        }
    }
}

fn refused(words: impl Into<String>) -> ApiError {
    ApiError::Refused(words.into())
}

impl World {
    async fn ask_rds<T>(
        &self,
        asked: Asked<'_>,
        region: &Region,
        answer: impl FnOnce(&mut State) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let trouble = self.meet(asked, READ_TAKES).await;
        self.with(|state| {
            state.settle_managed();
            if state.managed.dead.contains(region.as_str()) {
                return Err(no_answer());
            }
            match trouble {
                None => answer(state),
                Some(trouble) => Err(error_of(asked, trouble)),
            }
        })
    }

    /// A request that changes something, which may be carried out when nobody waits for it any more.
    async fn change_rds(
        &self,
        asked: Asked<'_>,
        region: &Region,
        change: impl Fn(&mut State) -> Result<(), ApiError> + Send + 'static,
    ) -> Result<(), ApiError> {
        let trouble = self.meet(asked, ASK_TAKES).await;
        self.with(|state| {
            state.settle_managed();
            if state.managed.dead.contains(region.as_str()) {
                return Err(no_answer());
            }
            let Some(trouble) = trouble.or_else(|| state.managed.faults.pop_front()) else { return change(state) };
            if trouble.takes_effect() {
                change(state)?;
            }
            if trouble == Trouble::Late {
                state.carry_out_late(move |state| {
                    state.settle_managed();
                    // What is refused then, nobody hears.
                    let _ = change(state);
                });
            }
            Err(error_of(asked, trouble))
        })
    }
}

fn no_answer() -> ApiError {
    ApiError::Unknown("the connection timed out".into())
}

fn error_of(asked: Asked<'_>, trouble: Trouble) -> ApiError {
    match trouble {
        Trouble::Deny => ApiError::Denied(format!("rds:{}", asked.operation)),
        trouble => ApiError::Unknown(trouble.cause().into()),
    }
}

#[async_trait]
impl ManagedDatabases for World {
    async fn instance(&self, region: &Region, identifier: &str) -> Result<Option<DbInstance>, ApiError> {
        let asked = Asked::read(Service::Rds, "DescribeDBInstances", identifier);
        self.ask_rds(asked, region, |state| {
            let found = state.managed.instances.get(&(region.to_string(), identifier.to_owned()));
            Ok(found.map(|one| DbInstance {
                identifier: identifier.to_owned(),
                arn: instance_arn(region.as_str(), identifier),
                status: one.described_status(state.elapsed, state.managed.unnoticed).to_owned(),
                source: one.source.clone(),
                replication: one.source.as_ref().map(|_| Replication {
                    normal: one.replicates,
                    words: if one.replicates { "replicating" } else { "error: it stopped" }.into(),
                }),
            }))
        })
        .await
    }

    async fn global_database(&self, region: &Region, identifier: &str) -> Result<Option<GlobalDatabase>, ApiError> {
        let asked = Asked::read(Service::Rds, "DescribeGlobalClusters", identifier);
        self.ask_rds(asked, region, |state| {
            Ok(state.managed.globals.get(identifier).map(|global| {
                let moving_to = global.described_move(state.elapsed, state.managed.unnoticed);
                GlobalDatabase {
                    identifier: identifier.to_owned(),
                    arn: format!("arn:aws:rds::123456789012:global-cluster:{identifier}"),
                    status: if moving_to.is_some() { "switching-over" } else { "available" }.into(),
                    members: global
                        .members
                        .iter()
                        .map(|(region, (id, synchronization))| GlobalMember {
                            arn: cluster_arn(region, id),
                            writer: *region == global.writer,
                            synchronization: (*region != global.writer).then(|| synchronization.clone()),
                        })
                        .collect(),
                    moving_to: moving_to.map(|region| cluster_arn(region, &global.members[region].0)),
                }
            }))
        })
        .await
    }

    async fn lag(&self, region: &Region, of: LagOf, identifier: &str) -> Result<Option<MeasuredLag>, ApiError> {
        let asked = Asked::read(Service::Rds, "GetMetricStatistics", identifier);
        self.ask_rds(asked, region, |state| {
            Ok(match of {
                LagOf::Instance => {
                    state.managed.instances.get(&(region.to_string(), identifier.to_owned())).and_then(|one| one.lag)
                }
                LagOf::GlobalMember => {
                    let of_it =
                        |global: &&Global| global.members.get(region.as_str()).is_some_and(|(id, _)| id == identifier);
                    state.managed.globals.values().find(of_it).and_then(|global| global.lag)
                }
            })
        })
        .await
    }

    async fn create_replica(&self, region: &Region, replica: &NewReplica) -> Result<(), ApiError> {
        let asked = Asked::write(Service::Rds, "CreateDBInstanceReadReplica", &replica.identifier);
        let (at, replica) = (region.clone(), replica.clone());
        self.change_rds(asked, region, move |state| {
            let key = (at.to_string(), replica.identifier.clone());
            let estate = &mut state.managed;
            if !estate.instances.contains_key(&(at.to_string(), replica.like.clone())) {
                return Err(refused(format!("there is no DB instance {} to make it like", replica.like)));
            }
            if estate.instances.contains_key(&key) {
                return Ok(());
            }
            estate.accepted.push(format!("CreateDBInstanceReadReplica {}", replica.identifier));
            let busy = Some((Busy::Creating, state.elapsed + REPLICATES));
            // It answers where the one did that it is made like: the plan has one URL for both.
            let url = estate.find(&at, &replica.like).and_then(|like| like.url.take());
            estate.instances.insert(key, Instance { busy, url, ..Instance::of(&replica.source) });
            Ok(())
        })
        .await
    }

    async fn promote_replica(&self, region: &Region, identifier: &str) -> Result<(), ApiError> {
        let asked = Asked::write(Service::Rds, "PromoteReadReplica", identifier);
        let (at, identifier) = (region.to_string(), identifier.to_owned());
        self.change_rds(asked, region, move |state| {
            let until = state.elapsed + PROMOTES;
            let instance = state.managed.instances.get_mut(&(at.clone(), identifier.clone()));
            let instance = instance.ok_or_else(|| refused("DBInstanceNotFound"))?;
            if instance.source.is_none() || instance.status() != "available" {
                return Err(refused("InvalidDBInstanceState: it is no read replica that is available"));
            }
            instance.busy = Some((Busy::Promoting, until));
            state.managed.accepted.push(format!("PromoteReadReplica {identifier}"));
            Ok(())
        })
        .await
    }

    async fn switch_over(&self, region: &Region, global: &str, target_arn: &str) -> Result<(), ApiError> {
        let asked = Asked::write(Service::Rds, "SwitchoverGlobalCluster", global);
        let (at, global, target) = (region.clone(), global.to_owned(), target_arn.to_owned());
        self.change_rds(asked, region, move |state| {
            let writer = state.managed.globals.get(&global).map(|one| one.writer.clone());
            if writer.as_deref() != Some(at.as_str()) {
                return Err(refused(format!("InvalidGlobalClusterStateFault: {at} has no writer of {global}")));
            }
            swap(state, "SwitchoverGlobalCluster", &global, &target, true)
        })
        .await
    }

    async fn fail_over(&self, region: &Region, global: &str, target_arn: &str) -> Result<(), ApiError> {
        let asked = Asked::write(Service::Rds, "FailoverGlobalCluster", global);
        let (global, target) = (global.to_owned(), target_arn.to_owned());
        self.change_rds(asked, region, move |state| swap(state, "FailoverGlobalCluster", &global, &target, false)).await
    }
}

/// Begins to make another cluster the writer. Without loss both have to be there.
fn swap(state: &mut State, operation: &str, global: &str, target: &str, lossless: bool) -> Result<(), ApiError> {
    let (until, estate) = (state.elapsed + SWAPS, &mut state.managed);
    let one = estate.globals.get_mut(global).ok_or_else(|| refused("GlobalClusterNotFoundFault"))?;
    let wanted = one.members.iter().find(|(region, (id, _))| cluster_arn(region, id) == target);
    let (region, synchronization) = wanted
        .map(|(region, (_, synchronization))| (region.clone(), synchronization.clone()))
        .ok_or_else(|| refused("DBClusterNotFoundFault"))?;
    if one.moving.is_some() || one.writer == region {
        return Err(refused("InvalidGlobalClusterStateFault: it is not in a state for it"));
    }
    if lossless && (synchronization != "connected" || estate.dead.contains(&region)) {
        return Err(refused(format!("InvalidDBClusterStateFault: {target} is not connected")));
    }
    if !lossless && let Some(left) = one.members.get_mut(&one.writer) {
        // It is added anew once its region answers.
        left.1 = "pending-resync".into();
    }
    one.moving = Some((region, until));
    estate.accepted.push(format!("{operation} {target}"));
    Ok(())
}

impl fmt::Display for ManagedEstate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instances = self.instances.iter().map(|((_, id), one)| match &one.source {
            Some(source) => format!("{id} {} follows {}", one.status(), crate::managed::name_of(source)),
            None => format!("{id} {}", one.status()),
        });
        let globals = self.globals.iter().map(|(id, one)| match &one.moving {
            Some((region, _)) => format!("{id} moves to {region}"),
            None => format!("{id} writes in {}", one.writer),
        });
        f.write_str(&instances.chain(globals).collect::<Vec<_>>().join(", "))
    }
}
