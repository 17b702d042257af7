//! An AWS for tests: answers each request by a function, below the SDK's own client.

use crate::session::Aws;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use pilotlight_findings::Region;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What comes back.
pub(crate) enum Reply {
    /// A status and a body.
    Answer(u16, String),
    /// An answer of an API that speaks CBOR: CloudWatch.
    Cbor(u16, Vec<u8>),
    /// The connection broke after the request was sent.
    Lost,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Answer(200, body.into())
    }

    /// An error of EC2.
    pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
             <RequestID>r</RequestID></Response>"
        );
        Self::Answer(status, body)
    }

    /// An error of S3.
    pub(crate) fn s3_error(status: u16, code: &str, message: &str) -> Self {
        Self::Answer(status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
    }

    /// An error of an API that speaks JSON: DynamoDB, Lambda, SQS.
    pub(crate) fn json_error(status: u16, code: &str, message: &str) -> Self {
        Self::Answer(status, format!("{{\"__type\": \"{code}\", \"message\": \"{message}\"}}"))
    }

    /// An error of Route 53, and of the APIs whose errors look alike: SNS, STS.
    pub(crate) fn route53_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
        Self::Answer(status, body)
    }
}

/// Answers requests and keeps them: the method, the path with its query, the body, and behind an `@` the host and the
/// id of the key that signed it.
#[derive(Clone)]
pub(crate) struct Replay {
    reply: Arc<dyn Fn(&str) -> Reply + Send + Sync>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    pub(crate) fn new(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self { reply: Arc::new(reply), asked: Arc::default() }
    }

    /// A session of this AWS, in `eu-west-1`.
    pub(crate) fn aws(&self) -> Aws {
        Aws::with_config(region(), self.config())
    }

    pub(crate) fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
            .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1)))
            .http_client(self.clone())
            .build()
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("lock").clone()
    }
}

pub(crate) fn region() -> Region {
    Region::new("eu-west-1").expect("region")
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replay")
    }
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let path = request.uri().split_once("amazonaws.com").map_or("", |(_, path)| path);
        let host = request.uri().split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let signature = request.headers().get("authorization").unwrap_or_default();
        let key = signature.split_once("Credential=").map_or("", |(_, rest)| rest);
        let key = key.split('/').next().unwrap_or_default();
        let asked = format!("{} {path} {body} @{host} {key}", request.method());
        let reply = (self.reply)(&asked);
        self.asked.lock().expect("lock").push(asked);
        HttpConnectorFuture::ready(match reply {
            Reply::Answer(status, body) => {
                Ok(HttpResponse::new(status.try_into().expect("status"), SdkBody::from(body)))
            }
            Reply::Cbor(status, body) => {
                let mut response = HttpResponse::new(status.try_into().expect("status"), SdkBody::from(body));
                response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
                response.headers_mut().insert("content-type", "application/cbor");
                Ok(response)
            }
            Reply::Lost => Err(ConnectorError::io("connection reset by peer".into())),
        })
    }
}
