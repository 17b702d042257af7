//! The conditions of a rule, as the provider's blocks.

use super::super::attributes::Attributes;
use aws_sdk_elasticloadbalancingv2::types::RuleCondition;
use serde_json::{Value, json};

pub(super) fn blocks(conditions: &[RuleCondition]) -> Vec<Value> {
    conditions.iter().map(block).collect()
}

fn block(condition: &RuleCondition) -> Value {
    let (host, path) = (condition.host_header_config(), condition.path_pattern_config());
    let header = condition.http_header_config().map(|config| {
        let name = Attributes::new().or_null("http_header_name", config.http_header_name());
        name.texts("values", config.values()).block()
    });
    let queries = condition.query_string_config().map(|config| config.values()).unwrap_or_default();
    let query = |pair: &aws_sdk_elasticloadbalancingv2::types::QueryStringKeyValuePair| {
        Attributes::new().or_null("key", pair.key()).or_null("value", pair.value()).block()
    };
    Attributes::new()
        .set("host_header", values(or_plain(condition, "host-header", host.map(|config| config.values()))))
        .set("path_pattern", values(or_plain(condition, "path-pattern", path.map(|config| config.values()))))
        .set("http_header", header.into_iter().collect::<Vec<_>>())
        .set("http_request_method", values(condition.http_request_method_config().map(|config| config.values())))
        .set("query_string", queries.iter().map(query).collect::<Vec<_>>())
        .set("source_ip", values(condition.source_ip_config().map(|config| config.values())))
        .block()
}

/// A rule that was made by the API's older form has its values beside the config.
fn or_plain<'c>(condition: &'c RuleCondition, field: &str, told: Option<&'c [String]>) -> Option<&'c [String]> {
    let plain = || (condition.field() == Some(field)).then(|| condition.values());
    told.filter(|values| !values.is_empty()).or_else(plain)
}

fn values(told: Option<&[String]>) -> Vec<Value> {
    told.map(|values| json!({ "values": values })).into_iter().collect()
}
