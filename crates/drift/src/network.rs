//! Address ranges and protocols, in the form in which equal ones are equal texts.

use std::net::IpAddr;

/// A CIDR block in its canonical text, host bits cleared as EC2 clears them. Text that is none stays as it is.
pub(crate) fn cidr(text: &str) -> String {
    let parse = || {
        let (address, length) = text.split_once('/')?;
        let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u32>().ok()?);
        Some(match address {
            IpAddr::V4(v4) if length <= 32 => {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                format!("{}/{length}", std::net::Ipv4Addr::from(u32::from(v4) & mask))
            }
            IpAddr::V6(v6) if length <= 128 => {
                let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
                format!("{}/{length}", std::net::Ipv6Addr::from(u128::from(v6) & mask))
            }
            _ => return None,
        })
    };
    parse().unwrap_or_else(|| text.to_owned())
}

/// Whether a CIDR block is the whole Internet.
pub(crate) fn is_world(text: &str) -> bool {
    matches!(cidr(text).as_str(), "0.0.0.0/0" | "::/0")
}

/// A protocol by the name that EC2 answers with; `-1` is all of them.
pub(crate) fn protocol(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "" | "-1" | "all" => "-1",
        "6" | "tcp" => "tcp",
        "17" | "udp" => "udp",
        "1" | "icmp" => "icmp",
        "58" | "icmpv6" => "icmpv6",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// A security group's id without the account before it, `111122223333/sg-1`.
pub(crate) fn group_id(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_one_text() {
        for (written, canonical) in [
            ("10.0.0.5/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0:0::/32", "2001:db8::/32"),
            ("::0/0", "::/0"),
            ("10.0.0.0/33", "10.0.0.0/33"),
            ("pl-1", "pl-1"),
        ] {
            assert_eq!(cidr(written), canonical);
        }
        assert!(is_world("0.0.0.0/0") && is_world("0::0/0") && !is_world("0.0.0.0/1"));
    }

    #[test]
    fn protocols_have_one_name() {
        assert_eq!(
            (protocol("6"), protocol("TCP"), protocol("all"), protocol("50")),
            ("tcp".into(), "tcp".into(), "-1".into(), "50".into())
        );
    }
}
