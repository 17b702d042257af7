//! DNS names and record values, as they are equal.

/// A name in lower case, without trailing dot, Route 53's octal escapes taken back (`\052` is `*`).
pub(crate) fn name(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.trim_end_matches('.').as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = after;
            }
            (byte, after) => {
                bytes.push(byte.to_ascii_lowercase());
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An alias target's name: AWS takes `dualstack.` before a load balancer's name as the same target.
pub(crate) fn alias_target(text: &str) -> String {
    let name = name(text);
    name.strip_prefix("dualstack.").unwrap_or(&name).to_owned()
}

/// A record's name, fully qualified in `zone`: the state may have `app`, `app.shop.test` or nothing for the
/// zone's apex.
pub(crate) fn qualified(record: &str, zone: &str) -> String {
    let (record, zone) = (name(record), name(zone));
    if zone.is_empty() || record == zone || record.ends_with(&format!(".{zone}")) {
        record
    } else if record.is_empty() {
        zone
    } else {
        format!("{record}.{zone}")
    }
}

/// One value of a record, in the form in which equal values are equal texts.
pub(crate) fn value(record_type: &str, text: &str) -> String {
    match record_type {
        "TXT" | "SPF" => txt(text),
        "CNAME" | "NS" | "PTR" | "MX" | "SRV" => name(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
        "AAAA" => text.parse::<std::net::Ipv6Addr>().map_or_else(|_| text.to_owned(), |address| address.to_string()),
        _ => text.to_owned(),
    }
}

/// A TXT value's content: Terraform's state has it without the outer quotes (`a" "b` for two strings),
/// Route 53 with them. A resolver joins the strings, so the joined text is what counts.
fn txt(text: &str) -> String {
    let text = text.trim();
    let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
    let mut out = String::new();
    let mut inside = !quoted;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|next| matches!(next, '"' | '\\')) => {
                out.extend(characters.next());
            }
            // The provider writes a state's value between quotes as it is, so a quote in it that is followed by
            // white space and a quote ends one string and begins the next.
            '"' => inside = !inside,
            character if inside => out.push(character),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_no_dot_and_no_escapes() {
        assert_eq!(name("App.Shop.test."), "app.shop.test");
        assert_eq!(name("\\052.shop.test"), "*.shop.test");
        assert_eq!(alias_target("dualstack.LB-1.elb.amazonaws.com."), "lb-1.elb.amazonaws.com");
    }

    #[test]
    fn a_record_may_be_named_relative_to_its_zone() {
        for record in ["app", "APP", "app.shop.test", "app.shop.test."] {
            assert_eq!(qualified(record, "shop.test."), "app.shop.test");
        }
        assert_eq!(qualified("", "shop.test"), "shop.test");
        assert_eq!(qualified("shop.test", "shop.test"), "shop.test");
        assert_eq!(qualified("myshop.test", "shop.test"), "myshop.test.shop.test");
    }

    #[test]
    fn txt_values_are_equal_by_content() {
        for (state, live) in [
            ("v=spf1 -all", "\"v=spf1 -all\""),
            ("a\" \"b", "\"a\" \"b\""),
            ("say \\\"hi\\\"", "\"say \\\"hi\\\"\""),
            ("", "\"\""),
        ] {
            assert_eq!(value("TXT", state), value("TXT", live), "{state} {live}");
        }
        assert_ne!(value("TXT", "a b"), value("TXT", "\"ab\""));
        assert_ne!(value("TXT", "A"), value("TXT", "\"a\""));
    }

    #[test]
    fn values_with_names_in_them_have_no_case() {
        assert_eq!(value("MX", "10  Mail.shop.test."), value("MX", "10 mail.shop.test"));
        assert_eq!(value("AAAA", "2001:DB8:0::1"), value("AAAA", "2001:db8::1"));
        assert_ne!(value("A", "192.0.2.1"), value("A", "192.0.2.2"));
    }
}
