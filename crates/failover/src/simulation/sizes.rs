//! Resources that Terraform resizes: what its HCL says of each, what it has, and the plan that was made last.

use super::{Asked, Service, State, Trouble, World};
use crate::{NotSized, ObservedSize, OnSize, ResourceSize, SizeError, SizePlan, SizeRequest, Sizes, StandbyRoots};
use async_trait::async_trait;
use pilotlight_plan::Resize;
use pilotlight_tfstate::ResourceChange;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A plan reads what there is.
const PLAN_TAKES: Duration = Duration::from_secs(8);
/// A size that is there within a minute.
const APPLY_TAKES: Duration = Duration::from_secs(45);

/// A resource of the standby.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SizedResource {
    /// What it has.
    pub now: BTreeMap<String, Value>,
    /// What the standby's HCL says.
    pub written: BTreeMap<String, Value>,
    /// Resources of the same stack that it depends on: Terraform plans them with it.
    pub depends_on: Vec<String>,
    /// Attributes of which another value makes another resource.
    pub replaces: Vec<String>,
    /// Attributes that Terraform leaves as they are.
    pub ignored: Vec<String>,
    /// What the next applies meet.
    pub faults: VecDeque<Trouble>,
    /// Every value of every attribute that it was given, in order.
    pub given: Vec<(String, Value)>,
}

impl SizedResource {
    /// One that has what its HCL says.
    pub fn of(written: BTreeMap<String, Value>) -> Self {
        Self { now: written.clone(), written, ..Self::default() }
    }

    /// What Terraform wants it to have.
    fn wanted(&self, set: Option<&BTreeMap<String, Value>>) -> BTreeMap<String, Value> {
        let mut wanted = self.now.clone();
        for (name, value) in self.written.iter().chain(set.into_iter().flatten()) {
            if !self.ignored.contains(name) {
                wanted.insert(name.clone(), value.clone());
            }
        }
        wanted
    }
}

/// What the standby's Terraform has of a stack, and what it planned last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SizedStack {
    /// By address.
    pub resources: BTreeMap<String, SizedResource>,
    /// What stands here for an address that the plan has, where that is another one.
    pub stands_for: BTreeMap<String, String>,
    /// Who holds the lock of its state, and until when.
    pub locked: Option<(String, Duration)>,
    planned: BTreeMap<String, BTreeMap<String, Value>>,
    /// Counts what was applied: an older plan is stale.
    serial: u64,
    planned_at: u64,
}

impl SizedStack {
    /// One with these, by address.
    pub fn of(resources: BTreeMap<String, SizedResource>) -> Self {
        Self { resources, ..Self::default() }
    }

    fn plan(&mut self, address: &str, overrides: &[ResourceSize]) -> Vec<ResourceChange> {
        let mut changes = Vec::new();
        self.planned.clear();
        self.planned_at = self.serial;
        let mut waiting = vec![address.to_owned()];
        while let Some(address) = waiting.pop() {
            let Some(resource) = self.resources.get(&address) else { continue };
            // The last one counts, as in a file.
            let set = overrides.iter().rev().find(|size| size.address == address).map(|size| &size.set);
            let wanted = resource.wanted(set);
            let replaced = resource.replaces.iter().any(|name| wanted.get(name) != resource.now.get(name));
            let actions = match (replaced, wanted == resource.now) {
                (_, true) => json!(["no-op"]),
                (true, _) => json!(["delete", "create"]),
                (false, _) => json!(["update"]),
            };
            changes.extend(change_of(&address, &actions, &resource.now, &wanted));
            waiting.extend(resource.depends_on.iter().cloned());
            self.planned.insert(address, wanted);
        }
        changes
    }

    fn apply(&mut self) -> Result<(), SizeError> {
        if self.planned_at != self.serial {
            return Err(SizeError::Unknown("Saved plan is stale".into()));
        }
        self.serial += 1;
        let planned = std::mem::take(&mut self.planned);
        self.give(planned);
        Ok(())
    }

    fn give(&mut self, planned: BTreeMap<String, BTreeMap<String, Value>>) {
        for (address, wanted) in planned {
            let Some(resource) = self.resources.get_mut(&address) else { continue };
            for (name, value) in &wanted {
                if resource.now.get(name) != Some(value) {
                    resource.given.push((name.clone(), value.clone()));
                }
            }
            resource.now = wanted;
        }
    }
}

fn change_of(
    address: &str,
    actions: &Value,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> Option<ResourceChange> {
    let change = json!({ "actions": actions, "before": before, "after": after, "after_unknown": {} });
    let name = address.rsplit('.').next().unwrap_or_default();
    let resource_type = address.rsplit('.').nth(1).unwrap_or_default();
    let whole = json!({ "address": address, "mode": "managed", "type": resource_type, "name": name, "change": change });
    // Only an address that is none cannot be read, and a run has none.
    serde_json::from_value(whole).ok()
}

fn error_of(trouble: Trouble) -> SizeError {
    match trouble {
        Trouble::Deny => SizeError::Unknown("AccessDenied: not authorized to perform ecs:UpdateService".into()),
        Trouble::LoseRequest | Trouble::LoseAnswer | Trouble::Late => SizeError::Cut("terraform was killed".into()),
        trouble => SizeError::Unknown(trouble.cause().into()),
    }
}

impl StandbyRoots for World {
    fn sized(&self, resize: &Resize) -> Result<ObservedSize, NotSized> {
        self.with(|state| {
            let stack = state.sizes.get(&resize.stack);
            let address = stack.and_then(|stack| stack.stands_for.get(&resize.address)).unwrap_or(&resize.address);
            let Some(resource) = stack.and_then(|stack| stack.resources.get(address)) else {
                return Err(NotSized::NotHere("no state of it has such a resource".into()));
            };
            let now = resource.now.iter().filter(|(name, _)| resize.set.contains_key(*name));
            Ok(ObservedSize {
                address: address.clone(),
                root: format!("standby/{}", resize.stack),
                now: now.map(|(name, value)| (name.clone(), value.clone())).collect(),
            })
        })
    }
}

impl State {
    fn sized(&mut self, request: &SizeRequest<'_>) -> Result<&mut SizedStack, SizeError> {
        let now = self.elapsed;
        let Some(stack) = self.sizes.get_mut(request.stack) else {
            return Err(SizeError::Refused(format!("there is no standby root of stack {}", request.stack)));
        };
        match &stack.locked {
            Some((by, until)) if *until > now => Err(SizeError::Locked {
                by: format!("{by} holds the lock"),
                remedy: format!("wait until {by} is done, and run pilotlight again"),
            }),
            _ => Ok(stack),
        }
    }
}

#[async_trait]
impl Sizes for World {
    async fn plan(
        &self,
        request: &SizeRequest<'_>,
        _limit: Duration,
        _told: OnSize<'_>,
    ) -> Result<SizePlan, SizeError> {
        let asked = Asked::read(Service::Terraform, "plan", request.address);
        let trouble = self.meet(asked, PLAN_TAKES).await;
        self.with(|state| {
            let stack = state.sized(request)?;
            match trouble {
                // Terraform reads each object itself.
                None | Some(Trouble::Stale) => {
                    Ok(SizePlan { changes: stack.plan(request.address, request.overrides), outputs: BTreeMap::new() })
                }
                Some(trouble) => Err(error_of(trouble)),
            }
        })
    }

    async fn apply(&self, request: &SizeRequest<'_>, limit: Duration, _told: OnSize<'_>) -> Result<(), SizeError> {
        let asked = Asked::write(Service::Terraform, "apply", request.address);
        let trouble = self.meet(asked, APPLY_TAKES.min(limit)).await;
        self.with(|state| {
            let stack = state.sized(request)?;
            let fault = stack.resources.get_mut(request.address).and_then(|resource| resource.faults.pop_front());
            let trouble = trouble.or(fault);
            if limit < APPLY_TAKES {
                return Err(SizeError::Cut("terraform apply was interrupted".into()));
            }
            if trouble.is_none_or(Trouble::takes_effect) {
                stack.apply()?;
            }
            if trouble == Some(Trouble::Late) {
                // Terraform was killed with its executor, and one of its requests is under way.
                let (of, planned) = (request.stack.to_owned(), std::mem::take(&mut stack.planned));
                state.carry_out_late(move |state| {
                    if let Some(stack) = state.sizes.get_mut(&of) {
                        stack.give(planned.clone());
                    }
                });
            }
            trouble.map_or(Ok(()), |trouble| Err(error_of(trouble)))
        })
    }

    async fn discard(&self, request: &SizeRequest<'_>) {
        self.with(|state| {
            if let Some(stack) = state.sizes.get_mut(request.stack) {
                stack.planned.clear();
            }
        });
    }
}
