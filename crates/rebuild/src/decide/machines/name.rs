//! The name of a machine type: `m5.large`, `db.r6g.2xlarge`.
//!
//! Source: Amazon EC2 User Guide, "Instance type names": the family, its generation, what is special of it, and the
//! size behind a dot.

/// What a database class begins with, before the machine type that it runs on.
const DATABASE: &str = "db.";

/// The parts of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MachineName<'a> {
    /// `m` of `m5dn`, `u` of `u-6tb1`
    pub(crate) family: &'a str,
    /// 5 of `m5dn`
    pub(crate) generation: u32,
    /// `dn` of `m5dn`
    pub(crate) special: &'a str,
}

/// The parts of a machine type's name, where the text is one.
pub(crate) fn machine_type(text: &str) -> Option<MachineName<'_>> {
    let (kind, size) = text.split_once('.')?;
    if !is_size(size) || !kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return None;
    }
    let digits = kind.find(|letter: char| letter.is_ascii_digit())?;
    let family = kind[..digits].trim_end_matches('-');
    let rest = &kind[digits..];
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let generation = rest[..end].parse().ok()?;
    (!family.is_empty() && family.starts_with(|letter: char| letter.is_ascii_lowercase())).then_some(MachineName {
        family,
        generation,
        special: &rest[end..],
    })
}

/// The machine type of a database class: `r6g.2xlarge` of `db.r6g.2xlarge`.
pub(crate) fn class_type(text: &str) -> Option<&str> {
    text.strip_prefix(DATABASE).filter(|rest| machine_type(rest).is_some())
}

/// `large`, `2xlarge`, `metal`, `metal-24xl`
fn is_size(text: &str) -> bool {
    let number = |text: &str, end: &str| {
        text.strip_suffix(end).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(text, "nano" | "micro" | "small" | "medium" | "large" | "metal")
        || number(text, "xlarge")
        || text.strip_prefix("metal-").is_some_and(|rest| number(rest, "xl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_family_generation_and_what_is_special() {
        let parts = |text| machine_type(text).map(|name| (name.family, name.generation, name.special));
        for (text, expected) in [
            ("m5.large", ("m", 5, "")),
            ("r6gd.16xlarge", ("r", 6, "gd")),
            ("c7gn.metal", ("c", 7, "gn")),
            ("m7i.metal-24xl", ("m", 7, "i")),
            ("g4dn.xlarge", ("g", 4, "dn")),
            ("inf2.xlarge", ("inf", 2, "")),
            ("u-6tb1.metal", ("u", 6, "tb1")),
            ("mac2-m2.metal", ("mac", 2, "-m2")),
            ("t3.nano", ("t", 3, "")),
        ] {
            assert_eq!(parts(text), Some(expected), "{text}");
        }
        for other in
            ["", "m5", "large", "m5.", "m5.larger", "M5.large", "www.small", "api.v1.large", "3m.large", "a b5.large"]
        {
            assert_eq!(parts(other), None, "{other}");
        }
        assert_eq!(class_type("db.m5.large"), Some("m5.large"));
        assert_eq!(class_type("m5.large"), None);
        assert_eq!(class_type("db.serverless"), None);
    }
}
