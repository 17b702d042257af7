//! A compiled run, before anything is done: what it moves, its steps, and every call it makes.

use crate::clean::line as clean;
use crate::text::TextOptions;
use pilotlight_failover::{Mode, Plane, RecordGroup, RecordSet, Run, Step, dry_run_findings};
use pilotlight_findings::{Finding, Severity, Subject};
use std::fmt::Write as _;

/// What a run will do, for the person who is asked to agree to it.
pub fn compiled_text(run: &Run, options: TextOptions) -> String {
    let mut text = String::new();
    // Writing to a string does not fail; the one place says so for all of them.
    let _ = write_run(&mut text, run, options);
    text
}

/// The same for a program: the run, its digest and what is to be said of it.
pub fn compiled_json(run: &Run) -> String {
    let document = serde_json::json!({
        "schema_version": 1,
        "digest": run.digest().ok(),
        "run": run,
        "findings": dry_run_findings(run),
    });
    format!("{document:#}\n")
}

fn write_run(text: &mut String, run: &Run, options: TextOptions) -> std::fmt::Result {
    let (from, to) = (&run.from, &run.to);
    writeln!(text, "{} of {}: {} ({}) to {} ({})", run.job, run.plan, from.region, from.side, to.region, to.side)?;
    if run.mode == Mode::Ungraceful {
        writeln!(text, "ungraceful: the {} is called for nothing that has to succeed", from.side)?;
    }
    if let Ok(digest) = run.digest() {
        writeln!(text, "digest {digest}")?;
    }
    writeln!(text, "\nRecords")?;
    for group in run.record_changes().flat_map(|changes| changes.groups()) {
        write_record(text, &group)?;
    }
    if !run.owners.is_empty() {
        writeln!(text, "\nTerraform")?;
    }
    for owner in &run.owners {
        writeln!(text, "  {}", clean(&owner.to_string()))?;
    }
    writeln!(text, "\nSteps")?;
    for phase in &run.phases {
        writeln!(text, "  {}", phase.phase)?;
        for step in &phase.steps {
            write_step(text, step)?;
        }
    }
    if run.steps().any(|step| step.point_of_no_return) {
        writeln!(text, "\n{WHERE_A_PERSON_DECIDES}")?;
    }
    let findings = dry_run_findings(run);
    let shown: Vec<_> =
        findings.iter().filter(|finding| options.verbose || finding.severity > Severity::Info).collect();
    if !shown.is_empty() {
        writeln!(text, "\nWorth knowing")?;
    }
    for finding in shown {
        writeln!(text, "  ! {}{} [{}]", clean(&about(finding)), clean(&finding.message), finding.code)?;
    }
    Ok(())
}

/// What a line is about, where its message does not say it: there is no heading above it, as a report has.
fn about(finding: &Finding) -> String {
    let name = match &finding.subject {
        Subject::Resource { address, .. } => address.clone(),
        Subject::Record { name, record_type, .. } => format!("{name} {record_type}"),
        _ => return String::new(),
    };
    if finding.message.contains(&name) { String::new() } else { format!("{name}: ") }
}

/// What there is to say to a run that waits.
const WHERE_A_PERSON_DECIDES: &str = "Where it waits for a person: run resume tries again, run skip leaves a step out, run \
                                      abort goes back, and run abort --withdraw goes forward again";

/// What becomes of a record: its answers, with their weights where it has such.
fn write_record(text: &mut String, group: &RecordGroup<'_>) -> std::fmt::Result {
    let name = format!("{} {}", clean(&group.name), group.record_type);
    let told = |sets: Vec<&RecordSet>| -> String {
        let sets = sets.into_iter().map(|set| {
            let answer = match &set.alias {
                Some(alias) => format!("an alias of {}", alias.dns_name),
                None => set.values.join(", "),
            };
            match set.weight {
                Some(weight) => format!("{answer} (weight {weight})"),
                None => answer,
            }
        });
        clean(&sets.collect::<Vec<_>>().join(", "))
    };
    let before = told(group.changes.iter().map(|change| &change.before).collect());
    let after = told(group.changes.iter().map(|change| &change.after).collect());
    if group.changes.iter().all(|change| change.before == change.after) {
        return writeln!(text, "  = {name}  is at its target already: {after}");
    }
    writeln!(text, "  ~ {name}")?;
    writeln!(text, "      {before}  ->  {after}")
}

fn write_step(text: &mut String, step: &Step) -> std::fmt::Result {
    let undo = if step.has_undo() { ", can be undone" } else { "" };
    let point = if step.point_of_no_return { ", after it a failure waits for a person" } else { "" };
    writeln!(text, "    {}  {}{undo}{point}", clean(&step.id), clean(&step.title))?;
    for call in &step.calls {
        let plane = match call.plane {
            Plane::Control => "control plane",
            Plane::Data => "data plane",
            Plane::Unknown => "not known",
        };
        let region = call.region.as_ref().map_or("", |region| region.as_str());
        let place = [plane, region].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        writeln!(text, "      {} {}  ({place})", clean(&call.service), clean(&call.operation))?;
    }
    Ok(())
}
