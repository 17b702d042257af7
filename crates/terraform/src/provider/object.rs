//! Reading one object: its recorded state is upgraded, and the provider reads it anew.

use crate::provider::PluginError;
use crate::provider::client::{Client, decode};
use crate::provider::pace::Pace;
use crate::provider::schemas::Schemas;
use crate::provider::wire::{DynamicValue, RawState, Read};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pilotlight_drift::{LiveObject, Wanted};
use pilotlight_tfstate::Instance;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A not-found is retried by the AWS provider for 20 to 25 seconds, and a throttled call with growing pauses.
const READ_TIMEOUT: Duration = Duration::from_secs(90);

/// Null in MessagePack: the value of `provider_meta` where the configuration says nothing.
const NULL: &[u8] = b"\xc0";

/// What came of one object.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is there.
    Read(Box<LiveObject>),
    /// The provider says that it is not there any more.
    Gone,
    /// Why it is not known.
    Unread(String),
}

/// What one process said of an object.
#[derive(Debug)]
pub(crate) enum Answer {
    /// All that there is to know.
    Known(Outcome),
    /// The plugin ended before it answered, with these words.
    Lost(String),
    /// The plugin had ended before it was asked.
    NotAsked,
}

/// A provider that is configured, and what is needed to read through it.
pub(crate) struct Reading<'a> {
    pub(crate) client: &'a Client,
    pub(crate) schemas: &'a Schemas,
    pub(crate) pace: &'a dyn Pace,
    /// Which provider, for messages.
    pub(crate) name: &'a str,
}

impl Reading<'_> {
    /// Reads one object; `calls` counts what was asked of the plugin.
    pub(crate) async fn read(&self, wanted: &Wanted<'_>, instance: &Instance, calls: &AtomicU64) -> Answer {
        self.pace.wait(wanted.resource_type).await;
        Answer::Known(match tokio::time::timeout(READ_TIMEOUT, self.try_read(wanted, instance, calls)).await {
            Ok(Ok(Some(object))) => Outcome::Read(Box::new(object)),
            Ok(Ok(None)) => Outcome::Gone,
            Ok(Err(error @ PluginError::Ended { .. })) => return Answer::Lost(error.line_without_remedy()),
            Ok(Err(error)) => Outcome::Unread(error.line_without_remedy()),
            Err(_) => {
                Outcome::Unread(format!("{} did not answer within {} seconds", self.name, READ_TIMEOUT.as_secs()))
            }
        })
    }

    async fn try_read(
        &self,
        wanted: &Wanted<'_>,
        instance: &Instance,
        calls: &AtomicU64,
    ) -> Result<Option<LiveObject>, PluginError> {
        let kind = wanted.resource_type;
        let Some(schema) = self.schemas.of(kind)? else {
            let said = format!("{} does not know the type {kind}", self.name);
            return Err(PluginError::Refused { what: "read", said });
        };
        let answer = |why: String| PluginError::Answer { what: format!("the recorded state of {kind}"), why };
        let version = i64::try_from(instance.schema_version).map_err(|error| answer(error.to_string()))?;
        let upgraded = self.client.upgrade(kind, version, raw_state(instance)?).await?;
        let recorded = object(decode("the upgraded state", &schema.kind, &upgraded)?);
        let Some(recorded) = recorded else {
            return Err(answer("the provider upgraded it to nothing".to_owned()));
        };
        let private = match &instance.private() {
            Some(text) => STANDARD.decode(text).map_err(|error| answer(format!("its private data: {error}")))?,
            None => Vec::new(),
        };
        let meta = DynamicValue { msgpack: Bytes::from_static(NULL), json: Bytes::new() };
        calls.fetch_add(1, Ordering::Relaxed);
        let read = self
            .client
            .read(Read {
                type_name: kind.to_owned(),
                current_state: Some(upgraded),
                private: private.into(),
                provider_meta: self.schemas.meta.then_some(meta),
            })
            .await?;
        let attributes = object(decode("what was read", &schema.kind, &read)?);
        Ok(attributes.map(|attributes| LiveObject {
            recorded: Some(recorded),
            schema: Some(Arc::clone(&schema.schema)),
            ..LiveObject::new(kind, wanted.key(), attributes)
        }))
    }
}

/// The record as the state has it, to the digit; a flat one goes as Terraform 0.11 wrote it.
fn raw_state(instance: &Instance) -> Result<RawState, PluginError> {
    if let Some(flat) = instance.attributes_flat_json() {
        let flatmap = serde_json::from_str(flat)
            .map_err(|error| PluginError::Answer { what: "the recorded state".to_owned(), why: error.to_string() })?;
        return Ok(RawState { json: Bytes::new(), flatmap });
    }
    let json = instance.attributes_json().unwrap_or("{}");
    Ok(RawState { json: Bytes::copy_from_slice(json.as_bytes()), ..RawState::default() })
}

/// The attributes; none where the value is null.
fn object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(attributes) = value { Some(attributes) } else { None }
}
