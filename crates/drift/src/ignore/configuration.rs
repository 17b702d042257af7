//! What a stack's HCL says that drift has to know. Values only: who reads HCL makes them.

use super::changes::IgnoreChanges;
use super::tags::{DefaultTags, IgnoreTags};
use pilotlight_findings::{Finding, Severity, Side, Span, Subject, codes};
use pilotlight_tfstate::{ModuleStep, ProviderAddress, ResourceAddress};
use std::collections::{BTreeMap, BTreeSet};

/// What the HCL of one stack says, for one side or for both.
#[derive(Debug, Clone, PartialEq)]
pub struct StackConfiguration {
    /// As in [`crate::StackState`].
    pub stack: String,
    /// The side that it is the HCL of; none where it is that of every side.
    pub side: Option<Side>,
    /// What it says.
    pub configuration: Configuration,
}

/// A root module with all modules below it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Configuration {
    /// Every `resource` block, by its address without keys, as [`ResourceAddress::config`] gives it.
    pub resources: BTreeMap<ResourceAddress, ConfiguredResource>,
    /// Every `moved` block.
    pub moved: Vec<Moved>,
    /// Every `provider` block.
    pub providers: BTreeMap<ProviderKey, ProviderConfiguration>,
    /// Modules that are not on this machine: nothing is known of what is in them.
    pub unread: Vec<UnreadModule>,
}

/// A `resource` block.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfiguredResource {
    /// Where it stands.
    pub span: Span,
    /// The names of the arguments and blocks that are written in it.
    pub arguments: BTreeSet<String>,
    /// Its `lifecycle { ignore_changes }`.
    pub ignore_changes: IgnoreChanges,
    /// The provider configuration that it is made with, through the `providers` of the modules on the way. It may
    /// have no block: a provider that is configured by the environment alone.
    pub provider: ProviderKey,
}

/// A `moved` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The module that has it, as names without keys: both addresses are relative to it, in every instance of it.
    pub module: Vec<String>,
    /// The address before: of a resource, one of its instances, or a module.
    pub from: String,
    /// The address since.
    pub to: String,
    /// Where it stands.
    pub span: Span,
}

impl Moved {
    /// The address that an instance will have; none where the block does not move it.
    pub fn applied(&self, address: &ResourceAddress) -> Option<String> {
        let steps = address.module.get(..self.module.len())?;
        if !steps.iter().zip(&self.module).all(|(step, name)| step.name == *name) {
            return None;
        }
        let within: String = steps.iter().map(|step| format!("{step}.")).collect();
        let whole = address.to_string();
        let rest = whole.strip_prefix(&within)?.strip_prefix(&self.from)?;
        (rest.is_empty() || rest.starts_with(['[', '.'])).then(|| format!("{within}{}{rest}", self.to))
    }
}

/// A provider configuration, by the names that the HCL has for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderKey {
    /// The module that has it, as names without keys; empty for the root.
    pub module: Vec<String>,
    /// The provider's local name in that module: `aws`.
    pub name: String,
    /// Its alias; none for the default configuration.
    pub alias: Option<String>,
}

/// A `provider` block.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderConfiguration {
    /// Where it stands.
    pub span: Span,
    /// Its `ignore_tags`.
    pub ignore_tags: IgnoreTags,
    /// Its `default_tags`.
    pub default_tags: DefaultTags,
}

/// A module that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadModule {
    /// `module.vpc`
    pub address: String,
    /// The call's `source`, as it is written.
    pub source: String,
    /// Where the call stands.
    pub span: Span,
    /// Why, as a sentence's end.
    pub reason: String,
}

impl Configuration {
    /// The block of a resource, by the address of an instance.
    pub fn resource(&self, address: &ResourceAddress) -> Option<&ConfiguredResource> {
        self.resources.get(&address.config())
    }

    /// The provider configuration of a resource: by its block, and by its state where the HCL does not have it any
    /// more.
    pub fn provider(&self, address: &ResourceAddress, recorded: &ProviderAddress) -> Option<&ProviderConfiguration> {
        let by_state = || ProviderKey {
            module: recorded.module.iter().map(|ModuleStep { name, .. }| name.clone()).collect(),
            name: recorded.source.name.clone(),
            alias: recorded.alias.clone(),
        };
        let key = self.resource(address).map_or_else(by_state, |resource| resource.provider.clone());
        self.providers.get(&key)
    }

    /// What of it could not be read, as findings: nothing is hidden by it, and more may be reported than Terraform
    /// would change.
    pub fn notes(&self) -> Vec<Finding> {
        let unread = self.unread.iter().map(|module| {
            let message = format!("{} was not read: {}", module.address, module.reason);
            Finding::new(codes::D_HCL_UNREAD, Severity::Info, at(&module.span), message)
                .remedy("run `terraform init` in the stack's source to fetch the module")
        });
        let unknown = |what: &'static str| {
            move |span: &Span| {
                Finding::new(codes::D_HCL_UNKNOWN, Severity::Info, at(span), format!("{what} is computed"))
                    .remedy("write the value out, or name the same in .driftignore")
            }
        };
        let changes = self.resources.values().flat_map(|resource| resource.ignore_changes.unknown());
        let tags = self.providers.values().flat_map(|provider| &provider.ignore_tags.unknown);
        unread.chain(changes.map(unknown("ignore_changes"))).chain(tags.map(unknown("ignore_tags"))).collect()
    }
}

fn at(span: &Span) -> Subject {
    Subject::File { span: span.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::Position;

    #[test]
    fn a_moved_block_gives_the_next_address() {
        let moved = |module: &[&str], from: &str, to: &str| Moved {
            module: module.iter().map(|name| (*name).to_owned()).collect(),
            from: from.to_owned(),
            to: to.to_owned(),
            span: Span { file: "main.tf".into(), start: Position { line: 1, column: 1 }, bytes: (0, 0) },
        };
        for (block, address, next) in [
            (moved(&[], "aws_vpc.a", "aws_vpc.b"), "aws_vpc.a", Some("aws_vpc.b")),
            (moved(&[], "aws_vpc.a", "aws_vpc.b"), "aws_vpc.a[0]", Some("aws_vpc.b[0]")),
            (moved(&[], "aws_vpc.a", "aws_vpc.b"), "aws_vpc.ab", None),
            (moved(&[], "aws_vpc.a[0]", "aws_vpc.a[\"x\"]"), "aws_vpc.a[0]", Some("aws_vpc.a[\"x\"]")),
            (moved(&[], "module.a", "module.b"), "module.a[1].aws_vpc.a", Some("module.b[1].aws_vpc.a")),
            (moved(&["m"], "aws_vpc.a", "aws_vpc.b"), "module.m[0].aws_vpc.a", Some("module.m[0].aws_vpc.b")),
            (moved(&["m"], "aws_vpc.a", "aws_vpc.b"), "aws_vpc.a", None),
        ] {
            let address: ResourceAddress = address.parse().expect("address");
            assert_eq!(block.applied(&address).as_deref(), next, "{address}");
        }
    }
}
