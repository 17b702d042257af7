use pilotlight_findings::{Code, Explain, Span, codes};

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the ignore pattern {text:?}: {problem}")]
pub struct IgnoreError {
    /// The pattern as it is written.
    pub text: String,
    /// Where it stands; of a command line, the option and which one.
    pub span: Span,
    /// What is wrong with it.
    pub problem: IgnoreProblem,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreProblem {
    /// There is none, or none after the `!`.
    #[error("there is nothing in it")]
    Empty,
    /// A `\` at the end, with nothing to escape.
    #[error("nothing follows the last backslash")]
    DanglingEscape,
    /// A `[` without its `]`.
    #[error("a bracket is not closed")]
    OpenBracket,
    /// `[z-a]`
    #[error("a range in brackets goes backwards")]
    BackwardRange,
}

impl Explain for IgnoreError {
    fn code(&self) -> Code {
        codes::D_IGNORE_PATTERN
    }

    fn span(&self) -> Option<&Span> {
        Some(&self.span)
    }

    fn remedy(&self) -> Option<String> {
        Some(
            match self.problem {
                IgnoreProblem::Empty => "write it as in aws_iam_role.* or aws_instance.web.tags, or remove it",
                IgnoreProblem::DanglingEscape => "write \\\\ for a backslash of an id",
                IgnoreProblem::OpenBracket => {
                    "close it, as in module.app[0] or tags[\"Team\"], or write \\[ for a bracket of an id"
                }
                IgnoreProblem::BackwardRange => "write the lower letter first, as in [a-z]",
            }
            .to_owned(),
        )
    }
}
