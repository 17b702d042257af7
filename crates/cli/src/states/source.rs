//! What a URL of a state means, before anything is opened.

use crate::failure::Failure;
use pilotlight_findings::codes;
use pilotlight_store::{StateAccess, StateObject, StateUrl};
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt as _;

/// How standard input is written, and how it is called.
const STDIN: &str = "-";
const STDIN_NAME: &str = "standard input";
/// Asks terraform or tofu in a folder.
const PULL: &str = "pull:";

/// Where a state comes from.
pub(super) enum Source {
    Stdin,
    /// terraform or tofu in a folder; `name` is how the user wrote it.
    Pull {
        dir: PathBuf,
        name: String,
    },
    /// One object or many.
    Url(StateUrl),
    /// One object.
    Object(StateObject),
}

impl Source {
    pub(super) fn parse(url: &str, base: &Path, workspace: Option<&str>) -> Result<Self, Failure> {
        if url == STDIN {
            return Ok(Self::Stdin);
        }
        let Some(folder) = url.strip_prefix(PULL) else {
            return Ok(Self::Url(StateUrl::parse(url, base, workspace)?));
        };
        if folder.is_empty() {
            let remedy = "write pull:DIR, where DIR is the folder of a Terraform root module";
            return Err(Failure::usage("read the state's URL pull:, which names no folder", remedy));
        }
        // As a person finds it from where the program runs.
        let dir = if base == Path::new(".") { PathBuf::from(folder) } else { base.join(folder) };
        Ok(Self::Pull { name: format!("{PULL}{}", dir.display()), dir })
    }

    /// One source a state.
    pub(super) async fn expand(self, access: &StateAccess) -> Result<Vec<Self>, Failure> {
        match self {
            Self::Url(url) => Ok(url.find(access).await?.into_iter().map(Self::Object).collect()),
            one => Ok(vec![one]),
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Stdin => STDIN_NAME,
            Self::Pull { name, .. } => name,
            Self::Url(url) => url.shown(),
            Self::Object(object) => object.url(),
        }
    }

    pub(super) fn object(&self) -> Option<&StateObject> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match (self, other) {
            (Self::Pull { dir: ours, .. }, Self::Pull { dir: theirs, .. }) => whole(ours) == whole(theirs),
            (Self::Object(ours), Self::Object(theirs)) => ours.is_same(theirs),
            _ => false,
        }
    }
}

/// All of standard input.
pub(super) async fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match tokio::io::stdin().read_to_end(&mut bytes).await {
        Ok(_) if bytes.iter().all(u8::is_ascii_whitespace) => {
            let remedy = "pipe one in, as in: terraform show -json | pilotlight drift --state -";
            Err(Failure::coded(codes::S_STDIN, "find a state on standard input: nothing came", remedy))
        }
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::io("read the state from standard input", error)),
    }
}
