//! Terraform's functions of texts and lists, as far as names are put together with them.
//!
//! Source: Terraform, "Functions", each one's own page.

use super::super::encoded::SHORTEST;
use super::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a function makes of constants; none where it is not known here, or would be refused.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    let text = |at: usize| arguments.get(at)?.text();
    let number = |at: usize| text(at)?.parse::<i64>().ok();
    let list = |at: usize| match arguments.get(at)? {
        Value::List(items) => Some(items.clone()),
        _ => None,
    };
    let texts = |items: Vec<Value>| items.iter().map(Value::text).collect::<Option<Vec<String>>>();
    let new = match name {
        "format" => format(arguments)?,
        "join" => {
            let lists = arguments.get(1..)?.iter().map(|one| match one {
                Value::List(items) => texts(items.clone()),
                _ => None,
            });
            lists.collect::<Option<Vec<_>>>()?.concat().join(&text(0)?)
        }
        "replace" => {
            let (whole, from, to) = (text(0)?, text(1)?, text(2)?);
            // Between slashes it is a pattern.
            let is_pattern = from.len() > 1 && from.starts_with('/') && from.ends_with('/');
            (!is_pattern && !from.is_empty()).then(|| whole.replace(&from, &to))?
        }
        "lower" => text(0)?.to_lowercase(),
        "upper" => text(0)?.to_uppercase(),
        "title" => title(&text(0)?),
        "chomp" => text(0)?.trim_end_matches(['\n', '\r']).to_owned(),
        "trimspace" => text(0)?.trim().to_owned(),
        "trim" => {
            let of = text(1)?;
            text(0)?.trim_matches(|letter| of.contains(letter)).to_owned()
        }
        "trimprefix" => strip(text(0)?, &text(1)?, true),
        "trimsuffix" => strip(text(0)?, &text(1)?, false),
        "strrev" => text(0)?.chars().rev().collect(),
        "substr" => substr(&text(0)?, number(1)?, number(2)?)?,
        // What is longer is read and written again as a text in base64.
        "base64decode" if text(0)?.len() < SHORTEST => String::from_utf8(STANDARD.decode(text(0)?).ok()?).ok()?,
        "tostring" | "nonsensitive" | "sensitive" => text(0)?,
        "coalesce" => texts(arguments.to_vec())?.into_iter().find(|one| !one.is_empty())?,
        "element" => {
            let (items, at) = (list(0)?, number(1)?);
            let at = usize::try_from(at).ok()?.checked_rem(items.len())?;
            return items.get(at).cloned();
        }
        "one" => match &list(0)?[..] {
            [only] => return Some(only.clone()),
            _ => return None,
        },
        "lookup" => match (arguments.first()?, text(1)?) {
            (Value::Table(rows), key) => {
                let known = rows.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
                return known.or_else(|| arguments.get(2).cloned());
            }
            _ => return None,
        },
        "split" => {
            let (sign, whole) = (text(0)?, text(1)?);
            return Some(Value::List(whole.split(&sign).map(|part| Value::Text(part.to_owned())).collect()));
        }
        "concat" => {
            let lists = (0..arguments.len()).map(list).collect::<Option<Vec<_>>>()?;
            return Some(Value::List(lists.concat()));
        }
        "tolist" => return list(0).map(Value::List),
        "reverse" => return list(0).map(|items| Value::List(items.into_iter().rev().collect())),
        "compact" => {
            let kept = texts(list(0)?)?.into_iter().filter(|one| !one.is_empty());
            return Some(Value::List(kept.map(Value::Text).collect()));
        }
        "slice" => {
            let (from, to) = (usize::try_from(number(1)?).ok()?, usize::try_from(number(2)?).ok()?);
            return list(0)?.get(from..to).map(|items| Value::List(items.to_vec()));
        }
        _ => return None,
    };
    Some(Value::Text(new))
}

/// `%s`, `%d` and `%v`, which names are made with.
fn format(arguments: &[Value]) -> Option<String> {
    let (form, mut values) = (arguments.first()?.text()?, arguments.get(1..)?.iter());
    let (mut result, mut letters) = (String::new(), form.chars());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            result.push(letter);
            continue;
        }
        match letters.next()? {
            '%' => result.push('%'),
            's' | 'd' | 'v' => result.push_str(&values.next()?.text()?),
            _ => return None,
        }
    }
    Some(result)
}

fn title(text: &str) -> String {
    let mut is_first = true;
    let letters = text.chars().map(|letter| {
        let new = if is_first { letter.to_ascii_uppercase() } else { letter };
        is_first = !(letter.is_alphanumeric() || letter == '_');
        new
    });
    letters.collect()
}

fn strip(text: String, part: &str, is_first: bool) -> String {
    let rest = if is_first { text.strip_prefix(part) } else { text.strip_suffix(part) };
    rest.map(str::to_owned).unwrap_or(text)
}

/// A length of -1 is all that is left, and a place before the beginning counts from the end.
fn substr(text: &str, from: i64, length: i64) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let count = i64::try_from(letters.len()).ok()?;
    let from = if from < 0 { from + count } else { from };
    let to = if length < 0 { count } else { (from + length).min(count) };
    let part = letters.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)?;
    Some(part.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::value::{Constants, Literals, fold};
    use hcl_edit::structure::Body;
    use std::collections::BTreeMap;

    #[test]
    fn constants_are_what_terraform_makes_of_them() {
        let source = r#"
            area = "eu"
            parts = ["eu", "west", "1"]
            table = { main = { name = "west" } }
        "#;
        let body: Body = source.parse().unwrap();
        let locals: BTreeMap<&str, _> =
            body.attributes().map(|attribute| (attribute.key.as_str(), &attribute.value)).collect();
        let constants = Constants { locals, variables: BTreeMap::new() };
        let literals = Literals { read: &|text| text.to_owned(), is_told: &|_| false };
        // Each is what `terraform console` 1.11.4 prints.
        for (expression, expected) in [
            (r#"format("%s-%s-%d", "eu", "west", 1)"#, Some("eu-west-1")),
            (r#"format("%v%%", 1)"#, Some("1%")),
            (r#"join("-", ["eu", "west"], ["1"])"#, Some("eu-west-1")),
            (r#"join("-", concat(["eu"], local.parts))"#, Some("eu-eu-west-1")),
            (r#"replace("eu_west_1", "_", "-")"#, Some("eu-west-1")),
            (r#"upper(title("eu-west"))"#, Some("EU-WEST")),
            (r#"title("eu-west 1b")"#, Some("Eu-West 1b")),
            (r#"strrev("1-tsew-ue")"#, Some("eu-west-1")),
            (r#"substr("xeu-west-1", 1, -1)"#, Some("eu-west-1")),
            (r#"substr("eu-west-1", -1, 1)"#, Some("1")),
            (r#"trimprefix(trimsuffix("aeu-west-1b", "b"), "a")"#, Some("eu-west-1")),
            (r#"trim("--eu--", "-")"#, Some("eu")),
            (r#""${local.area}-${local.table.main.name}-${local.parts[2]}""#, Some("eu-west-1")),
            (r#"format("%s-%s-%s", local.parts...)"#, Some("eu-west-1")),
            (r#"element(split("/", "a/b"), 3)"#, Some("b")),
            (r#"join("-", reverse(slice(local.parts, 0, 2)))"#, Some("west-eu")),
            (r#"lookup({ a = "b" }, "c", "d")"#, Some("d")),
            (r#"base64decode("ZXU=")"#, Some("eu")),
            (r#"coalesce("", "eu")"#, Some("eu")),
            (r#"format("%05d", 1)"#, None),
            (r#"replace("eu", "/e/", "")"#, None),
            (r#"join("-", [var.area])"#, None),
            (r#"uuid()"#, None),
            (r#"local.gone"#, None),
            (r#"local.parts[7]"#, None),
            (r#"element([], 0)"#, None),
        ] {
            let body: Body = format!("it = {expression}\n").parse().unwrap();
            let node = &body.get_attribute("it").unwrap().value;
            let value = fold(node, &constants, &literals).and_then(|value| value.text());
            assert_eq!(value.as_deref(), expected, "{expression}");
        }
    }
}
