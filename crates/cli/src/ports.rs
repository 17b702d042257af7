//! The ports of a run, on this machine and its terminal.

use crate::output::Screen;
use crate::progress::Wait;
use crate::project::Project;
use crate::signals::SignalObjects;
use crate::sizes::TerraformSizes;
use crate::terminal::Terminal;
use async_trait::async_trait;
use pilotlight_cloud::Aws;
use pilotlight_failover::{NameServers, Ports, ServerAnswer, Step, SystemClock, SystemCommands, Watcher};
use pilotlight_findings::Region;
use pilotlight_integrity::postgres::{PostgresDatabases, SessionOptions};
use pilotlight_integrity::{DnsClient, NetworkProber, ProgramLock, Rcode};
use pilotlight_journal::{Body, Event, Outcome};
use std::net::SocketAddr;
use std::sync::Arc;

/// Everything that a run of this project acts through. Credentials for Route 53, which is everywhere, are taken in `home`:
/// the region that takes over.
pub(crate) async fn ports(
    project: &Project,
    aws: &Aws,
    home: &Region,
    resolver: Option<SocketAddr>,
    screen: &Screen,
) -> Ports {
    let environment = crate::vars::environment();
    let wait = Arc::new(Wait::new(screen, "starting"));
    let stop = crate::cancel::on_signals();
    Ports {
        dns: Arc::new(aws.dns(home).await),
        name_servers: name_servers(resolver),
        capacity: Arc::new(aws.capacity()),
        sizes: Arc::new(TerraformSizes::new(&project.folder, project.terraform.clone())),
        managed: Arc::new(aws.managed_databases()),
        signals: Arc::new(SignalObjects::of(project, aws).await),
        databases: Arc::new(databases(project, &environment)),
        prober: Arc::new(NetworkProber::new(resolver).in_directory(&project.folder)),
        commands: Arc::new(SystemCommands::in_directory(&project.folder, program_lock(project))),
        approver: Arc::new(Terminal { screen: *screen, wait: Arc::clone(&wait), stop: stop.clone() }),
        environment: Arc::new(environment),
        clock: Arc::new(SystemClock::new()),
        watcher: Arc::new(Progress { screen: *screen, wait }),
        stop,
    }
}

/// Beside what tells an executor that is alive from one that was killed.
fn program_lock(project: &Project) -> ProgramLock {
    let folder = crate::executor_lock::folder(project);
    ProgramLock::at(std::path::absolute(&folder).unwrap_or(folder).join("program.lock"))
}

/// The plan's databases. `PGSSLROOTCERT` means what it means to libpq; rows that a failback keeps are kept beside what
/// is generated for the plan.
pub(crate) fn databases(
    project: &Project,
    environment: &std::collections::BTreeMap<String, String>,
) -> PostgresDatabases {
    let root_certificates = environment.get("PGSSLROOTCERT").filter(|path| !path.is_empty()).map(Into::into);
    let limits = SessionOptions { root_certificates, ..SessionOptions::default() };
    let folder = project.folder.join(".pilotlight").join(&project.plan.name).join("lost-writes");
    // The journal names the files of kept rows, for people in other folders than this one.
    PostgresDatabases::new(limits, std::path::absolute(&folder).unwrap_or(folder))
}

/// The delegation's name servers, asked directly.
pub(crate) fn name_servers(resolver: Option<SocketAddr>) -> Arc<dyn NameServers> {
    Arc::new(Delegation(DnsClient::new(resolver)))
}

/// Who asks, for the journal: `user@host`.
pub(crate) fn operator() -> String {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let user = variable("SUDO_USER").or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
    let host = variable("HOSTNAME").or_else(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        Some(name.trim().to_owned())
    });
    format!("{}@{}", user.unwrap_or_else(|| "unknown".into()), host.unwrap_or_else(|| "unknown".into()))
}

/// The delegation's name servers.
struct Delegation(DnsClient);

#[async_trait]
impl NameServers for Delegation {
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<ServerAnswer, String> {
        let answer = self.0.ask(server, name, record_type).await.map_err(|error| error.to_string())?;
        if !answer.authoritative {
            return Err(format!("{server} answers, but not as an authority for {name}"));
        }
        Ok(ServerAnswer { values: answer.values, ttl: answer.ttl })
    }

    async fn resolve(&self, name: &str, record_type: &str) -> Result<ServerAnswer, String> {
        let answer = self.0.query(name, record_type).await.map_err(|error| error.to_string())?;
        match answer.rcode {
            Rcode::NxDomain => Err(format!("{name} does not exist (NXDOMAIN)")),
            Rcode::NoError => Ok(ServerAnswer { values: answer.values, ttl: answer.ttl }),
        }
    }
}

/// Shows a run as it goes: a line an outcome on stderr, and what it waits for on a terminal.
struct Progress {
    screen: Screen,
    wait: Arc<Wait>,
}

impl Watcher for Progress {
    fn event(&self, event: &Event) {
        if matches!(event.what, Body::RunStarted { .. }) {
            // The run before it, of the same drill, has taken the line away.
            self.wait.resume();
        }
        let line = match &event.what {
            Body::RunStarted { job, .. } => Some(format!("run {} ({job})", event.run)),
            Body::PhaseStarted { phase } => Some(format!("{phase}:")),
            Body::StepFinished { step, outcome, detail, .. } => Some(line(outcome_word(*outcome), step, detail)),
            Body::RollbackStarted { reason, .. } => Some(format!("rolling back: {reason}")),
            Body::AbortWithdrawn { by, reason, .. } => Some(format!("the way back is withdrawn by {by}: {reason}")),
            Body::UndoFinished { step, outcome, detail, .. } => {
                let word = if *outcome == Outcome::Done { "undone" } else { outcome_word(*outcome) };
                Some(line(word, step, detail))
            }
            Body::Waits { step, reason } => Some(line("waits", step, reason)),
            Body::Skipped { step, by, .. } => Some(line("skipped", step, &format!("by {by}"))),
            Body::Approved { step, by, .. } => Some(line("approved", step, &format!("by {by}"))),
            Body::Stopped { reason, .. } => Some(format!("stopped: {reason}")),
            Body::Resumed { by, .. } => Some(format!("run {} resumed by {by}", event.run)),
            Body::Takeover { by, from, .. } => Some(format!("run {} taken from {from} by {by}", event.run)),
            Body::StepIntended { step, .. } => {
                self.wait.say(step.clone());
                None
            }
            Body::UndoIntended { step, .. } => {
                self.wait.say(format!("undo {step}"));
                None
            }
            Body::PhaseFinished { .. } | Body::RunFinished { .. } => None,
        };
        if let Some(line) = line {
            self.wait.aside(|| self.screen.note(line));
        }
        if matches!(event.what, Body::Stopped { .. } | Body::RunFinished { .. }) {
            // What comes next is the report, on the same terminal.
            self.wait.pause();
        }
    }

    fn waiting(&self, step: &Step, detail: &str) {
        self.wait.say(format!("{}: {detail}", step.title));
    }
}

fn line(word: &str, step: &str, detail: &str) -> String {
    format!("  {word:<8} {step}: {detail}")
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::AlreadyDone => "was done",
        Outcome::Failed => "FAILED",
        Outcome::Unknown => "UNKNOWN",
    }
}
