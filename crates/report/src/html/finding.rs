//! Findings in groups, each with its evidence.

use super::page::{badge, class, safe};
use crate::cut::Limits;
use crate::evidence::{self, Row};
use crate::group::{Group, full_name, groups, name, unread};
use crate::headline::capitalized;
use crate::theme::{self, ABSENT, Edit};
use crate::words::count;
use maud::{Markup, html};
use pilotlight_findings::{Finding, Subject};

/// What the two sides of a change are called in this report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) old: &'static str,
    pub(super) new: &'static str,
}

/// Findings of a group that stand open; the rest is folded, so that the next group is not a thousand screens away.
const UNFOLDED: usize = 50;

/// All findings, the worst group first, and then what is unread.
pub(super) fn findings(findings: &[Finding], sides: Sides) -> Markup {
    let unread = unread(findings);
    html! {
        @for (at, group) in groups(findings).iter().enumerate() {
            @let id = format!("group-{at}");
            section aria-labelledby=(id) {
                h2 id=(id) { (heading(group)) " " span.n { (group.findings.len()) } }
                @let (shown, rest) = group.findings.split_at(group.findings.len().min(UNFOLDED));
                @for one in shown { (finding(one, sides)) }
                @if !rest.is_empty() {
                    details {
                        summary.card { (count(rest.len() as u64, "more finding")) " in " (group.title) }
                        @for one in rest { (finding(one, sides)) }
                    }
                }
            }
        }
        @if !unread.is_empty() {
            section aria-labelledby="unread" {
                h2 id="unread" { "Unread: nothing is known of these " span.n { (unread.len()) } }
                div.card {
                    table.stack {
                        thead { tr { th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "What to do" } } }
                        tbody {
                            @for one in unread {
                                tr {
                                    th scope="row" {
                                        (badge(theme::of_finding(one), theme::of_finding(one).word)) " " (full_name(&one.subject))
                                    }
                                    td { (safe(&one.message)) " " code.muted { (one.code) } }
                                    td { (one.remedy.as_deref().map(safe).unwrap_or_default()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A stack's or a file's name stays as it is written.
fn heading(group: &Group<'_>) -> String {
    match group.findings.first().map(|finding| &finding.subject) {
        Some(Subject::Resource { .. } | Subject::Stack { .. } | Subject::File { .. }) => group.title.clone(),
        _ => capitalized(&group.title),
    }
}

fn finding(finding: &Finding, sides: Sides) -> Markup {
    let mark = theme::of_finding(finding);
    html! {
        article class={ "card finding " (class(mark.tone)) } {
            div.head { (badge(mark, mark.word)) code { (finding.code) } }
            h3 { (name(&finding.subject)) }
            p { (safe(&finding.message)) }
            (all_evidence(&evidence::rows(&finding.evidence, Limits::AMPLE), sides))
            @if let Some(remedy) = &finding.remedy {
                p.remedy { b { "What to do: " } (safe(remedy)) }
            }
        }
    }
}

/// Rows in their order; neighbours of one kind stand in one table or list.
fn all_evidence(rows: &[Row], sides: Sides) -> Markup {
    let kind = |row: &Row| match row {
        Row::Values { .. } | Row::Elements { .. } | Row::Order { .. } => 0,
        Row::Fact { .. } => 1,
        Row::Text { .. } => 2,
    };
    html! {
        @for chunk in rows.chunk_by(|a, b| kind(a) == kind(b)) {
            @match kind(&chunk[0]) {
                0 => (changes(chunk, sides)),
                1 => dl { @for row in chunk { @if let Row::Fact { name, value } = row { dt { (name) } dd { (value) } } } },
                _ => @for row in chunk { @if let Row::Text { title, lines, more } = row { (diff(title, lines, *more)) } },
            }
        }
    }
}

fn changes(rows: &[Row], sides: Sides) -> Markup {
    html! {
        div.evidence {
            table.stack {
                thead {
                    tr { th scope="col" { "Attribute" } th scope="col" { (sides.old) } th scope="col" { (sides.new) } }
                }
                tbody { @for row in rows { tr { (change(row, sides)) } } }
            }
        }
    }
}

fn change(row: &Row, sides: Sides) -> Markup {
    let elements = |edits: &[(Edit, String)], only: Edit| {
        html! {
            @for (edit, value) in edits.iter().filter(|(edit, _)| *edit == only) { (edited(*edit, value)) }
        }
    };
    html! {
        @match row {
            Row::Values { attribute, old, new } => {
                th scope="row" { code { (attribute) } }
                td.pair data-label=(sides.old) { (edited(Edit::Removed, old.as_deref().unwrap_or(ABSENT))) }
                td.pair data-label=(sides.new) { (edited(Edit::Added, new.as_deref().unwrap_or(ABSENT))) }
            }
            Row::Elements { attribute, edits, more, kept } => {
                th scope="row" {
                    code { (attribute) }
                    @if *more > 0 { div.why { (count(*more as u64, "more element")) " not shown" } }
                    @if *kept > 0 { div.why { (kept) " unchanged" } }
                }
                td data-label=(sides.old) { (elements(edits, Edit::Removed)) }
                td data-label=(sides.new) { (elements(edits, Edit::Added)) }
            }
            Row::Order { attribute } => {
                th scope="row" { code { (attribute) } }
                td colspan="2" { "same elements, in another order" }
            }
            Row::Fact { .. } | Row::Text { .. } => {}
        }
    }
}

fn edited(edit: Edit, value: &str) -> Markup {
    let symbol = html! { span aria-hidden="true" { (theme::of_edit(edit).symbol) " " } };
    match edit {
        Edit::Removed => html! { del.mono { (symbol) (value) } },
        Edit::Added => html! { ins.mono { (symbol) (value) } },
        Edit::Kept | Edit::Heading => html! { span.mono { (value) } },
    }
}

fn diff(title: &str, lines: &[(Edit, String)], more: usize) -> Markup {
    html! {
        div.evidence {
            code { (title) }
            pre tabindex="0" aria-label={ "Diff of " (title) } {
                @for (edit, line) in lines {
                    @match edit {
                        Edit::Removed => del.l { "-" (line) },
                        Edit::Added => ins.l { "+" (line) },
                        Edit::Kept => span.l { " " (line) },
                        Edit::Heading => span.l.h { (line) },
                    }
                }
            }
            @if more > 0 { div.why { "… " (count(more as u64, "more line")) } }
        }
    }
}
