//! `aws_placement_group`

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{PlacementGroup, PlacementGroupState};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[PLACEMENT_GROUP];
const PLACEMENT_GROUP: &str = "aws_placement_group";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    // The API has no pages.
    let planned = scope.regional.ec2_whole("DescribePlacementGroups");
    let answer = scope.regional.send(&planned, scope.regional.ec2.describe_placement_groups().send()).await?;
    Ok(Answer::of(answer.placement_groups().iter().filter_map(object)))
}

fn object(group: &PlacementGroup) -> Option<LiveObject> {
    if matches!(group.state(), Some(PlacementGroupState::Deleting | PlacementGroupState::Deleted)) {
        return None;
    }
    let name = group.group_name()?;
    let attributes = Attributes::new()
        .set("name", name)
        .if_told("placement_group_id", group.group_id())
        .if_told("strategy", group.strategy().map(|strategy| strategy.as_str()))
        .if_told("partition_count", number(group.partition_count()))
        .if_told("spread_level", group.spread_level().map(|level| level.as_str()))
        .ec2_tags(group.tags())
        .made_by(made_by::service(group.tags(), group.operator()));
    Some(attributes.object(PLACEMENT_GROUP, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::PlacementStrategy;
    use serde_json::{Value, json};

    #[test]
    fn a_group_is_known_by_its_name() {
        let group = |state: PlacementGroupState| {
            let group = PlacementGroup::builder().group_name("g").strategy(PlacementStrategy::Partition);
            object(&group.partition_count(3).state(state).build())
        };
        assert_eq!(
            Value::Object(group(PlacementGroupState::Available).expect("group").attributes),
            json!({"name": "g", "strategy": "partition", "partition_count": 3, "tags_all": {}, "id": "g"})
        );
        assert_eq!(group(PlacementGroupState::Deleting), None);
    }
}
