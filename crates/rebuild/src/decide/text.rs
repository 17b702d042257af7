//! Which texts of the source can name the primary.

use super::id_shapes::Shapes;
use super::json::{self, Json, JsonKind, Member};
use super::kept::{beside, both_sides, kept_ranges, one_for_another, region_of};
use super::modules::Instances;
use super::named_ids::shapes_of;
use super::read_files::ReadFiles;
use super::replace::{Literal, replace};
use super::retarget::{Rule, Work};
use super::signs::Signs;
use super::sources::{Document, Parsed};
use super::syntax::{ERROR_MESSAGE, labels, place};
use super::{addresses, composed, counted, joints, leftovers, sides};
use crate::observe::FileKind;
use pilotlight_findings::{Code, Region, Severity, Subject, codes};
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
                rule: rules.iter().find(|(block, _)| within(&range, block)).map(|(_, rule)| *rule),
                shapes: keys.shapes(&range),
                is_said: syntax.said.iter().any(|said| within(&range, said)),
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
        if hit.stays(&text) || kept.iter().any(|kept| within(&range, kept)) {
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

/// Ranges in the order of the text, those within others left out.
pub(super) struct Union(Vec<Range<usize>>);

impl Union {
    pub(super) fn of(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut union: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            if union.last().is_none_or(|last| last.end < range.end) {
                union.push(range);
            }
        }
        Self(union)
    }

    /// Whether any of them has a byte of a range.
    pub(super) fn touches(&self, range: &Range<usize>) -> bool {
        // Both their beginnings and their ends are in order.
        let next = self.0.partition_point(|known| known.end <= range.start);
        self.0.get(next).is_some_and(|known| known.start < range.end)
    }

    fn holds(&self, range: &Range<usize>) -> bool {
        let after = self.0.partition_point(|known| known.start <= range.start);
        after.checked_sub(1).is_some_and(|at| range.end <= self.0[at].end)
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
        around.find(|(key, _)| within(range, key)).map_or(Shapes::NONE, |(_, shapes)| *shapes)
    }
}

/// How many keys of one value may come before a text in it.
const DEEPEST: usize = 8;

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Where the region's name has a more telling rule than "region".
fn rule_ranges(work: &Work<'_>, file: &Path) -> Vec<(Range<usize>, Rule)> {
    let syntax = &work.parsed[file].syntax;
    let mut rules: Vec<_> = syntax.blocks("provider").map(|block| (place(block), Rule::ProviderRegion)).collect();
    rules.extend(syntax.blocks("terraform").map(|block| (place(block), Rule::Backend)));
    let states = syntax.blocks("data").filter(|block| labels(block).first() == Some(&"terraform_remote_state"));
    rules.extend(states.map(|block| (place(block), Rule::RemoteState)));
    rules
}

/// Attributes of blocks in JSON that name what is declared elsewhere, or that no region decides.
const NAMES_IN_JSON: [&str; 8] =
    ["alias", "provider", "providers", "source", "version", "depends_on", "required_providers", "lifecycle"];

/// The texts of a file of JSON, without the names of its blocks and of variables.
fn json_literals(work: &Work<'_>, file: &Path) -> Vec<Literal> {
    let Document { text, json: document } = &*work.json[file];
    let mut found = Vec::new();
    let mut collect = |member: &Member, rule, is_said: bool, is_of_aws: bool| {
        let is_said = is_said && member.key == "description";
        let shapes = shapes_of(&member.key, is_of_aws);
        values(work, text, &member.value, Like { rule, shapes, is_of_aws, is_said }, &mut found);
    };
    if FileKind::of(file) == FileKind::VarsJson {
        document.members().into_iter().for_each(|member| collect(member, None, false, false));
    } else {
        for (kind, labels, rule) in [
            ("resource", 2, None),
            ("data", 2, None),
            ("module", 1, None),
            ("provider", 1, Some(Rule::ProviderRegion)),
            ("terraform", 0, Some(Rule::Backend)),
            ("variable", 1, None),
            ("output", 1, None),
            ("check", 1, None),
            ("locals", 0, None),
            ("moved", 0, None),
            ("removed", 0, None),
        ] {
            for (labels, body) in document.blocks(kind, labels) {
                let is_of_aws = labels.first().is_some_and(|first| first.key.starts_with("aws_"));
                let members = body.members().into_iter();
                members
                    .filter(|member| !NAMES_IN_JSON.contains(&member.key.as_str()))
                    .for_each(|member| collect(member, rule, matches!(kind, "variable" | "output"), is_of_aws));
            }
        }
    }
    let kept = work.kept_of(file);
    found.retain(|literal: &Literal| !kept.iter().any(|kept| within(&literal.range, kept)));
    found
}

/// The values that are the primary region where another one beside them is the standby: with one region in both places
/// it says something else.
fn beside_the_standby<'a>(work: &Work<'_>, members: &'a [Member]) -> Vec<&'a Range<usize>> {
    let is = |member: &&Member, region: &Region| member.value.text() == Some(region.as_str());
    if !members.iter().any(|member| is(&member, work.input.standby)) {
        return Vec::new();
    }
    members.iter().filter(|member| is(member, work.input.primary)).map(|member| &member.value.range).collect()
}

/// Says which tables of a file of JSON name both sides, or the primary and others; as [`kept_ranges`] does of HCL.
fn json_tables(work: &mut Work<'_>, file: &Path) {
    type Told = (Code, Severity, Range<usize>, String);
    fn walk(work: &Work<'_>, value: &Json, found: &mut Vec<Told>) {
        if let Some((word, new)) = both_sides(&work.words, &value.words()) {
            let message = format!("left as it is: it names {word} and {new} side by side");
            found.push((codes::R_KEPT, Severity::Info, value.range.clone(), message));
            return;
        }
        let (primary, standby) = (work.input.primary, work.input.standby);
        if let JsonKind::Object(members) = &value.kind {
            let is_other = |key: &str| region_of(key).is_some_and(|region| region != primary.as_str());
            let ours = members.iter().find(|member| member.key == primary.as_str());
            if let Some(ours) = ours.filter(|_| members.iter().any(|member| is_other(&member.key))) {
                let message = one_for_another(primary, standby);
                found.push((codes::R_REGION_TABLE, Severity::Warning, ours.value.range.clone(), message));
            }
            for range in beside_the_standby(work, members) {
                found.push((codes::R_KEPT, Severity::Warning, range.clone(), beside(standby)));
            }
        }
        value.children().into_iter().for_each(|inner| walk(work, inner, found));
    }
    let mut found = Vec::new();
    walk(work, &work.json[file].json, &mut found);
    for (code, severity, range, message) in found {
        let subject = Subject::File { span: work.span(file, range) };
        work.note(code, severity, subject, message);
    }
}

/// What a text of JSON has from what it stands in; see [`Literal`].
#[derive(Clone, Copy)]
struct Like {
    rule: Option<Rule>,
    shapes: Shapes,
    is_of_aws: bool,
    is_said: bool,
}

/// The texts of a value: those of its keys too.
fn values(work: &Work<'_>, text: &str, value: &Json, like: Like, found: &mut Vec<Literal>) {
    let Like { rule, shapes, is_of_aws, is_said } = like;
    if both_sides(&work.words, &value.words()).is_some() {
        return;
    }
    let mut add = |range: &Range<usize>| {
        let literals = json::literals(text, range.clone()).into_iter();
        let signs = |range: &Range<usize>| Signs::of(&text[range.clone()]);
        found.extend(literals.map(|range| Literal { signs: signs(&range), range, rule, shapes, is_said }));
    };
    match &value.kind {
        JsonKind::Text(_) => add(&value.range),
        JsonKind::Array(items) => items.iter().for_each(|item| values(work, text, item, like, found)),
        JsonKind::Object(members) => {
            members.iter().for_each(|member| add(&member.key_range));
            // What stands under another region's name is that region's.
            let other = |key: &str| region_of(key).is_some_and(|region| region != work.input.primary.as_str());
            let apart = beside_the_standby(work, members);
            let is_apart = |member: &Member| apart.contains(&&member.value.range);
            for member in members.iter().filter(|member| !other(&member.key) && !is_apart(member)) {
                let called = members.iter().find(|one| member.key == "value" && one.key == "name");
                let called = called.and_then(|one| one.value.text());
                let shapes = shapes_of(called.unwrap_or(&member.key), is_of_aws);
                let is_said = is_said || member.key == ERROR_MESSAGE;
                values(work, text, &member.value, Like { rule, shapes, is_of_aws, is_said }, found);
            }
        }
        JsonKind::Other => {}
    }
}
