//! EBS volumes from a copied snapshot.

use super::super::retarget::Work;
use super::block::{Change, change};
use super::database::snapshot;
use super::{DataResource, Holder};
use pilotlight_plan::DataChoice;

/// `snapshot_id` with the newest copy, or the plan's.
pub(super) fn from_snapshot(work: &mut Work<'_>, holder: &Holder, choice: &DataChoice) -> Vec<DataResource> {
    let found = snapshot(work, holder, choice, |one| one.id().map(str::to_owned));
    let Some(snapshot) = found else { return Vec::new() };
    let mut attributes = change(
        work,
        holder,
        Change {
            give: vec![("snapshot_id", snapshot.clone())],
            without: &[],
            ignore: vec!["snapshot_id"],
            reason: "the plan makes it from a snapshot".to_owned(),
            unwanted: "",
        },
    );
    attributes.insert("encrypted".to_owned());
    let (address, from) = (holder.addresses[0].clone(), choice.from);
    vec![DataResource { address, from, detail: format!("made from {snapshot}"), attributes }]
}
