use super::{Catalog, Offer};
use crate::observe::{CatalogError, Image, RegionCatalog};
use async_trait::async_trait;
use pilotlight_findings::Region;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Asks another catalogue, remembers what it said, and answers for the primary from a kit where there is one: a rebuild
/// then decides as it would with the primary at hand.
pub struct RememberingCatalog<'a> {
    live: &'a dyn RegionCatalog,
    primary: &'a Region,
    standby: &'a Region,
    /// Answers for the primary, which is not asked then.
    kept: Option<&'a Offer>,
    told: Mutex<BTreeMap<Region, Told>>,
}

/// What a region said.
#[derive(Debug, Default)]
struct Told {
    zones: Option<Result<Vec<String>, CatalogError>>,
    images: BTreeMap<String, Image>,
    /// Whether a question about images was left without an answer.
    failed: bool,
}

impl<'a> RememberingCatalog<'a> {
    /// Asks `live` for both regions.
    pub fn new(live: &'a dyn RegionCatalog, primary: &'a Region, standby: &'a Region) -> Self {
        Self { live, primary, standby, kept: None, told: Mutex::default() }
    }

    /// Asks `live` for the standby alone; for the primary it has what was kept.
    pub fn with_kept(live: &'a dyn RegionCatalog, primary: &'a Region, standby: &'a Region, kept: &'a Offer) -> Self {
        Self { kept: Some(kept), ..Self::new(live, primary, standby) }
    }

    /// What both regions said; none where one left a question without an answer, or the primary was not asked.
    pub fn remembered(&self) -> Option<Catalog> {
        let told = self.told();
        let offer = |region: &Region| {
            let told = told.get(region).filter(|told| !told.failed)?;
            Some(Offer { zones: told.zones.clone()?.ok()?, images: told.images.values().cloned().collect() })
        };
        let primary = offer(self.primary).filter(|_| self.kept.is_none())?;
        Some(Catalog { primary, standby: offer(self.standby)? })
    }

    fn kept(&self, region: &Region) -> Option<&'a Offer> {
        self.kept.filter(|_| region == self.primary)
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<Region, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, region: &Region, answer: Result<Vec<Image>, CatalogError>) -> Result<Vec<Image>, CatalogError> {
        let mut told = self.told();
        let told = told.entry(region.clone()).or_default();
        match &answer {
            Ok(images) => told.images.extend(images.iter().map(|image| (image.id.clone(), image.clone()))),
            Err(_) => told.failed = true,
        }
        answer
    }
}

#[async_trait]
impl RegionCatalog for RememberingCatalog<'_> {
    async fn zones(&self, region: &Region) -> Result<Vec<String>, CatalogError> {
        if let Some(kept) = self.kept(region) {
            return Ok(kept.zones.clone());
        }
        // A dead region is not asked twice, nor one that has answered.
        let known = self.told().get(region).and_then(|told| told.zones.clone());
        if let Some(answer) = known {
            return answer;
        }
        let answer = self.live.zones(region).await;
        self.told().entry(region.clone()).or_default().zones = Some(answer.clone());
        answer
    }

    async fn images(&self, region: &Region, ids: &[String]) -> Result<Vec<Image>, CatalogError> {
        if let Some(kept) = self.kept(region) {
            let is_known = |id: &&String| kept.images.iter().any(|image| image.id == **id);
            if let Some(id) = ids.iter().find(|id| !is_known(id)) {
                // What is not kept may well be there: that is another answer than none.
                let reason = format!("the recovery kit does not know {id}; map it in the stack's standby block");
                return Err(CatalogError { region: region.clone(), what: "images", reason, remedy: None });
            }
            return Ok(kept.images.iter().filter(|image| ids.contains(&image.id)).cloned().collect());
        }
        let answer = self.live.images(region, ids).await;
        self.remember(region, answer)
    }

    async fn images_named(&self, region: &Region, name: &str, owner: &str) -> Result<Vec<Image>, CatalogError> {
        if let Some(kept) = self.kept(region) {
            let fits = |image: &&Image| image.name == name && image.owner == owner;
            return Ok(kept.images.iter().filter(fits).cloned().collect());
        }
        let answer = self.live.images_named(region, name, owner).await;
        self.remember(region, answer)
    }
}
