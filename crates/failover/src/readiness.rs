//! The checks of a compiled run, probed once without the run: what `validate` asks of the standby.

use crate::compile::unproven_target;
use crate::steps::check::spec;
use crate::text::Secrets;
use crate::{Action, Environment, Run};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_integrity::{CheckStatus, Prober};
use pilotlight_plan::When;

/// What the probes said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readiness {
    /// How many checks were probed.
    pub probed: u64,
    /// One for each check that is not green, one where no check looks at the side that takes over, and the
    /// run's own notes of severity error: all of them reasons not to be ready.
    pub findings: Vec<Finding>,
}

/// Probes each check that would stop the run before its switch, once. Checks after the switch ask for
/// what is only there then, so they are left out. What a run only warns of, as it must not stop one in the
/// hour of the outage, is an error here, long before it.
pub async fn readiness(run: &Run, prober: &dyn Prober, environment: &dyn Environment) -> Readiness {
    let mut readiness = Readiness::default();
    readiness.findings.extend(unproven_target(run, Severity::Error));
    readiness.findings.extend(run.notes.iter().filter(|note| note.severity >= Severity::Error).cloned());
    for step in run.steps() {
        let Action::Check(check) = &step.action else { continue };
        if check.when != When::Before || !check.gate {
            continue;
        }
        readiness.probed += 1;
        let mut secrets = Secrets::new(environment);
        let (code, severity, detail) = match spec(check, &mut secrets) {
            Err(missing) => (codes::I_UNKNOWN, Severity::Error, missing.to_string()),
            Ok(spec) => {
                let result = prober.probe(&spec).await;
                let detail = secrets.redact(&result.detail);
                match result.status {
                    CheckStatus::Green => continue,
                    CheckStatus::Red => (codes::I_RED, Severity::Error, detail),
                    CheckStatus::Unknown => (codes::I_UNKNOWN, Severity::Error, detail),
                }
            }
        };
        let finding = Finding::new(code, severity, Subject::Check { name: check.name.clone() }, detail)
            .with(Evidence::fact("side", run.to.side.to_string()))
            .with(Evidence::fact("region", run.to.region.to_string()))
            .remedy("repair what the check asks; a failover would be refused now");
        readiness.findings.push(finding);
    }
    readiness
}
