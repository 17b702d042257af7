//! Which line of the source wants a provider that `terraform init` could not find: Terraform names the provider alone.

use super::Prepared;
use crate::decide::sources::Source;
use crate::decide::syntax::{attribute, blocks, labels, literal, place};
use crate::observe::SourceTree;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body, Structure};
use pilotlight_findings::{Finding, Severity, Span, Subject, codes};
use std::ops::Range;

/// What comes before a provider's name where it was not found.
/// Source: Terraform's `internal/command/init.go`, `getProviders`.
const NAMED_AFTER: &str = "list of available versions for provider ";

/// Who publishes a provider that no source names.
const DEFAULT_NAMESPACE: &str = "hashicorp";

impl Prepared {
    /// What `terraform init` said of a provider, with the line that wants it.
    pub(super) fn missing_provider(&self, output: &str) -> Option<Finding> {
        let said = output.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, after) = said.split_once(NAMED_AFTER)?;
        let name = after.split([':', ' ']).next().filter(|name| !name.is_empty())?;
        let span = wanted(&self.source, name)?;
        let words = said.strip_prefix("Error: ").unwrap_or(&said).to_owned();
        let finding = Finding::new(codes::T_NO_PROVIDER, Severity::Error, Subject::File { span }, words);
        Some(finding.remedy(REMEDY))
    }
}

/// What to do about a provider that is not found.
pub(super) const REMEDY: &str = "correct the provider's name in the source, or make it available to Terraform: from the registry, or from a mirror \
     that Terraform's CLI configuration names (TF_CLI_CONFIG_FILE). Then run pilotlight rebuild again: what was made is \
     kept";

/// Where the source requires a provider, or else uses it first.
fn wanted(source: &SourceTree, provider: &str) -> Option<Span> {
    let parsed =
        source.modules.iter().flat_map(|module| source.configuration_of(module)).filter_map(|file| {
            match source.parse(&file).ok()? {
                Source::Hcl(parsed) => Some((file, parsed)),
                Source::Json(_) => None,
            }
        });
    let parsed: Vec<_> = parsed.collect();
    let (namespace, name) = provider.rsplit_once('/')?;
    let required =
        parsed.iter().find_map(|(file, parsed)| Some((file, parsed, required(&parsed.syntax.body, provider)?)));
    let used = || {
        let is_default = namespace.ends_with(DEFAULT_NAMESPACE);
        parsed
            .iter()
            .filter(|_| is_default)
            .find_map(|(file, parsed)| Some((file, parsed, used(&parsed.syntax.body, name)?)))
    };
    let (file, parsed, range) = required.or_else(used)?;
    Some(Span::of(source.display(file), &parsed.text, range))
}

/// `zzz = { source = "acme/zzz" }`
fn required(body: &Body, provider: &str) -> Option<Range<usize>> {
    let listed = blocks(body, "terraform").flat_map(|block| blocks(&block.body, "required_providers"));
    let mut entries = listed.flat_map(|block| block.body.iter().filter_map(Structure::as_attribute));
    entries.find_map(|entry| {
        let Expression::Object(object) = &entry.value else { return None };
        let mut values = object.iter().map(|(_, value)| value.expr());
        let is_it = values.any(|value| {
            let source = literal(value).unwrap_or_default().to_ascii_lowercase();
            source == provider || source.strip_suffix(provider).is_some_and(|host| host.ends_with('/'))
        });
        is_it.then(|| place(entry))
    })
}

/// The first block that takes a provider by its local name.
fn used(body: &Body, name: &str) -> Option<Range<usize>> {
    let mut found = body.iter().filter_map(Structure::as_block);
    found.find_map(|block| {
        let first = labels(block).first().copied().unwrap_or_default();
        let takes = match block.ident.as_str() {
            "provider" => first == name,
            "resource" | "data" | "ephemeral" => {
                let chosen = attribute(&block.body, "provider").is_some();
                !chosen && first.split('_').next() == Some(name)
            }
            _ => false,
        };
        takes.then(|| place(&block.ident))
    })
}
