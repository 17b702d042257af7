//! Names that the source makes from a region: a zone from its letter, a website's host from its form.

use super::ranges::is_within;
use super::retarget::{Rule, Work};
use super::words::website_prefix;
use pilotlight_findings::{Severity, Subject, codes};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// AWS letters zones from `a`, and no region has more than six.
const ZONE_LETTERS: std::ops::RangeInclusive<char> = 'a'..='f';

/// Edits what the region decides, and asks for zones that the standby does not have.
pub(crate) fn join(work: &mut Work<'_>, file: &Path, kept: &[Range<usize>]) {
    let joints = work.parsed[file].syntax.joints.clone();
    let is_kept = |range: &Range<usize>| kept.iter().any(|kept| is_within(range, kept));
    let (ours, theirs) = (website_prefix(work.input.primary), website_prefix(work.input.standby));
    let mut letters = BTreeSet::new();
    for joint in &joints {
        if let Some(before) = joint.before.clone().filter(|range| !is_kept(range))
            && ours != theirs
            && work.text_of(file, before.clone()).ends_with(ours)
        {
            let range = before.end - ours.len()..before.end;
            work.edit(file, range, theirs, Rule::Region, "website endpoints of the standby region have this form");
        }
        if let Some(after) = joint.after.clone().filter(|range| !is_kept(range)) {
            let text = work.text_of(file, after.clone());
            let mut rest = text.chars();
            let letter = rest.next().filter(|letter| ZONE_LETTERS.contains(letter));
            if let Some(letter) = letter.filter(|_| !rest.next().is_some_and(char::is_alphanumeric)) {
                letters.insert((joint.interpolation.start, after.start + 1, letter));
            }
        }
    }
    for (start, end, letter) in letters {
        tell(work, file, start..end, &[letter]);
    }
    if joints.iter().any(|joint| joint.is_joined) {
        lists(work, file);
    }
}

/// Lists of letters, where the module joins a region with something computed.
fn lists(work: &mut Work<'_>, file: &Path) {
    let mut found = Vec::new();
    for table in &work.parsed[file].syntax.tables {
        let letter = |word: &String| match word.as_bytes() {
            [letter] if ZONE_LETTERS.contains(&char::from(*letter)) => Some(char::from(*letter)),
            _ => None,
        };
        let letters: Option<Vec<char>> = table.words.iter().map(letter).collect();
        found.extend(letters.filter(|letters| !letters.is_empty()).map(|letters| (table.range.clone(), letters)));
    }
    for (range, letters) in found {
        tell(work, file, range, &letters);
    }
}

/// Says where a text is cut at the length of the primary's name, and the standby's has another one.
pub(crate) fn cuts(work: &mut Work<'_>, file: &Path) {
    let (primary, standby) = (work.input.primary.to_string(), work.input.standby.to_string());
    if primary.len() == standby.len() {
        return;
    }
    let name = primary.len() as u64;
    for cut in work.parsed[file].syntax.cuts.clone() {
        // The region of a zone, the zone itself, or what comes after either.
        let is_name = cut.from == 0 && [name, name + 1].contains(&cut.length) || [name, name + 1].contains(&cut.from);
        if is_name {
            let subject = Subject::File { span: work.span(file, cut.range) };
            let message = format!(
                "substr() cuts at the length of {primary} here, and {standby} has {} letters: take the region from a variable or data.aws_region, or cut by length()",
                standby.len()
            );
            work.note(codes::R_SPELLING, Severity::Warning, subject, message);
        }
    }
}

fn tell(work: &mut Work<'_>, file: &Path, range: Range<usize>, letters: &[char]) {
    let standby = work.input.standby.clone();
    let offered: BTreeSet<&String> = work.input.zones.values().collect();
    let missing: Vec<String> =
        letters.iter().map(|letter| format!("{standby}{letter}")).filter(|zone| !offered.contains(zone)).collect();
    let shown: Vec<String> = letters.iter().map(char::to_string).collect();
    if missing.is_empty() {
        let subject = Subject::File { span: work.span(file, range) };
        let message = format!("zones are made from their letters here, and {standby} has {} too", shown.join(", "));
        work.note(codes::R_ZONE_LETTERS, Severity::Info, subject, message);
        return;
    }
    let what = format!("zones are made from their letters here, and {standby} offers no {}", missing.join(", "));
    let needs =
        "write the zones as whole names, or take them from data.aws_availability_zones: a letter cannot be mapped";
    work.ask(file, range, what, needs, None);
}
