//! Differences that rules took for no drift, folded: who doubts the verdict looks here.

use super::finding::Sides;
use super::page::safe;
use crate::evidence;
use crate::group::full_name;
use crate::silenced::{Rule, rules, sentence};
use crate::theme::ABSENT;
use crate::words::{count, number};
use maud::{Markup, html};
use pilotlight_findings::Silenced;

/// Differences that are shown of a rule.
const SHOWN: usize = 10;
/// Characters of a value in them.
const VALUE: usize = 200;

/// The section; nothing where nothing was silenced.
pub(super) fn silenced(silenced: &[Silenced], sides: Sides) -> Markup {
    html! {
        @if let Some(sentence) = sentence(silenced) {
            details.card.long {
                summary { (sentence) }
                p.muted { "Each of these is a difference that a rule takes for no drift. The counts above leave them out." }
                @for rule in rules(silenced) { (of_rule(&rule, sides)) }
            }
        }
    }
}

fn of_rule(rule: &Rule<'_>, sides: Sides) -> Markup {
    let all = rule.differences.len();
    html! {
        section.rule {
            h3 { code { (safe(rule.name)) } span.muted { (number(all as u64)) } }
            p { (safe(rule.reason)) }
            table.stack {
                thead {
                    tr {
                        th scope="col" { "What" }
                        th scope="col" { "Attribute" }
                        th scope="col" { (sides.old) }
                        th scope="col" { (sides.new) }
                    }
                }
                tbody { @for one in rule.differences.iter().take(SHOWN) { (difference(one, sides)) } }
            }
            @if all > SHOWN {
                p.why { "… " (count((all - SHOWN) as u64, "more difference")) ", all of them with --format json" }
            }
        }
    }
}

fn difference(one: &Silenced, sides: Sides) -> Markup {
    let (old, new) = evidence::sides(&one.old, &one.new, VALUE);
    html! {
        tr {
            th scope="row" { (full_name(&one.subject)) }
            td data-label="Attribute" { code { (safe(&one.attribute)) } }
            td data-label=(sides.old) { span.mono { (old.as_deref().unwrap_or(ABSENT)) } }
            td data-label=(sides.new) { span.mono { (new.as_deref().unwrap_or(ABSENT)) } }
        }
    }
}
