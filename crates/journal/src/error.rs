use crate::{Body, ChainError, Event, RunState};
use jiff::Timestamp;
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_store::StoreError;

/// Why a journal could not be read, opened or appended to.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The first store gave no answer or refused, after all retries.
    #[error("use the journal at {url}")]
    Store {
        /// The first store.
        url: String,
        /// Its error.
        source: StoreError,
    },
    /// What the first store holds is not what was written.
    #[error("trust the journal at {url}")]
    Chain {
        /// The first store.
        url: String,
        /// Which object, and what is wrong with it.
        source: ChainError,
    },
    /// Another executor has written the event that this one was about to write.
    #[error("go on with run {run}: {to}, with event {sequence}")]
    LostOwnership {
        /// The run.
        run: String,
        /// The number that both wanted.
        sequence: u64,
        /// Who has it now.
        to: Box<NewOwner>,
    },
    /// The plan has another run that is not finished.
    #[error("start a run of plan {plan}: its run {run} is not finished")]
    ActiveRun {
        /// The plan's name.
        plan: String,
        /// The run that is active.
        run: String,
    },
    /// The run has ended; nothing can be added to it.
    #[error("go on with run {run}: it is finished")]
    Finished {
        /// The run.
        run: String,
    },
    /// The first store has no such run.
    #[error("find run {run} in the journal at {url}")]
    NotFound {
        /// The run.
        run: String,
        /// The first store.
        url: String,
    },
    /// An earlier append of this executor failed, so it no longer knows what the journal holds.
    #[error("append to the journal of run {run}: an earlier event could not be written")]
    Broken {
        /// The run.
        run: String,
    },
    /// A copy holds another story than the first store, in events that are whole.
    #[error("continue run {run} from {first}: the copy {copy} tells another story from event {sequence} on: {tips}")]
    Diverged {
        /// The run.
        run: String,
        /// The first store.
        first: String,
        /// The copy.
        copy: String,
        /// The first event that differs, or that the first store has not.
        sequence: u64,
        /// Where both stories end, in a person's words.
        tips: String,
    },
    /// A value of the event cannot be JSON.
    #[error("write an event as JSON")]
    Encode(#[from] serde_json::Error),
}

/// Who has written the event that an executor was about to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOwner {
    /// Its executor's id.
    pub executor: String,
    /// The person, `user@host`; none where the event does not say, and nothing before it.
    pub by: Option<String>,
    /// Whether they have taken the run with it, and were not at work already.
    pub took: bool,
    /// When that was.
    pub at: Timestamp,
}

impl NewOwner {
    /// `before` is the run as it was known.
    fn of(event: &Event, before: Option<&RunState>) -> Self {
        let took = match &event.what {
            Body::Resumed { by, .. } | Body::Takeover { by, .. } => Some(by),
            _ => None,
        };
        let known = before.filter(|state| state.executor == event.executor).map(|state| &state.owner);
        let by = took.or(known).cloned();
        Self { executor: event.executor.clone(), by, took: took.is_some(), at: event.at }
    }
}

impl std::fmt::Display for NewOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let does = if self.took { "has taken it over at" } else { "is at work on it, as of" };
        match &self.by {
            Some(by) => write!(f, "{by} {does} {:.0}", self.at),
            None => write!(f, "executor {} {does} {:.0}", self.executor, self.at),
        }
    }
}

impl JournalError {
    /// The event that this executor was about to write is another one's.
    pub(crate) fn lost(run: &str, other: &Event, before: Option<&RunState>) -> Self {
        let to = Box::new(NewOwner::of(other, before));
        Self::LostOwnership { run: run.to_owned(), sequence: other.sequence, to }
    }

    pub(crate) fn store(url: String) -> impl FnOnce(StoreError) -> Self {
        |source| Self::Store { url, source }
    }

    pub(crate) fn chain(url: String) -> impl FnOnce(ChainError) -> Self {
        |source| Self::Chain { url, source }
    }
}

impl Explain for JournalError {
    fn code(&self) -> Code {
        match self {
            Self::Store { source, .. } => source.code(),
            Self::Chain { .. } | Self::Encode(_) => codes::J_CHAIN,
            Self::LostOwnership { .. } => codes::J_OWNERSHIP,
            Self::ActiveRun { .. } => codes::J_ACTIVE,
            Self::Finished { .. } => codes::J_FINISHED,
            Self::NotFound { .. } => codes::J_RUN_NOT_FOUND,
            Self::Broken { .. } => codes::J_BROKEN,
            Self::Diverged { .. } => codes::J_CONTRADICTION,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Store { source, .. } if source.is_transient() => {
                "if the store is lost for now, name another one with --journal URL: of failover and failback it begins the \
                 run there, and `pilotlight run resume PLAN --journal URL`, with a copy's URL, goes on with one; the run \
                 records it"
                    .into()
            }
            Self::Store { source, .. } => return source.remedy(),
            Self::Chain { .. } => {
                "compare with the copies; with --journal URL a run can be continued or started in another store".into()
            }
            Self::LostOwnership { run, .. } => format!("see who continues it with `pilotlight run show PLAN {run}`"),
            Self::ActiveRun { run, .. } => {
                format!(
                    "finish it with `pilotlight run resume PLAN {run}`, or end it with `pilotlight run abort PLAN {run}`"
                )
            }
            Self::Finished { .. } => "start a new run".into(),
            Self::NotFound { .. } => "see `pilotlight run list PLAN` for the runs that there are".into(),
            Self::Broken { run } => {
                format!("continue with `pilotlight run resume PLAN {run}` once the journal can be reached")
            }
            Self::Diverged { copy, .. } => {
                format!(
                    "find out which store tells the truth, and name that one: --journal {copy}, or the first one's URL"
                )
            }
            Self::Encode(_) => return None,
        })
    }
}
