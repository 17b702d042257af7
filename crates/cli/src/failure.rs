//! How an error reaches a person: one sentence, the cause, the line, what to do next, the code.

use crate::exit::Exit;
use crate::output::Screen;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};
use pilotlight_findings::{Code, Explain, Finding, Severity, Span, Subject, codes};
use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// An error on its way out of the program.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: Code,
    sentence: String,
    causes: Vec<String>,
    span: Option<Span>,
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
    /// From any error that has a code. Exit 1 unless [`Failure::exit`] says otherwise.
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
        Self {
            exit: Exit::Error,
            code: error.code(),
            sentence: error.to_string(),
            causes,
            span: error.span().cloned(),
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
        self.sentence = format!("use {name}: {}", self.sentence);
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
        Self {
            exit: Exit::Error,
            code: codes::U_USAGE,
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
            code: codes::U_IO,
            sentence: doing.into(),
            causes: vec![error.to_string()],
            span: None,
            remedy: None,
            also: Vec::new(),
        }
    }

    /// Ends the program with another code than 1.
    #[must_use]
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A refusal by a safety rule as a finding: what stops a run makes a standby not ready.
    ///
    /// # Errors
    /// Any other failure comes back: it says nothing about the standby.
    pub(crate) fn into_finding(self, plan: &str) -> Result<Finding, Self> {
        if self.exit != Exit::Refused {
            return Err(self);
        }
        let subject = match self.span {
            Some(span) => Subject::File { span },
            None => Subject::Plan { name: plan.to_owned() },
        };
        let message = format!("a failover would be refused: failed to {}", self.sentence);
        let mut finding = Finding::new(self.code, Severity::Error, subject, message);
        finding.remedy = self.remedy;
        Ok(finding)
    }

    /// Prints it to stderr and gives the exit code.
    pub(crate) fn report(&self, screen: &Screen) -> ExitCode {
        for failure in std::iter::once(self).chain(&self.also) {
            screen.error(&failure.render(screen.stderr_color()));
        }
        self.exit.into()
    }

    fn render(&self, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(100)
            .render_report(&mut text, &Shown::of(self));
        text
    }
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
        let source = failure.span.as_ref().and_then(|span| {
            let text = std::fs::read_to_string(&span.file).ok()?;
            // A file that changed since must not be quoted at a wrong place.
            (span.bytes.1 <= text.len()).then(|| NamedSource::new(&span.file, text))
        });
        let cause = failure.causes.iter().rev().fold(None, |inner, text| {
            Some(Cause { text: text.clone(), inner: inner.map(Box::new) })
        });
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
            (Some(span), None) => write!(f, " ({span})"),
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
        Some(miette::Severity::Error)
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.failure.remedy.as_ref().map(|remedy| Box::new(remedy) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.failure.span.as_ref()?;
        self.source.as_ref()?;
        let label = LabeledSpan::new(None, span.bytes.0, span.bytes.1.saturating_sub(span.bytes.0));
        Some(Box::new(std::iter::once(label)))
    }
}
