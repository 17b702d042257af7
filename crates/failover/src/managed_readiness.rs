//! Whether the databases that AWS promotes would be: what `validate` asks of them.

use crate::database::in_daylight;
use crate::steps::managed::{Looked, lag_of, look};
use crate::{Action, ManagedDatabases, ManagedKind, ManagedStep, ManagedTask, MeasuredLag, Mode, Run};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_plan::format_duration;
use std::time::Duration;

/// CloudWatch has a metric of a minute some minutes later: one that is no older than this is fresh, however short the
/// objective is.
const METRIC_DELAY: Duration = Duration::from_secs(300);

/// What AWS said of each database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedReadiness {
    /// What was seen, as parts of one line.
    pub facts: Vec<String>,
    /// What is promised and could not be held against anything, and why.
    pub unknown: Vec<String>,
    /// What speaks against a failover.
    pub findings: Vec<Finding>,
}

/// Looks at each database as the run would, once: whether there is a replica, whether it replicates, and how far it is
/// behind, against the recovery point objective. A lag that nobody measured says nothing about an objective, and the
/// verdict neither.
pub async fn managed_readiness(run: &Run, databases: &dyn ManagedDatabases) -> ManagedReadiness {
    let ManagedReadiness { mut facts, mut unknown, mut findings } = ManagedReadiness::default();
    let rpo = run.rpo_ms.map(Duration::from_millis);
    let mut not_measured = Vec::new();
    for step in run.steps() {
        let Action::Managed(database) = &step.action else { continue };
        if database.task != ManagedTask::Look {
            continue;
        }
        let about = About { plan: &run.plan, database };
        // Both sides are looked at, whatever mode the run would need.
        match look(databases, database, true).await {
            Looked::Good(seen, detail) if seen.get("already").is_some() => {
                facts.push(format!("database {}: {detail}", database.name));
                continue;
            }
            Looked::Good(_, detail) => facts.push(format!("database {}: {detail}", database.name)),
            Looked::NotYet(reason) | Looked::Never(reason) => {
                let reason = in_daylight(&reason).to_owned();
                let finding = about.finding(codes::F_NO_REPLICA, Severity::Error, reason);
                findings.push(finding.remedy("make it a replica that replicates: pilotlight rebuild, or by hand"));
                continue;
            }
        }
        let measured = databases.lag(&database.new.region, lag_of(&database.service), &database.new.id).await;
        match measured {
            Ok(Some(measured)) => {
                if let Some(lag) = measured.lag {
                    facts.push(format!("{} is {} behind", database.new.id, shown(lag)));
                }
                findings.extend(rpo.and_then(|rpo| about.lag(rpo, measured)));
            }
            Ok(None) => not_measured.push((about, "it was not measured in the last hours".to_owned())),
            Err(error) => not_measured.push((about, error.to_string())),
        }
    }
    for (about, reason) in not_measured {
        if rpo.is_some() {
            unknown.push(format!("whether {} keeps the RPO: {reason}", about.database.new.id));
        }
        findings.push(about.unknown(reason));
    }
    let by_word: Vec<&str> = run.steps().filter_map(unfenced).collect();
    if run.mode == Mode::Ungraceful && !by_word.is_empty() {
        facts.push(format!("{} would be moved by --mode ungraceful alone", by_word.join(", ")));
    }
    ManagedReadiness { facts, unknown, findings }
}

/// The database of a promotion whose old side nothing fences.
fn unfenced(step: &crate::Step) -> Option<&str> {
    match &step.action {
        Action::Managed(database)
            if database.task == ManagedTask::Promote && database.service == ManagedKind::Rds && !database.sql =>
        {
            Some(&database.name)
        }
        _ => None,
    }
}

struct About<'a> {
    plan: &'a str,
    database: &'a ManagedStep,
}

impl About<'_> {
    fn finding(&self, code: pilotlight_findings::Code, severity: Severity, message: String) -> Finding {
        let message = format!("database {}: {message}", self.database.name);
        Finding::new(code, severity, Subject::Plan { name: self.plan.to_owned() }, message)
    }

    fn unknown(&self, reason: String) -> Finding {
        let message = format!("how far {} is behind is not known: {reason}", self.database.new.id);
        self.finding(codes::F_REPLICA_LAG, Severity::Warning, message)
            .remedy("allow cloudwatch:GetMetricStatistics, and see whether the replica replicates")
    }

    fn lag(&self, rpo: Duration, measured: MeasuredLag) -> Option<Finding> {
        let id = &self.database.new.id;
        let message = match measured.lag {
            None => format!("{id} did not replicate when its lag was measured, {} ago", shown(measured.age)),
            Some(lag) if lag > rpo => {
                format!("{id} is {} behind, and the RPO is {}", shown(lag), format_duration(rpo))
            }
            Some(_) if measured.age > rpo.max(METRIC_DELAY) => {
                format!("the lag of {id} was last measured {} ago: nobody knows what it is now", shown(measured.age))
            }
            Some(_) => return None,
        };
        let finding = self.finding(codes::F_REPLICA_LAG, Severity::Error, message);
        Some(
            finding
                .with(Evidence::fact("measured", format!("{} ago", shown(measured.age))))
                .with(Evidence::fact("rpo", format_duration(rpo)))
                .remedy("look at the replica's state, its size and what the primary writes"),
        )
    }
}

/// To the second: lags are reported in milliseconds.
fn shown(duration: Duration) -> String {
    let whole = Duration::from_secs(duration.as_secs());
    if whole.is_zero() { "less than 1s".to_owned() } else { format_duration(whole) }
}
