//! The objects that one plugin reads, and what is done when the plugin ends in the middle of it.
//!
//! A provider that panics takes everything with it that it was reading at that moment. The one object that made it
//! end must not cost the others: what had been asked for and not answered is read again one at a time by a new
//! process, and the object during whose read that one ends too is named. What had not been asked for is read as before.

use crate::provider::PluginError;
use crate::provider::object::{Answer, Outcome, Reading};
use futures::StreamExt;
use futures::future::BoxFuture;
use pilotlight_drift::{Recorded, Wanted};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Processes that are started for one group: an object that ends them costs two, one that finds it out and one that
/// goes on. Four such objects in one run are a provider that is of no use.
const STARTS: usize = 9;

/// An object that is wanted, with its record.
pub(crate) struct Object<'q> {
    pub(crate) wanted: &'q Wanted<'q>,
    pub(crate) recorded: Recorded<'q>,
}

/// What came of one group: an outcome for each object in order, or why there is none.
pub(crate) struct GroupRead {
    pub(crate) outcomes: Result<Vec<Outcome>, String>,
    pub(crate) calls: BTreeMap<String, u64>,
}

/// What is still to be read, and what has been.
pub(crate) struct Rounds {
    outcomes: Vec<Option<Outcome>>,
    /// Not asked for yet.
    open: Vec<usize>,
    /// Asked for when the plugin ended.
    suspects: Vec<usize>,
    /// What the plugin said when it ended last.
    why: String,
    starts: usize,
    calls: BTreeMap<String, u64>,
}

/// Objects for one process, and how many of them at once.
pub(crate) struct Batch {
    pub(crate) indices: Vec<usize>,
    pub(crate) at_once: usize,
}

impl Rounds {
    pub(crate) fn new(objects: usize) -> Self {
        Self {
            outcomes: (0..objects).map(|_| None).collect(),
            open: (0..objects).collect(),
            suspects: Vec::new(),
            why: String::new(),
            starts: 0,
            calls: BTreeMap::new(),
        }
    }

    /// What the next process reads: suspects alone and one at a time. None where nothing is left, or too much ended.
    pub(crate) fn next(&mut self, in_flight: usize) -> Option<Batch> {
        if self.starts == STARTS {
            return None;
        }
        self.starts += 1;
        let (indices, at_once) = match self.suspects.is_empty() {
            true => (std::mem::take(&mut self.open), in_flight.max(1)),
            false => (std::mem::take(&mut self.suspects), 1),
        };
        (!indices.is_empty()).then_some(Batch { indices, at_once })
    }

    /// Takes what came of a batch.
    pub(crate) fn take(&mut self, answers: Vec<(usize, Answer)>, calls: BTreeMap<String, u64>) {
        let lost = answers.iter().filter(|(_, answer)| matches!(answer, Answer::Lost(_))).count();
        for (index, answer) in answers {
            match answer {
                Answer::Known(outcome) => self.outcomes[index] = Some(outcome),
                // It alone was being read.
                Answer::Lost(why) if lost == 1 => self.outcomes[index] = Some(Outcome::Unread(why)),
                Answer::Lost(why) => {
                    self.suspects.push(index);
                    self.why = why;
                }
                Answer::NotAsked => self.open.push(index),
            }
        }
        for (kind, count) in calls {
            *self.calls.entry(kind).or_default() += count;
        }
    }

    /// Takes that a process could not be used: the first is told of all, a later one of what is left.
    pub(crate) fn fail(&mut self, batch: Batch, error: &PluginError) -> Result<(), String> {
        if self.starts == 1 {
            return Err(error.line());
        }
        for index in batch.indices {
            self.outcomes[index] = Some(Outcome::Unread(error.line()));
        }
        Ok(())
    }

    /// What was read, with the reason for what was not.
    pub(crate) fn end(self) -> GroupRead {
        let left = || Outcome::Unread(format!("the plugin ended in reads of other objects too often; {}", self.why));
        let outcomes = self.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(left)).collect();
        GroupRead { outcomes: Ok(outcomes), calls: self.calls }
    }
}

/// Reads a batch, in the order in which the answers come.
pub(crate) async fn read_batch(
    reading: &Reading<'_>,
    objects: &[Object<'_>],
    batch: Batch,
) -> (Vec<(usize, Answer)>, BTreeMap<String, u64>) {
    let mut kinds: BTreeMap<&str, AtomicU64> = BTreeMap::new();
    for index in &batch.indices {
        kinds.entry(objects[*index].wanted.resource_type).or_default();
    }
    let (none, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut reads: Vec<BoxFuture<'_, (usize, Answer)>> = Vec::with_capacity(batch.indices.len());
    for index in batch.indices {
        let object = &objects[index];
        let calls = kinds.get(object.wanted.resource_type).unwrap_or(&none);
        let read = reading.read(object.wanted, object.recorded.managed.instance, calls);
        let ended = &ended;
        reads.push(Box::pin(async move {
            // A plugin that is no more there is not asked: this object has nothing to do with its end.
            if ended.load(Ordering::Relaxed) {
                return (index, Answer::NotAsked);
            }
            let answer = read.await;
            if matches!(answer, Answer::Lost(_)) {
                ended.store(true, Ordering::Relaxed);
            }
            (index, answer)
        }));
    }
    // In the order in which they end: one that is retried for half a minute holds up no other.
    let mut answers: Vec<_> = futures::stream::iter(reads).buffer_unordered(batch.at_once).collect().await;
    answers.sort_unstable_by_key(|(index, _)| *index);
    let calls = kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count.into_inner()));
    (answers, calls.filter(|(_, count)| *count > 0).collect())
}
