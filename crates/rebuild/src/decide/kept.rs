//! Places of a file of HCL in which nothing follows the region.

use super::read_files::ReadFiles;
use super::retarget::Work;
use super::syntax::{attribute, blocks, place};
use pilotlight_findings::{Severity, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Blocks that choose a provider configuration by its name.
const CHOOSERS: [&str; 4] = ["resource", "data", "ephemeral", "import"];

/// Ranges in which words stay.
pub(crate) fn kept_ranges(work: &mut Work<'_>, file: &Path, read: &ReadFiles) -> Vec<Range<usize>> {
    let syntax = &work.parsed[file].syntax;
    let mut kept = names(work, file);
    // The folders and files keep their names.
    kept.extend(read.kept(work, file));
    kept.extend(work.kept_of(file));
    let mut tables = Vec::new();
    for (range, words) in &syntax.tables {
        let moves = |word: &String| Some(work.words.replace(word)).filter(|new| new != word && words.contains(new));
        if let Some(both) = words.iter().find_map(|word| Some((word.clone(), moves(word)?))) {
            tables.push((range.clone(), both));
        }
    }
    for (range, (primary, standby)) in tables {
        let subject = Subject::File { span: work.span(file, range.clone()) };
        let message = format!("left as it is: it names {primary} and {standby} side by side");
        work.note(codes::R_KEPT, Severity::Info, subject, message);
        kept.push(range);
    }
    kept
}

/// Names that other places of the configuration refer to, and which are no texts there: a provider's alias is
/// `aws.eu-west-1` to those who use it, whatever region it works in.
fn names(work: &Work<'_>, file: &Path) -> Vec<Range<usize>> {
    let syntax = &work.parsed[file].syntax;
    let mut kept = Vec::new();
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
