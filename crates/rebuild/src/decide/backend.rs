//! Where states are kept, and which region the provider works in.

use super::json_backend;
use super::layout::way;
use super::overrides::assign;
use super::retarget::{Rule, StateLocation, Work};
use super::syntax::{attribute, blocks, labels, literal, place};
use crate::observe::{is_override, normalize};
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Block, Structure};
use indexmap::IndexMap;
use pilotlight_findings::{Severity, Subject, codes};
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
    let overridden = overridden_backend(work);
    let mut backend_seen = json_backend::retarget(work);
    for file in &files {
        let in_root = file.parent() == Some(Path::new(""));
        let parsed = &work.parsed[file];
        let mut jobs: Vec<Job> = Vec::new();
        for block in parsed.syntax.blocks("terraform").filter(|_| in_root) {
            // What an override file says counts alone.
            let counts = !overridden || is_override(file);
            jobs.extend(blocks(&block.body, "backend").filter(|_| counts).map(|block| Job::Backend(block.clone())));
            jobs.extend(blocks(&block.body, "cloud").filter(|_| counts).map(|block| Job::Cloud(place(block))));
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
                    ask_cloud(work, file, range);
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

pub(crate) fn ask_cloud(work: &mut Work<'_>, file: &Path, range: Range<usize>) {
    let needs = "a standby with its own backend: only backend blocks can be retargeted";
    work.ask(file, range, "the state is kept by HCP Terraform", needs, None);
}

/// Whether an override file of the root has a backend.
fn overridden_backend(work: &Work<'_>) -> bool {
    let in_root = work.parsed.iter().filter(|(file, _)| file.parent() == Some(Path::new("")) && is_override(file));
    in_root.into_iter().any(|(_, parsed)| {
        parsed.syntax.blocks("terraform").any(|block| {
            blocks(&block.body, "backend").next().is_some() || blocks(&block.body, "cloud").next().is_some()
        })
    })
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

/// A backend block of the source, as far as the rule has to know it.
pub(crate) struct BackendBlock<'a> {
    pub(crate) kind: &'a str,
    pub(crate) range: Range<usize>,
    /// The settings that it has.
    pub(crate) names: Vec<&'a str>,
}

/// The settings that make the standby's state another one. Where there are none, that was asked.
pub(crate) fn settings(work: &mut Work<'_>, file: &Path, block: &BackendBlock<'_>) -> Option<IndexMap<String, Value>> {
    let mut settings = work.input.stack.standby.backend.clone();
    let kind = block.kind;
    match (kind, own_state(work).map(|own| StatePlace::of(&own.standby))) {
        ("s3", Some(StatePlace::S3 { bucket, key })) => {
            // A bucket that stays is where it was, and so are its region, its keys and its table of locks.
            if !settings.contains_key("region") && own_state(work).is_some_and(same_bucket) {
                work.keep(file, block.range.clone());
            }
            settings.insert("bucket".to_owned(), Value::String(bucket));
            settings.insert("key".to_owned(), Value::String(key));
            tell_partial(work, file, block);
        }
        ("local", Some(StatePlace::File(state))) => {
            let path = way_to(work.input.target, &state);
            if block.names.contains(&"path") || path != Path::new(LOCAL_STATE) {
                settings.insert("path".to_owned(), Value::String(path.display().to_string()));
            }
        }
        ("s3" | "local", _) => {
            let what = format!(
                "the source keeps its state with backend {kind:?}, and the plan says that the standby's is elsewhere"
            );
            work.ask(file, block.range.clone(), what, "let state in the stack's standby block fit the backend", None);
            return None;
        }
        (_, _) if settings.is_empty() => {
            let what = format!("the source keeps its state with backend {kind:?}");
            let needs = "the settings that make the standby's state another one";
            work.ask(file, block.range.clone(), what, needs, Some("backend = { NAME = \"VALUE\" }".to_owned()));
            return None;
        }
        _ => {}
    }
    Some(settings)
}

/// Of a backend whose bucket or key is given to `terraform init`, the other settings are not known either.
fn tell_partial(work: &mut Work<'_>, file: &Path, block: &BackendBlock<'_>) {
    let missing: Vec<&str> = ["bucket", "key"].into_iter().filter(|name| !block.names.contains(name)).collect();
    if missing.is_empty() {
        return;
    }
    let subject = Subject::File { span: work.span(file, block.range.clone()) };
    let message = format!(
        "the backend's {} {} from -backend-config: the standby has those of the plan; what else comes from there, as \
         region, role_arn or dynamodb_table, belongs into backend = {{ … }} of the stack's standby block",
        missing.join(" and "),
        if missing.len() == 1 { "comes" } else { "come" },
    );
    work.note(codes::R_PARTIAL_BACKEND, Severity::Info, subject, message);
}

fn backend(work: &mut Work<'_>, file: &Path, block: &Block) {
    let names = block.body.iter().filter_map(Structure::as_attribute).map(|attribute| attribute.key.as_str()).collect();
    let kind = labels(block).first().copied().unwrap_or_default();
    let Some(settings) = settings(work, file, &BackendBlock { kind, range: place(block), names }) else { return };
    // What the plan says is meant, even where it names the primary.
    for name in settings.keys() {
        if let Some(value) = attribute(&block.body, name) {
            work.keep(file, place(value));
        }
    }
    let text = work.parsed[file].text.clone();
    for (range, new) in assign(&text, block, &settings) {
        work.edit(file, range, new, Rule::Backend, SHARED_STATE);
    }
}

/// Why a backend has other settings.
pub(crate) const SHARED_STATE: &str = "both regions must not share a state";

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
    let alias = attribute(&block.body, "alias").and_then(literal);
    // One of several blocks of the same name, as in override files, may have it.
    let folder = file.parent();
    let same = work.parsed.iter().filter(|(other, _)| other.parent() == folder).flat_map(|(_, parsed)| {
        parsed
            .syntax
            .blocks("provider")
            .filter(|block| labels(block) == ["aws"] && attribute(&block.body, "alias").and_then(literal) == alias)
    });
    if is_override(file) || same.into_iter().any(|block| attribute(&block.body, "region").is_some()) {
        return;
    }
    let region = Value::String(work.input.standby.as_str().to_owned());
    let text = work.parsed[file].text.clone();
    for (range, new) in assign(&text, block, [(&"region".to_owned(), &region)]) {
        work.edit(file, range, new, Rule::ProviderRegion, FROM_ENVIRONMENT);
    }
}

/// Why a provider gets a region.
pub(crate) const FROM_ENVIRONMENT: &str = "the provider took its region from the environment";

/// A path as Terraform finds it from the standby root.
fn way_to(target: &Path, path: &Path) -> PathBuf {
    if path.is_absolute() == target.is_absolute() { way(target, path) } else { path.to_owned() }
}

/// How another stack's state is read: what the block says of it in literals.
pub(crate) struct RemoteState<'a> {
    pub(crate) name: &'a str,
    pub(crate) backend: &'a str,
    /// The block.
    pub(crate) range: Range<usize>,
    /// Its settings.
    pub(crate) config: Range<usize>,
    /// The literal settings, and where each stands.
    pub(crate) fields: Vec<(&'a str, String, Range<usize>)>,
    /// How a text is written at such a place.
    pub(crate) write: fn(&str) -> String,
}

fn remote_state(work: &mut Work<'_>, file: &Path, block: &Block) {
    let backend = attribute(&block.body, "backend").and_then(literal).unwrap_or_default();
    let name = labels(block).get(1).copied().unwrap_or_default();
    let Some(Expression::Object(config)) = attribute(&block.body, "config") else {
        ask_computed_state(work, file, place(block), name);
        return;
    };
    let names = ["bucket", "key", "path", "region"].into_iter();
    let fields = names.filter_map(|name| field(config, name).map(|(text, range)| (name, text, range))).collect();
    let write = |text: &str| super::literal::expression(&Value::String(text.to_owned()));
    let state = RemoteState { name, backend, range: place(block), config: place(config), fields, write };
    point(work, file, &state);
}

pub(crate) fn ask_computed_state(work: &mut Work<'_>, file: &Path, range: Range<usize>, name: &str) {
    let what = format!("the configuration of data.terraform_remote_state.{name} is computed");
    work.ask(file, range, what, "a literal config, so that it can be pointed at the standby's state", None);
}

/// Points what reads another stack's state at its standby's.
pub(crate) fn point(work: &mut Work<'_>, file: &Path, state: &RemoteState<'_>) {
    let RemoteState { name, backend, range, config, fields, write } = state;
    let field = |name: &str| fields.iter().find(|(known, ..)| *known == name).map(|(_, text, range)| (text, range));
    let at = match *backend {
        "s3" => match (field("bucket"), field("key")) {
            (Some((bucket, _)), Some((key, _))) => StatePlace::S3 { bucket: bucket.clone(), key: key.clone() },
            _ => StatePlace::Other,
        },
        "local" => {
            field("path").map_or(StatePlace::Other, |(path, _)| StatePlace::File(normalize(&work.tree.root.join(path))))
        }
        _ => StatePlace::Other,
    };
    let states = work.input.states;
    let known = states.iter().find(|state| StatePlace::of(&state.primary) == at && at != StatePlace::Other);
    // A result that is retargeted again reads the standby's state already.
    let already = states.iter().find(|state| StatePlace::of(&state.standby) == at);
    match known.or(already) {
        // A bucket that stays is where it was.
        Some(state) if same_bucket(state) && region(state).is_none() => work.keep(file, config.clone()),
        Some(state) => {
            let told = if region(state).is_some() { &["bucket", "key", "region"][..] } else { &["bucket", "key"] };
            told.iter().filter_map(|name| field(name)).for_each(|(_, range)| work.keep(file, range.clone()));
        }
        None => {}
    }
    let Some(known) = known else {
        if already.is_none() {
            let what = format!("data.terraform_remote_state.{name} reads a state that is no stack of the plan");
            work.ask(file, range.clone(), what, "add the stack whose state it is to the plan", None);
        }
        return;
    };
    let reason = format!("the standby reads the standby's state of stack {}", known.stack);
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    match StatePlace::of(&known.standby) {
        StatePlace::S3 { bucket, key } => {
            let new = [("bucket", Some(bucket)), ("key", Some(key)), ("region", region(known))];
            edits.extend(new.into_iter().filter_map(|(name, new)| Some((field(name)?.1.clone(), new?))));
        }
        StatePlace::File(state) => {
            let path = way_to(work.input.target, &state).display().to_string();
            edits.extend(field("path").map(|(_, range)| (range.clone(), path)));
        }
        StatePlace::Other => {}
    }
    if edits.is_empty() {
        let what = format!(
            "data.terraform_remote_state.{name} reads backend {backend:?}, and the standby's state of {} is {}",
            known.stack, known.standby
        );
        work.ask(file, range.clone(), what, "one kind of backend for both sides", None);
    }
    for (range, new) in edits {
        let new = write(&new);
        if work.text_of(file, range.clone()) != new {
            work.edit(file, range, new, Rule::RemoteState, reason.clone());
        }
    }
}

fn region(of: &StateLocation) -> Option<String> {
    of.standby_region.clone()
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
