//! Keys of an assumed role: the way into another account.

use crate::calls::{CallLog, Gate, Meter, Target};
use crate::error::{Call, CallError, CallErrorKind};
use crate::limits::{Counter, limit};
use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Providing;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use pilotlight_findings::Region;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// What stands in the account's CloudTrail as the session's name.
const SESSION_NAME: &str = "pilotlight";

/// Keys are renewed this long before they expire. STS gives them for an hour, the shortest lifetime is 15 minutes; the
/// store and the SDK's own cache ask for new ones at most two minutes before the end.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// Id of the account that a role is in, `arn:aws:iam::123456789012:role/drift`.
pub(crate) fn account_of(role: &str) -> Option<&str> {
    let id = role.strip_prefix("arn:")?.split(':').nth(3)?;
    (id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

/// Assumes one role by the STS of one region, and holds its keys until they run out.
#[derive(Debug)]
pub(crate) struct RoleKeys {
    role: String,
    region: Region,
    /// The caller's own configuration in the region.
    own: SdkConfig,
    /// The session's; a job that needs the keys first counts the call as its own.
    gate: Gate,
    held: Mutex<Option<Credentials>>,
}

impl RoleKeys {
    pub(crate) fn new(role: String, region: Region, own: SdkConfig, gate: Gate) -> Arc<Self> {
        Arc::new(Self { role, region, own, gate, held: Mutex::default() })
    }

    /// The caller's own configuration, with the role's keys in place of the caller's.
    pub(crate) fn config(self: &Arc<Self>) -> SdkConfig {
        let keys = SharedCredentialsProvider::new(Held(self.clone()));
        self.own.to_builder().credentials_provider(keys).identity_cache(IdentityCache::lazy().build()).build()
    }

    /// The keys, assumed now if there are none that still hold.
    ///
    /// # Errors
    /// AWS does not let the caller assume the role, or gives no answer.
    pub(crate) async fn keys(&self, log: &Arc<CallLog>) -> Result<Credentials, CallError> {
        let mut held = self.held.lock().await;
        if let Some(keys) = held.as_ref().filter(|keys| is_fresh(keys, SystemTime::now())) {
            return Ok(keys.clone());
        }
        let keys = self.assume(log).await?;
        *held = Some(keys.clone());
        Ok(keys)
    }

    async fn assume(&self, log: &Arc<CallLog>) -> Result<Credentials, CallError> {
        let sts = Sts::new(&self.region, &self.own, &self.gate, log);
        let call = sts.admit("AssumeRole").await?;
        let request = sts.client.assume_role().role_arn(&self.role).role_session_name(SESSION_NAME);
        let answer = sts.gate.silence.ask(&call, request.send()).await?;
        let unclear = |message: &str| CallError {
            call: call.clone(),
            kind: CallErrorKind::Unclear,
            code: None,
            message: message.to_owned(),
        };
        let keys = answer.credentials().ok_or_else(|| unclear("the answer has no keys"))?;
        let expires = SystemTime::try_from(*keys.expiration());
        let expires = expires.map_err(|_| unclear("the answer does not say until when its keys hold"))?;
        Ok(Credentials::new(
            keys.access_key_id(),
            keys.secret_access_key(),
            Some(keys.session_token().to_owned()),
            Some(expires),
            "pilotlight role",
        ))
    }
}

fn is_fresh(keys: &Credentials, now: SystemTime) -> bool {
    keys.expiry().is_none_or(|expires| now + RENEW_BEFORE < expires)
}

/// The role's keys as a source of credentials for the SDK, which asks for them again before they run out.
#[derive(Debug)]
struct Held(Arc<RoleKeys>);

impl ProvideCredentials for Held {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(async move { self.0.keys(&self.0.gate.log).await.map_err(CredentialsError::provider_error) })
    }
}

/// Id of the account that the caller's own credentials are of. It takes a call that nobody can be denied.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
///
/// # Errors
/// The credentials do not work, or AWS gives no answer.
pub(crate) async fn own_account(
    region: &Region,
    own: &SdkConfig,
    gate: &Gate,
    log: &Arc<CallLog>,
) -> Result<Option<String>, CallError> {
    Ok(Sts::new(region, own, gate, log).caller().await?.account)
}

/// STS with the caller's own credentials.
#[derive(Debug, Clone)]
pub(crate) struct Sts {
    client: aws_sdk_sts::Client,
    gate: Gate,
    region: Region,
}

impl Sts {
    pub(crate) fn new(region: &Region, own: &SdkConfig, gate: &Gate, log: &Arc<CallLog>) -> Self {
        let gate = Gate { log: log.clone(), ..gate.clone() };
        let target = Target { account: None, region: region.as_str().to_owned() };
        let meter = Meter { gate: gate.clone(), target };
        let config = aws_sdk_sts::config::Builder::from(own).interceptor(meter).build();
        Self { client: aws_sdk_sts::Client::from_conf(config), gate, region: region.clone() }
    }

    /// Whose credentials they are.
    pub(crate) async fn caller(&self) -> Result<GetCallerIdentityOutput, CallError> {
        let call = self.admit("GetCallerIdentity").await?;
        self.gate.silence.ask(&call, self.client.get_caller_identity().send()).await
    }

    /// Waits for the call's turn.
    async fn admit(&self, operation: &'static str) -> Result<Call, CallError> {
        let call = Call { service: "sts", region: self.region.as_str().to_owned(), operation };
        self.gate.budget.check().map_err(|used_up| CallError::budget(call.clone(), used_up))?;
        let row = limit(call.service, operation, false);
        self.gate.limits.take(&Counter::new(None, &call.region, call.service, operation, row), row, 1).await;
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roles_account_is_in_its_arn() {
        assert_eq!(account_of("arn:aws:iam::222222222222:role/ops/drift"), Some("222222222222"));
        assert_eq!(account_of("arn:aws-cn:iam::222222222222:role/drift"), Some("222222222222"));
        assert_eq!(account_of("arn:aws:iam::aws:policy/ReadOnlyAccess"), None);
        assert_eq!(account_of("drift"), None);
    }

    #[test]
    fn keys_are_renewed_before_they_run_out() {
        let now = SystemTime::now();
        let keys = |expires| Credentials::new("key", "secret", None, expires, "test");
        assert!(is_fresh(&keys(Some(now + Duration::from_secs(900))), now));
        assert!(!is_fresh(&keys(Some(now + Duration::from_secs(299))), now));
        assert!(is_fresh(&keys(None), now));
    }
}
