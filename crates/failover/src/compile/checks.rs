use super::sensitive::refuse_sensitive;
use super::{Input, LOOK_PAUSE, calls, milliseconds};
use crate::{Action, Call, CheckStep, CompileError, Header, Probe, Retry, Step, Text};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{Check, CheckKind, CheckSide, Phase, PlanError, Value, When};
use std::time::Duration;

/// Beside a check's own timeout and the resolvers' caches: how long a service may take to serve after
/// its first request, with caches cold and connections to be made.
const WARM_UP: Duration = Duration::from_secs(60);
/// The longest that one probe takes before the side that traffic leaves counts as red: it may be dead,
/// and nobody waits for it.
const LEFT_SIDE_PROBE: Duration = Duration::from_secs(5);

/// The plan's checks at each of their moments. A check of the side that traffic leaves which cannot be
/// resolved, because that side's state is gone with it, becomes a note: a lost side never stops a run.
pub(crate) fn compile_checks(input: &Input<'_>, notes: &mut Vec<Finding>) -> Result<Vec<CheckStep>, CompileError> {
    let mut checks = Vec::new();
    for check in &input.plan.checks {
        for when in &check.when {
            let side = check.side.at(*when, input.from);
            refuse_sensitive(&format!("check {}", check.name), values(&check.kind), side, input.outputs)?;
            let gate = *when == When::After || side == input.to;
            match compile_probe(input, check, side) {
                Ok(probe) => checks.push(CheckStep {
                    name: check.name.clone(),
                    when: *when,
                    gate,
                    direct: direct(check),
                    probe_timeout_ms: milliseconds(if gate {
                        check.timeout
                    } else {
                        check.timeout.min(LEFT_SIDE_PROBE)
                    }),
                    probe,
                }),
                Err(error) if side == input.from => notes.push(left_out(check, *when, &error)),
                Err(source) => {
                    return Err(CompileError::Unresolved { what: format!("check {}", check.name), source });
                }
            }
        }
    }
    Ok(checks)
}

fn left_out(check: &Check, when: When, error: &PlanError) -> Finding {
    let subject = Subject::Check { name: check.name.clone() };
    let message = format!("left out {} the switch: its target is not known ({error})", moment(when));
    Finding::new(codes::F_CHECK_LEFT_OUT, Severity::Info, subject, message)
}

/// Whether a check looks at a side itself, and not at wherever DNS leads.
fn direct(check: &Check) -> bool {
    check.side != CheckSide::Active || values(&check.kind).into_iter().any(|value| !value.outputs().is_empty())
}

/// The values of a check that may name outputs.
fn values(kind: &CheckKind) -> Vec<&Value> {
    match kind {
        CheckKind::Http { url, headers, .. } => std::iter::once(url).chain(headers.values()).collect(),
        CheckKind::Tcp { address } => vec![address],
        CheckKind::Dns { name, expect, server, .. } => std::iter::once(name).chain(expect).chain(server).collect(),
        CheckKind::Command { run } => run.iter().collect(),
    }
}

fn compile_probe(input: &Input<'_>, check: &Check, side: Side) -> Result<Probe, Box<PlanError>> {
    let text = |value| Text::of(value, side, input.outputs);
    let list = |values| Text::list_of(values, side, input.outputs);
    Ok(match &check.kind {
        CheckKind::Http { url, expect_status, expect_body, headers } => Probe::Http {
            url: text(url)?,
            expect_status: *expect_status,
            expect_body: expect_body.clone(),
            headers: headers
                .iter()
                .map(|(name, value)| Ok(Header { name: name.clone(), value: text(value)? }))
                .collect::<Result<_, Box<PlanError>>>()?,
        },
        CheckKind::Tcp { address } => Probe::Tcp { address: text(address)? },
        CheckKind::Dns { name, record_type, expect, server } => Probe::Dns {
            name: text(name)?,
            record_type: record_type.clone(),
            expect: list(expect)?,
            server: server.as_ref().map(text).transpose()?,
        },
        CheckKind::Command { run } => Probe::Command { run: list(run)? },
    })
}

fn moment(when: When) -> &'static str {
    match when {
        When::Before => "before",
        When::After => "after",
    }
}

/// The step of a check. `caches` is how long resolvers may go on answering with the old values.
pub(crate) fn step(check: CheckStep, phase: Phase, caches: Duration) -> Step {
    let moment = moment(check.when);
    let probe = Duration::from_millis(check.probe_timeout_ms);
    let patience = match (check.when, check.gate) {
        (When::After, _) => probe + caches + WARM_UP,
        (When::Before, _) => probe,
    };
    Step {
        id: format!("{phase}/check/{}", check.name),
        title: match check.gate {
            true => format!("check {} is green {moment}", check.name),
            false => format!("check {} is recorded {moment}", check.name),
        },
        phase,
        timeout_ms: milliseconds(patience),
        retry: Retry { attempts: 1, pause_ms: milliseconds(LOOK_PAUSE) },
        calls: vec![call(&check.probe)],
        point_of_no_return: false,
        action: Action::Check(check),
    }
}

pub(super) fn call(probe: &Probe) -> Call {
    match probe {
        Probe::Http { url, .. } => calls::data("http", &url.to_string()),
        Probe::Tcp { address } => calls::data("tcp", &address.to_string()),
        Probe::Dns { name, .. } => calls::data("dns", &name.to_string()),
        Probe::Command { run } => calls::command(&run.first().map(Text::to_string).unwrap_or_default()),
    }
}
