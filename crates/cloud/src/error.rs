//! Why a call to AWS gave no result, in few kinds and the API's own words.

use crate::budget::BudgetUsedUp;
use crate::refusal::RegionRefused;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pilotlight_findings::{Code, Explain, codes};
use std::error::Error;
use std::fmt;

/// What was called, `DescribeVpcs of ec2 in eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `ec2`, `route53`
    pub service: &'static str,
    /// `eu-west-1`, or `global`; with the account behind it, `eu-west-1 (123456789012)`, where a role leads there.
    pub region: String,
    /// `DescribeVpcs`
    pub operation: &'static str,
}

impl Call {
    /// The action that a policy has to allow, `ec2:DescribeVpcs`. Of the calls that are made here, two have another name.
    fn action(&self) -> String {
        match (self.service, self.operation) {
            // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
            ("s3", "ListBuckets") => "s3:ListAllMyBuckets".into(),
            ("s3", "HeadBucket") => "s3:ListBucket".into(),
            (service, operation) => format!("{service}:{operation}"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.operation, self.service)?;
        match self.region.strip_prefix(crate::regional::GLOBAL) {
            Some(account) => f.write_str(account),
            None => write!(f, " in {}", self.region),
        }
    }
}

/// The kinds of failure that ask for different things to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// There are no credentials; nothing was sent.
    NoCredentials,
    /// The credentials could not be obtained, have expired, or AWS does not know them.
    Credentials,
    /// AWS knows the caller, and the caller may not do this.
    Denied,
    /// Asked too often, the SDK's retries included.
    Throttled,
    /// No answer: no route, no name, a refused connection, a time-out.
    Unreachable,
    /// AWS understood the request and refused it: nothing was changed.
    Refused,
    /// An answer that does not tell: a server's error, or one that could not be read.
    Unclear,
    /// Nothing was sent, since the session's limit of calls is reached.
    Budget,
    /// Nothing was sent, since the region is not to be asked.
    Refusal,
}

impl CallErrorKind {
    fn words(self) -> &'static str {
        match self {
            Self::NoCredentials => "no credentials",
            Self::Credentials => "credentials not accepted",
            Self::Denied => "access denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "no answer",
            Self::Refused => "refused",
            Self::Unclear => "no usable answer",
            Self::Budget | Self::Refusal => "not asked",
        }
    }
}

/// A call that gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// What was called.
    pub call: Call,
    /// Which kind of failure.
    pub kind: CallErrorKind,
    /// AWS's code for it, `UnauthorizedOperation`.
    pub code: Option<String>,
    /// AWS's words for it, or those of what failed on the way there.
    pub message: String,
}

impl CallError {
    /// The kind, the code and the words in one line, without the call.
    pub fn reason(&self) -> String {
        match &self.code {
            Some(code) => format!("{}: {code}: {}", self.kind.words(), self.message),
            None => format!("{}: {}", self.kind.words(), self.message),
        }
    }

    /// Whether AWS refused the call with this code.
    pub(crate) fn is_refused(&self, code: &str) -> bool {
        self.kind == CallErrorKind::Refused && self.code.as_deref() == Some(code)
    }

    /// Whether the endpoint has no such operation. AWS and most of its emulators have codes for that; one without a code
    /// is an emulator's: AWS says of each of its errors what it is, also of those that are its own fault.
    pub(crate) fn is_no_operation(&self) -> bool {
        match self.code.as_deref() {
            Some(code) => NO_OPERATION.contains(&code),
            None => self.kind == CallErrorKind::Unclear && self.message.contains("HTTP status 50"),
        }
    }

    /// The code and the words, for a sentence that tells the kind itself.
    pub(crate) fn words(&self) -> String {
        match &self.code {
            Some(code) => format!("{code}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// A call that was not made.
    pub(crate) fn budget(call: Call, used_up: BudgetUsedUp) -> Self {
        Self { call, kind: CallErrorKind::Budget, code: None, message: used_up.to_string() }
    }

    /// What the SDK reported for `call`.
    pub(crate) fn of<E>(call: Call, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let Some(used_up) = cause::<BudgetUsedUp>(error) {
            return Self::budget(call, *used_up);
        }
        if let Some(refused) = cause::<RegionRefused>(error) {
            return Self { call, kind: CallErrorKind::Refusal, code: None, message: refused.to_string() };
        }
        if let Some(role) = cause::<CallError>(error) {
            // The keys of an assumed role had to be renewed on the way.
            return Self {
                call,
                kind: role.kind,
                code: role.code.clone(),
                message: format!("{}: {}", role.call, role.message),
            };
        }
        if let Some(credentials) = cause::<CredentialsError>(error) {
            let (kind, message) = credentials_failure(credentials);
            return Self { call, kind, code: None, message };
        }
        let (kind, code, message) = match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code();
                let status = answer.raw().status().as_u16();
                let message = match answer.err().message() {
                    Some(words) => one_line(words),
                    None => format!("HTTP status {status} without AWS's words; a proxy may have answered"),
                };
                (kind_of(code, status), code.map(str::to_owned), message)
            }
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => {
                (CallErrorKind::Unreachable, None, innermost(error))
            }
            // A response that could not be read, and whatever kinds the SDK may add.
            _ => (CallErrorKind::Unclear, None, innermost(error)),
        };
        Self { call, kind, code, message }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} ({})", self.call, self.reason())
    }
}

impl Error for CallError {}

impl Explain for CallError {
    fn code(&self) -> Code {
        match self.kind {
            CallErrorKind::NoCredentials => codes::C_CREDENTIALS,
            CallErrorKind::Credentials => codes::C_REJECTED,
            CallErrorKind::Denied => codes::C_DENIED,
            CallErrorKind::Throttled => codes::C_THROTTLED,
            CallErrorKind::Unreachable => codes::C_UNREACHABLE,
            CallErrorKind::Refused => codes::C_REFUSED,
            CallErrorKind::Unclear => codes::C_UNCLEAR,
            CallErrorKind::Budget => codes::C_BUDGET,
            CallErrorKind::Refusal => codes::R_PRIMARY_NEEDED,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self.kind {
            CallErrorKind::NoCredentials => NO_CREDENTIALS_REMEDY.into(),
            CallErrorKind::Credentials => "sign in again, and check with: aws sts get-caller-identity".into(),
            CallErrorKind::Denied => format!("allow {} to this identity, and repeat", self.call.action()),
            CallErrorKind::Throttled => "wait a minute, or find out who else calls this API in the account".into(),
            CallErrorKind::Unreachable => {
                "check the network, AWS_ENDPOINT_URL, and whether the region is in trouble".into()
            }
            CallErrorKind::Refused => return None,
            CallErrorKind::Unclear => "repeat it; if it stays, look at the region's health dashboard".into(),
            CallErrorKind::Refusal => REFUSED_REMEDY.into(),
            CallErrorKind::Budget => "raise --max-calls, or name fewer stacks with --stack".into(),
        })
    }
}

/// What to do where a region is needed that is not to be asked.
pub(crate) const REFUSED_REMEDY: &str = "leave --primary-down out if the region does answer";

/// What to do without credentials.
pub(crate) const NO_CREDENTIALS_REMEDY: &str =
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and check with: aws sts get-caller-identity";

/// Sorts what the credentials chain reports: nothing configured is one thing, a source that failed another.
pub(crate) fn credentials_failure(error: &CredentialsError) -> (CallErrorKind, String) {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => (
            CallErrorKind::NoCredentials,
            "none in the environment, the shared files, SSO, or the role of a container or instance".into(),
        ),
        other => (CallErrorKind::Credentials, innermost(other)),
    }
}

/// Codes for an operation that the endpoint does not have.
const NO_OPERATION: [&str; 6] = [
    "InvalidAction",
    "UnknownOperation",
    "UnknownOperationException",
    "NotImplemented",
    "NotYetImplemented",
    "UnsupportedOperation",
];

/// The services' codes; EC2: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>, common:
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/CommonErrors.html>; S3 and SNS have some of their own.
/// Throttles are those that the SDK tries again (`THROTTLING_ERRORS` of aws-runtime), and SNS's.
fn kind_of(code: Option<&str>, status: u16) -> CallErrorKind {
    match code.unwrap_or_default() {
        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "RequestExpired"
        | "RequestTimeTooSkewed" => CallErrorKind::Credentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AuthorizationError"
        | "AllAccessDisabled"
        | "OptInRequired"
        | "Blocked"
        | "PendingVerification" => CallErrorKind::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "Throttled"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "BandwidthLimitExceeded"
        | "ProvisionedThroughputExceededException"
        | "TransactionInProgressException"
        | "TooManyRequestsException"
        | "EC2ThrottledException"
        | "SlowDown"
        | "PriorRequestNotComplete" => CallErrorKind::Throttled,
        _ if status == 429 => CallErrorKind::Throttled,
        _ if status == 403 => CallErrorKind::Denied,
        // 408: the server gave up waiting for the rest of the request, which tells nothing.
        _ if (400..500).contains(&status) && status != 408 => CallErrorKind::Refused,
        _ => CallErrorKind::Unclear,
    }
}

/// The first error of this type in the chain of causes.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The text of the last cause: the SDK's outer layers say no more than "dispatch failure".
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    one_line(&last.to_string())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_told_apart() {
        let cases = [
            (Some("UnauthorizedOperation"), 403, CallErrorKind::Denied),
            (Some("AccessDenied"), 403, CallErrorKind::Denied),
            (Some("SomethingNew"), 403, CallErrorKind::Denied),
            (Some("RequestLimitExceeded"), 503, CallErrorKind::Throttled),
            (Some("Throttling"), 400, CallErrorKind::Throttled),
            (Some("PriorRequestNotComplete"), 400, CallErrorKind::Throttled),
            (Some("AuthFailure"), 401, CallErrorKind::Credentials),
            (Some("ExpiredToken"), 403, CallErrorKind::Credentials),
            (Some("RequestExpired"), 400, CallErrorKind::Credentials),
            (Some("InvalidVpcID.NotFound"), 400, CallErrorKind::Refused),
            (Some("ServiceUnavailable"), 503, CallErrorKind::Unclear),
            (None, 500, CallErrorKind::Unclear),
            (None, 408, CallErrorKind::Unclear),
            (Some("SlowDown"), 503, CallErrorKind::Throttled),
            (Some("Throttled"), 429, CallErrorKind::Throttled),
            (Some("ThrottlingException"), 400, CallErrorKind::Throttled),
            (Some("AuthorizationError"), 403, CallErrorKind::Denied),
        ];
        for (code, status, kind) in cases {
            assert_eq!(kind_of(code, status), kind, "{code:?} {status}");
        }
    }

    #[test]
    fn missing_credentials_are_not_broken_ones() {
        let (kind, message) = credentials_failure(&CredentialsError::not_loaded("no providers in chain"));
        assert_eq!(kind, CallErrorKind::NoCredentials);
        assert!(!message.contains("chain"), "{message}");
        let (kind, message) = credentials_failure(&CredentialsError::provider_error("the SSO session has expired"));
        assert_eq!((kind, message.as_str()), (CallErrorKind::Credentials, "the SSO session has expired"));
    }

    #[test]
    fn the_sentence_names_call_kind_and_words() {
        let error = CallError {
            call: Call { service: "ec2", region: "eu-west-1".into(), operation: "DescribeVpcs" },
            kind: CallErrorKind::Denied,
            code: Some("UnauthorizedOperation".into()),
            message: "You are not authorized.".into(),
        };
        assert_eq!(
            error.to_string(),
            "call DescribeVpcs of ec2 in eu-west-1 (access denied: UnauthorizedOperation: You are not authorized.)"
        );
        assert_eq!(error.remedy().as_deref(), Some("allow ec2:DescribeVpcs to this identity, and repeat"));
    }

    #[test]
    fn a_call_names_its_account_where_a_role_leads_there_and_its_action() {
        let call = |service, region: &str, operation| Call { service, region: region.into(), operation };
        let calls = [
            call("ec2", "eu-west-1", "DescribeVpcs"),
            call("s3", "eu-west-1 (222222222222)", "ListBuckets"),
            call("route53", "global", "ListHostedZones"),
            call("elasticloadbalancing", "eu-west-1", "DescribeListeners"),
            call("iam", "global (222222222222)", "GetAccountAuthorizationDetails"),
        ];
        assert_eq!(
            calls.each_ref().map(ToString::to_string),
            [
                "DescribeVpcs of ec2 in eu-west-1",
                "ListBuckets of s3 in eu-west-1 (222222222222)",
                "ListHostedZones of route53",
                "DescribeListeners of elasticloadbalancing in eu-west-1",
                "GetAccountAuthorizationDetails of iam (222222222222)",
            ]
        );
        assert_eq!(
            calls.each_ref().map(Call::action),
            [
                "ec2:DescribeVpcs",
                "s3:ListAllMyBuckets",
                "route53:ListHostedZones",
                "elasticloadbalancing:DescribeListeners",
                "iam:GetAccountAuthorizationDetails",
            ]
        );
    }
}
