//! Copies the account's own images into the standby region.

use crate::observe::{CatalogError, Image, ImageState, RegionCatalog};
use async_trait::async_trait;
use pilotlight_findings::{Code, Explain, Region, codes};
use pilotlight_journal::digest;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How copies are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For how long.
    pub limit: Duration,
    /// How long between one look at them and the next.
    pub pause: Duration,
}

/// A copy goes through S3 of both regions: tens of GiB take minutes, several TiB more than an hour, and AWS promises no
/// time. One look is one cheap call for all of them.
pub const COPY_PATIENCE: Patience =
    Patience { limit: Duration::from_secs(2 * 60 * 60), pause: Duration::from_secs(15) };

/// Who owns an image, as EC2's filter says "this account".
const SELF: &str = "self";

/// One image that is to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCopy {
    /// The primary's image.
    pub image: Image,
    /// Where it is.
    pub from: Region,
    /// Where it is to be.
    pub to: Region,
    /// The standby's key, where it is encrypted.
    pub key: Option<String>,
    /// A copy that was begun before: it is waited for, and none is made.
    pub begun: Option<String>,
}

impl ImageCopy {
    /// The same for each attempt, so that two of them make one copy.
    pub fn token(&self) -> String {
        let text = format!("{} {} {} {}", self.from, self.image.id, self.to, self.image.name);
        // AWS takes tokens of at most 64 characters.
        format!("pilotlight-{}", &digest(text)[..32])
    }
}

/// Makes copies of images.
#[async_trait]
pub trait ImageCopier: Send + Sync {
    /// The keys that encrypted snapshots are encrypted with, as ARNs, by the snapshot's id.
    async fn snapshot_keys(
        &self,
        region: &Region,
        snapshots: &[String],
    ) -> Result<BTreeMap<String, String>, CatalogError>;

    /// Begins a copy, with name, description and tags; the new image's id.
    async fn copy_image(&self, copy: &ImageCopy) -> Result<String, CatalogError>;
}

/// Why images are not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageCopyError {
    /// The primary does not answer, or the standby.
    #[error("look at the images that are to be copied")]
    Catalog(#[source] CatalogError),
    /// The primary has none by that id.
    #[error("copy {id}: {region} has no such image, or does not share it with this account")]
    NotThere {
        /// The image.
        id: String,
        /// The primary.
        region: Region,
    },
    /// It is another account's.
    #[error("copy {id} ({name:?}): it is owned by {owner}, and only the account's own images are copied")]
    NotOwn {
        /// The image.
        id: String,
        /// Its name.
        name: String,
        /// Its owner.
        owner: String,
    },
    /// It cannot be launched in the primary either.
    #[error("copy {id}: it is not available in {region}")]
    NotAvailable {
        /// The image.
        id: String,
        /// The primary.
        region: Region,
    },
    /// Its disks are encrypted, and no key is named for the copy.
    #[error("copy {id}: its disks are encrypted with {key}, and no key of {region} is named for the copy")]
    Key {
        /// The image.
        id: String,
        /// The primary's key.
        key: String,
        /// The standby.
        region: Region,
    },
    /// Its disks have several keys, and a copy has one.
    #[error("copy {id}: its disks are encrypted with several keys, and a copy is encrypted with one")]
    Keys {
        /// The image.
        id: String,
    },
    /// AWS did not begin the copy.
    #[error("begin to copy {id} to {region}")]
    Begin {
        /// The image.
        id: String,
        /// The standby.
        region: Region,
        /// Why.
        #[source]
        source: CatalogError,
    },
    /// The copy came to nothing.
    #[error("copy {id} to {region}: its copy {copy} failed there")]
    Failed {
        /// The image.
        id: String,
        /// The standby.
        region: Region,
        /// The copy.
        copy: String,
    },
    /// It took too long.
    #[error("copy {} to {region}: not available after {} minutes", ids.join(", "), limit.as_secs() / 60)]
    TooLong {
        /// The images.
        ids: Vec<String>,
        /// The standby.
        region: Region,
        /// What was waited.
        limit: Duration,
    },
}

impl Explain for ImageCopyError {
    fn code(&self) -> Code {
        match self {
            Self::Key { .. } | Self::Keys { .. } => codes::R_IMAGE_KEY,
            _ => codes::R_IMAGE_COPY,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Catalog(_) => "an image is copied from a region that answers; where the primary does not, name an \
                                 image of the standby for it in map of the stack's standby block"
                .to_owned(),
            Self::NotThere { id, .. } | Self::NotOwn { id, .. } | Self::NotAvailable { id, .. } => {
                format!("say which image stands for it: map = {{ \"{id}\" = \"ami-…\" }}")
            }
            Self::Key { key, .. } => {
                format!("name the standby's key in the stack's standby block: map = {{ \"{key}\" = \"arn:…\" }}")
            }
            Self::Keys { id } => format!(
                "copy it by hand, or map its keys to one key of the standby; else map = {{ \"{id}\" = \"ami-…\" }}"
            ),
            Self::Begin { .. } => "allow ec2:CopyImage, ec2:CreateTags and the use of the key, and repeat".to_owned(),
            Self::Failed { copy, region, .. } => format!(
                "see why: aws ec2 describe-images --image-ids {copy} --region {region}; deregister it, and repeat"
            ),
            Self::TooLong { .. } => "repeat the command: a copy that was begun is waited for".to_owned(),
        })
    }
}

/// What has to be copied, or waited for, so that each of these images of the primary has one in the standby. `map` is
/// what the plan says of keys.
///
/// # Errors
/// A region does not answer, or an image cannot be copied.
pub async fn plan_copies(
    (catalog, copier): (&dyn RegionCatalog, &dyn ImageCopier),
    (from, to): (&Region, &Region),
    ids: &BTreeSet<String>,
    map: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<ImageCopy>, ImageCopyError> {
    let wanted: Vec<String> = ids.iter().cloned().collect();
    let images = catalog.images(from, &wanted).await.map_err(ImageCopyError::Catalog)?;
    let mut copies = Vec::new();
    for id in wanted {
        let Some(image) = images.iter().find(|image| image.id == id) else {
            return Err(ImageCopyError::NotThere { id, region: from.clone() });
        };
        let own = catalog.images_named(from, &image.name, SELF).await.map_err(ImageCopyError::Catalog)?;
        if !own.iter().any(|own| own.id == id) {
            return Err(ImageCopyError::NotOwn { id, name: image.name.clone(), owner: image.owner.clone() });
        }
        if image.state != ImageState::Available {
            return Err(ImageCopyError::NotAvailable { id, region: from.clone() });
        }
        let named = catalog.images_named(to, &image.name, SELF).await.map_err(ImageCopyError::Catalog)?;
        let begun =
            named.iter().find(|other| other.architecture == image.architecture && other.state != ImageState::Failed);
        let begun = begun.map(|other| other.id.clone());
        let key = match begun {
            Some(_) => None,
            None => key_for(copier, image, (from, to), map).await?,
        };
        copies.push(ImageCopy { image: image.clone(), from: from.clone(), to: to.clone(), key, begun });
    }
    Ok(copies)
}

/// The standby's key for the copy of an image; none where it is not encrypted.
async fn key_for(
    copier: &dyn ImageCopier,
    image: &Image,
    (from, to): (&Region, &Region),
    map: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, ImageCopyError> {
    if image.encrypted.is_empty() {
        return Ok(None);
    }
    let keys = copier.snapshot_keys(from, &image.encrypted).await.map_err(ImageCopyError::Catalog)?;
    let mut found = BTreeSet::new();
    for key in keys.values().collect::<BTreeSet<_>>() {
        let id = key.rsplit_once('/').map_or(key.as_str(), |(_, id)| id);
        // A key of several regions has the same id in each.
        let same = || id.starts_with("mrk-").then(|| key.replacen(&format!(":{from}:"), &format!(":{to}:"), 1));
        match map(key).or_else(|| map(id)).or_else(same) {
            Some(standby) => drop(found.insert(standby)),
            None => return Err(ImageCopyError::Key { id: image.id.clone(), key: key.clone(), region: to.clone() }),
        }
    }
    match found.len() {
        0 => {
            let key = "a key that AWS does not name".to_owned();
            Err(ImageCopyError::Key { id: image.id.clone(), key, region: to.clone() })
        }
        1 => Ok(found.pop_first()),
        _ => Err(ImageCopyError::Keys { id: image.id.clone() }),
    }
}

/// Begins each copy that was not, and waits until all are available: the standby's image for each of the primary's.
/// `progress` is told how many are left.
///
/// # Errors
/// AWS does not begin a copy, one fails, or they take longer than `patience` has. What was begun goes on, and is found when
/// the command is repeated.
pub async fn copy_images(
    (catalog, copier): (&dyn RegionCatalog, &dyn ImageCopier),
    copies: &[ImageCopy],
    patience: Patience,
    progress: &(dyn Fn(usize) + Send + Sync),
) -> Result<BTreeMap<String, String>, ImageCopyError> {
    let Some(region) = copies.first().map(|copy| copy.to.clone()) else { return Ok(BTreeMap::new()) };
    let mut made = BTreeMap::new();
    for copy in copies {
        let id = copy.image.id.clone();
        let new = match &copy.begun {
            Some(begun) => begun.clone(),
            None => copier.copy_image(copy).await.map_err(|source| ImageCopyError::Begin {
                id: id.clone(),
                region: region.clone(),
                source,
            })?,
        };
        made.insert(id, new);
    }
    let began = tokio::time::Instant::now();
    let mut left: Vec<(String, String)> = made.clone().into_iter().collect();
    loop {
        let ids: Vec<String> = left.iter().map(|(_, copy)| copy.clone()).collect();
        // One that AWS does not list yet is on its way: its lists lag behind.
        let images = catalog.images(&region, &ids).await.map_err(ImageCopyError::Catalog)?;
        let state = |copy: &str| images.iter().find(|image| image.id == copy).map(|image| image.state);
        if let Some((id, copy)) = left.iter().find(|(_, copy)| state(copy) == Some(ImageState::Failed)) {
            return Err(ImageCopyError::Failed { id: id.clone(), region, copy: copy.clone() });
        }
        left.retain(|(_, copy)| state(copy) != Some(ImageState::Available));
        progress(left.len());
        if left.is_empty() {
            return Ok(made);
        }
        if began.elapsed() >= patience.limit {
            let ids = left.into_iter().map(|(id, _)| id).collect();
            return Err(ImageCopyError::TooLong { ids, region, limit: patience.limit });
        }
        tokio::time::sleep(patience.pause).await;
    }
}

#[cfg(test)]
mod tests;
