//! The clients of one place: how each call waits, is counted, and fails.

use crate::calls::{Gate, Meter, Target};
use crate::error::{Call, CallError};
use crate::limits::{Counter, Limit, limit};
use crate::retries::Throttles;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pilotlight_findings::Region;

/// A filter of EC2 takes at most this many values.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
pub(crate) const FILTER_VALUES: usize = 200;

/// The region of calls to an API that has none.
pub(crate) const GLOBAL: &str = "global";

/// Clients that count into one log and keep to the session's limits.
#[derive(Debug, Clone)]
pub(crate) struct Regional {
    pub(crate) region: Region,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) route53: aws_sdk_route53::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) auto_scaling: aws_sdk_autoscaling::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) quotas: aws_sdk_servicequotas::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    /// Id of the account, where a role leads there.
    account: Option<String>,
    gate: Gate,
}

/// One call that is about to be made, with the rate that it keeps to.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) call: Call,
    counter: Counter,
    limit: &'static Limit,
}

impl Regional {
    pub(crate) fn new(region: Region, account: Option<String>, config: &SdkConfig, gate: Gate) -> Self {
        let meter = |region: &str| Meter {
            gate: gate.clone(),
            target: Target { account: account.clone(), region: region.to_owned() },
        };
        let here = region.as_str();
        let ec2 = aws_sdk_ec2::config::Builder::from(config).interceptor(meter(here)).build();
        let route53 = aws_sdk_route53::config::Builder::from(config).interceptor(meter(GLOBAL)).build();
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(config).interceptor(meter(here)).build();
        let lambda = aws_sdk_lambda::config::Builder::from(config).interceptor(meter(here)).build();
        let s3 = aws_sdk_s3::config::Builder::from(config).interceptor(meter(here)).build();
        let sns = aws_sdk_sns::config::Builder::from(config);
        let sns = sns.interceptor(meter(here)).retry_classifier(Throttles).build();
        let sqs = aws_sdk_sqs::config::Builder::from(config).interceptor(meter(here)).build();
        let iam = aws_sdk_iam::config::Builder::from(config).interceptor(meter(GLOBAL)).build();
        let elb = aws_sdk_elasticloadbalancingv2::config::Builder::from(config).interceptor(meter(here)).build();
        let auto_scaling = aws_sdk_autoscaling::config::Builder::from(config).interceptor(meter(here)).build();
        let rds = aws_sdk_rds::config::Builder::from(config).interceptor(meter(here)).build();
        let quotas = aws_sdk_servicequotas::config::Builder::from(config).interceptor(meter(here)).build();
        let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(config).interceptor(meter(here)).build();
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            route53: aws_sdk_route53::Client::from_conf(route53),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            lambda: aws_sdk_lambda::Client::from_conf(lambda),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sns: aws_sdk_sns::Client::from_conf(sns),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
            iam: aws_sdk_iam::Client::from_conf(iam),
            elb: aws_sdk_elasticloadbalancingv2::Client::from_conf(elb),
            auto_scaling: aws_sdk_autoscaling::Client::from_conf(auto_scaling),
            rds: aws_sdk_rds::Client::from_conf(rds),
            quotas: aws_sdk_servicequotas::Client::from_conf(quotas),
            cloudwatch: aws_sdk_cloudwatch::Client::from_conf(cloudwatch),
            region,
            account,
            gate,
        }
    }

    /// A describe of EC2 that has pages.
    pub(crate) fn ec2_pages(&self, operation: &'static str) -> Planned {
        self.planned("ec2", self.region.as_str(), operation, true)
    }

    /// A describe of EC2 that answers everything at once.
    pub(crate) fn ec2_whole(&self, operation: &'static str) -> Planned {
        self.planned("ec2", self.region.as_str(), operation, false)
    }

    /// A describe of EC2 for one object that is named: no page of a list, and counted as one.
    pub(crate) fn ec2_one(&self, operation: &'static str) -> Planned {
        self.ec2_pages(operation)
    }

    /// Any call to Route 53.
    pub(crate) fn route53(&self, operation: &'static str) -> Planned {
        self.planned("route53", GLOBAL, operation, true)
    }

    /// Any call to IAM, which has one endpoint a partition, whatever the region.
    pub(crate) fn iam(&self, operation: &'static str) -> Planned {
        self.planned("iam", GLOBAL, operation, true)
    }

    /// A describe of Elastic Load Balancing, version 2.
    pub(crate) fn elb(&self, operation: &'static str) -> Planned {
        self.call("elasticloadbalancing", operation)
    }

    /// A describe of EC2 Auto Scaling.
    pub(crate) fn auto_scaling(&self, operation: &'static str) -> Planned {
        self.call("autoscaling", operation)
    }

    /// A call to another service of the region.
    pub(crate) fn call(&self, service: &'static str, operation: &'static str) -> Planned {
        self.planned(service, self.region.as_str(), operation, true)
    }

    fn planned(&self, service: &'static str, region: &str, operation: &'static str, paged: bool) -> Planned {
        let limit = limit(service, operation, paged);
        let target = Target { account: self.account.clone(), region: region.to_owned() };
        Planned {
            call: Call { service, region: target.label(), operation },
            counter: Counter::new(self.account.as_deref(), region, service, operation, limit),
            limit,
        }
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
        let refused = |used_up| CallError::budget(planned.call.clone(), used_up);
        self.gate.budget.check().map_err(refused)?;
        self.gate.limits.take(&planned.counter, planned.limit, 1).await;
        self.gate.silence.ask(&planned.call, request).await
    }
}
