//! A plugin's calls in either protocol, with the provider's diagnostics as errors.

use crate::provider::PluginError;
use crate::provider::cty::Type;
use crate::provider::error::one_line;
use crate::provider::msgpack;
use crate::provider::plugin::{Environment, Plugin};
use crate::provider::schema::Protocol;
use crate::provider::wire::{
    Configure, ConfigureAnswer, Diagnostic, DynamicValue, Empty, RawState, Read, ReadAnswer, SEVERITY_ERROR,
    SchemaAnswer, StopAnswer, Upgrade, UpgradeAnswer, ValidateProvider, ValidateProviderAnswer,
};
use bytes::Bytes;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// `Stop` only raises a flag in the plugin.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// A provider that runs.
#[derive(Debug)]
pub(crate) struct Client {
    plugin: Plugin,
}

/// Names of the same calls in the two protocols.
struct Methods {
    schema: &'static str,
    validate: &'static str,
    configure: &'static str,
    upgrade: &'static str,
    read: &'static str,
    stop: &'static str,
}

const V5: Methods = Methods {
    schema: "/tfplugin5.Provider/GetSchema",
    validate: "/tfplugin5.Provider/PrepareProviderConfig",
    configure: "/tfplugin5.Provider/Configure",
    upgrade: "/tfplugin5.Provider/UpgradeResourceState",
    read: "/tfplugin5.Provider/ReadResource",
    stop: "/tfplugin5.Provider/Stop",
};

const V6: Methods = Methods {
    schema: "/tfplugin6.Provider/GetProviderSchema",
    validate: "/tfplugin6.Provider/ValidateProviderConfig",
    configure: "/tfplugin6.Provider/ConfigureProvider",
    upgrade: "/tfplugin6.Provider/UpgradeResourceState",
    read: "/tfplugin6.Provider/ReadResource",
    stop: "/tfplugin6.Provider/StopProvider",
};

impl Client {
    /// Starts the plugin.
    pub(crate) async fn start(path: &Path, environment: &Environment) -> Result<Self, PluginError> {
        Ok(Self { plugin: Plugin::start(path, environment).await? })
    }

    /// The protocol that it speaks.
    pub(crate) fn protocol(&self) -> Protocol {
        self.plugin.protocol
    }

    fn methods(&self) -> &'static Methods {
        match self.plugin.protocol {
            Protocol::V5 => &V5,
            Protocol::V6 => &V6,
        }
    }

    /// The schemas of the provider and all of its types.
    pub(crate) async fn schema(&self) -> Result<SchemaAnswer, PluginError> {
        let answer: SchemaAnswer = self.plugin.call(self.methods().schema, Empty {}).await?;
        check("get the provider's schema", &answer.diagnostics)?;
        Ok(answer)
    }

    /// Has the configuration checked and completed, and configures the provider with it.
    pub(crate) async fn configure(&self, config: Vec<u8>, terraform_version: &str) -> Result<(), PluginError> {
        let config = DynamicValue { msgpack: config.into(), json: Bytes::new() };
        let validate = ValidateProvider { config: Some(config.clone()) };
        let answer: ValidateProviderAnswer = self.plugin.call(self.methods().validate, validate).await?;
        check("have the provider accept its configuration", &answer.diagnostics)?;
        let config = answer.prepared_config.filter(|prepared| !is_empty(prepared)).unwrap_or(config);
        let configure = Configure { terraform_version: terraform_version.to_owned(), config: Some(config) };
        let answer: ConfigureAnswer = self.plugin.call(self.methods().configure, configure).await?;
        check("configure the provider", &answer.diagnostics)
    }

    /// Brings a recorded state to the present schema.
    pub(crate) async fn upgrade(
        &self,
        resource_type: &str,
        version: i64,
        raw: RawState,
    ) -> Result<DynamicValue, PluginError> {
        let upgrade = Upgrade { type_name: resource_type.to_owned(), version, raw_state: Some(raw) };
        let answer: UpgradeAnswer = self.plugin.call(self.methods().upgrade, upgrade).await?;
        check("upgrade the recorded state", &answer.diagnostics)?;
        Ok(answer.upgraded_state.unwrap_or_default())
    }

    /// Reads an object as it is now.
    pub(crate) async fn read(&self, read: Read) -> Result<DynamicValue, PluginError> {
        let answer: ReadAnswer = self.plugin.call(self.methods().read, read).await?;
        check("read", &answer.diagnostics)?;
        if let Some(deferred) = answer.deferred {
            let said = format!("the provider puts it off (reason {})", deferred.reason);
            return Err(PluginError::Refused { what: "read", said });
        }
        Ok(answer.new_state.unwrap_or_default())
    }

    /// Ends the plugin, and what it is still doing.
    pub(crate) async fn end(self) {
        let stop = self.plugin.call::<_, StopAnswer>(self.methods().stop, Empty {});
        match tokio::time::timeout(STOP_TIMEOUT, stop).await {
            Ok(Ok(answer)) if answer.error.is_empty() => {}
            Ok(Ok(answer)) => tracing::debug!(error = answer.error, "stop a provider"),
            Ok(Err(error)) => tracing::debug!(%error, "stop a provider"),
            Err(_) => tracing::debug!("a provider does not stop"),
        }
        self.plugin.end().await;
    }
}

/// Whether a value was not given at all.
pub(crate) fn is_empty(value: &DynamicValue) -> bool {
    value.msgpack.is_empty() && value.json.is_empty()
}

/// Reads a value in either of its two encodings; one that was not given is null.
pub(crate) fn decode(what: &str, of: &Type, value: &DynamicValue) -> Result<Value, PluginError> {
    if is_empty(value) {
        return Ok(Value::Null);
    }
    let decoded = if value.msgpack.is_empty() {
        serde_json::from_slice(&value.json).map_err(Into::into)
    } else {
        msgpack::decode(of, &value.msgpack)
    };
    decoded.map_err(|error| PluginError::Answer { what: what.to_owned(), why: error.to_string() })
}

fn check(what: &'static str, diagnostics: &[Diagnostic]) -> Result<(), PluginError> {
    let errors: Vec<String> = diagnostics.iter().filter(|said| said.severity == SEVERITY_ERROR).map(said).collect();
    if errors.is_empty() { Ok(()) } else { Err(PluginError::Refused { what, said: errors.join("; ") }) }
}

/// Summary and detail in one line. Providers often repeat the one in the other.
fn said(diagnostic: &Diagnostic) -> String {
    let (summary, detail) = (one_line(&diagnostic.summary), one_line(&diagnostic.detail));
    if detail.is_empty() || summary.contains(&detail) {
        summary
    } else if detail.starts_with(&summary) {
        detail
    } else {
        format!("{summary}: {detail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn diagnostic(severity: i32, summary: &str, detail: &str) -> Diagnostic {
        Diagnostic { severity, summary: summary.to_owned(), detail: detail.to_owned() }
    }

    #[test]
    fn warnings_pass_and_errors_are_one_line() {
        assert!(check("read", &[diagnostic(2, "deprecated", "")]).is_ok());
        let error = check(
            "read",
            &[
                diagnostic(1, "reading SQS Queue", "operation error SQS:\n  AccessDenied"),
                diagnostic(1, "reading", "reading tags"),
                diagnostic(1, "all of it", "of it"),
            ],
        )
        .expect_err("errors");
        assert_eq!(
            error.to_string(),
            "read: reading SQS Queue: operation error SQS: AccessDenied; reading tags; all of it"
        );
    }

    #[test]
    fn both_encodings_are_read_and_none_is_null() {
        let packed = DynamicValue { msgpack: Bytes::from_static(b"\xa1x"), json: Bytes::new() };
        let json = DynamicValue { msgpack: Bytes::new(), json: Bytes::from_static(b"\"x\"") };
        assert_eq!(decode("a", &Type::String, &packed).expect("a value"), json!("x"));
        assert_eq!(decode("a", &Type::String, &json).expect("a value"), json!("x"));
        assert_eq!(decode("a", &Type::String, &DynamicValue::default()).expect("a value"), Value::Null);
        let error = decode("the answer", &Type::Number, &packed).expect_err("no number");
        assert_eq!(error.to_string(), "understand the answer: read \"\" as a number: it is a text that is no number");
    }
}
