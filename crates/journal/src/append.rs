use crate::EventStore;
use pilotlight_store::StoreError;
use std::time::Duration;

/// Tries to create an object in the first store before the run stops. Each try is itself bounded by the
/// store's time-outs and retries, so that the worst case stays well below a minute.
const ATTEMPTS: u32 = 3;
/// Pause before the second try, doubled before each further one: a restarted proxy is back by then.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How a create-only write was decided.
pub(crate) enum Decided {
    /// The object is ours.
    Written,
    /// Somebody else's object stands there.
    Taken(Vec<u8>),
}

/// Creates an object, and settles what an ambiguous answer leaves open by reading it back: the bytes
/// that stand there are ours, or they are another's. `bytes` must be unique to this writer.
pub(crate) async fn create_decided(store: &dyn EventStore, key: &str, bytes: &[u8]) -> Result<Decided, StoreError> {
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let error = match store.create(key, bytes).await {
            Ok(()) => return Ok(Decided::Written),
            Err(error) => error,
        };
        if !error.is_transient() && !matches!(error, StoreError::AlreadyExists { .. }) {
            return Err(error);
        }
        // Nothing there after all: the write was lost, or another's is under way, which S3 answers with
        // "already exists" although it may still fail. No answer: nothing is known. Both ask for another try.
        if let Ok(Some(stored)) = store.read(key).await {
            return Ok(decide(stored, bytes));
        }
        if attempt == ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

fn decide(stored: Vec<u8>, ours: &[u8]) -> Decided {
    if stored == ours { Decided::Written } else { Decided::Taken(stored) }
}
