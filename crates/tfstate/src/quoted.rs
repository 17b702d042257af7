//! Strings in index keys, quoted as Terraform quotes them.
//!
//! Source: Terraform, `internal/addrs/instance_key.go`, `toHCLQuotedString`.

/// Writes `text` in quotes, with HCL's escapes and its template introducers doubled.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' => {
                out.push(character);
                if characters.peek() == Some(&'{') {
                    out.push(character);
                }
            }
            _ if !is_printable(character) => {
                let code = u32::from(character);
                out.push_str(&if code < 0x1_0000 { format!("\\u{code:04x}") } else { format!("\\U{code:08x}") });
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Near to Go's `unicode.IsPrint`: the standard library's own table of what a debugger should show.
fn is_printable(character: char) -> bool {
    // A combining mark is escaped only where it stands first, hence the letter before it.
    let shown: String = ['a', character].iter().collect::<String>().escape_debug().skip(1).take(2).collect();
    shown != "\\u" && shown != "\\0"
}

/// Reads a quoted string from the start of `text`: its value and the bytes that it took.
pub(crate) fn unquote(text: &str) -> Result<(String, usize), String> {
    let mut characters = text.char_indices().peekable();
    if characters.next().map(|(_, c)| c) != Some('"') {
        return Err("a quoted string is wanted".to_owned());
    }
    let mut out = String::new();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((out, index + 1)),
            '\\' => match characters.next().map(|(_, c)| c) {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('"') => out.push('"'),
                Some('\\') => out.push('\\'),
                Some(digits @ ('u' | 'U')) => {
                    let length = if digits == 'u' { 4 } else { 8 };
                    let code: String = characters.by_ref().take(length).map(|(_, c)| c).collect();
                    let character = (code.len() == length)
                        .then(|| u32::from_str_radix(&code, 16).ok().and_then(char::from_u32))
                        .flatten()
                        .ok_or_else(|| format!("\\{digits}{code} is no character"))?;
                    out.push(character);
                }
                Some(other) => return Err(format!("\\{other} is no escape")),
                None => break,
            },
            '$' | '%' => {
                out.push(character);
                // `$${` is a literal `${`.
                let doubled = text[index + 1..].starts_with(character) && text[index + 2..].starts_with('{');
                if doubled {
                    characters.next();
                }
            }
            _ => out.push(character),
        }
    }
    Err("the quotes are not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_terraform_quotes_them() {
        for (text, quoted) in [
            ("a", r#""a""#),
            ("eu-west-1a", r#""eu-west-1a""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("${x} $y $${", r#""$${x} $y $$${""#),
            ("%{", r#""%%{""#),
            ("tab\tnl\n", r#""tab\tnl\n""#),
            ("é ü 日本 e\u{301}", "\"é ü 日本 e\u{301}\""),
            ("\u{7}\u{200b}\u{0}", r#""\u0007\u200b\u0000""#),
            ("it's", r#""it's""#),
        ] {
            assert_eq!(quote(text), quoted);
            assert_eq!(unquote(quoted), Ok((text.to_owned(), quoted.len())), "{quoted}");
        }
    }

    #[test]
    fn broken_quotes_say_why() {
        for text in ["", "a", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\ud800\""] {
            assert!(unquote(text).is_err(), "{text:?}");
        }
    }
}
