use crate::StoreError;
use std::path::{Path, PathBuf};
use url::Url;

/// What a URL names, before anything is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// A file or directory, absolute unless the base directory was relative.
    File(PathBuf),
    /// An object or prefix of a bucket. The key has no slash at its ends.
    S3 { bucket: String, key: String },
    /// Read-only.
    Http(Url),
}

impl Location {
    /// Reads `file:PATH`, `file:///PATH`, a bare path, `s3://BUCKET/KEY` or `http(s)://…`. Relative paths
    /// are relative to `base`.
    pub(crate) fn parse(text: &str, base: &Path) -> Result<Self, StoreError> {
        let bad = |reason: &str| StoreError::BadUrl { url: without_credentials(text), reason: reason.to_owned() };
        let Some((scheme, rest)) = split_scheme(text) else {
            return if text.trim().is_empty() { Err(bad("it is empty")) } else { Ok(Self::File(base.join(text))) };
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => file_path(rest).map(|path| Self::File(base.join(path))).map_err(bad),
            "s3" => {
                let rest = rest.strip_prefix("//").ok_or_else(|| bad("it is not s3://BUCKET/KEY"))?;
                if rest.contains(['?', '#', '@']) {
                    return Err(bad("an s3 URL is a bucket and a key, with nothing else"));
                }
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(bad("it names no bucket"));
                }
                Ok(Self::S3 { bucket: bucket.to_owned(), key: key.trim_matches('/').to_owned() })
            }
            "http" | "https" => Url::parse(text).map(Self::Http).map_err(|error| bad(&error.to_string())),
            _ => Err(StoreError::UnknownScheme { url: without_credentials(text), scheme: scheme.to_owned() }),
        }
    }
}

/// The scheme, where there is one. One letter is a drive, not a scheme.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let shaped = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    shaped.then_some((scheme, rest))
}

/// The path of a `file:` URL, from what follows the scheme. `file:a b` and `file:/a` mean the path as it is
/// written; only the full form `file:///a%20b` has escapes.
fn file_path(rest: &str) -> Result<PathBuf, &'static str> {
    if rest.is_empty() {
        return Err("it names no path");
    }
    if !rest.starts_with("//") {
        return Ok(PathBuf::from(rest));
    }
    let url = Url::parse(&format!("file:{rest}")).map_err(|_| "it is no file URL")?;
    url.to_file_path().map_err(|()| "it names a host: write file:PATH or file:///PATH")
}

/// The URL as it may be shown: without user, password and query.
pub(crate) fn without_credentials(text: &str) -> String {
    let shown = text.split_once('?').map_or(text, |(before, _)| before);
    match shown.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or(rest);
            match authority.rsplit_once('@') {
                Some((user, _)) => format!("{scheme}://{}", &rest[user.len() + 1..]),
                None => shown.to_owned(),
            }
        }
        None => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location, StoreError> {
        Location::parse(text, Path::new("/plans"))
    }

    #[test]
    fn every_way_to_write_a_file() {
        for (text, path) in [
            (".pilotlight", "/plans/.pilotlight"),
            ("/var/state.json", "/var/state.json"),
            ("file:.pilotlight", "/plans/.pilotlight"),
            ("file:../state dir/100%", "/plans/../state dir/100%"),
            ("file:/var/state.json", "/var/state.json"),
            ("file:///var/a%20b", "/var/a b"),
            ("C:odd", "/plans/C:odd"),
        ] {
            assert_eq!(parse(text).unwrap(), Location::File(path.into()), "{text}");
        }
    }

    #[test]
    fn a_bucket_and_a_key() {
        let s3 = |bucket: &str, key: &str| Location::S3 { bucket: bucket.into(), key: key.into() };
        assert_eq!(parse("s3://b/a/b.tfstate").unwrap(), s3("b", "a/b.tfstate"));
        assert_eq!(parse("s3://b/prefix/").unwrap(), s3("b", "prefix"));
        assert_eq!(parse("s3://b").unwrap(), s3("b", ""));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_reason() {
        for (text, message) in [
            ("gs://b/k", "open gs://b/k: the scheme \"gs\" is none of file, s3, http, https"),
            ("s3:b/k", "open s3:b/k: it is not s3://BUCKET/KEY"),
            ("s3:///k", "open s3:///k: it names no bucket"),
            ("s3://AK:secret@b/k", "open s3://b/k: an s3 URL is a bucket and a key, with nothing else"),
            ("file:", "open file:: it names no path"),
            ("file://host/x", "open file://host/x: it names a host: write file:PATH or file:///PATH"),
            (" ", "open  : it is empty"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn credentials_are_never_shown() {
        assert_eq!(without_credentials("https://u:p@host/x@y?X-Amz-Signature=z"), "https://host/x@y");
        assert_eq!(without_credentials("s3://b/k"), "s3://b/k");
    }
}
