//! The job in order, one stack at a time: prepare, write, plan, apply, verify.
//!
//! Between the calls stands whoever asks the user: nothing here decides to go on. States and regions come in
//! as values, so that a rebuild with the primary gone needs no call to it.

mod capacity;
mod error;
mod images;
mod missing_provider;
mod place_in_source;
mod take_down;
mod values;

pub use capacity::StackStates;
pub use error::RebuildError;
pub use take_down::TakeDown;
pub use values::{Planned, Prepared, RegionMap, Verified};

use crate::apply::{WriteError, Written, write_root};
use crate::decide::{RetargetInput, Retargeted, StateLocation, retarget, unified_diff, zone_map, zone_map_by_letter};
use crate::observe::{RegionCatalog, SourceTree, image_ids, normalize, observe_images};
use crate::recovery::as_built;
use crate::verify::{
    Parity, ParityInput, ResidueInput, as_generated, collisions, not_theirs, parity, primary_calls, residue,
    state_residue,
};
use futures::channel::oneshot;
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{DrPlan, Stack};
use pilotlight_terraform::{ApplyOutcome, Cancel, InitOptions, OnProgress, PlanOptions, Program, Progress, Root};
use pilotlight_tfstate::{PlanJson, State};
use std::path::{Path, PathBuf};

/// The saved plan, below the standby root: where Terraform keeps its own, and no version control looks.
const PLAN_FILE: &str = ".terraform/pilotlight.tfplan";

/// Rebuilds the standby of a plan.
pub struct Rebuild<'a> {
    /// The plan.
    pub plan: &'a DrPlan,
    /// Where standby roots are written, absolute or from the plan's folder; see [`DrPlan::default_into`].
    pub into: PathBuf,
}

impl<'a> Rebuild<'a> {
    /// For a plan; `into` is where standby roots are written, absolute or from the plan's folder.
    pub fn new(plan: &'a DrPlan, into: PathBuf) -> Self {
        Self { plan, into }
    }

    /// The folder of a stack's standby root.
    pub fn root_of(&self, stack: &str) -> PathBuf {
        self.plan.resolve_path(self.into.join(stack))
    }

    /// What stands for what between the regions: zones by their order, and the images that the sources name.
    /// Where the primary does not answer, zones go by their letter, and images must be in the plan's map.
    ///
    /// # Errors
    /// The standby does not answer, or a source cannot be read.
    pub async fn region_map(&self, catalog: &dyn RegionCatalog) -> Result<(RegionMap, Vec<Finding>), RebuildError> {
        self.region_map_as_built(catalog, None).await
    }

    /// As [`Rebuild::region_map`], and what was kept of an earlier map counts first, as far as the standby still has
    /// what it leads to.
    ///
    /// # Errors
    /// As [`Rebuild::region_map`].
    pub async fn region_map_as_built(
        &self,
        catalog: &dyn RegionCatalog,
        kept: Option<&RegionMap>,
    ) -> Result<(RegionMap, Vec<Finding>), RebuildError> {
        let (primary, standby) = (&self.plan.primary, &self.plan.standby);
        let offered = catalog.zones(standby).await.map_err(RebuildError::Catalog)?;
        let mut notes = Vec::new();
        let zones = match catalog.zones(primary).await {
            Ok(zones) => zone_map(&zones, &offered),
            Err(error) => {
                let note = self.catalog_note(format!("zones are matched by their letter: failed to {error}"));
                notes.push(error.remedied(note));
                zone_map_by_letter(primary, &offered)
            }
        };
        let mut map = RegionMap { zones, ..RegionMap::default() };
        if let Some(kept) = kept {
            let told = as_built(&mut map, kept, &offered, catalog, standby).await.map_err(RebuildError::Catalog)?;
            notes.extend(told.into_iter().map(|message| self.catalog_note(message)));
        }
        for stack in &self.plan.stacks {
            let source = self.source(stack)?;
            let ids =
                image_ids(&source, stack.standby.map.keys().chain(stack.standby.map.values()).chain(map.images.keys()));
            match observe_images(catalog, primary, standby, &ids).await {
                Ok(found) => {
                    map.images.extend(found.found);
                    notes.extend(
                        found
                            .missing
                            .into_iter()
                            .map(|(id, why)| self.catalog_note(format!("nothing stands for {id}: {why}"))),
                    );
                }
                Err(error) => {
                    let note = self.catalog_note(format!("images are not looked up: failed to {error}"));
                    notes.push(error.remedied(note));
                }
            }
        }
        Ok((map, notes))
    }

    fn catalog_note(&self, message: String) -> Finding {
        Finding::new(codes::R_CATALOG, Severity::Warning, Subject::Plan { name: self.plan.name.clone() }, message)
    }

    fn stack(&self, name: &str) -> Result<&'a Stack, RebuildError> {
        self.plan.stack(name).ok_or_else(|| RebuildError::NoStack(name.to_owned()))
    }

    fn source(&self, stack: &Stack) -> Result<SourceTree, RebuildError> {
        let folder = normalize(&self.plan.source_of(stack));
        SourceTree::load(&folder)
            .map_err(|source| RebuildError::Source { stack: stack.name.clone(), source: Box::new(source) })
    }

    /// Every stack's states, files from where the program runs.
    fn states(&self) -> Result<Vec<StateLocation>, RebuildError> {
        let from_here = |url: String| match url
            .strip_prefix("file:")
            .or(Some(url.as_str()).filter(|url| !url.contains("://") && !url.starts_with("pull:")))
        {
            Some(path) => {
                format!("file:{}", normalize(&self.plan.resolve_path(path.trim_start_matches("//"))).display())
            }
            None => url,
        };
        let states = self.plan.stacks.iter().map(|stack| {
            let url = |side| {
                self.plan
                    .state_url(stack, side, &self.into)
                    .map(from_here)
                    .map_err(|error| RebuildError::Plan(Box::new(error)))
            };
            let region = stack.standby.backend.get("region").and_then(serde_json::Value::as_str);
            Ok(StateLocation {
                stack: stack.name.clone(),
                primary: url(Side::Primary)?,
                standby: url(Side::Standby)?,
                standby_region: region.map(str::to_owned),
            })
        });
        states.collect()
    }

    /// Makes the standby of one stack as text. `recorded` is the primary's state, where it can be had.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn prepare(&self, stack: &str, map: &RegionMap, recorded: Option<&State>) -> Result<Prepared, RebuildError> {
        let stack = self.stack(stack)?;
        let source = self.source(stack)?;
        let mut prepared = Prepared {
            stack: stack.name.clone(),
            root: self.root_of(&stack.name),
            source,
            retargeted: Retargeted::default(),
            diff: String::new(),
            states: self.states()?,
            map: map.clone(),
        };
        let retargeted = retarget(&prepared.source, &self.input(&prepared, recorded)?);
        prepared.retargeted = retargeted
            .map_err(|source| RebuildError::Source { stack: stack.name.clone(), source: Box::new(source) })?;
        if let Some(recorded) = recorded {
            let unwritten = self.unwritten_machines(stack, &prepared.source, recorded, &prepared);
            prepared.retargeted.notes.extend(unwritten);
        }
        let undeclared = prepared.undeclared();
        prepared.retargeted.notes.extend(undeclared);
        prepared.diff = unified_diff(&stack.name, &prepared.source, &prepared.retargeted);
        Ok(prepared)
    }

    fn input<'b>(
        &'b self,
        prepared: &'b Prepared,
        recorded: Option<&'b State>,
    ) -> Result<RetargetInput<'b>, RebuildError> {
        Ok(RetargetInput {
            stack: self.stack(&prepared.stack)?,
            primary: &self.plan.primary,
            standby: &self.plan.standby,
            zones: &prepared.map.zones,
            images: &prepared.map.images,
            machines: &prepared.map.machines,
            copies: &prepared.map.copies,
            states: &prepared.states,
            target: &prepared.root,
            recorded,
        })
    }

    /// Writes the standby root.
    ///
    /// # Errors
    /// A question is open, or the folder cannot be written.
    pub fn write(&self, prepared: &Prepared) -> Result<Written, RebuildError> {
        let stack = prepared.stack.clone();
        let count = prepared.retargeted.open.len();
        if count > 0 {
            return Err(RebuildError::Open { stack, count });
        }
        write_root(&prepared.root, &stack, &prepared.source.root, &prepared.retargeted)
            .map_err(|source| RebuildError::Write { stack, source: Box::new(source) })
    }

    /// Terraform in the standby root. The AWS region of the environment is the standby's, for what the source
    /// leaves to the environment.
    pub fn root(&self, stack: &str, program: &Program) -> Root {
        let mut root = Root::new(program.clone(), stack, self.root_of(stack));
        root.side = Some(Side::Standby);
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            root.env.insert(name.to_owned(), self.plan.standby.as_str().to_owned());
        }
        root
    }

    /// Initializes the written root: providers, modules and the backend.
    ///
    /// # Errors
    /// Terraform fails, or the folder cannot be written.
    pub async fn init(&self, prepared: &Prepared, root: &Root, cancel: &Cancel) -> Result<(), RebuildError> {
        let done = self.initialize(&prepared.stack, &prepared.root, root, cancel).await;
        done.map_err(|error| prepared.in_source(error))
    }

    async fn initialize(&self, stack: &str, folder: &Path, root: &Root, cancel: &Cancel) -> Result<(), RebuildError> {
        // Terraform makes this folder only where it has something to put in it.
        let folder = folder.join(PLAN_FILE).parent().map(Path::to_owned).unwrap_or_default();
        std::fs::create_dir_all(&folder).map_err(|source| RebuildError::Write {
            stack: stack.to_owned(),
            source: Box::new(WriteError::File { what: "make the folder", path: folder, source }),
        })?;
        let options = InitOptions { reconfigure: true, ..InitOptions::default() };
        root.init(&options, cancel)
            .await
            .map_err(|source| RebuildError::Terraform { stack: stack.to_owned(), source: Box::new(source) })
    }

    /// Makes Terraform's plan of an initialized root and searches it. `primary_states` are the primary's states that
    /// are at hand, of any stack. The plan's text takes Terraform as long as the rest of it; with `text` it is made
    /// beside that, for whoever has to read it before anything is done.
    ///
    /// # Errors
    /// Terraform fails, or its plan cannot be read.
    pub async fn plan(
        &self,
        prepared: &Prepared,
        root: &Root,
        primary_states: &[&State],
        text: bool,
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<Planned, RebuildError> {
        let stack = || prepared.stack.clone();
        let terraform = |source| prepared.terraform_failed(source);
        let mut outcome =
            root.plan(Path::new(PLAN_FILE), &PlanOptions::default(), cancel, progress).await.map_err(terraform)?;
        outcome.findings = prepared.found_in_source(outcome.findings);
        let file = Path::new(PLAN_FILE);
        // Each starts the provider for its schema, which takes longer than the rest of it.
        let text = async {
            match text {
                true => self.plan_text(prepared, root, cancel).await.map(Some),
                false => Ok(None),
            }
        };
        let (text, json) = futures::join!(text, root.show(Some(file), cancel));
        let (text, json) = (text?, json.map_err(terraform)?);
        let json = PlanJson::parse(&format!("{} (plan)", prepared.stack), json.as_bytes())
            .map_err(|source| RebuildError::PlanJson { stack: stack(), source: Box::new(source) })?;
        let retarget = self.input(prepared, None)?;
        let mut findings = residue(&json, &ResidueInput { retarget, primary_states });
        findings.extend(collisions(&prepared.stack, &json, primary_states));
        findings.extend(not_theirs(&prepared.stack, &json, primary_states));
        let needs = self.needs(prepared, &json, primary_states);
        Ok(Planned { outcome, text, findings, needs })
    }

    /// The plan that was made, as Terraform prints it for a person.
    ///
    /// # Errors
    /// Terraform fails.
    pub async fn plan_text(&self, prepared: &Prepared, root: &Root, cancel: &Cancel) -> Result<String, RebuildError> {
        let text = root.show_text(Path::new(PLAN_FILE), cancel).await;
        text.map_err(|source| RebuildError::Terraform { stack: prepared.stack.clone(), source: Box::new(source) })
    }

    /// Applies what was planned, and nothing else. The saved plan holds secrets in clear and is removed, once `reader`,
    /// which may read it meanwhile, is through as well. It begins when Terraform has read the plan itself and waits for
    /// AWS: before that, both would only take the time from each other.
    ///
    /// # Errors
    /// Terraform fails; what it made is in the standby's state.
    pub async fn apply(
        &self,
        prepared: &Prepared,
        root: &Root,
        reader: impl Future<Output = ()>,
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<ApplyOutcome, RebuildError> {
        let (begins, begun) = oneshot::channel();
        let apply = async move {
            let mut begins = Some(begins);
            let told = &mut |step: Progress| {
                if matches!(step, Progress::Started { .. }) {
                    begins.take();
                }
                progress(step);
            };
            root.apply(Path::new(PLAN_FILE), cancel, told).await
        };
        let reader = async {
            // That the other end is gone is all that it ever tells.
            let _: Result<(), oneshot::Canceled> = begun.await;
            reader.await;
        };
        let (applied, ()) = futures::join!(apply, reader);
        self.discard_plan(prepared);
        let mut applied = applied.map_err(|source| prepared.terraform_failed(source))?;
        applied.findings = prepared.found_in_source(applied.findings);
        Ok(applied)
    }

    /// Removes the saved plan, where it is not to be applied.
    pub fn discard_plan(&self, prepared: &Prepared) {
        take_down::discard(&prepared.root, &prepared.stack);
    }

    /// Proves the standby: both states agree, and Terraform would change nothing.
    ///
    /// # Errors
    /// Terraform fails, or the standby's state cannot be read.
    pub async fn verify(
        &self,
        prepared: &Prepared,
        root: &Root,
        primary: &State,
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<Verified, RebuildError> {
        let stack = || prepared.stack.clone();
        let terraform = |source| prepared.terraform_failed(source);
        let options = PlanOptions::default();
        // A plan changes no state, and to pull one takes no lock.
        let (settled, bytes) =
            futures::join!(root.plan(Path::new(PLAN_FILE), &options, cancel, progress), root.state_pull(cancel));
        self.discard_plan(prepared);
        let settled = settled.map_err(terraform)?;
        let bytes = bytes.map_err(terraform)?.unwrap_or_default();
        let standby = State::parse(&format!("the standby of {}", prepared.stack), &bytes)
            .map_err(|source| RebuildError::State { stack: stack(), source: Box::new(source) })?;
        let parity = self.parity(prepared, primary, &standby)?;
        let mut findings = parity.findings.clone();
        if settled.changes {
            let subject = Subject::Stack { stack: stack(), side: Some(Side::Standby) };
            let changes: Vec<String> =
                settled.resources.iter().map(|change| format!("{} ({})", change.address, change.action)).collect();
            let message = match changes.is_empty() {
                true => "Terraform would change its outputs".to_owned(),
                false => format!("Terraform would still change {}", changes.join(", ")),
            };
            let finding = Finding::new(codes::R_NOT_SETTLED, Severity::Error, subject, message);
            findings.push(finding.remedy(format!("run terraform plan in {}", prepared.root.display())));
        }
        Ok(Verified { parity, settled: !settled.changes, findings })
    }

    /// Holds the written standby root of a prepared stack against what would be written now. None where a question is
    /// open: then that is not known. `offered` is what was found of images before: one cause is told once.
    ///
    /// # Errors
    /// The folder cannot be read, or is another stack's.
    pub fn as_generated(&self, prepared: &Prepared, offered: &[Finding]) -> Result<Vec<Finding>, RebuildError> {
        if !prepared.retargeted.open.is_empty() {
            return Ok(Vec::new());
        }
        as_generated(&prepared.root, &prepared.stack, &prepared.retargeted, &images::not_there(offered))
            .map_err(|source| RebuildError::Generated { stack: prepared.stack.clone(), source: Box::new(source) })
    }

    /// What Terraform would ask of the primary region for this standby, by its HCL: each an error that names the line of
    /// the source.
    ///
    /// # Errors
    /// A file of the standby cannot be read as Terraform.
    pub fn primary_calls(&self, prepared: &Prepared) -> Result<Vec<Finding>, RebuildError> {
        primary_calls(&prepared.source, &prepared.retargeted, &self.plan.primary)
            .map_err(|source| RebuildError::Source { stack: prepared.stack.clone(), source: Box::new(source) })
    }

    /// Compares two states of a prepared stack, without Terraform: what `validate` asks.
    ///
    /// # Errors
    /// The plan has no such stack.
    pub fn parity(&self, prepared: &Prepared, primary: &State, standby: &State) -> Result<Parity, RebuildError> {
        let retarget = self.input(prepared, Some(primary))?;
        Ok(parity(primary, standby, &ParityInput { retarget, retargeted: &prepared.retargeted }))
    }

    /// What the standby's state of a prepared stack has of the primary: what `validate` asks.
    ///
    /// # Errors
    /// The plan has no such stack.
    pub fn state_residue(
        &self,
        prepared: &Prepared,
        standby: &State,
        primary_states: &[&State],
    ) -> Result<Vec<Finding>, RebuildError> {
        let retarget = self.input(prepared, None)?;
        Ok(state_residue(standby, &ResidueInput { retarget, primary_states }))
    }

    /// The folders and files that the source of a stack is read from: its root, and what it reaches outside of it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn source_paths(&self, stack: &str) -> Result<Vec<PathBuf>, RebuildError> {
        let source = self.source(self.stack(stack)?)?;
        let reached = source.modules.iter().chain(source.files.keys()).map(|path| source.root.join(path));
        Ok(std::iter::once(source.root.clone()).chain(reached).collect())
    }
}
