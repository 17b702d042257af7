//! What reading a plan carries along: the text, the inputs, and the errors so far.

use crate::error::{PlanError, Problem};
use crate::inputs::Inputs;
use crate::name;
use pilotlight_findings::{Explain as _, Position, Region, Span};
use std::ops::Range;

/// Reads one plan. Errors are noted, and reading goes on, so that all of them are told at once.
pub(crate) struct Reader<'a> {
    /// The file as it was named.
    pub(crate) file: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
    /// The environment and the variables.
    pub(crate) inputs: &'a Inputs,
    /// The stacks for which there is a block, also one with errors.
    pub(crate) stacks: Vec<String>,
    /// What `region.primary` and `region.standby` are.
    pub(crate) regions: Regions,
    /// What is wrong.
    pub(crate) errors: Vec<PlanError>,
}

/// What `region.primary` and `region.standby` are.
pub(crate) enum Regions {
    /// They were read.
    Known {
        /// `region.primary`
        primary: Region,
        /// `region.standby`
        standby: Region,
    },
    /// They have errors, which were noted.
    Unknown,
    /// This is the place that tells them.
    BeingRead,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str, inputs: &'a Inputs) -> Self {
        Self { file, text, inputs, stacks: Vec::new(), regions: Regions::BeingRead, errors: Vec::new() }
    }

    /// The place in the file.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span::of(self.file, self.text, range)
    }

    /// Notes an error.
    pub(crate) fn fail(&mut self, range: Range<usize>, problem: Problem) {
        let span = self.span(range);
        self.fail_at(span, problem);
    }

    /// Notes an error at a place that is known already.
    pub(crate) fn fail_at(&mut self, span: Span, problem: Problem) {
        // A secret can be told by its name and by its shape; once is enough.
        let told = |error: &PlanError| {
            matches!(error.problem(), Problem::Secret { .. })
                && error.span().is_some_and(|other| other.bytes == span.bytes)
        };
        if matches!(problem, Problem::Secret { .. }) && self.errors.iter().any(told) {
            return;
        }
        self.errors.push(PlanError::new(problem, Some(span)));
    }

    /// `line 12`, for errors that name a second place.
    pub(crate) fn line_of(&self, offset: usize) -> String {
        format!("line {}", Position::of(self.text, offset).line)
    }

    /// The error for a stack that is not there.
    pub(crate) fn no_stack(&self, stack: &str, by: String) -> Problem {
        Problem::NoStack {
            name: stack.to_owned(),
            by,
            suggestion: name::nearest(stack, self.stacks.iter().map(String::as_str)),
            known: self.stacks.clone(),
        }
    }

    /// Notes a name of the plan's own that is not one.
    pub(crate) fn check_name(&mut self, name: &str, range: Range<usize>) {
        if let Some(reason) = name::wrong_with(name) {
            self.fail(range, Problem::Name { name: name.to_owned(), reason });
        }
    }
}

/// Names that were seen, each with where it stands first.
pub(crate) struct Seen {
    what: &'static str,
    names: Vec<(String, usize)>,
}

impl Seen {
    /// For names of one kind: `stack`.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, names: Vec::new() }
    }

    /// Notes an error where the name was seen before.
    pub(crate) fn add(&mut self, reader: &mut Reader<'_>, name: &str, range: Range<usize>) {
        match self.names.iter().find(|(seen, _)| seen == name) {
            Some((_, first)) => {
                let problem =
                    Problem::Duplicate { what: format!("the {} {name:?}", self.what), first: reader.line_of(*first) };
                reader.fail(range, problem);
            }
            None => self.names.push((name.to_owned(), range.start)),
        }
    }
}
