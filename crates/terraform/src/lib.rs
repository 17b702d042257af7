//! Drives the `terraform` or `tofu` program by its JSON output.
//!
//! [`Program`] is the program, [`Root`] a root module's directory and the operations on it. Every long
//! operation takes a progress callback and a [`Cancel`]; what Terraform has to say comes back as
//! findings with the place in the HCL.
//!
//! The program runs in a process group of its own, so that a terminal's Ctrl-C does not reach it behind
//! our back (Terraform takes a second interrupt as "exit now and lose state"). The first request to
//! cancel sends `SIGINT` to that group, as a terminal would: Terraform finishes the calls under way,
//! writes its state and ends, and is waited for. The second kills the group.
//!
//! When the future is dropped the group is killed. When Pilotlight itself is killed (`SIGKILL`), a shell that
//! watches for its end asks the group to end, as the first Ctrl-C would, and reads what it still writes: Terraform
//! saves its state and lets go of its lock. Until it has, a second run finds the state locked and says by whom
//! ([`Lock`]). Where there is no shell, or the machine itself went down, the lock stays and has to be removed.
//!
//! This crate knows no plan, no AWS and no region. It reads no environment: the program inherits the
//! process's own, with the additions of [`Program::env`] and [`Root::env`].

mod apply;
mod as_installed;
mod cancel;
mod diagnostic;
mod error;
mod go_memory;
mod init;
mod lock;
mod message;
mod modules;
mod output;
mod override_file;
mod plan;
mod process;
mod program;
mod progress;
pub mod provider;
mod root;
mod show;
mod unsaved;
mod validate;
mod watch;

pub use apply::ApplyOutcome;
pub use cancel::{Cancel, Canceller, cancellation};
pub use diagnostic::{Diagnostic, DiagnosticSeverity};
pub use error::RunError;
pub use go_memory::free_memory;
pub use init::InitOptions;
pub use lock::Lock;
pub use message::Counts;
pub use modules::{MODULES_MANIFEST, module_folders};
pub use output::Output;
pub use override_file::{OVERRIDE_FILE, Override, OverrideError, OverrideFiles, left_overrides, remove_left_overrides};
pub use plan::{PlanOptions, PlanOutcome, PlannedChange};
pub use program::{FindError, Flavor, Program};
pub use progress::{OnProgress, Progress};
pub use root::Root;
pub use unsaved::UnsavedState;
pub use validate::Validation;
