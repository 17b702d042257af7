//! What can be wrong with a plan.

mod errors;
mod remedy;

pub use errors::PlanErrors;
use pilotlight_findings::{Region, Side, Span};
use std::fmt;

/// One thing that is wrong with a plan, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError(Box<Place>);

/// Boxed, so that a result with this error stays small.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    problem: Problem,
    span: Option<Span>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.problem.fmt(f)
    }
}

impl std::error::Error for PlanError {}

/// What is wrong. Each sentence fits after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is no HCL.
    #[error("parse the plan: {message}")]
    Syntax {
        /// What was wanted there.
        message: String,
        /// What to do, where the mistake is a known one.
        hint: Option<&'static str>,
    },
    /// A name that the language does not have.
    #[error("find {what} {name:?}: {place} has none of that name")]
    UnknownName {
        /// `the attribute`, `the block`, `the function`
        what: &'static str,
        /// As written.
        name: String,
        /// Where it was looked for: `a stack block`.
        place: String,
        /// The nearest name that is there.
        suggestion: Option<String>,
        /// The names that are there.
        known: Vec<String>,
    },
    /// An attribute that belongs in another block.
    #[error("use {name:?} {place}: it belongs in {home}")]
    Misplaced {
        /// As written.
        name: String,
        /// Where it was written: `in a stack block`, `at the top of a plan`.
        place: String,
        /// Where it belongs: `the standby block`.
        home: String,
    },
    /// A block that has other labels than it should.
    #[error("read the labels of a {block} block: it has {found}, and {wanted} wanted")]
    Labels {
        /// The block's name.
        block: &'static str,
        /// How many there are.
        found: usize,
        /// `1 is`, `2 are`
        wanted: String,
        /// How to write it.
        example: String,
    },
    /// A name of the plan's own in a shape that it cannot have.
    #[error("use {name:?} as a name: {reason}")]
    Name {
        /// As written.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something required is not there.
    #[error("find {what} in {place}")]
    Missing {
        /// `the attribute "source"`
        what: String,
        /// `stack "app"`
        place: String,
        /// How to write it.
        example: String,
    },
    /// A value of another type than the place has.
    #[error("read {what} as {wanted}: it is {found}")]
    Type {
        /// `the attribute "tier"`
        what: String,
        /// `a whole number`
        wanted: String,
        /// `a list`
        found: &'static str,
        /// How to write it.
        example: String,
    },
    /// A value that the place cannot have.
    #[error("use {value} for {what}: {reason}")]
    Value {
        /// `the attribute "zone"`
        what: String,
        /// As written, in quotes where it is a text.
        value: String,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// A text that is no duration.
    #[error("read {text:?} as a duration for {what}: {reason}")]
    Duration {
        /// `the attribute "timeout"`
        what: String,
        /// As written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The same thing twice.
    #[error("use {what} twice: {first} has it already")]
    Duplicate {
        /// `the name "app" for a stack`
        what: String,
        /// Where it stands first: a line of the file.
        first: String,
    },
    /// A stack that the plan does not have.
    #[error("find stack {name:?}, which {by} names")]
    NoStack {
        /// As written.
        name: String,
        /// `the depends_on of stack "app"`, `an expression`
        by: String,
        /// The nearest stack that is there.
        suggestion: Option<String>,
        /// The stacks that are there.
        known: Vec<String>,
    },
    /// Stacks that wait for one another.
    #[error("put the stacks in order: {}", circle(chain))]
    Cycle {
        /// The circle, its first stack again at the end.
        chain: Vec<String>,
    },
    /// A stack that depends on one that is recovered later.
    #[error("put the stacks in order: {stack:?} of tier {tier} depends on {on:?} of the later tier {on_tier}")]
    Tiers {
        /// The stack.
        stack: String,
        /// Its tier.
        tier: u32,
        /// The stack that it depends on.
        on: String,
        /// Its tier.
        on_tier: u32,
    },
    /// Primary and standby in one region.
    #[error("use {0} as the standby: it is the primary's region")]
    SameRegion(Region),
    /// A password or token in clear.
    #[error("take the {what} from the plan: a secret must not be written there")]
    Secret {
        /// Which kind of secret, and where.
        what: String,
        /// Whether the place is written into Terraform's files, where `env` is not taken either.
        for_terraform: bool,
    },
    /// `env("X")` that is not set.
    #[error("read the environment variable {0}: it is not set")]
    NoEnv(String),
    /// `var.x` without a value.
    #[error("find a value for var.{name}")]
    NoVar {
        /// As written.
        name: String,
        /// The nearest that was given.
        suggestion: Option<String>,
    },
    /// A record that cannot be moved.
    #[error("move the record {name} {record_type}: {reason}")]
    Record {
        /// As written.
        name: String,
        /// As written.
        record_type: String,
        /// Why not.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// An expression that is not part of the language.
    #[error("evaluate {what}: {reason}")]
    Expression {
        /// `a conditional`, `the reference stack.app`
        what: String,
        /// Why not.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// An output that a state does not have.
    #[error("find output {name:?} in the {side} state of stack {stack:?}")]
    NoOutput {
        /// The stack.
        stack: String,
        /// The output.
        name: String,
        /// Whose state.
        side: Side,
    },
    /// A path that leads nowhere.
    #[error("take {segment} of {reference}: in the {side} state there is {found}")]
    NoSuchElement {
        /// The whole reference.
        reference: String,
        /// Whose state.
        side: Side,
        /// The step that failed.
        segment: String,
        /// What is there.
        found: String,
    },
    /// A list or map where one text is wanted.
    #[error("use {reference} as a text: in the {side} state it is {found}")]
    OutputNotText {
        /// The whole reference.
        reference: String,
        /// Whose state.
        side: Side,
        /// What is there.
        found: &'static str,
    },
    /// Both sides would write one state.
    #[error("tell the standby state of stack {stack:?} from the primary's: both are {url}")]
    StandbyState {
        /// The stack.
        stack: String,
        /// The state's URL.
        url: String,
    },
}

impl PlanError {
    pub(crate) fn new(problem: Problem, span: Option<Span>) -> Self {
        Self(Box::new(Place { problem, span }))
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
}

fn circle(chain: &[String]) -> String {
    match chain {
        [stack, _] => format!("{stack:?} depends on itself"),
        _ => format!("{} depend on one another in a circle", chain.join(" -> ")),
    }
}
