//! What AWS has in us-east-1 alone, whatever region a stack is in: metrics of Route 53, and what CloudFront takes from
//! there. What makes one object for all regions is taken out elsewhere; this is of what the standby would make.

use super::global::namespaces;
use super::modules::{Instances, address};
use super::providers::{EDGE_REGION, EDGE_TYPES, edge_aliases};
use super::ranges::is_within;
use super::retarget::Work;
use super::syntax::{attribute, labels, literal, place, references_in};
use super::words::Words;
use hcl_edit::structure::{Block, Structure};
use indexmap::IndexMap;
use pilotlight_findings::{Finding, Severity, Subject, codes};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

const ALARM: &str = "aws_cloudwatch_metric_alarm";
const CERTIFICATE: &str = "aws_acm_certificate";

/// Metrics of what serves every region, of which each side has its own all the same.
/// Source: Amazon Route 53 Developer Guide, "Monitoring health checks using CloudWatch".
const EDGE_METRICS: &str = "AWS/Route53";

/// A block that is of us-east-1, and whether it is made there in the standby too.
struct OfEdge {
    file: PathBuf,
    range: Range<usize>,
    kind: String,
    name: String,
    is_pinned: bool,
    /// The region that it names itself, as version 6 of the provider has it.
    region: Option<Range<usize>>,
    /// Its `alarm_name`, where that is a literal.
    alarm: Option<String>,
    is_data: bool,
}

/// Keeps, asks and tells. It comes before words are replaced.
pub(crate) fn decide(work: &mut Work<'_>, instances: &Instances) {
    let found = found(work, instances);
    let is_primary = work.input.primary.as_str() == EDGE_REGION;
    for one in found {
        let folder = one.file.parent().map(Path::to_owned).unwrap_or_default();
        let addresses: Vec<String> =
            instances.get(&folder).into_iter().flatten().map(|path| address(path, &one.kind, &one.name)).collect();
        let Some(first) = addresses.first() else { continue };
        if work.is_removed(&one.file, &one.range) {
            continue;
        }
        if let Some(region) = one.region.clone().filter(|_| is_primary) {
            work.keep(&one.file, region.clone());
            let subject = Subject::File { span: work.span(&one.file, region) };
            work.note(
                codes::R_EDGE,
                Severity::Info,
                subject,
                format!("{first} stays in {EDGE_REGION}: AWS has it there alone"),
            );
        }
        let standby = work.input.standby;
        match (one.kind.as_str(), one.is_pinned) {
            _ if one.is_data && !one.is_pinned && is_primary => {
                let message = format!(
                    "data.{first} asks {standby}, and AWS has it in {EDGE_REGION} alone: give it a provider configuration of {EDGE_REGION}"
                );
                let subject = Subject::File { span: work.span(&one.file, one.range) };
                work.note(codes::R_EDGE, Severity::Warning, subject, message);
            }
            _ if one.is_data => {}
            (ALARM, false) if is_primary => {
                let what = format!(
                    "{first} watches {EDGE_METRICS}, whose metrics are in {EDGE_REGION} alone: in {standby} it would see nothing"
                );
                let needs = format!(
                    "leave it out of the standby, or give it a provider configuration of {EDGE_REGION} in the source"
                );
                work.ask(&one.file, one.range, what, needs, Some(exclude(&addresses)));
            }
            (ALARM, true) if is_same(work, one.alarm.as_deref()) && !is_set(work, &addresses) => {
                let name = one.alarm.unwrap_or_default();
                let what = format!(
                    "{first} is made in {EDGE_REGION} for both regions, and the standby's would overwrite the primary's alarm {name}"
                );
                let needs = "let its name tell the region, or leave it out of the standby";
                let line = format!("set \"{first}\" {{ alarm_name = \"{name}-{standby}\" }}");
                work.ask(&one.file, one.range, what, needs, Some(line));
            }
            (CERTIFICATE, false) if is_primary && serves_cloudfront(work, &folder, &one.name) => {
                let message = format!(
                    "{first} serves CloudFront alone, which takes certificates from {EDGE_REGION} and which the standby does not make: the one in {standby} would serve nothing"
                );
                let subject = Subject::File { span: work.span(&one.file, one.range) };
                let finding = Finding::new(codes::R_EDGE, Severity::Warning, subject, message);
                work.result
                    .notes
                    .push(finding.remedy(format!("leave it out, and its validation: {}", exclude(&addresses))));
            }
            _ => {}
        }
    }
}

fn exclude(addresses: &[String]) -> String {
    let listed: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
    format!("exclude = [{}]", listed.join(", "))
}

/// Whether an alarm has the same name in both regions.
fn is_same(work: &Work<'_>, name: Option<&str>) -> bool {
    let (none, zones, map) = (BTreeMap::new(), BTreeMap::new(), IndexMap::new());
    // A name that tells the standby is a result's.
    let standbys = Words::new(work.input.standby, work.input.primary, &zones, &map, &none, &[]);
    name.is_some_and(|name| work.words.replace(name) == name && standbys.replace(name) == name)
}

fn is_set(work: &Work<'_>, addresses: &[String]) -> bool {
    let sets = &work.input.stack.standby.set;
    sets.iter().any(|set| addresses.contains(&set.address) && set.attributes.contains_key("alarm_name"))
}

fn found(work: &Work<'_>, instances: &Instances) -> Vec<OfEdge> {
    let is_of_edge = |block: &Block, kind: &str| match kind {
        ALARM => namespaces(block).contains(&EDGE_METRICS),
        kind => EDGE_TYPES.contains(&kind) || attribute(&block.body, "scope").and_then(literal) == Some("CLOUDFRONT"),
    };
    let (mut found, mut aliases) = (Vec::new(), None);
    for (file, parsed) in &work.parsed {
        let folder = file.parent().unwrap_or(Path::new(""));
        for block in parsed.syntax.body.iter().filter_map(Structure::as_block) {
            let is_data = block.ident.as_str() == "data";
            let ([kind, name], true) = (&labels(block)[..], is_data || block.ident.as_str() == "resource") else {
                continue;
            };
            if !is_of_edge(block, kind) {
                continue;
            }
            let region = attribute(&block.body, "region");
            let region = region.filter(|region| literal(region) == Some(EDGE_REGION)).map(place);
            let aliases = aliases.get_or_insert_with(|| edge_aliases(work));
            let chosen = attribute(&block.body, "provider").map(|provider| match literal(provider) {
                Some(text) => text.strip_prefix("aws.").map(str::to_owned),
                None => references_in(provider).first().and_then(|of| of.name(1)).map(str::to_owned),
            });
            let is_pinned = region.is_some()
                || match chosen {
                    Some(alias) => alias.is_some_and(|alias| aliases.contains(&(folder.to_owned(), alias))),
                    // Which configuration a module is given, its callers say.
                    None => is_given_providers(work, instances, folder),
                };
            found.push(OfEdge {
                file: file.clone(),
                range: place(block),
                kind: (*kind).to_owned(),
                name: (*name).to_owned(),
                is_pinned,
                region,
                alarm: attribute(&block.body, "alarm_name").and_then(literal).map(str::to_owned),
                is_data,
            });
        }
    }
    found
}

/// Whether some call on the way to a module passes configurations of providers.
fn is_given_providers(work: &Work<'_>, instances: &Instances, folder: &Path) -> bool {
    let names: BTreeSet<&String> = instances.get(folder).into_iter().flatten().flatten().collect();
    !names.is_empty()
        && work.parsed.values().any(|parsed| {
            parsed.syntax.blocks("module").any(|block| {
                attribute(&block.body, "providers").is_some()
                    && labels(block).first().is_some_and(|name| names.iter().any(|known| known == name))
            })
        })
}

/// Whether a certificate is used, itself or by its validation, and by distributions alone.
fn serves_cloudfront(work: &Work<'_>, folder: &Path, name: &str) -> bool {
    let users = |kind: &str, name: &str| -> Vec<(String, String)> {
        let of_folder = work.parsed.iter().filter(|(file, _)| file.parent() == Some(folder));
        let mut users = Vec::new();
        for (_, parsed) in of_folder {
            let named = parsed
                .syntax
                .references
                .iter()
                .filter(|found| found.name(0) == Some(kind) && found.name(1) == Some(name));
            for reference in named {
                let mut blocks = parsed.syntax.body.iter().filter_map(Structure::as_block);
                let holder = blocks.find(|block| is_within(&reference.span, &place(*block)));
                let labels = holder.map(labels).unwrap_or_default();
                users.push(match labels[..] {
                    [kind, name] => (kind.to_owned(), name.to_owned()),
                    _ => (String::new(), String::new()),
                });
            }
        }
        users
    };
    let (mut waiting, mut served) = (vec![(CERTIFICATE.to_owned(), name.to_owned())], false);
    while let Some((kind, name)) = waiting.pop() {
        for user in users(&kind, &name) {
            match user.0.as_str() {
                "aws_cloudfront_distribution" => served = true,
                "aws_acm_certificate_validation" => waiting.push(user),
                // The record that proves the domain.
                "aws_route53_record" => {}
                _ => return false,
            }
        }
    }
    served
}
