//! decide: plan and observations in, a [`Run`] out. Pure: the same input makes the same run and digest.

mod calls;
mod checks;
mod commands;
mod databases;
mod error;
mod limits;
mod managed;
mod noted;
mod records;
mod resizing;
mod scaling;
mod sensitive;
mod signal;
mod simple_set;
mod traffic;
mod ttl;
mod values;
mod watch;
mod weighted;

pub use error::{CompileError, Refusal};
pub use records::active_side;
pub(crate) use values::{Answer, side_answer};

use crate::{Action, CheckStep, Direction, Endpoint, Mode, Observed, RUN_VERSION, Retry, Run, RunPhase, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{DrPlan, Outputs, Phase, When};
use std::time::Duration;
use traffic::Traffic;

/// Between two looks of a step that waits: recovery time is measured to about this.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// What every part of the compiler reads.
pub(crate) struct Input<'a> {
    pub(crate) plan: &'a DrPlan,
    pub(crate) direction: Direction,
    pub(crate) mode: Mode,
    pub(crate) from: Side,
    pub(crate) to: Side,
    /// Whether anything may be asked of the side that is left.
    pub(crate) asks_left: bool,
    pub(crate) outputs: &'a dyn Outputs,
}

/// Compiles a run that moves every traffic set of the plan in `direction`.
///
/// A record that is at its target already stays as it is, so that a run can be repeated.
///
/// # Errors
/// [`CompileError::Refused`] where a safety rule forbids it; nothing was changed, as this changes nothing.
pub fn compile(
    plan: &DrPlan,
    direction: Direction,
    observed: &Observed,
    outputs: &dyn Outputs,
) -> Result<Run, CompileError> {
    compile_in_mode(plan, direction, Mode::default(), observed, outputs)
}

/// The same, in a mode: with [`Mode::Ungraceful`] the run does without the side that it leaves.
///
/// # Errors
/// As [`compile`].
pub fn compile_in_mode(
    plan: &DrPlan,
    direction: Direction,
    mode: Mode,
    observed: &Observed,
    outputs: &dyn Outputs,
) -> Result<Run, CompileError> {
    let from = match direction {
        Direction::Failover => Side::Primary,
        Direction::Failback => Side::Standby,
    };
    let asks_left = !observed.primary_down || from == Side::Standby;
    let noted = noted::Noted::new(outputs);
    let input = Input { plan, direction, mode, from, to: from.other(), asks_left, outputs: &noted };
    let mut notes = Vec::new();

    if plan.traffic.is_empty() {
        return Err(Refusal::NoTraffic { plan: plan.name.clone(), span: plan.span.clone() }.into());
    }
    let mut sets = Vec::with_capacity(plan.traffic.len());
    for set in &plan.traffic {
        sets.push(records::compile_traffic(&input, set, observed, &mut notes)?);
    }
    let mut checks = checks::compile_checks(&input, &mut notes)?;
    let mut watch = watch::compile_watch(plan, &checks, &mut notes);
    let traffic = Traffic::new(sets, &checks, &plan.standby);
    let slowest_cache = traffic.slowest_cache();
    let [up, down] = scaling::compile_scaling(&input, observed, &mut notes)?;
    // What machines need behind them is there before they are, and stays until they are gone.
    let [larger, as_written] = resizing::compile_resizing(&input, observed, &mut notes)?;
    let (mut up, mut down) = (larger.into_iter().chain(up), down.into_iter().chain(as_written));

    let managed = managed::targets(&input, observed, &mut notes)?;

    let mut phases = Vec::new();
    for phase in Phase::ALL {
        let mut steps = approvals(plan, phase, input.to);
        match phase {
            Phase::Preflight => {
                steps.extend(traffic.guards());
                let before = checks.extract_if(.., |check| check.when == When::Before);
                steps.extend(before.map(|check| checks::step(check, phase, Duration::ZERO)));
            }
            Phase::Scale => steps.extend(up.by_ref()),
            Phase::Finish => steps.extend(down.by_ref()),
            Phase::Switch => steps.extend(traffic.switch()),
            Phase::Verify => {
                steps.extend(traffic.verify());
                steps.extend(checks.drain(..).map(|check| checks::step(check, phase, slowest_cache)));
            }
            Phase::Observe => {
                steps.extend(traffic.observe());
                steps.extend(watch.take());
            }
            _ => {}
        }
        steps.extend(databases::compile_databases(&input, &managed, phase, slowest_cache, &mut notes)?);
        steps.extend(commands::compile_commands(&input, phase)?);
        if !steps.is_empty() {
            phases.push(RunPhase { phase, steps });
        }
    }

    let mut run = Run {
        version: RUN_VERSION,
        plan: plan.name.clone(),
        plan_file: plan.file.to_string_lossy().into_owned(),
        job: direction,
        mode,
        from: Endpoint { side: from, region: plan.region(from).clone() },
        to: Endpoint { side: from.other(), region: plan.region(from.other()).clone() },
        rto_ms: plan.objectives.rto.map(milliseconds),
        rpo_ms: plan.objectives.rpo.filter(|_| plan.has_databases()).map(milliseconds),
        phases,
        notes,
        owners: Vec::new(),
        drill: None,
    };
    noted.tell(&mut run);
    Ok(with_target_note(run))
}

fn approvals(plan: &DrPlan, phase: Phase, to: Side) -> Vec<Step> {
    let waiting = plan.approvals.iter().filter(|approval| approval.before == phase);
    waiting
        .map(|approval| Step {
            id: format!("{phase}/approval/{}", approval.name),
            title: format!("approval {} before {phase}, towards the {to}", approval.name),
            phase,
            timeout_ms: 0,
            retry: Retry { attempts: 1, pause_ms: 0 },
            calls: Vec::new(),
            point_of_no_return: false,
            action: Action::Approval { name: approval.name.clone() },
        })
        .collect()
}

/// Says so where nothing proves that the side which takes over can serve.
fn with_target_note(mut run: Run) -> Run {
    run.notes.extend(unproven_target(&run, Severity::Warning));
    run
}

/// A run in which no check before the switch looks at the side that takes over. A run warns of it, since the
/// other side may be gone; a standby that nothing proves is not ready.
pub(crate) fn unproven_target(run: &Run, severity: Severity) -> Option<Finding> {
    let proves = |check: &CheckStep| check.when == When::Before && check.gate;
    let proven = run.steps().any(|step| matches!(&step.action, Action::Check(check) if proves(check)));
    (!proven).then(|| {
        let message = format!("no check before the switch looks at the {}, which is to take over", run.to.side);
        Finding::new(codes::F_NO_TARGET_CHECK, severity, Subject::Plan { name: run.plan.clone() }, message)
            .with(Evidence::fact("region", run.to.region.to_string()))
            .remedy("add a check with side = \"target\" and when = [\"before\"]")
    })
}

/// Whole milliseconds; no duration of a plan comes near the end of the type.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A record as messages name it, `app.shop.test A`.
pub(crate) fn label(record: &pilotlight_plan::TrafficRecord) -> String {
    format!("{} {}", record.name, record.record_type)
}
