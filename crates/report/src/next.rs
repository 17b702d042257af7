//! What a person does next about a run: the command lines, ready to copy.

use crate::clean::line;
use pilotlight_failover::{Intervention, RunReport, StepReport};
use pilotlight_findings::{Subject, codes};

/// What stands for the plan file where the caller does not know it.
const PLAN: &str = "PLAN";

/// A way on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NextStep {
    /// What it does, lower case.
    pub(crate) what: String,
    /// The command line.
    pub(crate) command: String,
}

/// What can be done now, the usual way first.
pub(crate) fn steps(run: &RunReport, plan_file: Option<&str>) -> Vec<NextStep> {
    let plan = on_plan(plan_file);
    let id = quoted(&run.run);
    let job = quoted(&run.job);
    let on_run = |subcommand: &str, rest: &str| format!("pilotlight run {subcommand} {plan} {id}{rest}");
    let next = |what: &str, command: String| NextStep { what: what.to_owned(), command };
    let drill =
        || next("go on with the drill, once the cause is gone", format!("pilotlight drill live {plan} --resume"));
    let resume = || match run.drill {
        Some(_) => drill(),
        None => next("continue, once the cause is gone", on_run("resume", "")),
    };
    let reason = " --reason \"…\"";
    let abort = || next("give up, and undo what can be undone", on_run("abort", reason));
    let again =
        || next(&format!("start the {} again, once nothing does", line(&run.job)), format!("pilotlight {job} {plan}"));
    let on_step =
        |subcommand: &str, step: &StepReport| on_run(subcommand, &format!(" --step {}{reason}", quoted(&step.step)));
    match run.outcome.as_str() {
        "succeeded" if run.drill.as_deref() == Some("away") => {
            vec![next("bring traffic home, as the drill will", format!("pilotlight drill live {plan} --resume"))]
        }
        "succeeded" if run.job == "failover" => {
            vec![next("move the traffic back, when the primary is well", format!("pilotlight failback {plan}"))]
        }
        "stopped" if is_being_undone(run) => {
            let continued = next("go on undoing, once the cause is gone", on_run("resume", ""));
            // What has made a standby of the server that is gone back to cannot be left out any more.
            let skip = stopped_at(run).filter(|step| !makes_a_standby(step) || step.status == "in_doubt");
            let skip = skip.map(|step| next(left_out_of_the_way_back(step), on_step("skip", step)));
            let withdraw = next(
                "go forward again, and do once more what was undone",
                on_run("abort", &format!(" --withdraw{reason}")),
            );
            std::iter::once(continued).chain(skip).chain([withdraw]).collect()
        }
        "stopped" => match stopped_at(run) {
            Some(step) if is_approval(step) => {
                let then = run.drill.as_ref().map(|_| next("then go on with the drill", drill().command));
                std::iter::once(next("approve, and go on", on_step("approve", step)))
                    .chain(then)
                    .chain([abort()])
                    .collect()
            }
            Some(step) if step.status != "pending" => {
                vec![resume(), next(left_out(step), on_step("skip", step)), abort()]
            }
            _ if run.drill.is_some() => vec![next("continue", drill().command), abort()],
            _ => vec![next("continue", on_run("resume", "")), abort()],
        },
        "unfinished" => vec![
            next("see whether it still runs", on_run("show", "")),
            next("continue, when no executor is alive", on_run("resume", "")),
            next("take it from an executor that may be alive", on_run("resume", " --takeover")),
            abort(),
        ],
        "rolled_back" | "aborted" => {
            let look = next("look for what stands in the way", format!("pilotlight validate {plan}"));
            match left_a_promotion(run) {
                true => vec![
                    next(
                        "see what to make before the next run",
                        format!("pilotlight explain {}", codes::F_UNPROTECTED),
                    ),
                    look,
                ],
                false => vec![look, again()],
            }
        }
        "failed" => {
            let mut ways = vec![
                next("see what was done and what was not", on_run("show", "")),
                next("look for what stands in the way", format!("pilotlight validate {plan}")),
            ];
            ways.extend((!left_a_promotion(run)).then(again));
            ways
        }
        _ => Vec::new(),
    }
}

fn makes_a_standby(step: &StepReport) -> bool {
    step.step.starts_with("finish/resync/")
}

/// What it means to leave a step out of the way back.
fn left_out_of_the_way_back(step: &StepReport) -> &'static str {
    match step.step.as_str() {
        id if id.starts_with("promote/release/") => "leave that server as it is, which may take writes",
        id if id.starts_with("promote/") => {
            "go back past it all the same, by your word (the reason says what it costs)"
        }
        _ if makes_a_standby(step) => "go back to that server all the same, by your word that its program has ended",
        id if id.starts_with("fence/database/") => "leave the fence: that server takes no writes",
        _ => "leave this out of the way back",
    }
}

/// What it means to leave a step out of the way forward.
fn left_out(step: &StepReport) -> &'static str {
    match step.step.as_str() {
        id if id.starts_with("fence/database/") => {
            "go on without the fence: what the old server takes from now on is lost"
        }
        id if id.starts_with("promote/database/") => {
            "go on without the promotion: nobody can write until you promote it"
        }
        id if id.starts_with("promote/release/") => "go on without it: nobody can write until you let that server",
        id if id.starts_with("verify/database/") => "go on, and look yourself whether that server takes writes",
        _ => "leave this step out, and go on",
    }
}

/// The plan's file as a word of a command line.
pub(crate) fn on_plan(plan_file: Option<&str>) -> String {
    plan_file.map_or_else(|| PLAN.to_owned(), quoted)
}

/// Whether the run went back from a promotion that nothing takes back: the next one is refused as things are.
fn left_a_promotion(run: &RunReport) -> bool {
    run.findings.iter().any(|finding| finding.code == codes::F_UNPROTECTED)
}

/// Whether the run only undoes: it was turned around, and nobody took that back since.
fn is_being_undone(run: &RunReport) -> bool {
    last_turn(run).is_some_and(|turn| turn.what == "rollback")
}

fn last_turn(run: &RunReport) -> Option<&Intervention> {
    run.interventions.iter().rfind(|one| ["rollback", "withdrawn"].contains(&one.what.as_str()))
}

/// The step that a stopped run waits at: the one that it names, else the first that is not settled.
fn stopped_at(run: &RunReport) -> Option<&StepReport> {
    let steps = || run.phases.iter().flat_map(|phase| &phase.steps);
    let named = run.findings.iter().find_map(|finding| match &finding.subject {
        Subject::Step { step, .. } if finding.code == codes::F_STOPPED => Some(step),
        _ => None,
    });
    if let Some(step) = named.and_then(|named| steps().find(|step| step.step == *named)) {
        return Some(step);
    }
    steps()
        .find(|step| matches!(step.status.as_str(), "failed" | "unknown" | "in_doubt"))
        .or_else(|| steps().find(|step| step.status == "pending"))
}

/// Compiled runs name the step of an approval `<phase>/approval/<name>`, and a traffic set that is called
/// so as well has another title.
fn is_approval(step: &StepReport) -> bool {
    step.step.split('/').nth(1) == Some("approval") && step.title.starts_with("approval ")
}

/// The text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let text = line(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("plans/shop.hcl"), "plans/shop.hcl");
        assert_eq!(quoted("my plan.hcl"), "'my plan.hcl'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
