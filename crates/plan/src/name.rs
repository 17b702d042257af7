//! Names: the shape of the plan's own, and the nearest one to a misspelled one.

/// Names become folders (`.pilotlight/<plan>/standby/<stack>`), step ids and table cells; this is more
/// than any needs and less than any file system takes.
const LONGEST_NAME: usize = 64;

/// Two names are near when this share of the longer one agrees (Jaro-Winkler, 0 to 1). Below it,
/// suggestions begin to look like guesses.
const NEAR: f64 = 0.84;

/// What is wrong with a name, or none: letters, digits, `-` and `_`, a letter first.
pub(crate) fn wrong_with(name: &str) -> Option<&'static str> {
    let mut letters = name.chars();
    match letters.next() {
        None => Some("it is empty"),
        Some(first) if !first.is_ascii_alphabetic() => Some("its first character is no letter"),
        Some(_) if !letters.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') => {
            Some("it has characters other than letters, digits, - and _")
        }
        Some(_) if name.len() > LONGEST_NAME => Some("it is longer than 64 characters"),
        Some(_) => None,
    }
}

/// The nearest of `known` to a misspelled name, where one is near enough.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    known
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let typos = strsim::damerau_levenshtein(&name, &other);
            let likeness = strsim::jaro_winkler(&name, &other);
            let few = typos * 3 <= other.len().max(name.len());
            (few || likeness >= NEAR).then_some((typos, likeness, candidate))
        })
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(_, _, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for name in ["app", "order-api", "a_1", "A"] {
            assert_eq!(wrong_with(name), None, "{name:?}");
        }
        for name in ["", "1a", "-a", "a b", "a/b", "..", "ä", &"a".repeat(65)] {
            assert!(wrong_with(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let known = ["source", "state", "depends_on", "tier", "standby"];
        for (typo, near) in [
            ("sourc", Some("source")),
            ("stat", Some("state")),
            ("depends", Some("depends_on")),
            ("dependson", Some("depends_on")),
            ("Tier", Some("tier")),
            ("stnadby", Some("standby")),
            ("zone", None),
            ("weight", None),
        ] {
            assert_eq!(nearest(typo, known).as_deref(), near, "{typo}");
        }
    }
}
