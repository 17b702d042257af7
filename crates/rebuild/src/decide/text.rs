//! Words of the primary in every literal, and what only looks like one.

use super::global::{PrivateZones, UNIQUE_NAMES, regional_ids};
use super::kept::kept_ranges;
use super::modules::{Instances, address};
use super::read_files::ReadFiles;
use super::retarget::{Rule, Work};
use super::syntax::{attribute, labels, place};
use super::words::Hit;
use crate::observe::FileKind;
use hcl_edit::expr::Expression;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub(crate) fn replace_words(work: &mut Work<'_>, instances: &Instances) {
    let read = ReadFiles::of(work);
    let parsed: Vec<PathBuf> = work.parsed.keys().cloned().collect();
    for file in &parsed {
        let kept = kept_ranges(work, file, &read);
        let rules = rule_ranges(work, file);
        let literals = work.parsed[file].syntax.literals.clone();
        for range in literals {
            if kept.iter().any(|kept| kept.start <= range.start && range.end <= kept.end) {
                continue;
            }
            let rule = rules.iter().find(|(within, _)| within.start <= range.start && range.end <= within.end);
            replace_in(work, file, range, rule.map(|(_, rule)| *rule));
        }
    }
    let others: Vec<PathBuf> =
        work.tree.files.keys().filter(|file| !work.parsed.contains_key(*file)).cloned().collect();
    for file in others {
        match FileKind::of(&file) {
            FileKind::Json if !file.parent().is_some_and(|folder| instances.contains_key(folder)) => {}
            FileKind::Json | FileKind::VarsJson => {
                for range in json_strings(&work.tree.files[&file]) {
                    replace_in(work, &file, range, None);
                }
            }
            FileKind::Other if read.may_be_read(&file) => {
                let length = std::str::from_utf8(&work.tree.files[&file]).map_or(0, str::len);
                replace_in(work, &file, 0..length, None);
            }
            _ => {}
        }
    }
    read.tell(work);
}

fn replace_in(work: &mut Work<'_>, file: &Path, range: Range<usize>, rule: Option<Rule>) {
    let bytes = &work.tree.files[file];
    let Ok(text) = std::str::from_utf8(&bytes[range.clone()]) else { return };
    let at = |inner: &Range<usize>| range.start + inner.start..range.start + inner.end;
    let hits = work.words.find(text);
    let dropped = work.removed_ranges(file);
    let is_dropped =
        |range: &Range<usize>| dropped.iter().any(|gone| gone.start <= range.start && range.end <= gone.end);
    let standing: BTreeSet<&String> = work.input.stack.standby.map.values().chain(work.input.images.values()).collect();
    let mut questions = Vec::new();
    for (id, kind) in regional_ids(text) {
        let known = hits.iter().any(|hit| hit.range.start <= id.start && id.end <= hit.range.end);
        let name = text[id.clone()].to_owned();
        if !known && !standing.contains(&name) && !is_dropped(&at(&id)) {
            questions.push((at(&id), name, kind));
        }
    }
    let arns = regional_arns(text, work.input.primary.as_str());
    let unmapped: Vec<_> = arns
        .into_iter()
        .filter(|arn| {
            let covers = |hit: &Hit| hit.range.start <= arn.start && arn.end <= hit.range.end;
            // A region that is allowed in it is meant.
            let stands = |hit: &Hit| {
                arn.start <= hit.range.start
                    && hit.range.end <= arn.end
                    && hit.to.as_deref() == Some(&text[hit.range.clone()])
            };
            !hits.iter().any(|hit| covers(hit) || stands(hit))
        })
        .collect();
    let mut edits = Vec::new();
    for Hit { range: inner, to, rule: own } in hits {
        match to {
            _ if is_dropped(&at(&inner)) => {}
            Some(to) if to == text[inner.clone()] => {}
            Some(to) => {
                let rule = if own == Rule::Region { rule.unwrap_or(own) } else { own };
                edits.push((at(&inner), to, rule));
            }
            None => questions.push((at(&inner), text[inner].to_owned(), "zone")),
        }
    }
    let unmapped: Vec<_> = unmapped.into_iter().map(|arn| (at(&arn), text[arn].to_owned())).collect();
    for (range, new, rule) in edits {
        let reason = match rule {
            Rule::Map => "the plan maps it",
            Rule::Image => "the image of the same name and owner",
            Rule::Zone => "the zone of the same rank",
            Rule::ProviderRegion => "the provider works in the standby region",
            _ => "it follows the region",
        };
        work.edit(file, range, new, rule, reason);
    }
    for (range, name, kind) in questions {
        let needs = match kind {
            "zone" => "the standby has no zone of that rank: say which of its zones stands for it".to_owned(),
            "ami" => "the standby has no image of the same name and owner that is known: copy it there, and say which one it is".to_owned(),
            _ => "the object is of the primary region alone: say which one stands for it in the standby".to_owned(),
        };
        let example = match kind {
            "zone" => format!("{}a", work.input.standby),
            kind => format!("{kind}-…"),
        };
        work.ask(
            file,
            range,
            format!("{name} is written out"),
            needs,
            Some(format!("map = {{ \"{name}\" = \"{example}\" }}")),
        );
    }
    for (range, arn) in unmapped {
        let line = format!("map = {{ \"{arn}\" = \"arn:…\" }}");
        work.ask(
            file,
            range,
            format!("{arn} is written out"),
            "keys, certificates and secrets are of one region: say which stands for it in the standby",
            Some(line),
        );
    }
}

/// ARNs of what has an id of its own in each region, so that another region in the ARN alone leads nowhere.
fn regional_arns(text: &str, region: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("arn:") {
        let end = text[start..]
            .find(|letter: char| letter.is_whitespace() || "\"',$*".contains(letter))
            .map_or(text.len(), |at| start + at);
        let fields: Vec<&str> = text[start..end].splitn(6, ':').collect();
        let own_id = match fields[..] {
            [_, _, "acm", at, _, resource] => at == region && resource.starts_with("certificate/"),
            [_, _, "kms", at, _, resource] => {
                at == region && resource.starts_with("key/") && !resource.starts_with("key/mrk-")
            }
            [_, _, "secretsmanager", at, _, resource] => at == region && resource.starts_with("secret:"),
            _ => false,
        };
        if own_id {
            found.push(start..end);
        }
    }
    found
}

/// Where the region's name has a more telling rule than "region".
fn rule_ranges(work: &Work<'_>, file: &Path) -> Vec<(Range<usize>, Rule)> {
    let syntax = &work.parsed[file].syntax;
    let mut rules: Vec<_> = syntax.blocks("provider").map(|block| (place(block), Rule::ProviderRegion)).collect();
    rules.extend(syntax.blocks("terraform").map(|block| (place(block), Rule::Backend)));
    let states = syntax.blocks("data").filter(|block| labels(block).first() == Some(&"terraform_remote_state"));
    rules.extend(states.map(|block| (place(block), Rule::RemoteState)));
    rules
}

/// Ranges of the texts in JSON, without their quotes. Escapes stay as they are: no word has one. Names of
/// provider configurations (`"alias": "x"`, `"provider": "aws.x"`) are no texts.
fn json_strings(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    let mut last: &[u8] = &[];
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], start) {
            (b'\\', Some(_)) => at += 1,
            (b'"', Some(from)) => {
                let text = &bytes[from..at];
                if !(matches!(last, b"alias" | b"provider") && !text.is_empty() || text.starts_with(b"aws.")) {
                    found.push(from..at);
                }
                last = text;
                start = None;
            }
            (b'"', None) => start = Some(at + 1),
            // What follows is no value of the last key.
            (b'{' | b'[' | b',', None) => last = &[],
            _ => {}
        }
        at += 1;
    }
    found
}

/// Asks about names that would be the same in both regions where only one can be.
pub(crate) fn unique_names(work: &mut Work<'_>, instances: &Instances) {
    let private = PrivateZones::of(work);
    let mut questions = Vec::new();
    for (file, parsed) in &work.parsed {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let dropped = work.removed_ranges(file);
        for block in parsed.syntax.blocks("resource") {
            let [resource_type, name] = labels(block)[..] else { continue };
            let Some((_, naming, second)) = UNIQUE_NAMES.iter().find(|(known, ..)| *known == resource_type) else {
                continue;
            };
            let range = place(block);
            let addresses: Vec<_> =
                instances.get(&folder).into_iter().flatten().map(|path| address(path, resource_type, name)).collect();
            let is_set = |attribute: &str| {
                let sets = &work.input.stack.standby.set;
                sets.iter().any(|set| addresses.contains(&set.address) && set.attributes.contains_key(attribute))
            };
            let stays = |attribute_name: &str| match attribute(&block.body, attribute_name) {
                Some(Expression::String(text)) => !is_set(attribute_name) && work.words.replace(text) == text.as_str(),
                // What is computed shows in the plan.
                Some(_) => false,
                None => true,
            };
            let gone = dropped.iter().any(|gone| gone.start <= range.start && range.end <= gone.end);
            // A name in a private zone is the standby's own.
            let own = attribute(&block.body, "zone_id").is_some_and(|zone| private.holds(&folder, zone));
            if gone || own || attribute(&block.body, naming).is_none() || !stays(naming) || !second.is_none_or(stays) {
                continue;
            }
            let Some(Expression::String(value)) = attribute(&block.body, naming) else { continue };
            questions.push((file.clone(), range, addresses, (*naming).to_owned(), value.as_str().to_owned()));
        }
    }
    for (file, range, addresses, naming, value) in questions {
        let Some(first) = addresses.first().cloned() else { continue };
        let region = work.input.standby.as_str();
        let line = match naming.as_str() {
            "bucket" => format!("set \"{first}\" {{ bucket = \"{value}-{region}\" }}"),
            _ => format!("exclude = [\"{first}\"]"),
        };
        let what = format!("{first} would have the {naming} {value} in both regions, and there can be only one");
        work.ask(&file, range, what, "leave it out of the standby, or let its name tell the region", Some(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_texts_stand_between_their_quotes() {
        let text = r#"{"a": "b\"c", "d": ["e\\"]}"#;
        let found: Vec<_> = json_strings(text.as_bytes()).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["a", r#"b\"c"#, "d", r"e\\"]);
        let text = r#"{"provider": {"aws": [{"alias": "x", "region": "y"}]}, "r": {"provider": "aws.x"}}"#;
        let found: Vec<_> = json_strings(text.as_bytes()).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["provider", "aws", "alias", "region", "y", "r", "provider"]);
    }

    #[test]
    fn arns_with_an_id_per_region_are_seen() {
        let text = "x arn:aws:acm:eu-west-1:123456789012:certificate/abc y arn:aws:sqs:eu-west-1:123456789012:q arn:aws:kms:us-east-1:1:key/z";
        let found: Vec<_> = regional_arns(text, "eu-west-1").into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["arn:aws:acm:eu-west-1:123456789012:certificate/abc"]);
    }
}
