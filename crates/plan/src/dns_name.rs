//! DNS names as plans write them.

/// The longest name in text, without the trailing dot (RFC 1035, section 2.3.4: 255 octets on the wire).
const LONGEST_NAME: usize = 253;
/// The longest label (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// The name in lower case and without a trailing dot.
///
/// # Errors
/// What is wrong with it. `*` may stand for the first label alone, and `_` may stand in a label, as in
/// Route 53.
pub(crate) fn normal(name: &str) -> Result<String, &'static str> {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.len() > LONGEST_NAME {
        return Err("it is longer than 253 characters");
    }
    for (index, label) in name.split('.').enumerate() {
        if label.is_empty() {
            return Err("it has an empty part between dots");
        }
        if label.len() > LONGEST_LABEL {
            return Err("one of its parts is longer than 63 characters");
        }
        if label == "*" && index == 0 {
            continue;
        }
        if !label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err("DNS names have letters, digits, - and _, with dots between");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("one of its parts begins or ends with -");
        }
    }
    Ok(name)
}

/// Whether a name is the zone's own or lies below it; both as [`normal`] gives them.
pub(crate) fn is_within(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_brought_to_one_form() {
        assert_eq!(normal("App.Shop.test."), Ok("app.shop.test".to_owned()));
        assert_eq!(normal("*.shop.test"), Ok("*.shop.test".to_owned()));
        assert_eq!(normal("_sip._tcp.shop.test"), Ok("_sip._tcp.shop.test".to_owned()));
        for name in ["", ".", "a..b", "a b", "-a.test", "a-.test", "b.*.test", "é.test", &"a".repeat(64)] {
            assert!(normal(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_name_is_within_its_zone_only_at_a_dot() {
        assert!(is_within("shop.test", "shop.test"));
        assert!(is_within("app.shop.test", "shop.test"));
        assert!(!is_within("webshop.test", "shop.test"));
        assert!(!is_within("test", "shop.test"));
    }
}
