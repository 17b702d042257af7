//! Counts requests, by API, as they leave, and lets none leave beyond the session's budget.

use crate::budget::Budget;
use crate::limits::{Counter, Limits, limit};
use crate::session::CALL_TIMEOUT;
use crate::silence::{Silence, request_leaves};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use pilotlight_findings::ApiCalls;
use pilotlight_integrity::Began;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How many requests were sent, retries included, by service, region and operation.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    counts: Mutex<BTreeMap<(String, String, String), u64>>,
    /// Where each request is counted as well: one job's log below the whole session's.
    session: Option<Arc<CallLog>>,
}

impl CallLog {
    /// A log whose requests are counted in `session` too.
    pub(crate) fn below(session: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::default(), session: Some(session.clone()) })
    }

    fn count(&self, service: &str, region: &str, operation: &str) {
        let key = (service.to_owned(), region.to_owned(), operation.to_owned());
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
        if let Some(session) = &self.session {
            session.count(service, region, operation);
        }
    }

    /// The counts so far, sorted.
    pub(crate) fn calls(&self) -> Vec<ApiCalls> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((service, region, operation), count)| ApiCalls {
                service: service.clone(),
                region: region.clone(),
                operation: operation.clone(),
                count: *count,
            })
            .collect()
    }
}

/// What every request of a job passes: its count, the session's rates and its budget.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) log: Arc<CallLog>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) silence: Arc<Silence>,
}

/// Where requests of one client go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Id of the account; none for the caller's own.
    pub(crate) account: Option<String>,
    /// `eu-west-1`, or `global`
    pub(crate) region: String,
}

impl Target {
    /// How a report tells it: with the account only where a role leads there, so that the report of a run
    /// without roles need not know in which account it ran.
    pub(crate) fn label(&self) -> String {
        match &self.account {
            Some(account) => format!("{} ({account})", self.region),
            None => self.region.clone(),
        }
    }
}

/// When a call began. A process may be stopped for an hour, or its machine sleep, and goes on where it was: who has taken its
/// run over by then counts on it that nothing leaves later than a call may take.
#[derive(Debug, Clone, Copy)]
struct CallBegan(Began);

impl Storable for CallBegan {
    type Storer = StoreReplace<Self>;
}

/// Sits in an SDK client and sees each request as it leaves.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) gate: Gate,
    pub(crate) target: Target,
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "pilotlight call meter"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(CallBegan(Began::now()));
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Gate { log, limits, budget, .. } = &self.gate;
        // The SDK's own time limits look only after what they limit was given another turn.
        if cfg.load::<CallBegan>().is_some_and(|began| began.0.elapsed() > CALL_TIMEOUT) {
            return Err("this process stood still for longer than a call may take, so nothing was sent".into());
        }
        // Right before it leaves, so that what was spent is what was sent; an error here is not retried.
        budget.spend()?;
        request_leaves();
        if let Some(metadata) = cfg.load::<Metadata>() {
            let service = service_name(metadata.service());
            log.count(&service, &self.target.label(), metadata.name());
            // The first attempt waited for its place. A retry is sent by the SDK's own backoff, and later
            // calls have to wait for it instead.
            if cfg.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1) {
                let Target { account, region } = &self.target;
                let row = limit(&service, metadata.name(), true);
                let counter = Counter::new(account.as_deref(), region, &service, metadata.name(), row);
                limits.charge(&counter, Instant::now());
            }
        }
        Ok(())
    }
}

/// A service as IAM's policies name it, from the SDK's name: "EC2", "Route 53", "Elastic Load Balancing v2".
fn service_name(sdk_name: &str) -> String {
    let name = sdk_name.strip_suffix(" v2").unwrap_or(sdk_name);
    name.replace(' ', "").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Replay, Reply};
    use std::time::Duration;

    #[test]
    fn services_have_the_names_that_policies_use() {
        for (sdk, name) in [
            ("EC2", "ec2"),
            ("Route 53", "route53"),
            ("Elastic Load Balancing v2", "elasticloadbalancing"),
            ("Auto Scaling", "autoscaling"),
            ("IAM", "iam"),
        ] {
            assert_eq!(service_name(sdk), name);
        }
    }

    #[test]
    fn a_jobs_calls_are_counted_in_the_session_too() {
        let session = Arc::new(CallLog::default());
        let (one, two) = (CallLog::below(&session), CallLog::below(&session));
        one.count("ec2", "eu-west-1", "DescribeVpcs");
        one.count("ec2", "eu-west-1", "DescribeVpcs");
        two.count("ec2", "eu-west-1", "DescribeVpcs");
        two.count("ec2", "eu-central-1", "DescribeVpcs");
        let counts = |log: &CallLog| log.calls().iter().map(|calls| calls.count).collect::<Vec<_>>();
        assert_eq!((counts(&one), counts(&two), counts(&session)), (vec![2], vec![1, 1], vec![1, 3]));
    }

    /// A process that is stopped after its request was made, and before it leaves.
    #[derive(Debug)]
    struct StandsStill {
        steady: Duration,
        wall: Duration,
    }

    impl Intercept for StandsStill {
        fn name(&self) -> &'static str {
            "stands still"
        }

        fn read_before_signing(
            &self,
            _context: &BeforeTransmitInterceptorContextRef<'_>,
            _components: &RuntimeComponents,
            cfg: &mut ConfigBag,
        ) -> Result<(), BoxError> {
            let began = Began::now().before(self.steady, self.wall);
            cfg.interceptor_state().store_put(CallBegan(began));
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_stood_still_for_longer_than_a_call_may_take_sends_nothing() {
        let (short, long) = (CALL_TIMEOUT / 2, CALL_TIMEOUT * 2);
        // A machine that sleeps has a steady clock that stands still, too.
        for (steady, wall, sent) in
            [(short, short, 1), (long, long, 0), (Duration::ZERO, long, 0), (long, Duration::ZERO, 0)]
        {
            let replay = Replay::new(|_| Reply::ok(""));
            let gate =
                Gate { log: Arc::default(), limits: Arc::default(), budget: Arc::default(), silence: Arc::default() };
            let meter = Meter { gate, target: Target { account: None, region: "eu-west-1".into() } };
            let config = aws_sdk_rds::config::Builder::from(&replay.config());
            let rds = aws_sdk_rds::Client::from_conf(
                config.interceptor(StandsStill { steady, wall }).interceptor(meter).build(),
            );
            let _ = rds.promote_read_replica().db_instance_identifier("orders-replica").send().await;
            assert_eq!(replay.asked().len(), sent, "{steady:?} {wall:?}");
        }
    }

    #[test]
    fn the_account_is_told_where_a_role_leads_there() {
        let target = |account: Option<&str>| Target { account: account.map(str::to_owned), region: "eu-west-1".into() };
        assert_eq!(target(None).label(), "eu-west-1");
        assert_eq!(target(Some("222222222222")).label(), "eu-west-1 (222222222222)");
    }
}
