//! Which texts of the source can name the primary.

use super::id_shapes::Shapes;
use super::json_texts::{json_literals, json_tables};
use super::kept::kept_ranges;
use super::modules::Instances;
use super::ranges::{Union, is_within};
use super::read_files::ReadFiles;
use super::replace::{Literal, replace};
use super::retarget::{Rule, Work};
use super::signs::Signs;
use super::sources::Parsed;
use super::syntax::{labels, place};
use super::{addresses, composed, counted, joints, leftovers, sides};
use crate::observe::FileKind;
use pilotlight_findings::{Severity, Subject, codes};
use std::ops::Range;
use std::path::{Path, PathBuf};

pub(crate) fn replace_words(work: &mut Work<'_>, instances: &Instances, read: &ReadFiles) {
    let parsed: Vec<PathBuf> = work.parsed.keys().cloned().collect();
    for file in &parsed {
        let kept = kept_ranges(work, file, read);
        let rules = rule_ranges(work, file);
        let parsed = work.parsed[file].clone();
        let Parsed { text, syntax } = &*parsed;
        // In the order of the text, so that what is within what is found in one pass.
        let mut ranges: Vec<Range<usize>> = syntax.literals.iter().chain(&syntax.inner_names).cloned().collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let kept = Union::of(kept);
        let keys = Keys(&syntax.keys);
        let literals: Vec<Literal> = ranges
            .into_iter()
            .filter(|range| !kept.holds(range))
            .map(|range| Literal {
                rule: rules.iter().find(|(block, _)| is_within(&range, block)).map(|(_, rule)| *rule),
                shapes: keys.shapes(&range),
                is_said: syntax.said.iter().any(|said| is_within(&range, said)),
                signs: Signs::of(&text[range.clone()]),
                range,
            })
            .collect();
        joints::join(work, file, &kept.0);
        joints::cuts(work, file);
        let words = replace(work, file, text, &literals);
        numbers(work, file, &kept.0);
        counted::tell_named(work, file, &syntax.keys);
        leftovers::tell(work, file, text, &literals, &words);
    }
    let documents: Vec<PathBuf> = work.json.keys().cloned().collect();
    for file in documents {
        let literals = json_literals(work, &file);
        json_tables(work, &file);
        let document = work.json[&file].clone();
        let words = replace(work, &file, &document.text, &literals);
        leftovers::tell(work, &file, &document.text, &literals, &words);
    }
    let tree = work.tree;
    for (file, bytes) in &tree.files {
        if !is_other(work, instances, file) || !read.may_be_read(file) {
            continue;
        }
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        if keeps_catalogue(work, file, text) {
            continue;
        }
        let signs = Signs::of(text);
        let whole = [Literal { range: 0..text.len(), rule: None, shapes: Shapes::NONE, is_said: false, signs }];
        let words = replace(work, file, text, &whole);
        leftovers::tell(work, file, text, &whole, &words);
    }
    read.tell(work);
    addresses::tell(work);
    composed::tell(work, instances);
}

/// A text that names most regions, as the tables of an SDK do, is right in each of them.
fn keeps_catalogue(work: &mut Work<'_>, file: &Path, text: &str) -> bool {
    let Some(hit) = work.words.find(text).into_iter().find(|hit| !hit.stays(text)) else { return false };
    if !sides::is_catalogue(text, work.input.standby) {
        return false;
    }
    let subject = Subject::File { span: work.span(file, hit.range) };
    let message = "left as it is: it names so many regions that it is a table of them".to_owned();
    work.note(codes::R_KEPT, Severity::Info, subject, message);
    true
}

/// Account numbers without quotes.
fn numbers(work: &mut Work<'_>, file: &Path, kept: &[Range<usize>]) {
    for range in work.parsed[file].syntax.numbers.clone() {
        let text = work.text_of(file, range.clone());
        let Some(hit) = work.words.find(&text).into_iter().find(|hit| hit.range == (0..text.len())) else { continue };
        if hit.stays(&text) || kept.iter().any(|kept| is_within(&range, kept)) {
            continue;
        }
        match hit.to {
            // As a number, one that begins with 0 would lose it.
            Ok(new) if !new.starts_with('0') && new.bytes().all(|digit| digit.is_ascii_digit()) => {
                work.edit(file, range, new, hit.rule, "AWS has another one in each region");
            }
            other => {
                let needs = match other {
                    Ok(new) => format!("{new} stands for it in the standby: write both as texts, in quotes"),
                    Err(_) => "say what stands for it in the standby".to_owned(),
                };
                let line = format!("map = {{ \"{text}\" = \"…\" }}");
                work.ask(file, range, format!("{text} is an account of AWS in the primary region"), needs, Some(line));
            }
        }
    }
}

/// Whether a file is no configuration of any kind: a script, a template, a policy.
fn is_other(work: &Work<'_>, instances: &Instances, file: &Path) -> bool {
    match FileKind::of(file) {
        FileKind::Other => true,
        // Configuration in a folder that is no module is a text among others.
        FileKind::Hcl | FileKind::Json => !file.parent().is_some_and(|folder| instances.contains_key(folder)),
        FileKind::Vars | FileKind::VarsJson => !work.parsed.contains_key(file) && !work.json.contains_key(file),
    }
}

/// Values of what is called as ids are, in the order of the text.
struct Keys<'a>(&'a [(Range<usize>, Shapes)]);

impl Keys<'_> {
    /// What a literal is by what it is called: its own name counts, or that of what it is in.
    fn shapes(&self, range: &Range<usize>) -> Shapes {
        let before = self.0.partition_point(|(key, _)| key.start <= range.start);
        // A value that is another one's is short: few keys are between them.
        let mut around = self.0[..before].iter().rev().take(DEEPEST);
        around.find(|(key, _)| is_within(range, key)).map_or(Shapes::NONE, |(_, shapes)| *shapes)
    }
}

/// How many keys of one value may come before a text in it.
const DEEPEST: usize = 8;

/// Where the region's name has a more telling rule than "region".
fn rule_ranges(work: &Work<'_>, file: &Path) -> Vec<(Range<usize>, Rule)> {
    let syntax = &work.parsed[file].syntax;
    let mut rules: Vec<_> = syntax.blocks("provider").map(|block| (place(block), Rule::ProviderRegion)).collect();
    rules.extend(syntax.blocks("terraform").map(|block| (place(block), Rule::Backend)));
    let states = syntax.blocks("data").filter(|block| labels(block).first() == Some(&"terraform_remote_state"));
    rules.extend(states.map(|block| (place(block), Rule::RemoteState)));
    rules
}
