//! Names and ids in the forms that Route 53 gives them.

/// The id at the end of `/hostedzone/Z1`, `/change/C1`, `/healthcheck/…`.
pub(crate) fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The name without the dot that ends a fully qualified one.
pub(crate) fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The fully qualified name, with its dot.
pub(crate) fn with_dot(name: &str) -> String {
    format!("{}.", without_dot(name))
}

/// Takes back octal escapes: `\052` is `*`. Route 53 escapes all but `a-z`, `0-9`, `-`, `_` and `.`.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
pub(crate) fn unescaped(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'\\').then(|| tail.get(..3)).flatten().and_then(octal);
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// Whether two names are the same in DNS, however each is written.
pub(crate) fn same(one: &str, other: &str) -> bool {
    unescaped(without_dot(one)).eq_ignore_ascii_case(&unescaped(without_dot(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_back() {
        assert_eq!(unescaped(r"\052.shop.test"), "*.shop.test");
        assert_eq!(unescaped(r"a\100b.test"), "a@b.test");
        for left in [r"a\9b", r"end\05", r"x\999", "plain"] {
            assert_eq!(unescaped(left), left);
        }
    }

    #[test]
    fn spelling_does_not_make_another_name() {
        assert!(same(r"\052.Shop.test.", "*.shop.TEST"));
        assert!(!same("a.shop.test", "b.shop.test"));
    }

    #[test]
    fn ids_lose_their_path() {
        assert_eq!((bare_id("/hostedzone/Z1"), bare_id("Z1"), bare_id("/change/C1")), ("Z1", "Z1", "C1"));
    }
}
