//! Where files of the source stand below the standby root.

use super::read_files::{below, target};
use super::retarget::{Rule, Work};
use super::syntax::{FileAt, attribute, labels, literal, place as place_of};
use crate::observe::{fetched, normalize};
use std::path::{Component, Path, PathBuf};

/// The folder below the standby root for modules that are outside of the source's root.
pub(crate) const MODULES: &str = "_modules";

/// The same for modules of a registry or a repository.
const FETCHED: &str = "_fetched";

/// Where a file or folder of the source goes: what is below the root keeps its path; `../x` goes to
/// `_modules/x` and `../../x` to `_modules/up-2/x`, so that every standby root is whole by itself. What
/// `terraform init` has fetched goes to `_fetched`: in its own folder Terraform would overwrite it.
pub(crate) fn place(path: &Path) -> PathBuf {
    if fetched::is_fetched(path)
        && let Ok(rest) = path.strip_prefix(fetched::FOLDER)
    {
        return Path::new(FETCHED).join(rest);
    }
    let ups = path.components().take_while(|part| matches!(part, Component::ParentDir)).count();
    if ups == 0 {
        return path.to_owned();
    }
    let rest: PathBuf = path.components().skip(ups).collect();
    match ups {
        1 => Path::new(MODULES).join(rest),
        ups => Path::new(MODULES).join(format!("up-{ups}")).join(rest),
    }
}

/// The way from one folder to another; both relative to the same one, or both absolute.
pub(crate) fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (normalize(from), normalize(to));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let ups = from.components().skip(shared).map(|_| Component::ParentDir);
    ups.chain(to.components().skip(shared)).collect()
}

/// Local modules are found at their new places.
pub(crate) fn rewrite_module_sources(work: &mut Work<'_>) {
    let mut edits = Vec::new();
    for (file, parsed) in &work.parsed {
        let Some(folder) = file.parent() else { continue };
        for block in parsed.syntax.blocks("module") {
            let Some(source) = attribute(&block.body, "source") else { continue };
            let Some(text) = literal(source).filter(|text| text.starts_with("./") || text.starts_with("../")) else {
                continue;
            };
            let (caller, called) = (place(folder), place(&normalize(&folder.join(text))));
            if normalize(&caller.join(text)) == called {
                continue;
            }
            let way = module_way(&caller, &called);
            let name = labels(block).first().copied().unwrap_or_default();
            edits.push((
                file.clone(),
                place_of(source),
                format!("\"{way}\""),
                format!("module {name} stands below the standby root"),
            ));
        }
    }
    for (file, document) in &work.json {
        let Some(folder) = file.parent() else { continue };
        for (labels, body) in document.json.blocks("module", 1) {
            let Some(source) = body.member("source") else { continue };
            let Some(text) = source.text().filter(|text| text.starts_with("./") || text.starts_with("../")) else {
                continue;
            };
            let (caller, called) = (place(folder), place(&normalize(&folder.join(text))));
            if normalize(&caller.join(text)) != called {
                let name = labels.first().map(|label| label.key.as_str()).unwrap_or_default();
                let reason = format!("module {name} stands below the standby root");
                edits.push((file.clone(), source.range.clone(), module_way(&caller, &called), reason));
            }
        }
    }
    for (file, range, text, reason) in edits {
        work.edit(&file, range, text, Rule::ModuleSource, reason);
    }
}

/// A module's source as Terraform takes it for a folder.
pub(crate) fn module_way(caller: &Path, called: &Path) -> String {
    let way = way(caller, called).display().to_string();
    if way.starts_with("../") { way } else { format!("./{way}") }
}

/// Files outside of the root are found at their new places, where the path says where they are.
pub(crate) fn rewrite_file_paths(work: &mut Work<'_>) {
    let mut edits = Vec::new();
    for (file, parsed) in &work.parsed {
        let folder = file.parent().unwrap_or(Path::new(""));
        let sources: Vec<_> = parsed
            .syntax
            .blocks("module")
            .filter_map(|block| attribute(&block.body, "source"))
            .map(|source| place_of(source).start)
            .collect();
        for path in &parsed.syntax.paths {
            // What does not go up stays below its folder.
            let (FileAt::Module(text) | FileAt::Root(text)) = &path.at else { continue };
            if !text.contains("..") {
                continue;
            }
            let (Some(target), Some(literal)) = (target(file, path), &path.literal) else { continue };
            let (from, text) = match &path.at {
                FileAt::Module(text) => (place(folder), text),
                FileAt::Root(text) => (PathBuf::new(), text),
                FileAt::Computed => continue,
            };
            let is_outside = target.starts_with("..") && !sources.contains(&path.range.start);
            if !is_outside || below(work, &target).next().is_none() {
                continue;
            }
            let new = place(&target);
            if normalize(&from.join(text)) == new {
                continue;
            }
            let old = &parsed.text[literal.clone()];
            let (lead, end) = (old.starts_with('/'), old.ends_with('/'));
            let way = way(&from, &new).display().to_string();
            let text = format!("{}{way}{}", if lead { "/" } else { "" }, if end && !way.is_empty() { "/" } else { "" });
            edits.push((file.clone(), literal.clone(), text));
        }
    }
    for (file, range, text) in edits {
        work.edit(&file, range, text, Rule::FilePath, "the file stands below the standby root");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_below_the_root() {
        for (path, placed) in [
            ("main.tf", "main.tf"),
            ("modules/a/m.tf", "modules/a/m.tf"),
            ("../m/a.tf", "_modules/m/a.tf"),
            ("../../m/a.tf", "_modules/up-2/m/a.tf"),
            (".terraform/modules/vpc/main.tf", "_fetched/vpc/main.tf"),
        ] {
            assert_eq!(place(Path::new(path)), Path::new(placed));
        }
    }

    #[test]
    fn ways_lead_there() {
        for (from, to, leads) in [
            ("", "_modules/a", "_modules/a"),
            ("_modules/a", "_modules/b/c", "../b/c"),
            ("/x/y", "/x/z.tfstate", "../z.tfstate"),
            ("a", "a", ""),
        ] {
            assert_eq!(way(Path::new(from), Path::new(to)), Path::new(leads));
        }
    }
}
