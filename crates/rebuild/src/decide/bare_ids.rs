//! Ids that AWS gives out in a region and that are told by their form alone, beside those of EC2: a balancer in an
//! alarm's dimension, a directory, the alias of an access point.

use super::id_shapes::{UUID, is_uuid};
use std::ops::Range;

/// What an id is made of after its first hyphen.
#[derive(Clone, Copy)]
enum Letters {
    LowerHex,
    UpperHex,
    Lower,
    Upper,
}

/// How an id begins before its hyphen, how many letters follow, and which.
/// Sources: API references of Directory Service (`DirectoryId`), EMR (`JobFlowId`, studios and notebooks), RDS
/// (`DbiResourceId`, `DbClusterResourceId`), Storage Gateway (`GatewayARN`), Direct Connect (`connectionId`), Cloud Map
/// (`ServiceId`, `NamespaceId`), Service Catalog, Data Pipeline, CloudHSM, WorkSpaces, Managed Grafana, SageMaker
/// (`DomainId`), Managed Blockchain, AppSync (API keys), Elastic Beanstalk (`EnvironmentId`), EC2 (spot requests), IAM
/// Identity Center (`InstanceArn`) and DataZone.
const FORMS: [(&str, std::ops::RangeInclusive<usize>, Letters); 39] = [
    ("act", 13..=13, Letters::Lower),
    ("cluster", 11..=11, Letters::Lower),
    ("cluster", 25..=26, Letters::Upper),
    ("cons", 13..=13, Letters::Lower),
    ("d", 10..=10, Letters::LowerHex),
    ("d", 12..=12, Letters::Lower),
    ("da2", 26..=26, Letters::Lower),
    ("db", 25..=26, Letters::Upper),
    ("df", 19..=21, Letters::Upper),
    ("dxcon", 8..=8, Letters::Lower),
    ("dxlag", 8..=8, Letters::Lower),
    ("dxvif", 8..=8, Letters::Lower),
    ("dzd", 13..=16, Letters::Lower),
    ("e", 10..=10, Letters::Lower),
    ("e", 25..=26, Letters::Upper),
    ("es", 25..=26, Letters::Upper),
    ("g", 10..=10, Letters::LowerHex),
    ("hsm", 11..=11, Letters::Lower),
    ("j", 12..=14, Letters::Upper),
    ("lpv2", 13..=13, Letters::Lower),
    ("lpv3", 13..=13, Letters::Lower),
    ("m", 26..=26, Letters::Upper),
    ("n", 26..=26, Letters::Upper),
    ("nd", 26..=26, Letters::Upper),
    ("ns", 16..=16, Letters::Lower),
    ("pa", 13..=13, Letters::Lower),
    ("port", 13..=13, Letters::Lower),
    ("pp", 13..=13, Letters::Lower),
    ("prod", 13..=13, Letters::Lower),
    ("ps", 16..=16, Letters::LowerHex),
    ("sgw", 8..=8, Letters::UpperHex),
    ("shardgroup", 25..=26, Letters::Upper),
    ("sir", 8..=8, Letters::Lower),
    ("srv", 16..=16, Letters::Lower),
    ("ssoins", 16..=16, Letters::LowerHex),
    ("tag", 13..=13, Letters::Lower),
    ("ws", 9..=9, Letters::Lower),
    ("wsb", 9..=9, Letters::Lower),
    ("wsip", 9..=9, Letters::Lower),
];

/// Beginnings that names have too: `prod-`, `d-` and `e-` are environments to many. What follows has to look made up.
const OF_NAMES: [&str; 14] =
    ["act", "cluster", "cons", "d", "e", "hsm", "pa", "port", "pp", "prod", "tag", "ws", "wsb", "wsip"];

/// What AWS puts before a UUID: a broker and its configuration, a workspace of Prometheus, GameLift's fleets, builds,
/// scripts and aliases, and a fleet of spot instances.
const BEFORE_UUIDS: [&str; 8] = ["alias", "b", "build", "c", "fleet", "script", "sfr", "ws"];

/// How many letters the shortest of them has after its hyphen.
const SHORTEST: usize = 8;

/// What stands before the name and the id of a balancer or of what belongs to it, as CloudWatch's dimensions and the
/// labels of target tracking have them.
/// Source: Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer".
const BALANCERS: [&str; 4] = ["app", "net", "gwy", "targetgroup"];

/// How many hexadecimal digits the id of a balancer has.
const BALANCER_ID: usize = 16;

/// How the alias of an S3 access point ends; before it, with the zone's short name as its last letters, comes what S3
/// made up.
/// Source: Amazon S3 User Guide, "Using a bucket-style alias for your access point".
const ALIAS_END: &str = "-s3alias";

/// Where the one stands that is told by the hyphen or the slash at `at`.
pub(crate) fn bare_id(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    match bytes.get(at)? {
        b'-' => by_form(bytes, at).or_else(|| alias(text, at)),
        b'/' => balancer(bytes, at),
        _ => None,
    }
}

/// Whether a byte may stand in a name or an id.
pub(crate) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Where the name or id begins that ends at `end`.
pub(crate) fn name_start(text: &[u8], end: usize) -> usize {
    text[..end].iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |before| before + 1)
}

/// The word around a hyphen, where it has one of the forms.
fn by_form(text: &[u8], hyphen: usize) -> Option<Range<usize>> {
    // Most hyphens join two words.
    if !text.get(hyphen + 1..=hyphen + SHORTEST)?.iter().all(|byte| is_of_name(*byte)) {
        return None;
    }
    let start = name_start(text, hyphen);
    let begin = &text[start..hyphen];
    let forms = FORMS.iter().filter(|(known, ..)| known.as_bytes() == begin);
    let is_before_uuid = BEFORE_UUIDS.iter().any(|known| known.as_bytes() == begin);
    if !is_before_uuid && forms.clone().next().is_none() {
        return None;
    }
    let length = text[hyphen + 1..].iter().take_while(|byte| is_of_name(**byte)).count();
    let id = &text[hyphen + 1..hyphen + 1 + length];
    let end = hyphen + 1 + length;
    if is_before_uuid && length == UUID && std::str::from_utf8(id).is_ok_and(is_uuid) {
        return Some(start..end);
    }
    let (_, _, letters) = forms.into_iter().find(|(_, lengths, _)| lengths.contains(&length))?;
    let is_of = |byte: &u8| match letters {
        Letters::LowerHex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        Letters::UpperHex => matches!(byte, b'0'..=b'9' | b'A'..=b'F'),
        Letters::Lower => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
        Letters::Upper => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
    };
    // A word without a digit is a name, and so is one with a number at its end: `prod-customerapi01`.
    let turns = id.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let is_name = OF_NAMES.iter().any(|known| known.as_bytes() == begin)
        && !matches!(letters, Letters::LowerHex)
        && turns < 2
        && !id.first().is_some_and(u8::is_ascii_digit);
    let is_id = id.iter().all(is_of) && id.iter().any(u8::is_ascii_digit) && !is_name;
    is_id.then_some(start..end)
}

/// The word that ends in `-s3alias` here.
fn alias(text: &str, hyphen: usize) -> Option<Range<usize>> {
    let end = hyphen + ALIAS_END.len();
    let bytes = text.as_bytes();
    if !text[hyphen..].starts_with(ALIAS_END) || bytes.get(end).is_some_and(|after| is_of_name(*after)) {
        return None;
    }
    let start = name_start(bytes, hyphen);
    (start < hyphen).then_some(start..end)
}

/// `app/web/50dc6c495c0c9188`, whose first `/` is here.
fn balancer(text: &[u8], slash: usize) -> Option<Range<usize>> {
    let start = name_start(text, slash);
    if !BALANCERS.iter().any(|kind| kind.as_bytes() == &text[start..slash]) {
        return None;
    }
    let name = text[slash + 1..].iter().take_while(|byte| is_of_name(**byte)).count();
    let id = slash + 1 + name + 1;
    let is_named = name > 0 && text.get(id - 1) == Some(&b'/');
    let digits = text.get(id..)?.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
    let end = id + digits;
    let ends = digits == BALANCER_ID && !text.get(end).is_some_and(|after| is_of_name(*after));
    (is_named && ends).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_their_form_and_names_are_none() {
        let found = |text: &'static str| -> Vec<&str> {
            (0..text.len()).filter_map(|at| bare_id(text, at)).map(|range| &text[range]).collect()
        };
        for (text, ids) in [
            ("app/web/50dc6c495c0c9188", &["app/web/50dc6c495c0c9188"][..]),
            (
                "app/web/50dc6c495c0c9188/targetgroup/web-1/73e2d6bc24d8a067",
                &["app/web/50dc6c495c0c9188", "targetgroup/web-1/73e2d6bc24d8a067"],
            ),
            ("https://d-1234567890.awsapps.com/start", &["d-1234567890"]),
            ("j-2AXXXXXXGAPLF db-ABCDEFGHIJKL01234MNOPQRSTU", &["j-2AXXXXXXGAPLF", "db-ABCDEFGHIJKL01234MNOPQRSTU"]),
            ("shop-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", &["shop-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"]),
            ("é dxcon-fg1a2b3c é", &["dxcon-fg1a2b3c"]),
            ("srv-p5zdwlg5uvvzjita ns-ylexjili4cdxy3xm", &["srv-p5zdwlg5uvvzjita", "ns-ylexjili4cdxy3xm"]),
            ("port-2s6abcdq5wdh4 prod-n3frsv3vnznzo", &["port-2s6abcdq5wdh4", "prod-n3frsv3vnznzo"]),
            ("pa-4abcdjnxjj6ne pp-y3fnk3sooitas", &["pa-4abcdjnxjj6ne", "pp-y3fnk3sooitas"]),
            ("df-0937003356ZJEXAMPLE g-0a1b2c3d4e", &["df-0937003356ZJEXAMPLE", "g-0a1b2c3d4e"]),
            ("ws-8h2k4m6p9 cluster-igklspoyj5v", &["ws-8h2k4m6p9", "cluster-igklspoyj5v"]),
            (
                "ws-1234abcd-12ab-34cd-56ef-1234567890ab/b-1234abcd-12ab-34cd-56ef-1234567890ab",
                &["ws-1234abcd-12ab-34cd-56ef-1234567890ab", "b-1234abcd-12ab-34cd-56ef-1234567890ab"],
            ),
            ("arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6", &["ssoins-7223a1b2c3d4e5f6"]),
        ] {
            assert_eq!(found(text), ids, "{text}");
        }
        for text in [
            "app/web/50dc6c495c0c91880",
            "myapp/web/50dc6c495c0c9188",
            "app/web",
            "app/",
            "d-12345678901",
            "prod-1234567890",
            "d-abcdefabcd",
            "db-orders-2024",
            "prod-customerapi01",
            "prod-customerapis1",
            "ws-gateway01",
            "d-customerapi1",
            "e-frontend01",
            "ns-internaldatabase",
            "x-1234abcd-12ab-34cd-56ef-1234567890ab",
            "s3alias -s3alias",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
