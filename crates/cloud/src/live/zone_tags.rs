//! Tags of Route 53's zones and health checks, which their lists do not tell.

use super::attributes::Attributes;
use super::{Answer, Scope};
use crate::error::CallError;
use crate::route53::names::bare_id;
use aws_sdk_route53::types::{ResourceTagSet, TagResourceType};

/// The most resources that ListTagsForResources takes.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html>
const AT_ONCE: usize = 10;

/// Adds `tags_all` to those of the objects that a state knows.
pub(super) async fn add(scope: &Scope<'_>, resource_type: &str, kind: TagResourceType, answer: &mut Answer) {
    let ids = answer.objects.iter().map(|object| &object.id).filter(|id| scope.knows(resource_type, id));
    let ids: Vec<String> = ids.cloned().collect();
    for ids in ids.chunks(AT_ONCE) {
        match tags_of(scope, &kind, ids).await {
            Ok(sets) => sets.iter().for_each(|set| set_tags(answer, set)),
            Err(error) => ids.iter().for_each(|id| answer.half_read(resource_type, id, &error)),
        }
    }
}

async fn tags_of(scope: &Scope<'_>, kind: &TagResourceType, ids: &[String]) -> Result<Vec<ResourceTagSet>, CallError> {
    let planned = scope.regional.route53("ListTagsForResources");
    let request = scope
        .regional
        .route53
        .list_tags_for_resources()
        .resource_type(kind.clone())
        .set_resource_ids(Some(ids.to_vec()));
    Ok(scope.regional.send(&planned, request.send()).await?.resource_tag_sets)
}

fn set_tags(answer: &mut Answer, set: &ResourceTagSet) {
    let Some(id) = set.resource_id().map(bare_id) else { return };
    let tags = Attributes::new().tags(set.tags().iter().map(|tag| (tag.key(), tag.value()))).into_map();
    for (name, value) in tags {
        answer.set(id, &name, Some(value));
    }
}
