use crate::foreign::Foreign;
use pilotlight_findings::{Code, Explain, Span, codes};

/// Why a state could not be read, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read state {span}{}: {problem}", place(path))]
pub struct StateError {
    /// The file as its reader named it, with line and column.
    pub span: Box<Span>,
    /// Path inside the state, `resources[3].instances[0]`; empty for the whole document.
    pub path: String,
    /// What is wrong there.
    pub problem: StateProblem,
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" ({path})") }
}

/// What can be wrong with a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateProblem {
    /// No bytes, or only white space.
    #[error("the state file is empty")]
    Empty,
    /// Not UTF-8, or not JSON; the parser's words.
    #[error("it is not JSON: {0}")]
    Syntax(String),
    /// The text ends inside of something.
    #[error("it ends in the middle of {0}, so it was cut off")]
    CutOff(String),
    /// Something else than JSON.
    #[error("{0}")]
    Foreign(Foreign),
    /// Version 0 to 3.
    #[error("it has state version {0}, which Terraform 0.11 and older wrote; version 4 is needed")]
    OldVersion(u64),
    /// A version above 4.
    #[error("it has state version {0}; this release knows version 4")]
    NewVersion(u64),
    /// OpenTofu's state encryption.
    #[error("it is encrypted by OpenTofu")]
    Encrypted,
    /// Encrypted value by value by sops.
    #[error("it is encrypted by sops")]
    Sops,
    /// What `show -json` prints of a state, in another format.
    #[error("it is what `show -json` prints, in format version {0}; this release knows 0.x and 1.x")]
    ShowVersion(String),
    /// What `show -json` prints of a plan.
    #[error("it is what `terraform show -json` prints of a plan, not a state")]
    PlanJson,
    /// The pointer that Terraform keeps under `.terraform`.
    #[error("it only says which backend keeps the state; it is not the state")]
    BackendPointer,
    /// JSON of another kind.
    #[error("it is not a Terraform state: {0}")]
    NotState(String),
    /// A field is missing or has another shape.
    #[error("{0}")]
    Shape(String),
    /// Two instances of one address.
    #[error("{address} stands twice; it was first at {first}")]
    Duplicate {
        /// The address.
        address: String,
        /// Path of the first.
        first: String,
    },
}

impl Explain for StateError {
    fn code(&self) -> Code {
        match &self.problem {
            StateProblem::Empty => codes::S_EMPTY,
            StateProblem::Syntax(_)
            | StateProblem::CutOff(_)
            | StateProblem::Foreign(Foreign::Utf16 | Foreign::Nul | Foreign::Conflict) => codes::S_SYNTAX,
            StateProblem::OldVersion(_) | StateProblem::NewVersion(_) | StateProblem::ShowVersion(_) => {
                codes::S_VERSION
            }
            StateProblem::Encrypted | StateProblem::Sops => codes::S_ENCRYPTED,
            StateProblem::Foreign(_)
            | StateProblem::PlanJson
            | StateProblem::BackendPointer
            | StateProblem::NotState(_) => codes::S_NOT_STATE,
            StateProblem::Shape(_) => codes::S_SHAPE,
            StateProblem::Duplicate { .. } => codes::S_DUPLICATE,
        }
    }

    fn span(&self) -> Option<&Span> {
        Some(&self.span)
    }

    fn remedy(&self) -> Option<String> {
        Some(
            match &self.problem {
                StateProblem::Empty => {
                    "apply the stack, or restore the last good version of the state from its backend"
                }
                StateProblem::Foreign(foreign) => foreign.remedy(),
                StateProblem::Syntax(_) | StateProblem::CutOff(_) => {
                    "restore the last good version of the state, or pull it again with `terraform state pull`"
                }
                StateProblem::OldVersion(_) => {
                    "run `terraform apply -refresh-only` with Terraform 0.13 or newer in the stack: it upgrades the state to version 4"
                }
                StateProblem::NewVersion(_) => {
                    "use a newer release of pilotlight, or give pull:DIR, where DIR is its root module's folder: what `terraform show -json` prints there is read, too"
                }
                StateProblem::ShowVersion(_) => {
                    "use a newer release of pilotlight, or give the state itself: the file in the backend, or what `terraform state pull` prints"
                }
                StateProblem::Encrypted => {
                    "use pull:DIR, the folder of the stack, as the state: tofu then decrypts it; or give what `tofu state pull` prints, in a file that only you can read"
                }
                StateProblem::Sops => {
                    "give what `sops decrypt FILE` prints, in a file that only you can read, or what `terraform state pull` prints"
                }
                StateProblem::NotState(_) => {
                    "give the state itself: the file in the backend, what `terraform state pull` prints, or what `terraform show -json` prints"
                }
                StateProblem::PlanJson => {
                    "give the state itself, not a plan: the file in the backend, or what `terraform state pull` prints"
                }
                StateProblem::BackendPointer => {
                    "give the state's own URL, such as s3://bucket/key: the file's `backend` says where it is"
                }
                StateProblem::Shape(_) => {
                    "compare with an earlier version of the state from its backend, and restore that one if it is whole"
                }
                StateProblem::Duplicate { .. } => {
                    "remove the wrong one of the two entries, raise the serial and `terraform state push` the result"
                }
            }
            .to_owned(),
        )
    }
}
