//! `aws_autoscaling_schedule`

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope};
use super::PAGE;
use crate::pages::Pages;
use aws_sdk_autoscaling::types::ScheduledUpdateGroupAction;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;

pub(in super::super) const TYPES: &[&str] = &[SCHEDULE];
const SCHEDULE: &str = "aws_autoscaling_schedule";

/// What the provider writes for a size that an action leaves as it is.
const UNCHANGED: i64 = -1;

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.auto_scaling("DescribeScheduledActions");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let list = scope.regional.auto_scaling.describe_scheduled_actions();
        let request = list.max_records(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.scheduled_update_group_actions, page.next_token)?;
    }
    Ok(Answer::of(pages.into_items().iter().filter_map(object)))
}

pub(super) fn object(action: &ScheduledUpdateGroupAction) -> Option<LiveObject> {
    let (group, name) = (action.auto_scaling_group_name()?, action.scheduled_action_name()?);
    let recurs = action.recurrence().is_some_and(|recurrence| !recurrence.is_empty());
    let size = |size: Option<i32>| number(size).unwrap_or(UNCHANGED);
    let attributes = Attributes::new()
        .set("scheduled_action_name", name)
        .set("autoscaling_group_name", group)
        .set("min_size", size(action.min_size()))
        .set("max_size", size(action.max_size()))
        .set("desired_capacity", size(action.desired_capacity()))
        .or_null("recurrence", action.recurrence())
        .or_null("time_zone", action.time_zone())
        .or_null("end_time", time(action.end_time()))
        // Of a recurring action it is the next time, another one each day.
        .if_told("start_time", time(action.start_time()).filter(|_| !recurs));
    Some(attributes.object(SCHEDULE, &joined_id([group, name])))
}

fn time(time: Option<&DateTime>) -> Option<String> {
    time?.fmt(Format::DateTime).ok()
}
