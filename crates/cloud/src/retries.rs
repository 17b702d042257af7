//! Throttles that the SDK does not know as such.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// HTTP's word for "asked too often". SNS says it with the code `Throttled`, which the SDK does not try again: its
/// list of codes has every other service's.
/// <https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html#API_TagResource_Errors>
const TOO_MANY_REQUESTS: u16 = 429;

/// Has every answer of status 429 tried again, with the SDK's growing and scattered waits.
#[derive(Debug)]
pub(crate) struct Throttles;

impl ClassifyRetry for Throttles {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let failed = context.output_or_error().is_some_and(|result| result.is_err());
        let throttled = context.response().is_some_and(|answer| answer.status().as_u16() == TOO_MANY_REQUESTS);
        if failed && throttled { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "pilotlight throttles"
    }
}
