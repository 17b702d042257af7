//! Roots in the manner of those that teams have, with region-bound values hidden in them: each is replaced, asked for
//! or noted, and nothing else is touched.
//!
//! A line of a fixture says what is expected of it: `#~ replaced`, `#~ open`, `#~ note`. Of files that have no comments
//! a table here says it. A line that says nothing has nothing.

mod fixtures;
mod world;

use fixtures::{FIXTURES, Fixture};
use pilotlight_findings::{Severity, Subject, codes};
use pilotlight_rebuild::{Retargeted, Rule, SourceTree};
use std::collections::{BTreeMap, BTreeSet};

/// Verdicts of lines in files without comments: fixture, end of the file's path, a part of the line, what is expected.
const WITHOUT_COMMENTS: &[(&str, &str, &str, &[&str])] = &[
    ("ecs", "main.tf", "\"widgets\": [", &["replaced"]),
    ("ecs", "main.tf", "\"Resource\": \"arn:aws:sns:eu-west-1", &["replaced"]),
    ("eks", "user-data.sh.tftpl", "--region eu-west-1", &["replaced"]),
    ("eks", "user-data.sh.tftpl", "acme-boot-eu-west-1", &["replaced"]),
    ("eks", "user-data.sh.tftpl", "amazoncloudwatch-agent-eu-west-1", &["replaced"]),
    ("eks", "user-data.sh.tftpl", "s3-eu-west-1", &["replaced"]),
    ("json", "main.tf.json", "\"bucket\": \"acme-terraform\"", &["replaced"]),
    ("json", "main.tf.json", "\"key\": \"eu-west-1/", &["replaced"]),
    ("json", "main.tf.json", "        \"region\": \"eu-west-1\"", &["replaced"]),
    ("json", "main.tf.json", "\"alias\": \"euw1\"", &["replaced"]),
    ("json", "main.tf.json", "\"name\": \"jobs-eu-west-1\"", &["replaced"]),
    ("json", "main.tf.json", "arn:aws:sqs:eu-west-1", &["replaced"]),
    ("json", "main.tf.json", "156460612806", &["replaced"]),
    ("json", "main.tf.json", "vpc-0123456789abcdef0", &["open"]),
    ("json", "main.tf.json", "lookup(", &["replaced"]),
    ("json", "main.tf.json", "1234abcd-12ab", &["open"]),
    ("json", "main.tf.json", "-eu_west_1", &["replaced"]),
    ("json", "terraform.tfvars.json", "\"region\"", &["replaced"]),
    ("json", "terraform.tfvars.json", "zones_euw1", &["replaced"]),
    ("mono/live/prod", "texts/note.txt", "eu-west-1", &["replaced"]),
    ("mono/live/prod", "network.auto.tfvars.json", "zones", &["replaced"]),
    ("mono/live/prod", "queue.json.tftpl", "arn:aws:sqs:eu-west-1", &["replaced"]),
    ("mono/live/prod", "policies/euw1.json", "eu-west-1", &["replaced"]),
    ("lambda", "queue.json.tftpl", "arn:aws:sqs:eu-west-1", &["replaced"]),
    ("lambda", "src/orders.zip", "PK", &["note"]),
    ("lambda", "queue.json.tftpl", "vpce-0123456789abcdef0", &["open"]),
];

type Verdicts = BTreeMap<(String, usize), BTreeSet<String>>;

fn expected(fixture: &Fixture, source: &SourceTree) -> Verdicts {
    let mut expected = Verdicts::new();
    for (path, bytes) in &source.files {
        let shown = source.display(path);
        let text = String::from_utf8_lossy(bytes);
        for (number, line) in (1..).zip(text.lines()) {
            let marked = line.split_once("#~").map(|(_, words)| words.split_whitespace().collect::<Vec<_>>());
            let listed = WITHOUT_COMMENTS
                .iter()
                .filter(|(name, file, part, _)| *name == fixture.name && shown.ends_with(file) && line.contains(part));
            let words = marked.into_iter().flatten().chain(listed.flat_map(|(.., words)| words.iter().copied()));
            let words: BTreeSet<String> = words.map(str::to_owned).collect();
            if !words.is_empty() {
                expected.insert((shown.clone(), number), words);
            }
        }
    }
    expected
}

fn found(result: &Retargeted) -> Verdicts {
    let mut found = Verdicts::new();
    let mut add = |file: &str, line: usize, word: &str| {
        found.entry((file.to_owned(), line)).or_default().insert(word.to_owned());
    };
    for edit in &result.edits {
        add(&edit.file, edit.line, "replaced");
    }
    for question in &result.open {
        add(&question.span.file, question.span.start.line, "open");
        assert!(!question.needs.is_empty() && question.plan_line.as_ref().is_none_or(|line| line.contains('=')));
    }
    for note in &result.notes {
        if let Subject::File { span } = &note.subject {
            add(&span.file, span.start.line, "note");
        }
    }
    found
}

#[test]
fn each_hidden_value_is_replaced_asked_for_or_noted() {
    let mut wrong = Vec::new();
    for fixture in &FIXTURES {
        let (source, result) = fixture.retargeted();
        let (expected, found) = (expected(fixture, &source), found(&result));
        assert!(expected.len() >= 3, "{}", fixture.name);
        for place in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
            let (is, should) = (found.get(place), expected.get(place));
            if is != should {
                wrong.push(format!("{}:{} is {is:?} and should be {should:?}", place.0, place.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_edit_says_what_where_and_why() {
    for fixture in &FIXTURES {
        let (source, result) = fixture.retargeted();
        for edit in &result.edits {
            assert!(edit.old != edit.new && !edit.reason.is_empty(), "{edit:?}");
            let (_, bytes) = source.files.iter().find(|(path, _)| source.display(path) == edit.file).unwrap();
            let text = String::from_utf8_lossy(bytes);
            let rest: Vec<&str> = text.split_inclusive('\n').skip(edit.line - 1).collect();
            assert!(rest.concat().contains(&edit.old), "{edit:?}");
        }
    }
}

#[test]
fn a_result_is_its_own_result() {
    for fixture in &FIXTURES {
        let (source, first) = fixture.retargeted();
        let again = SourceTree::from_files(source.root.clone(), first.files.clone()).unwrap();
        let second = fixture.retarget(&again);
        assert_eq!(second.edits, [], "{}", fixture.name);
        assert_eq!(second.files, first.files, "{}", fixture.name);
        // What was asked is asked again; nothing new is.
        let asked: BTreeSet<&String> = first.open.iter().map(|question| &question.what).collect();
        let new: Vec<_> = second.open.iter().filter(|question| !asked.contains(&question.what)).collect();
        assert!(new.is_empty(), "{}: {new:#?}", fixture.name);
    }
}

#[test]
fn there_and_back_is_the_source_but_for_what_has_no_way_back() {
    // What is taken out, added, or has another place or another state, does not come back by itself.
    let one_way = [
        Rule::Backend,
        Rule::RemoteState,
        Rule::Global,
        Rule::Import,
        Rule::ModuleSource,
        Rule::FilePath,
        Rule::ProviderRegion,
    ];
    let mut compared = 0;
    for fixture in &FIXTURES {
        let (source, there) = fixture.retargeted();
        let result = SourceTree::from_files(source.root.clone(), there.files.clone()).unwrap();
        let back = fixture.back().retarget(&result);
        for (placed, origin) in &there.origins {
            let shown = source.display(origin);
            let one_way = there.edits.iter().any(|edit| {
                let added = edit.rule == Rule::ProviderRegion && !edit.old.contains(fixture.primary);
                // Two configurations that have come to work in one region cannot be told apart again.
                let merged = there.notes.iter().any(|note| {
                    note.code == codes::R_PROVIDER_ALIAS
                        && note.severity == Severity::Warning
                        && matches!(&note.subject, Subject::File { span } if span.file == shown)
                });
                merged
                    || edit.file == shown
                        && one_way.contains(&edit.rule)
                        && (edit.rule != Rule::ProviderRegion || added)
            });
            if !one_way {
                let (now, then) = (&back.files[placed], &source.files[origin]);
                assert_eq!(String::from_utf8_lossy(now), String::from_utf8_lossy(then), "{shown}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 15, "{compared}");
}

#[test]
fn notes_have_the_code_of_their_kind() {
    let codes_of = |name: &str| -> BTreeSet<String> {
        let fixture = FIXTURES.iter().find(|fixture| fixture.name == name).unwrap();
        fixture.retargeted().1.notes.iter().map(|note| note.code.to_string()).collect()
    };
    for (name, code) in [
        ("vpc", codes::R_ZONE_LETTERS),
        ("vpc", codes::R_SPELLING),
        ("ecs", codes::R_PARTIAL_BACKEND),
        ("ecs", codes::R_KEPT),
        ("eks", codes::R_LOOKUP),
        ("eks", codes::R_REGION_TABLE),
        ("site", codes::R_PROVIDER_ALIAS),
        ("mono/live/prod", codes::R_TEXT_FILE),
        ("mono/live/prod", codes::R_PARTIAL_BACKEND),
    ] {
        assert!(codes_of(name).contains(&code.to_string()), "{name}: {:?}", codes_of(name));
    }
}
