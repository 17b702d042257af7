//! How an error reaches a person: one sentence, the cause, the line, what to do next, the code.

use crate::exit::Exit;
use crate::output::Screen;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};
use pilotlight_findings::{Code, Evidence, Explain, Finding, Severity, Span, Subject, codes};
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// An error on its way out of the program.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// A failure that the job goes on from.
    warning: bool,
    code: Code,
    sentence: String,
    causes: Vec<String>,
    span: Option<Box<Span>>,
    remedy: Option<String>,
    /// Further errors of the same input, each whole.
    also: Vec<Failure>,
}

impl<E: Explain + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::explain(&error)
    }
}

impl Failure {
    /// From any error that has a code. Exit 1 unless [`Failure::exit`] says otherwise, or the error is itself a refusal:
    /// a call to the region that `--primary-down` rules out, whoever was about to make it.
    pub(crate) fn explain(error: &dyn Explain) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Libraries repeat their source's text in their own; a reader needs it once.
            if !causes.iter().any(|seen: &String| seen.contains(&text)) {
                causes.push(text);
            }
            source = cause.source();
        }
        if causes.len() > 2 {
            // Between what was tried and what stopped it stand the layers of a library.
            causes.drain(1..causes.len() - 1);
        }
        let refused = error.code() == codes::R_PRIMARY_NEEDED;
        Self {
            exit: if refused { Exit::Refused } else { Exit::Error },
            warning: false,
            code: error.code(),
            sentence: error.to_string(),
            causes,
            span: error.span().cloned().map(Box::new),
            remedy: error.remedy(),
            also: Vec::new(),
        }
    }

    /// Several errors of one input, told one after the other; `whole` stands in where the list is empty.
    pub(crate) fn several<'a>(errors: impl Iterator<Item = &'a dyn Explain>, whole: &dyn Explain) -> Self {
        let mut all = errors.map(Self::explain);
        let mut first = all.next().unwrap_or_else(|| Self::explain(whole));
        first.also = all.collect();
        first
    }

    /// Says which file or object it is about, where the error itself does not know.
    #[must_use]
    pub(crate) fn about(mut self, name: &str) -> Self {
        self.sentence = format!("use {name}: could not {}", self.sentence);
        self
    }

    /// Names the plan in the commands of the remedies, so that they can be copied.
    #[must_use]
    pub(crate) fn naming(mut self, plan: &Path) -> Self {
        for failure in std::iter::once(&mut self.remedy).chain(self.also.iter_mut().map(|other| &mut other.remedy)) {
            *failure = failure.take().map(|remedy| with_plan(&remedy, plan));
        }
        self
    }

    /// Says what to do next.
    #[must_use]
    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// A wrong use of the program that clap cannot see.
    pub(crate) fn usage(sentence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::coded(codes::U_USAGE, sentence, remedy)
    }

    /// An error of this program's own with this code; `sentence` fits after "failed to".
    pub(crate) fn coded(code: Code, sentence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit: Exit::Error,
            warning: false,
            code,
            sentence: sentence.into(),
            causes: Vec::new(),
            span: None,
            remedy: Some(remedy.into()),
            also: Vec::new(),
        }
    }

    /// Input or output that failed; `doing` fits after "failed to".
    pub(crate) fn io(doing: impl Into<String>, error: impl Error) -> Self {
        Self {
            exit: Exit::Error,
            warning: false,
            code: codes::U_IO,
            sentence: doing.into(),
            causes: vec![error.to_string()],
            span: None,
            remedy: None,
            also: Vec::new(),
        }
    }

    /// In one line, for the middle of something else.
    pub(crate) fn to_line(&self) -> String {
        std::iter::once(format!("failed to {}", self.sentence))
            .chain(self.causes.iter().cloned())
            .collect::<Vec<_>>()
            .join(": ")
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// Whether lines of its file may be shown: a state holds passwords in the clear, also on the lines
    /// beside the wrong one.
    fn may_be_quoted(&self) -> bool {
        !self.code.as_str().starts_with(STATE_CODES)
    }

    /// Ends the program with another code than 1.
    #[must_use]
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A refusal by a safety rule as a finding: what stops a run makes a standby not ready. So does an output that the
    /// plan takes from a state and that is not there, as after a rebuild or a destroy that came half way.
    ///
    /// # Errors
    /// Any other failure comes back: it says nothing about the standby.
    pub(crate) fn into_finding(self, plan: &str) -> Result<Finding, Self> {
        let not_there = [codes::P_OUTPUT, codes::F_NO_GROUP, codes::F_NO_SIZE, codes::F_NOT_SETTABLE];
        if self.exit != Exit::Refused && !not_there.contains(&self.code) {
            return Err(self);
        }
        let subject = match &self.span {
            Some(span) => Subject::File { span: (**span).clone() },
            None => Subject::Plan { name: plan.to_owned() },
        };
        let mut finding = self.finding(subject);
        finding.message = format!("a failover would be refused: {}", finding.message);
        Ok(finding)
    }

    /// The failure as a finding, where something was done already and a report tells how far it came.
    pub(crate) fn finding(&self, subject: Subject) -> Finding {
        let message = format!("failed to {}", self.sentence);
        let mut finding = Finding::new(self.code, Severity::Error, subject, message);
        finding.evidence = self.causes.iter().map(|cause| Evidence::fact("because", cause)).collect();
        finding.remedy = self.remedy.clone();
        finding
    }

    /// Prints it to stderr and gives the exit code.
    pub(crate) fn report(&self, screen: &Screen) -> ExitCode {
        for (number, failure) in std::iter::once(self).chain(&self.also).enumerate() {
            if number > 0 {
                screen.error("\n");
            }
            screen.error(&failure.render(screen));
        }
        self.exit.into()
    }

    /// Prints it to stderr as something that the job goes on from.
    pub(crate) fn warn(mut self, screen: &Screen) {
        self.warning = true;
        screen.error(&self.render(screen));
    }

    fn render(&self, screen: &Screen) -> String {
        let theme = if screen.stderr_color() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let mut text = String::new();
        // No wrapping: paths and commands stay whole, to be copied from a terminal and found in a log.
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_wrap_lines(false);
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut text, &Shown::of(self));
        text
    }
}

/// The letter of the state part's codes.
const STATE_CODES: &str = "PL-S";

/// Commands in remedies have the word PLAN where the plan's path belongs.
pub(crate) fn with_plan(remedy: &str, plan: &Path) -> String {
    let plan = quoted(&plan.to_string_lossy());
    let mut text = String::with_capacity(remedy.len());
    let mut rest = remedy;
    while let Some(at) = rest.find(PLACEHOLDER) {
        let (before, after) = (&rest[..at], &rest[at + PLACEHOLDER.len()..]);
        let whole = !after.starts_with(|next: char| next.is_alphanumeric());
        text.push_str(before);
        text.push_str(if whole { " " } else { PLACEHOLDER });
        text.push_str(if whole { &plan } else { "" });
        rest = after;
    }
    text + rest
}

const PLACEHOLDER: &str = " PLAN";

/// A path as a shell takes it.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=:,~".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// The failure as miette wants it, with the lines of the file at hand.
#[derive(Debug)]
struct Shown<'a> {
    failure: &'a Failure,
    source: Option<NamedSource<String>>,
    cause: Option<Cause>,
}

impl<'a> Shown<'a> {
    fn of(failure: &'a Failure) -> Self {
        let source = failure.span.as_ref().filter(|_| failure.may_be_quoted()).and_then(|span| {
            let text = std::fs::read_to_string(&span.file).ok()?;
            // A file that changed since must not be quoted at a wrong place.
            (span.bytes.1 <= text.len()).then(|| NamedSource::new(&span.file, text))
        });
        let cause = failure
            .causes
            .iter()
            .rev()
            .fold(None, |inner, text| Some(Cause { text: text.clone(), inner: inner.map(Box::new) }));
        Self { failure, source, cause }
    }
}

#[derive(Debug)]
struct Cause {
    text: String,
    inner: Option<Box<Cause>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.as_deref().map(|cause| cause as _)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.failure.sentence)?;
        match (&self.failure.span, &self.source) {
            (Some(span), None) if !self.failure.sentence.contains(&span.to_string()) => write!(f, " ({span})"),
            _ => Ok(()),
        }
    }
}

impl Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl miette::Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.failure.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.failure.warning { miette::Severity::Warning } else { miette::Severity::Error })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.failure.remedy.as_ref().map(|remedy| Box::new(remedy) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.failure.span.as_ref()?;
        let text = self.source.as_ref()?.inner();
        let marked = text.get(span.bytes.0..span.bytes.1).unwrap_or_default();
        // Of what goes over many lines, the first one shows where it begins.
        let length = marked.find(['\r', '\n']).unwrap_or(marked.len());
        let label = LabeledSpan::new(None, span.bytes.0, length);
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_plan() {
        let text = "see `pilotlight run list PLAN`; pilotlight rebuild PLAN --apply; set PLANET";
        let named = Failure::usage("x", text).naming(Path::new("my plans/a.hcl")).remedy.expect("remedy");
        assert_eq!(
            named,
            "see `pilotlight run list 'my plans/a.hcl'`; pilotlight rebuild 'my plans/a.hcl' --apply; set PLANET"
        );
    }
}
