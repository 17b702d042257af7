//! A stack's source for another region.
//!
//! The rules leave their edits as splices of the source text; where a rule cannot know what to do it asks
//! ([`OpenQuestion`]) rather than guess, and where it leaves a mention of the region on purpose it says so.

use super::addresses::Address;
use super::composed::Fragments;
use super::configured::Configured;
use super::data::{self, DataResource};
use super::leftovers::Looks;
use super::lines::Lines;
use super::modules::Instances;
use super::own_ids::OwnIds;
use super::ranges::is_within;
use super::read_files::ReadFiles;
use super::sources::{Document, Parsed, Source};
use super::splice::{Splice, settle, splice, take_lines_above};
use super::words::Words;
use super::{
    align, backend, edge, fetched, global_policies, layout, lookups, machines, modules, overrides, providers, removed,
    self_copies, standby_mentions, text, unique_names, variable_files,
};
use crate::observe::{FileKind, Machines, SourceError, SourceTree, fetched as observed};
use indexmap::IndexMap;
use pilotlight_findings::{Code, Evidence, Finding, Region, Severity, Span, Subject, codes};
use pilotlight_plan::Stack;
use pilotlight_tfstate::State;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an edit follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The provider works in the standby region.
    ProviderRegion,
    /// The state is kept elsewhere: both regions must not share one.
    Backend,
    /// Another stack's state is read from its standby's.
    RemoteState,
    /// The region's name in a text.
    Region,
    /// The region's name in another spelling: `eu_west_1`, `euw1`.
    Spelling,
    /// A zone's name in a text.
    Zone,
    /// An account or zone that AWS itself has in each region, by its number.
    ServiceId,
    /// The plan's `map`.
    Map,
    /// An image, found by its name and owner.
    Image,
    /// The plan's `set`.
    Set,
    /// The plan's `data`.
    Data,
    /// The plan's `exclude`.
    Exclude,
    /// One object serves every region.
    Global,
    /// A module's folder has another place.
    ModuleSource,
    /// A file that is read has another place.
    FilePath,
    /// An `import` block: it would adopt an object of the primary.
    Import,
}

impl Rule {
    /// Its name, as reports show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProviderRegion => "provider region",
            Self::Backend => "backend",
            Self::RemoteState => "remote state",
            Self::Region => "region",
            Self::Spelling => "spelling",
            Self::Zone => "zone",
            Self::ServiceId => "service id",
            Self::Map => "map",
            Self::Image => "image",
            Self::Set => "set",
            Self::Data => "data",
            Self::Exclude => "exclude",
            Self::Global => "global",
            Self::ModuleSource => "module source",
            Self::FilePath => "file path",
            Self::Import => "import",
        }
    }
}

/// One change of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// What it follows.
    pub rule: Rule,
    /// Why, for a person.
    pub reason: String,
    /// The source file, as the plan reaches it.
    pub file: String,
    /// Its line there, from 1.
    pub line: usize,
    /// The text that was there; empty for an addition.
    pub old: String,
    /// The text that is there now; empty for a removal.
    pub new: String,
}

/// What only a person can decide. The standby is not built while one is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Where.
    pub span: Span,
    /// What was found.
    pub what: String,
    /// What has to be decided.
    pub needs: String,
    /// The line for the stack's `standby` block that decides it, where there is one.
    pub plan_line: Option<String>,
}

/// What the evidence calls the lines that answer a question.
pub const PLAN_LINE: &str = "line for the plan";

impl OpenQuestion {
    /// The finding for it.
    pub fn finding(&self) -> Finding {
        let subject = Subject::File { span: self.span.clone() };
        let finding = |message| Finding::new(codes::R_OPEN_QUESTION, Severity::Error, subject, message);
        match &self.plan_line {
            Some(line) => finding(format!("{}: {}", self.what, self.needs))
                .with(Evidence::fact(PLAN_LINE, line))
                .remedy("add the line for the plan to the stack's standby block"),
            None => finding(self.what.clone()).remedy(self.needs.clone()),
        }
    }
}

/// A resource that the standby refers to and does not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalResource {
    /// Its address without keys, `module.dns.aws_route53_zone.main`; or the address of a module, for all of it.
    pub address: String,
    /// [`Rule::Global`], [`Rule::Exclude`] or [`Rule::Data`].
    pub rule: Rule,
}

impl GlobalResource {
    /// Whether an address without keys is of it.
    pub fn covers(&self, address: &str) -> bool {
        address.strip_prefix(self.address.as_str()).is_some_and(|rest| {
            rest.is_empty() || self.rule == Rule::Exclude && self.is_module() && rest.starts_with('.')
        })
    }

    fn is_module(&self) -> bool {
        let steps: Vec<&str> = self.address.split('.').collect();
        steps.len().is_multiple_of(2) && steps.iter().step_by(2).all(|step| *step == "module")
    }
}

/// Where a stack's states are, as URLs: `s3://bucket/key`, `file:path` or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLocation {
    /// The stack's name.
    pub stack: String,
    /// The primary's.
    pub primary: String,
    /// The standby's.
    pub standby: String,
    /// The region of the standby's bucket, where the plan's backend settings name one.
    pub standby_region: Option<String>,
}

/// What decides how a stack is retargeted.
#[derive(Debug, Clone, Copy)]
pub struct RetargetInput<'a> {
    /// The stack, with its standby options.
    pub stack: &'a Stack,
    /// The region that the source is for.
    pub primary: &'a Region,
    /// The region that the result is for.
    pub standby: &'a Region,
    /// What stands for each zone of the primary; see [`super::zone_map`].
    pub zones: &'a BTreeMap<String, String>,
    /// Images that were found, beside the plan's `map`.
    pub images: &'a BTreeMap<String, String>,
    /// What the standby has for machine types; of one that is not here nothing is asked.
    pub machines: &'a Machines,
    /// The newest copied snapshot in the standby region, by the ARN of the primary's database or its volume's id.
    pub copies: &'a BTreeMap<String, String>,
    /// The states of every stack of the plan.
    pub states: &'a [StateLocation],
    /// The folder that the result is written to: a state in a file is named relative to it.
    pub target: &'a Path,
    /// The primary's state: the values of what is not made twice.
    pub recorded: Option<&'a State>,
}

/// The source for the other region, and how it came to be.
#[derive(Debug, Clone, Default)]
pub struct Retargeted {
    /// Every file by its path below the standby root.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// Which file of the source each is; see [`SourceTree::files`].
    pub origins: BTreeMap<PathBuf, PathBuf>,
    /// Every edit, in the order of files and lines.
    pub edits: Vec<Edit>,
    /// What only a person can decide.
    pub open: Vec<OpenQuestion>,
    /// What the standby refers to, or leaves out.
    pub globals: Vec<GlobalResource>,
    /// What each resource that holds data has in it in the standby.
    pub data: Vec<DataResource>,
    /// Mentions of the primary that stay on purpose, and options of the plan that do nothing.
    pub notes: Vec<Finding>,
    /// Which attributes the source sets: what parity compares.
    pub(crate) configured: Configured,
}

/// What the rules work on.
pub(crate) struct Work<'a> {
    pub(crate) input: RetargetInput<'a>,
    pub(crate) tree: &'a SourceTree,
    pub(crate) words: Words,
    pub(crate) own_ids: OwnIds,
    pub(crate) looks: Looks,
    /// Files of HCL, variables included, in the order of their paths. They are looked up often, and to compare two
    /// paths costs more than to hash one.
    pub(crate) parsed: IndexMap<PathBuf, Arc<Parsed>>,
    /// Files of JSON that Terraform parses, variables included.
    pub(crate) json: IndexMap<PathBuf, Arc<Document>>,
    /// Lines of every file, once they are asked for.
    lines: HashMap<&'a Path, OnceCell<Lines>>,
    splices: HashMap<PathBuf, Vec<Splice>>,
    kept: HashMap<PathBuf, Vec<Range<usize>>>,
    /// Public addresses that were found, and that the plan does not map.
    pub(crate) addresses: Vec<(PathBuf, Address)>,
    /// Which literals are parts of the region's name.
    pub(crate) fragments: Fragments,
    /// Modules that have such parts.
    pub(crate) composing: BTreeSet<PathBuf>,
    /// Places of open questions.
    asked: HashMap<PathBuf, Vec<Range<usize>>>,
    /// Files that the standby root does without.
    pub(crate) not_taken: BTreeSet<PathBuf>,
    pub(crate) result: Retargeted,
}

/// Makes the source for the other region.
///
/// # Errors
/// A file is no valid HCL or JSON.
pub fn retarget(tree: &SourceTree, input: &RetargetInput<'_>) -> Result<Retargeted, SourceError> {
    let words = Words::of(input);
    let (mut parsed, mut json) = (IndexMap::new(), IndexMap::new());
    for path in tree.files.keys() {
        let read = match FileKind::of(path) {
            FileKind::Hcl | FileKind::Json => tree.is_configuration(path),
            // What a module of a registry tries itself out with is nobody's variables here.
            FileKind::Vars | FileKind::VarsJson => !observed::is_fetched(path),
            FileKind::Other => false,
        };
        if read {
            match tree.parse(path)? {
                Source::Hcl(file) => drop(parsed.insert(path.clone(), file)),
                Source::Json(file) => drop(json.insert(path.clone(), file)),
            }
        }
    }
    let (splices, kept) = (HashMap::new(), HashMap::new());
    let result = Retargeted::default();
    let (own_ids, looks) = (OwnIds::of(input.primary), Looks::of(input.primary));
    let lines = tree.files.keys().map(|file| (file.as_path(), OnceCell::new())).collect();
    let (asked, not_taken) = (HashMap::new(), BTreeSet::new());
    let mut work = Work {
        input: *input,
        tree,
        words,
        own_ids,
        looks,
        parsed,
        json,
        lines,
        splices,
        kept,
        addresses: Vec::new(),
        fragments: Fragments::of(input.primary.as_str()),
        composing: BTreeSet::new(),
        asked,
        not_taken,
        result,
    };
    let all = modules::instances(&work, &BTreeSet::new());
    let excluded = modules::excluded(&mut work, &all);
    let instances = if excluded.calls.is_empty() { all } else { modules::instances(&work, &excluded.calls) };
    // A module that is not called any more is of no consequence.
    let is_of_use = |file: &PathBuf| {
        matches!(FileKind::of(file), FileKind::Vars | FileKind::VarsJson)
            || file.parent().is_some_and(|folder| instances.contains_key(folder))
    };
    work.parsed.retain(|file, _| is_of_use(file));
    work.json.retain(|file, _| is_of_use(file));
    removed::remove(&mut work, &instances, &excluded);
    overrides::set(&mut work, &instances);
    data::decide(&mut work, &instances);
    backend::retarget(&mut work);
    let read = ReadFiles::of(&work);
    layout::rewrite_module_sources(&mut work);
    layout::rewrite_file_paths(&mut work);
    providers::decide(&mut work, &instances);
    edge::decide(&mut work, &instances);
    text::replace_words(&mut work, &instances, &read);
    unique_names::unique_names(&mut work, &instances);
    self_copies::ask(&mut work, &instances);
    standby_mentions::tell(&mut work);
    machines::questions::ask(&mut work);
    lookups::tell(&mut work);
    global_policies::tell(&mut work);
    variable_files::check(&mut work);
    fetched::settle(&mut work);
    fetched::tell(&mut work, &instances);
    Ok(work.finish(instances))
}

impl Work<'_> {
    /// Replaces a range of a file.
    pub(crate) fn edit(
        &mut self,
        file: &Path,
        range: Range<usize>,
        text: impl Into<String>,
        rule: Rule,
        reason: impl Into<String>,
    ) {
        let splice = Splice { range, text: text.into(), rule, reason: reason.into() };
        match self.splices.get_mut(file) {
            Some(splices) => splices.push(splice),
            None => drop(self.splices.insert(file.to_owned(), vec![splice])),
        }
    }

    /// Leaves the words of a range as they are.
    pub(crate) fn keep(&mut self, file: &Path, range: Range<usize>) {
        self.kept.entry(file.to_owned()).or_default().push(range);
    }

    /// Ranges whose words stay.
    pub(crate) fn kept_of(&self, file: &Path) -> Vec<Range<usize>> {
        self.kept.get(file).cloned().unwrap_or_default()
    }

    /// Asks a person.
    pub(crate) fn ask(
        &mut self,
        file: &Path,
        range: Range<usize>,
        what: impl Into<String>,
        needs: impl Into<String>,
        plan_line: Option<String>,
    ) {
        self.asked.entry(file.to_owned()).or_default().push(range.clone());
        let question = OpenQuestion { span: self.span(file, range), what: what.into(), needs: needs.into(), plan_line };
        if !self.result.open.contains(&question) {
            self.result.open.push(question);
        }
    }

    /// Says what was left as it is, or had no effect.
    pub(crate) fn note(&mut self, code: Code, severity: Severity, subject: Subject, message: impl Into<String>) {
        let finding = Finding::new(code, severity, subject, message);
        if !self.result.notes.contains(&finding) {
            self.result.notes.push(finding);
        }
    }

    /// The place of a range in a source file.
    pub(crate) fn span(&self, file: &Path, range: Range<usize>) -> Span {
        let bytes = self.tree.files.get(file).map(Vec::as_slice).unwrap_or_default();
        match self.lines_of(file) {
            Some(lines) => lines.span(bytes, range),
            None => Span::of(self.tree.display(file), "", range),
        }
    }

    fn lines_of(&self, file: &Path) -> Option<&Lines> {
        let bytes = self.tree.files.get(file)?;
        Some(self.lines.get(file)?.get_or_init(|| Lines::of(self.tree.display(file), bytes)))
    }

    /// The text of a range of a source file; empty where it is none.
    pub(crate) fn text_of(&self, file: &Path, range: Range<usize>) -> String {
        let bytes = self.tree.files.get(file).and_then(|bytes| bytes.get(range)).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// Ranges of a file about which there is an open question.
    pub(crate) fn asked_ranges(&self, file: &Path) -> Vec<Range<usize>> {
        self.asked.get(file).cloned().unwrap_or_default()
    }

    /// Ranges of a file that are taken out.
    pub(crate) fn removed_ranges(&self, file: &Path) -> Vec<Range<usize>> {
        let splices = self.splices.get(file).into_iter().flatten();
        splices.filter(|splice| splice.text.is_empty()).map(|splice| splice.range.clone()).collect()
    }

    /// Whether a range of a file is removed as a whole.
    pub(crate) fn is_removed(&self, file: &Path, range: &Range<usize>) -> bool {
        let splices = self.splices.get(file).into_iter().flatten();
        splices.filter(|splice| splice.text.is_empty()).any(|splice| is_within(range, &splice.range))
    }

    /// Ranges of a file that are replaced already.
    pub(crate) fn edited_ranges(&self, file: &Path) -> Vec<Range<usize>> {
        self.splices.get(file).into_iter().flatten().map(|splice| splice.range.clone()).collect()
    }

    fn finish(mut self, instances: Instances) -> Retargeted {
        let mut placed = Vec::with_capacity(self.tree.files.len());
        for (path, bytes) in self.tree.files.iter().filter(|(path, _)| !self.not_taken.contains(*path)) {
            let target = layout::place(path);
            let mut splices = settle(self.splices.remove(path).unwrap_or_default());
            let bytes = match std::str::from_utf8(bytes) {
                Ok(source) if !splices.is_empty() => {
                    take_lines_above(source, &mut splices);
                    let mut result = match self.parsed.get(path) {
                        Some(parsed) => align::splice_aligned(source, &splices, &parsed.syntax.body),
                        None => splice(source, &splices),
                    };
                    // The empty line above a last block that went.
                    while result.ends_with("\n\n") && !source.ends_with("\n\n") {
                        result.pop();
                    }
                    let lines = self.lines.remove(path.as_path()).and_then(OnceCell::into_inner);
                    let lines = lines.unwrap_or_else(|| Lines::of(self.tree.display(path), source.as_bytes()));
                    self.result.edits.extend(splices.into_iter().map(|splice| Edit {
                        rule: splice.rule,
                        reason: splice.reason,
                        file: lines.shown().to_owned(),
                        line: lines.line(splice.range.start),
                        old: source[splice.range].to_owned(),
                        new: splice.text,
                    }));
                    result.into_bytes()
                }
                _ => bytes.clone(),
            };
            placed.push((target, path, bytes));
        }
        // They are in order for the most part, and a map is made of all of them faster than by one after the other.
        self.result.origins = placed.iter().map(|(target, path, _)| (target.clone(), (*path).clone())).collect();
        self.result.files = placed.into_iter().map(|(target, _, bytes)| (target, bytes)).collect();
        self.result.configured = Configured::of(self.parsed, self.json, instances);
        self.result.open.sort_by(|a, b| (&a.span.file, a.span.bytes).cmp(&(&b.span.file, b.span.bytes)));
        self.result
    }
}
