use super::{RecoveryKit, shelf};
use futures::future::join_all;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes, with_causes};
use pilotlight_journal::{EventStore, JournalStores, Shelf, ShelfIndex};
use pilotlight_tfstate::State;

/// What became of a kit.
#[derive(Debug, Default)]
pub struct Kept {
    /// URLs of the stores that have it.
    pub stores: Vec<String>,
    /// The stores that have no copy, errors where none has one; and copies of states that turned out to be damaged.
    pub findings: Vec<Finding>,
}

/// Writes a kit, with the states that it names, into every journal store.
pub async fn keep_kit<'s>(
    stores: &JournalStores,
    kit: &RecoveryKit,
    states: impl IntoIterator<Item = (&'s str, &'s State)>,
) -> Kept {
    let shelf = shelf(&kit.plan);
    let all: Vec<&dyn EventStore> = std::iter::once(&stores.first).chain(&stores.copies).map(|one| &**one).collect();
    let states: Vec<(&str, &State)> = states.into_iter().collect();
    let indexes = join_all(all.iter().map(|store| shelf.index(*store))).await;
    // The same number in each store, so that a person finds the same kit under the same name.
    let last = indexes.iter().flatten().filter_map(|index| index.numbers.last()).max();
    let number = last.map_or(0, |last| last + 1);
    let writes = all.iter().zip(indexes).map(|(store, index)| {
        let (shelf, states) = (&shelf, &states);
        async move {
            let index = index.map_err(|error| with_causes(&error))?;
            write(shelf, *store, &index, number, kit, states).await
        }
    });
    let written = join_all(writes).await;
    let severity = if written.iter().any(Result::is_ok) { Severity::Warning } else { Severity::Error };
    let mut kept = Kept::default();
    for (store, written) in all.iter().zip(written) {
        match written {
            Ok(damaged) => {
                kept.stores.push(store.url());
                kept.findings.extend(damaged);
            }
            Err(cause) => {
                let subject = Subject::Journal { url: store.url() };
                let message = match severity {
                    Severity::Error => {
                        "no recovery kit was kept, here or in any journal store: the standby could not be rebuilt without the primary region"
                    }
                    _ => "no recovery kit was kept here; another journal store has it",
                };
                kept.findings.push(
                    Finding::new(codes::R_KIT_NOT_KEPT, severity, subject, message)
                        .with(Evidence::fact("because", cause))
                        .remedy("make the store writable, and run pilotlight rebuild PLAN --apply again"),
                );
            }
        }
    }
    kept
}

/// The states first: a kit never names what is not there yet.
async fn write(
    shelf: &Shelf,
    store: &dyn EventStore,
    index: &ShelfIndex,
    number: u64,
    kit: &RecoveryKit,
    states: &[(&str, &State)],
) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for kept in &kit.states {
        let Some((_, state)) = states.iter().find(|(stack, _)| *stack == kept.stack) else { continue };
        let written = shelf.keep_object(store, index, &kept.sha256, state.bytes()).await;
        if let Some(damaged) = written.map_err(|error| with_causes(&error))? {
            let subject = Subject::Journal { url: store.url() };
            let message =
                format!("a copy of the state of {} is not what was written; it was kept again beside it", kept.stack);
            findings.push(
                Finding::new(codes::R_KIT_DAMAGED, Severity::Warning, subject, message)
                    .with(Evidence::fact("because", damaged.to_string()))
                    .remedy("find out who changed the store"),
            );
        }
    }
    shelf.keep_document(store, number, kit).await.map_err(|error| with_causes(&error))?;
    Ok(findings)
}
