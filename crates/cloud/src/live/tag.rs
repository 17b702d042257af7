//! `aws_ec2_tag`: tags of the objects that the states tag, some hundred objects a call.

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::regional::FILTER_VALUES;
use aws_sdk_ec2::types::{Filter, TagDescription};
use pilotlight_drift::LiveObject;
use std::collections::BTreeSet;

pub(super) const TYPES: &[&str] = &[TAG];
const TAG: &str = "aws_ec2_tag";

/// The most that DescribeTags gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    // A tag that no state has shows in the object that bears it.
    let tagged: BTreeSet<&str> = scope.ids(TAG).into_iter().filter_map(tagged).collect();
    let tagged: Vec<&str> = tagged.into_iter().collect();
    let mut tags = Vec::new();
    for ids in tagged.chunks(FILTER_VALUES) {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let filter = Filter::builder().name("resource-id").set_values(Some(ids)).build();
        let page = |next| {
            let request = scope.regional.ec2.describe_tags().filters(filter.clone()).max_results(PAGE);
            let request = request.set_next_token(next);
            async move { request.send().await.map(|page| (page.tags, page.next_token)) }
        };
        tags.extend(scope.list("DescribeTags", page).await?);
    }
    Ok(Answer::of(tags.iter().filter_map(object).filter(|tag| scope.knows(TAG, &tag.id))))
}

/// The object of a tag: the id is `OBJECT,KEY`.
fn tagged(id: &str) -> Option<&str> {
    id.split_once(',').map(|(object, _)| object)
}

fn object(tag: &TagDescription) -> Option<LiveObject> {
    let (object, key) = (tag.resource_id()?, tag.key()?);
    let attributes =
        Attributes::new().set("resource_id", object).set("key", key).set("value", tag.value().unwrap_or_default());
    Some(attributes.object(TAG, &format!("{object},{key}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_have_a_comma() {
        let tag = TagDescription::builder().resource_id("vpc-1").key("a,b").value("c").build();
        let object = object(&tag).expect("tag");
        assert_eq!((object.id.as_str(), tagged(&object.id)), ("vpc-1,a,b", Some("vpc-1")));
        assert_eq!(object.attributes["value"], "c");
    }
}
