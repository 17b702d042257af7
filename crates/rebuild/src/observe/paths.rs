//! What the path of a file says.

use std::path::{Component, Path, PathBuf};

/// Files that Terraform passes over. Source: `internal/configs/parser_config_dir.go`, `IsIgnoredFile`; those that end in
/// `~` or `#` do not end in `.tf`.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `.tf`, `.tofu`
    Hcl,
    /// `.tf.json`, `.tofu.json`
    Json,
    /// `.tfvars`
    Vars,
    /// `.tfvars.json`
    VarsJson,
    /// Anything else.
    Other,
}

impl FileKind {
    pub(crate) fn of(path: &Path) -> Self {
        let path = path.as_os_str().as_encoded_bytes();
        let ends = |end: &str| path.ends_with(end.as_bytes());
        match () {
            () if ends(".tf") || ends(".tofu") => Self::Hcl,
            () if ends(".tf.json") || ends(".tofu.json") => Self::Json,
            () if ends(".tfvars") => Self::Vars,
            () if ends(".tfvars.json") => Self::VarsJson,
            () => Self::Other,
        }
    }

    pub(crate) fn is_configuration(self) -> bool {
        matches!(self, Self::Hcl | Self::Json)
    }
}

/// Whether Terraform merges a file over the others. Source: `internal/configs/parser_config_dir.go`, `fileExt` and
/// `dirFiles`.
pub(crate) fn is_override(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let stem = name.strip_suffix(".json").unwrap_or(&name);
    let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu")).unwrap_or(stem);
    stem == "override" || stem.ends_with("_override")
}

/// The path without `.` and with each `..` that has something to take back taken back.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    if is_normal(path.as_os_str().as_encoded_bytes()) {
        return path.to_owned();
    }
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Whether a path has no step that begins with a dot and none that is empty: most have none, and to take a path apart
/// costs far more than to look at its bytes.
fn is_normal(path: &[u8]) -> bool {
    let is_step = |pair: &[u8]| !matches!(pair, [b'/', b'.' | b'/']);
    !matches!(path, [b'.', ..] | [.., b'/']) && path.windows(2).all(is_step)
}
