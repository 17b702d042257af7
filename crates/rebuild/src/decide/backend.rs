//! Where states are kept, and which region the provider works in.

use super::layout::way;
use super::overrides::assign;
use super::retarget::{Rule, StateLocation, Work};
use super::syntax::{attribute, blocks, labels, literal, place};
use crate::observe::normalize;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::Block;
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What a file without a backend block has.
const LOCAL_STATE: &str = "terraform.tfstate";

/// A state's place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum StatePlace {
    S3 { bucket: String, key: String },
    File(PathBuf),
    Other,
}

impl StatePlace {
    fn of(url: &str) -> Self {
        if let Some(rest) = url.strip_prefix("s3://") {
            // The parameters of the URL are settings of their own in a backend.
            let rest = rest.split_once('?').map_or(rest, |(address, _)| address);
            let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
            return Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() };
        }
        match url.strip_prefix("file://").or_else(|| url.strip_prefix("file:")) {
            Some(path) => Self::File(normalize(Path::new(path))),
            None if url.contains("://") || url.starts_with("pull:") => Self::Other,
            None => Self::File(normalize(Path::new(url))),
        }
    }
}

pub(crate) fn retarget(work: &mut Work<'_>) {
    let files: Vec<PathBuf> = work.parsed.keys().cloned().collect();
    let mut backend_seen = false;
    for file in &files {
        let in_root = file.parent() == Some(Path::new(""));
        let parsed = &work.parsed[file];
        let mut jobs: Vec<Job> = Vec::new();
        for block in parsed.syntax.blocks("terraform").filter(|_| in_root) {
            jobs.extend(blocks(&block.body, "backend").map(|block| Job::Backend(block.clone())));
            jobs.extend(blocks(&block.body, "cloud").map(|block| Job::Cloud(place(block))));
        }
        jobs.extend(
            parsed
                .syntax
                .blocks("provider")
                .filter(|block| labels(block) == ["aws"])
                .map(|block| Job::Provider(block.clone())),
        );
        let states =
            parsed.syntax.blocks("data").filter(|block| labels(block).first() == Some(&"terraform_remote_state"));
        jobs.extend(states.map(|block| Job::RemoteState(block.clone())));
        for job in jobs {
            match job {
                Job::Backend(block) => {
                    backend_seen = true;
                    backend(work, file, &block);
                }
                Job::Cloud(range) => {
                    backend_seen = true;
                    work.ask(
                        file,
                        range,
                        "the state is kept by HCP Terraform",
                        "a standby with its own backend: only backend blocks can be retargeted",
                        None,
                    );
                }
                Job::Provider(block) => provider(work, file, &block),
                Job::RemoteState(block) => remote_state(work, file, &block),
            }
        }
    }
    let own = own_state(work).cloned();
    if let Some(own) = own.filter(|own| own.primary == own.standby) {
        let span = work.input.stack.span.clone();
        let question = super::retarget::OpenQuestion {
            span,
            what: format!("the standby's state would be the primary's, {}", own.primary),
            needs: "another bucket or key for the standby".to_owned(),
            plan_line: Some(format!(
                "backend = {{ bucket = \"{}\" }}",
                suggestion(&own.primary, work.input.standby.as_str())
            )),
        };
        work.result.open.push(question);
    } else if !backend_seen {
        check_default_state(work);
    }
}

enum Job {
    Backend(Block),
    Cloud(Range<usize>),
    Provider(Block),
    RemoteState(Block),
}

fn suggestion(url: &str, region: &str) -> String {
    match StatePlace::of(url) {
        StatePlace::S3 { bucket, .. } => format!("{bucket}-{region}"),
        _ => format!("tfstate-{region}"),
    }
}

fn own_state<'a>(work: &Work<'a>) -> Option<&'a StateLocation> {
    work.input.states.iter().find(|state| state.stack == work.input.stack.name)
}

fn backend(work: &mut Work<'_>, file: &Path, block: &Block) {
    let text = work.parsed[file].text.clone();
    let mut settings = work.input.stack.standby.backend.clone();
    let kind = labels(block).first().copied().unwrap_or_default();
    match (kind, own_state(work).map(|own| StatePlace::of(&own.standby))) {
        ("s3", Some(StatePlace::S3 { bucket, key })) => {
            // A bucket that stays is where it was, and so are its region, its keys and its table of locks.
            if !settings.contains_key("region") && own_state(work).is_some_and(same_bucket) {
                work.keep(file, place(block));
            }
            settings.insert("bucket".to_owned(), Value::String(bucket));
            settings.insert("key".to_owned(), Value::String(key));
        }
        ("local", Some(StatePlace::File(state))) => {
            let path = way_to(work.input.target, &state);
            if attribute(&block.body, "path").is_some() || path != Path::new(LOCAL_STATE) {
                settings.insert("path".to_owned(), Value::String(path.display().to_string()));
            }
        }
        ("s3" | "local", _) => {
            let what = format!(
                "the source keeps its state with backend {kind:?}, and the plan says that the standby's is elsewhere"
            );
            work.ask(file, place(block), what, "let state in the stack's standby block fit the backend", None);
        }
        (_, _) if settings.is_empty() => {
            let what = format!("the source keeps its state with backend {kind:?}");
            let needs = "the settings that make the standby's state another one";
            work.ask(file, place(block), what, needs, Some("backend = { NAME = \"VALUE\" }".to_owned()));
        }
        _ => {}
    }
    // What the plan says is meant, even where it names the primary.
    for name in settings.keys() {
        if let Some(value) = attribute(&block.body, name) {
            work.keep(file, place(value));
        }
    }
    for (range, new) in assign(&text, block, &settings) {
        work.edit(file, range, new, Rule::Backend, "both regions must not share a state");
    }
}

/// Whether both sides keep their states in one bucket.
fn same_bucket(states: &StateLocation) -> bool {
    match (StatePlace::of(&states.primary), StatePlace::of(&states.standby)) {
        (StatePlace::S3 { bucket: ours, .. }, StatePlace::S3 { bucket: theirs, .. }) => ours == theirs,
        _ => false,
    }
}

/// Without a backend block the state is a file in the root: then the plan must not say otherwise.
fn check_default_state(work: &mut Work<'_>) {
    let Some(own) = own_state(work) else { return };
    let expected = normalize(&work.input.target.join(LOCAL_STATE));
    if StatePlace::of(&own.standby) != StatePlace::File(expected.clone()) {
        let what = format!(
            "the source has no backend block, so that the standby's state will be {}, not {}",
            expected.display(),
            own.standby
        );
        let question = super::retarget::OpenQuestion {
            span: work.input.stack.span.clone(),
            what,
            needs: "a backend block in the source, or no state in the stack's standby block".to_owned(),
            plan_line: None,
        };
        work.result.open.push(question);
    }
}

fn provider(work: &mut Work<'_>, file: &Path, block: &Block) {
    if attribute(&block.body, "region").is_some() {
        return;
    }
    let region = Value::String(work.input.standby.as_str().to_owned());
    let text = work.parsed[file].text.clone();
    for (range, new) in assign(&text, block, [(&"region".to_owned(), &region)]) {
        work.edit(file, range, new, Rule::ProviderRegion, "the provider took its region from the environment");
    }
}

/// A path as Terraform finds it from the standby root.
fn way_to(target: &Path, path: &Path) -> PathBuf {
    if path.is_absolute() == target.is_absolute() { way(target, path) } else { path.to_owned() }
}

fn remote_state(work: &mut Work<'_>, file: &Path, block: &Block) {
    let kind = attribute(&block.body, "backend").and_then(literal).unwrap_or_default().to_owned();
    let name = labels(block).get(1).copied().unwrap_or_default().to_owned();
    let Some(Expression::Object(config)) = attribute(&block.body, "config") else {
        work.ask(
            file,
            place(block),
            format!("the configuration of data.terraform_remote_state.{name} is computed"),
            "a literal config, so that it can be pointed at the standby's state",
            None,
        );
        return;
    };
    let at = match kind.as_str() {
        "s3" => match (field(config, "bucket"), field(config, "key")) {
            (Some((bucket, _)), Some((key, _))) => StatePlace::S3 { bucket, key },
            _ => StatePlace::Other,
        },
        "local" => field(config, "path").map_or(StatePlace::Other, |(path, _)| {
            let root = work.tree.root.clone();
            StatePlace::File(normalize(&root.join(path)))
        }),
        _ => StatePlace::Other,
    };
    let states = work.input.states;
    let known = states.iter().find(|state| StatePlace::of(&state.primary) == at && at != StatePlace::Other);
    // A result that is retargeted again reads the standby's state already.
    let already = states.iter().find(|state| StatePlace::of(&state.standby) == at);
    let region = |of: &StateLocation| of.standby_region.clone();
    match known.or(already) {
        // A bucket that stays is where it was.
        Some(state) if same_bucket(state) && region(state).is_none() => work.keep(file, place(config)),
        Some(state) => {
            let told = if region(state).is_some() { &["bucket", "key", "region"][..] } else { &["bucket", "key"] };
            told.iter().filter_map(|name| field(config, name)).for_each(|(_, range)| work.keep(file, range));
        }
        None => {}
    }
    let Some(known) = known else {
        if already.is_none() {
            let what = format!("data.terraform_remote_state.{name} reads a state that is no stack of the plan");
            work.ask(file, place(block), what, "add the stack whose state it is to the plan", None);
        }
        return;
    };
    let reason = format!("the standby reads the standby's state of stack {}", known.stack);
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    match StatePlace::of(&known.standby) {
        StatePlace::S3 { bucket, key } => {
            let fields = [("bucket", Some(bucket)), ("key", Some(key)), ("region", region(known))];
            edits.extend(fields.into_iter().filter_map(|(name, new)| Some((field(config, name)?.1, new?))));
        }
        StatePlace::File(state) => {
            let path = way_to(work.input.target, &state).display().to_string();
            edits.extend(field(config, "path").map(|(_, range)| (range, path)));
        }
        StatePlace::Other => {}
    }
    if edits.is_empty() {
        let what = format!(
            "data.terraform_remote_state.{name} reads backend {kind:?}, and the standby's state of {} is {}",
            known.stack, known.standby
        );
        work.ask(file, place(block), what, "one kind of backend for both sides", None);
    }
    for (range, new) in edits {
        let new = super::literal::expression(&Value::String(new));
        if work.parsed[file].text[range.clone()] != new {
            work.edit(file, range, new, Rule::RemoteState, reason.clone());
        }
    }
}

/// A literal field of an object, and the range of its expression.
fn field(object: &Object, name: &str) -> Option<(String, Range<usize>)> {
    object.iter().find_map(|(key, value)| {
        let same = match key {
            ObjectKey::Ident(key) => key.as_str() == name,
            ObjectKey::Expression(key) => literal(key) == Some(name),
        };
        same.then(|| Some((literal(value.expr())?.to_owned(), place(value.expr()))))?
    })
}
