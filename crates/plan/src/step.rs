//! The `step` and `approval` blocks: what a plan adds to the phases of a run.

use crate::Value;
use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A group of steps of a run, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Look, and change nothing.
    Preflight,
    /// Stop what would change things meanwhile.
    Freeze,
    /// Make sure that the old side takes no more writes.
    Fence,
    /// Make the standby's data the leading one.
    Promote,
    /// From pilot light to full size.
    Scale,
    /// Move the traffic: the point of no return.
    Switch,
    /// Observe that it arrived.
    Verify,
    /// Watch for a while.
    Observe,
    /// Clear up.
    Finish,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 9] = [
        Self::Preflight,
        Self::Freeze,
        Self::Fence,
        Self::Promote,
        Self::Scale,
        Self::Switch,
        Self::Verify,
        Self::Observe,
        Self::Finish,
    ];

    /// Its name in plans, journals and reports.
    pub fn as_str(self) -> &'static str {
        PHASES[self as usize]
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The phases' names, in the order of [`Phase::ALL`].
const PHASES: &[&str] = &["preflight", "freeze", "fence", "promote", "scale", "switch", "verify", "observe", "finish"];

/// A program that a run starts in one of its phases.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandStep {
    /// Its name, unique among the steps of the plan.
    pub name: String,
    /// When it runs.
    pub phase: Phase,
    /// The program and its arguments; never empty. No shell is between.
    pub run: Vec<Value>,
    /// What takes it back; never empty where there is one.
    pub undo: Option<Vec<Value>>,
    /// How long it may take.
    pub timeout: Duration,
    /// The block's head.
    pub span: Span,
}

/// A person has to say yes before a phase begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who or what for; unique among the approvals of the plan.
    pub name: String,
    /// The phase that waits.
    pub before: Phase,
    /// The block's head.
    pub span: Span,
}

pub(crate) static COMMAND: BlockRow = BlockRow {
    name: "step",
    kind: Some("command"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "A program of your own that a run starts in one of its phases. Exit code 0 is done. Steps of one phase run in the \
          order of the file. Outputs in it are those of the \
          side that takes over. A command and its undo \
          have to be safe to repeat, also after half of their work: after a kill or a time-out they are started \
          again, and an undo may run for a command that never finished. A Pilotlight that is killed does not end \
          a command that is running. On the same machine the next program of the plan waits for it; from another one \
          it may be started beside it, so it has to be safe there.",
    example: r#"step "command" "pause-batch" {
  phase   = "freeze"
  run     = ["./scripts/pause-batch.sh"]
  undo    = ["./scripts/resume-batch.sh"]
  timeout = "2m"
}"#,
    attributes: &[
        AttributeRow {
            name: "phase",
            of: Type::Word(PHASES),
            need: Need::Required,
            doc: "The phase in which it runs.",
            example: r#""freeze""#,
        },
        AttributeRow {
            name: "run",
            of: Type::Values,
            need: Need::Required,
            doc: "The program and its arguments. No shell is between, and it starts in the plan's folder.",
            example: r#"["./scripts/pause-batch.sh"]"#,
        },
        AttributeRow {
            name: "undo",
            of: Type::Values,
            need: Need::Optional,
            doc: "What takes it back when the run rolls back.",
            example: r#"["./scripts/resume-batch.sh"]"#,
        },
        AttributeRow {
            name: "timeout",
            of: Type::Duration { least: 1, most: LONGEST_SECONDS },
            need: Need::Default(r#""5m""#),
            doc: "How long it may take. A step that is stopped by its timeout is unknown, not failed.",
            example: r#""2m""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};

pub(crate) static APPROVAL: BlockRow = BlockRow {
    name: "approval",
    kind: None,
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "A person has to say yes before a phase begins; until then the run stops and waits.",
    example: r#"approval "incident-commander" { before = "switch" }"#,
    attributes: &[AttributeRow {
        name: "before",
        of: Type::Word(PHASES),
        need: Need::Required,
        doc: "The phase that waits.",
        example: r#""switch""#,
    }],
    any_attribute: None,
    blocks: &[],
};
