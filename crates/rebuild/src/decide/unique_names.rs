//! Names that only one object can have, whatever its region.

use super::bucket_mentions::{self, is_telling, mentions};
use super::fetched;
use super::global::{PrivateZones, UNIQUE_NAMES};
use super::modules::{Instances, address};
use super::retarget::Work;
use super::sources::Parsed;
use super::syntax::{attribute, blocks, labels, literal, place};
use super::words::Words;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

const BUCKET: &str = "aws_s3_bucket";

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
    let mut renamed = Vec::new();
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
            if resource_type == BUCKET
                && is_set(naming)
                && let Some(value) = attribute(&block.body, naming)
                && let (Some(name), Some(address)) = (literal(value), addresses.first())
            {
                renamed.push((file.clone(), place(value), address.clone(), name.to_owned()));
            }
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
            let Some(named @ Expression::String(value)) = attribute(&block.body, naming) else { continue };
            if !is_shared(resource_type, block, value.as_str()) {
                continue;
            }
            let whose = if resource_type.starts_with("aws_s3_") && resource_type != BUCKET { SETTINGS } else { NAMES };
            questions.push(Question {
                file: file.clone(),
                range,
                named: place(named),
                addresses,
                whose,
                naming: (*naming).to_owned(),
                value: value.as_str().to_owned(),
                is_bucket: resource_type == BUCKET,
            });
        }
    }
    let buckets: BTreeSet<String> = questions.iter().filter(|one| one.is_bucket).map(|one| one.value.clone()).collect();
    for Question { file, range, named, addresses, whose, naming, value, .. } in questions {
        let Some(first) = addresses.first().cloned() else { continue };
        let region = work.input.standby.as_str();
        let mut needs = "leave it out of the standby, or let its name tell the region".to_owned();
        let elsewhere = match naming == "bucket" && buckets.contains(&value) && is_telling(&value) {
            true => mentions(work, &value, (&file, &named)),
            false => Vec::new(),
        };
        let line = match (naming.as_str(), elsewhere.first()) {
            ("bucket", Some(other)) => {
                needs = format!("{needs}: it is written out at {other} too, and map follows everywhere");
                format!("map = {{ \"{value}\" = \"{value}-{region}\" }}")
            }
            ("bucket" | "dashboard_name", _) => format!("set \"{first}\" {{ {naming} = \"{value}-{region}\" }}"),
            _ => format!("exclude = [\"{first}\"]"),
        };
        let what = format!("{first} would have the {naming} {value} in both regions, and {whose}");
        work.ask(&file, range, what, needs, Some(line));
    }
    for (file, named, address, name) in renamed {
        let found = mentions(work, &name, (&file, &named));
        bucket_mentions::tell(work, &address, &name, &found);
    }
}

/// A name that would be taken twice.
struct Question {
    file: PathBuf,
    range: Range<usize>,
    /// Where the name stands.
    named: Range<usize>,
    addresses: Vec<String>,
    whose: &'static str,
    naming: String,
    value: String,
    is_bucket: bool,
}

/// Whether a domain is one for all regions: that of a user pool is where it is the team's own, and that of an API is
/// where CloudFront serves it. Both are aliases of distributions, of which there is one for each name.
/// Sources: Amazon Cognito Developer Guide, "Using your own domain"; Amazon API Gateway Developer Guide,
/// "Custom domain names".
fn is_shared(resource_type: &str, block: &Block, value: &str) -> bool {
    match resource_type {
        "aws_cognito_user_pool_domain" => value.contains('.'),
        "aws_api_gateway_domain_name" => {
            !["regional_certificate_arn", "regional_certificate_name"]
                .iter()
                .any(|name| attribute(&block.body, name).is_some())
                && !blocks(&block.body, "endpoint_configuration").any(|inner| {
                    matches!(attribute(&inner.body, "types"), Some(Expression::Array(types))
                        if types.iter().any(|kind| literal(kind).is_none_or(|kind| kind != "EDGE")))
                })
        }
        _ => true,
    }
}
