//! Ids that AWS gives out in a region and that are told by their form alone, beside those of EC2: a balancer in an
//! alarm's dimension, a directory, the alias of an access point.

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
/// Sources: API references of Directory Service (`DirectoryId`), EMR (`JobFlowId`), RDS (`DbiResourceId`,
/// `DbClusterResourceId`), Storage Gateway (`GatewayARN`) and Direct Connect (`connectionId`).
const FORMS: [(&str, std::ops::RangeInclusive<usize>, Letters); 8] = [
    ("d", 10..=10, Letters::LowerHex),
    ("j", 12..=14, Letters::Upper),
    ("db", 25..=26, Letters::Upper),
    ("cluster", 25..=26, Letters::Upper),
    ("sgw", 8..=8, Letters::UpperHex),
    ("dxcon", 8..=8, Letters::Lower),
    ("dxvif", 8..=8, Letters::Lower),
    ("dxlag", 8..=8, Letters::Lower),
];

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

/// Where each of them stands in a text.
pub(crate) fn bare_ids(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'-' => found.extend(by_form(bytes, at).or_else(|| alias(text, at))),
            b'/' => found.extend(balancer(bytes, at)),
            _ => {}
        }
    }
    found
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The word around a hyphen, where it has one of the forms.
fn by_form(text: &[u8], hyphen: usize) -> Option<Range<usize>> {
    let start = text[..hyphen].iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |at| at + 1);
    let (_, lengths, letters) = FORMS.iter().find(|(begin, ..)| begin.as_bytes() == &text[start..hyphen])?;
    let length = text[hyphen + 1..].iter().take_while(|byte| is_of_name(**byte)).count();
    let id = &text[hyphen + 1..hyphen + 1 + length];
    let is_of = |byte: &u8| match letters {
        Letters::LowerHex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        Letters::UpperHex => matches!(byte, b'0'..=b'9' | b'A'..=b'F'),
        Letters::Lower => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
        Letters::Upper => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
    };
    // A word without a digit is a name.
    let is_id = lengths.contains(&length) && id.iter().all(is_of) && id.iter().any(u8::is_ascii_digit);
    is_id.then_some(start..hyphen + 1 + length)
}

/// The word that ends in `-s3alias` here.
fn alias(text: &str, hyphen: usize) -> Option<Range<usize>> {
    let end = hyphen + ALIAS_END.len();
    let bytes = text.as_bytes();
    if !text[hyphen..].starts_with(ALIAS_END) || bytes.get(end).is_some_and(|after| is_of_name(*after)) {
        return None;
    }
    let start = bytes[..hyphen].iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |at| at + 1);
    (start < hyphen).then_some(start..end)
}

/// `app/web/50dc6c495c0c9188`, whose first `/` is here.
fn balancer(text: &[u8], slash: usize) -> Option<Range<usize>> {
    let start = text[..slash].iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |at| at + 1);
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

/// `a1b2c3d4e5` of API Gateway and the 32 digits of a GuardDuty detector, where such an id is asked for.
pub(crate) fn is_bare_id(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    match text.len() {
        10 => {
            text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
                && has(u8::is_ascii_digit)
                && has(u8::is_ascii_lowercase)
        }
        32 => text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_their_form_and_names_are_none() {
        let found =
            |text: &'static str| -> Vec<&str> { bare_ids(text).into_iter().map(|range| &text[range]).collect() };
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
            "s3alias -s3alias",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert!(is_bare_id("a1b2c3d4e5") && is_bare_id("12abc34d567e8fa901bc2d34e56789f0"));
        assert!(!is_bare_id("ordersapis") && !is_bare_id("1234567890") && !is_bare_id("orders"));
    }
}
