//! Who owns the records that a run moves: which stack's Terraform has each of them, and what its next apply would do.
//!
//! A failover changes records behind Terraform's back. The stack that made them would plan to set them back, and so
//! undo the failover in the hour of the outage, unless its HCL says to leave alone what the method changes. That is
//! found out where a run is compiled, from the states that the plan names and the HCL beside them, and is part of the
//! run: the dry run, the report and `freeze check` all tell it from there.

mod find;
mod findings;
mod verdict;

use crate::Run;
use find::find;
use pilotlight_drift::ignore::Configuration;
use pilotlight_findings::Side;
use pilotlight_plan::DrPlan;
use pilotlight_tfstate::State;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use findings::as_errors;

/// A record set that a run moves, and whose it is. Part of the persisted format of `run.rs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordOwner {
    /// The hosted zone's name.
    pub zone: String,
    /// The record's name.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`
    pub record_type: String,
    /// Which of several sets of one name and type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_identifier: Option<String>,
    /// What the run changes of it, as Terraform names it: `records`, `alias` or `weighted_routing_policy`.
    pub attribute: String,
    /// The resource that has it; none where no stack of the plan has, or where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<OwningResource>,
    /// What the next apply of that stack would do.
    pub next_apply: NextApply,
    /// Why, as a sentence's end.
    pub detail: String,
    /// What keeps the next apply from setting it back, where it would: the lines to write, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A resource in a state of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwningResource {
    /// The stack's name in the plan.
    pub stack: String,
    /// Whose state has it.
    pub side: Side,
    /// Its address there, with the keys of modules and instances.
    pub address: String,
    /// Where its HCL stands, `infra/app/dns.tf:11:1`; none where that is not at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What the next apply of a stack does with a record that a run has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextApply {
    /// Nothing: the HCL says to ignore what the run changes.
    Ignores,
    /// Nothing: after the run the record is as the state has it.
    Unchanged,
    /// It would set the record back.
    Reverts,
    /// It cannot be told.
    Unknown,
    /// There is none: no stack of the plan owns the record.
    NotOwned,
}

/// The states and the HCL of the plan's stacks, as far as they could be read.
pub trait StackSources {
    /// A side's state of a stack.
    fn state(&self, stack: &str, side: Side) -> SourceState<'_>;

    /// What the HCL says that a side of a stack is applied from; or why that is not known, as a sentence's end.
    fn configuration(&self, stack: &str, side: Side) -> Result<Configuration, String>;
}

/// A state, as it could be read.
#[derive(Debug, Clone)]
pub enum SourceState<'a> {
    /// It is there.
    Read(&'a State),
    /// There is none: what was never built owns nothing.
    Absent,
    /// It could not be read, and why, as a sentence's end.
    Unread(String),
}

/// The run, with the owner of each record that it moves, and what there is to say of them among its notes.
///
/// A run of signals changes no record, and so has no owner to tell.
#[must_use]
pub fn with_owners(mut run: Run, plan: &DrPlan, sources: &dyn StackSources) -> Run {
    run.owners = find(&run, plan, sources);
    run.notes.extend(findings::notes(&run.owners));
    run
}

impl RecordOwner {
    /// `app.shop.test A`, with the set's identifier where there are several.
    pub fn record(&self) -> String {
        match &self.set_identifier {
            Some(identifier) => format!("{} {} [{identifier}]", self.name, self.record_type),
            None => format!("{} {}", self.name, self.record_type),
        }
    }

    /// The same under the HCL as it is now: what was compiled may be older. What does not hang on the HCL stays.
    #[must_use]
    pub fn under(&self, configuration: &Configuration) -> Self {
        let Some(resource) = &self.resource else { return self.clone() };
        if self.next_apply == NextApply::Unchanged {
            return self.clone();
        }
        let Ok(address) = resource.address.parse() else { return self.clone() };
        let verdict = verdict::by_configuration(&address, &self.attribute, resource.side, configuration);
        verdict.put_into(self.clone())
    }
}

impl OwningResource {
    /// `aws_route53_record.app of stack app`, with the side where that is the standby.
    pub fn told(&self) -> String {
        let side = if self.side == Side::Standby { " in the standby" } else { "" };
        format!("{} of stack {}{side}", self.address, self.stack)
    }
}

impl NextApply {
    /// As words that follow "its next apply".
    pub fn as_words(self) -> &'static str {
        match self {
            Self::Ignores | Self::Unchanged => "leaves it alone",
            Self::Reverts => "sets it back",
            Self::Unknown => "is not known to leave it alone",
            Self::NotOwned => "does not know it",
        }
    }
}

impl fmt::Display for RecordOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => {
                let place = resource.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
                let then = self.next_apply.as_words();
                write!(f, "{}: {}{place}; its next apply {then}: {}", self.record(), resource.told(), self.detail)
            }
            None => write!(f, "{}: {}", self.record(), self.detail),
        }
    }
}
