//! Configuration and credentials, loaded once a place.

use crate::budget::Budget;
use crate::calls::{CallLog, Gate};
use crate::error::{CallError, CallErrorKind, credentials_failure};
use crate::limits::{Counter, Limits, limit};
use crate::profile;
use crate::refusal;
use crate::regional::{GLOBAL, Regional};
use crate::role::{RoleKeys, Sts, account_of, own_account};
use crate::session_error::SessionError;
use crate::silence::Silence;
use crate::{
    AwsCapacity, AwsCatalog, AwsManagedDatabases, AwsReader, AwsReplication, AwsSimulator, AwsSnapshots, Route53Dns, s3,
};
use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use pilotlight_drift::Place;
use pilotlight_findings::{ApiCalls, Region};
use pilotlight_store::S3Access;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// What stands in the user agent, and so in CloudTrail.
const APP_NAME: &str = "pilotlight";

/// Tries of one call, the first included. With the SDK's backoff of at most 1, 2 and 4 seconds between
/// them, a short throttle passes and a dead region is known as such within half a minute.
const MAX_ATTEMPTS: u32 = 4;

/// A TCP and TLS handshake across continents takes well under a second; two lost SYN packets take 3.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// The first byte of an answer. A page of 1,000 instances takes some seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// One attempt, from connect to the answer's last byte.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// All attempts of one call.
pub(crate) const CALL_TIMEOUT: Duration = pilotlight_failover::LONGEST_CALL;

/// Access to AWS with one caller's credentials, and from there to the accounts that roles lead to. Cheap to clone;
/// clones share configuration, limits and counts.
#[derive(Debug, Clone)]
pub struct Aws {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    profile: Option<String>,
    /// By region, since the sources of credentials call STS in the region that they are made for: the
    /// standby's must not depend on the primary.
    configs: Mutex<HashMap<Region, SdkConfig>>,
    /// By place, for the same reason: a role is assumed by the STS of the region that it is used in.
    roles: Mutex<HashMap<Place, (Arc<RoleKeys>, SdkConfig)>>,
    /// Set once the account of the caller's own credentials is known to the limits, or need not be.
    own_account: OnceCell<()>,
    limits: Arc<Limits>,
    log: Arc<CallLog>,
    budget: Arc<Budget>,
    silence: Arc<Silence>,
    /// A region that is not asked anything.
    refused: OnceLock<Region>,
}

impl Aws {
    /// Access as the AWS CLI would have it, with this profile in place of `AWS_PROFILE`. Does no I/O yet.
    pub fn new(profile: Option<String>) -> Self {
        let inner = Inner {
            profile,
            configs: Mutex::default(),
            roles: Mutex::default(),
            own_account: OnceCell::new(),
            limits: Arc::default(),
            log: Arc::default(),
            budget: Arc::default(),
            silence: Arc::default(),
            refused: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Lets at most so many requests leave, retries included, and those of the store not. Each call beyond fails as
    /// [`CallErrorKind::Budget`]. To be set before the first call.
    #[must_use]
    pub fn with_max_calls(self, limit: Option<u64>) -> Self {
        self.inner.budget.set(limit);
        self
    }

    /// Asks nothing of a region: not its services, not its STS for a role's keys, and no bucket that is there. Each such
    /// call fails as [`CallErrorKind::Refusal`]. To be set before the first call, once.
    ///
    /// Services that have no region (IAM, Route 53) are asked from whichever region a caller names, which is not this
    /// one; where AWS keeps them in this one (us-east-1), they are asked there.
    #[must_use]
    pub fn without_region(self, region: Region) -> Self {
        let _ = self.inner.refused.set(region);
        self
    }

    /// How many more requests may leave; none without a limit.
    pub fn calls_left(&self) -> Option<u64> {
        self.inner.budget.left()
    }

    /// Books requests that are made by other means than this crate, a provider's plugin: how many of `requests` may
    /// be made. They are in no count of calls.
    pub fn spend(&self, requests: u64) -> u64 {
        (0..requests).take_while(|_| self.inner.budget.spend().is_ok()).count() as u64
    }

    /// Whether a call was not made since the limit of [`Aws::with_max_calls`] was reached.
    pub fn budget_exhausted(&self) -> bool {
        self.inner.budget.has_refused()
    }

    /// The region that the environment or the profile names, if any does.
    pub async fn default_region(&self) -> Option<Region> {
        let mut chain = DefaultRegionChain::builder();
        if let Some(profile) = &self.inner.profile {
            chain = chain.profile_name(profile);
        }
        let region = chain.build().region().await?;
        Region::new(region.as_ref()).ok()
    }

    /// Whether there are credentials that can be used in this region, before anything depends on it.
    /// Whether AWS accepts them, the first call tells.
    ///
    /// # Errors
    /// There are none, or their source (SSO, a role, a process) failed.
    pub async fn check_credentials(&self, region: &Region) -> Result<(), SessionError> {
        if self.inner.refused.get() == Some(region) {
            return Err(SessionError::Refused { region: region.clone() });
        }
        let config = self.config(region).await;
        let found = match config.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.map(drop),
            None => Err(CredentialsError::not_loaded_no_source()),
        };
        match found.map_err(|error| credentials_failure(&error)) {
            Ok(()) => Ok(()),
            Err((CallErrorKind::NoCredentials, _)) => Err(self.no_credentials().await),
            Err((_, reason)) => Err(SessionError::Credentials { region: region.clone(), reason }),
        }
    }

    /// Whether the profile that is asked for is in the shared files: to say so where it gave nothing.
    ///
    /// # Errors
    /// It is in none of them.
    pub async fn check_profile(&self) -> Result<(), SessionError> {
        let missing = profile::missing(self.inner.profile.as_deref()).await;
        missing.map_or(Ok(()), |missing| Err(SessionError::NoProfile(missing)))
    }

    /// What there is to say where no source has any.
    async fn no_credentials(&self) -> SessionError {
        self.check_profile().await.err().unwrap_or(SessionError::NoCredentials)
    }

    /// As [`Aws::check_credentials`], for a place that a role leads to: assumes it, once for all that is read there.
    ///
    /// # Errors
    /// There are no credentials, or the role may not be assumed with them.
    pub async fn check_place(&self, place: &Place) -> Result<(), SessionError> {
        let Some(role) = &place.role else { return self.check_credentials(&place.region).await };
        match self.enter(place, &self.inner.log).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == CallErrorKind::NoCredentials => Err(self.no_credentials().await),
            Err(error) => Err(SessionError::Role { role: role.clone(), error }),
        }
    }

    /// Asks the region one small question, to know before the work begins that it answers and that AWS
    /// accepts the credentials. Being denied the answer is access enough: AWS knows who asks.
    ///
    /// # Errors
    /// The region does not answer, or AWS does not accept the credentials.
    pub async fn check_access(&self, region: &Region) -> Result<(), CallError> {
        let regional = self.regional(&Place::own(region.clone()), self.session_log()).await;
        let planned = regional.ec2_whole("DescribeAvailabilityZones");
        match regional.send(&planned, regional.ec2.describe_availability_zones().send()).await {
            Err(error) if error.kind != CallErrorKind::Denied => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether any service has answered anything in this session, be it with an error.
    pub fn has_answered(&self) -> bool {
        self.inner.silence.is_broken()
    }

    /// Reads live objects, in whichever region a query names.
    pub fn live_reader(&self) -> AwsReader {
        AwsReader::new(self.clone())
    }

    /// Route 53, with the credentials of `home`: name the region that must not fail, the standby.
    pub async fn dns(&self, home: &Region) -> Route53Dns {
        Route53Dns::new(self.regional(&Place::own(home.clone()), self.session_log()).await)
    }

    /// What regions offer: zones and images.
    pub fn catalog(&self) -> AwsCatalog {
        AwsCatalog::new(self.clone())
    }

    /// Which copies of snapshots regions have.
    pub fn snapshots(&self) -> AwsSnapshots {
        AwsSnapshots::new(self.clone())
    }

    /// Auto Scaling groups, in whichever region is asked about.
    pub fn capacity(&self) -> AwsCapacity {
        AwsCapacity::new(self.clone())
    }

    /// Databases that AWS replicates and promotes, in whichever region is asked about.
    pub fn managed_databases(&self) -> AwsManagedDatabases {
        AwsManagedDatabases::new(self.clone())
    }

    /// How far replicas and snapshots are behind, in whichever region is asked about.
    pub fn replication(&self) -> AwsReplication {
        AwsReplication::new(self.clone())
    }

    /// IAM's policy simulator, with the credentials of `home`.
    pub async fn simulator(&self, home: &Region) -> AwsSimulator {
        let regional = self.regional(&Place::own(home.clone()), self.session_log()).await;
        let emulated = self.config(home).await.endpoint_url().is_some();
        AwsSimulator::new(regional, self.sts(home).await, emulated)
    }

    /// STS with the caller's own credentials.
    async fn sts(&self, region: &Region) -> Sts {
        Sts::new(region, &self.config(region).await, &self.gate(self.session_log()), &self.session_log())
    }

    /// S3 in this place, for the store. The endpoint is what `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` or
    /// the profile name, if any of them does.
    pub async fn s3_access(&self, place: &Place) -> S3Access {
        s3::access(&place.region, &self.place_config(place).await, self.inner.refused.get())
    }

    /// Waits until `requests` more may be sent to a service in this place, and books them, for those who send them by
    /// other means than this crate: a provider's plugin. Of `route53` all share the account's 5 a second; where AWS
    /// counts each operation by itself, those that come this way are counted as one. They are in no count of calls.
    pub async fn pace(&self, place: &Place, service: &str, requests: u32) {
        let account = place.role.as_deref().map(account_or_role);
        let region = if service == "route53" { GLOBAL } else { place.region.as_str() };
        let row = limit(service, PACED, false);
        let counter = Counter::new(account.as_deref(), region, service, PACED, row);
        self.inner.limits.take(&counter, row, requests).await;
    }

    /// Every request that this session has sent, but for those of the store.
    pub fn calls(&self) -> Vec<ApiCalls> {
        self.inner.log.calls()
    }

    /// A log for one job, whose requests count for the session as well.
    pub(crate) fn job_log(&self) -> Arc<CallLog> {
        CallLog::below(&self.inner.log)
    }

    pub(crate) fn session_log(&self) -> Arc<CallLog> {
        self.inner.log.clone()
    }

    /// What every request of a job passes.
    fn gate(&self, log: Arc<CallLog>) -> Gate {
        let Inner { limits, budget, silence, .. } = &*self.inner;
        Gate { log, limits: limits.clone(), budget: budget.clone(), silence: silence.clone() }
    }

    pub(crate) async fn regional(&self, place: &Place, log: Arc<CallLog>) -> Regional {
        let account = place.role.as_deref().map(account_or_role);
        Regional::new(place.region.clone(), account, &self.place_config(place).await, self.gate(log))
    }

    /// Makes sure that there are keys for the place, before a dozen calls ask for them.
    ///
    /// # Errors
    /// The role may not be assumed, or there are no credentials to do it with.
    pub(crate) async fn enter(&self, place: &Place, log: &Arc<CallLog>) -> Result<(), CallError> {
        let Some(role) = &place.role else { return Ok(()) };
        let (keys, _) = self.role(place, role).await;
        let (keys, ()) = futures::join!(keys.keys(log), self.tell_own_account(&place.region, log));
        keys.map(drop)
    }

    /// Tells the limits which account the caller's own credentials are of, since a role may lead into the same one.
    /// One call a session, and only where there are roles at all. Where AWS does not tell, the two are counted
    /// apart, and the next place asks again.
    async fn tell_own_account(&self, region: &Region, log: &Arc<CallLog>) {
        let ask = || async {
            let told = own_account(region, &self.config(region).await, &self.gate(log.clone()), log).await;
            if let Some(id) = told.inspect_err(|error| tracing::debug!(%error, "the own account is not known"))? {
                self.inner.limits.own_account(&id);
            }
            Ok::<(), CallError>(())
        };
        // The error is told by whatever else is called with these credentials.
        let _ = self.inner.own_account.get_or_try_init(ask).await;
    }

    async fn place_config(&self, place: &Place) -> SdkConfig {
        match &place.role {
            Some(role) => self.role(place, role).await.1,
            None => self.config(&place.region).await,
        }
    }

    async fn role(&self, place: &Place, role: &str) -> (Arc<RoleKeys>, SdkConfig) {
        let own = self.config(&place.region).await;
        let mut roles = self.inner.roles.lock().await;
        let made = roles.entry(place.clone()).or_insert_with(|| {
            let keys = RoleKeys::new(role.to_owned(), place.region.clone(), own, self.gate(self.session_log()));
            let config = keys.config();
            (keys, config)
        });
        made.clone()
    }

    async fn config(&self, region: &Region) -> SdkConfig {
        if self.inner.refused.get() == Some(region) {
            return refusal::config(region);
        }
        let mut configs = self.inner.configs.lock().await;
        if let Some(config) = configs.get(region) {
            return config.clone();
        }
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(region.as_str().to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .read_timeout(READ_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(CALL_TIMEOUT)
                    .build(),
            );
        if let Ok(name) = AppName::new(APP_NAME) {
            loader = loader.app_name(name);
        }
        if let Some(profile) = &self.inner.profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        configs.insert(region.clone(), config.clone());
        config
    }
}

/// The operation that requests are counted under which others send: they do not tell which one it is.
const PACED: &str = "Describe";

/// Under what the requests are counted that are made with a role: its account, or itself where its ARN tells none.
fn account_or_role(role: &str) -> String {
    account_of(role).unwrap_or(role).to_owned()
}

#[cfg(test)]
impl Aws {
    /// A session that uses this configuration for the region, and reads no environment.
    pub(crate) fn with_config(region: Region, config: SdkConfig) -> Self {
        let aws = Self::new(None);
        aws.inner.configs.try_lock().expect("nobody else has it").insert(region, config);
        aws
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Replay, Reply, region};
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_credential_types::provider::future::ProvideCredentials as Providing;
    use pilotlight_findings::Explain as _;

    #[derive(Debug)]
    struct Source(fn() -> CredentialsError);

    impl ProvideCredentials for Source {
        fn provide_credentials<'a>(&'a self) -> Providing<'a>
        where
            Self: 'a,
        {
            Providing::ready(Err((self.0)()))
        }
    }

    fn with_source(error: fn() -> CredentialsError) -> Aws {
        let provider = SharedCredentialsProvider::new(Source(error));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new("eu-west-1"))
            .retry_config(RetryConfig::disabled())
            .http_client(Replay::new(|_| Reply::Lost))
            .credentials_provider(provider)
            .build();
        Aws::with_config(region(), config)
    }

    #[tokio::test]
    async fn no_credentials_is_one_clear_error_and_nothing_is_sent() {
        let aws = with_source(|| CredentialsError::not_loaded("no providers in chain provided credentials"));
        let error = aws.check_credentials(&region()).await.expect_err("none");
        assert_eq!((error.code().as_str(), &error), ("PL-C101", &SessionError::NoCredentials));
        let error = aws.check_access(&region()).await.expect_err("none");
        assert_eq!((error.code().as_str(), error.kind), ("PL-C101", CallErrorKind::NoCredentials));
        assert_eq!(aws.calls(), []);
    }

    #[tokio::test]
    async fn a_source_that_fails_says_why() {
        let aws = with_source(|| CredentialsError::provider_error("the SSO session has expired"));
        let error = aws.check_credentials(&region()).await.expect_err("failed");
        assert_eq!(error.code().as_str(), "PL-C102");
        assert_eq!(error.to_string(), "obtain AWS credentials for eu-west-1: the SSO session has expired");
    }

    #[tokio::test]
    async fn access_is_what_the_region_says() {
        let expired = || Reply::ec2_error(400, "RequestExpired", "Request has expired.");
        let denied = || Reply::ec2_error(403, "UnauthorizedOperation", "no");
        let cases: [(fn() -> Reply, _); 3] =
            [(expired, Some("PL-C102")), (|| Reply::Lost, Some("PL-C105")), (denied, None)];
        for (reply, code) in cases {
            let access = Replay::new(move |_| reply()).aws().check_access(&region()).await;
            assert_eq!(access.err().map(|error| error.code().as_str()), code);
        }
    }
}
