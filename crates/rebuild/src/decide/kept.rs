//! Places of a file of HCL in which nothing follows the region.

use super::places;
use super::read_files::ReadFiles;
use super::retarget::Work;
use super::spelling::short_code;
use super::syntax::{attribute, blocks, place};
use super::words::Words;
use pilotlight_findings::{Region, Severity, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Blocks that choose a provider configuration by its name.
const CHOOSERS: [&str; 4] = ["resource", "data", "ephemeral", "import"];

/// Ranges in which words stay.
pub(crate) fn kept_ranges(work: &mut Work<'_>, file: &Path, read: &ReadFiles) -> Vec<Range<usize>> {
    let mut kept = names(work, file);
    // The folders and files keep their names.
    kept.extend_from_slice(read.kept(file));
    kept.extend(work.kept_of(file));
    kept.extend(tables(work, file));
    kept
}

/// Names that other places of the configuration refer to, and which are no texts there: a provider's alias is
/// `aws.eu-west-1` to those who use it, whatever region it works in.
fn names(work: &Work<'_>, file: &Path) -> Vec<Range<usize>> {
    let syntax = &work.parsed[file].syntax;
    let mut kept = syntax.output_names.clone();
    kept.extend(syntax.blocks("provider").filter_map(|block| attribute(&block.body, "alias")).map(place));
    for block in syntax.blocks("module") {
        kept.extend(["source", "providers"].iter().filter_map(|name| attribute(&block.body, name)).map(place));
    }
    for kind in CHOOSERS {
        kept.extend(syntax.blocks(kind).filter_map(|block| attribute(&block.body, "provider")).map(place));
    }
    for block in syntax.blocks("terraform") {
        kept.extend(blocks(&block.body, "required_providers").map(place));
    }
    kept
}

/// Tables that have a place for each region. One that names both sides is right in both; of one that knows the
/// primary and others, only what is the primary's follows.
fn tables(work: &mut Work<'_>, file: &Path) -> Vec<Range<usize>> {
    let mut kept: Vec<Range<usize>> = Vec::new();
    let mut notes = Vec::new();
    let text = &work.parsed[file].text;
    let parts: Vec<&str> = work.input.primary.as_str().split('-').collect();
    for table in &work.parsed[file].syntax.tables {
        if let Some((word, new)) = both_sides(&work.words, &table.words) {
            let message = format!("left as it is: it names {word} and {new} side by side");
            notes.push((codes::R_KEPT, Severity::Info, table.range.clone(), message));
            kept.push(table.range.clone());
            continue;
        }
        let (primary, standby) = (work.input.primary, work.input.standby);
        let is_other = |key: &str| region_of(key).is_some_and(|region| region != primary.as_str());
        let others = table.rows().filter(|(key, _)| is_other(key)).map(|(_, value)| value.clone());
        let others: Vec<Range<usize>> = others.collect();
        let ours = table.rows().find(|(key, _)| *key == primary.as_str());
        if let Some((_, value)) = ours.filter(|_| !others.is_empty()) {
            notes.push((codes::R_REGION_TABLE, Severity::Warning, value.clone(), one_for_another(primary, standby)));
        }
        kept.extend(others);
        // `{ from = "eu-west-1", to = "eu-central-1" }`: with one region in both places it says something else.
        let is_value = |range: &Range<usize>, region: &Region| {
            text.get(range.start + 1..range.end.saturating_sub(1)) == Some(region.as_str())
        };
        if table.values.iter().any(|value| is_value(value, standby)) {
            for value in table.values.iter().filter(|value| is_value(value, primary)) {
                notes.push((codes::R_KEPT, Severity::Warning, value.clone(), beside(standby)));
                kept.push(value.clone());
            }
        }
        if table.words.len() >= parts.len() && table.words.windows(parts.len()).any(|words| words == parts) {
            let message =
                format!("the parts of {primary} are listed here, and are left as they are: join() of them is not seen");
            notes.push((codes::R_SPELLING, Severity::Warning, table.range.clone(), message));
        }
    }
    for (code, severity, range, message) in notes {
        let subject = Subject::File { span: work.span(file, range) };
        work.note(code, severity, subject, message);
    }
    kept
}

/// What is said of a table that has the primary and others.
pub(crate) fn one_for_another(primary: &Region, standby: &Region) -> String {
    format!("the table has no entry for {standby}: that of {primary} now stands for it, and the others stay")
}

/// What is said of the primary as a value beside the standby.
pub(crate) fn beside(standby: &Region) -> String {
    format!(
        "left as it is: {standby} is a value beside it; if it means the region that this stack is in, take it from a variable or data.aws_region"
    )
}

/// The code of the region that a key names: `eu-west-2`, `eu_west_2`, `euw2`.
pub(crate) fn region_of(key: &str) -> Option<&str> {
    if Region::new(key).is_ok() {
        return Some(key);
    }
    // Few keys end so, and the others are told at once.
    if !key.ends_with(|last: char| last.is_ascii_digit()) || key.len() < SHORTEST_CODE {
        return None;
    }
    places::codes().find(|code| short_code(code).as_deref() == Some(key) || code.replace('-', "_") == key)
}

/// `use1`
const SHORTEST_CODE: usize = 4;

/// A word of the primary among these with what stands for it, where both are there: a table of both sides.
pub(crate) fn both_sides(words: &Words, texts: &[String]) -> Option<(String, String)> {
    texts.iter().filter(|text| !words.find(text).is_empty()).find_map(|text| {
        let new = words.replace(text);
        (new != *text && texts.contains(&new)).then(|| (text.clone(), new))
    })
}
