//! What of one object is ignored, and by what.

use super::configuration::{ConfiguredResource, ProviderConfiguration, StackConfiguration};
use super::ignores::{Ignores, PatternRef};
use super::names::ObjectName;
use super::pattern::Pattern;
use pilotlight_findings::{Side, Span};
use pilotlight_tfstate::{AttributePath, ManagedInstance};
use serde_json::Value;

/// What made a difference no drift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IgnoredBy<'a> {
    /// A pattern of a file, the plan or the command line.
    Pattern(PatternRef, &'a Pattern),
    /// The resource's `lifecycle { ignore_changes }`, at this place.
    IgnoreChanges(&'a Span),
    /// The provider's `ignore_tags`, at this place.
    IgnoreTags(&'a Span),
}

impl IgnoredBy<'_> {
    /// A short name of the kind, for the report.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Pattern(..) => "ignore",
            Self::IgnoreChanges(_) => "ignore_changes",
            Self::IgnoreTags(_) => "ignore_tags",
        }
    }

    /// One sentence that says where it stands.
    pub fn reason(&self) -> String {
        match self {
            Self::Pattern(_, pattern) => format!("{} at {} ignores it", pattern.text, pattern.span),
            Self::IgnoreChanges(span) => format!("lifecycle.ignore_changes at {span} leaves it alone"),
            Self::IgnoreTags(span) => format!("ignore_tags of the provider at {span} does not see this tag"),
        }
    }
}

/// What became of a difference.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen<'a> {
    /// Nothing ignores it.
    All,
    /// It is no drift.
    Nothing(IgnoredBy<'a>),
    /// A part of it is ignored: what is left to compare. It may be equal now.
    Part {
        /// The recorded value, without what is ignored.
        old: Value,
        /// The live value, likewise.
        new: Value,
        /// What ignores the part; the first where several do.
        by: IgnoredBy<'a>,
    },
}

/// What is ignored of one managed object.
#[derive(Debug, Clone)]
pub struct LookAway<'a> {
    ignores: &'a Ignores,
    name: ObjectName,
    resource: Option<&'a ConfiguredResource>,
    provider: Option<&'a ProviderConfiguration>,
}

impl<'a> LookAway<'a> {
    /// Of an object of a state. Where several configurations are of its stack, that of its side counts.
    pub fn of(
        ignores: &'a Ignores,
        configurations: &'a [StackConfiguration],
        stack: &str,
        side: Option<Side>,
        managed: &ManagedInstance<'_>,
    ) -> Self {
        let own = |of: Option<Side>| configurations.iter().find(move |one| one.stack == stack && one.side == of);
        let configuration = own(side).or_else(|| own(None)).map(|one| &one.configuration);
        let address = managed.address();
        Self {
            ignores,
            name: ObjectName::new(managed.resource_type(), managed.id().unwrap_or_default(), Some(&address)),
            resource: configuration.and_then(|configuration| configuration.resource(&address)),
            provider: configuration.and_then(|configuration| configuration.provider(&address, managed.provider())),
        }
    }

    /// Its name, as patterns have it.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// What ignores the object as a whole, also that it is missing or could not be read. No `ignore_changes` does:
    /// Terraform makes a deleted object again, whatever it is told to leave alone of it.
    pub fn whole(&self) -> Option<IgnoredBy<'a>> {
        self.ignores.object(&self.name).map(|pattern| self.by(pattern))
    }

    /// What becomes of a difference at `path`, in Terraform's notation.
    pub fn see(&self, path: &str, old: &Value, new: &Value) -> Seen<'a> {
        if let Some(pattern) = self.ignores.attribute(&self.name, path) {
            return Seen::Nothing(self.by(pattern));
        }
        // A path of another notation is one attribute, whatever is below it.
        let root = || AttributePath::attribute(path.split(['.', '[']).next().unwrap_or_default());
        let path = path.parse::<AttributePath>().unwrap_or_else(|_| root());
        let changes = self.resource.map(|resource| &resource.ignore_changes);
        if let Some(span) = changes.and_then(|changes| changes.covers(&path)) {
            return Seen::Nothing(IgnoredBy::IgnoreChanges(span));
        }
        let tags =
            self.provider.and_then(|provider| Some((&provider.ignore_tags, provider.ignore_tags.span.as_ref()?)));
        if let Some((_, span)) = tags.filter(|(tags, _)| tags.covers(&path)) {
            return Seen::Nothing(IgnoredBy::IgnoreTags(span));
        }
        let mut rest = None;
        if let Some((tags, span)) = tags {
            let seen = (tags.without(&path, old), tags.without(&path, new));
            if let (Some(_), _) | (_, Some(_)) = seen {
                let (old, new) = (seen.0.unwrap_or_else(|| old.clone()), seen.1.unwrap_or_else(|| new.clone()));
                rest = Some((old, new, IgnoredBy::IgnoreTags(span)));
            }
        }
        let (was, is) = rest.as_ref().map_or((old, new), |(old, new, _)| (old, new));
        if let Some((settled, span)) = changes.and_then(|changes| changes.settle(&path, was, is)) {
            let by = rest.as_ref().map_or(IgnoredBy::IgnoreChanges(span), |(_, _, by)| *by);
            rest = Some((settled, is.clone(), by));
        }
        rest.map_or(Seen::All, |(old, new, by)| Seen::Part { old, new, by })
    }

    fn by(&self, pattern: PatternRef) -> IgnoredBy<'a> {
        IgnoredBy::Pattern(pattern, self.ignores.pattern(pattern))
    }
}
