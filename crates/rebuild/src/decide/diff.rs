//! What a person reviews.

use super::retarget::Retargeted;
use crate::observe::SourceTree;
use similar::TextDiff;
use std::fmt::Write;
use std::path::Path;

/// Lines around a change, as `diff -u` and git show them.
const CONTEXT: usize = 3;

/// The unified diff from a stack's source to its standby, files by their paths below each root. Empty where
/// nothing changes.
pub fn unified_diff(stack: &str, source: &SourceTree, result: &Retargeted) -> String {
    let mut diff = String::new();
    for (path, bytes) in &result.files {
        let origin = result.origins.get(path).map_or(path.as_path(), AsRef::<Path>::as_ref);
        let old = source.files.get(origin).map(Vec::as_slice).unwrap_or_default();
        if old == bytes.as_slice() {
            continue;
        }
        let (from, to) = (source.display(origin), format!("standby/{stack}/{}", path.display()));
        match (std::str::from_utf8(old), std::str::from_utf8(bytes)) {
            (Ok(old), Ok(new)) => {
                let text = TextDiff::from_lines(old, new);
                diff.push_str(&text.unified_diff().context_radius(CONTEXT).header(&from, &to).to_string());
            }
            // Only texts are edited; a file that is none is never changed.
            _ => {
                let _ = writeln!(diff, "Binary files {from} and {to} differ");
            }
        }
    }
    diff
}
