//! `aws_ami`, however it was made: one call gives every image of the account.

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::{BlockDeviceMapping, Image, ImageState};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[AMI];
const AMI: &str = "aws_ami";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    Ok(Answer::of(scope.images().await?.iter().filter_map(object)))
}

fn object(image: &Image) -> Option<LiveObject> {
    if image.state() == Some(&ImageState::Deregistered) {
        return None;
    }
    let devices = image.block_device_mappings();
    let root = devices.iter().find(|device| device.device_name() == image.root_device_name());
    let attributes = Attributes::new()
        .or_null("name", image.name())
        .or_null("description", image.description())
        .if_told("architecture", image.architecture().map(|value| value.as_str()))
        .or_null("boot_mode", image.boot_mode().map(|value| value.as_str()))
        .or_null("deprecation_time", image.deprecation_time())
        .blocks("ebs_block_device", devices.iter().filter_map(ebs))
        .blocks("ephemeral_block_device", devices.iter().filter_map(ephemeral))
        .if_told("ena_support", image.ena_support())
        .if_told("hypervisor", image.hypervisor().map(|value| value.as_str()))
        .if_told("image_location", image.image_location())
        .or_null("image_owner_alias", image.image_owner_alias())
        .if_told("image_type", image.image_type().map(|value| value.as_str()))
        .or_null("imds_support", image.imds_support().map(|value| value.as_str()))
        .or_null("kernel_id", image.kernel_id())
        .if_told("owner_id", image.owner_id())
        .or_null("platform", image.platform().map(|value| value.as_str()))
        .if_told("platform_details", image.platform_details())
        .if_told("public", image.public())
        .or_null("ramdisk_id", image.ramdisk_id())
        .or_null("root_device_name", image.root_device_name())
        .or_null("root_snapshot_id", root.and_then(|device| device.ebs()).and_then(|ebs| ebs.snapshot_id()))
        .or_null("sriov_net_support", image.sriov_net_support())
        .or_null("tpm_support", image.tpm_support().map(|value| value.as_str()))
        .if_told("usage_operation", image.usage_operation())
        .if_told("virtualization_type", image.virtualization_type().map(|value| value.as_str()))
        .ec2_tags(image.tags());
    Some(attributes.object(AMI, image.image_id()?))
}

fn ebs(device: &BlockDeviceMapping) -> Option<Attributes> {
    let ebs = device.ebs()?;
    let attributes = Attributes::new()
        .or_null("device_name", device.device_name())
        .or_null("snapshot_id", ebs.snapshot_id())
        .if_told("delete_on_termination", ebs.delete_on_termination())
        .if_told("encrypted", ebs.encrypted())
        .if_told("iops", number(ebs.iops()))
        .if_told("throughput", number(ebs.throughput()))
        .if_told("volume_size", number(ebs.volume_size()))
        .if_told("volume_type", ebs.volume_type().map(|value| value.as_str()))
        .or_null("outpost_arn", ebs.outpost_arn());
    Some(attributes)
}

fn ephemeral(device: &BlockDeviceMapping) -> Option<Attributes> {
    let name = device.virtual_name()?;
    Some(Attributes::new().or_null("device_name", device.device_name()).set("virtual_name", name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{EbsBlockDevice, VolumeType};
    use serde_json::json;

    #[test]
    fn an_image_with_its_devices() {
        let ebs = EbsBlockDevice::builder().snapshot_id("snap-1").volume_size(8).volume_type(VolumeType::Gp3).build();
        let image = |state: ImageState| {
            Image::builder()
                .image_id("ami-1")
                .public(true)
                .state(state)
                .root_device_name("/dev/xvda")
                .block_device_mappings(BlockDeviceMapping::builder().device_name("/dev/xvda").ebs(ebs.clone()).build())
                .block_device_mappings(
                    BlockDeviceMapping::builder().device_name("/dev/sdb").virtual_name("ephemeral0").build(),
                )
                .build()
        };
        let told = object(&image(ImageState::Available)).expect("image").attributes;
        assert_eq!((&told["public"], &told["root_snapshot_id"]), (&json!(true), &json!("snap-1")));
        assert_eq!(
            told["ebs_block_device"],
            json!([{
                "device_name": "/dev/xvda", "snapshot_id": "snap-1", "volume_size": 8, "volume_type": "gp3",
                "outpost_arn": null
            }])
        );
        assert_eq!(told["ephemeral_block_device"], json!([{"device_name": "/dev/sdb", "virtual_name": "ephemeral0"}]));
        assert_eq!(object(&image(ImageState::Deregistered)), None);
    }
}
