//! `aws_sns_topic`

use super::super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[TOPIC];
const TOPIC: &str = "aws_sns_topic";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.call("sns", "ListTopics");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        // A page has 100, always.
        let request = scope.regional.sns.list_topics().set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.topics, page.next_token)?;
    }
    Ok(Answer::of(pages.into_items().iter().filter_map(|topic| topic.topic_arn()).map(object)))
}

/// The id is the ARN, whose end is the topic's name.
fn object(arn: &str) -> LiveObject {
    let name = arn.rsplit(':').next();
    Attributes::new().set("arn", arn).or_null("name", name).object(TOPIC, arn)
}
