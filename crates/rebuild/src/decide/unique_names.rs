//! Names that only one object can have, whatever its region.

use super::fetched;
use super::global::{PrivateZones, UNIQUE_NAMES};
use super::modules::{Instances, address};
use super::retarget::Work;
use super::sources::Parsed;
use super::syntax::{attribute, labels, place};
use super::words::Words;
use hcl_edit::expr::Expression;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::path::Path;

/// Why a name cannot be the same in both regions.
const NAMES: &str = "there can be only one";
const SETTINGS: &str = "it is the primary's";

/// Asks about names that would be the same in both regions where only one can be.
pub(crate) fn unique_names(work: &mut Work<'_>, instances: &Instances) {
    let private = PrivateZones::of(work);
    let is_unique = |kind: &str| UNIQUE_NAMES.iter().any(|(known, ..)| *known == kind);
    let has_unique = |parsed: &Parsed| {
        parsed.syntax.blocks("resource").any(|block| labels(block).first().is_some_and(|kind| is_unique(kind)))
    };
    if !work.parsed.values().any(|parsed| has_unique(parsed)) {
        return;
    }
    // A name that tells the standby is a result's.
    let (none, zones, map) = (BTreeMap::new(), BTreeMap::new(), IndexMap::new());
    let standbys = Words::new(work.input.standby, work.input.primary, &zones, &map, &none, &[]);
    let mut questions = Vec::new();
    for (file, parsed) in &work.parsed {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let dropped = work.removed_ranges(file);
        for block in parsed.syntax.blocks("resource") {
            let [resource_type, name] = labels(block)[..] else { continue };
            let Some((_, naming, second)) = UNIQUE_NAMES.iter().find(|(known, ..)| *known == resource_type) else {
                continue;
            };
            let range = place(block);
            let addresses: Vec<_> =
                instances.get(&folder).into_iter().flatten().map(|path| address(path, resource_type, name)).collect();
            let is_set = |attribute: &str| {
                let sets = &work.input.stack.standby.set;
                sets.iter().any(|set| addresses.contains(&set.address) && set.attributes.contains_key(attribute))
            };
            let stays = |attribute_name: &str| match attribute(&block.body, attribute_name) {
                Some(Expression::String(text)) => {
                    !is_set(attribute_name)
                        && work.words.replace(text) == text.as_str()
                        && standbys.replace(text) == text.as_str()
                }
                // What is computed shows in the plan.
                Some(_) => false,
                None => true,
            };
            let gone = dropped.iter().any(|gone| gone.start <= range.start && range.end <= gone.end);
            // A name in a private zone is the standby's own.
            let own = attribute(&block.body, "zone_id").is_some_and(|zone| private.holds(&folder, zone));
            let unused = fetched::is_unused(work, &folder, &addresses);
            if gone
                || own
                || unused
                || attribute(&block.body, naming).is_none()
                || !stays(naming)
                || !second.is_none_or(stays)
            {
                continue;
            }
            let Some(Expression::String(value)) = attribute(&block.body, naming) else { continue };
            let whose = if matches!(resource_type, "aws_route53_record" | "aws_s3_bucket" | "aws_cloudwatch_dashboard")
            {
                NAMES
            } else {
                SETTINGS
            };
            questions.push((file.clone(), range, addresses, whose, (*naming).to_owned(), value.as_str().to_owned()));
        }
    }
    for (file, range, addresses, whose, naming, value) in questions {
        let Some(first) = addresses.first().cloned() else { continue };
        let region = work.input.standby.as_str();
        let line = match naming.as_str() {
            "bucket" | "dashboard_name" => format!("set \"{first}\" {{ {naming} = \"{value}-{region}\" }}"),
            _ => format!("exclude = [\"{first}\"]"),
        };
        let what = format!("{first} would have the {naming} {value} in both regions, and {whose}");
        work.ask(&file, range, what, "leave it out of the standby, or let its name tell the region", Some(line));
    }
}
