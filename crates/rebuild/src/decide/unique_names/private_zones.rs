//! Private zones of the source: a name in one is the standby's own.

use super::resource::{Resource, resources};
use crate::decide::global::{NETWORK, ZONE};
use crate::decide::retarget::Work;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Private zones, by the folder of their module and their name.
pub(super) struct PrivateZones(BTreeSet<(PathBuf, String)>);

impl PrivateZones {
    pub(super) fn of(work: &Work<'_>) -> Self {
        let private = resources(work).filter(|resource| resource.resource_type == ZONE && resource.has(NETWORK));
        Self(private.map(|zone| (zone.folder().to_owned(), zone.name.to_owned())).collect())
    }

    /// Whether a resource is in one.
    pub(super) fn hold(&self, resource: &Resource<'_>) -> bool {
        resource.references("zone_id").iter().any(|reference| match (reference.name(0), reference.name(1)) {
            (Some(ZONE), Some(name)) => self.0.contains(&(resource.folder().to_owned(), name.to_owned())),
            _ => false,
        })
    }
}
