//! `failover::Sizes` over the terraform or tofu program, in the standby's generated roots.

use crate::root_lock::RootLock;
use async_trait::async_trait;
use pilotlight_failover::{OnSize, ResourceSize, SizeError, SizePlan, SizeRequest, Sizes};
use pilotlight_findings::{Explain, Side, with_causes};
use pilotlight_terraform::{
    Cancel, FindError, InitOptions, Override, OverrideError, PlanOptions, Program, Progress, Root, RunError,
    cancellation, remove_left_overrides,
};
use pilotlight_tfstate::PlanJson;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Where Terraform keeps its own, and no version control looks.
const TERRAFORM_FOLDER: &str = ".terraform";

/// The saved plan, below the root.
const PLAN_FILE: &str = ".terraform/pilotlight-scale.tfplan";

/// How long a Terraform whose time is over may take to save its state and let go of its lock, before it is killed.
const GRACE: Duration = Duration::from_secs(60);

/// Terraform in the generated roots of one plan.
pub(crate) struct TerraformSizes {
    folder: PathBuf,
    named: Option<PathBuf>,
    program: OnceCell<Program>,
    /// Of the root that was planned last, until that is applied or discarded.
    held: Mutex<Option<RootLock>>,
}

impl TerraformSizes {
    /// `folder` is the plan's: roots are found from there.
    pub(crate) fn new(folder: &Path, program: Option<PathBuf>) -> Self {
        Self { folder: folder.to_owned(), named: program, program: OnceCell::new(), held: Mutex::default() }
    }

    /// Makes the root this executor's own, until [`TerraformSizes::release`].
    fn hold(&self, root: &Path) -> Result<(), SizeError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = None;
        // Terraform makes it only where it has something to put in it.
        let folder = root.join(TERRAFORM_FOLDER);
        std::fs::create_dir_all(&folder)
            .map_err(|source| refused(&OverrideError::File { what: "make the folder", path: folder, source }))?;
        let remedy = "wait for it, or end it".to_owned();
        *held = Some(RootLock::take(root).map_err(|by| SizeError::Locked { by, remedy })?);
        Ok(())
    }

    /// Forgets what was planned, and lets others into the root.
    fn release(&self, root: &Path) {
        // It holds secrets in clear.
        forget(root);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn dir(&self, request: &SizeRequest<'_>) -> PathBuf {
        self.folder.join(request.root)
    }

    async fn root(&self, request: &SizeRequest<'_>) -> Result<Root, SizeError> {
        let dir = self.dir(request);
        if !dir.is_dir() {
            return Err(SizeError::Refused(format!(
                "the generated root of stack {} is not on this machine: there is no {}; write it here with pilotlight \
                 rebuild PLAN --apply, or resume where the run began",
                request.stack,
                dir.display()
            )));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = || Program::find(self.named.as_deref(), &path);
        let program = self.program.get_or_try_init(found).await.map_err(|error: FindError| refused(&error))?;
        let mut root = Root::new(program.clone(), request.stack, dir);
        root.side = Some(Side::Standby);
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            root.env.insert(name.to_owned(), request.region.to_string());
        }
        Ok(root)
    }
}

#[async_trait]
impl Sizes for TerraformSizes {
    async fn plan(&self, request: &SizeRequest<'_>, limit: Duration, told: OnSize<'_>) -> Result<SizePlan, SizeError> {
        let root = self.root(request).await?;
        self.hold(&root.dir)?;
        forget(&root.dir);
        let overrides = request.overrides.iter().map(override_of).collect::<Result<Vec<_>, _>>();
        let overrides = overrides.inspect_err(|_| self.release(&root.dir))?;
        let (root, overrides) = (&root, &overrides);
        let planned = within(limit, |cancel| async move {
            match plan(root, request, overrides, &cancel, told).await {
                Err(Failed::Run(error)) if error.wants_init() => {}
                Err(Failed::Override(OverrideError::NoModule { .. })) => {}
                planned => return planned,
            }
            // A root that was initialized here needs no network; one that was not, has no other way.
            told(&format!("{} init in {}", root.program.name(), root.dir.display()));
            let options = InitOptions { reconfigure: true, ..InitOptions::default() };
            root.init(&options, &cancel).await?;
            plan(root, request, overrides, &cancel, told).await
        });
        planned.await.map_err(|failed| {
            self.release(&root.dir);
            failed.told()
        })
    }

    async fn apply(&self, request: &SizeRequest<'_>, limit: Duration, told: OnSize<'_>) -> Result<(), SizeError> {
        let root = self.root(request).await?;
        let (root, file) = (&root, Path::new(PLAN_FILE));
        let applied =
            within(
                limit,
                |cancel| async move { root.apply(file, &cancel, &mut |progress| tell(&progress, told)).await },
            );
        let applied = applied.await;
        self.release(&root.dir);
        applied.map(|_| ()).map_err(|error| Failed::Run(error).told())
    }

    async fn discard(&self, request: &SizeRequest<'_>) {
        let dir = self.dir(request);
        // An executor that is at work there clears up behind itself.
        if !dir.is_dir() || self.hold(&dir).is_err() {
            return;
        }
        // One that cannot be taken away is told by the next plan, which it would be in the way of.
        if let Err(error) = remove_left_overrides(&dir) {
            tracing::debug!(%error, stack = request.stack, "remove what a killed executor left");
        }
        self.release(&dir);
    }
}

/// Plans with the overrides in place, and takes them away again, whatever comes of it.
async fn plan(
    root: &Root,
    request: &SizeRequest<'_>,
    overrides: &[Override],
    cancel: &Cancel,
    told: OnSize<'_>,
) -> Result<SizePlan, Failed> {
    let options = PlanOptions { targets: vec![request.address.to_owned()], ..PlanOptions::default() };
    let file = Path::new(PLAN_FILE);
    let files = root.override_with(overrides)?;
    let planned = root.plan(file, &options, cancel, &mut |progress| tell(&progress, told)).await;
    files.remove()?;
    planned?;
    let json = root.show(Some(file), cancel).await?;
    let plan = PlanJson::parse(&format!("{} (plan)", request.stack), json.as_bytes())
        .map_err(|error| Failed::Answer(error.to_string()))?;
    let outputs = plan.output_changes.into_iter().map(|(name, change)| {
        let is_known = matches!(change.after_unknown, Value::Null | Value::Bool(false));
        (name, is_known.then_some(change.after))
    });
    Ok(SizePlan { outputs: outputs.collect(), changes: plan.resource_changes })
}

/// Gives a Terraform its time, asks it to end when that is over, and ends it when it does not.
async fn within<T, F: Future<Output = T>>(limit: Duration, work: impl FnOnce(Cancel) -> F) -> T {
    let (canceller, cancel) = cancellation();
    let work = work(cancel);
    tokio::pin!(work);
    for patience in [limit, GRACE] {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(patience) => canceller.request(),
        }
    }
    work.await
}

/// What went wrong on the way to a plan or its apply.
enum Failed {
    Run(RunError),
    Override(OverrideError),
    Answer(String),
}

impl From<RunError> for Failed {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<OverrideError> for Failed {
    fn from(error: OverrideError) -> Self {
        Self::Override(error)
    }
}

impl Failed {
    fn told(self) -> SizeError {
        match &self {
            Self::Run(error @ RunError::Locked { lock, .. }) => {
                SizeError::Locked { by: lock.to_string(), remedy: error.remedy().unwrap_or_default() }
            }
            Self::Run(error @ RunError::Start { .. }) => refused(error),
            Self::Run(error) => {
                let cause = format!("failed to {}", with_causes(error));
                match error {
                    RunError::Interrupted { .. } | RunError::Pipe { .. } | RunError::Failed { exit: None, .. } => {
                        SizeError::Cut(cause)
                    }
                    _ => SizeError::Unknown(cause),
                }
            }
            Self::Override(error) => refused(error),
            Self::Answer(cause) => SizeError::Refused(format!("failed to {cause}")),
        }
    }
}

fn refused(error: &impl Explain) -> SizeError {
    let remedy = error.remedy().map_or_else(String::new, |remedy| format!("; {remedy}"));
    SizeError::Refused(format!("failed to {}{remedy}", with_causes(error)))
}

fn override_of(size: &ResourceSize) -> Result<Override, SizeError> {
    let address = size.address.parse().map_err(|_| SizeError::Refused(format!("{} is no address", size.address)))?;
    Ok(Override { address, arguments: size.set.clone() })
}

/// Removes the saved plan, where there is one.
fn forget(root: &Path) {
    if let Err(error) = std::fs::remove_file(root.join(PLAN_FILE)) {
        tracing::debug!(%error, root = %root.display(), "remove the saved plan");
    }
}

fn tell(progress: &Progress, told: OnSize<'_>) {
    match progress {
        Progress::Refreshing { address } => told(&format!("reading {address}")),
        Progress::Started { address, action } => told(&format!("{address}: {action}")),
        Progress::StillRunning { address, action, elapsed } => {
            told(&format!("{address}: {action}, {} s", elapsed.as_secs()));
        }
        Progress::Interrupting => told("terraform was asked to end"),
        Progress::Planned { .. } | Progress::Finished { .. } | Progress::Failed { .. } | Progress::Line(_) => {}
    }
}
