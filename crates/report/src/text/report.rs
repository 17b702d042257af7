use super::TextOptions;
use super::areas::areas;
use super::finding::finding;
use super::folded;
use super::ink::{Ink, pad, pad_left, widest};
use super::silenced::silenced;
use crate::clean;
use crate::group::{Group, full_name, groups, unread};
use crate::headline;
use crate::theme::{self, Mark, Tone};
use crate::words::number;
use pilotlight_findings::{ApiCalls, Finding, Report};

/// More findings than this do not fit a screen: an overview of the groups stands before them.
const AT_A_GLANCE: usize = 8;

/// A job's report. A clean one is a single line, with the scorecard below where there is one; else the findings follow, the most severe first, then
/// what could not be read and what rules silenced, and with [`TextOptions::verbose`] the calls by API.
pub fn report_text(report: &Report, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let tone = theme::of_verdict(report.verdict).tone;
    let job = headline::job_word(report.job);
    let mut out = format!(
        "{} {}\n",
        ink.strong(tone, &format!("{job}: {},", headline::verdict(report))),
        headline::effort(report)
    );
    if !report.areas.is_empty() {
        out.push_str(&areas(&report.areas, ink));
    }
    let groups = groups(&report.findings);
    // The scorecard is an overview already.
    if report.areas.is_empty() && groups.len() > 1 && report.findings.len() > AT_A_GLANCE {
        out.push_str(&overview(&groups, ink));
    }
    for group in &groups {
        out.push_str(&format!("\n{}\n", ink.bold(&group.title)));
        let entries = folded::findings(&group.findings, options, |one| finding(one, options));
        out.push_str(&entries.join("\n"));
    }
    let unread = unread(&report.findings);
    if !unread.is_empty() {
        out.push_str(&unread_text(&unread, options));
    }
    let silenced = silenced(&report.silenced, options);
    if !silenced.is_empty() && !options.verbose && !report.findings.is_empty() {
        out.push('\n');
    }
    out.push_str(&silenced);
    if options.verbose && !report.calls.is_empty() {
        out.push_str(&calls(&report.calls, ink));
    }
    if let Some(first) = report.findings.iter().max_by_key(|finding| finding.severity) {
        let hint = format!("For more about a code, try `pilotlight explain {}`.", first.code);
        out.push_str(&format!("\n{}\n", ink.dim(&hint)));
    }
    out
}

/// A line a group: what it has of each kind, the worst first.
fn overview(groups: &[Group<'_>], ink: Ink) -> String {
    let names = widest(groups.iter().map(|group| group.title.as_str()));
    let mut out = String::from("\n");
    for group in groups {
        let mut kinds: Vec<(Mark, u64)> = Vec::new();
        for mark in group.findings.iter().map(|finding| theme::of_finding(finding)) {
            match kinds.iter_mut().find(|(kind, _)| *kind == mark) {
                Some((_, count)) => *count += 1,
                None => kinds.push((mark, 1)),
            }
        }
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(mark, count)| ink.tone(mark.tone, &format!("{} {} {}", mark.symbol, number(count), mark.word)))
            .collect();
        out.push_str(&format!("  {}  {}\n", pad(&group.title, names), kinds.join("  ")));
    }
    out
}

fn unread_text(unread: &[&Finding], options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mut out = format!("\n{}\n", ink.bold("unread: nothing is known of these"));
    let entries = folded::findings(unread, options, |finding| one_unread(finding, ink));
    out.push_str(&entries.concat());
    out
}

fn one_unread(finding: &Finding, ink: Ink) -> String {
    let mark = theme::of_finding(finding);
    let name = ink.bold(&full_name(&finding.subject));
    let mut out = format!("  {} {name}  {}\n", ink.tone(mark.tone, mark.symbol), ink.dim(finding.code.as_str()));
    out.push_str(&ink.wrap(4, 0, &clean::line(&finding.message)));
    if let Some(remedy) = &finding.remedy {
        let text = ink.wrap(4, 8, &format!("remedy: {}", clean::line(remedy)));
        out.push_str(&text.replacen("remedy:", &ink.tone(Tone::Info, "remedy:"), 1));
    }
    out
}

fn calls(calls: &[ApiCalls], ink: Ink) -> String {
    let mut out = format!("\n{}\n", ink.bold("calls by API"));
    let apis: Vec<(String, String, String)> = calls
        .iter()
        .map(|call| {
            let api = format!("{}:{}", clean::line(&call.service), clean::line(&call.operation));
            (number(call.count), api, clean::line(&call.region))
        })
        .collect();
    let counts = widest(apis.iter().map(|(count, ..)| count.as_str()));
    let names = widest(apis.iter().map(|(_, name, _)| name.as_str()));
    for (count, name, region) in &apis {
        out.push_str(&format!("  {}  {}  {}\n", pad_left(count, counts), pad(name, names), ink.dim(region)));
    }
    out
}
