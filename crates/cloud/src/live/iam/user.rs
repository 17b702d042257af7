//! Users and what belongs to them.

use super::super::attributes::Attributes;
use super::Principal;
use aws_sdk_iam::types::UserDetail;
use pilotlight_drift::LiveObject;

pub(super) const USER: &str = "aws_iam_user";
pub(super) const MEMBERSHIP: &str = "aws_iam_user_group_membership";

pub(super) fn objects(user: &UserDetail) -> Vec<LiveObject> {
    let Some(name) = user.user_name() else { return Vec::new() };
    let principal = Principal { kind: "user", name, made_by: None };
    let attributes = Attributes::new()
        .set("name", name)
        .set("path", user.path().unwrap_or("/"))
        .or_null("arn", user.arn())
        .or_null("unique_id", user.user_id())
        .or_null("permissions_boundary", user.permissions_boundary().and_then(|it| it.permissions_boundary_arn()))
        .iam_tags(user.tags());
    let groups = Attributes::new().set("user", name).texts("groups", user.group_list());
    let mut objects = vec![attributes.object(USER, name), groups.object(MEMBERSHIP, name)];
    objects.extend(principal.belongings(user.user_policy_list(), user.attached_managed_policies()));
    objects
}
