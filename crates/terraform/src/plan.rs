use crate::{Cancel, Counts, OnProgress, Root, RunError};
use pilotlight_findings::Finding;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How to plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Plan to destroy everything.
    pub destroy: bool,
    /// Ask for the state as it is, without reading each object again.
    pub without_refresh: bool,
    /// `-var NAME=VALUE` each.
    pub vars: BTreeMap<String, String>,
    /// `-var-file` each, relative to the root.
    pub var_files: Vec<PathBuf>,
    /// `-target` each: nothing else is planned but what these depend on.
    pub targets: Vec<String>,
}

/// A plan that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOutcome {
    /// Whether there is anything to do, outputs included.
    pub changes: bool,
    /// How many resources.
    pub counts: Counts,
    /// Each resource with a change, in Terraform's order.
    pub resources: Vec<PlannedChange>,
    /// The saved plan, for [`Root::show`] and [`Root::apply`]. It holds secrets in clear.
    pub file: PathBuf,
    /// Warnings.
    pub findings: Vec<Finding>,
    /// What was written beside the JSON.
    pub unparsed: String,
}

/// A resource with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedChange {
    /// Its address.
    pub address: String,
    /// `create`, `update`, `replace`, `delete`, `read`, …
    pub action: String,
}

impl Root {
    /// Makes a plan and saves it to `file` (absolute, or relative to the root).
    ///
    /// # Errors
    /// Terraform refuses the configuration or cannot read what there is; or an earlier apply has left a state that it
    /// could not save.
    pub async fn plan(
        &self,
        file: &Path,
        options: &PlanOptions,
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<PlanOutcome, RunError> {
        self.refuse_unsaved("an earlier apply")?;
        let mut args: Vec<String> = ["plan", "-json", "-input=false", "-detailed-exitcode"].map(str::to_owned).into();
        args.push(format!("-out={}", file.display()));
        if options.destroy {
            args.push("-destroy".to_owned());
        }
        if options.without_refresh {
            args.push("-refresh=false".to_owned());
        }
        for (name, value) in &options.vars {
            args.extend(["-var".to_owned(), format!("{name}={value}")]);
        }
        args.extend(options.var_files.iter().map(|path| format!("-var-file={}", path.display())));
        args.extend(options.targets.iter().map(|address| format!("-target={address}")));
        // -detailed-exitcode: 0 no changes, 2 changes.
        let ended = self.stream(&args, &[0, 2], cancel, progress).await?;
        let findings = ended.findings(self);
        Ok(PlanOutcome {
            changes: ended.exit == 2,
            counts: ended.counts.unwrap_or_default(),
            resources: ended.planned.into_iter().map(|(address, action)| PlannedChange { address, action }).collect(),
            file: self.dir.join(file),
            findings,
            unparsed: ended.unparsed,
        })
    }
}
