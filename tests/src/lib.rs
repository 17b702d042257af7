//! What the tests across crates share: a rehearsal in the lab, the released program run in it, and judges.
//!
//! It knows Pilotlight as its users do, by command line, exit code, output and files, and uses no crate of
//! the product. What is true is asked of others: Terraform, the AWS CLI, the DNS servers, and a tap on the
//! wire to AWS. A part that is missing is a panic that names it.

mod estate;
mod program;
mod random;
mod rehearsal;
mod report;

pub use estate::{Addresses, Root};
pub use pilotlight_lab::{Call, Moment, Tap};
pub use program::{Ended, Running};
pub use random::Random;
pub use rehearsal::Rehearsal;
pub use report::{Found, found, normalised};
