//! Where states, sources and journals are, for either side.

use crate::dr_plan::DrPlan;
use crate::error::{PlanError, Problem};
use crate::stack::Stack;
use pilotlight_findings::Side;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// Parameters that the URL of a state on S3 may have.
const STATE_PARAMETERS: [&str; 4] = ["workspace", "workspace_key_prefix", "region", "dynamodb_table"];

/// What is wrong with the URL of a state, or none.
pub(crate) fn wrong_with_state(url: &str) -> Option<&'static str> {
    if let Some(rest) = url.strip_prefix("s3://") {
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let known = |pair: &str| {
            pair.split_once('=').is_some_and(|(name, value)| STATE_PARAMETERS.contains(&name) && !value.is_empty())
        };
        if !query.is_empty() && !query.split('&').all(known) {
            return Some("its parameters are workspace, workspace_key_prefix, region and dynamodb_table");
        }
        return match address.split_once('/') {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => None,
            _ => Some("an S3 URL names a bucket and a key"),
        };
    }
    if let Some(folder) = url.strip_prefix("pull:") {
        return folder.is_empty().then_some("it names no folder");
    }
    if let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some("it names no host");
    }
    if url == "-" {
        return Some("standard input is for drift --state alone");
    }
    match wrong_with_file(url) {
        Some(SCHEMES) => Some("the schemes are s3://, https://, http://, pull: and file:"),
        wrong => wrong,
    }
}

/// What is wrong with the URL of a journal, or none.
pub(crate) fn wrong_with_journal(url: &str) -> Option<&'static str> {
    if let Some(rest) = url.strip_prefix("s3://") {
        return rest.split('/').next().is_none_or(str::is_empty).then_some("an S3 URL names a bucket");
    }
    if !url.starts_with("file:") {
        return Some("it begins neither with s3:// nor with file:");
    }
    wrong_with_file(url)
}

/// What is said of another scheme.
const SCHEMES: &str = "the schemes are s3:// and file:";

fn wrong_with_file(url: &str) -> Option<&'static str> {
    let path = url.strip_prefix("file:").unwrap_or(url);
    if path.is_empty() {
        Some("it is empty")
    } else if url.split_once("://").is_some_and(|(scheme, _)| scheme != "file") {
        Some(SCHEMES)
    } else if path.starts_with("//") && !path.starts_with("///") {
        Some("a file URL on another host cannot be read")
    } else {
        None
    }
}

impl DrPlan {
    /// The folder of the plan file: relative paths in the plan start there.
    pub fn folder(&self) -> &Path {
        match self.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// A path of the plan, from where the program runs: the plan's folder goes before it.
    pub fn resolve_path(&self, path: impl AsRef<Path>) -> PathBuf {
        // `Path::join` takes an absolute path as it is.
        match self.folder() {
            here if here == Path::new(".") => path.as_ref().to_path_buf(),
            folder => folder.join(path),
        }
    }

    /// The folder of a stack's root module.
    pub fn source_of(&self, stack: &Stack) -> PathBuf {
        self.resolve_path(&stack.source)
    }

    /// Where the standby's roots are written when the command line does not say, from the plan's folder:
    /// `.pilotlight/<plan>/standby`.
    pub fn default_into(&self) -> PathBuf {
        Path::new(".pilotlight").join(&self.name).join("standby")
    }

    /// The URL of a stack's state. Relative paths in it start at [`DrPlan::folder`].
    ///
    /// The standby's is [`Stack::standby_state`] where the plan tells it, else
    /// `<into>/<stack>/terraform.tfstate`: `into` is where the standby's roots are written, absolute or from
    /// the plan's folder.
    ///
    /// # Errors
    /// Both sides would have one state, and each would destroy the other's resources.
    pub fn state_url(&self, stack: &Stack, side: Side, into: &Path) -> Result<String, PlanError> {
        if side == Side::Primary {
            return Ok(stack.state.clone());
        }
        let standby = stack
            .standby_state()
            .unwrap_or_else(|| format!("file:{}", into.join(&stack.name).join("terraform.tfstate").display()));
        if same_place(&standby, &stack.state) {
            let problem = Problem::StandbyState { stack: stack.name.clone(), url: stack.state.clone() };
            return Err(PlanError::new(problem, Some(stack.span.clone())));
        }
        Ok(standby)
    }
}

impl Stack {
    /// The standby's state as far as the plan tells it: `standby.state`, else, of a state on S3, the primary's
    /// bucket and key with those of `standby.backend`, without the parameters of the primary's URL: the bucket's
    /// region and table are the primary's. None for a state elsewhere: the standby's is then beside its generated
    /// root. Without a bucket or key this is the primary's own URL, which [`DrPlan::state_url`] refuses.
    pub fn standby_state(&self) -> Option<String> {
        if let Some(state) = &self.standby.state {
            return Some(state.clone());
        }
        let setting = |name: &str| self.standby.backend.get(name).and_then(Json::as_str);
        if self.state.starts_with("pull:") {
            // Terraform knows where the primary's is; the standby's is known where the plan says all of it.
            return Some(format!("s3://{}/{}", setting("bucket")?, setting("key")?));
        }
        let (address, _) = self.state.split_once('?').unwrap_or((&self.state, ""));
        let (bucket, key) = address.strip_prefix("s3://")?.split_once('/')?;
        Some(format!("s3://{}/{}", setting("bucket").unwrap_or(bucket), setting("key").unwrap_or(key)))
    }
}

/// Whether two URLs name one object, as far as their texts tell.
pub(crate) fn same_place(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn plain(url: &str) -> PathBuf {
    if let Some(rest) = url.strip_prefix("s3://") {
        return object(rest);
    }
    let path = url.strip_prefix("file:").unwrap_or(url);
    let path = if path.starts_with("///") { &path[2..] } else { path };
    // Components leave out `.` and double slashes.
    Path::new(path).components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

/// The object that an S3 URL leads to: of its parameters only the workspace tells objects apart.
fn object(rest: &str) -> PathBuf {
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let (bucket, key) = address.split_once('/').unwrap_or((address, ""));
    let mut path = Path::new("s3:").join(bucket);
    if let Some(workspace) = parameter("workspace").filter(|name| *name != "default") {
        path.push(parameter("workspace_key_prefix").unwrap_or("env:").trim_matches('/'));
        path.push(workspace);
    }
    path.join(key.trim_start_matches('/'))
}
