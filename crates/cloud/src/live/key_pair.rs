//! `aws_key_pair`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::KeyPairInfo;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[KEY_PAIR];
const KEY_PAIR: &str = "aws_key_pair";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    // The API has no pages.
    let planned = scope.regional.ec2_whole("DescribeKeyPairs");
    let answer = scope.regional.send(&planned, scope.regional.ec2.describe_key_pairs().send()).await?;
    Ok(Answer::of(answer.key_pairs().iter().filter_map(object)))
}

fn object(key: &KeyPairInfo) -> Option<LiveObject> {
    let name = key.key_name()?;
    let attributes = Attributes::new()
        .set("key_name", name)
        .if_told("key_pair_id", key.key_pair_id())
        .if_told("fingerprint", key.key_fingerprint())
        .if_told("key_type", key.key_type().map(|kind| kind.as_str()))
        .ec2_tags(key.tags());
    Some(attributes.object(KEY_PAIR, name))
}
