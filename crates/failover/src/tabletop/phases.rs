//! What each phase asks.

use super::around::program_of;
use super::walk::{Known, Question, ask};
use crate::{Action, Plane, Run};
use pilotlight_plan::{CommandStep, DrPlan, Method, Phase, Resize, TrafficSet, When, format_duration};
use std::time::Duration;

pub(super) fn of(plan: &DrPlan, phase: Phase, known: &Known<'_>) -> Vec<Question> {
    let mut questions = approvals(plan, phase);
    questions.extend(match phase {
        Phase::Fence => databases(plan, fence),
        Phase::Promote => databases(plan, promote),
        Phase::Scale => scale(plan, known),
        Phase::Switch => traffic(plan, known),
        Phase::Verify => checks(plan),
        Phase::Observe => observe(plan).into_iter().collect(),
        _ => Vec::new(),
    });
    questions.extend(plan.steps.iter().filter(|step| step.phase == phase).flat_map(|step| program(plan, step)));
    questions.extend(known.run.iter().flat_map(|run| calls(run, phase)));
    questions
}

fn approvals(plan: &DrPlan, phase: Phase) -> Vec<Question> {
    let waiting = plan.approvals.iter().filter(|approval| approval.before == phase);
    let question = |name: &str| {
        let question = format!("Who says yes to {name} before {phase}, and who stands in when they do not answer?");
        ask(phase.as_str(), format!("approval/{name}"), question, "write both names beside the approval in the plan")
            .knowing(["pilotlight run approve says it from any machine that reaches the journal".to_owned()])
    };
    waiting.map(|approval| question(&approval.name)).collect()
}

fn program(plan: &DrPlan, step: &CommandStep) -> [Question; 2] {
    let (name, program, phase) = (&step.name, program_of(&step.run), step.phase.as_str());
    let runs = ask(
        phase,
        format!("program/{name}"),
        format!("Does {program} ({name}) do its work when {} is gone?", plan.primary),
        "read what it calls, and run it with the primary region blocked",
    )
    .knowing([format!("it may take {}", format_duration(step.timeout))]);
    let undo = match &step.undo {
        Some(undo) => format!("{} takes it back", program_of(undo)),
        None => "it has no undo: what it did stays when the run is rolled back".to_owned(),
    };
    let after = match step.phase < Phase::Switch {
        true => "the run rolls back by itself",
        false => "the run waits for a person, who resumes it or leaves the step out",
    };
    let fails = ask(
        phase,
        format!("program/{name}/fails"),
        format!("Does whoever is on call know what to do when {program} ({name}) fails?"),
        "write it into the program's own message: the run shows its last lines",
    )
    .knowing([after.to_owned(), undo]);
    [runs, fails]
}

fn databases(plan: &DrPlan, question: fn(&DrPlan, &str) -> Question) -> Vec<Question> {
    let names = plan.databases.iter().map(|database| &database.name);
    names.chain(plan.managed.iter().map(|database| &database.name)).map(|name| question(plan, name)).collect()
}

fn fence(plan: &DrPlan, name: &str) -> Question {
    let question =
        format!("Who makes sure that {name} in {} takes no more writes when it does not answer?", plan.primary);
    ask(
        Phase::Fence.as_str(),
        format!("database/{name}/fence"),
        question,
        "name the way: its network, its power, its account",
    )
    .knowing(["a graceful run stops where the fence is not proven; an ungraceful one goes on, and says so".to_owned()])
}

fn promote(_plan: &DrPlan, name: &str) -> Question {
    let question = format!("Who decides to promote {name} where writes are missing, or may be?");
    ask(Phase::Promote.as_str(), format!("database/{name}/promote"), question, "name who owns the data, and a deputy")
        .knowing(["a promotion has no undo: the way back is a failback with its data".to_owned()])
}

fn scale(plan: &DrPlan, known: &Known<'_>) -> Vec<Question> {
    let steps: Vec<_> = known.run.iter().flat_map(|run| run.steps()).collect();
    let question = |address: &str, stack: &str, desired: u32, timeout: Duration| {
        let now = steps.iter().find_map(|step| match &step.action {
            Action::Scale(scale) if scale.address == address && scale.stack == stack => Some(scale.from),
            _ => None,
        });
        let question = format!(
            "Will {} give {desired} instances to {address} when everybody else asks for them as well?",
            plan.standby
        );
        let remedy = "reserve capacity, or keep more running; pilotlight validate looks at the quotas";
        let id = format!("scale/{stack}/{address}");
        ask(Phase::Scale.as_str(), id, question, remedy).knowing(
            now.map(|now| format!("there are {now} now"))
                .into_iter()
                .chain([format!("it may take {}", format_duration(timeout))]),
        )
    };
    let groups = plan.scale.iter();
    let groups = groups.map(|scale| question(&scale.address, &scale.stack, scale.desired, scale.timeout));
    groups.chain(plan.resize.iter().map(|resize| of_terraform(plan, resize))).collect()
}

/// A size that Terraform gives needs more than AWS: the state, the lock and the provider's program.
fn of_terraform(plan: &DrPlan, resize: &Resize) -> Question {
    let question = format!(
        "Can whoever is on call run Terraform for stack {} with {} gone, to give {} its size?",
        resize.stack, plan.primary, resize.address
    );
    let remedy = "keep its state, its lock and its providers where the standby's people reach them, and try it there";
    let id = format!("scale/{}/{}", resize.stack, resize.address);
    ask(Phase::Scale.as_str(), id, question, remedy)
        .knowing([format!("it may take {}", format_duration(resize.timeout))])
}

fn traffic(plan: &DrPlan, known: &Known<'_>) -> Vec<Question> {
    let mut questions: Vec<Question> =
        plan.traffic.iter().flat_map(|set| [way(plan, set), caches(set, known)]).collect();
    let last = known.run.ok().and_then(|run| run.steps().find(|step| step.point_of_no_return));
    let question = "Who decides after the switch whether to go on or back, and within what time?";
    let point = last.map(|step| format!("from {} on a failure waits for a person", step.id));
    let rto = plan.objectives.rto.map(|rto| format!("the RTO is {}", format_duration(rto)));
    questions.push(
        ask(
            Phase::Switch.as_str(),
            "no-return",
            question,
            "name the person and a limit: without one they wait too long",
        )
        .knowing(point.into_iter().chain(rto)),
    );
    questions
}

fn way(plan: &DrPlan, set: &TrafficSet) -> Question {
    let (name, part) = (&set.name, Phase::Switch.as_str());
    let id = format!("traffic/{name}");
    match &set.method {
        Method::Signal(signal) => ask(
            part,
            id,
            format!("Has somebody seen the health check of {name} follow its signal, there and back?"),
            "drill it: pilotlight drill live PLAN",
        )
        .knowing([format!("the signal is {}", signal.url)]),
        Method::Record | Method::Weighted(_) => ask(
            part,
            id,
            format!("What moves {name} when Route 53's control plane in us-east-1 does not answer?"),
            "method signal needs no control plane; else agree how long to wait for it",
        )
        .knowing(
            (plan.primary.as_str() == "us-east-1").then(|| "it is in the primary region, and lost with it".to_owned()),
        ),
    }
}

fn caches(set: &TrafficSet, known: &Known<'_>) -> Question {
    let read = known.run.iter().flat_map(|run| run.record_changes()).filter(|changes| changes.traffic == set.name);
    let read = read.flat_map(|changes| &changes.records).filter_map(|record| record.before.ttl).max();
    let written = set.records.iter().filter_map(|record| record.ttl).max();
    let names: Vec<&str> = set.records.iter().map(|record| record.name.as_str()).collect();
    let fact = match (read.map(Duration::from_secs), written) {
        (Some(ttl), _) => format!("the TTL is {}", format_duration(ttl)),
        (None, Some(ttl)) => format!("the plan expects a TTL of {}", format_duration(ttl)),
        (None, None) => "its TTL is not known".to_owned(),
    };
    ask(
        Phase::Switch.as_str(),
        format!("traffic/{}/caches", set.name),
        format!("Which clients keep {} longer than its TTL, and what is done about them?", names.join(", ")),
        "look for long-lived connections, resolvers of programs and partners that pin addresses",
    )
    .knowing([fact])
}

fn checks(plan: &DrPlan) -> Vec<Question> {
    let after = plan.checks.iter().filter(|check| check.when.contains(&When::After));
    let question = |name: &str| {
        let question = format!("Can whoever is on call tell why check {name} is red after the switch, and mend it?");
        ask(Phase::Verify.as_str(), format!("check/{name}"), question, "write down where to look, and whom to call")
    };
    let mut questions: Vec<Question> = after.map(|check| question(&check.name)).collect();
    if questions.is_empty() {
        let question = "Who looks whether customers are served after the switch, as no check does?";
        questions.push(ask(
            Phase::Verify.as_str(),
            "check",
            question,
            "add a check with when = [\"before\", \"after\"]",
        ));
    }
    questions
}

fn observe(plan: &DrPlan) -> Option<Question> {
    let observe = plan.observe.as_ref()?;
    let question = format!(
        "Who watches for {} after the switch, on which graphs, and what would make them go back?",
        format_duration(observe.duration)
    );
    let quota = format!("the run stops where more than {} of the probes fail", observe.errors);
    Some(
        ask(Phase::Observe.as_str(), "observe", question, "agree on the graphs and on one number that sends you back")
            .knowing([quota]),
    )
}

/// Calls of the phase that are answered by the region that is left.
fn calls(run: &Run, phase: Phase) -> Vec<Question> {
    let steps = run.steps().filter(|step| step.phase == phase);
    let needs = steps.flat_map(|step| step.calls.iter().map(move |call| (step, call)));
    let needs =
        needs.filter(|(_, call)| call.plane == Plane::Control && call.region.as_ref() == Some(&run.from.region));
    let mut questions: Vec<Question> = Vec::new();
    for (step, call) in needs {
        let id = format!("call/{phase}/{}:{}", call.service, call.operation);
        match questions.iter_mut().find(|question| question.id == id) {
            Some(question) => question.facts.push(format!("step {}", step.id)),
            None => {
                let question = format!(
                    "What is done when {} {} in {} does not answer?",
                    call.service, call.operation, run.from.region
                );
                let remedy = "rehearse it with --primary-down: pilotlight failover PLAN --primary-down --dry-run";
                questions.push(ask(phase.as_str(), id, question, remedy).knowing([format!("step {}", step.id)]));
            }
        }
    }
    questions
}
