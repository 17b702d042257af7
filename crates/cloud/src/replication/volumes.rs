//! Copies of a volume's snapshots. EC2 does not keep what a copy is of: its volume id is made up, and only its
//! description or tags name the snapshot or the volume.

use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::Regional;
use aws_sdk_ec2::types::{Filter, Snapshot, SnapshotState};
use std::collections::HashMap;
use std::time::SystemTime;

/// Snapshots a page.
const PAGE: i32 = 1000;

/// The finished snapshots in `there` of a volume in `here`, with the moment that their data is from.
pub(super) async fn snapshots(
    here: &Regional,
    there: &Regional,
    volume: &str,
) -> Result<Vec<(String, SystemTime)>, CallError> {
    let of_volume = Filter::builder().name("volume-id").values(volume).build();
    let sources: HashMap<String, SystemTime> =
        own(here, Some(of_volume)).await?.into_iter().filter_map(|one| Some((id(&one)?, begun(&one)?))).collect();
    let copies = own(there, None).await?;
    Ok(copies.iter().filter_map(|copy| Some((id(copy)?, from_when(copy, volume, &sources)?))).collect())
}

async fn own(regional: &Regional, filter: Option<Filter>) -> Result<Vec<Snapshot>, CallError> {
    let planned = regional.ec2_pages("DescribeSnapshots");
    let mut pages: Pages<Snapshot> = Pages::of(&planned.call);
    while pages.is_open() {
        let request = regional
            .ec2
            .describe_snapshots()
            .owner_ids("self")
            .set_filters(filter.clone().map(|filter| vec![filter]))
            .max_results(PAGE)
            .set_next_token(pages.marker());
        let page = regional.send(&planned, request.send()).await?;
        pages.add(page.snapshots, page.next_token)?;
    }
    Ok(pages.into_items())
}

/// When the source of a copy was begun; where the source is gone, when the copy was.
fn from_when(copy: &Snapshot, volume: &str, sources: &HashMap<String, SystemTime>) -> Option<SystemTime> {
    if copy.state() != Some(&SnapshotState::Completed) {
        return None;
    }
    let named: Vec<&str> =
        copy.description().into_iter().chain(copy.tags().iter().filter_map(|tag| tag.value())).collect();
    let names = |id: &str| {
        named.iter().any(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == id))
    };
    let source = sources.iter().find(|(id, _)| names(id)).map(|(_, at)| *at);
    source.or_else(|| names(volume).then(|| begun(copy)).flatten())
}

fn id(snapshot: &Snapshot) -> Option<String> {
    snapshot.snapshot_id().map(str::to_owned)
}

fn begun(snapshot: &Snapshot) -> Option<SystemTime> {
    SystemTime::try_from(*snapshot.start_time()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::Tag;
    use aws_smithy_types::DateTime;
    use std::time::Duration;

    #[test]
    fn a_copy_is_known_by_what_it_names() {
        let now = SystemTime::now();
        let source_at = now - Duration::from_secs(3_600);
        let sources = HashMap::from([("snap-0123456789abcdef0".to_owned(), source_at)]);
        let copy = |description: &str, tag: &str, state: SnapshotState| {
            let tag = Tag::builder().key("source").value(tag).build();
            let begun = DateTime::from(now);
            Snapshot::builder().description(description).tags(tag).state(state).start_time(begun).build()
        };
        let when = |copy: &Snapshot| from_when(copy, "vol-1", &sources);
        let described = copy("[Copied snap-0123456789abcdef0 from eu-west-1]", "", SnapshotState::Completed);
        assert_eq!(when(&described), Some(source_at), "its data is as old as its source");
        assert_eq!(when(&copy("nightly", "vol-1", SnapshotState::Completed)), Some(now));
        assert_eq!(when(&copy("nightly", "vol-12", SnapshotState::Completed)), None);
        assert_eq!(when(&copy("of snap-0123456789abcdef0", "", SnapshotState::Pending)), None);
    }
}
