//! The account's own managed policies, and who has which policy.

use super::super::attributes::Attributes;
use super::super::{Answer, Scope, at_once};
use super::PAGE;
use super::details::Details;
use super::documents::decoded;
use super::makers::maker;
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_iam::types::{AttachedPolicy, ManagedPolicyDetail, Tag};
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;

pub(super) const POLICY: &str = "aws_iam_policy";
pub(super) const ATTACHMENT: &str = "aws_iam_policy_attachment";

/// Adds the policies. Their tags no list tells: they are read for those that a state has.
pub(super) async fn add(scope: &Scope<'_>, details: &Details, answer: &mut Answer) {
    answer.objects.extend(details.policies.iter().filter_map(object));
    answer.objects.extend(scope.parents(ATTACHMENT).into_iter().filter_map(|arn| attached(arn, details)));
    let wanted = scope.ids(POLICY);
    let there = details.policies.iter().filter_map(|policy| policy.arn()).filter(|arn| wanted.contains(arn));
    for (arn, tags) in at_once(there, |arn| tags(scope, arn)).await {
        answer.complete(POLICY, arn, tags.map(|tags| Attributes::new().iam_tags(&tags)));
    }
}

async fn tags(scope: &Scope<'_>, arn: &str) -> Result<Vec<Tag>, CallError> {
    let planned = scope.regional.iam("ListPolicyTags");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.iam.list_policy_tags().policy_arn(arn).max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(Some(page.tags), page.marker.filter(|_| page.is_truncated))?;
    }
    Ok(pages.into_items())
}

pub(super) fn object(policy: &ManagedPolicyDetail) -> Option<LiveObject> {
    let (arn, path) = (policy.arn()?, policy.path().unwrap_or("/"));
    // Not every emulator tells it, and the ARN ends with it.
    let name = policy.policy_name().or_else(|| arn.rsplit('/').next())?;
    let version = policy.policy_version_list().iter().find(|version| version.is_default_version());
    let attributes = Attributes::new()
        .set("arn", arn)
        .set("name", name)
        .set("path", path)
        // The answer may leave it out even where there is one. It cannot be changed.
        .if_told("description", policy.description())
        .if_told("policy", version.and_then(|version| version.document()).map(decoded));
    let mut object = attributes.object(POLICY, arn);
    object.made_by = maker(path, name);
    Some(object)
}

/// Everyone who has the policy; none where the account's own policy is gone.
fn attached(arn: &str, details: &Details) -> Option<LiveObject> {
    let of_account = !arn.contains(":iam::aws:");
    if of_account && !details.policies.iter().any(|policy| policy.arn() == Some(arn)) {
        return None;
    }
    let has = |policies: &[AttachedPolicy]| policies.iter().any(|policy| policy.policy_arn() == Some(arn));
    let roles = details.roles.iter().filter(|role| has(role.attached_managed_policies()));
    let users = details.users.iter().filter(|user| has(user.attached_managed_policies()));
    let groups = details.groups.iter().filter(|group| has(group.attached_managed_policies()));
    let attributes = Attributes::new()
        .set("policy_arn", arn)
        .texts("roles", roles.filter_map(|role| role.role_name()))
        .texts("users", users.filter_map(|user| user.user_name()))
        .texts("groups", groups.filter_map(|group| group.group_name()));
    Some(attributes.object(ATTACHMENT, &joined_id([arn])))
}
