//! What a long operation tells while it runs.

use std::time::Duration;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// An object is being read again.
    Refreshing {
        /// Its address.
        address: String,
    },
    /// The plan has a change for a resource.
    Planned {
        /// Its address.
        address: String,
        /// `create`, `update`, `replace`, `delete`, …
        action: String,
    },
    /// Work on a resource began.
    Started {
        /// Its address.
        address: String,
        /// `create`, `update`, `delete`, …
        action: String,
    },
    /// It goes on; told every 10 seconds.
    StillRunning {
        /// Its address.
        address: String,
        /// `create`, `update`, `delete`, …
        action: String,
        /// Since it began.
        elapsed: Duration,
    },
    /// It is done.
    Finished {
        /// Its address.
        address: String,
        /// `create`, `update`, `delete`, …
        action: String,
        /// How long it took, in whole seconds.
        elapsed: Duration,
        /// The object's id, where it has one.
        id: Option<String>,
    },
    /// It failed; the diagnostic follows.
    Failed {
        /// Its address.
        address: String,
        /// `create`, `update`, `delete`, …
        action: String,
        /// How long it took, in whole seconds.
        elapsed: Duration,
    },
    /// A line for a person: a provisioner's output, or something that is not JSON.
    Line(String),
    /// The program was asked to end and is waited for.
    Interrupting,
}

/// Takes progress. `&mut |_| {}` ignores it.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);
