//! `aws_iam_instance_profile`

use super::super::attributes::Attributes;
use super::super::{Answer, Reading, Scope, at_once};
use super::PAGE;
use super::makers::maker;
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_iam::types::{InstanceProfile, Tag};
use pilotlight_drift::LiveObject;

pub(in super::super) const TYPES: &[&str] = &[PROFILE];
const PROFILE: &str = "aws_iam_instance_profile";

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.iam("ListInstanceProfiles");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.iam.list_instance_profiles().max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(Some(page.instance_profiles), page.marker.filter(|_| page.is_truncated))?;
    }
    let profiles = pages.into_items();
    let mut answer = Answer::of(profiles.iter().map(object));
    let wanted = scope.ids(PROFILE);
    let there = profiles.iter().map(InstanceProfile::instance_profile_name).filter(|name| wanted.contains(name));
    // The list leaves tags out.
    for (name, tags) in at_once(there, |name| tags(scope, name)).await {
        answer.complete(PROFILE, name, tags.map(|tags| Attributes::new().iam_tags(&tags)));
    }
    Ok(answer)
}

async fn tags(scope: &Scope<'_>, name: &str) -> Result<Vec<Tag>, CallError> {
    let planned = scope.regional.iam("GetInstanceProfile");
    let request = scope.regional.iam.get_instance_profile().instance_profile_name(name);
    let answer = scope.regional.send(&planned, request.send()).await?;
    Ok(answer.instance_profile().map(|profile| profile.tags().to_vec()).unwrap_or_default())
}

pub(super) fn object(profile: &InstanceProfile) -> LiveObject {
    let role = profile.roles().first();
    let attributes = Attributes::new()
        .set("name", profile.instance_profile_name())
        .set("path", profile.path())
        .set("arn", profile.arn())
        .set("unique_id", profile.instance_profile_id())
        .or_null("role", role.map(|role| role.role_name()));
    let mut object = attributes.object(PROFILE, profile.instance_profile_name());
    object.made_by = maker(profile.path(), profile.instance_profile_name());
    object
}
