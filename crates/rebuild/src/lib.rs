//! Makes the standby from the primary's own Terraform.
//!
//! *observe* reads a stack's source and asks what the standby region offers; *decide* retargets the source,
//! a pure function to files, edits and open questions; *apply* writes the standby root; *verify* searches
//! what Terraform plans for residue of the primary, and proves both states to be in parity.
//! [`Rebuild`] puts them in order around Terraform. Beside that, [`lifecycle`] reads from the same sources what they
//! tell drift to leave alone.
//!
//! What it read of the primary it keeps with the journal, as a [`RecoveryKit`], and a rebuild without the primary
//! region begins with that.
//!
//! This crate knows neither AWS's API (the ports are [`RegionCatalog`], [`CapacityCatalog`], [`ImageCopier`] and
//! [`SnapshotCatalog`]) nor the plan's file, nor where states are kept: states come in as values. It prints nothing.

mod apply;
mod decide;
mod observe;
mod rebuild;
mod recovery;
mod verify;

pub use apply::*;
pub use decide::*;
pub use observe::*;
pub use rebuild::{Planned, Prepared, Rebuild, RebuildError, RegionMap, StackStates, TakeDown, Verified};
pub use recovery::*;
pub use verify::*;
