//! `aws_ebs_snapshot`, however it was made: one call gives every snapshot of the account.

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::{Image, Snapshot};
use pilotlight_drift::LiveObject;
use std::collections::HashMap;

pub(super) const TYPES: &[&str] = &[SNAPSHOT];
const SNAPSHOT: &str = "aws_ebs_snapshot";

/// The most that DescribeSnapshots gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_snapshots().owner_ids("self").max_results(PAGE);
        let request = request.set_next_token(next);
        async move { request.send().await.map(|page| (page.snapshots, page.next_token)) }
    };
    let snapshots = scope.list("DescribeSnapshots", page).await?;
    let images = if scope.everything { of_images(scope.images().await?) } else { HashMap::new() };
    Ok(Answer::of(snapshots.iter().filter_map(|snapshot| object(snapshot, &images))))
}

/// The image that has each snapshot.
fn of_images(images: &[Image]) -> HashMap<&str, &str> {
    images
        .iter()
        .filter_map(|image| Some((image, image.image_id()?)))
        .flat_map(|(image, id)| {
            let devices = image.block_device_mappings().iter().filter_map(|device| device.ebs());
            devices.filter_map(|ebs| ebs.snapshot_id()).map(move |snapshot| (snapshot, id))
        })
        .collect()
}

/// The image that a snapshot was made for, by the words of whoever made it: "Created by CreateImage(i-1) for ami-1",
/// "Copied for DestinationAmi ami-1 from SourceAmi ami-2".
fn described(snapshot: &Snapshot) -> Option<&str> {
    let text = snapshot.description()?;
    let is_for_image = ["Created by CreateImage(", "Copied for DestinationAmi ", "Auto-created snapshot for AMI "];
    let words = is_for_image.iter().any(|begin| text.starts_with(begin)).then(|| text.split_whitespace());
    words?.find(|word| word.starts_with("ami-"))
}

fn object(snapshot: &Snapshot, images: &HashMap<&str, &str>) -> Option<LiveObject> {
    let id = snapshot.snapshot_id()?;
    let attributes = Attributes::new()
        .or_null("volume_id", snapshot.volume_id())
        .if_told("volume_size", number(snapshot.volume_size()))
        .or_null("description", snapshot.description())
        .if_told("encrypted", snapshot.encrypted())
        .or_null("kms_key_id", snapshot.kms_key_id())
        .or_null("data_encryption_key_id", snapshot.data_encryption_key_id())
        .if_told("owner_id", snapshot.owner_id())
        .or_null("owner_alias", snapshot.owner_alias())
        .or_null("outpost_arn", snapshot.outpost_arn())
        .if_told("storage_tier", snapshot.storage_tier().map(|tier| tier.as_str()))
        .ec2_tags(snapshot.tags())
        .made_by(images.get(id).copied().or_else(|| described(snapshot)).map(|image| format!("image {image}")));
    Some(attributes.object(SNAPSHOT, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice};
    use serde_json::{Value, json};

    #[test]
    fn a_snapshot_of_an_image_is_the_images() {
        let device = BlockDeviceMapping::builder().ebs(EbsBlockDevice::builder().snapshot_id("snap-1").build()).build();
        let images = [Image::builder().image_id("ami-1").block_device_mappings(device).build()];
        let of = |id: &str| {
            let snapshot = Snapshot::builder().snapshot_id(id).volume_size(8).encrypted(true).build();
            object(&snapshot, &of_images(&images)).expect("snapshot")
        };
        assert_eq!((of("snap-1").made_by.as_deref(), of("snap-2").made_by), (Some("image ami-1"), None));
        assert_eq!(
            Value::Object(of("snap-2").attributes),
            json!({
                "volume_id": null, "volume_size": 8, "description": null, "encrypted": true, "kms_key_id": null,
                "data_encryption_key_id": null, "owner_alias": null, "outpost_arn": null, "tags_all": {}, "id": "snap-2"
            })
        );
    }

    #[test]
    fn a_snapshot_says_which_image_it_was_made_for() {
        let of = |text: &str| described(&Snapshot::builder().description(text).build()).map(str::to_owned);
        assert_eq!(of("Created by CreateImage(i-1) for ami-1").as_deref(), Some("ami-1"));
        assert_eq!(of("Copied for DestinationAmi ami-1 from SourceAmi ami-2").as_deref(), Some("ami-1"));
        assert_eq!(of("before the move to ami-3"), None);
    }
}
