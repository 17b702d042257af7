//! Text from outside in Markdown. GitHub makes links of addresses, notifies whoever is mentioned and links numbers
//! to issues, so it is not enough to escape what Markdown itself reads.

use crate::clean;
use std::fmt::Write as _;

/// Stands where a mention, a link or a reference would be read; it has no width. Renovate and Dependabot do so.
const BREAK: &str = "&#8203;";

/// A sentence, on one line.
pub(crate) fn prose(text: &str) -> String {
    let text = clean::line(text);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.extend(["@", BREAK]),
            '#' if rest.starts_with(|c: char| c.is_ascii_digit()) => out.extend(["#", BREAK]),
            ':' if rest.starts_with("//") => out.extend([":", BREAK]),
            '.' if ends_with_www(&text[..at]) => out.extend([BREAK, "."]),
            c => out.push(c),
        }
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    text.len() >= 3 && text.as_bytes()[text.len() - 3..].eq_ignore_ascii_case(b"www")
}

/// A name or a value, as code: nothing in it is read but a backtick, and in a table a bar.
pub(crate) fn code(text: &str) -> String {
    let text = clean::line(text);
    if text.trim().is_empty() {
        return String::new();
    }
    if !text.contains(['`', '|', '\\']) && !text.starts_with(' ') && !text.ends_with(' ') {
        return format!("`{text}`");
    }
    let mut out = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            // Writing to a String cannot fail. A character by its number is never markup.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push_str("</code>");
    out
}

/// Lines as a block that nothing in them ends.
pub(super) fn block(language: &str, lines: &str) -> String {
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{lines}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_mentions_and_links_are_text() {
        assert_eq!(prose("a|b `c` *d* _e_ ~f~ $g$"), "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~ \\$g\\$");
        assert_eq!(prose("<img src=x>&"), "&lt;img src=x&gt;&amp;");
        assert_eq!(prose("@ana a@b.test #1 # x"), "@&#8203;ana a@&#8203;b.test #&#8203;1 # x");
        assert_eq!(prose("http://x.test WWW.x.test [a](b)"), "http:&#8203;//x.test WWW&#8203;.x.test \\[a\\](b)");
        assert_eq!(prose("a\nb\u{1b}[2J"), "a\\\\nb\\\\u{1b}\\[2J");
    }

    #[test]
    fn code_keeps_what_it_holds() {
        assert_eq!(code("aws_vpc.main[\"a\"] @ana <b>"), "`aws_vpc.main[\"a\"] @ana <b>`");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(code("``` </code>"), "<code>&#96;&#96;&#96; &#60;&#47;code&#62;</code>");
        assert_eq!(code(" "), "");
    }

    #[test]
    fn a_block_ends_where_it_should() {
        assert_eq!(block("diff", "+ a\n"), "```diff\n+ a\n```\n");
        assert_eq!(block("diff", "+ ````\n"), "`````diff\n+ ````\n`````\n");
    }
}
