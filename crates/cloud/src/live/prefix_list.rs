//! `aws_ec2_managed_prefix_list` and `aws_ec2_managed_prefix_list_entry`

use super::attributes::{Attributes, number};
use super::scope::ONE_BY_ONE;
use super::{Answer, Reading, Scope};
use crate::error::CallError;
use aws_sdk_ec2::types::{ManagedPrefixList, PrefixListEntry, PrefixListState};
use pilotlight_drift::LiveObject;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const TYPES: &[&str] = &[PREFIX_LIST];
pub(super) const ENTRY_TYPES: &[&str] = &[ENTRY];
const PREFIX_LIST: &str = "aws_ec2_managed_prefix_list";
const ENTRY: &str = "aws_ec2_managed_prefix_list_entry";

/// The most that DescribeManagedPrefixLists gives at once.
const PAGE: i32 = 100;
/// The most that GetManagedPrefixListEntries gives at once.
const ENTRIES_PAGE: i32 = 100;

/// The owner of the lists of AWS's own services.
const AWS: &str = "AWS";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_managed_prefix_lists().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.prefix_lists, page.next_token)) }
    };
    let lists = scope.list("DescribeManagedPrefixLists", page).await?;
    let mut answer = Answer::of(lists.iter().filter_map(object));
    let wanted = scope.ids(PREFIX_LIST);
    if wanted.len() > ONE_BY_ONE {
        answer.leave_out(PREFIX_LIST, &["entry"], wanted.len(), ONE_BY_ONE);
        return Ok(answer);
    }
    for id in wanted {
        if !answer.has(id) {
            continue;
        }
        match entries(scope, id).await {
            Ok(entries) => {
                let blocks: Vec<Value> = entries.iter().map(|entry| of_entry(entry).block()).collect();
                answer.set(id, "entry", Some(blocks.into()));
            }
            Err(error) => answer.half_read(PREFIX_LIST, id, &error),
        }
    }
    Ok(answer)
}

/// Entries that are resources of their own: a call for each list that has any.
pub(super) async fn read_entries(scope: &Scope<'_>) -> Reading {
    let mut answer = Answer::default();
    // The id is `LIST,CIDR`.
    let lists: BTreeSet<&str> = scope.ids(ENTRY).into_iter().filter_map(|id| id.split(',').next()).collect();
    for list in lists {
        match entries(scope, list).await {
            Ok(entries) => {
                let objects = entries.iter().filter_map(|entry| {
                    let id = format!("{list},{}", entry.cidr()?);
                    Some(of_entry(entry).set("prefix_list_id", list).object(ENTRY, &id))
                });
                answer.objects.extend(objects.filter(|object| scope.knows(ENTRY, &object.id)));
            }
            // With its list gone, an entry is gone.
            Err(error) if error.code.as_deref() == Some(NO_LIST) => {}
            Err(error) => {
                let of_list = scope.of(ENTRY).filter(|wanted| wanted.id.split(',').next() == Some(list));
                answer.unread.extend(of_list.map(|wanted| super::unread(ENTRY, Some(wanted.id), &error)));
            }
        }
    }
    Ok(answer)
}

/// AWS's code for a list that is not there.
const NO_LIST: &str = "InvalidPrefixListID.NotFound";

async fn entries(scope: &Scope<'_>, list: &str) -> Result<Vec<PrefixListEntry>, CallError> {
    let page = |next| {
        let request = scope.regional.ec2.get_managed_prefix_list_entries().prefix_list_id(list);
        let request = request.max_results(ENTRIES_PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.entries, page.next_token)) }
    };
    scope.list("GetManagedPrefixListEntries", page).await
}

fn of_entry(entry: &PrefixListEntry) -> Attributes {
    Attributes::new().or_null("cidr", entry.cidr()).or_null("description", entry.description())
}

fn object(list: &ManagedPrefixList) -> Option<LiveObject> {
    if list.state() == Some(&PrefixListState::DeleteComplete) {
        return None;
    }
    let attributes = Attributes::new()
        .if_told("name", list.prefix_list_name())
        .if_told("address_family", list.address_family())
        .if_told("max_entries", number(list.max_entries()))
        .if_told("owner_id", list.owner_id())
        .ec2_tags(list.tags())
        .made_by((list.owner_id() == Some(AWS)).then(|| AWS.to_owned()));
    Some(attributes.object(PREFIX_LIST, list.prefix_list_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_of_aws_are_its_own() {
        let list = |owner: &str| {
            let list = ManagedPrefixList::builder().prefix_list_id("pl-1").max_entries(5).owner_id(owner).build();
            object(&list).expect("list")
        };
        assert_eq!((list("AWS").made_by.as_deref(), list("123456789012").made_by), (Some("AWS"), None));
        assert_eq!(list("AWS").attributes["max_entries"], json!(5));
        let deleted = ManagedPrefixList::builder().prefix_list_id("pl-1").state(PrefixListState::DeleteComplete);
        assert_eq!(object(&deleted.build()), None);
    }
}
