//! Copies images from one region into another.

use super::{AwsCatalog, catalog_error, list};
use crate::regional::FILTER_VALUES;
use async_trait::async_trait;
use aws_sdk_ec2::types::Filter;
use futures::TryFutureExt as _;
use pilotlight_findings::Region;
use pilotlight_rebuild::{CatalogError, ImageCopier, ImageCopy};
use std::collections::BTreeMap;

/// Snapshots a page.
const PAGE: i32 = 1000;

#[async_trait]
impl ImageCopier for AwsCatalog {
    async fn snapshot_keys(
        &self,
        region: &Region,
        snapshots: &[String],
    ) -> Result<BTreeMap<String, String>, CatalogError> {
        let regional = self.regional(region).await;
        let planned = regional.ec2_pages("DescribeSnapshots");
        let mut keys = BTreeMap::new();
        for ids in snapshots.chunks(FILTER_VALUES) {
            let filter = Filter::builder().name("snapshot-id").set_values(Some(ids.to_vec())).build();
            let found = list(&regional, &planned, |next| {
                let request = regional.ec2.describe_snapshots().filters(filter.clone()).max_results(PAGE);
                request.set_next_token(next).send().map_ok(|page| (page.snapshots, page.next_token))
            });
            let found = found.await.map_err(|error| catalog_error(region, "snapshots of images", &error))?;
            keys.extend(found.into_iter().filter_map(|snapshot| Some((snapshot.snapshot_id?, snapshot.kms_key_id?))));
        }
        Ok(keys)
    }

    async fn copy_image(&self, copy: &ImageCopy) -> Result<String, CatalogError> {
        let regional = self.regional(&copy.to).await;
        let planned = regional.ec2_one("CopyImage");
        let request = regional
            .ec2
            .copy_image()
            .client_token(copy.token())
            .source_region(copy.from.as_str())
            .source_image_id(&copy.image.id)
            .name(&copy.image.name)
            .set_description(copy.image.description.clone())
            // The tags of its owner; those that AWS makes stay behind.
            .copy_image_tags(true)
            .set_encrypted(copy.key.is_some().then_some(true))
            .set_kms_key_id(copy.key.clone());
        let failed = |error| catalog_error(&copy.to, "copy of an image", &error);
        let answer = regional.send(&planned, request.send()).await.map_err(failed)?;
        answer.image_id.ok_or_else(|| CatalogError {
            region: copy.to.clone(),
            what: "copy of an image",
            reason: "the answer to CopyImage names no image".to_owned(),
            remedy: None,
        })
    }
}
