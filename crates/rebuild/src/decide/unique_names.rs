//! Names that only one object can have, whatever its region.

mod private_zones;
mod resource;

use super::bucket_mentions::{self, is_telling, mentions};
use super::fetched;
use super::global::UNIQUE_NAMES;
use super::modules::{Instances, address};
use super::retarget::Work;
use super::words::Words;
use indexmap::IndexMap;
use private_zones::PrivateZones;
use resource::{Resource, Said, resources};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

const BUCKET: &str = "aws_s3_bucket";

/// Why a name cannot be the same in both regions.
const NAMES: &str = "there can be only one";
const SETTINGS: &str = "it is the primary's";

/// Asks about names that would be the same in both regions where only one can be.
pub(crate) fn unique_names(work: &mut Work<'_>, instances: &Instances) {
    let naming_of = |resource_type: &str| UNIQUE_NAMES.iter().find(|(known, ..)| *known == resource_type);
    if !resources(work).any(|resource| naming_of(resource.resource_type).is_some()) {
        return;
    }
    let private = PrivateZones::of(work);
    // A name that tells the standby is a result's.
    let (none, zones, map) = (BTreeMap::new(), BTreeMap::new(), IndexMap::new());
    let standbys = Words::new(work.input.standby, work.input.primary, &zones, &map, &none, &[]);
    let mut questions = Vec::new();
    let mut renamed = Vec::new();
    for resource in resources(work) {
        let Some((resource_type, naming, second)) = naming_of(resource.resource_type) else { continue };
        // What is computed shows in the plan.
        let Some(Said::Text(value, named)) = resource.said(naming) else { continue };
        let paths = instances.get(resource.folder()).into_iter().flatten();
        let addresses: Vec<_> = paths.map(|path| address(path, resource_type, resource.name)).collect();
        let is_set = |attribute: &str| {
            let sets = &work.input.stack.standby.set;
            sets.iter().any(|set| addresses.contains(&set.address) && set.attributes.contains_key(attribute))
        };
        if *resource_type == BUCKET
            && is_set(naming)
            && let Some(address) = addresses.first()
        {
            renamed.push((resource.file.to_owned(), named.clone(), address.clone(), value.to_owned()));
        }
        let stays = |attribute: &str| match resource.said(attribute) {
            Some(Said::Text(text, _)) => {
                !is_set(attribute) && work.words.replace(text) == text && standbys.replace(text) == text
            }
            Some(Said::Computed) => false,
            None => true,
        };
        if work.is_removed(resource.file, &resource.range)
            || private.hold(&resource)
            || fetched::is_unused(work, resource.folder(), &addresses)
            || !stays(naming)
            || !second.is_none_or(stays)
            || !is_shared(&resource, value)
        {
            continue;
        }
        let whose = if resource_type.starts_with("aws_s3_") && *resource_type != BUCKET { SETTINGS } else { NAMES };
        questions.push(Question {
            file: resource.file.to_owned(),
            range: resource.range.clone(),
            named,
            addresses,
            whose,
            naming: (*naming).to_owned(),
            value: value.to_owned(),
            is_bucket: *resource_type == BUCKET,
        });
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
fn is_shared(resource: &Resource<'_>, value: &str) -> bool {
    match resource.resource_type {
        "aws_cognito_user_pool_domain" => value.contains('.'),
        "aws_api_gateway_domain_name" => {
            !resource.has("regional_certificate_arn")
                && !resource.has("regional_certificate_name")
                && !resource.lists_other("endpoint_configuration", "types", "EDGE")
        }
        _ => true,
    }
}
