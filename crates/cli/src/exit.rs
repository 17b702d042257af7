//! The exit codes, DESIGN's table: one meaning each.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; or nothing to report.
    Done,
    /// Bad input, no access; nothing changed.
    Error,
    /// Drift, or not ready.
    Findings,
    /// Something could not be read.
    Incomplete,
    /// Refused by a safety rule.
    Refused,
    /// The run failed and was rolled back.
    RolledBack,
    /// The run stopped and waits for a person.
    Waiting,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Findings => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::RolledBack => 5,
            Self::Waiting => 6,
        }
    }
}

impl Exit {
    /// What the engine says of a run, in its own numbers.
    pub(crate) fn of_run(code: u8) -> Self {
        [Self::Done, Self::Refused, Self::RolledBack]
            .into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Self::Waiting)
    }

    /// What a drill's report says, in its own numbers.
    pub(crate) fn of_drill(code: u8) -> Self {
        if code == Self::Findings.code() { Self::Findings } else { Self::of_run(code) }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<pilotlight_findings::Verdict> for Exit {
    fn from(verdict: pilotlight_findings::Verdict) -> Self {
        use pilotlight_findings::Verdict;
        match verdict {
            Verdict::Clean => Self::Done,
            Verdict::Findings => Self::Findings,
            Verdict::Incomplete => Self::Incomplete,
        }
    }
}

/// Prints what clap has to say. Help and version are data; a wrong command line is exit 1, since 2 says
/// that findings were made.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        // `pilotlight help | head` is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Error.into(),
        _ if error.use_stderr() => Exit::Error.into(),
        _ => Exit::Done.into(),
    }
}
