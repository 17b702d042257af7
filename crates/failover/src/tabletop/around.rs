//! What has to be known before a run begins, and after it.

use super::walk::{Known, Question, ask};
use crate::NextApply;
use crate::objectives::{recovery_time, seconds};
use pilotlight_findings::codes;
use pilotlight_plan::{CheckKind, DrPlan, Value, format_duration};
use std::collections::BTreeMap;
use std::time::Duration;

const BEFORE: &str = "before";
const AFTERWARDS: &str = "afterwards";

pub(super) fn before(plan: &DrPlan, known: &Known<'_>) -> Vec<Question> {
    let mut questions = vec![begin(plan), journal(plan), rehearsal(known)];
    questions.extend(variables(plan, known));
    questions.extend(roles(plan));
    questions.push(rto(plan, known));
    questions.extend(rpo(plan, known));
    questions
}

fn begin(plan: &DrPlan) -> Question {
    let question = format!("Who decides that {} is given up, and by which signs?", plan.primary);
    let remedy =
        "name the person and a deputy, and write down the signs: nobody decides that alone at three in the morning";
    ask(BEFORE, "begin", question, remedy).knowing([format!(
        "the command is pilotlight failover {}; --mode ungraceful where the primary is dead, --primary-down to ask it \
         nothing",
        plan.file.display()
    )])
}

fn journal(plan: &DrPlan) -> Question {
    let first = plan.journal.first().map_or("", String::as_str);
    let question = format!(
        "Can everybody who is on call reach the journal {first} when {} is gone, and do they know --journal for when \
         they cannot?",
        plan.primary
    );
    let remedy = "let each of them run pilotlight run list PLAN from their own machine";
    let is_folder = !first.contains("://") || first.starts_with("file:");
    let folder = is_folder.then(|| {
        "it is a folder of the machine that begins the run: from any other nobody sees, approves or resumes it"
            .to_owned()
    });
    let copies = match plan.journal.get(1..).unwrap_or_default() {
        [] => "it has no copy".to_owned(),
        copies => format!("copies: {}", copies.join(", ")),
    };
    ask(BEFORE, "journal", question, remedy).knowing(folder.into_iter().chain([copies]))
}

fn rehearsal(known: &Known<'_>) -> Question {
    let question = "Has everybody who may have to carry this out done it once, or watched it?";
    let remedy = "drill it together in a quiet hour: pilotlight drill live PLAN";
    let last = match known.measured {
        Ok(Some(run)) => {
            let day = run.started_at.get(..10).unwrap_or(&run.started_at);
            format!("the last one was on {day}, by {}", run.operator)
        }
        Ok(None) => "no failover of this plan was ever carried out to its end".to_owned(),
        Err(cause) => format!("past runs are not known: {cause}"),
    };
    ask(BEFORE, "rehearsal", question, remedy).knowing([last])
}

/// Each environment variable of the plan, with who needs it.
fn variables(plan: &DrPlan, known: &Known<'_>) -> Vec<Question> {
    let add = |value: &Value, user: String, users: &mut BTreeMap<String, Vec<String>>| {
        for name in value.env_names() {
            let of = users.entry(name.to_owned()).or_default();
            if !of.contains(&user) {
                of.push(user.clone());
            }
        }
    };
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for database in &plan.databases {
        let values = [&database.primary, &database.standby].into_iter();
        let programs = database.resync.iter().chain(&database.resync_standby).flatten();
        values.chain(programs).for_each(|value| add(value, format!("database {}", database.name), &mut found));
    }
    for step in &plan.steps {
        let values = step.run.iter().chain(step.undo.iter().flatten());
        values.for_each(|value| add(value, format!("program {}", step.name), &mut found));
    }
    for check in &plan.checks {
        let values: Vec<&Value> = match &check.kind {
            CheckKind::Http { url, headers, .. } => std::iter::once(url).chain(headers.values()).collect(),
            CheckKind::Tcp { address } => vec![address],
            CheckKind::Dns { name, expect, server, .. } => std::iter::once(name).chain(expect).chain(server).collect(),
            CheckKind::Command { run } => run.iter().collect(),
        };
        values.into_iter().for_each(|value| add(value, format!("check {}", check.name), &mut found));
    }
    found
        .into_iter()
        .map(|(name, of)| {
            let set = if known.environment.variable(&name).is_some() { "set" } else { "not set" };
            let question =
                format!("Who has {name} at hand at night, and where does it come from when {} is gone?", plan.primary);
            let remedy = "keep it where the standby's people reach it: a run does not begin without it";
            ask(BEFORE, format!("variable/{name}"), question, remedy)
                .knowing([format!("needed by {}", of.join(", ")), format!("it is {set} on this machine")])
        })
        .collect()
}

fn roles(plan: &DrPlan) -> Vec<Question> {
    let mut roles: Vec<&str> = plan.stacks.iter().filter_map(|stack| stack.role.as_deref()).collect();
    roles.sort_unstable();
    roles.dedup();
    let question = |role: &str| {
        let question = format!("May everybody who is on call assume {role}, and with {} gone as well?", plan.primary);
        ask(BEFORE, format!("role/{role}"), question, "try it: pilotlight validate PLAN as each of them")
    };
    roles.into_iter().map(question).collect()
}

fn rto(plan: &DrPlan, known: &Known<'_>) -> Question {
    let Some(rto) = plan.objectives.rto else {
        let question = "How long may the service be away? The plan has no RTO: who says, and by what?";
        return ask(BEFORE, "rto", question, "agree on it, and write objectives { rto = \"…\" } into the plan");
    };
    let question = format!("Does everybody who was promised something know that it may take {}?", format_duration(rto));
    let run = known.run.ok();
    let mut facts = recovery_time(&plan.name, rto, run, known.measured.ok().flatten());
    // What is not known is not "never"; and the objective itself is in the question.
    facts.facts.retain(|fact| !fact.starts_with("RTO ") && (known.measured.is_ok() || fact != "never measured"));
    facts.findings.retain(|finding| finding.code != codes::V_NEVER_REHEARSED);
    let limits = facts.findings.into_iter().map(|finding| finding.message);
    let expected = known.expected.ok().filter(|expected| expected.past_runs > 0).map(|expected| {
        let until = seconds(Duration::from_millis(expected.until_verified_ms));
        format!("by {} past runs {until} until traffic is verified, and the TTL", expected.past_runs)
    });
    ask(BEFORE, "rto", question, "hold it against what was measured; then shorten the plan, or the promise")
        .knowing(facts.facts.into_iter().chain(limits).chain(expected))
}

fn rpo(plan: &DrPlan, known: &Known<'_>) -> Option<Question> {
    if !plan.has_databases() {
        return None;
    }
    let question = match plan.objectives.rpo {
        Some(rpo) => format!(
            "Is it agreed that up to {} of writes may be lost with {}, and who tells the customers which?",
            format_duration(rpo),
            plan.primary
        ),
        None => "How much of the newest data may be lost? The plan has no RPO: who says, and by what?".to_owned(),
    };
    let lag = match known.lag {
        [] => vec!["how far the standbys are behind today is not known".to_owned()],
        lag => lag.iter().map(|line| format!("today: {line}")).collect(),
    };
    Some(ask(BEFORE, "rpo", question, "agree on it with whoever owns the data").knowing(lag))
}

pub(super) fn afterwards(plan: &DrPlan, known: &Known<'_>) -> Vec<Question> {
    let mut questions = vec![releases(plan, known)];
    let question = format!("Who repairs {} before traffic goes back, and who says when?", plan.primary);
    questions.push(ask(AFTERWARDS, "failback", question, "name them; a failback is refused while the primary differs"));
    for database in &plan.databases {
        let id = format!("database/{}/resync", database.name);
        questions.push(match &database.resync {
            Some(program) => ask(
                AFTERWARDS,
                id,
                format!(
                    "Did {} bring {} back lately, on real data, and how long did it take?",
                    program_of(program),
                    database.name
                ),
                "rehearse the failback: pilotlight drill live PLAN",
            )
            .knowing([format!("it may take {}", format_duration(database.resync_timeout))]),
            None => ask(
                AFTERWARDS,
                id,
                format!(
                    "How is the old server of {} made a standby again, as the plan has no program for it?",
                    database.name
                ),
                "write resync into its database block",
            ),
        });
    }
    questions
}

fn releases(plan: &DrPlan, known: &Known<'_>) -> Question {
    let stacks: Vec<&str> = plan.stacks.iter().map(|stack| stack.name.as_str()).collect();
    let question = format!("Does every pipeline that applies {} ask pilotlight freeze check first?", stacks.join(", "));
    let owners = known.run.map_or(&[][..], |run| &run.owners);
    let undoing = owners.iter().filter(|owner| matches!(owner.next_apply, NextApply::Reverts | NextApply::Unknown));
    ask(AFTERWARDS, "releases", question, "put it before each apply: docs/control.md shows how")
        .knowing(undoing.map(ToString::to_string))
}

/// The program's name, of its arguments.
pub(super) fn program_of(run: &[Value]) -> String {
    run.first()
        .and_then(Value::known)
        .and_then(|known| known.as_str().map(str::to_owned))
        .unwrap_or("the program".into())
}
