//! `aws_flow_log`

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::FlowLog;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[FLOW_LOG];
const FLOW_LOG: &str = "aws_flow_log";

/// The most that DescribeFlowLogs gives at once.
const PAGE: i32 = 1000;

/// What is watched, by the beginning of its id. The longer one comes first.
const WATCHED: [(&str, &str); 5] = [
    ("vpc-", "vpc_id"),
    ("subnet-", "subnet_id"),
    ("eni-", "eni_id"),
    ("tgw-attach-", "transit_gateway_attachment_id"),
    ("tgw-", "transit_gateway_id"),
];

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_flow_logs().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.flow_logs, page.next_token)) }
    };
    let logs = scope.list("DescribeFlowLogs", page).await?;
    Ok(Answer::of(logs.iter().filter_map(object)))
}

fn object(log: &FlowLog) -> Option<LiveObject> {
    let watched = log.resource_id().unwrap_or_default();
    let options = log.destination_options().map(|options| {
        Attributes::new()
            .if_told("file_format", options.file_format().map(|format| format.as_str()))
            .if_told("hive_compatible_partitions", options.hive_compatible_partitions())
            .if_told("per_hour_partition", options.per_hour_partition())
    });
    let attributes = Attributes::new()
        .or_null("deliver_cross_account_role", log.deliver_cross_account_role())
        .or_null("iam_role_arn", log.deliver_logs_permission_arn())
        .if_told("log_destination", log.log_destination())
        .if_told("log_destination_type", log.log_destination_type().map(|kind| kind.as_str()))
        .if_told("log_format", log.log_format())
        .if_told("log_group_name", log.log_group_name())
        .if_told("max_aggregation_interval", number(log.max_aggregation_interval()))
        .if_told("traffic_type", log.traffic_type().map(|kind| kind.as_str()))
        .single_if_told("destination_options", options)
        .ec2_tags(log.tags());
    let attributes = match WATCHED.iter().find(|(prefix, _)| watched.starts_with(prefix)) {
        Some((_, attribute)) => attributes.set(attribute, watched),
        None => attributes,
    };
    Some(attributes.object(FLOW_LOG, log.flow_log_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::TrafficType;
    use serde_json::{Value, json};

    #[test]
    fn what_is_watched_is_known_by_its_id() {
        let of = |id: &str| {
            let log = FlowLog::builder().flow_log_id("fl-1").resource_id(id).traffic_type(TrafficType::All).build();
            Value::Object(object(&log).expect("log").attributes)
        };
        assert_eq!(of("vpc-1")["vpc_id"], json!("vpc-1"));
        assert_eq!(of("tgw-attach-1")["transit_gateway_attachment_id"], json!("tgw-attach-1"));
        assert_eq!(of("tgw-1")["transit_gateway_id"], json!("tgw-1"));
        assert_eq!(
            of("fs-1"),
            json!({
                "deliver_cross_account_role": null, "iam_role_arn": null, "traffic_type": "ALL", "tags_all": {},
                "id": "fl-1"
            })
        );
    }
}
