//! Hands the SDK's credentials to the store, which has a client of its own for S3.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;
use object_store::CredentialProvider;
use pilotlight_findings::Region;
use pilotlight_store::{S3Access, S3Key};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Keys are renewed this long before they expire, so that none expires on its way. The SDK's identity
/// cache renews 10 seconds before; the store's clock may differ from AWS's by more than that.
const RENEW_BEFORE: Duration = Duration::from_secs(120);

/// How S3 is reached in `region` by this configuration.
pub(crate) fn access(region: &Region, config: &SdkConfig, refused: Option<&Region>) -> S3Access {
    S3Access {
        region: region.as_str().to_owned(),
        endpoint: endpoint(config),
        credentials: Arc::new(SdkKeys { provider: config.credentials_provider(), held: Mutex::new(None) }),
        refused: refused.map(|region| region.as_str().to_owned()),
    }
}

/// The endpoint by the SDK's own rules: the service's, then the common one, environment before profile.
fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_service = config.service_config().zip(key.ok()).and_then(|(service, key)| service.load_config(key));
    of_service.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// The SDK's chain of credential sources, asked again only when its keys run out: the chain itself holds
/// nothing, and an assumed role would cost a call to STS for each object.
#[derive(Debug)]
struct SdkKeys {
    provider: Option<SharedCredentialsProvider>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    key: Arc<S3Key>,
    expires: Option<SystemTime>,
}

impl Held {
    fn is_fresh(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|expires| now + RENEW_BEFORE < expires)
    }
}

#[async_trait]
impl CredentialProvider for SdkKeys {
    type Credential = S3Key;

    async fn get_credential(&self) -> object_store::Result<Arc<S3Key>> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.is_fresh(SystemTime::now())) {
            return Ok(held.key.clone());
        }
        let found: Result<Credentials, _> = match &self.provider {
            Some(provider) => provider.provide_credentials().await,
            None => Err(CredentialsError::not_loaded_no_source()),
        };
        let found = found
            .map_err(|error| object_store::Error::Unauthenticated { path: String::new(), source: Box::new(error) })?;
        let key = Arc::new(S3Key {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        });
        *held = Some(Held { key: key.clone(), expires: found.expiry() });
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::provider::future::ProvideCredentials as Providing;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Gives a new key on each call, valid for so many seconds.
    #[derive(Debug)]
    struct Role(AtomicU64, u64);

    impl ProvideCredentials for Role {
        fn provide_credentials<'a>(&'a self) -> Providing<'a>
        where
            Self: 'a,
        {
            let serial = self.0.fetch_add(1, Ordering::SeqCst);
            let expires = SystemTime::now() + Duration::from_secs(self.1);
            Providing::ready(Ok(Credentials::new(
                format!("KEY{serial}"),
                "secret",
                Some("token".into()),
                Some(expires),
                "test",
            )))
        }
    }

    fn access_with(role: Role) -> S3Access {
        let config = SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(role))
            .endpoint_url("http://127.0.0.1:5000")
            .build();
        access(&Region::new("eu-central-1").expect("region"), &config, None)
    }

    #[tokio::test]
    async fn keys_are_held_until_they_run_out() {
        let long = access_with(Role(AtomicU64::new(0), 3_600));
        let first = long.credentials.get_credential().await.expect("key");
        let again = long.credentials.get_credential().await.expect("key");
        assert_eq!((first.key_id.as_str(), again.key_id.as_str()), ("KEY0", "KEY0"));
        assert_eq!(first.token.as_deref(), Some("token"));

        let short = access_with(Role(AtomicU64::new(0), 60));
        short.credentials.get_credential().await.expect("key");
        assert_eq!(short.credentials.get_credential().await.expect("key").key_id, "KEY1");
    }

    #[tokio::test]
    async fn region_and_endpoint_are_handed_over() {
        let access = access_with(Role(AtomicU64::new(0), 60));
        assert_eq!(access.region, "eu-central-1");
        assert_eq!(access.endpoint.as_deref(), Some("http://127.0.0.1:5000"));
    }
}
