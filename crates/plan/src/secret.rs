//! Secrets that are written in a plan: found by the name of what holds them, or by their shape.

/// What stands in a text for a part that is not literal: an `env`, a `var`, an output.
pub(crate) const NOT_LITERAL: char = '\u{1}';

/// Words that name a secret, each matched as one or two whole words of a name.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "credential",
    "credentials",
    "authorization",
];

/// Pairs of words that name a secret together.
const SECRET_PAIRS: &[(&str, &str)] =
    &[("api", "key"), ("private", "key"), ("access", "key"), ("auth", "key"), ("encryption", "key")];

/// Last words of a name that say where a secret is, and not what it is.
const POINTERS: &[&str] = &["arn", "id", "name", "path", "file", "url", "version", "length"];

/// Whether something of this name holds a secret: `db_password`, `X-Api-Key`, `clientSecret`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let words = words_of(name);
    if words.last().is_some_and(|last| POINTERS.contains(&last.as_str())) {
        return false;
    }
    words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
        || words
            .windows(2)
            .any(|pair| SECRET_PAIRS.iter().any(|(first, second)| pair[0] == *first && pair[1] == *second))
}

/// Lower-case words of `snake_case`, `kebab-case` and `camelCase`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && after_lower) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Which secret a text holds in clear, or none. Parts that are not literal stand in it as
/// [`NOT_LITERAL`].
pub(crate) fn secret_in(text: &str) -> Option<&'static str> {
    if password_in_url(text) {
        Some("password in a URL")
    } else if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        Some("private key")
    } else if after_scheme_word(text) {
        Some("credentials of an Authorization header")
    } else if assigned(text) {
        Some("secret in an argument")
    } else {
        None
    }
}

/// Whether a text has a literal character at all: `Bearer ${env("TOKEN")}` after its word has none.
fn has_literal(text: &str) -> bool {
    text.chars().any(|c| c != NOT_LITERAL && !c.is_whitespace())
}

/// `scheme://user:password@host`
fn password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(at, separator)| {
        let rest = &text[at + separator.len()..];
        let authority =
            rest.split(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace()).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(_, password)| has_literal(password))
    })
}

/// `Authorization: Bearer abc`, `Bearer abc`, `Basic dXNlcg==`
fn after_scheme_word(text: &str) -> bool {
    let text = match text.split_once(':') {
        Some((name, rest)) if is_secret_name(name.trim()) && !name.contains('/') => {
            return has_literal(without_scheme_word(rest.trim()));
        }
        _ => text.trim(),
    };
    let rest = without_scheme_word(text);
    rest.len() < text.len() && !rest.trim().contains(' ') && has_literal(rest)
}

fn without_scheme_word(text: &str) -> &str {
    for word in ["bearer ", "basic ", "token "] {
        if let Some(head) = text.get(..word.len())
            && head.eq_ignore_ascii_case(word)
        {
            return &text[word.len()..];
        }
    }
    text
}

/// `--password=abc`, `PGPASSWORD=abc`
fn assigned(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, value)| {
        let name = name.trim_start_matches('-');
        let shaped = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        shaped && (is_secret_name(name) || name == "PGPASSWORD") && has_literal(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_and_names_of_pointers_are_not_taken_for_them() {
        for name in [
            "password",
            "db_password",
            "master-password",
            "X-Api-Key",
            "clientSecret",
            "TOKEN",
            "Authorization",
            "aws_secret_access_key",
            "private_key",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "source",
            "secret_arn",
            "token_url",
            "access_key_id",
            "key",
            "kms_key",
            "password_length",
            "tokenizer",
            "passwordless",
            "secret_name",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn secrets_in_clear_are_seen() {
        for text in [
            "postgres://orders:hunter2@db:5432/orders",
            "postgres://\u{1}:hunter2@db",
            "https://user:\u{1}x@example.com/",
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            "Authorization: Bearer abc",
            "redis://:hunter2@cache",
            "é://:é@",
            "Bearer abc.def",
            "Basic dXNlcjpwYXNz",
            "X-Api-Key: 0123",
            "--password=hunter2",
            "PGPASSWORD=hunter2",
        ] {
            assert!(secret_in(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_or_is_no_secret_is_left_alone() {
        for text in [
            "postgres://orders:\u{1}@db:5432/orders",
            "postgres://orders@db",
            "http://app.shop.test:8080/a@b:c@d",
            "http://app.shop.test/x?mail=a:b@c",
            "Bearer \u{1}",
            "Authorization: Bearer \u{1}",
            "--password=\u{1}",
            "--password",
            "basic health of the shop",
            "token bucket is set",
            "user@host:path",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders",
            "s3://bucket/key",
        ] {
            assert_eq!(secret_in(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = (secret_in(&text), is_secret_name(&text));
        }
    }
}
