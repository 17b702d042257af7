//! The few calls that the lab itself makes to the emulated AWS API, over plain HTTP.
//!
//! An AWS SDK would be the product's own way to ask; the lab's answers are worth more when they are
//! come by differently.

use crate::route53::{self, Page, View};
use crate::xml::{Element, XmlError};
use std::net::Ipv4Addr;
use std::time::Duration;

/// A call to the emulator takes milliseconds; one that hangs must not hang the lab.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// By this name the emulator knows the lab's own questions, and doesn't log them.
const USER_AGENT: &str = "pilotlight-lab";

/// Route 53 gives at most this many record sets a page.
const RECORD_SETS_A_PAGE: &str = "300";

/// The emulated AWS API.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    client: reqwest::Client,
    endpoint: String,
}

/// A call to the emulated AWS API failed.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// No HTTP answer.
    #[error("reach the emulated AWS API")]
    Http(#[from] reqwest::Error),
    /// An answer that is an error.
    #[error("call {call} of the emulated AWS API: {status}: {body}")]
    Refused {
        /// `GET /2013-04-01/hostedzone`
        call: String,
        /// HTTP status.
        status: u16,
        /// The API's own words.
        body: String,
    },
    /// An answer that is no XML.
    #[error("read an answer of the emulated AWS API: {0}")]
    Answer(String),
}

impl From<XmlError> for AwsError {
    fn from(error: XmlError) -> Self {
        Self::Answer(error.to_string())
    }
}

/// A running instance with a public address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RunningInstance {
    pub(crate) id: String,
    pub(crate) region: String,
    pub(crate) address: Ipv4Addr,
}

impl Aws {
    /// The API at `endpoint`, `http://127.0.0.1:4566`.
    pub(crate) fn new(endpoint: impl Into<String>) -> Result<Self, AwsError> {
        let client = reqwest::Client::builder().no_proxy().user_agent(USER_AGENT).timeout(CALL_TIMEOUT).build()?;
        Ok(Self { client, endpoint: endpoint.into() })
    }

    /// All public zones with their record sets, and all health checks.
    pub(crate) async fn route53(&self) -> Result<View, AwsError> {
        let mut zones = self.pages("hostedzone", &[], route53::zones).await?;
        for zone in &mut zones {
            let path = format!("hostedzone/{}/rrset", zone.id);
            zone.sets = self.pages(&path, &[("maxitems", RECORD_SETS_A_PAGE)], route53::record_sets).await?;
        }
        let checks = self.pages("healthcheck", &[], route53::health_checks).await?;
        Ok(View { zones, checks })
    }

    /// The running instances of a region that have a public address.
    pub(crate) async fn instances(&self, region: &str) -> Result<Vec<RunningInstance>, AwsError> {
        let body = "Action=DescribeInstances&Version=2016-11-15";
        let request = self
            .client
            .post(&self.endpoint)
            .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(body);
        Ok(instances(&self.send("DescribeInstances", request, "ec2", region).await?, region)?)
    }

    /// Whether an object, `/BUCKET/KEY`, answers somebody without credentials, as Route 53's health checkers are.
    pub(crate) async fn object_is_there(&self, path: &str) -> Result<bool, AwsError> {
        let answer = self.client.get(format!("{}{path}", self.endpoint)).send().await?;
        Ok(answer.status().is_success())
    }

    /// Makes a bucket; one that this account has already is fine.
    pub(crate) async fn create_bucket(&self, bucket: &str, region: &str) -> Result<(), AwsError> {
        let body = format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        );
        let request = self.client.put(format!("{}/{bucket}", self.endpoint)).body(body);
        match self.send("CreateBucket", request, "s3", region).await {
            Err(AwsError::Refused { body, .. }) if body.contains("BucketAlreadyOwnedByYou") => Ok(()),
            other => other.map(drop),
        }
    }

    async fn pages<T>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        read: fn(&[u8]) -> Result<Page<T>, XmlError>,
    ) -> Result<Vec<T>, AwsError> {
        let url = format!("{}/2013-04-01/{path}", self.endpoint);
        let mut all = Vec::new();
        let mut place: Vec<(&str, String)> = Vec::new();
        loop {
            let query: Vec<String> = parameters
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .chain(place.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))))
                .collect();
            let request = self.client.get(format!("{url}?{}", query.join("&")));
            let page = read(&self.send(path, request, "route53", "us-east-1").await?)?;
            all.extend(page.items);
            match page.next {
                Some(next) => place = next,
                None => return Ok(all),
            }
        }
    }

    async fn send(
        &self,
        call: &str,
        request: reqwest::RequestBuilder,
        service: &str,
        region: &str,
    ) -> Result<Vec<u8>, AwsError> {
        let response = request.header("Authorization", authorization(service, region)).send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        if status.is_success() {
            Ok(body.to_vec())
        } else {
            let body = String::from_utf8_lossy(&body).into_owned();
            Err(AwsError::Refused { call: call.to_owned(), status: status.as_u16(), body })
        }
    }
}

/// The emulator tells services and regions apart by the credential scope; it verifies no signature.
fn authorization(service: &str, region: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=lab/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0")
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Reads `DescribeInstances`.
fn instances(xml: &[u8], region: &str) -> Result<Vec<RunningInstance>, XmlError> {
    let root = Element::parse(xml)?;
    let all = root.list("reservationSet").iter().flat_map(|reservation| reservation.list("instancesSet"));
    Ok(all
        .filter(|instance| instance.child("instanceState").and_then(|s| s.text_of("name")) == Some("running"))
        .filter_map(|instance| {
            Some(RunningInstance {
                id: instance.text_of("instanceId")?.to_owned(),
                region: region.to_owned(),
                address: instance.text_of("ipAddress")?.parse().ok()?,
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_running_instances_with_a_public_address_are_taken() {
        let xml = br#"<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><reservationSet><item><reservationId>r-1</reservationId><instancesSet>
<item><instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState><ipAddress>127.40.1.10</ipAddress></item>
<item><instanceId>i-2</instanceId><instanceState><code>48</code><name>terminated</name></instanceState><ipAddress>127.40.1.11</ipAddress></item>
<item><instanceId>i-3</instanceId><instanceState><code>16</code><name>running</name></instanceState></item>
</instancesSet></item></reservationSet></DescribeInstancesResponse>"#;
        let found = instances(xml, "eu-west-1").expect("instances");
        let expected =
            RunningInstance { id: "i-1".into(), region: "eu-west-1".into(), address: Ipv4Addr::new(127, 40, 1, 10) };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn page_places_survive_a_url() {
        assert_eq!(percent_encoded("*.shop.test.&x=1"), "%2A.shop.test.%26x%3D1");
    }
}
