//! The account's roles, users, groups and policies, with all that ties them together.

use super::super::{Answer, Reading, Scope};
use super::{PAGE, group, policy, role, user};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_iam::types::{EntityType, GroupDetail, ManagedPolicyDetail, RoleDetail, UserDetail};

pub(in super::super) const TYPES: &[&str] = &[
    role::ROLE,
    role::SERVICE_LINKED_ROLE,
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
    user::USER,
    "aws_iam_user_policy",
    "aws_iam_user_policy_attachment",
    "aws_iam_user_policies_exclusive",
    "aws_iam_user_policy_attachments_exclusive",
    user::MEMBERSHIP,
    group::GROUP,
    "aws_iam_group_policy",
    "aws_iam_group_policy_attachment",
    "aws_iam_group_policies_exclusive",
    "aws_iam_group_policy_attachments_exclusive",
    group::MEMBERSHIP,
    policy::POLICY,
    policy::ATTACHMENT,
];

/// Types that are other views of what belongs to a role, user, group or policy: given where a state has one.
const VIEWS: &[&str] = &[
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_user_policies_exclusive",
    "aws_iam_user_policy_attachments_exclusive",
    "aws_iam_group_policies_exclusive",
    "aws_iam_group_policy_attachments_exclusive",
    user::MEMBERSHIP,
    group::MEMBERSHIP,
    policy::ATTACHMENT,
];

/// What the account has.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) roles: Vec<RoleDetail>,
    pub(super) users: Vec<UserDetail>,
    pub(super) groups: Vec<GroupDetail>,
    pub(super) policies: Vec<ManagedPolicyDetail>,
}

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let details = details(scope).await?;
    let mut answer = Answer::default();
    role::add(scope, &details, &mut answer).await;
    answer.objects.extend(details.users.iter().flat_map(user::objects));
    answer.objects.extend(details.groups.iter().flat_map(|one| group::objects(one, &details.users)));
    policy::add(scope, &details, &mut answer).await;
    // The groups of a user show in no other object: with everything, a user that was put into one is told.
    let all = |view: &str| view == user::MEMBERSHIP && scope.lists_all(user::USER);
    for view in VIEWS.iter().filter(|view| !all(view)) {
        answer.of_parents(scope, view);
    }
    Ok(answer)
}

async fn details(scope: &Scope<'_>) -> Result<Details, CallError> {
    let kinds = kinds(scope);
    let planned = scope.regional.iam("GetAccountAuthorizationDetails");
    let mut pages = Pages::of(&planned.call);
    let mut details = Details::default();
    while pages.is_open() {
        let request = scope
            .regional
            .iam
            .get_account_authorization_details()
            .set_filter(Some(kinds.clone()))
            .max_items(PAGE)
            .set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        details.roles.extend(page.role_detail_list.unwrap_or_default());
        details.users.extend(page.user_detail_list.unwrap_or_default());
        details.groups.extend(page.group_detail_list.unwrap_or_default());
        details.policies.extend(page.policies.unwrap_or_default());
        pages.push([(); 0], page.marker.filter(|_| page.is_truncated))?;
    }
    Ok(details)
}

/// Which parts of the account are asked for. Never AWS's own policies: there are over a thousand, and nobody can
/// change them.
fn kinds(scope: &Scope<'_>) -> Vec<EntityType> {
    let any = |prefixes: &[&str]| {
        let fits = |name: &&str| prefixes.iter().any(|prefix| name.starts_with(prefix));
        TYPES.iter().filter(|name| fits(name)).any(|name| scope.wants(name))
    };
    let attachment = scope.wants(policy::ATTACHMENT);
    let service_role = scope.wants(role::SERVICE_LINKED_ROLE);
    let wanted = [
        (EntityType::Role, any(&["aws_iam_role"]) || service_role || attachment),
        // The members of a group stand with the users.
        (EntityType::User, any(&["aws_iam_user"]) || scope.wants(group::MEMBERSHIP) || attachment),
        (EntityType::Group, any(&["aws_iam_group"]) || attachment),
        (EntityType::LocalManagedPolicy, any(&["aws_iam_policy"])),
    ];
    wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(kind, _)| kind).collect()
}
