//! What Terraform is to resize, as the standby's states and generated roots have it.

use crate::failure::Failure;
use crate::groups::Groups;
use crate::owners::configuration;
use crate::project::{Project, States};
use pilotlight_failover::{Action, Direction, NotSized, ObservedSize, Run, StandbyRoots, observe_sizes};
use pilotlight_findings::{SENSITIVE, Side};
use pilotlight_plan::Resize;
use pilotlight_terraform::Program;
use pilotlight_tfstate::{AttributePath, ManagedInstance, ResourceAddress};
use serde_json::Value;

/// What was read for a run of a project.
struct Roots<'a> {
    project: &'a Project,
    states: &'a States,
}

/// Finds what the plan's scale blocks resize.
pub(crate) fn find_sizes(
    project: &Project,
    direction: Direction,
    states: &States,
) -> Result<Vec<Result<ObservedSize, String>>, Failure> {
    observe_sizes(&project.plan, direction, &Roots { project, states }).map_err(|error| (*error).into())
}

/// Finds the program that resizes, where a run does: one that has none would find that out in its midst.
pub(crate) async fn require_program(project: &Project, run: &Run) -> Result<(), Failure> {
    if run.steps().any(|step| matches!(step.action, Action::Resize(_))) {
        Program::find(project.terraform.as_deref(), &std::env::var_os("PATH").unwrap_or_default()).await?;
    }
    Ok(())
}

impl Roots<'_> {
    /// The address in the standby; without a key, of all instances that a resource has.
    fn address(&self, resize: &Resize) -> Option<ResourceAddress> {
        let found = Groups::new(&self.project.plan, self.states).address(&resize.stack, &resize.address, Side::Standby);
        found.or_else(|| {
            let wanted: ResourceAddress = resize.address.parse().ok()?;
            (!self.instances(resize, &wanted).is_empty()).then_some(wanted)
        })
    }

    fn instances(&self, resize: &Resize, wanted: &ResourceAddress) -> Vec<ManagedInstance<'_>> {
        let managed = self.states.get(&resize.stack, Side::Standby).into_iter().flat_map(|state| state.managed());
        let is_it =
            |address: ResourceAddress| address == *wanted || (wanted.key.is_none() && address.resource() == *wanted);
        managed.filter(|managed| !managed.is_deposed() && is_it(managed.address())).collect()
    }
}

impl StandbyRoots for Roots<'_> {
    fn sized(&self, resize: &Resize) -> Result<ObservedSize, NotSized> {
        let not_here = |reason: &str| NotSized::NotHere(reason.to_owned());
        let address = self.address(resize).ok_or_else(|| not_here("no state of it that could be read has it"))?;
        let stack = self.project.plan.stack(&resize.stack).ok_or_else(|| not_here("the plan has no such stack"))?;
        let Some(folder) = self.project.source(stack, Side::Standby) else {
            let folder = self.project.into.join(&resize.stack);
            // From where the program runs, as a person finds it.
            let folder = if self.project.folder.as_os_str() == "." { folder } else { self.project.folder.join(folder) };
            return Err(NotSized::NotHere(format!("its generated root is not here: there is no {}", folder.display())));
        };
        let instances = self.instances(resize, &address);
        let instance = instances.first().ok_or_else(|| not_here("its state has it no more"))?;
        let attributes = instance.attributes();
        for name in resize.set.keys() {
            if !attributes.contains_key(name) {
                return Err(NotSized::NotSettable {
                    reason: format!("{} has no attribute {name}", address.resource_type),
                    remedy: "correct the name in the set block: it is that of Terraform's argument".to_owned(),
                });
            }
        }
        self.settable(resize, &address)?;
        let now = resize.set.keys().map(|name| {
            let secret = instance.sensitive().contains(&AttributePath::attribute(name));
            let value = if secret { Value::from(SENSITIVE) } else { attributes[name].clone() };
            (name.clone(), value)
        });
        tracing::debug!(%address, folder = %folder.display(), "is resized by terraform");
        let root = self.project.into.join(&resize.stack).to_string_lossy().into_owned();
        Ok(ObservedSize { address: address.to_string(), root, now: now.collect() })
    }
}

impl Roots<'_> {
    /// Whether the standby's HCL leaves an override its effect, and says what to go down to. HCL that cannot be read says
    /// nothing against it: Terraform's own plan decides.
    fn settable(&self, resize: &Resize, address: &ResourceAddress) -> Result<(), NotSized> {
        let Ok(configuration) = configuration(self.project, &resize.stack, Side::Standby)
            .inspect_err(|why| tracing::debug!(why, "the standby's HCL is not looked at"))
        else {
            return Ok(());
        };
        let Some(block) = configuration.resource(address) else {
            if configuration.unread.is_empty() {
                return Err(NotSized::NotHere("its generated root has no such resource block".to_owned()));
            }
            return Ok(());
        };
        let at = |what: String| format!("{what} ({}:{})", block.span.file, block.span.start.line);
        for name in resize.set.keys() {
            if block.ignore_changes.covers(&AttributePath::attribute(name)).is_some() {
                return Err(NotSized::NotSettable {
                    reason: at(format!("its lifecycle ignores changes of {name}")),
                    remedy: format!(
                        "take {name} out of ignore_changes in the primary's source and rebuild; where an autoscaler owns \
                         it, scale what the autoscaler goes by, as the min_capacity of an aws_appautoscaling_target"
                    ),
                });
            }
            if !block.arguments.contains(name) {
                return Err(NotSized::NotSettable {
                    reason: at(format!("its block in the standby does not say what {name} goes down to")),
                    remedy: format!(
                        "write it into the standby block of stack {}, as in set {:?} {{ {name} = ... }}, and rebuild",
                        resize.stack,
                        address.config().to_string()
                    ),
                });
            }
        }
        Ok(())
    }
}
