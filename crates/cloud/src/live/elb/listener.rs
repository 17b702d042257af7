//! Listeners, their rules and their further certificates: of the load balancers that a state has any of.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope, at_once};
use super::settings::Settings;
use super::{PAGE, actions, arns, load_balancer, rule, tags};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_elasticloadbalancingv2::types::{Listener, MutualAuthenticationAttributes};
use pilotlight_drift::LiveObject;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(in super::super) const TYPES: &[&str] = &[LISTENER, rule::RULE, rule::CERTIFICATE];
const LISTENER: &str = "aws_lb_listener";

/// AWS's code for a load balancer that is not there.
const NO_BALANCER: &str = "LoadBalancerNotFound";

/// A number that stands under another name in Terraform than its key suggests.
const TCP_IDLE_TIMEOUT: (&str, &str) = ("tcp.idle_timeout.seconds", "tcp_idle_timeout_seconds");

/// The protocols of listeners whose time-out can be changed; those of a Gateway Load Balancer, which have it too, have
/// none or the second. For others AWS has a fixed one, which the provider does not read. Source: the provider's page on
/// `aws_lb_listener`.
const IDLE_TIMEOUT_IS_SET: [&str; 2] = ["TCP", "GENEVE"];

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let mut answer = Answer::default();
    let wanted = scope.ids(LISTENER);
    let mut balancers: BTreeSet<String> = wanted.iter().filter_map(|arn| arns::load_balancer_of(arn)).collect();
    if scope.everything {
        balancers.extend(load_balancer::list(scope).await?.into_iter().filter_map(|one| one.load_balancer_arn));
    }
    for (balancer, listeners) in at_once(balancers.iter().map(String::as_str), |arn| list(scope, arn)).await {
        match listeners {
            Ok(listeners) => answer.objects.extend(listeners.iter().filter_map(object)),
            // With its load balancer a listener is gone.
            Err(error) if error.is_refused(NO_BALANCER) => {}
            Err(error) => {
                let of_it = wanted.iter().filter(|arn| arns::load_balancer_of(arn).as_deref() == Some(balancer));
                answer.unread.extend(of_it.map(|arn| super::super::unread(LISTENER, Some(arn), &error)));
            }
        }
    }
    let protocol = |object: &LiveObject| object.attributes.get("protocol").and_then(Value::as_str).map(str::to_owned);
    let protocols: BTreeMap<String, Option<String>> =
        answer.objects.iter().map(|object| (object.id.clone(), protocol(object))).collect();
    let there: BTreeSet<String> = protocols.keys().cloned().collect();
    let known = there.iter().map(String::as_str).filter(|arn| wanted.contains(arn));
    for (arn, told) in at_once(known, |arn| settings(scope, arn)).await {
        let protocol = protocols.get(arn).and_then(Option::as_deref);
        answer.complete(LISTENER, arn, told.map(|told| attributes(&told, protocol)));
    }
    tags::add(scope, LISTENER, &mut answer).await;
    rule::add(scope, &there, &mut answer).await;
    Ok(answer)
}

async fn list(scope: &Scope<'_>, balancer: &str) -> Result<Vec<Listener>, CallError> {
    let planned = scope.regional.elb("DescribeListeners");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let list = scope.regional.elb.describe_listeners().load_balancer_arn(balancer);
        let request = list.page_size(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.listeners, page.next_marker)?;
    }
    Ok(pages.into_items())
}

async fn settings(scope: &Scope<'_>, arn: &str) -> Result<Settings, CallError> {
    let planned = scope.regional.elb("DescribeListenerAttributes");
    let request = scope.regional.elb.describe_listener_attributes().listener_arn(arn);
    let answer = scope.regional.send(&planned, request.send()).await?;
    Ok(Settings::of(answer.attributes().iter().map(|one| (one.key(), one.value()))))
}

/// `routing.http.response.server.enabled` is `routing_http_response_server_enabled`, and so are the others.
pub(super) fn attributes(settings: &Settings, protocol: Option<&str>) -> Attributes {
    let routing = settings.pairs().filter(|(key, _)| key.starts_with("routing.http."));
    let attributes = routing.fold(Attributes::new(), |attributes, (key, _)| {
        attributes.if_told(&key.replace('.', "_"), settings.value(key))
    });
    let (key, name) = TCP_IDLE_TIMEOUT;
    let is_set = protocol.is_none_or(|protocol| IDLE_TIMEOUT_IS_SET.contains(&protocol));
    attributes.if_told(name, settings.value(key).filter(|_| is_set))
}

pub(super) fn object(listener: &Listener) -> Option<LiveObject> {
    let arn = listener.listener_arn()?;
    let certificates = listener.certificates();
    // The provider knows the default certificate alone; the others are resources of their own.
    let default = certificates.iter().find(|one| one.is_default() == Some(true)).or(certificates.first());
    let attributes = Attributes::new()
        .set("arn", arn)
        .or_null("load_balancer_arn", listener.load_balancer_arn())
        .or_null("port", number(listener.port()))
        .or_null("protocol", listener.protocol().map(|protocol| protocol.as_str()))
        .or_null("ssl_policy", listener.ssl_policy())
        .or_null("certificate_arn", default.and_then(|certificate| certificate.certificate_arn()))
        .or_null("alpn_policy", listener.alpn_policy().first().map(String::as_str))
        .set("default_action", actions::blocks(listener.default_actions()))
        .if_told("mutual_authentication", listener.mutual_authentication().map(mutual_authentication));
    Some(attributes.object(LISTENER, arn))
}

fn mutual_authentication(told: &MutualAuthenticationAttributes) -> Vec<Value> {
    let block = Attributes::new()
        .or_null("mode", told.mode())
        .or_null("trust_store_arn", told.trust_store_arn())
        .or_null("ignore_client_certificate_expiry", told.ignore_client_certificate_expiry())
        .or_null("advertise_trust_store_ca_names", told.advertise_trust_store_ca_names().map(|what| what.as_str()));
    vec![block.block()]
}
