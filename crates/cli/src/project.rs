//! A plan with what stands beside it: its folder, the states of its stacks, its journal.

use crate::args::PlanArgs;
use crate::failure::{Failure, quoted};
use crate::output::Screen;
use crate::states::{LockTable, Place, ReadState, StateReader};
use pilotlight_cloud::Aws;
use pilotlight_findings::{Code, Explain, Finding, Region, Severity, Side, Subject, codes};
use pilotlight_journal::JournalStores;
use pilotlight_plan::{DrPlan, Inputs, Outputs, Stack};
use pilotlight_store::{S3Access, StateObject, StateUrl, Store};
use pilotlight_tfstate::State;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A plan, and where it stands.
pub(crate) struct Project {
    pub(crate) plan: DrPlan,
    /// The plan file as it was named on the command line, or in a saved run.
    pub(crate) file: PathBuf,
    /// Relative paths in the plan start here.
    pub(crate) folder: PathBuf,
    /// Where the generated standby roots are: absolute, or from the plan's folder.
    pub(crate) into: PathBuf,
    /// The terraform or tofu program that is asked for states by `pull:`; none is the first one on PATH.
    pub(crate) terraform: Option<PathBuf>,
}

/// The states of both sides that could be read, by stack.
#[derive(Default)]
pub(crate) struct States {
    states: BTreeMap<(String, Side), State>,
    /// Who holds the lock of one, and what of it could not be checked.
    notes: Vec<Finding>,
}

impl Project {
    /// Reads the plan file. The environment goes in whole: `env("NAME")` may name any of it.
    pub(crate) fn load(file: &Path, args: &PlanArgs, into: Option<&Path>) -> Result<Self, Failure> {
        let shown = file.display().to_string();
        let text = read_plan(file, &shown)?;
        let env = crate::vars::environment();
        let vars = crate::vars::read(&args.vars, &args.var_files)?;
        let plan = pilotlight_plan::parse(&shown, &text, &Inputs { env, vars })
            .map_err(|errors| Failure::several(errors.iter().map(|error| error as &dyn Explain), &errors))?;
        let into = match into {
            // The command line's paths start where the program runs, the plan's at the plan.
            Some(into) => std::path::absolute(into).map_err(|error| Failure::io("find --into", error))?,
            None => plan.default_into(),
        };
        Ok(Self { folder: plan.folder().to_path_buf(), plan, file: file.to_path_buf(), into, terraform: None })
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

    /// The folder of a stack's root module: the team's own, or the generated one.
    pub(crate) fn source(&self, stack: &Stack, side: Side) -> Option<PathBuf> {
        let folder = match side {
            Side::Primary => self.folder.join(&stack.source),
            Side::Standby => self.folder.join(&self.into).join(&stack.name),
        };
        folder.is_dir().then_some(folder)
    }

    /// A state that has to be there.
    pub(crate) fn require<'s>(&self, states: &'s States, stack: &Stack, side: Side) -> Result<&'s State, Failure> {
        match states.get(&stack.name, side) {
            Some(state) => Ok(state),
            None => Err(self.no_state(stack, side)?.into()),
        }
    }

    /// That a state is not there.
    pub(crate) fn no_state(&self, stack: &Stack, side: Side) -> Result<NoState, Failure> {
        let place = place(&self.state_url(stack, side)?, &self.folder);
        Ok(NoState { stack: stack.name.clone(), side, place, plan: self.file.clone() })
    }

    /// Takes the standby's states away in which a destroy, or an apply that failed at once, left nothing of what the
    /// primary has: Terraform keeps the empty state. Their stacks are told.
    pub(crate) fn take_emptied(&self, states: &mut States) -> Vec<&Stack> {
        let is_emptied = |stack: &&Stack| {
            states.get(&stack.name, Side::Standby).is_some()
                && !states.has_resources(&stack.name, Side::Standby)
                && states.has_resources(&stack.name, Side::Primary)
        };
        let emptied: Vec<&Stack> = self.plan.stacks.iter().filter(is_emptied).collect();
        for stack in &emptied {
            states.states.remove(&(stack.name.clone(), Side::Standby));
        }
        emptied
    }

    /// The plan with its file's absolute path. A run keeps it, and its commands start in that folder also
    /// when the run is carried out or resumed from elsewhere.
    pub(crate) fn plan_for_runs(&self) -> Result<DrPlan, Failure> {
        let file = std::path::absolute(&self.file)
            .map_err(|error| Failure::io(format!("find the folder of {}", self.file.display()), error))?;
        Ok(DrPlan { file, ..self.plan.clone() })
    }

    /// Reads a side's state of a stack; none where there is no such object yet.
    pub(crate) async fn read_state(&self, stack: &Stack, side: Side, aws: &Aws) -> Result<Option<State>, Failure> {
        Ok(self.load_state(stack, side, aws).await?.map(|read| read.state))
    }

    /// As [`Project::read_state`], with what there is to say of the state.
    pub(crate) async fn load_state(&self, stack: &Stack, side: Side, aws: &Aws) -> Result<Option<ReadState>, Failure> {
        let url = self.state_url(stack, side)?;
        let place = Place { base: &self.folder, region: self.plan.region(side) };
        let reader = StateReader::new(aws, self.terraform.as_deref(), None);
        let read = reader.read_one(&url, place, |object| self.lock_table(stack, side, object)).await;
        match read {
            // Before the standby is built, not even its bucket or folder has to be there.
            Err(failure)
                if side == Side::Standby && [codes::J_NOT_FOUND, codes::S_NO_MATCH].contains(&failure.code()) =>
            {
                Ok(None)
            }
            read => read,
        }
    }

    /// The DynamoDB table that the stack's own HCL names for this state, where it is at hand.
    fn lock_table(&self, stack: &Stack, side: Side, object: &StateObject) -> Option<LockTable> {
        let state = object.s3()?;
        let folder = match side {
            Side::Primary => self.plan.source_of(stack),
            Side::Standby => self.plan.resolve_path(&self.into).join(&stack.name),
        };
        let backend = pilotlight_rebuild::s3_backend(&folder)
            .inspect_err(|error| tracing::debug!(%error, "the backend of a stack could not be read"))
            .ok()??;
        // Of another bucket or key the block says nothing; one that it leaves to -backend-config may be this one.
        let fits = |ours: Option<&str>, theirs: &str| ours.is_none_or(|ours| ours == theirs);
        let same_key =
            backend.key.as_deref().is_none_or(|key| state.key == key || state.key.ends_with(&format!("/{key}")));
        let name = backend.dynamodb_table.filter(|_| fits(backend.bucket.as_deref(), state.bucket) && same_key)?;
        Some(LockTable { name, required: false })
    }

    /// Reads the states of one side, of every stack; those that do not exist are left out.
    pub(crate) async fn read_side(&self, states: &mut States, side: Side, aws: &Aws) -> Result<(), Failure> {
        for stack in &self.plan.stacks {
            if let Some(read) = self.load_state(stack, side, aws).await? {
                states.notes.extend(read.notes.iter().map(|note| note.about(&stack.name, Some(side))));
                states.add(&stack.name, side, read.state);
            }
        }
        Ok(())
    }

    /// One store of the plan's journal.
    pub(crate) async fn store(&self, url: &str, aws: &Aws) -> Result<Store, Failure> {
        open_store(url, &self.folder, &self.plan.standby, aws).await
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
        stores.ok_or_else(no_journal)
    }
}

/// What a run's journal says of the journal that was given in place of the plan's: the break-glass way.
pub(crate) fn journal_override(instead: &[String]) -> Option<String> {
    (!instead.is_empty()).then(|| instead.join(", "))
}

impl Project {
    /// A bucket's folder that a run writes to, with the credentials of the standby.
    pub(crate) async fn bucket(&self, url: &str, aws: &Aws) -> Result<Store, Failure> {
        open_store(url, &self.folder, &self.plan.standby, aws).await
    }

    /// The plan's journal stores for what is kept beside the runs: states are larger than events.
    pub(crate) async fn recovery_stores(&self, aws: &Aws) -> Result<JournalStores, Failure> {
        let mut stores: Option<JournalStores> = None;
        for url in &self.plan.journal {
            let store = open_store(url, &self.folder, &self.plan.standby, aws).await?.for_large_objects()?;
            stores = Some(match stores {
                None => JournalStores::one(store),
                Some(stores) => stores.with_copy(store),
            });
        }
        stores.ok_or_else(no_journal)
    }
}

fn no_journal() -> Failure {
    Failure::usage("find a journal in the plan", "write journal = [\"file:.pilotlight\"]")
}

impl States {
    pub(crate) fn add(&mut self, stack: &str, side: Side, state: State) {
        self.states.insert((stack.to_owned(), side), state);
    }

    pub(crate) fn remove(&mut self, stack: &str, side: Side) {
        self.states.remove(&(stack.to_owned(), side));
    }

    /// What there is to say of the states that were read, once.
    pub(crate) fn take_notes(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.notes)
    }

    pub(crate) fn get(&self, stack: &str, side: Side) -> Option<&State> {
        self.states.get(&(stack.to_owned(), side))
    }

    /// The states of one side with their stacks.
    pub(crate) fn by_stack(&self, side: Side) -> Vec<(&str, &State)> {
        self.all().filter(|(_, of, _)| *of == side).map(|(stack, _, state)| (stack, state)).collect()
    }

    /// Whether there is anything of a side of a stack: a destroy leaves an empty state.
    pub(crate) fn has_resources(&self, stack: &str, side: Side) -> bool {
        self.get(stack, side).is_some_and(|state| state.managed().next().is_some())
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
        Some(&self.get(stack, side)?.outputs().get(name)?.value)
    }

    fn is_sensitive(&self, stack: &str, side: Side, name: &str) -> bool {
        self.get(stack, side).and_then(|state| state.outputs().get(name)).is_some_and(|output| output.sensitive)
    }
}

/// No state where one has to be.
#[derive(Debug, thiserror::Error)]
#[error("find the {side} state of stack {stack:?}: there is none at {place}")]
pub(crate) struct NoState {
    stack: String,
    side: Side,
    place: String,
    plan: PathBuf,
}

impl NoState {
    /// A standby that was not built is not ready: no error, but a finding.
    pub(crate) fn finding(&self) -> Finding {
        self.told(format!("the {} was not built: there is no state at {}", self.side, self.place))
    }

    /// As [`NoState::finding`], where there is a state with nothing in it.
    pub(crate) fn finding_of_empty(&self) -> Finding {
        self.told(format!("the {} is not built: the state at {} has no resources", self.side, self.place))
    }

    fn told(&self, message: String) -> Finding {
        let subject = Subject::Stack { stack: self.stack.clone(), side: Some(self.side) };
        let mut finding = Finding::new(self.code(), Severity::Error, subject, message);
        finding.remedy = self.remedy();
        finding
    }
}

impl Explain for NoState {
    fn code(&self) -> Code {
        codes::U_NO_STATE
    }

    fn remedy(&self) -> Option<String> {
        Some(match self.side {
            Side::Primary => "apply the stack with terraform, or correct its state attribute in the plan".into(),
            Side::Standby => {
                format!("build the standby: pilotlight rebuild {} --apply", quoted(&self.plan.to_string_lossy()))
            }
        })
    }
}

async fn open_store(url: &str, base: &Path, region: &Region, aws: &Aws) -> Result<Store, Failure> {
    let access = s3_access(url, region, aws).await?;
    Ok(Store::open(url, base, access.as_ref())?)
}

/// Credentials are looked up only where S3 is used, and then before it is asked: that there are none is
/// clearer than what S3 says of it.
async fn s3_access(url: &str, region: &Region, aws: &Aws) -> Result<Option<S3Access>, Failure> {
    if !url.starts_with("s3://") {
        return Ok(None);
    }
    if url != "s3://" {
        aws.check_credentials(region).await?;
    }
    Ok(Some(aws.s3_access(&pilotlight_drift::Place::own(region.clone())).await))
}

/// A state's URL as a person finds it from where the program runs.
fn place(url: &str, base: &Path) -> String {
    let path = url.strip_prefix("file://").or_else(|| url.strip_prefix("file:"));
    match path {
        None if url.contains("://") => shown_url(url),
        None if url.starts_with("pull:") => url.to_owned(),
        _ if base == Path::new(".") => path.unwrap_or(url).to_owned(),
        _ => base.join(path.unwrap_or(url)).display().to_string(),
    }
}

/// A URL without its user, and without a query that may be a token.
fn shown_url(url: &str) -> String {
    match StateUrl::parse(url, Path::new("."), None) {
        Ok(parsed) => parsed.shown().to_owned(),
        Err(error) => error.url().to_owned(),
    }
}

/// The plan's text, or what is wrong with the file.
fn read_plan(file: &Path, shown: &str) -> Result<String, Failure> {
    let doing = || format!("read the plan {shown}");
    let bytes = std::fs::read(file).map_err(|error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "name a plan file that is there; docs/plan.md says how to write one",
            std::io::ErrorKind::IsADirectory => "name the plan file in this folder, not the folder",
            std::io::ErrorKind::PermissionDenied => "make it readable for this user",
            _ => "name a plan file that can be read",
        };
        Failure::io(doing(), error).with_remedy(remedy)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count();
        Failure::usage(format!("read the plan {shown}:{line}: this line is not UTF-8"), "save the file as UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_paths_from_here() {
        assert_eq!(place("file:a/b", Path::new("plans")), "plans/a/b");
        assert_eq!(place("a/b", Path::new(".")), "a/b");
        assert_eq!(place("file:///srv/b", Path::new("plans")), "/srv/b");
        assert_eq!(place("s3://bucket/key", Path::new("plans")), "s3://bucket/key");
        assert_eq!(place("s3://bucket/key?workspace=eu", Path::new("plans")), "s3://bucket/env:/eu/key");
        assert_eq!(place("https://u:p@host/state?token=x", Path::new("plans")), "https://host/state");
        assert_eq!(place("pull:../app", Path::new("plans")), "pull:../app");
    }
}
