//! Public addresses that the source writes out. The primary's own are asked about; of the others nobody but a person
//! knows whether they are the same for both regions, and a note lists them.

use super::global::is_global_object;
use super::retarget::Work;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_tfstate::State;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Resolvers that answer under one address everywhere: Google's, Cloudflare's, Quad9's and OpenDNS's.
const RESOLVERS: [Ipv4Addr; 8] = [
    Ipv4Addr::new(8, 8, 8, 8),
    Ipv4Addr::new(8, 8, 4, 4),
    Ipv4Addr::new(1, 1, 1, 1),
    Ipv4Addr::new(1, 0, 0, 1),
    Ipv4Addr::new(9, 9, 9, 9),
    Ipv4Addr::new(149, 112, 112, 112),
    Ipv4Addr::new(208, 67, 222, 222),
    Ipv4Addr::new(208, 67, 220, 220),
];

/// What is wider is a part of the Internet and no network of anybody's: `0.0.0.0/1`.
const WIDEST: u8 = 8;

/// Attributes of the primary's objects that are public addresses of theirs.
const OWN: [&str; 8] = [
    "public_ip",
    "public_ips",
    "public_ip_address",
    "ipv6_address",
    "ipv6_addresses",
    "ipv6_cidr_block",
    "tunnel1_address",
    "tunnel2_address",
];

/// Where AWS publishes its ranges, by region and service.
const AWS_RANGES: &str = "https://ip-ranges.amazonaws.com/ip-ranges.json";

/// An address, or a network of them, where it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// With its prefix.
    range: Range<usize>,
    address: IpAddr,
}

/// Every public address of a text.
pub(crate) fn addresses(text: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    // Most texts have neither.
    if !text.contains('.') && !text.contains(':') {
        return found;
    }
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let is_here = match byte {
            b'.' => at > 0 && is_digit(at - 1) && is_digit(at + 1),
            // Every public address of version 6 begins with a 2 or a 3 and four digits.
            b':' => at >= GROUP && matches!(bytes[at - GROUP], b'2' | b'3'),
            _ => false,
        };
        if !is_here || at < from {
            continue;
        }
        let is_of = |byte: &u8| match bytes[at] {
            b'.' => byte.is_ascii_digit() || *byte == b'.',
            _ => byte.is_ascii_hexdigit() || *byte == b':',
        };
        let start = bytes[..at].iter().rposition(|byte| !is_of(byte)).map_or(0, |before| before + 1);
        let end = at + bytes[at..].iter().take_while(|byte| is_of(byte)).count();
        from = end;
        let stands_alone =
            |beside: Option<&u8>| !beside.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        if !stands_alone(start.checked_sub(1).map(|before| &bytes[before])) || !stands_alone(bytes.get(end)) {
            continue;
        }
        if is_numbered(&text[..start]) {
            continue;
        }
        // The end of a sentence is none of the address.
        let whole = &text[start..end];
        let shown = whole.strip_suffix(['.', ':']).filter(|_| !whole.ends_with("::")).unwrap_or(whole);
        let Ok(address) = shown.parse::<IpAddr>() else { continue };
        let end = start + shown.len();
        let prefix = bytes[end..].strip_prefix(b"/").unwrap_or_default();
        let digits = prefix.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let width = text[end..].get(1..1 + digits).and_then(|prefix| prefix.parse::<u8>().ok());
        if is_public(address) && width.is_none_or(|width| width >= WIDEST) {
            let end = if width.is_some() { end + 1 + digits } else { end };
            found.push(Address { range: start..end, address });
        }
    }
    found
}

/// What numbers of four parts come after that are no addresses: `section 9.1.2.3`, `version 1.2.3.4`.
const NUMBERED: [&str; 14] = [
    "appendix",
    "article",
    "build",
    "chapter",
    "clause",
    "control",
    "paragraph",
    "release",
    "requirement",
    "requirements",
    "section",
    "sections",
    "version",
    "§",
];

/// Whether the word right before says that what comes is a number of its own.
fn is_numbered(before: &str) -> bool {
    let before = before.strip_suffix(' ').unwrap_or(before);
    let word = before.rsplit(|letter: char| !letter.is_alphabetic() && letter != '§').next().unwrap_or_default();
    NUMBERED.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// How many digits the first group of a public address of version 6 has.
const GROUP: usize = 4;

/// Whether an address is somebody's on the Internet.
/// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            let is_special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || first == 0
                || first >= 224
                || first == 100 && (64..128).contains(&second)
                || first == 198 && (18..20).contains(&second)
                || first == 192 && second == 0 && third == 0;
            !is_special && !RESOLVERS.contains(&address)
        }
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0xdb8) && first != 0x3fff && first != 0x2002
        }
    }
}

/// Says of what was found ([`Work::addresses`]) whose it is.
pub(crate) fn tell(work: &mut Work<'_>) {
    let found = std::mem::take(&mut work.addresses);
    if found.is_empty() {
        return;
    }
    let own = work.input.recorded.map(of_primary).unwrap_or_default();
    let global = work.input.recorded.map(of_global).unwrap_or_default();
    let mut others: Vec<(PathBuf, Range<usize>)> = Vec::new();
    for (file, Address { range, address }) in found {
        if work.is_removed(&file, &range) {
            continue;
        }
        // Global Accelerator's are for all regions.
        if global.contains(&address) {
            continue;
        }
        match own.iter().find(|own| own.holds(address)) {
            Some(Own { owner, attribute, .. }) => {
                let shown = work.text_of(&file, range.clone());
                let shown = shown.split('/').next().unwrap_or_default();
                let what = format!("{shown} is written out, and is {attribute} of {owner} in the primary");
                let needs = "refer to the resource, so that it follows; or say which one stands for it in the standby, itself where it is meant there too";
                let line = format!("map = {{ \"{shown}\" = \"…\" }}");
                work.ask(&file, range, what, needs, Some(line));
            }
            None => others.push((file, range)),
        }
    }
    note(work, &others);
}

/// One note for all of a stack: which of them differ by region is one question.
fn note(work: &mut Work<'_>, others: &[(PathBuf, Range<usize>)]) {
    let Some((file, range)) = others.first() else { return };
    let first = work.text_of(file, range.clone());
    let count = others.len();
    let (are, they) = if count == 1 { ("address is", "it stays") } else { ("addresses are", "they stay") };
    let subject = Subject::Stack { stack: work.input.stack.name.clone(), side: None };
    let message = format!(
        "{count} public {are} written out, and {they} as in the source: {} may differ for {}",
        if count == 1 { "it" } else { "some" },
        work.input.standby
    );
    let mut finding = Finding::new(codes::R_PUBLIC_ADDRESSES, Severity::Info, subject, message).remedy(format!(
        "see whose they are: AWS's own are in {AWS_RANGES} by region, and a partner may know each region by other ones; say it with map = {{ \"{first}\" = \"…\" }}, or \"{first}\" = \"{first}\" for one that is the same"
    ));
    for (file, range) in others {
        let span = work.span(file, range.clone());
        let place = format!("{}:{}", span.file, span.start.line);
        finding = finding.with(Evidence::fact(place, work.text_of(file, range.clone())));
    }
    if !work.result.notes.contains(&finding) {
        work.result.notes.push(finding);
    }
}

/// An address of the primary's, and whose it is.
struct Own {
    address: IpAddr,
    /// How many of its bits say whose it is: all of them, but for the network that a VPC was given.
    width: u8,
    owner: String,
    attribute: String,
}

impl Own {
    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => own == other,
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = u32::from(128_u8.saturating_sub(self.width));
                let network = |address: Ipv6Addr| address.to_bits().checked_shr(shift).unwrap_or_default();
                network(own) == network(other)
            }
            _ => false,
        }
    }
}

/// Addresses of what serves every region.
fn of_global(state: &State) -> Vec<IpAddr> {
    fn walk(value: &Value, found: &mut Vec<IpAddr>) {
        match value {
            Value::String(text) => found.extend(text.parse::<IpAddr>()),
            Value::Array(all) => all.iter().for_each(|value| walk(value, found)),
            Value::Object(all) => all.values().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for managed in state.managed().filter(is_global_object) {
        managed.attributes().values().for_each(|value| walk(value, &mut found));
    }
    found
}

fn of_primary(state: &State) -> Vec<Own> {
    let mut found = Vec::new();
    for managed in state.managed().filter(|managed| !is_global_object(managed)) {
        let attributes = managed.attributes();
        for name in OWN {
            let texts = match attributes.get(name) {
                Some(Value::String(text)) => vec![text.as_str()],
                Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
                _ => continue,
            };
            for text in texts {
                let (text, width) = text.split_once('/').unwrap_or((text, "128"));
                if let (Ok(address), Ok(width)) = (text.parse(), width.parse()) {
                    found.push(Own {
                        address,
                        width,
                        owner: managed.address().to_string(),
                        attribute: name.to_owned(),
                    });
                }
            }
        }
    }
    found
}

/// Takes in the addresses of a literal that the plan does not map.
pub(crate) fn take_in(work: &mut Work<'_>, file: &Path, text: &str, start: usize) {
    let found = addresses(text);
    if found.is_empty() {
        return;
    }
    let mapped = work.words.find(text);
    for one in found {
        // `"x" = "x"` says that it stays.
        if !mapped.iter().any(|hit| hit.range.contains(&one.range.start)) {
            let range = one.range.start + start..one.range.end + start;
            work.addresses.push((file.to_owned(), Address { range, ..one }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_seen_and_others_are_not() {
        let found =
            |text: &'static str| -> Vec<&str> { addresses(text).into_iter().map(|one| &text[one.range]).collect() };
        for (text, expected) in [
            ("52.94.76.10", &["52.94.76.10"][..]),
            ("18.202.216.48/29", &["18.202.216.48/29"]),
            ("allow 34.240.0.7:443, 54.77.1.2.", &["34.240.0.7", "54.77.1.2"]),
            ("https://34.240.0.7/x v=spf1 ip4:54.77.1.2/32 -all", &["34.240.0.7", "54.77.1.2/32"]),
            ("2a05:d018:1c4:b200:1:2:3:4.", &["2a05:d018:1c4:b200:1:2:3:4"]),
            ("2a05:d018:1c4:b200::/56", &["2a05:d018:1c4:b200::/56"]),
            ("é 2600:1f18::1 é", &["2600:1f18::1"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        for text in [
            "10.0.0.1",
            "172.16.0.0/12",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0/0",
            "128.0.0.0/1",
            "100.64.0.1",
            "198.51.100.7",
            "203.0.113.0/24",
            "224.0.0.251",
            "255.255.255.0",
            "8.8.8.8",
            "198.18.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "v1.2.3.4",
            "app-1.2.3.4.tar.gz",
            "1.2.3.4-beta",
            "as of section 9.1.2.3, and §9.1.2.3",
            "Requirement 8.2.3.1: encrypt",
            "PCI DSS Version 4.12.1.3",
            "300.1.2.3",
            "fd00:ec2::254",
            "::1",
            "2001:db8::1",
            "::/0",
            "fe80::1",
            "arn:aws:sqs:eu-west-1:2345:x",
            "20:30:40",
            "2024-01-02T03:04:05",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
