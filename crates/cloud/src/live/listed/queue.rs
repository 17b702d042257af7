//! `aws_sqs_queue`

use super::super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[QUEUE];
const QUEUE: &str = "aws_sqs_queue";

/// The most that ListQueues gives at once, and what it gives without pages.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.call("sqs", "ListQueues");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.sqs.list_queues().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.queue_urls, page.next_token)?;
    }
    Ok(Answer::of(pages.into_items().iter().map(|url| object(url))))
}

/// The id is the URL, whose end is the queue's name.
fn object(url: &str) -> LiveObject {
    let name = url.rsplit('/').next();
    Attributes::new().set("url", url).or_null("name", name).object(QUEUE, url)
}
