//! `aws_iam_access_key`: whose it is and whether it works. Nothing else of a key is ever told.

use super::super::attributes::Attributes;
use super::super::scope::ONE_BY_ONE;
use super::super::{Answer, Reading, Scope, at_once};
use super::{NOT_THERE, PAGE};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_iam::types::AccessKeyMetadata;
use pilotlight_drift::LiveObject;

pub(in super::super) const TYPES: &[&str] = &[KEY];
const KEY: &str = "aws_iam_access_key";

/// Reads the keys of the users that have a key in a state; where every key is asked for, of all users that a state
/// has, while these are few.
pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let mut answer = Answer::default();
    let mut owners = scope.parents(KEY);
    if scope.lists_all(KEY) {
        let users = scope.ids("aws_iam_user");
        if users.len() > ONE_BY_ONE {
            answer.leave_out(KEY, &["keys made by hand"], users.len(), ONE_BY_ONE);
        } else {
            owners.extend(users);
        }
    }
    for (user, keys) in at_once(owners, |user| list(scope, user)).await {
        match keys {
            Ok(keys) => answer.objects.extend(keys.iter().filter_map(object)),
            // A user that is gone has no keys.
            Err(error) if error.is_refused(NOT_THERE) => {}
            Err(error) => answer.unread_of_parent(scope, KEY, user, &error),
        }
    }
    Ok(answer)
}

async fn list(scope: &Scope<'_>, user: &str) -> Result<Vec<AccessKeyMetadata>, CallError> {
    let planned = scope.regional.iam("ListAccessKeys");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.iam.list_access_keys().user_name(user).max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(Some(page.access_key_metadata), page.marker.filter(|_| page.is_truncated))?;
    }
    Ok(pages.into_items())
}

fn object(key: &AccessKeyMetadata) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("user", key.user_name())
        .if_told("status", key.status().map(|status| status.as_str()));
    Some(attributes.object(KEY, key.access_key_id()?))
}
