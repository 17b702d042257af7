//! `aws_ebs_volume` and `aws_volume_attachment`: both from one call.

use super::attributes::{Attributes, number};
use super::crc32::crc32;
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{Volume, VolumeAttachment, VolumeAttachmentState, VolumeState};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[EBS_VOLUME, ATTACHMENT];
const EBS_VOLUME: &str = "aws_ebs_volume";
const ATTACHMENT: &str = "aws_volume_attachment";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let volumes = scope.volumes().await?;
    let attachments = volumes.iter().flat_map(Volume::attachments).filter_map(attachment);
    let known = attachments.filter(|object| scope.knows(ATTACHMENT, &object.id));
    Ok(Answer::of(volumes.iter().filter_map(object).chain(known)))
}

/// Has no id of its own in AWS: the provider makes one up of its parts.
fn attachment(attachment: &VolumeAttachment) -> Option<LiveObject> {
    if attachment.state() == Some(&VolumeAttachmentState::Detached) {
        return None;
    }
    let (device, instance, volume) = (attachment.device()?, attachment.instance_id()?, attachment.volume_id()?);
    let attributes = Attributes::new().set("device_name", device).set("instance_id", instance).set("volume_id", volume);
    let id = format!("vai-{}", crc32(&format!("{device}-{instance}-{volume}-")));
    Some(attributes.object(ATTACHMENT, &id))
}

/// The instance that a volume came with, and goes with.
fn instance(volume: &Volume) -> Option<String> {
    let with = volume.attachments().iter().find(|attachment| attachment.delete_on_termination() == Some(true))?;
    with.instance_id().map(|id| format!("instance {id}"))
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
        .ec2_tags(volume.tags())
        .made_by(instance(volume))
        .made_by(made_by::service(volume.tags(), volume.operator()));
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

    #[test]
    fn an_attachment_has_the_providers_id() {
        let attached = |state: VolumeAttachmentState| {
            VolumeAttachment::builder()
                .device("/dev/sdh")
                .instance_id("i-0123456789abcdef0")
                .volume_id("vol-0123456789abcdef0")
                .delete_on_termination(true)
                .state(state)
                .build()
        };
        // As Python's zlib.crc32 has it of the three with a dash behind each.
        let object = attachment(&attached(VolumeAttachmentState::Attached)).expect("attachment");
        assert_eq!(object.id, "vai-3403487813");
        assert_eq!(attachment(&attached(VolumeAttachmentState::Detached)), None);
        let volume = Volume::builder().attachments(attached(VolumeAttachmentState::Attached)).build();
        assert_eq!(instance(&volume).as_deref(), Some("instance i-0123456789abcdef0"));
    }
}
