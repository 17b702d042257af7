//! What a comparison looks away from, and what it was told to look away from in vain.

use crate::compare::Silent;
use crate::decide::PlaceLive;
use crate::equal::equal;
use crate::ignore::{IgnoredBy, Ignores, LookAway, ObjectName, PatternRef, Seen, StackConfiguration};
use crate::judge::Fate;
use crate::moved::{answers, shares_out};
use crate::observe::StackState;
use crate::tell::Told;
use pilotlight_findings::{Evidence, Finding, Severity, codes};
use pilotlight_tfstate::ManagedInstance;
use std::collections::BTreeSet;

/// The ignores of one comparison, and which of them were of use.
pub(crate) struct Away<'a> {
    ignores: &'a Ignores,
    configurations: &'a [StackConfiguration],
    used: BTreeSet<PatternRef>,
}

impl<'a> Away<'a> {
    pub(crate) fn of(ignores: &'a Ignores, configurations: &'a [StackConfiguration]) -> Self {
        Self { ignores, configurations, used: BTreeSet::new() }
    }

    fn look(&self, told: &Told<'_>) -> LookAway<'a> {
        LookAway::of(self.ignores, self.configurations, &told.stack.stack, told.stack.side, &told.managed)
    }

    /// Whether the object is ignored as a whole.
    pub(crate) fn hides(&mut self, told: &Told<'_>) -> bool {
        if self.ignores.is_empty() {
            return false;
        }
        let look = self.look(told);
        self.used.extend(self.ignores.matching(look.name(), None));
        look.whole().is_some()
    }

    /// Whether an object that no state has is ignored.
    pub(crate) fn hides_object(&mut self, resource_type: &str, id: &str) -> bool {
        if self.ignores.is_empty() {
            return false;
        }
        let name = ObjectName::new(resource_type, id, None);
        self.used.extend(self.ignores.matching(&name, None));
        self.ignores.object(&name).is_some()
    }

    /// Takes the ignored differences of an object out.
    pub(crate) fn silence(&mut self, told: &Told<'_>, fate: &mut Fate) {
        let (Fate::There(there) | Fate::Moved(there, _)) = fate else { return };
        if there.differences.is_empty() {
            return;
        }
        let look = self.look(told);
        for mut difference in std::mem::take(&mut there.differences) {
            self.used.extend(self.ignores.matching(look.name(), Some(&difference.path)));
            let by = match look.see(&difference.path, &difference.old, &difference.new) {
                Seen::All => None,
                Seen::Nothing(IgnoredBy::IgnoreChanges(_))
                    if there.elsewhere && (answers(&difference) || shares_out(&difference)) =>
                {
                    None
                }
                Seen::Nothing(by) => Some(by),
                Seen::Part { old, new, by } if equal(&old, &new) => Some(by),
                Seen::Part { old, new, .. } => {
                    (difference.old, difference.new) = (old, new);
                    None
                }
            };
            match by {
                None => there.differences.push(difference),
                Some(by) => {
                    // What is ignored of the rules is not told as opened either.
                    there.opened.retain(|atom| atom.direction.attribute() != difference.attribute);
                    there.silent.push(silent(by, difference));
                }
            }
        }
    }

    /// Ignores that match nothing, what of the HCL was not read, and addresses that are about to change.
    pub(crate) fn findings(&self, stacks: &[StackState<'_>], live: &[PlaceLive]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.configurations.iter().flat_map(|one| one.configuration.notes()).collect();
        findings.extend(stacks.iter().filter(|stack| stack.judged).flat_map(|stack| self.pending(stack)));
        if !self.ignores.is_empty() {
            let managed = stacks.iter().flat_map(|stack| stack.state.managed());
            let managed = managed.map(|managed| (name(&managed), managed.attributes()));
            let objects = live.iter().filter(|live| live.everything).flat_map(|live| &live.snapshot.objects);
            let objects =
                objects.map(|object| (ObjectName::new(&object.resource_type, &object.id, None), &object.attributes));
            let estate: Vec<_> = managed.chain(objects).collect();
            let estate = estate.iter().map(|(name, attributes)| (name, *attributes));
            findings.extend(self.ignores.unused_findings(&self.used, estate));
        }
        findings
    }

    /// Resources of a state that a `moved` block of its HCL gives another address.
    fn pending(&self, stack: &StackState<'_>) -> Vec<Finding> {
        let own =
            |one: &&StackConfiguration| one.stack == stack.stack && (one.side == stack.side || one.side.is_none());
        let Some(configuration) = self.configurations.iter().find(own).map(|one| &one.configuration) else {
            return Vec::new();
        };
        if configuration.moved.is_empty() {
            return Vec::new();
        }
        let mut findings = Vec::new();
        for managed in stack.state.managed().filter(|managed| !managed.is_deposed()) {
            let address = managed.address();
            let Some((moved, to)) =
                configuration.moved.iter().find_map(|moved| Some((moved, moved.applied(&address)?)))
            else {
                continue;
            };
            let told = Told { stack, managed };
            findings.push(
                Finding::new(
                    codes::D_PENDING_MOVE,
                    Severity::Info,
                    told.subject(),
                    format!("its next address is {to}"),
                )
                .with(Evidence::fact("moved block", moved.span.to_string()))
                .remedy("apply the stack to write the new address into the state"),
            );
        }
        findings
    }
}

fn name(managed: &ManagedInstance<'_>) -> ObjectName {
    ObjectName::new(managed.resource_type(), managed.id().unwrap_or_default(), Some(&managed.address()))
}

fn silent(by: IgnoredBy<'_>, difference: crate::compare::Difference) -> Silent {
    Silent { difference, rule: by.rule().to_owned(), reason: by.reason() }
}
