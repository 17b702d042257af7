//! Digests and locks: whether a state is the one that Terraform wrote last, and whether it is about to change.

use super::Note;
use crate::failure::Failure;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use pilotlight_cloud::{Aws, CallError, CallErrorKind};
use pilotlight_drift::Place;
use pilotlight_findings::{Code, Evidence, Explain, Finding, Region, Severity, Subject, codes};
use pilotlight_store::{StateAccess, StateObject, StoreError};
use serde::Deserialize;
use std::time::Duration;

/// How often a state is read before its digest is called wrong. Terraform writes the digest right after the
/// state, so that who comes between sees both a moment later.
const DIGEST_TRIES: u32 = 3;
/// Between two tries; Terraform itself waits as long.
const DIGEST_PAUSE: Duration = Duration::from_secs(2);

/// The DynamoDB table of a state's digest and lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockTable {
    pub(crate) name: String,
    /// Whether the user asked for the check; a table that only the HCL names may be out of reach.
    pub(crate) required: bool,
}

/// A lock as Terraform writes it, in a table or beside the state.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct LockInfo {
    #[serde(rename = "ID")]
    id: String,
    operation: String,
    who: String,
    created: String,
}

/// The state's bytes and what there is to say of them; none where there is no such object.
pub(super) async fn read(
    object: &StateObject,
    access: &StateAccess,
    aws: &Aws,
    table: Option<LockTable>,
) -> Result<Option<(Vec<u8>, Vec<Note>)>, Failure> {
    let mut notes = Vec::new();
    let beside = object.lock(access).await.unwrap_or_else(|error| {
        // Who may read the state alone is answered so; the state itself tells more.
        tracing::debug!(%error, "the lock beside the state could not be read");
        None
    });
    let mut lock = beside.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let bytes = match Table::of(object, access, table).await? {
        None => read_if_there(object, access).await?,
        Some(table) => match table.lock(aws).await {
            Ok(held) => {
                lock = lock.or(held);
                table.read(object, access, aws).await?
            }
            Err(error) if table.required => {
                let refused = error.kind == CallErrorKind::Refused;
                let failure = Failure::from(error);
                let remedy =
                    format!("name the table of the stack's backend: {} may not be one in {}", table.name, table.region);
                return Err(if refused { failure.with_remedy(remedy) } else { failure });
            }
            Err(error) => {
                notes.push(unverified(&table, &error));
                read_if_there(object, access).await?
            }
        },
    };
    notes.extend(lock.map(|text| locked(&text)));
    Ok(bytes.map(|bytes| (bytes, notes)))
}

async fn read_if_there(object: &StateObject, access: &StateAccess) -> Result<Option<Vec<u8>>, StoreError> {
    match object.read(access).await {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A table, and the state's lock id in it.
struct Table {
    name: String,
    region: Region,
    lock_id: String,
    required: bool,
}

impl Table {
    async fn of(
        object: &StateObject,
        access: &StateAccess,
        known: Option<LockTable>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(s3) = object.s3() else { return Ok(None) };
        let named = s3.dynamodb_table.map(|name| LockTable { name: name.to_owned(), required: true });
        let Some(table) = named.or(known) else { return Ok(None) };
        let Some(region) = object.region(access).await?.and_then(|region| Region::new(region).ok()) else {
            return Ok(None);
        };
        let lock_id = format!("{}/{}", s3.bucket, s3.key);
        Ok(Some(Self { name: table.name, region, lock_id, required: table.required }))
    }

    /// Who holds the lock, as Terraform's JSON.
    async fn lock(&self, aws: &Aws) -> Result<Option<String>, CallError> {
        Ok(aws.lock_item(&Place::own(self.region.clone()), &self.name, &self.lock_id).await?.and_then(|item| item.info))
    }

    /// The state whose digest the table has.
    async fn read(&self, object: &StateObject, access: &StateAccess, aws: &Aws) -> Result<Option<Vec<u8>>, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let bytes = read_if_there(object, access).await?;
            let place = Place::own(self.region.clone());
            let item = aws.lock_item(&place, &self.name, &format!("{}-md5", self.lock_id)).await?;
            let Some(expected) = item.and_then(|item| item.digest).filter(|digest| !digest.is_empty()) else {
                return Ok(bytes);
            };
            let found = bytes.as_deref().map(hex_md5);
            if found.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(&expected)) {
                return Ok(bytes);
            }
            if tries == DIGEST_TRIES {
                let (url, table) = (object.url().to_owned(), self.name.clone());
                return Err(WrongDigest { url, table, expected, found }.into());
            }
            tokio::time::sleep(DIGEST_PAUSE).await;
        }
    }
}

fn hex_md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The state is another one than the table's.
#[derive(Debug, thiserror::Error)]
#[error("trust the state {url}: {}", told(table, expected, found.as_deref()))]
struct WrongDigest {
    url: String,
    table: String,
    expected: String,
    found: Option<String>,
}

fn told(table: &str, expected: &str, found: Option<&str>) -> String {
    match found {
        Some(found) => format!("its MD5 is {found}, and the lock table {table} has {expected}"),
        None => format!("it is not there, and the lock table {table} has its MD5, {expected}"),
    }
}

impl Explain for WrongDigest {
    fn code(&self) -> Code {
        codes::S_DIGEST
    }

    fn remedy(&self) -> Option<String> {
        Some(match self.found {
            Some(_) => {
                "wait until terraform has written it and repeat; if it stays, it was changed by hand or restored: \
                 push the right one with `terraform state push`"
                    .into()
            }
            None => "restore it from the bucket's versions, or remove the left-over digest from the table".into(),
        })
    }
}

fn note(code: Code, severity: Severity, message: String) -> Finding {
    // The caller knows whose state it is.
    Finding::new(code, severity, Subject::Stack { stack: String::new(), side: None }, message)
}

fn locked(text: &str) -> Note {
    let info: LockInfo = serde_json::from_str(text).unwrap_or_default();
    let mut message = String::from("the state is locked");
    if !info.who.is_empty() {
        message.push_str(&format!(" by {}", info.who));
    }
    match info.created.parse::<Timestamp>() {
        Ok(created) => message.push_str(&format!(" since {created:.0}")),
        Err(_) if info.created.is_empty() => {}
        Err(_) => message.push_str(&format!(" since {}", info.created)),
    }
    if !info.operation.is_empty() {
        let operation = info.operation.strip_prefix("OperationType").unwrap_or(&info.operation);
        message.push_str(&format!(" for {}", operation.to_lowercase()));
    }
    message.push_str(": it may be about to change");
    let mut finding = note(codes::S_LOCKED, Severity::Info, message);
    if !info.id.is_empty() {
        finding = finding.with(Evidence::fact("lock id", info.id));
    }
    Note::new(finding.remedy("repeat the comparison when the lock is gone"))
}

fn unverified(table: &Table, error: &CallError) -> Note {
    let message = format!("the state's digest and lock could not be read from DynamoDB table {}", table.name);
    let mut finding = note(codes::S_UNVERIFIED, Severity::Warning, message);
    finding = finding.with(Evidence::fact("because", error.to_string()));
    finding.remedy = error.remedy();
    Note::new(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        locked(text).about("app", None).message
    }

    #[test]
    fn a_lock_tells_who_since_when_and_for_what() {
        let whole = r#"{"ID":"5c1f","Operation":"OperationTypeApply","Info":"","Who":"ana@build-7","Version":"1.11.4",
            "Created":"2026-03-01T10:20:30.123456789Z","Path":"shop-tfstate/app.tfstate"}"#;
        assert_eq!(
            message(whole),
            "the state is locked by ana@build-7 since 2026-03-01T10:20:30Z for apply: it may be about to change"
        );
        assert_eq!(message(r#"{"Who":"ana"}"#), "the state is locked by ana: it may be about to change");
        assert_eq!(message("no json"), "the state is locked: it may be about to change");
        let finding = locked(whole).about("app", None);
        assert_eq!(finding.evidence, [Evidence::fact("lock id", "5c1f")]);
        assert_eq!(finding.subject.to_string(), "app");
    }

    #[test]
    fn a_digest_is_lower_case_hex() {
        // printf a | md5sum
        assert_eq!(hex_md5(b"a"), "0cc175b9c0f1b6a831c399e269772661");
    }
}
