//! A state that Terraform could write nowhere, kept where there is room: it has what an apply has made.

use pilotlight_terraform::{RunError, UnsavedState};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// For nobody but its owner: a state has secrets in clear.
const OWNER_ALONE: u32 = 0o600;

/// Writes the state of an error into a folder and says where it is; with the state itself where that cannot be.
/// None where the error has none, or Terraform has a file of it.
pub(crate) fn kept(error: &RunError, stack: &str, folder: &Path) -> Option<String> {
    let RunError::Unsaved { state: UnsavedState::Text(state), .. } = error else { return None };
    let file = folder.join(format!("pilotlight-{stack}-{}.tfstate", std::process::id()));
    Some(match write(&file, state) {
        Ok(()) => format!("{stack}: the state that could not be saved is in {}", file.display()),
        Err(error) => format!(
            "{stack}: the state that could not be saved, and could not be written to {} either ({error}), is this; it has secrets in clear:\n{state}",
            file.display()
        ),
    })
}

fn write(file: &Path, state: &str) -> std::io::Result<()> {
    let mut open = std::fs::OpenOptions::new().write(true).create_new(true).mode(OWNER_ALONE).open(file)?;
    open.write_all(state.as_bytes())?;
    open.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    fn error(state: UnsavedState) -> RunError {
        let (command, findings) = ("terraform apply".to_owned(), Vec::new());
        RunError::Unsaved { command, dir: PathBuf::from("standby/app"), program: "terraform", state, findings }
    }

    #[test]
    fn a_state_is_kept_for_its_owner_or_told() {
        let folder = tempfile::tempdir().unwrap();
        let lost = error(UnsavedState::Text("{\"version\":4}".to_owned()));
        let told = kept(&lost, "app", folder.path()).unwrap();
        let file = PathBuf::from(told.strip_prefix("app: the state that could not be saved is in ").unwrap());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"version\":4}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, OWNER_ALONE);
        // The file is there now, and is not written over.
        let told = kept(&lost, "app", folder.path()).unwrap();
        assert!(told.ends_with("it has secrets in clear:\n{\"version\":4}"), "{told}");
        assert_eq!(kept(&error(UnsavedState::File(file)), "app", folder.path()), None);
    }
}
