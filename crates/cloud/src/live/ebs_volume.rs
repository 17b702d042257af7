//! `aws_ebs_volume`

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use aws_sdk_ec2::types::{Volume, VolumeState};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[EBS_VOLUME];
const EBS_VOLUME: &str = "aws_ebs_volume";

/// The most that DescribeVolumes gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_pages("DescribeVolumes");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.ec2.describe_volumes().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.volumes, page.next_token)?;
    }
    let volumes = pages.into_items();
    Ok(Answer::of(volumes.iter().filter_map(object)))
}

fn object(volume: &Volume) -> Option<LiveObject> {
    if matches!(volume.state(), Some(VolumeState::Deleting | VolumeState::Deleted)) {
        return None;
    }
    let attributes = Attributes::new()
        .or_null("availability_zone", volume.availability_zone())
        .if_told("size", number(volume.size()))
        .if_told("type", volume.volume_type().map(|kind| kind.as_str()))
        .if_told("iops", number(volume.iops()))
        .if_told("throughput", number(volume.throughput()))
        .if_told("encrypted", volume.encrypted())
        .or_null("kms_key_id", volume.kms_key_id())
        .or_null("snapshot_id", volume.snapshot_id())
        .or_null("outpost_arn", volume.outpost_arn())
        .if_told("multi_attach_enabled", volume.multi_attach_enabled())
        .ec2_tags(volume.tags());
    Some(attributes.object(EBS_VOLUME, volume.volume_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_volume_does_not_exist() {
        let volume = |state: VolumeState| object(&Volume::builder().volume_id("vol-1").size(8).state(state).build());
        assert_eq!(volume(VolumeState::Deleting), None);
        assert_eq!(volume(VolumeState::InUse).expect("volume").attributes["size"], 8);
    }
}
