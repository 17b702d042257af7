use super::{KeptState, RecoveryKit, shelf};
use futures::future::join_all;
use pilotlight_findings::{Evidence, Explain as _, Finding, Severity, Subject, codes};
use pilotlight_journal::{EventStore, JournalStores, Shelf, ShelfError, ShelfIndex};
use pilotlight_plan::DrPlan;
use pilotlight_store::StoreError;
use pilotlight_tfstate::State;
use std::collections::BTreeMap;

/// A kit that verifies, with everything that it names.
#[derive(Debug)]
pub struct FoundKit {
    /// The kit.
    pub kit: RecoveryKit,
    /// The primary's states, by stack.
    pub states: BTreeMap<String, State>,
    /// Its URL.
    pub url: String,
}

/// What a search for a kit came to.
#[derive(Debug, Default)]
pub struct KitSearch {
    /// The newest kit that verifies.
    pub found: Option<FoundKit>,
    /// What does not verify, and stores that gave no answer. All are warnings: the search went on.
    pub findings: Vec<Finding>,
}

/// One store's shelf, at the newest kit of it that was not passed over.
struct Shelved<'s> {
    store: &'s dyn EventStore,
    index: ShelfIndex,
    head: Option<(u64, RecoveryKit)>,
}

/// Searches every journal store for the newest kit of a plan that verifies: its own seal, its plan and regions, and
/// each state that it names by its digest, from whichever store has it whole.
pub async fn find_kit(stores: &JournalStores, plan: &DrPlan) -> KitSearch {
    let shelf = shelf(&plan.name);
    let all: Vec<&dyn EventStore> = std::iter::once(&stores.first).chain(&stores.copies).map(|one| &**one).collect();
    let mut search = KitSearch::default();
    let mut shelves = Vec::new();
    for (store, index) in all.iter().zip(join_all(all.iter().map(|store| shelf.index(*store))).await) {
        match index {
            Ok(index) => shelves.push(Shelved { store: *store, index, head: None }),
            Err(error) => search.findings.push(unread(*store, &error)),
        }
    }
    for one in &mut shelves {
        one.advance(&shelf, plan, &mut search.findings).await;
    }
    // Numbers order the kits of one store; between stores, of which one may have missed some, the time does.
    while let Some(newest) = newest(&shelves) {
        let Some((number, kit)) = shelves[newest].head.clone() else { break };
        match states(&shelf, &shelves, newest, &kit, &mut search.findings).await {
            Ok(states) => {
                let url = format!("{}/{}", shelves[newest].store.url(), shelf.key(number));
                search.found = Some(FoundKit { kit, states, url });
                break;
            }
            Err(finding) => search.findings.push(finding),
        }
        for one in &mut shelves {
            if one.head.as_ref().is_some_and(|(_, other)| *other == kit) {
                one.advance(&shelf, plan, &mut search.findings).await;
            }
        }
    }
    search
}

fn newest(shelves: &[Shelved<'_>]) -> Option<usize> {
    let heads = shelves.iter().enumerate().filter_map(|(at, one)| {
        let (number, kit) = one.head.as_ref()?;
        // Of two stores with the same kit, the first one's.
        Some(((kit.taken_at, *number, std::cmp::Reverse(at)), at))
    });
    heads.max_by_key(|(order, _)| *order).map(|(_, at)| at)
}

impl Shelved<'_> {
    /// Goes on to the next older kit that can be read.
    async fn advance(&mut self, shelf: &Shelf, plan: &DrPlan, findings: &mut Vec<Finding>) {
        self.head = None;
        while let Some(number) = self.index.numbers.pop() {
            match read(shelf, self.store, number, plan).await {
                Ok(kit) => {
                    self.head = Some((number, kit));
                    return;
                }
                Err(Unusable::Store(error)) => {
                    // What is below it cannot be read either, and would take as long not to be.
                    findings.push(unread(self.store, &error));
                    return;
                }
                Err(Unusable::Kit(reason)) => {
                    let url = format!("{}/{}", self.store.url(), shelf.key(number));
                    findings.push(damaged(url, "the recovery kit is passed over", &reason));
                }
            }
        }
    }
}

enum Unusable {
    Store(StoreError),
    Kit(String),
}

async fn read(shelf: &Shelf, store: &dyn EventStore, number: u64, plan: &DrPlan) -> Result<RecoveryKit, Unusable> {
    let json = match shelf.document(store, number).await {
        Ok(json) => json,
        Err(ShelfError::Store(error)) => return Err(Unusable::Store(error)),
        Err(error) => return Err(Unusable::Kit(error.to_string())),
    };
    let kit = RecoveryKit::read(&json).map_err(|error| Unusable::Kit(error.to_string()))?;
    if kit.plan != plan.name {
        return Err(Unusable::Kit(format!("it is of plan {}", kit.plan)));
    }
    if (&kit.primary, &kit.standby) != (&plan.primary, &plan.standby) {
        return Err(Unusable::Kit(format!("it is of {} and {}", kit.primary, kit.standby)));
    }
    Ok(kit)
}

/// Every state of a kit, from the kit's own store where that has it whole, else from another one.
async fn states(
    shelf: &Shelf,
    shelves: &[Shelved<'_>],
    own: usize,
    kit: &RecoveryKit,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, State>, Finding> {
    let mut states = BTreeMap::new();
    let others = shelves.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, one)| one);
    let order: Vec<&Shelved<'_>> = std::iter::once(&shelves[own]).chain(others).collect();
    for kept in &kit.states {
        let mut failed = Vec::new();
        let mut found = None;
        for one in &order {
            match state(shelf, one, kept).await {
                Ok(state) => {
                    found = Some(state);
                    break;
                }
                Err(reason) => failed.push((one.store.url(), reason)),
            }
        }
        match found {
            Some(state) => {
                let what = format!("the copy of the state of {} is taken from another store", kept.stack);
                findings.extend(failed.into_iter().map(|(url, reason)| damaged(url, &what, &reason)));
                states.insert(kept.stack.clone(), state);
            }
            None => {
                let told: Vec<String> = failed.into_iter().map(|(url, reason)| format!("{url}: {reason}")).collect();
                let what = format!(
                    "the recovery kit of {} is passed over: no copy of the state of {} is whole",
                    kit.taken_at, kept.stack
                );
                return Err(damaged(shelves[own].store.url(), &what, &told.join("; ")));
            }
        }
    }
    Ok(states)
}

async fn state(shelf: &Shelf, shelved: &Shelved<'_>, kept: &KeptState) -> Result<State, String> {
    let bytes = shelf.object(shelved.store, &shelved.index, &kept.sha256).await.map_err(|error| error.to_string())?;
    // The name for errors is where the state was read, and that it is a copy.
    State::parse_owned(&format!("{} (copy in {})", kept.url, shelved.store.url()), bytes)
        .map_err(|error| error.to_string())
}

fn damaged(url: String, message: &str, reason: &str) -> Finding {
    Finding::new(codes::R_KIT_DAMAGED, Severity::Warning, Subject::Journal { url }, message)
        .with(Evidence::fact("because", reason))
        .remedy("find out who changed the store; pilotlight rebuild PLAN --apply writes a whole kit while the primary answers")
}

fn unread(store: &dyn EventStore, error: &StoreError) -> Finding {
    let subject = Subject::Journal { url: store.url() };
    let mut finding =
        Finding::new(error.code(), Severity::Warning, subject, "it cannot be searched for a recovery kit")
            .with(Evidence::fact("because", error.to_string()));
    finding.remedy = error.remedy();
    finding
}
