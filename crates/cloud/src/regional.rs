//! The clients of one region: how each call waits, is counted, and fails.

use crate::calls::{CallLog, Meter};
use crate::error::{Call, CallError};
use crate::limits::{AUTO_SCALING, EC2_PAGED, EC2_WHOLE, ELB, IAM, Limits, ROUTE53, Rate};
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
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) auto_scaling: aws_sdk_autoscaling::Client,
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
        let iam = aws_sdk_iam::config::Builder::from(config).interceptor(meter(GLOBAL)).build();
        let elb =
            aws_sdk_elasticloadbalancingv2::config::Builder::from(config).interceptor(meter(region.as_str())).build();
        let auto_scaling =
            aws_sdk_autoscaling::config::Builder::from(config).interceptor(meter(region.as_str())).build();
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            route53: aws_sdk_route53::Client::from_conf(route53),
            iam: aws_sdk_iam::Client::from_conf(iam),
            elb: aws_sdk_elasticloadbalancingv2::Client::from_conf(elb),
            auto_scaling: aws_sdk_autoscaling::Client::from_conf(auto_scaling),
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

    /// Any call to IAM, which has one endpoint a partition, whatever the region.
    pub(crate) fn iam(&self, operation: &'static str) -> Planned {
        self.planned("iam", GLOBAL, operation, IAM)
    }

    /// A describe of Elastic Load Balancing, version 2.
    pub(crate) fn elb(&self, operation: &'static str) -> Planned {
        self.planned("elasticloadbalancing", self.region.as_str(), operation, ELB)
    }

    /// A describe of EC2 Auto Scaling.
    pub(crate) fn auto_scaling(&self, operation: &'static str) -> Planned {
        self.planned("autoscaling", self.region.as_str(), operation, AUTO_SCALING)
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
        let call = &planned.call;
        self.limits.take(call.service, &call.region, call.operation, planned.rate).await;
        request.await.map_err(|error| CallError::of(planned.call.clone(), &error))
    }
}
