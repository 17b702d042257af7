//! What Terraform would ask of the primary region, by the standby's own HCL: known before Terraform is started.
//!
//! A provider works in the region that its block names; a backend and another stack's state are where their settings
//! say. A configuration with an alias that nothing uses is not started by Terraform, and does not count.

use crate::decide::Retargeted;
use crate::decide::json::Json;
use crate::decide::syntax::{Syntax, attribute, blocks, labels, literal, place, references_in};
use crate::observe::{FileKind, SourceError, SourceTree};
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body, Structure};
use pilotlight_findings::{Finding, Region, Severity, Span, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Settings of a provider, a backend or a remote state that lead somewhere; others, as tags or the name of a bucket,
/// may name the region without a call to it.
fn leads_somewhere(name: &str) -> bool {
    matches!(name, "region" | "sts_region") || name.starts_with("endpoint") || name.ends_with("_endpoint")
}

/// A block that leads to the primary region.
struct Call {
    /// What it is, `provider aws.edge`: the same in the source and in the result.
    what: String,
    range: Range<usize>,
    /// The alias that has to be used somewhere for it to count.
    alias: Option<String>,
    remedy: &'static str,
}

const PROVIDER: &str = "exclude what is made with it in the stack's standby block";
const STATE: &str = "keep the standby's state in a bucket of the standby region: backend = { bucket = \"…\", region = \"…\" } in the stack's standby block";
const RESOURCE: &str = "exclude it in the stack's standby block";

/// Each place of a standby root that leads to the primary region, by the line of the source that it comes from.
///
/// # Errors
/// A file of the result is no valid HCL or JSON.
pub(crate) fn primary_calls(
    tree: &SourceTree,
    result: &Retargeted,
    primary: &Region,
) -> Result<Vec<Finding>, SourceError> {
    let mut parsed = Vec::new();
    for (path, bytes) in &result.files {
        if matches!(FileKind::of(path), FileKind::Hcl | FileKind::Json) {
            let origin = result.origins.get(path).map_or(path.as_path(), |origin| origin.as_path());
            if tree.is_configuration(origin) {
                parsed.push((origin, Document::parse(&path.display().to_string(), bytes)?));
            }
        }
    }
    let mut findings = Vec::new();
    for (origin, document) in &parsed {
        let folder = origin.parent();
        for call in document.calls(primary) {
            let beside = || parsed.iter().filter(|(other, _)| other.parent() == folder).map(|(_, document)| document);
            if call.alias.as_deref().is_some_and(|alias| !beside().any(|document| document.uses(alias))) {
                continue;
            }
            let message = format!("{} leads to {primary}, of which nothing is asked (--primary-down)", call.what);
            let subject = Subject::File { span: span_in_source(tree, origin, &call, primary) };
            findings.push(Finding::new(codes::R_PRIMARY_NEEDED, Severity::Error, subject, message).remedy(call.remedy));
        }
    }
    Ok(findings)
}

/// Where the block stands in the source: that is what a person can change.
fn span_in_source(tree: &SourceTree, origin: &Path, call: &Call, primary: &Region) -> Span {
    let shown = tree.display(origin);
    let text = tree.files.get(origin).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let source = Document::parse(&shown, text.as_bytes()).ok();
    let same = source.and_then(|source| source.calls(primary).into_iter().find(|other| other.what == call.what));
    // What the plan made to lead there does so in the result alone, and then the file is all that there is to name.
    Span::of(shown, &text, same.map_or(0..0, |same| same.range))
}

/// A file of configuration.
enum Document {
    Hcl(Box<Syntax>),
    Json(Json),
}

impl Document {
    fn parse(shown: &str, bytes: &[u8]) -> Result<Self, SourceError> {
        if FileKind::of(Path::new(shown)) == FileKind::Json {
            return Ok(Self::Json(Json::parse(shown, &String::from_utf8_lossy(bytes))?));
        }
        Ok(Self::Hcl(Box::new(Syntax::parse(shown, bytes)?.1)))
    }

    fn calls(&self, primary: &Region) -> Vec<Call> {
        match self {
            Self::Hcl(syntax) => hcl_calls(syntax, primary),
            Self::Json(document) => json_calls(document, primary),
        }
    }

    /// Whether something is made, read or called with a provider configuration.
    fn uses(&self, alias: &str) -> bool {
        match self {
            Self::Hcl(syntax) => syntax.body.iter().filter_map(Structure::as_block).any(|block| {
                let names = match block.ident.as_str() {
                    "resource" | "data" | "ephemeral" | "import" => "provider",
                    "module" => "providers",
                    // A check has data sources of its own.
                    "check" => {
                        return blocks(&block.body, "data").any(|data| provider_is(&data.body, "provider", alias));
                    }
                    _ => return false,
                };
                provider_is(&block.body, names, alias)
            }),
            Self::Json(document) => json_uses(document, alias),
        }
    }
}

fn provider_is(body: &Body, name: &str, alias: &str) -> bool {
    attribute(body, name).is_some_and(|expression| {
        literal(expression).is_some_and(|text| text.strip_prefix("aws.") == Some(alias))
            || references_in(expression)
                .iter()
                .any(|reference| reference.name(0) == Some("aws") && reference.name(1) == Some(alias))
    })
}

fn hcl_calls(syntax: &Syntax, primary: &Region) -> Vec<Call> {
    let mut calls = Vec::new();
    for block in syntax.body.iter().filter_map(Structure::as_block) {
        match (block.ident.as_str(), &labels(block)[..]) {
            ("provider", ["aws"]) if leads(&block.body, primary) => {
                let alias = attribute(&block.body, "alias").and_then(literal).map(str::to_owned);
                calls.push(provider(alias, place(block)));
            }
            ("terraform", []) => {
                let backends = blocks(&block.body, "backend").filter(|backend| leads(&backend.body, primary));
                calls
                    .extend(backends.map(|backend| state(format!("backend {:?}", labels(backend).join(".")), backend)));
            }
            ("data", ["terraform_remote_state", name])
                if attribute(&block.body, "config").is_some_and(|config| object_leads(config, primary)) =>
            {
                calls.push(state(format!("data.terraform_remote_state.{name}"), block));
            }
            // Version 6 of the provider takes a region for each resource.
            (kind @ ("resource" | "data"), [of, name]) if of.starts_with("aws_") && is_in(&block.body, primary) => {
                let what = if kind == "data" { format!("data.{of}.{name}") } else { format!("{of}.{name}") };
                calls.push(Call { what, range: place(block), alias: None, remedy: RESOURCE });
            }
            _ => {}
        }
    }
    calls
}

fn provider(alias: Option<String>, range: Range<usize>) -> Call {
    let what = alias.as_ref().map_or_else(|| "provider aws".to_owned(), |alias| format!("provider aws.{alias}"));
    Call { what, range, alias, remedy: PROVIDER }
}

fn state(what: String, block: &Block) -> Call {
    Call { what, range: place(block), alias: None, remedy: STATE }
}

/// Whether a resource says that it is in the region.
fn is_in(body: &Body, primary: &Region) -> bool {
    attribute(body, "region").and_then(literal) == Some(primary.as_str())
}

/// Whether a setting of a body names the region.
fn leads(body: &Body, primary: &Region) -> bool {
    body.iter().any(|structure| match structure {
        Structure::Attribute(attribute) => {
            leads_somewhere(attribute.key.as_str()) && names(&attribute.value.to_string(), primary)
        }
        Structure::Block(block) => leads_somewhere(block.ident.as_str()) && names(&block.body.to_string(), primary),
    })
}

fn object_leads(config: &Expression, primary: &Region) -> bool {
    let Expression::Object(object) = config else { return false };
    object.iter().any(|(key, value)| {
        let key = match key {
            ObjectKey::Ident(key) => Some(key.as_str()),
            ObjectKey::Expression(key) => literal(key),
        };
        key.is_some_and(leads_somewhere) && names(&value.expr().to_string(), primary)
    })
}

/// Whether a text has the region's name, or the name of something in it, and not the name of a longer region.
fn names(text: &str, primary: &Region) -> bool {
    text.match_indices(primary.as_str()).any(|(at, name)| {
        let after = text[at + name.len()..].chars().next();
        !after.is_some_and(|next| next.is_ascii_digit())
    })
}

fn json_calls(document: &Json, primary: &Region) -> Vec<Call> {
    let mut calls = Vec::new();
    for (labels, body) in document.blocks("provider", 1) {
        if labels.iter().any(|label| label.key == "aws") && json_leads(body, primary) {
            let alias = body.member("alias").and_then(Json::text).map(str::to_owned);
            calls.push(provider(alias, body.range.clone()));
        }
    }
    for (_, terraform) in document.blocks("terraform", 0) {
        for (labels, body) in terraform.blocks("backend", 1) {
            if json_leads(body, primary) {
                let kind = labels.first().map_or("", |label| label.key.as_str());
                let what = format!("backend {kind:?}");
                calls.push(Call { what, range: body.range.clone(), alias: None, remedy: STATE });
            }
        }
    }
    for (labels, body) in document.blocks("data", 2) {
        if let [kind, name] = &labels[..]
            && kind.key == "terraform_remote_state"
            && body.member("config").is_some_and(|config| json_leads(config, primary))
        {
            let what = format!("data.terraform_remote_state.{}", name.key);
            calls.push(Call { what, range: body.range.clone(), alias: None, remedy: STATE });
        }
    }
    calls
}

fn json_leads(body: &Json, primary: &Region) -> bool {
    body.members()
        .iter()
        .any(|member| leads_somewhere(&member.key) && texts(&member.value).iter().any(|text| names(text, primary)))
}

/// Every text of a value, at any depth.
fn texts(value: &Json) -> Vec<&str> {
    value.text().into_iter().chain(value.children().into_iter().flat_map(texts)).collect()
}

fn json_uses(document: &Json, alias: &str) -> bool {
    let name = format!("aws.{alias}");
    let is_it = |value: &Json| texts(value).iter().any(|text| text.trim_matches(['$', '{', '}']) == name);
    let made = ["resource", "data"].into_iter().flat_map(|kind| document.blocks(kind, 2));
    made.into_iter().any(|(_, body)| body.member("provider").is_some_and(is_it))
        || document.blocks("module", 1).iter().any(|(_, body)| body.member("providers").is_some_and(is_it))
}
