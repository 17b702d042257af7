//! Two regions, a zone, its name servers, programs and a clock, in memory. Time passes only where somebody
//! waits or asks, so every run of a test is the same run.

use crate::servers::Servers;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pilotlight_failover::*;
use pilotlight_integrity::{CheckKind, CheckResult, CheckSpec, CheckStatus, CommandOutcome, CommandRun, Prober};
use pilotlight_journal::Event;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// What the next submission of a batch meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeFault {
    /// It never arrives, and nobody knows.
    LoseRequest,
    /// It takes effect, and nobody knows.
    LoseAnswer,
    /// It is throttled: nothing changes.
    Throttle,
    /// The caller may not.
    Deny,
}

type Hook = Box<dyn FnMut(&mut State) + Send>;

pub(crate) struct State {
    pub(crate) elapsed: Duration,
    /// The plan that is compiled for this world.
    pub(crate) plan: String,
    pub(crate) zones: Vec<HostedZone>,
    pub(crate) records: Vec<RecordSet>,
    /// The zone as it was, from each moment on.
    pub(crate) history: Vec<(Duration, Vec<RecordSet>)>,
    pub(crate) changes: Vec<(Duration, ChangeBatch)>,
    /// How far each name server is behind the API.
    pub(crate) lag: BTreeMap<String, Duration>,
    pub(crate) insync_after: Duration,
    /// Addresses that serve.
    pub(crate) healthy: BTreeSet<String>,
    pub(crate) change_faults: VecDeque<ChangeFault>,
    /// Reads of records that fail, from now on.
    pub(crate) failing_reads: u32,
    /// Questions for the status of a change that fail, from now on.
    pub(crate) failing_statuses: u32,
    /// Whether nobody may ask for a change\'s status.
    pub(crate) denied_statuses: bool,
    /// What programs left behind.
    pub(crate) flags: BTreeSet<String>,
    pub(crate) commands: Vec<String>,
    pub(crate) outcomes: BTreeMap<String, VecDeque<CommandOutcome>>,
    pub(crate) hooks: BTreeMap<String, Hook>,
    pub(crate) answers: VecDeque<ApprovalAnswer>,
    pub(crate) waits: Vec<String>,
    /// Whether the object that a health check reads is there, from each moment on.
    pub(crate) signal: Vec<(Duration, bool)>,
    /// How long the health check takes to turn.
    pub(crate) health_delay: Duration,
    pub(crate) signal_faults: VecDeque<ChangeFault>,
    /// Calls of Route 53's API.
    pub(crate) control_calls: usize,
    pub(crate) health_checks: Vec<HealthCheck>,
    /// What names outside of the zones have.
    pub(crate) elsewhere: BTreeMap<String, Vec<String>>,
    /// How many questions name servers were asked: where weights leave a choice, they take turns.
    pub(crate) asked: usize,
    /// Database servers, by URL.
    pub(crate) servers: Servers,
    /// The run's mode.
    pub(crate) mode: Mode,
    /// Auto Scaling groups by name, with what was asked of them.
    pub(crate) groups: BTreeMap<String, crate::groups::Group>,
}

/// A set's name as it is asked for: Route 53 answers `\052` for `*`.
fn asked(set: &RecordSet) -> String {
    set.name.replace("\\052", "*")
}

/// Clones share the world.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    dead: Arc<AtomicBool>,
    died: Arc<Notify>,
}

impl World {
    pub(crate) fn new(records: Vec<RecordSet>) -> Self {
        let zone = HostedZone {
            id: "Z1".into(),
            name: "shop.test".into(),
            private: false,
            name_servers: vec!["ns-1.test".into(), "ns-2.test".into(), "ns-3.test".into(), "ns-4.test".into()],
        };
        let inside = HostedZone { id: "Z2".into(), name: "in.test".into(), private: true, name_servers: Vec::new() };
        let state = State {
            elapsed: Duration::ZERO,
            plan: crate::estate::PLAN.to_owned(),
            zones: vec![zone, inside],
            history: vec![(Duration::ZERO, records.clone())],
            records,
            changes: Vec::new(),
            lag: [("ns-2.test".into(), Duration::from_secs(3)), ("ns-4.test".into(), Duration::from_secs(7))].into(),
            insync_after: Duration::from_secs(5),
            healthy: BTreeSet::new(),
            change_faults: VecDeque::new(),
            failing_reads: 0,
            failing_statuses: 0,
            denied_statuses: false,
            flags: BTreeSet::new(),
            commands: Vec::new(),
            outcomes: BTreeMap::new(),
            hooks: BTreeMap::new(),
            answers: VecDeque::new(),
            waits: Vec::new(),
            signal: vec![(Duration::ZERO, false)],
            health_delay: Duration::from_secs(30),
            signal_faults: VecDeque::new(),
            control_calls: 0,
            health_checks: Vec::new(),
            elsewhere: BTreeMap::new(),
            asked: 0,
            servers: Servers::default(),
            mode: Mode::Graceful,
            groups: BTreeMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), dead: Arc::default(), died: Arc::default() }
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("no test panicked in here"))
    }

    pub(crate) fn ports(&self) -> Ports {
        self.ports_with_stop(watch::channel(false).1)
    }

    pub(crate) fn ports_with_stop(&self, stop: watch::Receiver<bool>) -> Ports {
        let world = Arc::new(self.clone());
        Ports {
            dns: world.clone(),
            name_servers: world.clone(),
            signals: world.clone(),
            capacity: world.clone(),
            prober: world.clone(),
            databases: world.clone(),
            commands: world.clone(),
            approver: world.clone(),
            environment: Arc::new(crate::estate::environment()),
            clock: world.clone(),
            watcher: world,
            stop,
        }
    }

    /// From now on nobody gets an answer: the executor is dead.
    pub(crate) fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub(crate) fn revive(&self) {
        self.dead.store(false, Ordering::SeqCst);
    }

    /// Somebody asked while dead.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// Every port begins here: time passes, and the dead wait forever.
    pub(crate) async fn ask(&self, takes: Duration) {
        if self.dead.load(Ordering::SeqCst) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
        self.with(|state| state.elapsed += takes);
    }

    /// What the API has for a name and type.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        self.with(|state| {
            state.records.iter().filter(|set| set.name == name).flat_map(|set| set.values.clone()).collect()
        })
    }

    /// Changes a record past the run.
    pub(crate) fn meddle(&self, name: &str, values: &[&str]) {
        self.with(|state| state.set(name, values));
    }
}

impl State {
    pub(crate) fn set(&mut self, name: &str, values: &[&str]) {
        let set = self.records.iter_mut().find(|set| set.name == name).expect("the record");
        set.values = values.iter().map(|value| (*value).to_owned()).collect();
        self.history.push((self.elapsed, self.records.clone()));
    }

    /// As Route 53 does it: all of it, or nothing.
    fn apply(&mut self, batch: &ChangeBatch) -> Result<String, DnsError> {
        let mut records = self.records.clone();
        for set in &batch.delete {
            let place = records.iter().position(|known| known == set).ok_or_else(|| {
                DnsError::Refused(format!(
                    "Tried to delete resource record set [name='{}.', type='{}'] but the values provided do not match \
                     the current values",
                    set.name, set.record_type
                ))
            })?;
            records.remove(place);
        }
        for set in &batch.create {
            let mut set = set.clone();
            set.name = set.name.replace('*', "\\052");
            let same = |known: &&RecordSet| known.name == set.name && known.record_type == set.record_type;
            if records.iter().filter(same).any(|known| {
                known.set_identifier == set.set_identifier
                    || known.set_identifier.is_none()
                    || set.set_identifier.is_none()
            }) {
                return Err(DnsError::Refused(format!("Tried to create {} but it already exists", set.name)));
            }
            records.push(set);
        }
        records.sort_by(|one, other| (&one.name, &one.set_identifier).cmp(&(&other.name, &other.set_identifier)));
        self.records = records;
        self.history.push((self.elapsed, self.records.clone()));
        self.changes.push((self.elapsed, batch.clone()));
        Ok(format!("C{}", self.changes.len()))
    }

    fn seen_by(&self, server: &str) -> &[RecordSet] {
        let lag = self.lag.get(server).copied().unwrap_or_default();
        let moment = self.elapsed.saturating_sub(lag);
        let seen = self.history.iter().rev().find(|(at, _)| *at <= moment).or(self.history.first());
        &seen.expect("a history").1
    }

    /// What users would be answered with: where weights leave a choice, all of it.
    fn resolve(&self, name: &str, record_type: &str) -> Vec<String> {
        let records = self.seen_by("ns-1.test");
        let found = |record_type: &str| -> Option<Vec<String>> {
            let sets = self.live(records, name, record_type);
            (!sets.is_empty()).then(|| sets.into_iter().flat_map(|set| self.answers(set)).collect())
        };
        found(record_type)
            .or_else(|| found("CNAME").and_then(|target| Some(self.resolve(target.first()?, record_type))))
            .unwrap_or_default()
    }

    /// The sets that answer: those with weight, and of failover sets the one that the health check leaves.
    fn live<'a>(&self, records: &'a [RecordSet], name: &str, record_type: &str) -> Vec<&'a RecordSet> {
        let role = if self.turned() { "SECONDARY" } else { "PRIMARY" };
        records
            .iter()
            .filter(|set| asked(set) == name && set.record_type == record_type && set.weight != Some(0))
            .filter(|set| set.failover.as_deref().is_none_or(|of| of == role))
            .collect()
    }

    /// Whether the object is there.
    pub(crate) fn raised(&self) -> bool {
        self.signal.last().is_some_and(|(_, raised)| *raised)
    }

    /// Whether the health check has seen it.
    fn turned(&self) -> bool {
        let moment = self.elapsed.saturating_sub(self.health_delay);
        let seen = self.signal.iter().rev().find(|(at, _)| *at <= moment).or(self.signal.first());
        seen.is_some_and(|(_, raised)| *raised)
    }

    fn answers(&self, set: &RecordSet) -> Vec<String> {
        match &set.alias {
            Some(alias) => self.elsewhere.get(&alias.dns_name).cloned().unwrap_or_default(),
            None => set.values.clone(),
        }
    }
}

#[async_trait]
impl Dns for World {
    async fn zones(&self, name: &str) -> Result<Vec<HostedZone>, DnsError> {
        self.with(|state| state.control_calls += 1);
        self.ask(Duration::from_millis(40)).await;
        Ok(self.with(|state| state.zones.iter().filter(|zone| zone.name == name).cloned().collect()))
    }

    async fn record_sets(&self, zone: &str, name: &str, record_type: &str) -> Result<Vec<RecordSet>, DnsError> {
        self.with(|state| state.control_calls += 1);
        self.ask(Duration::from_millis(40)).await;
        self.with(|state| {
            let zone = state.zones.iter().find(|known| known.id == zone).expect("a zone");
            assert!(name.ends_with(&zone.name), "{name} is in another zone than {}", zone.name);
            if state.failing_reads > 0 {
                state.failing_reads -= 1;
                return Err(DnsError::Unknown("the connection timed out".into()));
            }
            assert!(!name.contains('\\'), "{name} is no name that anybody asks for");
            let sets = state.records.iter().filter(|set| asked(set) == name && set.record_type == record_type);
            Ok(sets.cloned().collect())
        })
    }

    async fn change(&self, batch: &ChangeBatch) -> Result<String, DnsError> {
        self.with(|state| state.control_calls += 1);
        self.ask(Duration::from_millis(60)).await;
        self.with(|state| {
            if let Some(mut hook) = state.hooks.remove("before the change") {
                hook(state);
            }
            let lost = |_| DnsError::Unknown("the connection was reset".into());
            match state.change_faults.pop_front() {
                None => state.apply(batch),
                Some(ChangeFault::LoseRequest) => Err(lost(())),
                Some(ChangeFault::LoseAnswer) => Err(state.apply(batch).map_or_else(|error| error, |_| lost(()))),
                Some(ChangeFault::Throttle) => Err(DnsError::Throttled("Rate exceeded".into())),
                Some(ChangeFault::Deny) => Err(DnsError::Denied("not authorized".into())),
            }
        })
    }

    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, DnsError> {
        self.with(|state| state.control_calls += 1);
        Ok(self.with(|state| state.health_checks.iter().find(|check| check.id == id).cloned()))
    }

    async fn change_status(&self, id: &str) -> Result<ChangeStatus, DnsError> {
        self.with(|state| state.control_calls += 1);
        self.ask(Duration::from_millis(40)).await;
        self.with(|state| {
            if state.denied_statuses {
                return Err(DnsError::Denied("route53:GetChange".into()));
            }
            if state.failing_statuses > 0 {
                state.failing_statuses -= 1;
                return Err(DnsError::Unknown("the connection timed out".into()));
            }
            let number: usize = id[1..].parse().expect("an id");
            let (at, _) = state.changes.get(number - 1).ok_or_else(|| DnsError::NotFound(id.to_owned()))?;
            let insync = state.elapsed >= *at + state.insync_after;
            Ok(if insync { ChangeStatus::Insync } else { ChangeStatus::Pending })
        })
    }
}

#[async_trait]
impl NameServers for World {
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<ServerAnswer, String> {
        World::ask(self, Duration::from_millis(5)).await;
        Ok(self.with(|state| {
            state.asked += 1;
            let zone = state.zones.iter().find(|zone| name.ends_with(&zone.name));
            assert!(
                zone.is_some_and(|zone| zone.name_servers.iter().any(|known| known == server)),
                "{server} for {name}"
            );
            let sets = state.live(state.seen_by(server), name, record_type);
            let set = sets.get(state.asked % sets.len().max(1));
            let mut values = set.map(|set| state.answers(set)).unwrap_or_default();
            values.sort_unstable();
            ServerAnswer { values, ttl: set.and_then(|set| set.ttl?.try_into().ok()) }
        }))
    }

    async fn resolve(&self, name: &str, record_type: &str) -> Result<ServerAnswer, String> {
        World::ask(self, Duration::from_millis(5)).await;
        self.with(|state| {
            if record_type == "NS" {
                let zone = state.zones.iter().find(|zone| zone.name == name && !zone.private);
                let values = zone.map(|zone| zone.name_servers.clone()).unwrap_or_default();
                return Ok(ServerAnswer { values, ttl: Some(172_800) });
            }
            let values = state.elsewhere.get(name).filter(|_| record_type == "A").cloned();
            let values = values.ok_or_else(|| format!("{name} does not exist"))?;
            Ok(ServerAnswer { values, ttl: Some(60) })
        })
    }
}

#[async_trait]
impl Prober for World {
    async fn probe(&self, spec: &CheckSpec) -> CheckResult {
        World::ask(self, Duration::from_millis(20)).await;
        self.with(|state| {
            let result = |green: bool, detail: String| CheckResult {
                status: if green { CheckStatus::Green } else { CheckStatus::Red },
                latency: Some(Duration::from_millis(20)),
                detail,
            };
            match &spec.check {
                CheckKind::Http { url, headers, .. } => {
                    let host = url.split('/').nth(2).expect("a host");
                    let addresses =
                        if host.ends_with("shop.test") { state.resolve(host, "A") } else { vec![host.to_owned()] };
                    let green = addresses.iter().all(|address| state.healthy.contains(address));
                    result(green, format!("{url} at {} {headers:?}", addresses.join(", ")))
                }
                CheckKind::Dns { name, record_type, expect, .. } => {
                    let mut found = state.resolve(name, record_type);
                    found.sort_unstable();
                    result(found == *expect, format!("{name} is {}", found.join(", ")))
                }
                CheckKind::Tcp { address } => result(state.healthy.contains(address), address.clone()),
                CheckKind::Command { run } => result(true, run.join(" ")),
            }
        })
    }
}

#[async_trait]
impl Commands for World {
    async fn run(&self, argv: &[String], _limit: Duration) -> CommandRun {
        World::ask(self, Duration::from_millis(200)).await;
        self.with(|state| {
            state.commands.push(argv.join(" "));
            if let Some(mut hook) = state.hooks.remove(&argv[0]) {
                hook(state);
            }
            let outcome = state.outcomes.get_mut(&argv.join(" ")).and_then(VecDeque::pop_front);
            let outcome = outcome.unwrap_or(CommandOutcome::Exited(0));
            // `./set x` and `./clear x` are desired states, as the programs of a plan have to be.
            if matches!(outcome, CommandOutcome::Exited(0) | CommandOutcome::TimedOut) {
                match argv[0].as_str() {
                    "./set" => state.flags.insert(argv[1].clone()),
                    "./clear" => state.flags.remove(&argv[1]),
                    _ => true,
                };
            }
            CommandRun { outcome, output: argv.join(" "), duration: Duration::from_millis(200) }
        })
    }
}

#[async_trait]
impl Approver for World {
    async fn ask(&self, _question: &ApprovalQuestion) -> ApprovalAnswer {
        World::ask(self, Duration::from_secs(2)).await;
        let yes = || ApprovalAnswer::Approved { by: "ada@ops".into(), reason: "go".into() };
        self.with(|state| state.answers.pop_front().unwrap_or_else(yes))
    }
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        let begin = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000);
        self.with(|state| {
            state.elapsed += Duration::from_millis(1);
            begin + SignedDuration::try_from(state.elapsed).expect("a duration")
        })
    }

    fn elapsed(&self) -> Duration {
        self.with(|state| state.elapsed)
    }

    async fn sleep(&self, duration: Duration) {
        World::ask(self, duration).await;
    }
}

impl Watcher for World {
    fn event(&self, _event: &Event) {}

    fn waiting(&self, step: &Step, detail: &str) {
        self.with(|state| state.waits.push(format!("{}: {detail}", step.id)));
    }
}
