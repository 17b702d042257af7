//! Copies of snapshots in another region: RDS instances, RDS clusters, EBS volumes.

use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::{FILTER_VALUES, Regional};
use crate::session::Aws;
use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, Snapshot};
use pilotlight_drift::Place;
use pilotlight_findings::{Explain as _, Region};
use pilotlight_rebuild::{CatalogError, DatabaseId, SnapshotCatalog, SnapshotCopy, SnapshotSource};
use std::collections::BTreeMap;

/// Snapshots a page of RDS: the most that it gives.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html>
const RDS_PAGE: i32 = 100;

/// Snapshots a page of EC2.
const EC2_PAGE: i32 = 1000;

/// Without a type RDS answers with manual and automated ones, and leaves those of AWS Backup out.
const RDS_TYPES: [Option<&str>; 2] = [None, Some("awsbackup")];

/// A tag that says which volume of the other region a copied snapshot is of, where its description does not.
const VOLUME_TAG: &str = "pilotlight:volume";

/// Asks RDS and EC2 for copied snapshots.
#[derive(Debug, Clone)]
pub struct AwsSnapshots {
    aws: Aws,
}

impl AwsSnapshots {
    pub(crate) fn new(aws: Aws) -> Self {
        Self { aws }
    }

    async fn regional(&self, region: &Region) -> Regional {
        self.aws.regional(&Place::own(region.clone()), self.aws.session_log()).await
    }
}

#[async_trait]
impl SnapshotCatalog for AwsSnapshots {
    async fn copies(
        &self,
        from: &Region,
        to: &Region,
        source: &SnapshotSource,
    ) -> Result<Vec<SnapshotCopy>, CatalogError> {
        let there = self.regional(to).await;
        match source {
            SnapshotSource::Instance(id) => instance_copies(&there, from, id).await,
            SnapshotSource::Cluster(id) => cluster_copies(&there, from, id).await,
            SnapshotSource::Volume(id) => volume_copies(&self.regional(from).await, &there, id).await,
        }
    }
}

async fn instance_copies(there: &Regional, from: &Region, of: &DatabaseId) -> Result<Vec<SnapshotCopy>, CatalogError> {
    let failed = |error: CallError| snapshot_error(&there.region, "snapshots of databases", &error);
    let planned = there.call("rds", "DescribeDBSnapshots");
    let mut copies = Vec::new();
    for kind in RDS_TYPES {
        let mut pages = Pages::of(&planned.call);
        while pages.is_open() {
            let request = there
                .rds
                .describe_db_snapshots()
                .db_instance_identifier(&of.identifier)
                .set_snapshot_type(kind.map(str::to_owned))
                .max_records(RDS_PAGE)
                .set_marker(pages.marker());
            let page = there.send(&planned, request.send()).await.map_err(failed)?;
            pages.add(page.db_snapshots, page.marker).map_err(failed)?;
        }
        let found = pages.into_items().into_iter().filter(|one| {
            one.status() == Some("available")
                && (is_same(one.dbi_resource_id(), of)
                    || is_copied(one.source_region(), one.source_db_snapshot_identifier(), from))
        });
        copies.extend(found.filter_map(|one| {
            let taken = one.original_snapshot_create_time().or(one.snapshot_create_time());
            Some(SnapshotCopy { id: one.db_snapshot_identifier()?.to_owned(), taken: taken.map_or(0, |at| at.secs()) })
        }));
    }
    Ok(copies)
}

async fn cluster_copies(there: &Regional, from: &Region, of: &DatabaseId) -> Result<Vec<SnapshotCopy>, CatalogError> {
    let failed = |error: CallError| snapshot_error(&there.region, "snapshots of clusters", &error);
    let planned = there.call("rds", "DescribeDBClusterSnapshots");
    let mut copies = Vec::new();
    for kind in RDS_TYPES {
        let mut pages = Pages::of(&planned.call);
        while pages.is_open() {
            let request = there
                .rds
                .describe_db_cluster_snapshots()
                .db_cluster_identifier(&of.identifier)
                .set_snapshot_type(kind.map(str::to_owned))
                .max_records(RDS_PAGE)
                .set_marker(pages.marker());
            let page = there.send(&planned, request.send()).await.map_err(failed)?;
            pages.add(page.db_cluster_snapshots, page.marker).map_err(failed)?;
        }
        let found = pages.into_items().into_iter().filter(|one| {
            one.status() == Some("available")
                && (is_same(one.db_cluster_resource_id(), of)
                    || is_copied(None, one.source_db_cluster_snapshot_arn(), from))
        });
        copies.extend(found.filter_map(|one| {
            let taken = one.snapshot_create_time().map_or(0, |at| at.secs());
            Some(SnapshotCopy { id: one.db_cluster_snapshot_identifier()?.to_owned(), taken })
        }));
    }
    Ok(copies)
}

/// Whether a snapshot is of the database itself, by what RDS gave that for good.
fn is_same(resource_id: Option<&str>, of: &DatabaseId) -> bool {
    resource_id.is_some() && resource_id == of.resource_id.as_deref()
}

/// Whether a snapshot came from this region. An instance of the same name may be in its own region, with snapshots of
/// its own.
fn is_copied(source_region: Option<&str>, source_arn: Option<&str>, from: &Region) -> bool {
    let of_arn = source_arn.and_then(|arn| arn.split(':').nth(3)).filter(|region| !region.is_empty());
    of_arn.or(source_region) == Some(from.as_str())
}

/// A copy does not name its volume: its description names the snapshot that it is of, which the primary region knows;
/// or a tag names the volume, for whatever writes other descriptions.
async fn volume_copies(here: &Regional, there: &Regional, volume: &str) -> Result<Vec<SnapshotCopy>, CatalogError> {
    let tagged = snapshots(there, vec![completed(), filter(&format!("tag:{VOLUME_TAG}"), [volume.to_owned()])]).await?;
    let mut copies: BTreeMap<String, i64> = tagged.iter().filter_map(copy).collect();
    let own = match snapshots(here, vec![filter("volume-id", [volume.to_owned()])]).await {
        Ok(own) => own,
        // The primary may be gone; tags alone tell then.
        Err(_) if !copies.is_empty() => Vec::new(),
        Err(error) => return Err(error),
    };
    let taken: BTreeMap<String, i64> = own.iter().filter_map(copy).collect();
    let patterns: Vec<String> = taken.keys().map(|id| format!("*{id}*")).collect();
    for patterns in patterns.chunks(FILTER_VALUES) {
        for found in snapshots(there, vec![completed(), filter("description", patterns.to_vec())]).await? {
            let description = found.description().unwrap_or_default();
            let of = taken.iter().find(|(id, _)| names(description, id));
            if let (Some((id, _)), Some((_, at))) = (copy(&found), of) {
                copies.insert(id, *at);
            }
        }
    }
    Ok(copies.into_iter().map(|(id, taken)| SnapshotCopy { id, taken }).collect())
}

/// Whether a description has this id as a word: `[Copied snap-0123 from eu-west-1]`.
fn names(description: &str, id: &str) -> bool {
    description.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')).any(|word| word == id)
}

fn copy(snapshot: &Snapshot) -> Option<(String, i64)> {
    Some((snapshot.snapshot_id()?.to_owned(), snapshot.start_time().map_or(0, |at| at.secs())))
}

fn completed() -> Filter {
    filter("status", ["completed".to_owned()])
}

fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

async fn snapshots(regional: &Regional, filters: Vec<Filter>) -> Result<Vec<Snapshot>, CatalogError> {
    let failed = |error: CallError| snapshot_error(&regional.region, "snapshots of volumes", &error);
    let planned = regional.ec2_pages("DescribeSnapshots");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = regional
            .ec2
            .describe_snapshots()
            .owner_ids("self")
            .set_filters(Some(filters.clone()))
            .max_results(EC2_PAGE)
            .set_next_token(pages.marker());
        let page = regional.send(&planned, request.send()).await.map_err(failed)?;
        pages.add(page.snapshots, page.next_token).map_err(failed)?;
    }
    Ok(pages.into_items())
}

fn snapshot_error(region: &Region, what: &'static str, error: &CallError) -> CatalogError {
    CatalogError { region: region.clone(), what, reason: error.reason(), remedy: error.remedy() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_told_from_a_snapshot_of_the_region_itself() {
        let from = Region::new("eu-west-1").unwrap();
        let arn = "arn:aws:rds:eu-west-1:123456789012:snapshot:orders";
        assert!(is_copied(None, Some(arn), &from));
        assert!(is_copied(Some("eu-west-1"), None, &from));
        assert!(!is_copied(Some("eu-central-1"), None, &from));
        assert!(!is_copied(None, None, &from));
        assert!(!is_copied(Some("eu-west-1"), Some(&arn.replace("eu-west-1", "us-east-1")), &from));
    }

    #[test]
    fn a_description_names_whole_ids() {
        assert!(names("[Copied snap-0a1b from eu-west-1] nightly", "snap-0a1b"));
        assert!(!names("[Copied snap-0a1b2c from eu-west-1]", "snap-0a1b"));
    }
}
