//! How each of AWS's protocols says that it throttles or fails, as its SDKs read it.
//!
//! Sources: the services' API references, "Common errors" (EC2: RequestLimitExceeded; S3: SlowDown; Route 53 and the
//! other query APIs: Throttling; the JSON ones: ThrottlingException; Lambda: TooManyRequestsException), and Smithy's
//! specifications of awsQuery, ec2Query, restXml, restJson1, awsJson1_1 and rpcv2Cbor for the form.

use crate::tap::Call;

const MESSAGE_THROTTLED: &str = "Rate exceeded";
const MESSAGE_FAILED: &str = "The lab was told to fail";
const REQUEST_ID: &str = "00000000-0000-0000-0000-000000001ab5";

/// The form of a service's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Ec2,
    S3,
    /// Query APIs, and Route 53's XML, which has the same errors.
    Query,
    Json,
    RestJson,
    Cbor,
}

impl Protocol {
    fn of(call: &Call) -> Self {
        match call.service.as_str() {
            "ec2" => Self::Ec2,
            "s3" => Self::S3,
            _ if call.path.starts_with("/service/") => Self::Cbor,
            _ if !call.target.is_empty() => Self::Json,
            "route53" => Self::Query,
            _ if call.body.contains("Action=") => Self::Query,
            _ => Self::RestJson,
        }
    }
}

/// The answer of a service that is called too often.
pub(super) fn throttled(call: &Call) -> Vec<u8> {
    let (status, code) = match Protocol::of(call) {
        Protocol::Ec2 => (503, "RequestLimitExceeded"),
        Protocol::S3 => (503, "SlowDown"),
        Protocol::Query => (400, "Throttling"),
        Protocol::Json | Protocol::Cbor => (400, "ThrottlingException"),
        Protocol::RestJson => (429, "TooManyRequestsException"),
    };
    answer(call, status, code, MESSAGE_THROTTLED)
}

/// The answer of a service that fails.
pub(super) fn failed(call: &Call, status: u16) -> Vec<u8> {
    let code = match (Protocol::of(call), status) {
        (_, 503) => "ServiceUnavailable",
        (Protocol::Ec2 | Protocol::S3, _) => "InternalError",
        (Protocol::Query, _) => "InternalFailure",
        (Protocol::Json | Protocol::RestJson | Protocol::Cbor, _) => "InternalServerError",
    };
    answer(call, status, code, MESSAGE_FAILED)
}

fn answer(call: &Call, status: u16, code: &str, message: &str) -> Vec<u8> {
    let fault = if status >= 500 { "Receiver" } else { "Sender" };
    let (content, extra, body) = match Protocol::of(call) {
        Protocol::Ec2 => (
            "text/xml",
            String::new(),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code>\
                 <Message>{message}</Message></Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
            )
            .into_bytes(),
        ),
        Protocol::S3 => (
            "application/xml",
            String::new(),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                 <RequestId>{REQUEST_ID}</RequestId></Error>"
            )
            .into_bytes(),
        ),
        Protocol::Query => (
            "text/xml",
            String::new(),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse><Error><Type>{fault}</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error><RequestId>{REQUEST_ID}</RequestId>\
                 </ErrorResponse>"
            )
            .into_bytes(),
        ),
        Protocol::Json => ("application/x-amz-json-1.1", String::new(), json(code, message)),
        Protocol::RestJson => ("application/json", format!("x-amzn-ErrorType: {code}\r\n"), json(code, message)),
        Protocol::Cbor => ("application/cbor", "smithy-protocol: rpc-v2-cbor\r\n".into(), cbor(code, message)),
    };
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content}\r\nContent-Length: {}\r\nx-amzn-RequestId: {REQUEST_ID}\r\n\
         {extra}Connection: close\r\n\r\n",
        reason(status),
        body.len()
    );
    // What asked for the head alone is told by the status.
    let body = if call.method == "HEAD" { Vec::new() } else { body };
    [head.into_bytes(), body].concat()
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

fn json(code: &str, message: &str) -> Vec<u8> {
    serde_json::json!({"__type": code, "message": message}).to_string().into_bytes()
}

/// A map of two texts (RFC 8949): a byte for the map, and for each text its length and its bytes.
fn cbor(code: &str, message: &str) -> Vec<u8> {
    let mut bytes = vec![0xa2];
    for text in ["__type", code, "message", message] {
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        match length {
            0..=23 => bytes.push(0x60 | length),
            _ => bytes.extend([0x78, length]),
        }
        bytes.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(service: &str, path: &str, body: &str, target: &str) -> Call {
        Call { service: service.into(), path: path.into(), body: body.into(), target: target.into(), ..Call::default() }
    }

    #[test]
    fn each_protocol_says_it_in_its_own_words() {
        for (call, status, words) in [
            (call("ec2", "/", "Action=RunInstances", ""), 503, "<Errors><Error><Code>RequestLimitExceeded</Code>"),
            (call("s3", "/bucket/key", "", ""), 503, "<Error><Code>SlowDown</Code>"),
            (call("route53", "/2013-04-01/change/C", "", ""), 400, "<Type>Sender</Type><Code>Throttling</Code>"),
            (call("iam", "/", "Action=GetRole", ""), 400, "<Code>Throttling</Code>"),
            (call("sqs", "/", "{}", "AmazonSQS.SendMessage"), 400, "\"__type\":\"ThrottlingException\""),
            (call("lambda", "/2015-03-31/functions", "", ""), 429, "x-amzn-ErrorType: TooManyRequestsException"),
            (call("monitoring", "/service/G/operation/PutMetricData", "", ""), 400, "\u{73}ThrottlingException"),
        ] {
            let bytes = throttled(&call);
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
            assert!(text.contains(words), "{text}");
            let (head, body) = text.split_once("\r\n\r\n").expect("a head");
            // The lossy text of CBOR is not as long as its bytes.
            if call.service != "monitoring" {
                assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{text}");
            }
        }
        let head = Call { method: "HEAD".into(), ..call("s3", "/bucket", "", "") };
        assert!(String::from_utf8_lossy(&failed(&head, 500)).ends_with("\r\n\r\n"));
        assert!(String::from_utf8_lossy(&failed(&head, 503)).starts_with("HTTP/1.1 503 Service Unavailable"));
    }

    #[test]
    fn cbor_is_a_map_of_two_texts() {
        let long = "x".repeat(30);
        let bytes = cbor("E", &long);
        assert_eq!(bytes[..10], [0xa2, 0x66, b'_', b'_', b't', b'y', b'p', b'e', 0x61, b'E']);
        assert_eq!(bytes[10..20], [0x67, b'm', b'e', b's', b's', b'a', b'g', b'e', 0x78, 30]);
        assert_eq!(bytes.len(), 20 + 30);
    }
}
