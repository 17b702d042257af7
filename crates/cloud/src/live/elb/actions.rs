//! The actions of listeners and rules, as the provider's blocks.

use super::super::attributes::{Attributes, number};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, AuthenticateCognitoActionConfig, AuthenticateOidcActionConfig, FixedResponseActionConfig,
    ForwardActionConfig, RedirectActionConfig,
};
use serde_json::Value;
use std::collections::HashMap;

/// Actions in their order. Both forms of a forward are given, as AWS tells them; a client secret AWS never tells.
pub(super) fn blocks(actions: &[Action]) -> Vec<Value> {
    let mut actions: Vec<&Action> = actions.iter().collect();
    actions.sort_by_key(|action| action.order());
    actions.into_iter().map(block).collect()
}

fn block(action: &Action) -> Value {
    Attributes::new()
        .or_null("type", action.r#type().map(|kind| kind.as_str()))
        .if_told("order", number(action.order()))
        .or_null("target_group_arn", action.target_group_arn())
        .set("forward", one(action.forward_config().map(forward)))
        .set("redirect", one(action.redirect_config().map(redirect)))
        .set("fixed_response", one(action.fixed_response_config().map(fixed_response)))
        .set("authenticate_oidc", one(action.authenticate_oidc_config().map(oidc)))
        .set("authenticate_cognito", one(action.authenticate_cognito_config().map(cognito)))
        .block()
}

/// A block that is there at most once.
fn one(block: Option<Value>) -> Vec<Value> {
    block.into_iter().collect()
}

fn forward(config: &ForwardActionConfig) -> Value {
    let group = |group: &aws_sdk_elasticloadbalancingv2::types::TargetGroupTuple| {
        Attributes::new().or_null("arn", group.target_group_arn()).if_told("weight", number(group.weight())).block()
    };
    let stickiness = config.target_group_stickiness_config().map(|stickiness| {
        Attributes::new()
            .or_null("enabled", stickiness.enabled())
            .or_null("duration", number(stickiness.duration_seconds()))
            .block()
    });
    Attributes::new()
        .set("target_group", config.target_groups().iter().map(group).collect::<Vec<_>>())
        .if_told("stickiness", stickiness.map(|block| vec![block]))
        .block()
}

fn redirect(config: &RedirectActionConfig) -> Value {
    Attributes::new()
        .if_told("protocol", config.protocol())
        .if_told("port", config.port())
        .if_told("host", config.host())
        .if_told("path", config.path())
        .if_told("query", config.query())
        .or_null("status_code", config.status_code().map(|code| code.as_str()))
        .block()
}

fn fixed_response(config: &FixedResponseActionConfig) -> Value {
    Attributes::new()
        .or_null("content_type", config.content_type())
        .or_null("message_body", config.message_body())
        .or_null("status_code", config.status_code())
        .block()
}

fn oidc(config: &AuthenticateOidcActionConfig) -> Value {
    Attributes::new()
        .or_null("issuer", config.issuer())
        .or_null("authorization_endpoint", config.authorization_endpoint())
        .or_null("token_endpoint", config.token_endpoint())
        .or_null("user_info_endpoint", config.user_info_endpoint())
        .or_null("client_id", config.client_id())
        .or_null("authentication_request_extra_params", parameters(config.authentication_request_extra_params()))
        .if_told("on_unauthenticated_request", config.on_unauthenticated_request().map(|what| what.as_str()))
        .if_told("scope", config.scope())
        .if_told("session_cookie_name", config.session_cookie_name())
        .if_told("session_timeout", config.session_timeout())
        .block()
}

fn cognito(config: &AuthenticateCognitoActionConfig) -> Value {
    Attributes::new()
        .or_null("user_pool_arn", config.user_pool_arn())
        .or_null("user_pool_client_id", config.user_pool_client_id())
        .or_null("user_pool_domain", config.user_pool_domain())
        .or_null("authentication_request_extra_params", parameters(config.authentication_request_extra_params()))
        .if_told("on_unauthenticated_request", config.on_unauthenticated_request().map(|what| what.as_str()))
        .if_told("scope", config.scope())
        .if_told("session_cookie_name", config.session_cookie_name())
        .if_told("session_timeout", config.session_timeout())
        .block()
}

fn parameters(told: Option<&HashMap<String, String>>) -> Option<Value> {
    let parameter = |(key, value): (&String, &String)| (key.clone(), Value::from(value.as_str()));
    told.map(|told| Value::Object(told.iter().map(parameter).collect()))
}
