//! `aws_lb_listener_rule` and `aws_lb_listener_certificate`

use super::super::attributes::Attributes;
use super::super::{Answer, Scope, at_once, unread};
use super::{PAGE, actions, arns, conditions, tags};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_elasticloadbalancingv2::types::{Certificate, Rule};
use pilotlight_drift::LiveObject;
use std::collections::BTreeSet;

pub(super) const RULE: &str = "aws_lb_listener_rule";
pub(super) const CERTIFICATE: &str = "aws_lb_listener_certificate";

/// AWS's code for a listener that is not there.
const NO_LISTENER: &str = "ListenerNotFound";

/// The priority that the provider writes for the rule that has none.
const DEFAULT_PRIORITY: i64 = 99999;

/// Adds the rules and certificates of the listeners that a state has any of, or of all of these.
pub(super) async fn add(scope: &Scope<'_>, listeners: &BTreeSet<String>, answer: &mut Answer) {
    let wanted = scope.ids(RULE);
    let of_rules = hosts(scope, listeners, wanted.iter().filter_map(|arn| arns::listener_of(arn)));
    for (listener, rules) in at_once(of_rules.iter().map(String::as_str), |arn| rules(scope, arn)).await {
        match rules {
            Ok(rules) => answer.objects.extend(rules.iter().filter_map(|rule| object(listener, rule))),
            Err(error) if error.is_refused(NO_LISTENER) => {}
            Err(error) => {
                let of_it = wanted.iter().filter(|arn| arns::listener_of(arn).as_deref() == Some(listener));
                answer.unread.extend(of_it.map(|arn| unread(RULE, Some(arn), &error)));
            }
        }
    }
    tags::add(scope, RULE, answer).await;
    let wanted = scope.ids(CERTIFICATE);
    let named = wanted.iter().filter_map(|id| arns::listener_of_certificate(id)).map(str::to_owned);
    let of_certificates = hosts(scope, listeners, named);
    for (listener, told) in at_once(of_certificates.iter().map(String::as_str), |arn| certificates(scope, arn)).await {
        match told {
            Ok(told) => answer.objects.extend(told.iter().filter_map(|one| certificate(listener, one))),
            Err(error) if error.is_refused(NO_LISTENER) => {}
            Err(error) => {
                let of_it = wanted.iter().filter(|id| arns::listener_of_certificate(id) == Some(listener));
                answer.unread.extend(of_it.map(|id| unread(CERTIFICATE, Some(id), &error)));
            }
        }
    }
}

fn hosts(scope: &Scope<'_>, all: &BTreeSet<String>, named: impl Iterator<Item = String>) -> BTreeSet<String> {
    let mut hosts: BTreeSet<String> = named.collect();
    if scope.everything {
        hosts.extend(all.iter().cloned());
    }
    hosts
}

async fn rules(scope: &Scope<'_>, listener: &str) -> Result<Vec<Rule>, CallError> {
    let planned = scope.regional.elb("DescribeRules");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let list = scope.regional.elb.describe_rules().listener_arn(listener);
        let request = list.page_size(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.rules, page.next_marker)?;
    }
    Ok(pages.into_items())
}

async fn certificates(scope: &Scope<'_>, listener: &str) -> Result<Vec<Certificate>, CallError> {
    let planned = scope.regional.elb("DescribeListenerCertificates");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let list = scope.regional.elb.describe_listener_certificates().listener_arn(listener);
        let request = list.page_size(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.certificates, page.next_marker)?;
    }
    Ok(pages.into_items())
}

pub(super) fn object(listener: &str, rule: &Rule) -> Option<LiveObject> {
    let arn = rule.rule_arn()?;
    let is_default = rule.is_default() == Some(true);
    let priority = rule.priority().and_then(|priority| priority.parse().ok());
    let attributes = Attributes::new()
        .set("arn", arn)
        .set("listener_arn", listener)
        .if_told("priority", if is_default { Some(DEFAULT_PRIORITY) } else { priority })
        .set("action", actions::blocks(rule.actions()))
        .set("condition", conditions::blocks(rule.conditions()));
    let mut object = attributes.object(RULE, arn);
    object.made_by = is_default.then(|| "its listener, whose default action it is".to_owned());
    Some(object)
}

/// A further certificate; the default one belongs to the listener itself.
pub(super) fn certificate(listener: &str, told: &Certificate) -> Option<LiveObject> {
    if told.is_default() == Some(true) {
        return None;
    }
    let arn = told.certificate_arn()?;
    let attributes = Attributes::new().set("listener_arn", listener).set("certificate_arn", arn);
    Some(attributes.object(CERTIFICATE, &format!("{listener}_{arn}")))
}
