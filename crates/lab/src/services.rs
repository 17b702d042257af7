//! All parts of a running lab, owned by one value.

use crate::addresses::{NoPrefix, Prefix};
use crate::apps::Apps;
use crate::aws::{Aws, AwsError};
use crate::buckets;
use crate::control::{Control, token};
use crate::dns::answer::Role;
use crate::dns::server::{Sockets, Zones};
use crate::emulator::{Emulator, EmulatorError};
use crate::estate::{PRIMARY_REGION, STANDBY_REGION};
use crate::faults::Faults;
use crate::handle::{Handle, HandleError};
use crate::health::{self, PROBE_INTERVAL};
use crate::http;
use crate::managed;
use crate::orders::ledger::Ledger;
use crate::postgres::cluster::Cluster;
use crate::postgres::pair::{Databases, DatabasesError};
use crate::postgres::programs::{Programs, ProgramsError};
use crate::python::{Python, PythonError};
use crate::route53::HealthCheck;
use crate::tap::Tap;
use hickory_proto::rr::{RData, RecordType};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// A running lab. Everything in it ends when it is dropped.
#[derive(Debug)]
pub struct Services {
    handle: Handle,
    folder: PathBuf,
    emulator: Emulator,
    databases: Option<Arc<Databases>>,
    /// What programs take for AWS; closed with this value.
    _tap: Tap,
    shutdown: Arc<Notify>,
    tasks: JoinSet<()>,
}

/// The lab did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// No Python environment.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// No addresses.
    #[error(transparent)]
    Addresses(#[from] NoPrefix),
    /// No emulator.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// PostgreSQL is not whole.
    #[error(transparent)]
    Postgres(#[from] ProgramsError),
    /// No databases.
    #[error(transparent)]
    Databases(#[from] DatabasesError),
    /// The emulator answers nothing.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// `lab.json` could not be written.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The client for health checks could not be made.
    #[error("make the client for health checks")]
    Prober(#[source] reqwest::Error),
    /// A port could not be had.
    #[error("listen for {what} on loopback")]
    Listen {
        /// `DNS`, `AWS`, `control`
        what: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The emulator ended while the lab ran.
    #[error("keep the AWS emulator running: it ended by itself; see {log:?}")]
    EmulatorEnded {
        /// Its log.
        log: PathBuf,
    },
}

impl Services {
    /// Starts all parts and writes `lab.json` into `folder`. `cache` holds the Python environment,
    /// `postgres` PostgreSQL's programs; without it, there are no databases.
    ///
    /// # Errors
    /// The first part that does not start; those that did are ended.
    pub async fn start(folder: &Path, cache: &Path, postgres: Option<&Path>) -> Result<Self, ServicesError> {
        let python = Python::ensure(cache).await?;
        let regions = vec![PRIMARY_REGION.to_owned(), STANDBY_REGION.to_owned()];
        let prefix = Arc::new(Prefix::claim()?);
        let prefix_text = prefix.text();
        let emulator = async { Ok(Emulator::start(&python, folder, &prefix_text, &regions).await?) };
        let databases = start_databases(postgres, &python, &prefix, folder);
        let (mut emulator, databases) = tokio::try_join!(emulator, databases)?;
        // The lab's own questions go past the faults: instances run and zones are served whoever may ask the API.
        let aws = Aws::new(&emulator.endpoint)?;
        let faults = Arc::new(Faults::default());

        let listen = |what| move |source| ServicesError::Listen { what, source };
        let met = Arc::clone(&faults);
        let tap = Tap::deciding(&emulator.endpoint, move |call| met.meet(call)).map_err(listen("AWS"))?;
        let sockets = Sockets::bind(prefix.resolver(), prefix.name_servers()).await.map_err(listen("DNS"))?;
        let port = sockets.port;
        let control_listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(listen("control"))?;
        let control = control_listener.local_addr().map_err(listen("control"))?;

        let zones = Arc::new(Zones::new(aws.clone(), prefix.name_servers()));
        // Fails here rather than in the first query.
        zones.view().await?;
        let ledger = |cluster: &Cluster| (cluster.region.clone(), Arc::new(Ledger::new(cluster.app())));
        let clusters = databases.iter().flat_map(|databases| &databases.clusters);
        let apps = Arc::new(Apps::new(clusters.map(ledger).collect()));
        let shutdown = Arc::new(Notify::new());
        let token = token();
        let prober = health::prober().map_err(ServicesError::Prober)?;

        let mut tasks = JoinSet::new();
        tasks.spawn(sockets.serve(Arc::clone(&zones)));
        tasks.spawn(watch_health(zones, Arc::clone(&faults), prober));
        tasks.spawn(Arc::clone(&apps).reconcile(aws, Arc::clone(&prefix), regions));
        let answers = Arc::new(Control {
            token: token.clone(),
            apps,
            databases: databases.clone(),
            faults,
            shutdown: Arc::clone(&shutdown),
        });
        if let Some((told, databases)) = emulator.told.take().zip(databases.clone()) {
            tasks.spawn(managed::act(told, databases));
        }
        tasks.spawn(http::serve(control_listener, answers.answering()));

        let at = |address| SocketAddr::new(IpAddr::V4(address), port);
        let handle = Handle::new(
            tap.endpoint(),
            at(prefix.resolver()),
            prefix.name_servers().map(at).to_vec(),
            databases.iter().flat_map(|databases| databases.urls()).collect(),
            control,
            token,
        );
        handle.write(folder)?;
        Ok(Self { handle, folder: folder.to_owned(), emulator, databases, _tap: tap, shutdown, tasks })
    }

    /// How to reach it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Notified, it ends [`Services::run`].
    pub(crate) fn shutdown(&self) -> Arc<Notify> {
        Arc::clone(&self.shutdown)
    }

    /// Runs until somebody asks the control endpoint to end it.
    ///
    /// # Errors
    /// The emulator ended by itself: nothing that the lab says would be true any more.
    pub async fn run(mut self) -> Result<(), ServicesError> {
        let ended = tokio::select! {
            () = self.shutdown.notified() => Ok(()),
            _ = self.emulator.process.wait() => {
                Err(ServicesError::EmulatorEnded { log: self.folder.join("emulator.err") })
            }
        };
        self.tasks.shutdown().await;
        let _ = self.emulator.process.kill().await;
        if let Some(databases) = self.databases {
            databases.end().await;
        }
        Handle::remove(&self.folder)?;
        ended
    }
}

async fn start_databases(
    postgres: Option<&Path>,
    python: &Python,
    prefix: &Prefix,
    folder: &Path,
) -> Result<Option<Arc<Databases>>, ServicesError> {
    let Some(postgres) = postgres else { return Ok(None) };
    let programs = Programs::at(postgres)?;
    let databases = Databases::start(python, &programs, prefix, [PRIMARY_REGION, STANDBY_REGION], folder).await?;
    Ok(Some(Arc::new(databases)))
}

/// Probes every health check once an interval, all at the same time.
async fn watch_health(zones: Arc<Zones>, faults: Arc<Faults>, client: reqwest::Client) {
    let mut ticks = tokio::time::interval(PROBE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(view) = zones.view().await else { continue };
        let mut probes = JoinSet::new();
        let dark = faults.dark();
        // No answer is a failure; of a region that is dark nothing is asked.
        let (silent, asked): (Vec<_>, Vec<_>) =
            view.checks.clone().into_iter().partition(|check| buckets::is_in(check, &dark));
        for check in asked {
            probes.spawn(probe(Arc::clone(&zones), client.clone(), check));
        }
        let mut results = probes.join_all().await;
        results.extend(silent.into_iter().map(|check| (check, Some(false))));
        let mut book = zones.health.lock().unwrap_or_else(PoisonError::into_inner);
        book.keep(&view.checks);
        for (check, passed) in results {
            if let Some(passed) = passed {
                book.note(&check, passed);
            }
        }
    }
}

async fn probe(zones: Arc<Zones>, client: reqwest::Client, check: HealthCheck) -> (HealthCheck, Option<bool>) {
    if let Some(object) = buckets::object(&check) {
        let there = zones.object_is_there(&object).await;
        return (check, there);
    }
    let resolved = match &check.domain {
        Some(domain) if check.address.is_none() => addresses(&zones, domain).await,
        _ => Vec::new(),
    };
    let passed = health::probe(&client, &check, &resolved).await;
    (check, passed)
}

async fn addresses(zones: &Zones, name: &str) -> Vec<IpAddr> {
    let answer = zones.answer(Role::Resolver, name, RecordType::A).await;
    let data = answer.answers.iter().map(|record| &record.data);
    data.filter_map(|data| if let RData::A(address) = data { Some(IpAddr::V4(address.0)) } else { None }).collect()
}
