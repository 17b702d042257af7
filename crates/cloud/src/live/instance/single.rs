//! What only DescribeInstanceAttribute tells, one attribute and instance a call.

use super::INSTANCE;
use crate::error::CallError;
use crate::live::answer::Answer;
use crate::live::at_once;
use crate::live::scope::{ONE_BY_ONE, Scope};
use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput;
use aws_sdk_ec2::types::{AttributeBooleanValue, AttributeValue, InstanceAttributeName};
use serde_json::Value;
use sha1::{Digest, Sha1};

const SINGLE: [InstanceAttributeName; 4] = [
    InstanceAttributeName::UserData,
    InstanceAttributeName::DisableApiTermination,
    InstanceAttributeName::DisableApiStop,
    InstanceAttributeName::InstanceInitiatedShutdownBehavior,
];

/// Their names in Terraform.
const ATTRIBUTES: [&str; 5] = [
    "user_data",
    "user_data_base64",
    "disable_api_termination",
    "disable_api_stop",
    "instance_initiated_shutdown_behavior",
];

/// Adds them to the instances that the states know, where these are few.
pub(super) async fn add(scope: &Scope<'_>, answer: &mut Answer) {
    let ids = scope.ids(INSTANCE);
    if ids.len() > ONE_BY_ONE {
        answer.leave_out(INSTANCE, &ATTRIBUTES, ids.len(), ONE_BY_ONE);
        return;
    }
    let there: Vec<&str> = ids.into_iter().filter(|id| answer.has(id)).collect();
    for (id, told) in at_once(there, |id| read_all(scope, id)).await {
        match told {
            Ok(told) => told.into_iter().for_each(|(name, value)| answer.set(id, name, Some(value))),
            Err(error) => answer.half_read(INSTANCE, id, &error),
        }
    }
}

/// What the calls for one instance tell; the first that fails ends them.
async fn read_all(scope: &Scope<'_>, id: &str) -> Result<Vec<(&'static str, Value)>, CallError> {
    let mut all = Vec::new();
    for attribute in SINGLE {
        all.extend(read(scope, id, &attribute).await?);
    }
    Ok(all)
}

async fn read(
    scope: &Scope<'_>,
    id: &str,
    attribute: &InstanceAttributeName,
) -> Result<Vec<(&'static str, Value)>, CallError> {
    let planned = scope.regional.ec2_one("DescribeInstanceAttribute");
    let request = scope.regional.ec2.describe_instance_attribute().instance_id(id).attribute(attribute.clone());
    let answer = scope.regional.send(&planned, request.send()).await?;
    Ok(told(attribute, &answer))
}

fn told(attribute: &InstanceAttributeName, answer: &DescribeInstanceAttributeOutput) -> Vec<(&'static str, Value)> {
    let flag = |value: Option<&AttributeBooleanValue>| value.and_then(AttributeBooleanValue::value);
    match attribute {
        InstanceAttributeName::UserData => user_data(answer.user_data().and_then(AttributeValue::value)),
        InstanceAttributeName::DisableApiTermination => flag(answer.disable_api_termination())
            .map(|value| ("disable_api_termination", value.into()))
            .into_iter()
            .collect(),
        InstanceAttributeName::DisableApiStop => {
            flag(answer.disable_api_stop()).map(|value| ("disable_api_stop", value.into())).into_iter().collect()
        }
        _ => answer
            .instance_initiated_shutdown_behavior()
            .and_then(AttributeValue::value)
            .map(|value| ("instance_initiated_shutdown_behavior", value.into()))
            .into_iter()
            .collect(),
    }
}

/// The state has user data either as it was given in base64, or as the SHA-1 of what it says.
fn user_data(value: Option<&str>) -> Vec<(&'static str, Value)> {
    let Some(text) = value else {
        return vec![("user_data", Value::Null), ("user_data_base64", Value::Null)];
    };
    let bytes = aws_smithy_types::base64::decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
    let hash: String = Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    vec![("user_data", hash.into()), ("user_data_base64", text.into())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn user_data_is_told_in_both_forms() {
        let of = |value: Option<&str>| user_data(value).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        // As `printf abc | sha1sum` has it.
        assert_eq!(of(Some("YWJj")), [json!("a9993e364706816aba3e25717850c26c9cd0d89d"), json!("YWJj")]);
        // An empty text is one, as the provider has it.
        assert_eq!(of(Some("")), [json!("da39a3ee5e6b4b0d3255bfef95601890afd80709"), json!("")]);
        assert_eq!(of(None), [json!(null), json!(null)]);
    }

    #[test]
    fn a_switch_that_was_not_told_is_left_out() {
        let on = AttributeBooleanValue::builder().value(true).build();
        let answer = DescribeInstanceAttributeOutput::builder().disable_api_stop(on).build();
        assert_eq!(told(&InstanceAttributeName::DisableApiStop, &answer), [("disable_api_stop", json!(true))]);
        assert_eq!(told(&InstanceAttributeName::DisableApiTermination, &answer), []);
    }
}
