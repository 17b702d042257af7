//! What a team has answered.
//!
//! Persisted format, version 1: `{"version": 1, "plan": "shop", "answers": [{"id", "question", "answer", "note", "by",
//! "at"}]}`, JSON as every other value that Pilotlight writes and reads back: what a session writes can be prepared,
//! reviewed and given again. An answer holds for the very words that were asked: where the plan changed and the question
//! with it, it is asked anew.

use super::Question;
use pilotlight_findings::{Code, Explain, codes};
use serde::{Deserialize, Serialize};

/// Version of the JSON that [`Answers`] serializes to.
pub const ANSWERS_VERSION: u32 = 1;

/// The answers of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// [`ANSWERS_VERSION`]
    pub version: u32,
    /// The plan's name.
    pub plan: String,
    /// In the order in which they were given.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The question's id.
    pub id: String,
    /// The question, as it was asked.
    pub question: String,
    /// What was said.
    pub answer: Said,
    /// In their words: the names, the place, the number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Who, `user@host`.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// It is known, and the note says it.
    Yes,
    /// It is not.
    No,
    /// Somebody has to find out.
    Later,
}

/// Why a file of answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It is no JSON, or not that of answers.
    #[error("read it as answers of a tabletop drill")]
    Syntax(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("read answers of version {found}: this program knows version {ANSWERS_VERSION}")]
    Version {
        /// The version inside.
        found: u32,
    },
    /// It is about another plan.
    #[error("use answers of plan {found} for plan {wanted}")]
    OtherPlan {
        /// The plan inside.
        found: String,
        /// The plan that is walked.
        wanted: String,
    },
}

impl Explain for AnswersError {
    fn code(&self) -> Code {
        codes::F_TABLETOP_ANSWERS
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Syntax(_) => "pilotlight drill tabletop PLAN --format json has the questions and their ids".into(),
            Self::Version { .. } => "use the program that wrote it".into(),
            Self::OtherPlan { .. } => "name that plan's own file of answers".into(),
        })
    }
}

impl Answers {
    /// None yet.
    pub fn none(plan: &str) -> Self {
        Self { version: ANSWERS_VERSION, plan: plan.to_owned(), answers: Vec::new() }
    }

    /// Reads a file of them.
    ///
    /// # Errors
    /// It is none, is of another version, or of another plan.
    pub fn read(text: &str, plan: &str) -> Result<Self, AnswersError> {
        let answers: Self = serde_json::from_str(text)?;
        if answers.version != ANSWERS_VERSION {
            return Err(AnswersError::Version { found: answers.version });
        }
        if answers.plan != plan {
            return Err(AnswersError::OtherPlan { found: answers.plan, wanted: plan.to_owned() });
        }
        Ok(answers)
    }

    /// The newest answer to these very words.
    pub fn to(&self, question: &Question) -> Option<&Answer> {
        self.answers.iter().rfind(|answer| answer.id == question.id && answer.question == question.question)
    }

    /// Puts a newer answer in the place of the one before.
    pub fn put(&mut self, answer: Answer) {
        self.answers.retain(|other| other.id != answer.id);
        self.answers.push(answer);
    }
}
