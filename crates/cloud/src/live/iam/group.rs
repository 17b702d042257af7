//! Groups, their members and what belongs to them.

use super::super::attributes::Attributes;
use super::Principal;
use aws_sdk_iam::types::{GroupDetail, UserDetail};
use pilotlight_drift::LiveObject;

pub(super) const GROUP: &str = "aws_iam_group";
pub(super) const MEMBERSHIP: &str = "aws_iam_group_membership";

pub(super) fn objects(group: &GroupDetail, users: &[UserDetail]) -> Vec<LiveObject> {
    let Some(name) = group.group_name() else { return Vec::new() };
    let principal = Principal { kind: "group", name, made_by: None };
    let attributes = Attributes::new()
        .set("name", name)
        .set("path", group.path().unwrap_or("/"))
        .or_null("arn", group.arn())
        .or_null("unique_id", group.group_id());
    let members = users.iter().filter(|user| user.group_list().iter().any(|group| group == name));
    let membership = Attributes::new().set("group", name).texts("users", members.filter_map(UserDetail::user_name));
    let mut objects = vec![attributes.object(GROUP, name), membership.object(MEMBERSHIP, name)];
    objects.extend(principal.belongings(group.group_policy_list(), group.attached_managed_policies()));
    objects
}
