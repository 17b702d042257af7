//! States from where teams keep them, in one way for `--state URL` and for a stack's `state`.

mod lock;
mod pull;
mod source;

pub(crate) use lock::LockTable;

use crate::failure::Failure;
use futures::{StreamExt as _, TryStreamExt as _};
use pilotlight_cloud::Aws;
use pilotlight_findings::{Finding, Region, Side, Subject, codes};
use pilotlight_store::{HttpLogin, StateAccess, StateObject};
use pilotlight_terraform::Program;
use pilotlight_tfstate::State;
use source::Source;
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// States that are read at a time: each is an S3 object or a file that is parsed whole.
const AT_A_TIME: usize = 4;

/// Reads states.
pub(crate) struct StateReader<'a> {
    aws: &'a Aws,
    /// The program for `pull:`, as `--terraform` names it.
    terraform: Option<&'a Path>,
    /// `--workspace`
    workspace: Option<&'a str>,
    program: OnceCell<Program>,
}

/// Whose states are read, and from where.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Relative paths start here.
    pub(crate) base: &'a Path,
    /// The region of S3, where a URL names none.
    pub(crate) region: &'a Region,
}

/// A state, and what there is to say of it.
pub(crate) struct ReadState {
    /// Its URL or path, as it may be shown.
    pub(crate) name: String,
    pub(crate) state: State,
    /// Who holds its lock, and what could not be checked.
    pub(crate) notes: Vec<Note>,
}

/// What there is to say of a state: a finding without its subject, which the caller knows.
pub(crate) struct Note(Finding);

impl Note {
    fn new(finding: Finding) -> Self {
        Self(finding)
    }

    /// The finding, about this stack.
    pub(crate) fn about(&self, stack: &str, side: Option<Side>) -> Finding {
        Finding { subject: Subject::Stack { stack: stack.to_owned(), side }, ..self.0.clone() }
    }
}

impl<'a> StateReader<'a> {
    pub(crate) fn new(aws: &'a Aws, terraform: Option<&'a Path>, workspace: Option<&'a str>) -> Self {
        Self { aws, terraform, workspace, program: OnceCell::new() }
    }

    /// Every state at these URLs, in their order; one that is named twice is read once.
    pub(crate) async fn read_all(&self, urls: &[String], place: Place<'_>) -> Result<Vec<ReadState>, Failure> {
        let mut sources: Vec<(Source, StateAccess)> = Vec::new();
        for url in urls {
            let source = Source::parse(url, place.base, self.workspace)?;
            if matches!(source, Source::Stdin) && sources.iter().any(|(other, _)| matches!(other, Source::Stdin)) {
                return Err(Failure::coded(codes::S_STDIN, "read two states from standard input", "name - once"));
            }
            let access = self.access(&source, place.region).await?;
            for found in source.expand(&access).await? {
                if !sources.iter().any(|(other, _)| other.is_same(&found)) {
                    sources.push((found, access.clone()));
                }
            }
        }
        let read = sources.into_iter().map(|(source, access)| async move {
            let name = source.name().to_owned();
            match self.read(&source, &access, None).await? {
                Some(read) => Ok(read),
                None => Err(Failure::usage(
                    format!("find a state at {name}"),
                    match source {
                        Source::Pull { .. } => "apply it there first, or set TF_WORKSPACE to the workspace that is meant",
                        _ => "name a state: a file, a folder, a glob, s3://bucket/key, https://…, pull:DIR or - for standard input",
                    },
                )),
            }
        });
        futures::stream::iter(read).buffered(AT_A_TIME).try_collect().await
    }

    /// The one state at a URL; none where there is no such object. `table` is where its digest may be found, if the
    /// URL does not say.
    pub(crate) async fn read_one(
        &self,
        url: &str,
        place: Place<'_>,
        table: impl FnOnce(&StateObject) -> Option<LockTable>,
    ) -> Result<Option<ReadState>, Failure> {
        let source = Source::parse(url, place.base, self.workspace)?;
        let access = self.access(&source, place.region).await?;
        let mut found = source.expand(&access).await?;
        if let [first, second, ..] = &found[..] {
            let sentence = format!(
                "find the one state at {url}: there are {}, {} and {}",
                found.len(),
                first.name(),
                second.name()
            );
            return Err(Failure::coded(codes::S_SEVERAL, sentence, "name one of them, or write a stack for each"));
        }
        let Some(source) = found.pop() else { return Ok(None) };
        let table = source.object().and_then(table);
        self.read(&source, &access, table).await
    }

    /// What this source needs. Credentials are looked up only where S3 is used, and then before it is asked:
    /// that there are none is clearer than what S3 says of it.
    async fn access(&self, source: &Source, region: &Region) -> Result<StateAccess, Failure> {
        let Source::Url(url) = source else { return Ok(StateAccess::default()) };
        let mut access = StateAccess { s3: None, http: http_login() };
        if url.is_on_s3() {
            self.aws.check_credentials(region).await?;
            access.s3 = Some(self.aws.s3_access(&pilotlight_drift::Place::own(region.clone())).await);
        }
        Ok(access)
    }

    async fn read(
        &self,
        source: &Source,
        access: &StateAccess,
        table: Option<LockTable>,
    ) -> Result<Option<ReadState>, Failure> {
        let name = source.name().to_owned();
        let (state, notes) = match source {
            Source::Stdin => (State::parse(&name, &source::stdin().await?)?, Vec::new()),
            Source::Pull { dir, .. } => match pull::state(self.program().await?, dir, self.workspace).await? {
                Some(state) => (state, Vec::new()),
                None => return Ok(None),
            },
            Source::Object(object) => match lock::read(object, access, self.aws, table).await? {
                Some((bytes, notes)) => (State::parse(&name, &bytes)?, notes),
                None => return Ok(None),
            },
            // Expanded before.
            Source::Url(_) => return Ok(None),
        };
        Ok(Some(ReadState { name, state, notes }))
    }

    async fn program(&self) -> Result<&Program, Failure> {
        let find = async {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let named = self.terraform.map(PathBuf::from);
            Program::find(named.as_deref(), &path).await
        };
        Ok(self.program.get_or_try_init(|| find).await?)
    }
}

impl ReadState {
    /// Which state it is, in one line.
    pub(crate) fn line(&self, stack: &str) -> String {
        let from = if self.name == stack { String::new() } else { format!(", from {}", self.name) };
        let by = match self.state.terraform_version.as_str() {
            "" => String::new(),
            version => format!(", written by {version}"),
        };
        let lineage = match self.state.lineage.as_str() {
            "" => String::new(),
            lineage => format!(", lineage {lineage}"),
        };
        format!("{stack}: state serial {}{by}{lineage}{from}", self.state.serial)
    }
}

/// The login that Terraform's http backend takes from the environment.
fn http_login() -> Option<HttpLogin> {
    let user = std::env::var("TF_HTTP_USERNAME").ok().filter(|user| !user.is_empty())?;
    Some(HttpLogin { user, password: std::env::var("TF_HTTP_PASSWORD").ok() })
}
