//! The lines of a Rust file that run in the product: without comments and without unit tests.

/// Lines from 1, each without its comment; those of `#[cfg(test)]` items are left out. The form is
/// rustfmt's: an item ends at the first line that closes it at the indentation where it began.
pub(super) fn product_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut skipped_until: Option<String> = None;
    let mut test_attribute = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(end) = &skipped_until {
            if line.trim_end() == end {
                skipped_until = None;
            }
            continue;
        }
        let trimmed = line.trim_start();
        if trimmed.starts_with("#[cfg(test)]") || trimmed.starts_with("#[cfg(all(test") {
            test_attribute = true;
            continue;
        }
        if test_attribute {
            if trimmed.starts_with("#[") {
                continue;
            }
            test_attribute = false;
            if trimmed.trim_end().ends_with('{') {
                let indent = &line[..line.len() - trimmed.len()];
                skipped_until = Some(format!("{indent}}}"));
            }
            continue;
        }
        lines.push((index + 1, without_comment(line).to_owned()));
    }
    lines
}

/// Up to `//`, unless that stands in a text: `"http://x"`.
fn without_comment(line: &str) -> &str {
    let mut in_text = false;
    let mut before = ' ';
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' if before != '\'' => in_text = !in_text,
            '/' if !in_text && before == '/' => return &line[..at - 1],
            _ => {}
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_are_left_out() {
        let text = "//! head\nfn a() {\n    b(\"http://x\"); // c\n}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    fn t() {}\n}\nfn d() {}\n#[cfg(test)]\nmod more;\nfn e() {}\n";
        let lines: Vec<(usize, String)> =
            product_lines(text).into_iter().map(|(number, line)| (number, line.trim().to_owned())).collect();
        let kept: Vec<(usize, &str)> =
            lines.iter().filter(|(_, line)| !line.is_empty()).map(|(number, line)| (*number, line.as_str())).collect();
        assert_eq!(kept, [(2, "fn a() {"), (3, "b(\"http://x\");"), (4, "}"), (10, "fn d() {}"), (13, "fn e() {}")]);
    }
}
