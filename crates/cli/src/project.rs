//! A plan with what stands beside it: its folder, the states of its stacks, its journal.

use crate::args::PlanArgs;
use crate::failure::Failure;
use crate::output::Screen;
use pilotlight_cloud::Aws;
use pilotlight_findings::{Code, Explain, Region, Side, codes};
use pilotlight_journal::JournalStores;
use pilotlight_plan::{DrPlan, Inputs, Outputs, Stack};
use pilotlight_store::{S3Access, Store, StoreError, read_url};
use pilotlight_tfstate::State;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A plan, and where it stands.
pub(crate) struct Project {
    pub(crate) plan: DrPlan,
    /// The plan file as it was named.
    pub(crate) file: PathBuf,
    /// Relative paths in the plan start here.
    pub(crate) folder: PathBuf,
    /// Where the generated standby roots are: absolute, or from the plan's folder.
    pub(crate) into: PathBuf,
}

/// The states of both sides that could be read, by stack.
#[derive(Default)]
pub(crate) struct States {
    states: BTreeMap<(String, Side), State>,
    outputs: BTreeMap<(String, Side, String), serde_json::Value>,
}

impl Project {
    /// Reads the plan file. The environment goes in whole: `env("NAME")` may name any of it.
    pub(crate) fn load(file: &Path, args: &PlanArgs) -> Result<Self, Failure> {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| Failure::io(format!("read the plan {shown}"), error))?;
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let vars = crate::vars::read(&args.vars, &args.var_files)?;
        let plan = pilotlight_plan::parse(&shown, &text, &Inputs { env, vars })
            .map_err(|errors| Failure::several(errors.iter().map(|error| error as &dyn Explain), &errors))?;
        let into = match &args.into {
            // The command line's paths start where the program runs, the plan's at the plan.
            Some(into) => std::path::absolute(into).map_err(|error| Failure::io("find --into", error))?,
            None => plan.default_into(),
        };
        Ok(Self { folder: plan.folder().to_path_buf(), plan, file: file.to_path_buf(), into })
    }

    /// Says what the plan allows but is unwise, on stderr.
    pub(crate) fn warn(&self, screen: &Screen) {
        for finding in pilotlight_plan::lint(&self.plan) {
            screen.note(format!("warning: {}: {} [{}]", finding.subject, finding.message, finding.code));
        }
    }

    /// The stacks with these names, or all of them.
    pub(crate) fn stacks(&self, names: &[String]) -> Result<Vec<&Stack>, Failure> {
        for name in names {
            if self.plan.stack(name).is_none() {
                let known: Vec<&str> = self.plan.stacks.iter().map(|stack| stack.name.as_str()).collect();
                return Err(Failure::usage(
                    format!("find stack {name:?} in {}", self.file.display()),
                    format!("the plan has the stacks {}", known.join(", ")),
                ));
            }
        }
        Ok(self.plan.stacks_in_order().into_iter().filter(|s| names.is_empty() || names.contains(&s.name)).collect())
    }

    /// Where a side's state of a stack is.
    pub(crate) fn state_url(&self, stack: &Stack, side: Side) -> Result<String, Failure> {
        Ok(self.plan.state_url(stack, side, &self.into)?)
    }

    /// A state that has to be there.
    pub(crate) fn require<'s>(&self, states: &'s States, stack: &Stack, side: Side) -> Result<&'s State, Failure> {
        match states.get(&stack.name, side) {
            Some(state) => Ok(state),
            None => Err(NoState { stack: stack.name.clone(), side, url: self.state_url(stack, side)? }.into()),
        }
    }

    /// Reads a side's state of a stack; none where there is no such object yet.
    pub(crate) async fn read_state(&self, stack: &Stack, side: Side, aws: &Aws) -> Result<Option<State>, Failure> {
        let url = self.state_url(stack, side)?;
        read_state(&url, &self.folder, self.plan.region(side), aws).await
    }

    /// Reads the states of one side, of every stack; those that do not exist are left out.
    pub(crate) async fn read_side(&self, states: &mut States, side: Side, aws: &Aws) -> Result<(), Failure> {
        for stack in &self.plan.stacks {
            if let Some(state) = self.read_state(stack, side, aws).await? {
                states.add(&stack.name, side, state);
            }
        }
        Ok(())
    }

    /// The plan's journal, or the one given in its place. Stores on S3 are taken in the standby region:
    /// no journal may depend on the primary's.
    pub(crate) async fn journal(&self, instead: &[String], aws: &Aws) -> Result<JournalStores, Failure> {
        let urls = if instead.is_empty() { &self.plan.journal } else { instead };
        let mut stores: Option<JournalStores> = None;
        for url in urls {
            let store = open_store(url, &self.folder, &self.plan.standby, aws).await?;
            stores = Some(match stores {
                None => JournalStores::one(store),
                Some(stores) => stores.with_copy(store),
            });
        }
        stores.ok_or_else(|| Failure::usage("find a journal in the plan", "write journal = [\"file:.pilotlight\"]"))
    }
}

impl States {
    pub(crate) fn add(&mut self, stack: &str, side: Side, state: State) {
        for (name, output) in state.outputs() {
            self.outputs.insert((stack.to_owned(), side, name.clone()), output.value.clone());
        }
        self.states.insert((stack.to_owned(), side), state);
    }

    pub(crate) fn get(&self, stack: &str, side: Side) -> Option<&State> {
        self.states.get(&(stack.to_owned(), side))
    }

    /// All states, with their stack and side.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Side, &State)> {
        self.states.iter().map(|((stack, side), state)| (stack.as_str(), *side, state))
    }

    /// All states of one side.
    pub(crate) fn side(&self, side: Side) -> impl Iterator<Item = &State> {
        self.states.iter().filter(move |((_, of), _)| *of == side).map(|(_, state)| state)
    }
}

impl Outputs for States {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&serde_json::Value> {
        self.outputs.get(&(stack.to_owned(), side, name.to_owned()))
    }
}

/// No state where one has to be.
#[derive(Debug, thiserror::Error)]
#[error("find the {side} state of stack {stack:?} at {url}")]
pub(crate) struct NoState {
    pub(crate) stack: String,
    pub(crate) side: Side,
    pub(crate) url: String,
}

impl Explain for NoState {
    fn code(&self) -> Code {
        codes::U_NO_STATE
    }

    fn remedy(&self) -> Option<String> {
        Some(match self.side {
            Side::Primary => "apply the stack with terraform, or correct its state attribute in the plan".into(),
            Side::Standby => "make the standby with pilotlight rebuild PLAN --apply".into(),
        })
    }
}

/// Reads one state; none where there is no such object.
pub(crate) async fn read_state(
    url: &str,
    base: &Path,
    region: &Region,
    aws: &Aws,
) -> Result<Option<State>, Failure> {
    let access = s3_access(url, region, aws).await;
    match read_url(url, base, access.as_ref()).await {
        Ok(bytes) => Ok(Some(State::parse(url, &bytes)?)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn open_store(url: &str, base: &Path, region: &Region, aws: &Aws) -> Result<Store, Failure> {
    let access = s3_access(url, region, aws).await;
    Ok(Store::open(url, base, access.as_ref())?)
}

/// Credentials are looked up only where S3 is used.
async fn s3_access(url: &str, region: &Region, aws: &Aws) -> Option<S3Access> {
    if url.starts_with("s3://") { Some(aws.s3_access(region).await) } else { None }
}
