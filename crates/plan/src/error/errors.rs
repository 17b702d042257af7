use super::{PlanError, Problem};
use pilotlight_findings::{Code, Explain, Span};
use std::fmt;

/// Everything that is wrong with a plan, in the order of the file. There is at least one error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanErrors {
    file: String,
    first: PlanError,
    others: Vec<PlanError>,
}

impl PlanErrors {
    /// The errors in the order of the file, those without a place at the end; none where there is none.
    pub(crate) fn new(file: &str, mut errors: Vec<PlanError>) -> Option<Self> {
        errors.sort_by_key(|error| error.span().map_or((usize::MAX, usize::MAX), |span| span.bytes));
        errors.dedup();
        let mut errors = errors.into_iter();
        let first = errors.next()?;
        Some(Self { file: file.to_owned(), first, others: errors.collect() })
    }

    /// One error about the whole file.
    pub(crate) fn one(file: &str, problem: Problem) -> Self {
        let first = PlanError::new(problem, Some(Span::of(file, "", 0..0)));
        Self { file: file.to_owned(), first, others: Vec::new() }
    }

    /// The errors, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &PlanError> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How many there are: one or more.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }
}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.others.is_empty() {
            self.first.fmt(f)
        } else {
            write!(f, "read the plan {}: it has {} errors", self.file, self.count())
        }
    }
}

impl std::error::Error for PlanErrors {}

impl Explain for PlanErrors {
    fn code(&self) -> Code {
        self.first.code()
    }

    fn span(&self) -> Option<&Span> {
        self.first.span()
    }

    fn remedy(&self) -> Option<String> {
        self.first.remedy()
    }
}
