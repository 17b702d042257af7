//! `aws_lambda_function`

use super::super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use aws_sdk_lambda::types::FunctionConfiguration;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[FUNCTION];
const FUNCTION: &str = "aws_lambda_function";

/// The most that ListFunctions gives at once, whatever is asked for.
const PAGE: i32 = 50;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.call("lambda", "ListFunctions");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        // Without `FunctionVersion`, each function is listed once, and not each of its versions.
        let request = scope.regional.lambda.list_functions().max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.functions, page.next_marker)?;
    }
    Ok(Answer::of(pages.into_items().iter().filter_map(object)))
}

fn object(function: &FunctionConfiguration) -> Option<LiveObject> {
    let name = function.function_name()?;
    let attributes = Attributes::new().set("function_name", name).or_null("arn", function.function_arn());
    Some(attributes.object(FUNCTION, name))
}
