//! `aws_dynamodb_table`

use super::super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;

pub(super) const TYPES: &[&str] = &[TABLE];
const TABLE: &str = "aws_dynamodb_table";

/// The most that ListTables gives at once.
const PAGE: i32 = 100;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.call("dynamodb", "ListTables");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.dynamodb.list_tables().limit(PAGE).set_exclusive_start_table_name(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.table_names, page.last_evaluated_table_name)?;
    }
    // A replica of a global table is listed in its region too; where no state has it there, it is told as unmanaged.
    Ok(Answer::of(
        pages.into_items().iter().map(|name| Attributes::new().set("name", name.as_str()).object(TABLE, name)),
    ))
}
