//! Tags, which no list tells: twenty objects a call.

use super::super::attributes::Attributes;
use super::super::{AT_ONCE, Answer, Scope};
use super::makers::maker;
use crate::error::CallError;
use aws_sdk_elasticloadbalancingv2::types::TagDescription;
use futures::StreamExt;

/// The most objects that DescribeTags takes.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
const AT_MOST: usize = 20;

/// Adds `tags_all` to those of the objects that a state has, or to all of them where all are looked at.
pub(super) async fn add(scope: &Scope<'_>, resource_type: &str, answer: &mut Answer) {
    let wanted = scope.ids(resource_type);
    let of_type = answer.objects.iter().filter(|object| object.resource_type == resource_type);
    let arns: Vec<String> = of_type
        .filter(|object| scope.everything || wanted.contains(object.id.as_str()))
        .map(|object| object.id.clone())
        .collect();
    let calls: Vec<_> = arns.chunks(AT_MOST).map(|arns| async move { (arns, describe(scope, arns).await) }).collect();
    let answers: Vec<_> = futures::stream::iter(calls).buffered(AT_ONCE).collect().await;
    for (arns, told) in answers {
        match told {
            Ok(told) => told.iter().for_each(|one| set(resource_type, one, answer)),
            Err(error) => arns.iter().for_each(|arn| answer.half_read(resource_type, arn, &error)),
        }
    }
}

async fn describe(scope: &Scope<'_>, arns: &[String]) -> Result<Vec<TagDescription>, CallError> {
    let planned = scope.regional.elb("DescribeTags");
    let request = scope.regional.elb.describe_tags().set_resource_arns(Some(arns.to_vec()));
    Ok(scope.regional.send(&planned, request.send()).await?.tag_descriptions.unwrap_or_default())
}

fn set(resource_type: &str, told: &TagDescription, answer: &mut Answer) {
    let Some(arn) = told.resource_arn() else { return };
    let tags = Attributes::new().tags(told.tags().iter().map(|tag| (tag.key(), tag.value())));
    answer.complete(resource_type, arn, Ok(tags));
    let made_by = maker(told.tags());
    let is_it = |id: &str, kind: &str| id == arn && kind == resource_type;
    let object = answer.objects.iter_mut().find(|object| is_it(&object.id, &object.resource_type));
    if let (Some(object), Some(made_by)) = (object, made_by) {
        object.made_by = Some(made_by);
    }
}
