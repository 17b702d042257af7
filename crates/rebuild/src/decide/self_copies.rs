//! Copies that the source keeps in the standby region already: moved there, it would copy to itself.

use super::json::Json;
use super::modules::{Instances, address};
use super::providers::{root_values, variable};
use super::retarget::Work;
use super::syntax::{attribute, blocks, labels, literal, place};
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A type whose blocks of this path name a region to copy to.
struct Copier {
    resource_type: &'static str,
    path: &'static [&'static str],
    region: &'static str,
}

const COPIERS: [Copier; 3] = [
    Copier { resource_type: "aws_dynamodb_table", path: &["replica"], region: "region_name" },
    Copier { resource_type: "aws_secretsmanager_secret", path: &["replica"], region: "region" },
    Copier {
        resource_type: "aws_ecr_replication_configuration",
        path: &["replication_configuration", "rule", "destination"],
        region: "region",
    },
];

/// Where a resource copies to the standby region.
struct Found {
    file: PathBuf,
    range: Range<usize>,
    resource_type: String,
    name: String,
}

/// Asks about each copy that the primary keeps in the standby region.
pub(crate) fn ask(work: &mut Work<'_>, instances: &Instances) {
    for Found { file, range, resource_type, name } in found(work) {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let addresses: Vec<String> =
            instances.get(&folder).into_iter().flatten().map(|path| address(path, &resource_type, &name)).collect();
        let is_gone = work.is_removed(&file, &range);
        let (Some(first), false) = (addresses.first(), is_gone) else { continue };
        let standby = work.input.standby;
        let what = format!("{first} copies to {standby}, which is the standby itself: the primary's copy is there");
        let needs = "leave it out of the standby, or let the source take the region that it copies to from a variable";
        let listed: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
        let line = format!("exclude = [{}]", listed.join(", "));
        work.ask(&file, range, what, needs, Some(line));
    }
}

/// Resources of a folder whose copies are in the standby region, by type and name. A copy has the name of what it
/// was made from, and its ARN but for the region.
pub(crate) fn copied(work: &Work<'_>, folder: &Path) -> BTreeSet<(String, String)> {
    let of_folder = found(work).into_iter().filter(|found| found.file.parent() == Some(folder));
    of_folder.map(|found| (found.resource_type, found.name)).collect()
}

fn found(work: &Work<'_>) -> Vec<Found> {
    let mut values = None;
    let mut found = Vec::new();
    for (file, parsed) in &work.parsed {
        let in_root = file.parent() == Some(Path::new(""));
        for block in parsed.syntax.blocks("resource") {
            let [resource_type, name] = labels(block)[..] else { continue };
            let Some(copier) = copier(resource_type) else { continue };
            let values = values.get_or_insert_with(|| root_values(work));
            let is_standby = |set: &Expression| {
                let given = variable(set).filter(|_| in_root).and_then(|name| values.get(&name)?.as_deref());
                literal(set).or(given) == Some(work.input.standby.as_str())
            };
            let mut places = Vec::new();
            copies(&block.body, copier.path, copier.region, &is_standby, &mut places);
            let (resource_type, name) = (resource_type.to_owned(), name.to_owned());
            found.extend(places.into_iter().map(|range| Found {
                file: file.clone(),
                range,
                resource_type: resource_type.clone(),
                name: name.clone(),
            }));
        }
    }
    for (file, document) in &work.json {
        for (labels, body) in document.json.blocks("resource", 2) {
            let [resource_type, name] = labels[..] else { continue };
            let Some(copier) = copier(&resource_type.key) else { continue };
            let mut level = vec![body];
            for step in copier.path {
                level = level.iter().flat_map(|body| body.bodies()).filter_map(|body| body.member(step)).collect();
            }
            let regions = level.iter().flat_map(|body| body.bodies()).filter_map(|body| body.member(copier.region));
            let here = regions.filter(|region| region.text() == Some(work.input.standby.as_str()));
            found.extend(here.map(|region: &Json| Found {
                file: file.clone(),
                range: region.range.clone(),
                resource_type: resource_type.key.clone(),
                name: name.key.clone(),
            }));
        }
    }
    found
}

/// Whether resources of this type are asked about.
pub(crate) fn is_copier(resource_type: &str) -> bool {
    copier(resource_type).is_some()
}

fn copier(resource_type: &str) -> Option<&'static Copier> {
    COPIERS.iter().find(|copier| copier.resource_type == resource_type)
}

/// Where blocks of a path have the standby as their region; a dynamic block has it in what it goes through.
fn copies(
    body: &Body,
    path: &[&str],
    region: &str,
    is_standby: &impl Fn(&Expression) -> bool,
    places: &mut Vec<Range<usize>>,
) {
    let Some((first, rest)) = path.split_first() else {
        places.extend(attribute(body, region).filter(|set| is_standby(set)).map(place));
        return;
    };
    blocks(body, first).for_each(|block| copies(&block.body, rest, region, is_standby, places));
    let is_first = |block: &&Block| labels(block).first() == Some(first);
    for block in blocks(body, "dynamic").filter(is_first) {
        places.extend(attribute(&block.body, "for_each").filter(|each| holds(each, is_standby)).map(place));
        blocks(&block.body, "content").for_each(|content| copies(&content.body, rest, region, is_standby, places));
    }
}

/// Whether a list has the standby in it: `["eu-central-1"]`, `toset([...])`, `[{ region = "eu-central-1" }]`.
fn holds(each: &Expression, is_standby: &impl Fn(&Expression) -> bool) -> bool {
    match each {
        Expression::Array(items) => items.iter().any(|item| holds(item, is_standby)),
        Expression::Object(rows) => rows.iter().any(|(_, value)| holds(value.expr(), is_standby)),
        Expression::FuncCall(call) => call.args.iter().any(|argument| holds(argument, is_standby)),
        Expression::Parenthesis(inner) => holds(inner.inner(), is_standby),
        item => is_standby(item),
    }
}
