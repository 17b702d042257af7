//! In which region each configuration of the provider works: those that follow, and those that are pinned.

use super::modules::Instances;
use super::retarget::Work;
use super::syntax::{Step, attribute, labels, literal, place, references_in};
use crate::observe::FileKind;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Structure};
use pilotlight_findings::{Finding, Region, Severity, Subject, codes};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The region of CloudFront and of what it takes certificates and web ACLs from, whatever region serves.
/// Source: Amazon CloudFront Developer Guide, "Requirements for using SSL/TLS certificates".
pub(crate) const EDGE_REGION: &str = "us-east-1";

/// Parts of aliases that say that a configuration is there for the edge, and not because the stack is there.
const EDGE_NAMES: [&str; 13] = [
    "us_east_1",
    "us-east-1",
    "useast1",
    "use1",
    "virginia",
    "cloudfront",
    "cdn",
    "acm",
    "cert",
    "edge",
    "global",
    "waf",
    "billing",
];

/// Types that are made in the edge region for every region.
pub(crate) const EDGE_TYPES: [&str; 6] = [
    "aws_acm_certificate",
    "aws_acm_certificate_validation",
    "aws_ecrpublic_repository",
    "aws_ecrpublic_authorization_token",
    "aws_route53_query_log",
    "aws_cur_report_definition",
];

/// A configuration with an alias.
struct Alias {
    file: PathBuf,
    name: String,
    range: Range<usize>,
    /// Where its region stands, and what it is as far as the text tells.
    region: Option<(Range<usize>, Option<String>)>,
    uses: BTreeSet<String>,
}

pub(crate) fn decide(work: &mut Work<'_>, instances: &Instances) {
    let values = root_values(work);
    let aliases = aliases(work, &values);
    let (primary, standby) = (work.input.primary.to_string(), work.input.standby.to_string());
    for alias in aliases {
        let Some((at, region)) = &alias.region else { continue };
        let Some(region) = region else { continue };
        let made = match alias.uses.is_empty() {
            true => String::new(),
            false => format!("; it is used by {}", alias.uses.iter().cloned().collect::<Vec<_>>().join(", ")),
        };
        let (severity, message) = if *region == primary && primary == EDGE_REGION && is_of_edge(&alias) {
            work.keep(&alias.file, at.clone());
            (
                Severity::Info,
                format!("stays in {EDGE_REGION}, from where CloudFront takes certificates and web ACLs{made}"),
            )
        } else if *region == primary {
            continue;
        } else if *region == standby && !follows_already(work) {
            let message = format!(
                "works in {standby} already: what it makes would be in the standby's own region, beside its original{made}"
            );
            (Severity::Warning, message)
        } else if *region == standby {
            continue;
        } else {
            (
                Severity::Info,
                format!(
                    "stays in {region}: what it makes is made a second time there, unless the plan excludes it{made}"
                ),
            )
        };
        let subject = Subject::File { span: work.span(&alias.file, alias.range.clone()) };
        work.note(codes::R_PROVIDER_ALIAS, severity, subject, format!("provider aws.{} {message}", alias.name));
    }
    tell_unset(work, instances, &values);
    tell_elsewhere(work, &values);
}

/// Whether the configuration without an alias works in the standby: the source is a result already.
fn follows_already(work: &Work<'_>) -> bool {
    let standby = work.input.standby.as_str();
    provider_blocks(work).any(|(_, block)| {
        attribute(&block.body, "alias").is_none()
            && attribute(&block.body, "region").and_then(literal).is_some_and(|region| region == standby)
    }) || !work
        .tree
        .files
        .iter()
        .any(|(file, bytes)| FileKind::of(file) != FileKind::Other && names(bytes, work.input.primary.as_str()))
}

fn names(bytes: &[u8], region: &str) -> bool {
    bytes.windows(region.len()).any(|window| window == region.as_bytes())
}

fn provider_blocks<'a>(work: &'a Work<'_>) -> impl Iterator<Item = (&'a PathBuf, &'a Block)> {
    work.parsed.iter().flat_map(|(file, parsed)| {
        parsed.syntax.blocks("provider").filter(|block| labels(block) == ["aws"]).map(move |block| (file, block))
    })
}

fn aliases(work: &Work<'_>, values: &BTreeMap<String, Option<String>>) -> Vec<Alias> {
    let mut found = Vec::new();
    for (file, block) in provider_blocks(work) {
        let Some(name) = attribute(&block.body, "alias").and_then(literal) else { continue };
        let region = attribute(&block.body, "region").map(|region| (place(region), known_region(region, values)));
        let folder = file.parent().unwrap_or(Path::new(""));
        let (file, name) = (file.clone(), name.to_owned());
        let uses = uses(work, folder, &name);
        found.push(Alias { file, name, range: place(block), region, uses });
    }
    found
}

/// Aliases, with their folders, that work in the edge region in the standby too.
pub(crate) fn edge_aliases(work: &Work<'_>) -> BTreeSet<(PathBuf, String)> {
    let values = root_values(work);
    let is_primary = work.input.primary.as_str() == EDGE_REGION;
    let staying = aliases(work, &values).into_iter().filter(|alias| {
        let region = alias.region.as_ref().and_then(|(_, region)| region.as_deref());
        region == Some(EDGE_REGION) && (!is_primary || is_of_edge(alias))
    });
    staying.map(|alias| (alias.file.parent().map(Path::to_owned).unwrap_or_default(), alias.name)).collect()
}

/// What a provider's region is, as far as the text tells: a literal, or the value of the root's variable.
fn known_region(region: &Expression, values: &BTreeMap<String, Option<String>>) -> Option<String> {
    match literal(region) {
        Some(text) => Some(text.to_owned()),
        None => variable(region).and_then(|name| values.get(&name).cloned().flatten()),
    }
}

/// `x` of `var.x`.
pub(crate) fn variable(expression: &Expression) -> Option<String> {
    match &references_in(expression)[..] {
        [reference] => match &reference.path[..] {
            [Step::Name(first), Step::Name(name)] if first == "var" => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What a module makes or calls with a configuration: types of resources, and `module.NAME`.
fn uses(work: &Work<'_>, folder: &Path, alias: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let is_it = |expression: &Expression| {
        literal(expression).is_some_and(|text| text.strip_prefix("aws.") == Some(alias))
            || references_in(expression)
                .iter()
                .any(|reference| reference.name(0) == Some("aws") && reference.name(1) == Some(alias))
    };
    for (_, parsed) in work.parsed.iter().filter(|(file, _)| file.parent() == Some(folder)) {
        for structure in parsed.syntax.body.iter() {
            let Structure::Block(block) = structure else { continue };
            match (block.ident.as_str(), &labels(block)[..]) {
                ("resource" | "data", [kind, name]) if attribute(&block.body, "provider").is_some_and(is_it) => {
                    let cloudfront = attribute(&block.body, "scope").and_then(literal) == Some("CLOUDFRONT");
                    let data = if block.ident.as_str() == "data" { "data." } else { "" };
                    let scope = if cloudfront { " (CLOUDFRONT)" } else { "" };
                    found.insert(format!("{data}{kind}.{name}{scope}"));
                }
                ("module", [name]) if attribute(&block.body, "providers").is_some_and(is_it) => {
                    found.insert(format!("module.{name}"));
                }
                _ => {}
            }
        }
    }
    found
}

fn is_of_edge(alias: &Alias) -> bool {
    let name = alias.name.to_ascii_lowercase();
    let is_edge = |used: &String| {
        let used = used.strip_prefix("data.").unwrap_or(used);
        let kind = used.split('.').next().unwrap_or(used);
        EDGE_TYPES.contains(&kind) || kind.starts_with("aws_cloudfront_") || used.ends_with("(CLOUDFRONT)")
    };
    EDGE_NAMES.iter().any(|part| name.contains(part)) || !alias.uses.is_empty() && alias.uses.iter().all(is_edge)
}

/// Variables of the root: their literal value where a file that Terraform loads by itself, or the default, has one;
/// none within where nothing gives one.
pub(crate) fn root_values(work: &Work<'_>) -> BTreeMap<String, Option<String>> {
    let mut values: BTreeMap<String, Option<String>> = BTreeMap::new();
    let in_root = |file: &Path| file.parent() == Some(Path::new(""));
    for (_, parsed) in work.parsed.iter().filter(|(file, _)| in_root(file) && FileKind::of(file) == FileKind::Hcl) {
        for block in parsed.syntax.blocks("variable") {
            if let [name] = labels(block)[..] {
                let default = attribute(&block.body, "default");
                // One that is no literal is a value all the same.
                values.insert(name.to_owned(), default.map(|value| literal(value).unwrap_or_default().to_owned()));
            }
        }
    }
    for (_, document) in work.json.iter().filter(|(file, _)| in_root(file) && FileKind::of(file) == FileKind::Json) {
        for (labels, body) in document.json.blocks("variable", 1) {
            let default = body.member("default").map(|value| value.text().unwrap_or_default().to_owned());
            values.extend(labels.into_iter().map(|label| (label.key.clone(), default.clone())));
        }
    }
    for (file, parsed) in work.parsed.iter().filter(|(file, _)| super::variable_files::is_automatic(file)) {
        debug_assert!(FileKind::of(file) == FileKind::Vars);
        for attribute in parsed.syntax.body.iter().filter_map(Structure::as_attribute) {
            let value = literal(&attribute.value).unwrap_or_default().to_owned();
            values.insert(attribute.key.as_str().to_owned(), Some(value));
        }
    }
    for (_, document) in work.json.iter().filter(|(file, _)| super::variable_files::is_automatic(file)) {
        for member in document.json.members() {
            values.insert(member.key.clone(), Some(member.value.text().unwrap_or_default().to_owned()));
        }
    }
    values
}

/// Says of each provider whose region is a variable without a value that the team gives it from outside.
fn tell_unset(work: &mut Work<'_>, instances: &Instances, values: &BTreeMap<String, Option<String>>) {
    let mut notes = Vec::new();
    for (file, block) in provider_blocks(work) {
        let root = instances.keys().next().is_some_and(|folder| folder.as_os_str().is_empty());
        let in_root = root && file.parent() == Some(Path::new(""));
        let Some(region) = attribute(&block.body, "region").filter(|_| in_root) else { continue };
        if let Some(name) = variable(region).filter(|name| values.get(name) == Some(&None)) {
            notes.push((file.clone(), place(region), name));
        }
    }
    for (file, range, name) in notes {
        let subject = Subject::File { span: work.span(&file, range) };
        let message = format!(
            "the provider's region is var.{name}, to which no file of the source gives a value: set TF_VAR_{name}={} for the rebuild",
            work.input.standby
        );
        work.note(codes::R_REGION_UNSET, Severity::Warning, subject, message);
    }
}

/// Says of a stack that works in neither region of the plan: nothing of it would be led anywhere, and its resources would
/// be made a second time where they are. In the edge region that is what a stack of global resources looks like.
fn tell_elsewhere(work: &mut Work<'_>, values: &BTreeMap<String, Option<String>>) {
    let (primary, standby) = (work.input.primary.as_str(), work.input.standby.as_str());
    let mut found = Vec::new();
    for (file, block) in provider_blocks(work) {
        let in_root = file.parent() == Some(Path::new("")) && attribute(&block.body, "alias").is_none();
        let Some(region) = attribute(&block.body, "region").filter(|_| in_root) else { continue };
        let known = known_region(region, values).filter(|region| Region::new(region.as_str()).is_ok());
        if let Some(known) = known.filter(|region| region != primary && region != standby) {
            found.push((file.clone(), place(region), known));
        }
    }
    for (file, range, region) in found {
        let subject = Subject::File { span: work.span(&file, range) };
        let (severity, meaning) = match region == EDGE_REGION {
            true => (Severity::Warning, "what in it serves one region alone would be made a second time there"),
            false => (Severity::Error, "everything in it would be made a second time there"),
        };
        let plan = format!("{} and {}", work.input.primary, work.input.standby);
        let message = format!("the stack works in {region}, and the plan is about {plan}: {meaning}");
        let finding = Finding::new(codes::R_OTHER_REGION, severity, subject, message);
        work.result.notes.push(finding.remedy("correct primary in the plan, or take the stack out of it"));
    }
}
