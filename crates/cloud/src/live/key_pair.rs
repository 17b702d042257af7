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
        // A digest of the key: another key has another one.
        .if_told("fingerprint", key.key_fingerprint())
        .if_told("key_type", key.key_type().map(|kind| kind.as_str()))
        .ec2_tags(key.tags());
    Some(attributes.object(KEY_PAIR, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::KeyType;
    use serde_json::{Value, json};

    #[test]
    fn a_key_is_known_by_its_name() {
        let key = KeyPairInfo::builder()
            .key_name("ops")
            .key_pair_id("key-1")
            .key_fingerprint("SHA256:abc=")
            .key_type(KeyType::Ed25519)
            .build();
        assert_eq!(
            Value::Object(object(&key).expect("object").attributes),
            json!({
                "key_name": "ops", "key_pair_id": "key-1", "fingerprint": "SHA256:abc=", "key_type": "ed25519",
                "tags_all": {}, "id": "ops"
            })
        );
    }
}
