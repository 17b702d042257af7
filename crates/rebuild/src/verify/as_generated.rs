//! Whether a standby root is what the primary's source would be retargeted to now.
//!
//! It is not where somebody edited it by hand, and where the primary's source was changed and nobody rebuilt: the
//! digests of what was written tell the two apart.

use crate::apply::{LOCK_FILE, WriteError, is_configuration, manifest};
use crate::decide::Retargeted;
use pilotlight_findings::{Code, Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_terraform::{OVERRIDE_FILE, left_overrides};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Files that a message names; the evidence has all.
const NAMED: usize = 3;

/// Holds the standby root of a stack against what would be written now. What would be other for one of `told` alone,
/// an image that the plan maps to and that is not there, is no finding: that it is not there says it all.
///
/// # Errors
/// A file of it cannot be read, or it is no standby root of this stack.
pub fn as_generated(
    root: &Path,
    stack: &str,
    expected: &Retargeted,
    told: &[&str],
) -> Result<Vec<Finding>, WriteError> {
    let subject = Subject::Stack { stack: stack.to_owned(), side: Some(Side::Standby) };
    let Some(generated) = manifest::read(root, stack)? else {
        let message = format!("the standby's HCL is not compared: {} was not written by a rebuild", root.display());
        let finding = Finding::new(codes::R_NOT_HERE, Severity::Info, subject, message);
        return Ok(vec![finding.remedy("run pilotlight rebuild PLAN here, or name its folder with --into")]);
    };
    let (mut edited, mut behind) = (Vec::new(), Vec::new());
    let files = expected.files.keys().chain(generated.keys()).filter(|path| **path != *LOCK_FILE);
    for path in files.collect::<BTreeSet<_>>() {
        let (should, was) = (expected.files.get(path), generated.get(path));
        let is = present(root, path)?;
        if is.as_ref() == should {
            continue;
        }
        let written = |content: &Vec<u8>| was.is_some_and(|was| was.as_ref() == Some(&manifest::digest(content)));
        let file = path.display();
        match (&is, should) {
            (Some(is), Some(should)) if written(is) && differ_by(told, is, should) => {}
            // As it was written, or never written: what it should be has changed since.
            (Some(is), Some(should)) if written(is) => behind.push(format!("{file} {}", first_difference(is, should))),
            (Some(is), None) if written(is) => behind.push(format!("{file} is not needed any more")),
            (None, Some(_)) if was.is_none() => behind.push(format!("{file} is new")),
            (Some(is), Some(should)) => edited.push(format!("{file} {}", first_difference(is, should))),
            (Some(_), None) => edited.push(format!("{file} is not needed, and was edited")),
            (None, _) => edited.push(format!("{file} was removed")),
        }
    }
    let ours = |path: &PathBuf| expected.files.contains_key(path) || generated.contains_key(path);
    edited.extend(
        added(root, expected)?
            .into_iter()
            .filter(|path| !ours(path))
            .map(|path| format!("{} was added", path.display())),
    );
    let finding = |code: Code, what: &str, files: Vec<String>, remedy: &str| {
        let mut named = files.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if files.len() > NAMED {
            named.push_str(&format!(" and {} more", files.len() - NAMED));
        }
        let finding = Finding::new(code, Severity::Error, subject.clone(), format!("{what}: {named}"));
        let finding = files.iter().fold(finding, |finding, file| finding.with(Evidence::fact("file", file)));
        (!files.is_empty()).then(|| finding.remedy(remedy))
    };
    let by_hand = finding(
        codes::R_EDITED,
        "the standby's HCL was edited by hand",
        edited,
        "see it with pilotlight rebuild PLAN --diff; take what is meant into the primary's source, and rebuild",
    );
    // What is written depends on both, and which of them has changed does not show in the files.
    let not_rebuilt = finding(
        codes::R_BEHIND,
        "the primary's source or the plan has changed since the standby was rebuilt",
        behind,
        "see it with pilotlight rebuild PLAN --diff, and rebuild",
    );
    Ok(by_hand.into_iter().chain(not_rebuilt).chain(left_by_a_run(root, &subject)).collect())
}

/// An override that a killed run left: nobody's edit, and the next run or rebuild takes it away.
fn left_by_a_run(root: &Path, subject: &Subject) -> Option<Finding> {
    // Before `terraform init` there is no list of modules, and no run has been there.
    let left = left_overrides(root).inspect_err(|error| tracing::debug!(%error, "look for overrides")).ok()?;
    let first = left.first()?.display();
    let message = format!("{first} was left by a run that was killed: an apply by hand would go by it");
    Some(
        Finding::new(codes::F_OVERRIDE_LEFT, Severity::Warning, subject.clone(), message)
            .remedy("resume that run (pilotlight run resume PLAN) or rebuild, which take it away; or remove it"),
    )
}

fn present(root: &Path, path: &Path) -> Result<Option<Vec<u8>>, WriteError> {
    let target = root.join(path);
    match std::fs::read(&target) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(WriteError::File { what: "read", path: target, source }),
    }
}

/// Configuration in the folders of the root, ours or not: Terraform reads all that is there.
fn added(root: &Path, expected: &Retargeted) -> Result<BTreeSet<PathBuf>, WriteError> {
    let folders: BTreeSet<&Path> = expected.files.keys().filter_map(|path| path.parent()).collect();
    let mut found = BTreeSet::new();
    for folder in folders {
        let full = root.join(folder);
        let entries = match std::fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(WriteError::File { what: "read", path: full, source }),
        };
        let names = entries.flatten().map(|entry| entry.file_name());
        let is_added = |name: &OsString| is_configuration(&name.to_string_lossy()) && *name != *OVERRIDE_FILE;
        found.extend(names.filter(is_added).map(|name| folder.join(name)));
    }
    Ok(found)
}

/// Whether two texts differ in lines alone that would have one of these words.
fn differ_by(words: &[&str], is: &[u8], should: &[u8]) -> bool {
    let (Ok(is), Ok(should)) = (std::str::from_utf8(is), std::str::from_utf8(should)) else { return false };
    let has = |line: &str| words.iter().any(|word| line.contains(word));
    is.lines().count() == should.lines().count()
        && is.lines().zip(should.lines()).all(|(is, should)| is == should || has(should))
}

/// Where two texts begin to differ. The line itself is not told: a file of variables may hold a password.
fn first_difference(is: &[u8], should: &[u8]) -> String {
    let (is, should) = (is.split(|byte| *byte == b'\n'), should.split(|byte| *byte == b'\n'));
    let same = is.zip(should).take_while(|(is, should)| is == should).count();
    format!("from line {}", same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::write_root;

    fn expected(files: &[(&str, &str)]) -> Retargeted {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect();
        Retargeted { files, ..Retargeted::default() }
    }

    #[test]
    fn what_was_edited_and_what_is_behind_are_told_apart() {
        let (root, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = expected(&[
            ("main.tf", "a\nb\n"),
            ("vars.tf", "v\n"),
            ("_modules/m/m.tf", "m\n"),
            ("old.tf", "o\n"),
            (LOCK_FILE, "lock 1"),
        ]);
        let told = |now: &Retargeted| -> Vec<(Code, String)> {
            let findings = as_generated(root.path(), "app", now, &["ami-0gone"]).unwrap();
            findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
        };
        let [(code, _)] = &told(&first)[..] else { panic!("{:?}", told(&first)) };
        assert_eq!(*code, codes::R_NOT_HERE);
        write_root(root.path(), "app", source.path(), &first).unwrap();
        std::fs::write(root.path().join(LOCK_FILE), "lock 2").unwrap();
        std::fs::write(root.path().join("terraform.tfstate"), "{}").unwrap();
        assert_eq!(told(&first), []);

        let now = expected(&[("main.tf", "a\nB\n"), ("vars.tf", "v\n"), ("_modules/m/m.tf", "m\n"), ("new.tf", "n\n")]);
        let behind = "the primary's source or the plan has changed since the standby was rebuilt: \
                      main.tf from line 2, new.tf is new, old.tf is not needed any more";
        assert_eq!(told(&now), [(codes::R_BEHIND, behind.to_owned())]);

        // What another finding tells is not told twice; what changed beside it is.
        let with = |main: &str| {
            let mut files = first.files.clone();
            files.insert(PathBuf::from("main.tf"), main.as_bytes().to_vec());
            Retargeted { files, ..Retargeted::default() }
        };
        assert_eq!(told(&with("a\nimage = \"ami-0gone\"\n")), []);
        assert_eq!(told(&with("changed\nimage = \"ami-0gone\"\n")).len(), 1);
        assert_eq!(told(&with("a\nimage = \"ami-0here\"\n")).len(), 1);

        std::fs::write(root.path().join(OVERRIDE_FILE), "{}").unwrap();
        let [(code, left)] = &told(&first)[..] else { panic!("{:?}", told(&first)) };
        assert_eq!(*code, codes::F_OVERRIDE_LEFT);
        assert!(left.contains("was left by a run that was killed"), "{left}");
        write_root(root.path(), "app", source.path(), &first).unwrap();
        assert_eq!(told(&first), [], "a rebuild takes it away");

        std::fs::write(root.path().join("vars.tf"), "w\n").unwrap();
        std::fs::write(root.path().join("_modules/m/hotfix.tf"), "h\n").unwrap();
        std::fs::remove_file(root.path().join("old.tf")).unwrap();
        let by_hand = "the standby's HCL was edited by hand: \
                       old.tf was removed, vars.tf from line 1, _modules/m/hotfix.tf was added";
        assert_eq!(told(&first), [(codes::R_EDITED, by_hand.to_owned())]);
        let both: Vec<Code> = told(&now).into_iter().map(|(code, _)| code).collect();
        assert_eq!(both, [codes::R_EDITED, codes::R_BEHIND]);
    }
}
