//! The clients of one region: how each call waits, is counted, and fails.

use crate::calls::{CallLog, Meter};
use crate::error::{Call, CallError};
use crate::limits::{EC2_PAGED, EC2_WHOLE, Limits, ROUTE53, Rate};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pilotlight_findings::Region;
use std::sync::Arc;

/// The region of calls to an API that has none.
pub(crate) const GLOBAL: &str = "global";

/// Clients that count into one log and keep to the session's limits.
#[derive(Debug, Clone)]
pub(crate) struct Regional {
    pub(crate) region: Region,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) route53: aws_sdk_route53::Client,
    limits: Arc<Limits>,
}

/// One call that is about to be made, with the rate that it keeps to.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) call: Call,
    rate: Rate,
}

impl Regional {
    pub(crate) fn new(region: Region, config: &SdkConfig, log: Arc<CallLog>, limits: Arc<Limits>) -> Self {
        let meter = |region: &str| Meter { log: log.clone(), limits: limits.clone(), region: region.to_owned() };
        let ec2 = aws_sdk_ec2::config::Builder::from(config).interceptor(meter(region.as_str())).build();
        let route53 = aws_sdk_route53::config::Builder::from(config).interceptor(meter(GLOBAL)).build();
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            route53: aws_sdk_route53::Client::from_conf(route53),
            region,
            limits,
        }
    }

    /// A describe of EC2 that has pages.
    pub(crate) fn ec2_pages(&self, operation: &'static str) -> Planned {
        self.planned("ec2", self.region.as_str(), operation, EC2_PAGED)
    }

    /// A describe of EC2 that answers everything at once.
    pub(crate) fn ec2_whole(&self, operation: &'static str) -> Planned {
        self.planned("ec2", self.region.as_str(), operation, EC2_WHOLE)
    }

    /// Any call to Route 53.
    pub(crate) fn route53(&self, operation: &'static str) -> Planned {
        self.planned("route53", GLOBAL, operation, ROUTE53)
    }

    fn planned(&self, service: &'static str, region: &str, operation: &'static str, rate: Rate) -> Planned {
        Planned { call: Call { service, region: region.to_owned(), operation }, rate }
    }

    /// Waits for the call's turn, then sends the request.
    pub(crate) async fn send<T, E>(
        &self,
        planned: &Planned,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.limits.take(&planned.call.region, planned.call.operation, planned.rate).await;
        request.await.map_err(|error| CallError::of(planned.call.clone(), &error))
    }
}
