//! Which files beside the configuration it reads: scripts, templates, policies.
//!
//! A file is read where the configuration names it: as the path of a function, or as any text that is a
//! file's or folder's path (`source = "./boot.sh"` of an object). Where a path is computed, it could be any
//! file, so that every text file of the source counts as read: a word too many in a README harms nobody, a
//! boot script that still calls the primary does.

use super::retarget::Work;
use super::syntax::{FileAt, FilePath};
use crate::observe::{FileKind, fetched, normalize};
use pilotlight_findings::{Severity, Subject, codes};
use std::collections::{BTreeSet, HashMap};
use std::ops::{Bound, Range};
use std::path::{Path, PathBuf};

/// Terraform's own file of checksums: it names no region, and nothing reads it.
const LOCK_FILE: &str = ".terraform.lock.hcl";

/// How files begin that gzip, zip, bzip2, xz or zstd have packed.
const PACKED: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];

/// What is read.
#[derive(Debug, Default)]
pub(crate) struct ReadFiles {
    named: BTreeSet<PathBuf>,
    /// What the paths of the source begin with, in order.
    firsts: Vec<String>,
    /// The first path that is computed, and where it stands.
    computed: Option<(PathBuf, Range<usize>)>,
    /// Folders of which a file is read whose name is computed.
    folders: Vec<(PathBuf, PathBuf, Range<usize>)>,
    /// Paths by their files: what they name keeps its name.
    kept: HashMap<PathBuf, Vec<Range<usize>>>,
    /// Paths of functions that the source does not hold.
    outside: Vec<(PathBuf, Range<usize>, PathBuf)>,
}

impl ReadFiles {
    pub(crate) fn of(work: &Work<'_>) -> Self {
        let firsts = work.tree.files.keys().filter_map(|file| file.components().next());
        let mut firsts: Vec<String> = firsts.map(|first| first.as_os_str().to_string_lossy().into_owned()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        let mut read = Self { firsts, ..Self::default() };
        for (file, parsed) in &work.parsed {
            let sources = module_sources(work, file);
            let mut kept = Vec::new();
            for path in &parsed.syntax.paths {
                if sources.contains(&path.range) || !read.may_name_one(path) {
                    continue;
                }
                let Some(target) = target(file, path) else {
                    read.computed.get_or_insert((file.clone(), path.range.clone()));
                    kept.extend(Some(path.range.clone()).filter(|_| path.is_read));
                    continue;
                };
                let written = &parsed.text[path.range.clone()];
                let led = written.starts_with("\"${path.");
                // A plain text with a folder's name, as `"eu-west-1"`, is most often no path.
                let is_led = led || written.starts_with("\"./") || written.starts_with("\"../");
                if path.is_read
                    || work.tree.files.contains_key(&target)
                    || is_led && below(work, &target).next().is_some()
                {
                    kept.push(path.range.clone());
                }
                if target.as_os_str().is_empty() && !path.is_read && !led {
                    continue;
                }
                if target.as_os_str().is_empty() && !path.is_whole {
                    read.computed.get_or_insert((file.clone(), path.range.clone()));
                }
                let found: Vec<_> = below(work, &target).cloned().collect();
                if !path.is_whole {
                    read.folders.push((target.clone(), file.clone(), path.range.clone()));
                }
                if found.is_empty() && path.is_read {
                    read.outside.push((file.clone(), path.range.clone(), target));
                }
                read.named.extend(found);
            }
            read.kept.insert(file.clone(), kept);
        }
        // Expressions in JSON are not parsed: one that reads a file may read any.
        for (file, document) in &work.json {
            let mut reads = ["${path.", "file(", "fileset(", "filebase64("].iter();
            if let Some(at) = reads.find_map(|read| document.text.find(read)) {
                read.computed.get_or_insert((file.clone(), at..at));
            }
        }
        read
    }

    /// Whether a path may lead to a file of the source: most texts are no paths, and are told by their first step.
    fn may_name_one(&self, path: &FilePath) -> bool {
        match &path.at {
            FileAt::Root(text) if !path.is_read => {
                let first = text.split('/').next().unwrap_or_default();
                matches!(first, "" | "." | "..")
                    || self.firsts.binary_search_by(|known| known.as_str().cmp(first)).is_ok()
            }
            _ => true,
        }
    }

    /// Whether the configuration reads this file, or may.
    pub(crate) fn may_be_read(&self, file: &Path) -> bool {
        // A path that a module of a registry is given is one of the caller's files.
        let is_meant = !file.ends_with(LOCK_FILE) && !fetched::is_fetched(file);
        self.named.contains(file) || self.computed.is_some() && is_meant
    }

    /// Ranges of a file's paths: what they name keeps its name.
    pub(crate) fn kept(&self, file: &Path) -> &[Range<usize>] {
        self.kept.get(file).map(Vec::as_slice).unwrap_or_default()
    }

    /// Says which files were retargeted without being named, which were not, and which are missing.
    pub(crate) fn tell(&self, work: &mut Work<'_>) {
        for (file, range, target) in &self.outside {
            let subject = Subject::File { span: work.span(file, range.clone()) };
            let message = match target.is_absolute() {
                true => format!("{} is read as it is: it is outside of the stack's source", target.display()),
                false => format!(
                    "{} is not in the standby root: the folders of the root and of its local modules do not hold it",
                    target.display()
                ),
            };
            work.note(codes::R_TEXT_FILE, Severity::Warning, subject, message);
        }
        self.tell_named_after_region(work);
        self.tell_what_is_no_text(work);
        let mut told = Vec::new();
        for (file, bytes) in &work.tree.files {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            if FileKind::of(file) != FileKind::Other || self.named.contains(file) {
                continue;
            }
            let Some(hit) = work.words.find(text).into_iter().find(|hit| !hit.stays(text)) else { continue };
            let message = match &self.computed {
                _ if !self.may_be_read(file) => {
                    format!(
                        "left as it is: it names {}, and the configuration does not read it",
                        &text[hit.range.clone()]
                    )
                }
                Some((by, range)) => {
                    format!("retargeted: the path that is computed at {} may lead to it", work.span(by, range.clone()))
                }
                None => continue,
            };
            told.push((file.clone(), hit.range, message));
        }
        for (file, range, message) in told {
            let subject = Subject::File { span: work.span(&file, range) };
            work.note(codes::R_TEXT_FILE, Severity::Info, subject, message);
        }
    }
}

impl ReadFiles {
    /// What is no text in UTF-8 is not retargeted. Said is what names the primary for all that, and what is packed.
    fn tell_what_is_no_text(&self, work: &mut Work<'_>) {
        let primary = work.input.primary.as_str();
        let wide: Vec<u8> = primary.bytes().flat_map(|byte| [byte, 0]).collect();
        let holds = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        let mut told = Vec::new();
        for (file, bytes) in work.tree.files.iter().filter(|(file, _)| self.may_be_read(file)) {
            let is_text = std::str::from_utf8(bytes).is_ok();
            if is_text && !bytes.contains(&0) {
                continue;
            }
            // UTF-16 has the letters apart, in either order of its bytes; so written, ASCII is UTF-8 with zeros too.
            if !is_text && holds(bytes, primary.as_bytes()) || holds(bytes, &wide) {
                let message =
                    format!("left as it is: it names {primary} and is no text in UTF-8: write it so, or exchange it");
                told.push((file.clone(), Severity::Warning, message));
            } else if self.named.contains(file) && PACKED.iter().any(|begin| bytes.starts_with(begin)) {
                let message = format!("left as it is: it is packed, and what it says of {primary} is not looked into");
                told.push((file.clone(), Severity::Info, message));
            }
        }
        for (file, severity, message) in told {
            let subject = Subject::File { span: work.span(&file, 0..0) };
            work.note(codes::R_ENCODED, severity, subject, message);
        }
    }

    /// A file that is found by the region's name is looked for under the standby's.
    fn tell_named_after_region(&self, work: &mut Work<'_>) {
        let mut notes = Vec::new();
        for (folder, by, range) in &self.folders {
            for file in below(work, folder) {
                let Some(name) = file.strip_prefix(folder).ok().map(|path| path.display().to_string()) else {
                    continue;
                };
                let other = work.words.replace(&name);
                if other != name && !work.tree.files.contains_key(&folder.join(&other)) {
                    let message = format!(
                        "a file of {} is found by a computed name here, and there is no {other} beside {name}: add it to the source",
                        work.tree.display(folder),
                    );
                    notes.push((by.clone(), range.clone(), message));
                }
            }
        }
        for (file, range, message) in notes {
            let subject = Subject::File { span: work.span(&file, range) };
            work.note(codes::R_TEXT_FILE, Severity::Warning, subject, message);
        }
    }
}

/// The path below the root that an expression of a file leads to, as far as it is not computed.
pub(crate) fn target(file: &Path, path: &FilePath) -> Option<PathBuf> {
    match &path.at {
        FileAt::Module(path) => Some(normalize(&file.parent().unwrap_or(Path::new("")).join(path))),
        FileAt::Root(path) => Some(normalize(Path::new(path))),
        FileAt::Computed => None,
    }
}

/// The file at a path, or the files of the folder there: paths are in the order of their steps.
pub(crate) fn below<'a>(work: &'a Work<'_>, target: &Path) -> impl Iterator<Item = &'a PathBuf> {
    let from = work.tree.files.range::<Path, _>((Bound::Included(target), Bound::Unbounded));
    from.map(|(file, _)| file).take_while(move |file| file.starts_with(target))
}

fn module_sources(work: &Work<'_>, file: &Path) -> Vec<Range<usize>> {
    let calls = work.parsed[file].syntax.blocks("module");
    calls.filter_map(|block| super::syntax::attribute(&block.body, "source")).map(super::syntax::place).collect()
}
