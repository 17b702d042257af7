//! What drift looks away from: `.driftignore`, the plan, the command line, and the HCL of the stacks.

use super::gather::Loaded;
use crate::failure::Failure;
use pilotlight_drift::ignore::{Ignores, StackConfiguration};
use pilotlight_findings::{Explain as _, Finding, Severity, Subject};
use pilotlight_plan::DrPlan;
use std::path::{Path, PathBuf};

/// The name that driftctl looks for.
const FILE: &str = ".driftignore";

/// Every pattern: those of the file first, then the plan's, then the command line's. Later ones win.
pub(super) fn ignores(
    file: Option<&Path>,
    folder: &Path,
    plan: Option<&DrPlan>,
    flags: &[String],
) -> Result<Ignores, Failure> {
    let mut ignores = match text(file, folder)? {
        Some((name, text)) => Ignores::parse(&name, &text)?,
        None => Ignores::default(),
    };
    if let Some(plan) = plan {
        let patterns = plan.drift.ignore.iter().map(|pattern| (pattern.span.clone(), pattern.text.clone()));
        ignores = ignores.then(Ignores::from_spans(patterns)?);
    }
    Ok(ignores.then(Ignores::from_list("--ignore", flags)?))
}

/// The file that is named, which has to be there, or the one in the folder, where there is one.
fn text(file: Option<&Path>, folder: &Path) -> Result<Option<(String, String)>, Failure> {
    let path: PathBuf = file.map_or_else(|| folder.join(FILE), Path::to_path_buf);
    let name = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((name, text))),
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::io(format!("read {name}"), error).with_remedy("name a file of ignore patterns, in UTF-8"))
        }
    }
}

/// What the HCL of the stacks says, where it is at hand; and a warning for each root that could not be read: what
/// it ignores is then reported.
pub(super) fn configurations(loaded: &[Loaded]) -> (Vec<StackConfiguration>, Vec<Finding>) {
    let (mut configurations, mut warnings) = (Vec::new(), Vec::new());
    for one in loaded.iter().filter(|one| one.judged) {
        let Some(source) = one.source.as_deref().filter(|source| source.is_dir()) else { continue };
        match pilotlight_rebuild::lifecycle::read(source) {
            Ok(configuration) => {
                configurations.push(StackConfiguration { stack: one.stack.clone(), side: one.side, configuration })
            }
            Err(error) => {
                let subject = Subject::Stack { stack: one.stack.clone(), side: one.side };
                let message = format!("what its HCL ignores is not known: failed to {error}");
                let mut finding = Finding::new(error.code(), Severity::Warning, subject, message);
                finding.remedy = error.remedy();
                warnings.push(finding);
            }
        }
    }
    (configurations, warnings)
}
