//! The stores of the journal: there, writable, not in the primary region alone, and what they tell of past runs.
//! Nothing is written.

use super::recovery_kit;
use super::scorecard::{Scorecard, Sheet};
use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::{Aws, BucketPlace};
use pilotlight_drift::Place;
use pilotlight_failover::{RunReport, is_measured_failover, report};
use pilotlight_findings::{AreaName, Evidence, Explain, Finding, Severity, Subject, codes};
use pilotlight_journal::{JournalError, JournalStores, known_runs, read_run, unfinished_run};
use pilotlight_store::{Store, Writable};

/// Runs that are looked through for one that was measured, the newest first: more than anybody rehearses between two
/// failovers that succeed.
const RUNS: usize = 20;

/// What the journal tells of past runs.
#[derive(Default)]
pub(super) struct Past {
    /// The newest failover that succeeded.
    pub(super) measured: Option<RunReport>,
    /// Whether the journal could be read.
    pub(super) known: bool,
}

/// Where a store is, as far as it is known.
#[derive(PartialEq)]
enum Where {
    ThisMachine,
    Primary,
    Elsewhere,
    NotKnown,
}

/// What a look at a store shows.
struct Seen {
    place: Where,
    /// Whether it can be read, as far as it was tried. Where it can't, that is said.
    answers: bool,
}

pub(super) async fn judge(
    project: &Project,
    states: &States,
    aws: &Aws,
    card: &mut Scorecard,
) -> Result<Past, Failure> {
    let (mut places, mut silent) = (Vec::new(), Vec::new());
    for url in &project.plan.journal {
        let store = project.store(url, aws).await?;
        let Seen { place, answers } = look(project, url, &store, aws, card.sheet(AreaName::Journal)).await;
        places.push(place);
        if !answers {
            silent.push(Subject::Journal { url: url.clone() });
        }
    }
    let sheet = card.sheet(AreaName::Journal);
    judge_places(project, &places, sheet);
    if silent.contains(&Subject::Journal { url: project.plan.journal[0].clone() }) {
        return Ok(Past::default());
    }
    let stores = project.journal(&[], aws).await?;
    recovery_kit::judge(project, states, &stores, &silent, sheet).await;
    match past(&stores, &project.plan.name, sheet).await {
        Ok(past) => Ok(past),
        Err(failed) => {
            let subject = Subject::Journal { url: stores.first.url() };
            let mut finding = Finding::new(failed.code, Severity::Error, subject, failed.message);
            finding.remedy = failed.remedy;
            sheet.findings.push(finding);
            Ok(Past::default())
        }
    }
}

async fn look(project: &Project, url: &str, store: &Store, aws: &Aws, sheet: &mut Sheet) -> Seen {
    let subject = || Subject::Journal { url: url.to_owned() };
    let broken = |why: String, remedy: &str| {
        Finding::new(codes::V_JOURNAL_WRITE, Severity::Error, subject(), format!("it cannot be written: {why}"))
            .remedy(remedy)
    };
    match store.writable() {
        Some(Writable::Yes { free }) => {
            sheet.fact(format!("{url} is writable, {} free", bytes(free)));
            return Seen { place: Where::ThisMachine, answers: true };
        }
        Some(Writable::No(why)) => {
            sheet.fact(format!("{url} is not writable"));
            sheet
                .findings
                .push(broken(why, "make room, or let this user write there, or name another folder in journal"));
            return Seen { place: Where::ThisMachine, answers: false };
        }
        None => {}
    }
    let bucket = url.trim_start_matches("s3://").split('/').next().unwrap_or_default();
    let place = match aws.bucket(&Place::own(project.plan.standby.clone()), bucket).await {
        Ok(BucketPlace::Missing) => {
            sheet.fact(format!("{url} is not there"));
            let remedy = format!("create the bucket {bucket} in {}, or correct journal", project.plan.standby);
            sheet.findings.push(broken("its bucket does not exist".into(), &remedy));
            return Seen { place: Where::NotKnown, answers: false };
        }
        Ok(BucketPlace::In(region)) => Ok(region),
        Ok(BucketPlace::Somewhere) => Err(None),
        Err(error) => Err(Some(error)),
    };
    let unknown =
        |what: String, remedy: &str| Finding::new(codes::V_UNKNOWN, Severity::Warning, subject(), what).remedy(remedy);
    // The answer of the store itself.
    let asked = store.folders("").await;
    if let Err(error) = &asked {
        let remedy = error.remedy().unwrap_or_else(|| "make the bucket reachable".into());
        // What these credentials may not see, those of the person on call may.
        let (fact, finding) = if error.code() == codes::J_DENIED {
            let what = format!("whether runs can be read and written there is not known: failed to {error}");
            ("may not be read", unknown(what, &remedy))
        } else {
            ("gives no answer", broken(format!("failed to {error}"), &remedy))
        };
        sheet.fact(format!("{url} {fact}"));
        sheet.findings.push(finding);
    }
    let place = match place {
        Ok(region) => {
            sheet.fact(format!("{url} is in {region}"));
            if region == project.plan.primary.as_str() { Where::Primary } else { Where::Elsewhere }
        }
        Err(why) => {
            sheet.fact(format!("the region of {url} is not known"));
            // A store that is no S3 of AWS has none to tell, and one that does not answer is said already.
            if let Some(error) = why.filter(|_| asked.is_ok()) {
                let what = format!("which region it is in is not known: failed to {error}");
                sheet.findings.push(unknown(what, &format!("allow s3:ListBucket on {bucket} to this identity")));
            }
            Where::NotKnown
        }
    };
    Seen { place, answers: asked.is_ok() }
}

fn judge_places(project: &Project, places: &[Where], sheet: &mut Sheet) {
    let plan = &project.plan;
    if !places.contains(&Where::NotKnown) {
        // What is known now was guessed by names before.
        sheet.findings.retain(|finding| finding.code != codes::P_JOURNAL_REGION);
    }
    let subject = |url: String| Subject::Journal { url };
    let first_there = format!("put a store in {} first in the list of journal", plan.standby);
    if places.iter().all(|place| *place == Where::Primary) {
        let message = format!("it is in the primary region {} alone", plan.primary);
        let finding =
            Finding::new(codes::V_JOURNAL_PRIMARY, Severity::Error, subject(plan.journal.join(", ")), message);
        sheet.findings.push(finding.remedy(first_there));
    } else if places.first() == Some(&Where::Primary) {
        let message = format!("the store that decides is in the primary region {}", plan.primary);
        let finding =
            Finding::new(codes::V_JOURNAL_FIRST, Severity::Warning, subject(plan.journal[0].clone()), message);
        sheet.findings.push(finding.remedy(first_there));
    } else if places.iter().all(|place| *place == Where::ThisMachine) {
        let message = "it is on this machine alone";
        let finding =
            Finding::new(codes::V_JOURNAL_ALONE, Severity::Warning, subject(plan.journal.join(", ")), message);
        sheet.findings.push(finding.remedy(format!("add a bucket in {} to journal", plan.standby)));
    }
}

/// An error of the journal as a finding tells it.
struct Unusable {
    code: pilotlight_findings::Code,
    message: String,
    remedy: Option<String>,
}

impl<E: Explain> From<E> for Unusable {
    fn from(error: E) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self { code: error.code(), message: format!("failed to {error}{cause}"), remedy: error.remedy() }
    }
}

async fn past(stores: &JournalStores, plan: &str, sheet: &mut Sheet) -> Result<Past, Unusable> {
    let runs = known_runs(stores, plan).await?;
    if let Some(run) = unfinished_run(stores, plan).await?.map(|log| log.state.run) {
        let error = JournalError::ActiveRun { plan: plan.to_owned(), run: run.clone() };
        let message = format!("run {run} is not finished, and a failover would be refused");
        let mut finding = Finding::new(error.code(), Severity::Error, Subject::Plan { name: plan.to_owned() }, message)
            .with(Evidence::fact("run", run));
        finding.remedy = error.remedy();
        sheet.findings.push(finding);
    }
    sheet.fact(match runs.len() {
        0 => "no run yet".to_owned(),
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    });
    // The copies of the newest run alone: what an older one lacks, it lacked then.
    let alone = JournalStores { first: stores.first.clone(), copies: Vec::new() };
    let mut measured = None;
    for (at, run) in runs.iter().rev().take(RUNS).enumerate() {
        let log = read_run(if at == 0 { stores } else { &alone }, run).await?;
        sheet.findings.extend(log.findings);
        let told = report(&log.events)?;
        if is_measured_failover(&told) {
            measured = Some(told);
            break;
        }
    }
    Ok(Past { measured, known: true })
}

fn bytes(count: u64) -> String {
    const GIB: u64 = 1 << 30;
    if count >= GIB { format!("{} GiB", count / GIB) } else { format!("{} MiB", count >> 20) }
}
