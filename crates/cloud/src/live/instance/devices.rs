//! Block devices of an instance: what they are, the volumes tell.

use crate::live::attributes::{Attributes, number};
use aws_sdk_ec2::types::{EbsInstanceBlockDevice, Instance, InstanceBlockDeviceMapping, Volume};
use serde_json::Map;
use std::collections::HashMap;

/// Volumes by their ids.
pub(super) fn by_id(volumes: &[Volume]) -> HashMap<&str, &Volume> {
    volumes.iter().filter_map(|volume| Some((volume.volume_id()?, volume))).collect()
}

/// Volumes of these instances that are not among those that were listed.
pub(super) fn not_in<'i>(listed: &HashMap<&str, &Volume>, instances: &[&'i Instance]) -> Vec<&'i str> {
    let devices = instances.iter().flat_map(|instance| instance.block_device_mappings());
    let ids = devices.filter_map(|device| device.ebs().and_then(EbsInstanceBlockDevice::volume_id));
    ids.filter(|id| !listed.contains_key(id)).collect()
}

/// Adds the root device, the others, and the tags of all volumes together.
pub(super) fn add(attributes: Attributes, instance: &Instance, volumes: &HashMap<&str, &Volume>) -> Attributes {
    let (mut root, mut others) = (None, Vec::new());
    let mut tags = Map::new();
    for device in instance.block_device_mappings() {
        let Some(ebs) = device.ebs() else { continue };
        // A volume that was deleted between the two calls.
        let Some(volume) = ebs.volume_id().and_then(|id| volumes.get(id)) else { continue };
        let block = block(device, ebs, volume);
        let own = Attributes::new().ec2_tags(volume.tags()).into_map();
        tags.extend(own.get("tags_all").and_then(|tags| tags.as_object()).cloned().unwrap_or_default());
        if device.device_name() == instance.root_device_name() {
            root = Some(block);
        } else {
            others.push(block.or_null("snapshot_id", volume.snapshot_id()));
        }
    }
    attributes.single("root_block_device", root).blocks("ebs_block_device", others).set("volume_tags", tags)
}

fn block(device: &InstanceBlockDeviceMapping, ebs: &EbsInstanceBlockDevice, volume: &Volume) -> Attributes {
    Attributes::new()
        .or_null("device_name", device.device_name())
        .or_null("volume_id", ebs.volume_id())
        .if_told("delete_on_termination", ebs.delete_on_termination())
        .if_told("volume_size", number(volume.size()))
        .if_told("volume_type", volume.volume_type().map(|kind| kind.as_str()))
        .if_told("iops", number(volume.iops()))
        .if_told("throughput", number(volume.throughput()))
        .if_told("encrypted", volume.encrypted())
        .or_null("kms_key_id", volume.kms_key_id())
        .ec2_tags(volume.tags())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{Tag, VolumeType};
    use serde_json::json;

    #[test]
    fn devices_have_what_their_volumes_have() {
        let device = |name: &str, volume: &str| {
            let ebs = EbsInstanceBlockDevice::builder().volume_id(volume).delete_on_termination(true).build();
            InstanceBlockDeviceMapping::builder().device_name(name).ebs(ebs).build()
        };
        let volume = |id: &str, size: i32| {
            let tag = Tag::builder().key("Of").value(id).build();
            Volume::builder().volume_id(id).size(size).volume_type(VolumeType::Gp3).encrypted(false).tags(tag).build()
        };
        let volumes = [volume("vol-1", 8), volume("vol-2", 100)];
        let instance = Instance::builder()
            .root_device_name("/dev/xvda")
            .block_device_mappings(device("/dev/xvda", "vol-1"))
            .block_device_mappings(device("/dev/sdg", "vol-2"))
            .block_device_mappings(device("/dev/sdz", "vol-gone"))
            .build();
        assert_eq!(not_in(&by_id(&volumes), &[&instance]), ["vol-gone"]);
        let device = |name: &str, volume: &str, size: i32| {
            json!({
                "device_name": name, "volume_id": volume, "delete_on_termination": true, "volume_size": size,
                "volume_type": "gp3", "encrypted": false, "kms_key_id": null, "tags_all": {"Of": volume}
            })
        };
        let mut other = device("/dev/sdg", "vol-2", 100);
        other["snapshot_id"] = json!(null);
        assert_eq!(
            add(Attributes::new(), &instance, &by_id(&volumes)).block(),
            json!({
                "root_block_device": [device("/dev/xvda", "vol-1", 8)], "ebs_block_device": [other],
                "volume_tags": {"Of": "vol-2"}
            })
        );
    }
}
