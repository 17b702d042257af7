//! What a rebuild has to know of the primary: from the primary, or from what an earlier rebuild kept of it.

use super::shown::notes;
use crate::commands::Context;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use jiff::Timestamp;
use pilotlight_cloud::Aws;
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_journal::JournalStores;
use pilotlight_plan::Stack;
use pilotlight_rebuild::{
    Catalog, FoundKit, KitSearch, Rebuild, RebuildError, RecoveryError, RecoveryKit, RegionCatalog as _, RegionMap,
    RememberingCatalog, find_kit, keep_kit,
};
use pilotlight_tfstate::State;

/// Who is asked.
pub(super) struct Asking<'a> {
    pub(super) project: &'a Project,
    pub(super) rebuild: &'a Rebuild<'a>,
    /// The stacks that are to be built.
    pub(super) stacks: &'a [&'a Stack],
    pub(super) aws: &'a Aws,
    pub(super) stores: &'a JournalStores,
}

/// What is known of the primary.
pub(super) struct Observed {
    pub(super) map: RegionMap,
    pub(super) states: States,
    pub(super) findings: Vec<Finding>,
    /// What is to be kept of it.
    kit: ToKeep,
}

enum ToKeep {
    Kit(Box<RecoveryKit>),
    /// It comes from a kit itself.
    Kept,
    /// The primary left a question without an answer.
    Incomplete,
}

/// The region map, and where it comes from.
struct Mapped {
    map: RegionMap,
    findings: Vec<Finding>,
    /// What both regions said, where both said everything.
    catalog: Option<Catalog>,
    from_kit: bool,
}

/// States, and where they come from.
#[derive(Default)]
struct Read {
    states: States,
    /// The stacks whose state is a kit's.
    borrowed: Vec<String>,
    /// Why theirs was not read.
    findings: Vec<Finding>,
}

impl Read {
    fn borrow(&mut self, stack: &Stack, state: &State) {
        self.states.add(&stack.name, Side::Primary, state.clone());
        self.borrowed.push(stack.name.clone());
    }
}

impl Asking<'_> {
    /// Asks the primary; with `down` only the journal.
    pub(super) async fn observe(&self, down: bool, context: Context<'_>) -> Result<Observed, Failure> {
        let taken_at = Timestamp::now();
        let plan = &self.project.plan;
        let live = self.aws.catalog();
        let asked = RememberingCatalog::new(&live, &plan.primary, &plan.standby);
        let silence = match down {
            true => Some("--primary-down".to_owned()),
            // Both at once: where neither answers, the wait is for one.
            false => match futures::join!(asked.zones(&plan.primary), asked.zones(&plan.standby)) {
                (Err(_), Err(error)) => return Err(RebuildError::Catalog(error).into()),
                (primary, _) => primary.err().map(|error| format!("failed to {error}")),
            },
        };
        let mut search = match silence {
            Some(_) => Some(find_kit(self.stores, plan).await),
            None => None,
        };
        if down && found(search.as_ref()).is_none() {
            notes(&search.map(|search| search.findings).unwrap_or_default(), context);
            return Err(self.no_kit().into());
        }
        let mut mapped = match found(search.as_ref()) {
            Some(FoundKit { kit, .. }) => {
                let kept = RememberingCatalog::with_kept(&live, &plan.primary, &plan.standby, &kit.catalog.primary);
                self.map(&kept, Some(&kit.map)).await?
            }
            None => self.map(&asked, None).await?,
        };
        let Read { states, borrowed, findings: unread } = match found(search.as_ref()).filter(|_| down) {
            Some(found) => self.kept_states(found)?,
            None => self.read_states(&mut search).await?,
        };
        let mut findings = mapped.findings;
        let all: Vec<&Stack> = plan.stacks.iter().collect();
        findings.extend(super::copies::find(self.project, &all, &states, self.aws, &mut mapped.map).await?);
        if let Some(search) = search {
            if let Some(found) = search.found.filter(|_| mapped.from_kit || !borrowed.is_empty()) {
                let silence = silence.filter(|_| mapped.from_kit);
                findings.push(self.told(&found, down, silence, &borrowed));
            }
            findings.extend(unread);
            findings.extend(search.findings);
        }
        let kit = match mapped.catalog {
            _ if mapped.from_kit || !borrowed.is_empty() => ToKeep::Kept,
            Some(catalog) => ToKeep::Kit(Box::new(RecoveryKit::take(
                plan,
                mapped.map.clone(),
                catalog,
                primaries(&states),
                taken_at,
            ))),
            None => ToKeep::Incomplete,
        };
        Ok(Observed { map: mapped.map, states, findings, kit })
    }

    async fn map(&self, catalog: &RememberingCatalog<'_>, kept: Option<&RegionMap>) -> Result<Mapped, Failure> {
        let (map, findings) = self.rebuild.region_map_as_built(catalog, kept).await?;
        Ok(Mapped { map, findings, catalog: catalog.remembered(), from_kit: kept.is_some() })
    }

    /// The states of a kit, and the names of their stacks. Nothing is asked for them, wherever the plan says they are.
    fn kept_states(&self, found: &FoundKit) -> Result<Read, Failure> {
        let mut read = Read::default();
        for stack in &self.project.plan.stacks {
            match found.states.get(&stack.name) {
                Some(state) => read.borrow(stack, state),
                None if self.stacks.iter().any(|asked| asked.name == stack.name) => {
                    return Err(RecoveryError::NoState {
                        stack: stack.name.clone(),
                        primary: self.project.plan.primary.clone(),
                        taken_at: found.kit.told_age(Timestamp::now()),
                    }
                    .into());
                }
                None => {}
            }
        }
        Ok(read)
    }

    /// The states from where the plan says they are, and from a kit those whose store does not answer. Any other
    /// failure is one to correct: a state that was denied is not to be replaced by an older one.
    async fn read_states(&self, search: &mut Option<KitSearch>) -> Result<Read, Failure> {
        let mut read = Read::default();
        for stack in &self.project.plan.stacks {
            let failure = match self.project.read_state(stack, Side::Primary, self.aws).await {
                Ok(Some(state)) => {
                    read.states.add(&stack.name, Side::Primary, state);
                    continue;
                }
                Ok(None) => continue,
                Err(failure) if failure.code() == codes::J_UNREACHABLE => failure,
                Err(failure) => return Err(failure),
            };
            if search.is_none() {
                *search = Some(find_kit(self.stores, &self.project.plan).await);
            }
            let Some(state) = found(search.as_ref()).and_then(|found| found.states.get(&stack.name)) else {
                return Err(failure);
            };
            read.borrow(stack, state);
            let subject = Subject::Stack { stack: stack.name.clone(), side: Some(Side::Primary) };
            read.findings.push(Finding { severity: Severity::Warning, ..failure.finding(subject) });
        }
        Ok(read)
    }

    /// That the kit is used, how old it is, and why.
    fn told(&self, found: &FoundKit, down: bool, silence: Option<String>, borrowed: &[String]) -> Finding {
        let plan = &self.project.plan;
        let mut what = Vec::new();
        if silence.is_some() {
            what.push("the region map, what the region offered".to_owned());
        }
        match borrowed {
            [] => {}
            [one] => what.push(format!("the state of {one}")),
            many => what.push(format!("the states of {}", many.join(", "))),
        }
        let why = match (down, &silence) {
            (true, _) => format!("{} is not asked (--primary-down)", plan.primary),
            (false, Some(_)) => format!("{} does not answer", plan.primary),
            (false, None) => "not every state of the primary can be read".to_owned(),
        };
        let age = found.kit.told_age(Timestamp::now());
        let message = format!("{why}: {} come from the recovery kit of {age}", what.join(" and "));
        let subject = Subject::Plan { name: plan.name.clone() };
        let mut finding = Finding::new(codes::R_KIT, Severity::Warning, subject, message)
            .with(Evidence::fact("recovery kit", &found.url));
        if let Some(silence) = silence.filter(|_| !down) {
            finding = finding.with(Evidence::fact("because", silence));
        }
        for kept in found.kit.states.iter().filter(|kept| borrowed.contains(&kept.stack)) {
            let which = format!("serial {}, lineage {}, from {}", kept.serial, kept.lineage, kept.url);
            finding = finding.with(Evidence::fact(format!("state of {}", kept.stack), which));
        }
        finding
            .remedy("what was applied in the primary since then is not in the standby: rebuild again once it answers")
    }

    fn no_kit(&self) -> RecoveryError {
        let stores = self.stores;
        let urls: Vec<String> = std::iter::once(&stores.first).chain(&stores.copies).map(|store| store.url()).collect();
        RecoveryError::NoKit { primary: self.project.plan.primary.clone(), stores: urls.join(", ") }
    }
}

impl Observed {
    /// Keeps what was read of the primary in every journal store, and tells which has it.
    pub(super) async fn keep(&self, stores: &JournalStores, context: Context<'_>) -> Vec<Finding> {
        let kit = match &self.kit {
            // The map as it was used: what was found out for it since belongs to it.
            ToKeep::Kit(kit) => RecoveryKit { map: self.map.clone(), ..(**kit).clone() },
            ToKeep::Kept => return Vec::new(),
            ToKeep::Incomplete => return vec![incomplete(stores)],
        };
        let wait = Wait::new(context.screen, "keeping what was read of the primary with the journal");
        let kept = keep_kit(stores, &kit, primaries(&self.states)).await;
        drop(wait);
        if !kept.stores.is_empty() {
            context.screen.note(format!("recovery kit kept in {}", kept.stores.join(", ")));
        }
        kept.findings
    }
}

fn found(search: Option<&KitSearch>) -> Option<&FoundKit> {
    search?.found.as_ref()
}

fn primaries(states: &States) -> impl Iterator<Item = (&str, &State)> {
    states.all().filter(|(_, side, _)| *side == Side::Primary).map(|(stack, _, state)| (stack, state))
}

/// A kit with holes would be worse than the one before it.
fn incomplete(stores: &JournalStores) -> Finding {
    let subject = Subject::Journal { url: stores.first.url() };
    let message = "no recovery kit was kept: a region did not say everything that it offers";
    Finding::new(codes::R_KIT_NOT_KEPT, Severity::Warning, subject, message)
        .remedy("see the findings with PL-R112, and run pilotlight rebuild PLAN --apply again when both regions answer")
}
