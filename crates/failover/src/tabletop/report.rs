//! What a tabletop drill came to.
//!
//! Published format, version 1: a JSON object with the fields of [`TabletopReport`], `docs/schema/tabletop.json`.

use super::{Answer, Answers, Known, Question, Said, walk};
use crate::objectives::seconds;
use pilotlight_findings::{Finding, Severity, Subject, codes};
use pilotlight_plan::{DrPlan, format_duration};
use serde::Serialize;
use std::time::Duration;

/// Version of the JSON that [`TabletopReport`] serializes to.
pub const TABLETOP_SCHEMA_VERSION: u32 = 1;

/// The report of a tabletop drill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TabletopReport {
    /// [`TABLETOP_SCHEMA_VERSION`]
    pub schema_version: u32,
    /// The plan's name.
    pub plan: String,
    /// Why the run could not be compiled, so that the plan alone was walked; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_alone: Option<String>,
    /// RTO and RPO: objective, expected, measured.
    pub objectives: Vec<TabletopFact>,
    /// Every question, in the order of a run, with its answer.
    pub questions: Vec<Asked>,
    /// What to fix: what was answered with no, then what is open.
    pub fix: Vec<Finding>,
}

/// An objective against what is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TabletopFact {
    /// `RTO` or `RPO`
    pub objective: String,
    /// The plan's word, `15m`; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// What past runs let expect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was measured last, and when, or `not known`; absent where nothing ever was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// A phase, or `before` and `afterwards`.
    pub part: String,
    /// The question.
    pub question: String,
    /// What is known about it.
    pub facts: Vec<String>,
    /// The answer to these very words, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// Walks the plan, and holds the answers against it.
pub fn tabletop_report(plan: &DrPlan, known: &Known<'_>, answers: &Answers) -> TabletopReport {
    let questions = walk(plan, known);
    let fix = [Said::No, Said::Later].iter().flat_map(|said| to_fix(plan, &questions, answers, *said)).collect();
    TabletopReport {
        schema_version: TABLETOP_SCHEMA_VERSION,
        plan: plan.name.clone(),
        plan_alone: known.run.err().map(str::to_owned),
        objectives: objectives(plan, known),
        questions: questions
            .into_iter()
            .map(|question| Asked {
                answer: answers.to(&question).cloned(),
                id: question.id,
                part: question.part,
                question: question.question,
                facts: question.facts,
            })
            .collect(),
        fix,
    }
}

/// With `No` what was answered so, with `Later` that and what nobody answered.
fn to_fix(plan: &DrPlan, questions: &[Question], answers: &Answers, said: Said) -> Vec<Finding> {
    let found = questions.iter().filter_map(|question| {
        let answer = answers.to(question);
        let now = answer.map_or(Said::Later, |answer| answer.answer);
        (now == said).then(|| {
            let (code, severity) = match said {
                Said::No => (codes::F_TABLETOP_NO, Severity::Error),
                Said::Yes | Said::Later => (codes::F_TABLETOP_OPEN, Severity::Warning),
            };
            let note = answer.map(|answer| answer.note.as_str()).filter(|note| !note.is_empty());
            let message = match note {
                Some(note) => format!("{} ({note})", question.question),
                None => question.question.clone(),
            };
            let subject = Subject::Plan { name: plan.name.clone() };
            Finding::new(code, severity, subject, message).remedy(question.remedy.clone())
        })
    });
    found.collect()
}

fn objectives(plan: &DrPlan, known: &Known<'_>) -> Vec<TabletopFact> {
    let day = |at: &str| at.get(..10).unwrap_or(at).to_owned();
    let expected = known.expected.ok().filter(|expected| expected.past_runs > 0);
    let last = known.measured.ok().flatten();
    // Absent is never; what is not known is another thing.
    let unknown = || known.measured.err().map(|_| "not known".to_owned());
    let measured = last.and_then(|run| Some((run.recovery_time.measured_ms?, day(&run.started_at))));
    let told = |ms: u64| seconds(Duration::from_millis(ms));
    let mut facts = vec![TabletopFact {
        objective: "RTO".into(),
        wanted: plan.objectives.rto.map(format_duration),
        expected: expected.map(|expected| told(expected.until_verified_ms)),
        measured: measured.map(|(ms, day)| format!("{} on {day}", told(ms))).or_else(unknown),
    }];
    if plan.has_databases() {
        let point = last.and_then(|run| Some((run.recovery_point.as_ref()?, day(&run.started_at))));
        let lost = point.map(|(point, day)| match (point.lost_writes.as_str(), point.measured_ms) {
            ("none", _) => format!("nothing lost on {day}"),
            (_, Some(ms)) => format!("at most {} on {day}", told(ms)),
            (_, None) => format!("not known on {day}"),
        });
        facts.push(TabletopFact {
            objective: "RPO".into(),
            wanted: plan.objectives.rpo.map(format_duration),
            expected: (!known.lag.is_empty()).then(|| format!("today {}", known.lag.join("; "))),
            measured: lost.or_else(unknown),
        });
    }
    facts
}

impl TabletopReport {
    /// How many questions were answered with yes.
    pub fn answered(&self) -> usize {
        let yes = |asked: &&Asked| asked.answer.as_ref().is_some_and(|answer| answer.answer == Said::Yes);
        self.questions.iter().filter(yes).count()
    }

    /// The program's exit code: 0 where every question was answered with yes, else 2.
    pub fn exit_code(&self) -> u8 {
        if self.fix.is_empty() { 0 } else { 2 }
    }
}
