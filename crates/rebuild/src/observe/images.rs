//! Images of the standby that stand for those that the source names.

use super::{CatalogError, RegionCatalog, SourceTree};
use crate::decide::global::regional_ids;
use pilotlight_findings::Region;
use std::collections::{BTreeMap, BTreeSet};

/// What a look-up of images found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageMap {
    /// The standby's image for each of the primary's.
    pub found: BTreeMap<String, String>,
    /// Why there is none for the others.
    pub missing: BTreeMap<String, String>,
}

/// The ids of images in a source, sorted, without those that `mapped` answers.
pub fn image_ids<'a>(tree: &SourceTree, mapped: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut ids = BTreeSet::new();
    for bytes in tree.files.values() {
        if let Ok(text) = std::str::from_utf8(bytes) {
            ids.extend(
                regional_ids(text)
                    .into_iter()
                    .filter(|(_, kind)| *kind == "ami")
                    .map(|(range, _)| text[range].to_owned()),
            );
        }
    }
    for known in mapped {
        ids.remove(known);
    }
    ids.into_iter().collect()
}

/// Looks up each image by its name and owner in the standby region.
///
/// # Errors
/// A region does not answer. With the primary gone, map the images in the plan.
pub async fn observe_images(
    catalog: &dyn RegionCatalog,
    primary: &Region,
    standby: &Region,
    ids: &[String],
) -> Result<ImageMap, CatalogError> {
    let mut map = ImageMap::default();
    if ids.is_empty() {
        return Ok(map);
    }
    let images = catalog.images(primary, ids).await?;
    for id in ids {
        let Some(image) = images.iter().find(|image| image.id == *id) else {
            map.missing.insert(id.clone(), format!("{primary} has no such image"));
            continue;
        };
        let named = catalog.images_named(standby, &image.name, &image.owner).await?;
        let mut same = named.iter().filter(|other| other.architecture == image.architecture);
        match (same.next(), same.next()) {
            (Some(one), None) => {
                map.found.insert(id.clone(), one.id.clone());
            }
            (Some(_), Some(_)) => {
                map.missing.insert(
                    id.clone(),
                    format!("{standby} has more than one image named {:?} of {}", image.name, image.owner),
                );
            }
            (None, _) => {
                map.missing
                    .insert(id.clone(), format!("{standby} has no image named {:?} of {}", image.name, image.owner));
            }
        }
    }
    Ok(map)
}
