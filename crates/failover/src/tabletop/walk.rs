//! The walk itself.

use super::{around, phases};
use crate::{Environment, Expected, Run, RunReport};
use pilotlight_plan::{DrPlan, Phase};

/// Something to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Stable and readable, unique in the plan: `approval/commander`.
    pub id: String,
    /// A phase, or `before` and `afterwards`.
    pub part: String,
    /// One sentence that ends with a question mark.
    pub question: String,
    /// What is known about it, one line each.
    pub facts: Vec<String>,
    /// What to do where it cannot be answered with yes.
    pub remedy: String,
}

/// What is known beside the plan.
pub struct Known<'a> {
    /// The failover as it would be compiled now, or why that is not known.
    pub run: Result<&'a Run, &'a str>,
    /// The newest failover that succeeded and was measured, where there is one; why that is not known.
    pub measured: Result<Option<&'a RunReport>, &'a str>,
    /// What past runs let expect of it; why that is not known.
    pub expected: Result<&'a Expected, &'a str>,
    /// What the databases said of their lag, one line each.
    pub lag: &'a [String],
    /// The environment of the machine that asks.
    pub environment: &'a dyn Environment,
}

/// Every question of a plan, in the order of a run.
pub fn walk(plan: &DrPlan, known: &Known<'_>) -> Vec<Question> {
    let mut questions = around::before(plan, known);
    for phase in Phase::ALL {
        questions.extend(phases::of(plan, phase, known));
    }
    questions.extend(around::afterwards(plan, known));
    questions
}

/// One question, without what is known about it.
pub(super) fn ask(
    part: impl Into<String>,
    id: impl Into<String>,
    question: impl Into<String>,
    remedy: impl Into<String>,
) -> Question {
    Question { part: part.into(), id: id.into(), question: question.into(), remedy: remedy.into(), facts: Vec::new() }
}

impl Question {
    /// Adds what is known.
    #[must_use]
    pub(super) fn knowing(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.facts.extend(facts);
        self
    }
}
