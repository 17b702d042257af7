//! Items of the DynamoDB table in which Terraform's s3 backend keeps digests and locks of states.

use crate::error::CallError;
use crate::session::Aws;
use aws_sdk_dynamodb::types::AttributeValue;
use pilotlight_drift::Place;

/// The table's key, and the two attributes that Terraform writes beside it.
const LOCK_ID: &str = "LockID";
const DIGEST: &str = "Digest";
const INFO: &str = "Info";

/// What Terraform wrote under one lock id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockItem {
    /// Under `BUCKET/KEY-md5`: the state's MD5 in hexadecimal.
    pub digest: Option<String>,
    /// Under `BUCKET/KEY`: who holds the lock, as JSON.
    pub info: Option<String>,
}

impl Aws {
    /// The item with this lock id, read consistently; none where there is no such item.
    ///
    /// # Errors
    /// The table is not there, access is denied, or there is no answer.
    pub async fn lock_item(&self, place: &Place, table: &str, lock_id: &str) -> Result<Option<LockItem>, CallError> {
        let log = self.session_log();
        self.enter(place, &log).await?;
        let regional = self.regional(place, log).await;
        let request = regional
            .dynamodb
            .get_item()
            .table_name(table)
            .key(LOCK_ID, AttributeValue::S(lock_id.to_owned()))
            // `Info` is a reserved word of the expression language.
            .projection_expression("#digest, #info")
            .expression_attribute_names("#digest", DIGEST)
            .expression_attribute_names("#info", INFO)
            .consistent_read(true);
        let answer = regional.send(&regional.call("dynamodb", "GetItem"), request.send()).await?;
        Ok(answer.item.map(|item| {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
            LockItem { digest: text(DIGEST), info: text(INFO) }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CallErrorKind;
    use crate::replay::{Replay, Reply, region};

    #[tokio::test]
    async fn an_item_its_absence_and_a_refusal() {
        let replay = Replay::new(|asked| {
            if asked.contains("shop-tfstate/app.tfstate-md5") {
                Reply::ok(r#"{"Item":{"Digest":{"S":"0cc175b9c0f1b6a831c399e269772661"}}}"#)
            } else if asked.contains("shop-tfstate/app.tfstate") {
                Reply::ok(r#"{"Item":{"Info":{"S":"{\"Who\":\"ci\"}"}}}"#)
            } else if asked.contains("\"nobody\"") {
                Reply::ok("{}")
            } else {
                let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":"no"}"#;
                Reply::Answer(400, body.to_owned())
            }
        });
        let aws = replay.aws();
        let here = Place::own(region());
        let digest = aws.lock_item(&here, "locks", "shop-tfstate/app.tfstate-md5").await.expect("item");
        assert_eq!(digest.and_then(|item| item.digest).as_deref(), Some("0cc175b9c0f1b6a831c399e269772661"));
        let lock = aws.lock_item(&here, "locks", "shop-tfstate/app.tfstate").await.expect("item");
        assert_eq!(lock, Some(LockItem { digest: None, info: Some(r#"{"Who":"ci"}"#.to_owned()) }));
        assert_eq!(aws.lock_item(&here, "locks", "nobody").await, Ok(None));
        let denied = aws.lock_item(&here, "locks", "x").await.expect_err("denied");
        assert_eq!(denied.kind, CallErrorKind::Denied);
        assert_eq!(
            denied.to_string(),
            "call GetItem of dynamodb in eu-west-1 (access denied: AccessDeniedException: no)"
        );
        let calls: Vec<_> = aws.calls().iter().map(|calls| (calls.operation.clone(), calls.count)).collect();
        assert_eq!(calls, [("GetItem".to_owned(), 4)]);
        assert!(replay.asked()[0].contains("\"ConsistentRead\":true"), "{:?}", replay.asked());
    }
}
