//! Gives reports: rendered by the report crate, to stdout or to `--out`.

use crate::args::{DrillFormat, DrillReportArgs, Format, ReportArgs, RunFormat, RunReportArgs};
use crate::commands::Context;
use crate::failure::{Failure, with_plan};
use crate::output::write_file;
use jiff::Timestamp;
use pilotlight_failover::RunReport;
use pilotlight_failover::live_drill::DrillReport;
use pilotlight_failover::tabletop::TabletopReport;
use pilotlight_findings::{ApiCalls, Count, Finding, Job, REPORT_SCHEMA_VERSION, Report, Verdict};
use pilotlight_report::{
    SarifOptions, TextOptions, drill_html, drill_json, drill_markdown, drill_text, report_html, report_json,
    report_junit, report_markdown, report_sarif, report_text, run_html, run_json, run_text, tabletop_html,
    tabletop_json, tabletop_markdown, tabletop_text,
};
use std::path::Path;
use std::time::Instant;

/// When a job began, for its report.
pub(crate) struct Began {
    at: Timestamp,
    instant: Instant,
}

impl Began {
    pub(crate) fn now() -> Self {
        Self { at: Timestamp::now(), instant: Instant::now() }
    }

    /// The report of a job that ends now.
    pub(crate) fn report(
        &self,
        job: Job,
        plan: Option<String>,
        verdict: Verdict,
        summary: Vec<Count>,
        mut findings: Vec<Finding>,
        calls: Vec<ApiCalls>,
    ) -> Report {
        // Stable: what a part said first stays first among equals.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Report {
            schema_version: REPORT_SCHEMA_VERSION,
            job,
            plan,
            started_at: format!("{:.3}", self.at),
            duration_ms: u64::try_from(self.instant.elapsed().as_millis()).unwrap_or(u64::MAX),
            verdict,
            summary,
            areas: Vec::new(),
            findings,
            silenced: Vec::new(),
            calls,
        }
    }
}

/// Gives a report of findings. Its remedies name the plan, so that their commands can be copied.
pub(crate) fn give(mut report: Report, args: &ReportArgs, context: Context<'_>) -> Result<(), Failure> {
    if let Some(plan) = context.plan {
        for remedy in report.findings.iter_mut().filter_map(|finding| finding.remedy.as_mut()) {
            *remedy = with_plan(remedy, plan);
        }
    }
    let report = &report;
    let plan_file = context.plan.map(Path::to_string_lossy);
    emit(args.out.as_deref(), context, |options| match args.format {
        Format::Text => report_text(report, options),
        Format::Json => report_json(report),
        Format::Sarif => {
            report_sarif(report, SarifOptions { plan_file: plan_file.as_deref(), silenced: context.verbose })
        }
        Format::Junit => report_junit(report),
        Format::Markdown => report_markdown(report),
        Format::Html => report_html(report),
    })
}

/// Gives the report of a run; `plan_file` is the plan as the user named it.
pub(crate) fn give_run(
    report: &RunReport,
    plan_file: Option<&Path>,
    args: &RunReportArgs,
    context: Context<'_>,
) -> Result<(), Failure> {
    let plan_file = plan_file.map(Path::to_string_lossy);
    emit(args.out.as_deref(), context, |options| match args.format {
        RunFormat::Text => run_text(report, plan_file.as_deref(), options),
        RunFormat::Json => run_json(report),
        RunFormat::Html => run_html(report, plan_file.as_deref()),
    })
}

/// Gives the report of a live drill; its commands name the plan as the user did.
pub(crate) fn give_drill(
    report: &DrillReport,
    plan_file: &Path,
    args: &DrillReportArgs,
    context: Context<'_>,
) -> Result<(), Failure> {
    let plan_file = plan_file.to_string_lossy();
    let plan = Some(&*plan_file);
    emit(args.out.as_deref(), context, |options| match args.format {
        DrillFormat::Text => drill_text(report, plan, options),
        DrillFormat::Json => drill_json(report),
        DrillFormat::Markdown => drill_markdown(report, plan),
        DrillFormat::Html => drill_html(report, plan),
    })
}

/// Gives the report of a tabletop drill; its remedies name the plan as the user did.
pub(crate) fn give_tabletop(
    mut report: TabletopReport,
    plan_file: &Path,
    args: &DrillReportArgs,
    context: Context<'_>,
) -> Result<(), Failure> {
    for remedy in report.fix.iter_mut().filter_map(|finding| finding.remedy.as_mut()) {
        *remedy = with_plan(remedy, plan_file);
    }
    let report = &report;
    emit(args.out.as_deref(), context, |options| match args.format {
        DrillFormat::Text => tabletop_text(report, options),
        DrillFormat::Json => tabletop_json(report),
        DrillFormat::Markdown => tabletop_markdown(report),
        DrillFormat::Html => tabletop_html(report),
    })
}

/// Gives a text that is data, not a report.
pub(crate) fn emit(
    out: Option<&Path>,
    context: Context<'_>,
    render: impl FnOnce(TextOptions) -> String,
) -> Result<(), Failure> {
    let screen = context.screen;
    match out {
        None => {
            let color = screen.stdout_color();
            screen.data(&render(TextOptions { color, width: screen.width(), verbose: context.verbose }))
        }
        Some(file) => {
            let text = render(TextOptions { color: false, width: FILE_WIDTH, verbose: context.verbose });
            write_file(file, text.as_bytes())?;
            screen.note(format!("report: {}", file.display()));
            Ok(())
        }
    }
}

/// Columns of a text report in a file: what a mail or an editor shows without wrapping.
const FILE_WIDTH: usize = 100;
