use crate::{Body, EVENT_VERSION, Event, seal::unseal};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is wrong with a run's objects. Every variant names the object's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The bytes are not those that were written.
    #[error("{object} is damaged: {reason}")]
    Damaged {
        /// Its key.
        object: String,
        /// What shows it.
        reason: String,
    },
    /// A number is left out.
    #[error("{object} is missing: {next} comes after it")]
    Missing {
        /// The key that should be there.
        object: String,
        /// The key that is there.
        next: String,
    },
    /// The object is whole, and holds another event than its name says.
    #[error("{object} holds event {sequence}: the events were reordered")]
    Reordered {
        /// Its key.
        object: String,
        /// The number inside.
        sequence: u64,
    },
    /// The object is whole, and belongs to another run or plan.
    #[error("{object} belongs to {owner}")]
    Foreign {
        /// Its key.
        object: String,
        /// The run or plan inside.
        owner: String,
    },
    /// The object is whole, and was written after another event than the one before it.
    #[error("{object} does not follow {before}: one of the two was replaced")]
    Unlinked {
        /// Its key.
        object: String,
        /// The key before.
        before: String,
    },
    /// The object is whole, and stands where the rules of a run allow no such event.
    #[error("{object} cannot stand here: {reason}")]
    Misplaced {
        /// Its key.
        object: String,
        /// Which rule.
        reason: String,
    },
    /// A newer program wrote it.
    #[error("{object} has version {version}, and this program reads version {known}")]
    UnknownVersion {
        /// Its key.
        object: String,
        /// The version inside.
        version: u64,
        /// The version that is known.
        known: u32,
    },
    /// The object is whole, and says something that this program does not know.
    #[error("{object} says what this program does not know: {reason}")]
    UnknownContent {
        /// Its key.
        object: String,
        /// The kind or field.
        reason: String,
    },
    /// The folder holds what no run writes.
    #[error("{object} is no event of this run by its name")]
    Stranger {
        /// Its key.
        object: String,
    },
}

impl ChainError {
    /// The key of the object that is wrong or missing.
    pub fn object(&self) -> &str {
        match self {
            Self::Damaged { object, .. }
            | Self::Missing { object, .. }
            | Self::Reordered { object, .. }
            | Self::Foreign { object, .. }
            | Self::Unlinked { object, .. }
            | Self::Misplaced { object, .. }
            | Self::UnknownVersion { object, .. }
            | Self::UnknownContent { object, .. }
            | Self::Stranger { object } => object,
        }
    }
}

/// The key of an event.
pub(crate) fn event_key(run: &str, sequence: u64) -> String {
    format!("runs/{run}/{sequence:010}.json")
}

/// The number in an object's name, `…/0000000007.json`.
pub(crate) fn key_number(folder: &str, key: &str) -> Option<u64> {
    let digits = key.strip_prefix(folder)?.strip_suffix(".json")?;
    (digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// An event as it is stored, with the hash that the next one names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub(crate) event: Event,
    pub(crate) hash: String,
    pub(crate) bytes: Vec<u8>,
}

/// Says whether `objects` (keys and bytes of everything below `runs/<run>/`) are the whole of what was
/// written, up to some event, and reads them in order.
///
/// A journal whose last events were removed is a whole journal of an earlier moment: only a copy shows
/// the difference, see [`crate::read_run`].
///
/// # Errors
/// The first object that is damaged, missing, reordered, foreign or unknown.
pub fn verify(run: &str, objects: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Event>, ChainError> {
    Ok(verify_links(run, objects)?.into_iter().map(|link| link.event).collect())
}

pub(crate) fn verify_links(run: &str, objects: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Link>, ChainError> {
    let folder = format!("runs/{run}/");
    let mut links: Vec<Link> = Vec::with_capacity(objects.len());
    for (key, bytes) in objects {
        let sequence = links.len() as u64;
        let Some(number) = key_number(&folder, key) else {
            return Err(ChainError::Stranger { object: key.clone() });
        };
        if number != sequence {
            return Err(ChainError::Missing { object: event_key(run, sequence), next: key.clone() });
        }
        let link = read_link(key, bytes)?;
        check_place(run, key, &link.event, &links)?;
        links.push(link);
    }
    Ok(links)
}

/// Reads one object: whole, of a known version, of a known kind.
pub(crate) fn read_link(key: &str, bytes: &[u8]) -> Result<Link, ChainError> {
    let object = || key.to_owned();
    let (content, hash) = unseal("event", bytes).map_err(|reason| ChainError::Damaged { object: object(), reason })?;
    let event = parse(key, content, EVENT_VERSION)?;
    Ok(Link { event, hash: hash.to_owned(), bytes: bytes.to_vec() })
}

/// Parses a whole content, first its version alone.
pub(crate) fn parse<T: for<'de> Deserialize<'de>>(key: &str, content: &str, known: u32) -> Result<T, ChainError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let unknown =
        |error: serde_json::Error| ChainError::UnknownContent { object: key.to_owned(), reason: error.to_string() };
    let Versioned { version } = serde_json::from_str(content).map_err(unknown)?;
    if version != u64::from(known) {
        return Err(ChainError::UnknownVersion { object: key.to_owned(), version, known });
    }
    serde_json::from_str(content).map_err(unknown)
}

/// Whether `event` may stand after `before`.
fn check_place(run: &str, key: &str, event: &Event, before: &[Link]) -> Result<(), ChainError> {
    let object = key.to_owned();
    if event.run != run {
        return Err(ChainError::Foreign { object, owner: format!("run {}", event.run) });
    }
    if event.sequence != before.len() as u64 {
        return Err(ChainError::Reordered { object, sequence: event.sequence });
    }
    let misplaced = |object, reason: &str| Err(ChainError::Misplaced { object, reason: reason.to_owned() });
    let starts = matches!(event.what, Body::RunStarted { .. });
    let Some(last) = before.last() else {
        return match (starts, &event.previous) {
            (true, None) => Ok(()),
            (true, Some(_)) => misplaced(object, "the first event names one before it"),
            (false, _) => misplaced(object, "a run begins with run_started"),
        };
    };
    if event.previous.as_ref() != Some(&last.hash) {
        return Err(ChainError::Unlinked { object, before: event_key(run, last.event.sequence) });
    }
    if starts {
        return misplaced(object, "a run starts once");
    }
    if matches!(last.event.what, Body::RunFinished { .. }) {
        return misplaced(object, "the run was finished by the event before");
    }
    let takes = matches!(event.what, Body::Resumed { .. } | Body::Takeover { .. });
    if event.executor != last.event.executor && !takes {
        return misplaced(object, "another executor owned the run");
    }
    Ok(())
}
