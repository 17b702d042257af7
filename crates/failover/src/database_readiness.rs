//! Whether the plan's databases could be failed over now: what `validate` asks of both servers, reading alone.

use crate::database::in_daylight;
use crate::steps::database::{Looked, Servers, look};
use crate::{Action, Clock, DatabaseTask, Environment, Mode, Run};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_integrity::postgres::{Databases, ServerRole};
use pilotlight_plan::format_duration;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A standby is always a moment behind, and one that was idle seems further behind than it is until it has replayed:
/// only a lag that three looks see counts.
const LOOKS: u32 = 3;
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// What both servers of each database said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatabaseReadiness {
    /// How many were looked at.
    pub looked_at: u64,
    /// One line each.
    pub facts: Vec<String>,
    /// Of which of them it could not be found out, and why.
    pub unknown: Vec<String>,
    /// Why one could not be failed over, or loses more than the objective allows.
    pub findings: Vec<Finding>,
}

/// Looks at the databases of a compiled run as its first step would, a planned run's, and measures their lag against
/// the recovery point objective.
pub async fn database_readiness(
    run: &Run,
    rpo: Option<Duration>,
    databases: &Arc<dyn Databases>,
    environment: &dyn Environment,
    clock: &dyn Clock,
) -> DatabaseReadiness {
    let mut told = DatabaseReadiness::default();
    for step in run.steps() {
        let Action::Database(database) = &step.action else { continue };
        if database.task != DatabaseTask::Look {
            continue;
        }
        told.looked_at += 1;
        let name = &database.name;
        let servers = match Servers::through(databases, environment, database) {
            Ok(servers) => servers,
            Err(missing) => {
                told.unknown.push(format!("{name} was not looked at"));
                told.findings.push(
                    finding(run, Severity::Warning, format!("database {name}: {missing}"))
                        .remedy("set the variable where validate runs, so that the databases are looked at as well"),
                );
                continue;
            }
        };
        let mut looks = 1;
        let looked = loop {
            let looked = look(Mode::Graceful, run.to.side, database, &servers).await;
            if looks == LOOKS || !worth_another(&looked, rpo) {
                break looked;
            }
            clock.sleep(LOOK_PAUSE).await;
            looks += 1;
        };
        match looked {
            Looked::Good(observed, detail) => {
                judge(&mut told, run, name, rpo, &observed, &detail);
                // A fence that a run left behind, or that stands while one is under way.
                let measured = observed.get("lag_bytes").is_some_and(Value::is_u64);
                let promoted = observed.get("role").and_then(Value::as_str) == Some(ServerRole::Primary.as_str());
                let fenced = match (measured, promoted) {
                    (true, _) if servers.left_is_fenced().await == Some(true) => Some(run.from.side),
                    // It was failed over before, and is what takes the writes.
                    (false, true) if servers.new_is_fenced().await == Some(true) => Some(run.to.side),
                    _ => None,
                };
                if let Some(side) = fenced {
                    let message = format!("database {name} of the {side} is fenced: it refuses every write");
                    told.findings.push(finding(run, Severity::Error, message).remedy(
                        "bring the run that fenced it to its end; where none is under way, take the fence back at that \
                         database: ALTER DATABASE name RESET default_transaction_read_only",
                    ));
                }
            }
            Looked::NotYet(reason) | Looked::Never(reason) => {
                told.facts.push(format!("{name} could not be failed over"));
                told.findings
                    .push(finding(run, Severity::Error, format!("database {name}: {reason}")).remedy(
                        "repair the replication or the role's rights; a planned failover would be refused now",
                    ));
            }
            Looked::Unread(reason) => {
                told.unknown.push(format!("{name} did not answer"));
                let reason = in_daylight(&reason);
                told.findings.push(
                    finding(run, Severity::Warning, format!("database {name}: {reason}"))
                        .remedy("let validate reach both servers, or look why one does not answer"),
                );
            }
        }
    }
    told
}

fn worth_another(looked: &Looked, rpo: Option<Duration>) -> bool {
    match looked {
        Looked::Good(observed, _) => match (rpo, milliseconds(observed, "lag_ms")) {
            (Some(rpo), Some(lag)) => lag > rpo,
            _ => false,
        },
        Looked::NotYet(_) | Looked::Unread(_) => true,
        Looked::Never(_) => false,
    }
}

fn judge(told: &mut DatabaseReadiness, run: &Run, name: &str, rpo: Option<Duration>, observed: &Value, detail: &str) {
    let behind = observed.get("lag_bytes").and_then(Value::as_u64);
    match (behind, milliseconds(observed, "lag_ms")) {
        (Some(0), _) => told.facts.push(format!("{name}: {detail}, and nothing is missing")),
        (Some(bytes), Some(lag)) => {
            told.facts.push(format!("{name}: {detail}, {bytes} bytes behind, at most {} of writes", seconds(lag)));
            if let Some(rpo) = rpo.filter(|rpo| lag > *rpo) {
                let message = format!(
                    "the standby of database {name} is {bytes} bytes and at most {} behind, and the RPO is {}",
                    seconds(lag),
                    format_duration(rpo)
                );
                let subject = Subject::Plan { name: run.plan.clone() };
                told.findings.push(
                    Finding::new(codes::V_LAG, Severity::Error, subject, message)
                        .with(Evidence::fact("lag", format!("{bytes} bytes")))
                        .with(Evidence::fact("rpo", format_duration(rpo)))
                        .remedy("look at the standby's replay, its size and what the primary writes"),
                );
            }
        }
        (Some(bytes), None) => {
            told.unknown
                .push(format!("{name}: {bytes} bytes behind, and how long is not known: it replayed no commit yet"));
        }
        // It was failed over before: there is nothing to measure.
        (None, _) => told.facts.push(format!("{name}: {detail}")),
    }
}

fn milliseconds(observed: &Value, field: &str) -> Option<Duration> {
    observed.get(field).and_then(Value::as_u64).map(Duration::from_millis)
}

fn seconds(lag: Duration) -> String {
    format!("{:.1} s", lag.as_secs_f64())
}

fn finding(run: &Run, severity: Severity, message: String) -> Finding {
    Finding::new(codes::V_DATABASE, severity, Subject::Plan { name: run.plan.clone() }, message)
}
