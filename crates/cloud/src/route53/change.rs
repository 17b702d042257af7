//! One change batch: what is sent, and what a failure to send it means.

use super::names::bare_id;
use super::sets::sdk_set;
use crate::error::{CallError, CallErrorKind};
use crate::regional::Regional;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch as SdkBatch};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::retry::RetryConfig;
use pilotlight_failover::{ChangeBatch, DnsError};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::time::Duration;

/// Waits between tries of a batch that Route 53 did not look at, as another change of the zone was still
/// in work or the account asked too often. A change is in work for a second or so; together these are
/// long enough for a queue of them, and short enough for a person who waits.
const WAITS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Submits the batch and gives the change's id.
///
/// The SDK must not retry this call by itself. A request whose answer was lost may have taken effect; sent
/// again, Route 53 refuses it, as the set that it deletes is gone, and a change that was made would be
/// reported as refused. So its retries are off, and only what Route 53 surely did not look at
/// (`PriorRequestNotComplete`, throttling) is sent again here. Whatever leaves doubt is
/// [`DnsError::Unknown`], and the engine reads the record before it does anything else. The HTTP client
/// below sends a request again only where a kept connection had died before any of it was written.
pub(super) async fn submit(regional: &Regional, batch: &ChangeBatch) -> Result<String, DnsError> {
    let sdk_batch = sdk_batch(batch)?;
    let planned = regional.route53("ChangeResourceRecordSets");
    let mut waits = WAITS.iter();
    loop {
        let mut details = Vec::new();
        let request = async {
            let sent = regional
                .route53
                .change_resource_record_sets()
                .hosted_zone_id(&batch.zone_id)
                .change_batch(sdk_batch.clone())
                .customize()
                .config_override(aws_sdk_route53::config::Builder::new().retry_config(RetryConfig::disabled()))
                .send()
                .await;
            if let Err(SdkError::ServiceError(answer)) = &sent {
                details = messages(answer.raw().body().bytes().unwrap_or_default());
            }
            sent
        };
        let error = match regional.send(&planned, request).await {
            Ok(answer) => {
                let info = answer.change_info();
                return info
                    .map(|info| bare_id(info.id()).to_owned())
                    .ok_or_else(|| DnsError::Unknown("the answer names no change".into()));
            }
            Err(error) => error,
        };
        match (error.kind, waits.next()) {
            (CallErrorKind::Throttled, Some(wait)) => {
                tracing::debug!(reason = error.reason(), ?wait, "the batch is sent again");
                tokio::time::sleep(*wait).await;
            }
            _ => return Err(refusal(&batch.zone_id, &error, &details)),
        }
    }
}

/// Every `<Message>` of an error's body. Route 53 documents `InvalidChangeBatch` as a list of messages below
/// an element of that name, which the SDK reads as an error without code or text.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
fn messages(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(&text);
    let mut messages = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) if start.local_name().as_ref() == b"Message" => {
                let Ok(raw) = reader.read_text(start.name()) else { return messages };
                let raw = String::from_utf8_lossy(&raw).into_owned();
                messages.push(quick_xml::escape::unescape(&raw).map_or(raw.clone(), Into::into));
            }
            Ok(Event::Eof) | Err(_) => return messages,
            Ok(_) => {}
        }
    }
}

/// The batch in the SDK's form: every `DELETE`, then every `CREATE`.
fn sdk_batch(batch: &ChangeBatch) -> Result<SdkBatch, DnsError> {
    let refused = |error: aws_sdk_route53::error::BuildError| DnsError::Refused(error.to_string());
    let deletes = batch.delete.iter().map(|set| (ChangeAction::Delete, set));
    let creates = batch.create.iter().map(|set| (ChangeAction::Create, set));
    let mut changes = Vec::new();
    for (action, set) in deletes.chain(creates) {
        if let Some(routing) = &set.other_routing {
            // Sent without its routing policy it would be another set.
            let text = format!("{} {} has {routing} routing, which cannot be changed here", set.name, set.record_type);
            return Err(DnsError::Refused(text));
        }
        let set = sdk_set(set).map_err(refused)?;
        changes.push(Change::builder().action(action).resource_record_set(set).build().map_err(refused)?);
    }
    SdkBatch::builder().comment(&batch.comment).set_changes(Some(changes)).build().map_err(refused)
}

/// What a failed call means for the zone.
pub(super) fn refusal(subject: &str, error: &CallError, details: &[String]) -> DnsError {
    match error.kind {
        CallErrorKind::Refused if error.code.as_deref().is_some_and(is_absence) => {
            DnsError::NotFound(subject.to_owned())
        }
        CallErrorKind::Refused if !details.is_empty() => DnsError::Refused(details.join("; ")),
        CallErrorKind::Refused => DnsError::Refused(error.words()),
        // Nothing was sent, or it was not accepted: nothing changed either way.
        CallErrorKind::Denied => DnsError::Denied(error.words()),
        CallErrorKind::NoCredentials | CallErrorKind::Credentials | CallErrorKind::Budget | CallErrorKind::Refusal => {
            DnsError::Denied(error.reason())
        }
        CallErrorKind::Throttled => DnsError::Throttled(error.words()),
        CallErrorKind::Unreachable | CallErrorKind::Unclear => DnsError::Unknown(error.reason()),
    }
}

fn is_absence(code: &str) -> bool {
    matches!(code, "NoSuchHostedZone" | "NoSuchChange" | "NoSuchHealthCheck")
}
