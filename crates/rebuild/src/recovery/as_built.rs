use crate::RegionMap;
use crate::observe::{CatalogError, RegionCatalog};
use pilotlight_findings::Region;
use std::collections::BTreeSet;

/// Lets a map say what the standby was built with, as far as the standby still has it: in the hour without the primary
/// nothing is to move from one zone or image to another. What could not be taken over comes back as sentences.
///
/// # Errors
/// The standby does not answer.
pub(crate) async fn as_built(
    map: &mut RegionMap,
    kept: &RegionMap,
    offered: &[String],
    catalog: &dyn RegionCatalog,
    standby: &Region,
) -> Result<Vec<String>, CatalogError> {
    let mut told = Vec::new();
    // What the primary's machine types are, nobody else can say.
    map.machines.clone_from(&kept.machines);
    match kept.zones.values().find(|zone| !offered.contains(zone)) {
        // With one zone gone, the others cannot stay what they were without two of the primary's in one.
        Some(zone) => told.push(format!("zones are matched anew: {standby} does not offer {zone} any more")),
        None => {
            let mut zones = kept.zones.clone();
            for (zone, other) in &map.zones {
                if !zones.contains_key(zone) && !zones.values().any(|taken| taken == other) {
                    zones.insert(zone.clone(), other.clone());
                }
            }
            map.zones = zones;
        }
    }
    let ids: BTreeSet<&String> = kept.images.values().collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    if !ids.is_empty() {
        let there = catalog.images(standby, &ids).await?;
        for (image, other) in &kept.images {
            match there.iter().any(|known| known.id == *other) {
                true => drop(map.images.insert(image.clone(), other.clone())),
                false => told.push(format!("{standby} does not have {other} any more, which stood for {image}")),
            }
        }
    }
    // What the standby region has by now is looked up after this; where it does not say, these stand.
    map.copies.clone_from(&kept.copies);
    Ok(told)
}
