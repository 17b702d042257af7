//! Roles and what belongs to them.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Scope};
use super::details::Details;
use super::documents::decoded;
use super::makers::maker;
use super::{PAGE, Principal, arns, inline_blocks};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_iam::types::{Role, RoleDetail};
use pilotlight_drift::LiveObject;
use std::collections::HashMap;

pub(super) const ROLE: &str = "aws_iam_role";
pub(super) const SERVICE_LINKED_ROLE: &str = "aws_iam_service_linked_role";

/// Before the service's name in the path of a role that is linked to it.
const SERVICE_PATH: &str = "/aws-service-role/";

/// Adds the roles. What they are for and how long a session may last is in another list.
pub(super) async fn add(scope: &Scope<'_>, details: &Details, answer: &mut Answer) {
    answer.objects.extend(details.roles.iter().flat_map(objects));
    if !scope.wants(ROLE) && !scope.wants(SERVICE_LINKED_ROLE) {
        return;
    }
    let listed = match list(scope).await {
        Ok(listed) => listed,
        Err(error) => {
            for resource_type in [ROLE, SERVICE_LINKED_ROLE].into_iter().filter(|name| scope.wants(name)) {
                answer.lose(resource_type, &error);
            }
            return;
        }
    };
    let listed: HashMap<&str, &Role> = listed.iter().map(|role| (role.role_name(), role)).collect();
    for object in &mut answer.objects {
        let name = object.attributes.get("name").and_then(|name| name.as_str()).and_then(|name| listed.get(name));
        if let Some(role) = name
            && [ROLE, SERVICE_LINKED_ROLE].contains(&object.resource_type.as_str())
        {
            let more = Attributes::new()
                .or_null("description", role.description())
                .if_told("max_session_duration", number(role.max_session_duration()));
            object.attributes.extend(more.into_map());
        }
    }
}

async fn list(scope: &Scope<'_>) -> Result<Vec<Role>, CallError> {
    let planned = scope.regional.iam("ListRoles");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.iam.list_roles().max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(Some(page.roles), page.marker.filter(|_| page.is_truncated))?;
    }
    Ok(pages.into_items())
}

pub(super) fn objects(role: &RoleDetail) -> Vec<LiveObject> {
    let Some(name) = role.role_name() else { return Vec::new() };
    let path = role.path().unwrap_or("/");
    let principal = Principal { kind: "role", name, made_by: maker(path, name) };
    let attributes = Attributes::new()
        .set("name", name)
        .set("path", path)
        .or_null("arn", role.arn())
        .or_null("unique_id", role.role_id())
        .or_null("assume_role_policy", role.assume_role_policy_document().map(decoded))
        .or_null("permissions_boundary", role.permissions_boundary().and_then(|it| it.permissions_boundary_arn()))
        .texts("managed_policy_arns", arns(role.attached_managed_policies()))
        .set("inline_policy", inline_blocks(role.role_policy_list()))
        .iam_tags(role.tags());
    let mut objects = vec![principal.of(attributes.object(ROLE, name))];
    objects.extend(linked(role, name, path).map(|object| principal.of(object)));
    objects.extend(principal.belongings(role.role_policy_list(), role.attached_managed_policies()));
    objects
}

/// The same role as the resource that asks a service to make it.
fn linked(role: &RoleDetail, name: &str, path: &str) -> Option<LiveObject> {
    let service = path.strip_prefix(SERVICE_PATH)?.trim_end_matches('/');
    let attributes = Attributes::new()
        .set("name", name)
        .set("path", path)
        .or_null("arn", role.arn())
        .set("aws_service_name", service)
        .or_null("custom_suffix", name.split_once('_').map(|(_, suffix)| suffix))
        .or_null("unique_id", role.role_id())
        .iam_tags(role.tags());
    Some(attributes.object(SERVICE_LINKED_ROLE, role.arn()?))
}
