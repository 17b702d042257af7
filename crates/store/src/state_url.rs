use crate::location::{Location, without_credentials};
use crate::{S3Access, StoreError};
use pilotlight_findings::Region;
use std::path::{Path, PathBuf};
use url::{Url, form_urlencoded};

/// The workspace that needs no name: its state is where the URL says.
const DEFAULT_WORKSPACE: &str = "default";
/// Under which Terraform's s3 backend keeps the states of other workspaces.
const WORKSPACE_KEY_PREFIX: &str = "env:";
/// What may follow the `?` of an s3 URL, by the names of Terraform's s3 backend.
const PARAMETERS: [&str; 4] = ["workspace", "workspace_key_prefix", "region", "dynamodb_table"];
/// Two names are near when this share of the longer one agrees (Jaro-Winkler, 0 to 1).
const NEAR: f64 = 0.84;

/// Where one state or several are, before anything is opened:
///
/// - a file, a folder (every `*.tfstate` below it) or a glob, as a path or `file:` URL;
/// - `s3://BUCKET/KEY`, `s3://BUCKET/PREFIX/` (every `*.tfstate` below it) or a glob in the key, with the
///   parameters `workspace`, `workspace_key_prefix`, `region` and `dynamodb_table` after a `?`;
/// - `http(s)://…`, as Terraform's http backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateUrl {
    /// For texts: without credentials and parameters.
    pub(crate) shown: String,
    pub(crate) place: StatePlace,
    /// Only the states of this workspace, where a folder or glob was named with one.
    pub(crate) workspace: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StatePlace {
    /// A file, a folder or a glob. `written` is the path as the user wrote it, `path` from where the program runs.
    Local {
        path: PathBuf,
        written: String,
    },
    S3(S3Place),
    Http(Url),
}

/// A place on S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Place {
    pub(crate) bucket: String,
    /// A key, a prefix that ends in `/` or is empty, or a glob; the workspace's prefix is part of it.
    pub(crate) key: String,
    pub(crate) region: Option<String>,
    pub(crate) dynamodb_table: Option<String>,
}

impl StateUrl {
    /// Reads a URL. Relative paths are relative to `base`. `workspace` is for URLs that do not name one: it is
    /// taken where there are workspaces, in folders and on S3.
    ///
    /// # Errors
    /// The URL has no shape that is known here, an unknown parameter, or no room for a workspace.
    pub fn parse(text: &str, base: &Path, workspace: Option<&str>) -> Result<Self, StoreError> {
        let shown = without_credentials(text);
        let is_s3 = text.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("s3:"));
        let (address, query) = match text.split_once('?') {
            Some((address, query)) if is_s3 => (address, query),
            Some((_, query)) if !text.contains("://") && PARAMETERS.iter().any(|name| is_parameter(query, name)) => {
                let reason = "only s3 URLs take parameters; for a folder there is --workspace".to_owned();
                return Err(StoreError::BadUrl { url: shown, reason });
            }
            _ => (text, ""),
        };
        if let Some(name) = workspace {
            check_workspace(&shown, name)?;
        }
        match Location::parse(address, base)? {
            Location::File(path) => {
                let plain = match address.strip_prefix("file:") {
                    Some(rest) if !rest.starts_with("//") => rest,
                    Some(_) => path.to_str().unwrap_or(address),
                    None => address,
                };
                // As a person finds it from where the program runs.
                let written = match base == Path::new(".") {
                    true => plain.to_owned(),
                    false => path.display().to_string(),
                };
                let workspace = workspace.map(str::to_owned);
                Ok(Self { shown: written.clone(), place: StatePlace::Local { path, written }, workspace })
            }
            Location::S3 { bucket, key } => {
                let place = S3Place::read(&shown, bucket, key, address.ends_with('/'), query, workspace)?;
                Ok(Self { shown: place.url(), place: StatePlace::S3(place), workspace: None })
            }
            Location::Http(_) if workspace.is_some() => Err(StoreError::NoWorkspaces { url: shown }),
            Location::Http(url) => Ok(Self { shown, place: StatePlace::Http(url), workspace: None }),
        }
    }

    /// The URL as it may be shown: without credentials, and with the key that a workspace leads to.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether S3 has to be asked for it.
    pub fn is_on_s3(&self) -> bool {
        matches!(self.place, StatePlace::S3(_))
    }
}

impl S3Place {
    fn read(
        shown: &str,
        bucket: String,
        key: String,
        is_prefix: bool,
        query: &str,
        workspace: Option<&str>,
    ) -> Result<Self, StoreError> {
        let mut place = Self { bucket, key, region: None, dynamodb_table: None };
        let (mut workspace, mut prefix) = (workspace.map(str::to_owned), WORKSPACE_KEY_PREFIX.to_owned());
        let mut seen: Vec<String> = Vec::new();
        let bad = |reason: String| StoreError::BadUrl { url: shown.to_owned(), reason };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if value.is_empty() && !name.is_empty() && PARAMETERS.contains(&&*name) {
                return Err(bad(format!("the parameter {name} has no value")));
            }
            match &*name {
                "workspace" => {
                    check_workspace(shown, &value)?;
                    workspace = Some(value.into_owned());
                }
                "workspace_key_prefix" => prefix = value.trim_matches('/').to_owned(),
                "region" => {
                    let region = Region::new(value).map_err(|error| bad(format!("it cannot {error}")))?;
                    place.region = Some(region.into());
                }
                "dynamodb_table" => place.dynamodb_table = Some(value.into_owned()),
                other => {
                    return Err(StoreError::UnknownParameter {
                        url: shown.to_owned(),
                        name: other.to_owned(),
                        nearest: nearest(other),
                    });
                }
            }
            if seen.iter().any(|other| *other == name) {
                return Err(bad(format!("the parameter {name} stands twice")));
            }
            seen.push(name.into_owned());
        }
        if let Some(workspace) = workspace.filter(|name| name != DEFAULT_WORKSPACE) {
            place.key = match place.key.as_str() {
                "" => format!("{prefix}/{workspace}"),
                key => format!("{prefix}/{workspace}/{key}"),
            };
        }
        if is_prefix && !place.key.is_empty() {
            place.key.push('/');
        }
        Ok(place)
    }

    pub(crate) fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// How this place is reached, in its own region where the URL names one.
    pub(crate) fn access(&self, access: Option<&S3Access>) -> Result<S3Access, StoreError> {
        let access = access.ok_or_else(|| StoreError::NoAccess { url: self.url() })?;
        let region = self.region.clone().unwrap_or_else(|| access.region.clone());
        Ok(S3Access { region, ..access.clone() })
    }
}

/// Whether a query gives this parameter.
fn is_parameter(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
}

/// A workspace's name is one folder.
fn check_workspace(shown: &str, name: &str) -> Result<(), StoreError> {
    if name.is_empty() || name.contains(['/', '\\']) || matches!(name, "." | "..") {
        let reason = format!("{name:?} is no name of a workspace");
        return Err(StoreError::BadUrl { url: shown.to_owned(), reason });
    }
    Ok(())
}

/// The workspace that a path belongs to, `terraform.tfstate.d/prod/terraform.tfstate`.
pub(crate) fn workspace_of(path: &Path) -> &str {
    let mut parts = path.iter();
    while let Some(part) = parts.next() {
        if part == WORKSPACE_FOLDER {
            return parts.next().and_then(|name| name.to_str()).unwrap_or_default();
        }
    }
    DEFAULT_WORKSPACE
}

/// Where Terraform keeps the states of other workspaces beside a local state.
const WORKSPACE_FOLDER: &str = "terraform.tfstate.d";

fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |known: &str| strsim::jaro_winkler(&name.to_ascii_lowercase(), known);
    PARAMETERS.into_iter().filter(|known| likeness(known) >= NEAR).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// The parameters of an s3 URL, for errors.
pub(crate) fn parameters() -> String {
    PARAMETERS.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, workspace: Option<&str>) -> Result<StateUrl, StoreError> {
        StateUrl::parse(text, Path::new("/plans"), workspace)
    }

    #[test]
    fn a_workspace_leads_to_another_key() {
        for (url, workspace, shown) in [
            ("s3://b/app.tfstate", None, "s3://b/app.tfstate"),
            ("s3://b/app.tfstate?workspace=prod", None, "s3://b/env:/prod/app.tfstate"),
            ("s3://b/app.tfstate?workspace=default", None, "s3://b/app.tfstate"),
            ("s3://b/app.tfstate", Some("prod"), "s3://b/env:/prod/app.tfstate"),
            // The URL's own counts before the one for all.
            ("s3://b/app.tfstate?workspace=test", Some("prod"), "s3://b/env:/test/app.tfstate"),
            ("s3://b/a/b?workspace_key_prefix=teams/x&workspace=prod", None, "s3://b/teams/x/prod/a/b"),
            ("s3://b/a/?workspace=prod", None, "s3://b/env:/prod/a/"),
            ("s3://b/?workspace=prod", None, "s3://b/env:/prod/"),
            ("s3://b", None, "s3://b/"),
            ("s3://b/k?region=eu-west-1&dynamodb_table=locks", None, "s3://b/k"),
        ] {
            assert_eq!(parse(url, workspace).unwrap().shown(), shown, "{url} {workspace:?}");
        }
    }

    #[test]
    fn parameters_are_kept() {
        let url = parse("s3://b/k?region=eu-west-1&dynamodb_table=tf%2Dlocks", None).unwrap();
        let StatePlace::S3(place) = url.place else { panic!("on S3") };
        assert_eq!(place.region.as_deref(), Some("eu-west-1"));
        assert_eq!(place.dynamodb_table.as_deref(), Some("tf-locks"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (url, workspace, message) in [
            (
                "s3://b/k?worksapce=prod",
                None,
                "open s3://b/k: an s3 URL of a state has no parameter \"worksapce\"; did you mean workspace?",
            ),
            ("s3://b/k?versionId=3", None, "open s3://b/k: an s3 URL of a state has no parameter \"versionId\""),
            ("s3://b/k?workspace=", None, "open s3://b/k: the parameter workspace has no value"),
            ("s3://b/k?region=eu-west-1&region=eu-west-2", None, "open s3://b/k: the parameter region stands twice"),
            (
                "s3://b/k?region=ireland",
                None,
                "open s3://b/k: it cannot read \"ireland\" as an AWS region code such as eu-central-1",
            ),
            ("s3://b/k?workspace=a/b", None, "open s3://b/k: \"a/b\" is no name of a workspace"),
            (
                "app/terraform.tfstate?workspace=prod",
                None,
                "open app/terraform.tfstate: only s3 URLs take parameters; for a folder there is --workspace",
            ),
            ("https://h/state", Some("prod"), "find workspaces at https://h/state: an http URL is one state"),
            ("states", Some(".."), "open states: \"..\" is no name of a workspace"),
        ] {
            assert_eq!(parse(url, workspace).unwrap_err().to_string(), message, "{url}");
        }
    }

    #[test]
    fn a_local_workspace_is_a_folder() {
        assert_eq!(workspace_of(Path::new("a/terraform.tfstate.d/prod/terraform.tfstate")), "prod");
        assert_eq!(workspace_of(Path::new("a/terraform.tfstate")), "default");
    }
}
