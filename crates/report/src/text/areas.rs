use super::ink::{Ink, pad, widest};
use crate::clean;
use crate::theme;
use pilotlight_findings::Area;

/// The scorecard: a line an area, with what speaks against it at its end.
pub(super) fn areas(areas: &[Area], ink: Ink) -> String {
    let names = widest(areas.iter().map(|area| area.name.as_str()));
    let words = widest(areas.iter().map(|area| theme::of_area(area.verdict).word));
    let mut out = String::from("\n");
    for area in areas {
        let mark = theme::of_area(area.verdict);
        let codes: Vec<&str> = area.codes.iter().map(|code| code.as_str()).collect();
        let mut facts = clean::line(&area.facts);
        if !codes.is_empty() {
            facts.push_str(&format!("  {}", codes.join(" ")));
        }
        // "  ✗ " and two blanks after each column.
        let before = 4 + names + 2 + words + 2;
        let wrapped = ink.wrap(before, 0, &facts);
        let name = pad(area.name.as_str(), names);
        let word = pad(mark.word, words);
        out.push_str(&format!("  {} {name}  {}  ", ink.tone(mark.tone, mark.symbol), ink.tone(mark.tone, &word)));
        out.push_str(wrapped.trim_start());
    }
    out
}
