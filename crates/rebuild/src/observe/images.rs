//! Images of the standby that stand for those that the source names.

use super::{CatalogError, Image, ImageState, RegionCatalog, SourceTree};
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
        match standing_for(catalog, standby, image).await? {
            Ok(found) => drop(map.found.insert(id.clone(), found)),
            Err(why) => drop(map.missing.insert(id.clone(), why)),
        }
    }
    Ok(map)
}

/// The standby's image of the same name, owner and architecture, or why there is none.
pub(crate) async fn standing_for(
    catalog: &dyn RegionCatalog,
    standby: &Region,
    image: &Image,
) -> Result<Result<String, String>, CatalogError> {
    let named = catalog.images_named(standby, &image.name, &image.owner).await?;
    let same: Vec<&Image> = named.iter().filter(|other| other.architecture == image.architecture).collect();
    let available: Vec<&&Image> = same.iter().filter(|other| other.state == ImageState::Available).collect();
    let named = format!("named {:?} of {}", image.name, image.owner);
    Ok(match (&available[..], &same[..]) {
        ([one], _) => Ok(one.id.clone()),
        ([_, _, ..], _) => Err(format!("{standby} has more than one image {named}")),
        ([], [other, ..]) if other.state == ImageState::Pending => {
            Err(format!("{} in {standby} is the image {named}, and is still being copied", other.id))
        }
        ([], [other, ..]) => Err(format!("{} in {standby} is the image {named}, and it failed", other.id)),
        ([], []) => Err(format!("{standby} has no image {named}")),
    })
}
