//! Differences that rules took for no drift: one line, or with `-v` rule by rule.

use super::TextOptions;
use super::ink::Ink;
use crate::clean;
use crate::evidence;
use crate::group::full_name;
use crate::silenced::{Rule, rules, sentence};
use crate::theme::{ABSENT, ARROW};
use crate::words::{count, number};
use pilotlight_findings::Silenced;

/// Differences that are shown of a rule: enough to see what kind they are.
const SHOWN: usize = 5;
/// Characters of a value in them.
const VALUE: usize = 60;

/// The section; empty where nothing was silenced.
pub(super) fn silenced(silenced: &[Silenced], options: TextOptions) -> String {
    let ink = Ink::new(options);
    let Some(sentence) = sentence(silenced) else { return String::new() };
    if !options.verbose {
        return format!("{}\n", ink.dim(&format!("{sentence} (-v shows them)")));
    }
    let mut out = format!("\n{}\n", ink.bold(&sentence));
    for rule in rules(silenced) {
        out.push_str(&of_rule(&rule, ink));
    }
    out
}

fn of_rule(rule: &Rule<'_>, ink: Ink) -> String {
    let all = rule.differences.len();
    let name = clean::line(rule.name);
    let mut out = format!("  {}  {}\n", ink.bold(&name), ink.dim(&number(all as u64)));
    out.push_str(&ink.wrap(4, 0, &clean::line(rule.reason)));
    for one in rule.differences.iter().take(SHOWN) {
        let (old, new) = evidence::sides(&one.old, &one.new, VALUE);
        let (old, new) = (old.as_deref().unwrap_or(ABSENT), new.as_deref().unwrap_or(ABSENT));
        let (subject, attribute) = (full_name(&one.subject), clean::line(&one.attribute));
        out.push_str(&format!("    · {subject}  {attribute}  {}\n", ink.dim(&format!("{old} {ARROW} {new}"))));
    }
    if all > SHOWN {
        let rest = count((all - SHOWN) as u64, "more difference");
        out.push_str(&format!("    {}\n", ink.dim(&format!("… {rest}, all of them with --format json"))));
    }
    out
}
