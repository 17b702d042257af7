//! The port to what a region offers: zones and images.

use async_trait::async_trait;
use pilotlight_findings::{Finding, Region};
use serde::{Deserialize, Serialize};

/// A machine image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// `ami-0123456789abcdef0`
    pub id: String,
    /// Its name, the same in every region for a published image.
    pub name: String,
    /// The owner's account id.
    pub owner: String,
    /// `x86_64`, `arm64`
    pub architecture: String,
    /// How far it is.
    #[serde(default)]
    pub state: ImageState,
    /// What its maker wrote of it.
    #[serde(default)]
    pub description: Option<String>,
    /// Snapshots of its disks that are encrypted.
    #[serde(default)]
    pub encrypted: Vec<String>,
}

/// How far an image is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// It can be launched.
    #[default]
    Available,
    /// It is being made or copied.
    Pending,
    /// It cannot be launched, and that will not change.
    Failed,
}

/// Why a catalogue gave no answer: one line for a person, the API's own words in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ask {region} for its {what}: {reason}")]
pub struct CatalogError {
    /// Which region.
    pub region: Region,
    /// `availability zones`, `images`
    pub what: &'static str,
    /// The API's own words.
    pub reason: String,
    /// What to do about it, where that is known.
    pub remedy: Option<String>,
}

impl CatalogError {
    /// The finding, with what this error says to do.
    pub(crate) fn remedied(&self, finding: Finding) -> Finding {
        match &self.remedy {
            Some(remedy) => finding.remedy(remedy.clone()),
            None => finding,
        }
    }
}

/// What a region offers.
#[async_trait]
pub trait RegionCatalog: Send + Sync {
    /// Names of the availability zones that are available, sorted: `eu-west-1a`, `eu-west-1b`, …
    async fn zones(&self, region: &Region) -> Result<Vec<String>, CatalogError>;

    /// The images with these ids; those that do not exist are left out.
    async fn images(&self, region: &Region, ids: &[String]) -> Result<Vec<Image>, CatalogError>;

    /// The images with this exact name and owner.
    async fn images_named(&self, region: &Region, name: &str, owner: &str) -> Result<Vec<Image>, CatalogError>;
}
