//! The state as terraform or tofu has it in a folder.

use crate::failure::Failure;
use pilotlight_terraform::{Cancel, Program, Root};
use pilotlight_tfstate::{State, StateProblem};
use std::path::Path;

/// What names the workspace to terraform and tofu.
const WORKSPACE: &str = "TF_WORKSPACE";

/// The state of the workspace that is selected in `dir`, or that `workspace` or `TF_WORKSPACE` name; none where
/// nothing was applied yet.
pub(super) async fn state(program: &Program, dir: &Path, workspace: Option<&str>) -> Result<Option<State>, Failure> {
    let name = format!("pull:{}", dir.display());
    match std::fs::metadata(dir) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            let sentence = format!("ask {} for the state in {}: it is no folder", program.name(), dir.display());
            return Err(Failure::usage(sentence, "name the folder of a Terraform root module"));
        }
        Err(error) => {
            let doing = format!("ask {} for the state in {}", program.name(), dir.display());
            return Err(Failure::io(doing, error).with_remedy("name the folder of a Terraform root module"));
        }
    }
    let mut root = Root::new(program.clone(), &name, dir);
    if let Some(workspace) = workspace {
        root.env.insert(WORKSPACE.to_owned(), workspace.to_owned());
    }
    let cancel = Cancel::never();
    let Some(bytes) = root.state_pull(&cancel).await? else { return Ok(None) };
    match State::parse(&name, &bytes) {
        // The program that wrote it knows how to say it in a format that changes less.
        Err(error) if matches!(error.problem, StateProblem::NewVersion(_)) => {
            let shown = root.show(None, &cancel).await?;
            Ok(Some(State::parse(&name, shown.as_bytes())?))
        }
        parsed => Ok(Some(parsed?)),
    }
}
