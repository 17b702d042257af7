//! Texts that are no HCL.

use crate::{after_head, told};

#[test]
fn two_attributes_on_one_line() {
    let text = r#"check "http" "x" { url = "http://a/" timeout = "5s" }"#;
    let expected = r#"9:38 PL-P101 parse the plan: the block goes on or ends here with a new line or } | a block on one line holds one attribute at most: write each on a line of its own"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_block_in_a_block_on_one_line() {
    let text = r#"check "http" "x" { expect { status = 200 } }"#;
    let expected = r#"9:27 PL-P101 parse the plan: invalid attribute; expected `=` | a block on one line holds no other block: write it on lines of its own"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn single_quotes() {
    let text = r#"check "http" "x" {
  url = 'http://a'
}"#;
    let expected = r#"10:9 PL-P101 parse the plan: a value is wanted here: a text in double quotes, a number, a list or a map | texts stand in double quotes"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_colon() {
    let text = r#"check "http" "x" {
  url: "http://a"
}"#;
    let expected = r#"10:6 PL-P101 parse the plan: an attribute or a block is wanted here: name = value, or name { ... } | an attribute is written name = value"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_quote_that_is_not_closed() {
    let text = r#"check "http" "x" {
  url = "http://a
}"#;
    let expected = r#"10:3 PL-P101 parse the plan: the block goes on or ends here with a new line or } | a double quote is missing in this line"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_brace_that_is_not_closed() {
    let text = r#"check "http" "x" {
  url = "http://a/""#;
    let expected = r#"10:20 PL-P101 parse the plan: the block goes on or ends here with a new line or } | a closing brace is missing before the end of the file"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn an_attribute_twice() {
    let text = r#"check "http" "x" {
  url = "http://a/"
  url = "http://b/"
}"#;
    let expected = r#"11:3 PL-P105 use the attribute "url" twice: line 10 has it already | give each its own, or remove one of them"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_key_twice() {
    let text = r#"check "http" "x" {
  headers = {
    "X-Env" = "a"
    "X-Env" = "b"
  }
}"#;
    let expected =
        r#"12:5 PL-P105 use the key "X-Env" twice: line 11 has it already | give each its own, or remove one of them"#;
    assert_eq!(after_head(text), expected);
    let text = r#"check "http" "x" {
  headers = { Env = "a", Env = "b" }
}"#;
    let expected =
        r#"10:26 PL-P105 use the key "Env" twice: line 10 has it already | give each its own, or remove one of them"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn an_empty_file() {
    let text = r#""#;
    let expected = r#"1:1 PL-P103 find the block "plan" in the plan | write plan "name" { ... } with a primary and a standby block
1:1 PL-P103 find the block "stack" in the plan | write stack "app" { ... }"#;
    assert_eq!(told(text), expected);
}

#[test]
fn a_byte_order_mark_and_typographic_quotes() {
    let expected = "1:1 PL-P101 parse the plan: unexpected token | the file begins with a byte order mark: save it as \
                    UTF-8 without one";
    assert_eq!(told("\u{feff}plan \"x\" {}"), expected);
    let expected = "1:6 PL-P101 parse the plan: an attribute or a block is wanted here: name = value, or name { ... } | \
                    write plain double quotes \" in the place of typographic ones";
    assert_eq!(told("plan \u{201c}x\u{201d} {}"), expected);
}
