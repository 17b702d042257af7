use pilotlight_findings::{Code, Explain, codes};

/// What lies below a [`StoreError`]: the client's or the operating system's own error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an object could not be read, listed or created. `url` names the object, or the store where the
/// whole store is meant, and holds no credentials.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL has a scheme that this program does not read.
    #[error("open {url}: the scheme {scheme:?} is none of file, s3, http, https")]
    UnknownScheme {
        /// As given.
        url: String,
        /// What stands before the colon.
        scheme: String,
    },
    /// The URL does not have the shape that its scheme asks for.
    #[error("open {url}: {reason}")]
    BadUrl {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An `s3://` URL with a parameter that it cannot have.
    #[error("open {url}: an s3 URL of a state has no parameter {name:?}{}", did_you_mean(*nearest))]
    UnknownParameter {
        /// Without its parameters.
        url: String,
        /// As written.
        name: String,
        /// The nearest that there is.
        nearest: Option<&'static str>,
    },
    /// A workspace was asked for where there is one state alone.
    #[error("find workspaces at {url}: {}", if url.starts_with("http") { "an http URL is one state" } else { "it is one file" })]
    NoWorkspaces {
        /// As given.
        url: String,
    },
    /// A folder, prefix or glob without a state.
    #[error("find a state at {url}: {looked_for}")]
    NoMatch {
        /// As given.
        url: String,
        /// What was looked for, as a sentence.
        looked_for: String,
    },
    /// The bucket is not there.
    #[error("find {url}: its bucket does not exist")]
    NoBucket {
        /// The object.
        url: String,
        /// The store's own words.
        source: Cause,
    },
    /// The bucket is in another region than the one that was asked.
    #[error("find {url} in this region: its bucket is in another one")]
    WrongRegion {
        /// The object.
        url: String,
        /// The store's own words.
        source: Cause,
    },
    /// The bucket is in the region of which nothing may be asked.
    #[error("ask {url}: it is in {region}, of which nothing is asked (--primary-down)")]
    RefusedRegion {
        /// The object.
        url: String,
        /// The region.
        region: String,
    },
    /// An `s3://` URL, and the caller has no access to S3 to offer.
    #[error("open {url}: no AWS region and credentials are configured")]
    NoAccess {
        /// As given.
        url: String,
    },
    /// The object is there already; it was not touched.
    #[error("create {url}: it exists already")]
    AlreadyExists {
        /// The object.
        url: String,
    },
    /// The object, the bucket or the directory is not there.
    #[error("find {url}: it does not exist")]
    NotFound {
        /// The object.
        url: String,
        /// The store's own words.
        source: Option<Cause>,
    },
    /// The store knows the caller and refuses, or does not know the caller.
    #[error("access {url}: permission denied")]
    Denied {
        /// The object.
        url: String,
        /// The store's own words.
        source: Cause,
    },
    /// No usable answer. Whether a write took effect is unknown and must be read back.
    #[error("reach {url}")]
    Unreachable {
        /// The object.
        url: String,
        /// Time-out, refused connection, a server's error.
        source: Cause,
    },
    /// `http(s):` URLs can only be read.
    #[error("write to {url}: only file and s3 URLs can be written")]
    ReadOnly {
        /// As given.
        url: String,
    },
}

impl StoreError {
    /// Whether another try may succeed, and whether a write that gave this error may have taken effect.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// The URL that the error is about.
    pub fn url(&self) -> &str {
        match self {
            Self::UnknownScheme { url, .. }
            | Self::BadUrl { url, .. }
            | Self::UnknownParameter { url, .. }
            | Self::NoWorkspaces { url }
            | Self::NoMatch { url, .. }
            | Self::NoBucket { url, .. }
            | Self::WrongRegion { url, .. }
            | Self::RefusedRegion { url, .. }
            | Self::NoAccess { url }
            | Self::AlreadyExists { url }
            | Self::NotFound { url, .. }
            | Self::Denied { url, .. }
            | Self::Unreachable { url, .. }
            | Self::ReadOnly { url } => url,
        }
    }

    /// The error of `object_store` for the object at `url`.
    pub(crate) fn of(url: String, error: object_store::Error) -> Self {
        use object_store::Error as E;
        match error {
            E::NotFound { source, .. } if says(&*source, "NoSuchBucket") => Self::NoBucket { url, source },
            E::NotFound { source, .. } => Self::NotFound { url, source: Some(source) },
            E::AlreadyExists { .. } | E::Precondition { .. } => Self::AlreadyExists { url },
            E::PermissionDenied { source, .. } | E::Unauthenticated { source, .. } => Self::Denied { url, source },
            E::InvalidPath { source } => Self::BadUrl { url, reason: source.to_string() },
            // A list that is refused, and a directory that may not be written, are generic errors.
            E::Generic { source, .. } => match (http_status(&*source), io_kind(&*source)) {
                (Some(401 | 403), _) | (_, Some(std::io::ErrorKind::PermissionDenied)) => Self::Denied { url, source },
                (Some(404), _) if says(&*source, "NoSuchBucket") => Self::NoBucket { url, source },
                (Some(404), _) => Self::NotFound { url, source: Some(source) },
                _ if WRONG_REGION.iter().any(|words| says(&*source, words)) => Self::WrongRegion { url, source },
                _ => Self::Unreachable { url, source },
            },
            other => Self::Unreachable { url, source: Box::new(other) },
        }
    }

    /// The error of the operating system for the file or directory at `url`.
    pub(crate) fn of_io(url: String, error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::NotFound { url, source: None },
            std::io::ErrorKind::PermissionDenied => Self::Denied { url, source: Box::new(error) },
            std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
                Self::BadUrl { url, reason: "a file stands where a directory is needed".into() }
            }
            _ => Self::Unreachable { url, source: Box::new(error) },
        }
    }
}

/// What S3 and its client say where a request went to another region than the bucket's.
const WRONG_REGION: [&str; 3] = ["incorrectly configured region", "PermanentRedirect", "AuthorizationHeaderMalformed"];

/// Whether an error or a cause of it has these words. S3's code is in the body that `object_store` keeps as text.
fn says(error: &(dyn std::error::Error + 'static), words: &str) -> bool {
    chain(error).any(|error| error.to_string().contains(words))
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"))
}

/// An error and its causes.
fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// The kind of the I/O error in a chain of causes, if there is one.
fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<std::io::ErrorKind> {
    chain(error).find_map(|error| Some(error.downcast_ref::<std::io::Error>()?.kind()))
}

/// The status of the HTTP response in a chain of causes, if there is one. `object_store` 0.14 keeps the type
/// that carries it private for lists, so its text is read: "Server returned non-2xx status code: 403 …".
fn http_status(error: &(dyn std::error::Error + 'static)) -> Option<u16> {
    chain(error).find_map(|error| {
        let text = error.to_string();
        let (_, after) = text.split_once("status code: ")?;
        after.get(..3)?.parse().ok()
    })
}

impl Explain for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::UnknownScheme { .. }
            | Self::BadUrl { .. }
            | Self::ReadOnly { .. }
            | Self::UnknownParameter { .. }
            | Self::NoWorkspaces { .. } => codes::J_URL,
            Self::NoMatch { .. } => codes::S_NO_MATCH,
            Self::WrongRegion { .. } => codes::J_UNREACHABLE,
            Self::RefusedRegion { .. } => codes::R_PRIMARY_NEEDED,
            Self::NoAccess { .. } | Self::Denied { .. } => codes::J_DENIED,
            Self::NotFound { .. } | Self::NoBucket { .. } => codes::J_NOT_FOUND,
            Self::AlreadyExists { .. } => codes::J_EXISTS,
            Self::Unreachable { .. } => codes::J_UNREACHABLE,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::UnknownScheme { .. } => "write file:PATH, s3://BUCKET/PREFIX, or a plain path".into(),
            Self::BadUrl { .. } | Self::ReadOnly { .. } => "write file:PATH or s3://BUCKET/PREFIX".into(),
            Self::UnknownParameter { .. } => format!("the parameters are {}", crate::state_url::parameters()),
            Self::NoWorkspaces { .. } => "name the folder that has the workspaces, or leave out --workspace".into(),
            Self::NoMatch { .. } => "name a state, or a folder, prefix or glob that holds one".into(),
            Self::NoBucket { .. } => "check the bucket's name, and that these credentials are of its account".into(),
            Self::WrongRegion { .. } => "name the bucket's region, as in s3://bucket/key?region=eu-west-1".into(),
            Self::RefusedRegion { .. } => "name a bucket of another region, or leave --primary-down out".into(),
            Self::NoAccess { .. } => "set AWS_REGION and credentials, as for the AWS CLI".into(),
            Self::AlreadyExists { .. } => return None,
            Self::NotFound { .. } => "check the URL for a typing error, and that what writes it has run".into(),
            Self::Denied { url, .. } if url.starts_with("s3://") => {
                "grant s3:GetObject, s3:PutObject and s3:ListBucket to this identity".into()
            }
            Self::Denied { url, .. } if url.starts_with("http") => {
                "set TF_HTTP_USERNAME and TF_HTTP_PASSWORD, as for Terraform's http backend".into()
            }
            Self::Denied { .. } => "give this user the permission, or name another place".into(),
            Self::Unreachable { .. } => "check that the store can be reached from here, then run it again".into(),
        })
    }
}
