use crate::lock::{self, Lock};
use crate::unsaved::UnsavedState;
use pilotlight_findings::{Code, Explain, Finding, Severity, Span, Subject, codes};
use std::path::PathBuf;

/// Why an operation of Terraform gave no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program could not be started.
    #[error("start {} in {}", program.display(), dir.display())]
    Start {
        /// Which program.
        program: PathBuf,
        /// In which directory.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its output could not be read.
    #[error("read the output of {command} in {}", dir.display())]
    Pipe {
        /// `terraform plan …`
        command: String,
        /// In which directory.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It ended with an error.
    #[error("run {command} in {}{}", dir.display(), told(findings, output))]
    Failed {
        /// `terraform plan …`
        command: String,
        /// In which directory.
        dir: PathBuf,
        /// Its exit code; none where a signal ended it.
        exit: Option<i32>,
        /// What it had to say, with places in the HCL.
        findings: Vec<Finding>,
        /// Lines that it wrote beside its JSON: a panic, a plugin's own words.
        output: String,
    },
    /// Another program holds the lock of the state.
    #[error("lock the state of {}: {lock}", dir.display())]
    Locked {
        /// In which directory.
        dir: PathBuf,
        /// `terraform` or `tofu`
        program: &'static str,
        /// Who holds it, as its store says.
        lock: Box<Lock>,
        /// What Terraform had to say.
        findings: Vec<Finding>,
    },
    /// What it made is in a state that it could not save.
    #[error("save the state of {} after {command}: {}", dir.display(), place(state))]
    Unsaved {
        /// `terraform apply …`
        command: String,
        /// In which directory.
        dir: PathBuf,
        /// `terraform` or `tofu`
        program: &'static str,
        /// Where the state is.
        state: UnsavedState,
        /// What Terraform had to say.
        findings: Vec<Finding>,
    },
    /// The directory's backend was never initialized, or is another one since.
    #[error("run {command} in {}: its backend is not initialized", dir.display())]
    NotInitialized {
        /// `terraform state pull`
        command: String,
        /// In which directory.
        dir: PathBuf,
        /// `terraform` or `tofu`
        program: &'static str,
    },
    /// It was asked to end, and ended.
    #[error("finish {command} in {}: it was {}", dir.display(), if *killed { "killed" } else { "interrupted" })]
    Interrupted {
        /// `terraform apply …`
        command: String,
        /// In which directory.
        dir: PathBuf,
        /// Whether it was killed before it could end by itself.
        killed: bool,
        /// What it had to say.
        findings: Vec<Finding>,
    },
    /// It ended well and what it printed is not what its documentation says.
    #[error("understand the output of {command} in {}", dir.display())]
    Output {
        /// `terraform output …`
        command: String,
        /// In which directory.
        dir: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

fn place(state: &UnsavedState) -> String {
    match state {
        UnsavedState::File(file) => format!("it is in {}", file.display()),
        UnsavedState::Cut(file) => format!("there was no room for all of it in {}", file.display()),
        UnsavedState::Text(_) => "there was no room for it".to_owned(),
    }
}

/// The first error that Terraform named, or the end of what it wrote.
fn told(findings: &[Finding], output: &str) -> String {
    if let Some(finding) = first_error(findings).map(|index| &findings[index]) {
        return match &finding.subject {
            Subject::File { span } => format!(": {} ({span})", finding.message),
            _ => format!(": {}", finding.message),
        };
    }
    match output.trim() {
        "" => String::new(),
        output => format!(": {output}"),
    }
}

fn first_error(findings: &[Finding]) -> Option<usize> {
    findings.iter().position(|finding| finding.severity >= Severity::Error)
}

impl RunError {
    /// What Terraform had to say beside what the error's own text tells.
    pub fn beside(&self) -> impl Iterator<Item = &Finding> {
        let told = match self {
            Self::Failed { findings, .. } => first_error(findings),
            Self::Locked { findings, .. } => findings.iter().position(lock::tells_of_one),
            _ => None,
        };
        self.findings().iter().enumerate().filter(move |(index, _)| Some(*index) != told).map(|(_, finding)| finding)
    }

    /// Whether the root has to be initialized first: it never was here, or its backend, providers or modules are others
    /// since.
    pub fn wants_init(&self) -> bool {
        let says = |text: &str| {
            let text = text.to_lowercase();
            ["terraform init", "tofu init"].iter().any(|command| text.contains(command))
        };
        match self {
            Self::NotInitialized { .. } => true,
            Self::Failed { findings, output, .. } => {
                findings.iter().any(|finding| finding.severity >= Severity::Error && says(&finding.message))
                    || says(output)
            }
            _ => false,
        }
    }

    /// What Terraform had to say before it ended.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Failed { findings, .. }
            | Self::Interrupted { findings, .. }
            | Self::Locked { findings, .. }
            | Self::Unsaved { findings, .. } => findings,
            _ => &[],
        }
    }
}

impl Explain for RunError {
    fn code(&self) -> Code {
        match self {
            Self::Start { .. } => codes::T_VERSION,
            Self::NotInitialized { .. } => codes::T_NOT_INITIALIZED,
            Self::Locked { .. } => codes::T_LOCKED,
            Self::Unsaved { .. } => codes::T_UNSAVED,
            Self::Failed { findings, .. } if first_error(findings).is_some() => {
                first_error(findings).map_or(codes::T_DIAGNOSTIC, |index| findings[index].code)
            }
            Self::Failed { .. } | Self::Pipe { .. } => codes::T_FAILED,
            Self::Interrupted { .. } => codes::T_INTERRUPTED,
            Self::Output { .. } => codes::T_OUTPUT,
        }
    }

    fn span(&self) -> Option<&Span> {
        self.findings().iter().filter(|finding| finding.severity >= Severity::Error).find_map(|finding| match &finding
            .subject
        {
            Subject::File { span } => Some(span),
            _ => None,
        })
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Failed { command, dir, .. } => {
                Some(format!("run `{command}` in {} to see it by hand", dir.display()))
            }
            Self::NotInitialized { program, dir, .. } => Some(format!("run `{program} init` in {}", dir.display())),
            Self::Locked { program, dir, lock, .. } => Some(lock.remedy(program, dir)),
            Self::Unsaved { program, dir, state, .. } => Some(match state {
                UnsavedState::File(file) => format!(
                    "nothing else knows of what was made: make the backend writable, run `{program} state push {}` in {}, remove the file, and run the same command of pilotlight again",
                    file.file_name().unwrap_or_default().display(),
                    dir.display()
                ),
                UnsavedState::Cut(file) => format!(
                    "nothing else knows of what was made: move a state file that was cut off out of the way, run `{program} state push FILE` in {} with the state that was told when it could not be saved, remove {}, and run the same command of pilotlight again",
                    dir.display(),
                    file.display()
                ),
                UnsavedState::Text(_) => format!(
                    "nothing else knows of what was made: make room, move a state file that was cut off out of the way, run `{program} state push FILE` in {} with the state that is told here, remove errored.tfstate there, and run the same command of pilotlight again",
                    dir.display()
                ),
            }),
            Self::Interrupted { killed: true, .. } => Some(
                "run pilotlight again: where the lock of the state was left behind it says how to remove it. What was \
                 being made when it was killed can be there and not in the state: look for it where a name is taken"
                    .to_owned(),
            ),
            Self::Interrupted { .. } => Some(
                "run the same command of pilotlight again: what is done is in the state, and it goes on from there"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
