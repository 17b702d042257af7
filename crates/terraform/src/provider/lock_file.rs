//! The dependency lock file, `.terraform.lock.hcl`: which version of each provider a stack is locked to.

use hcl::{Body, Expression};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Its name in a root module.
pub(crate) const LOCK_FILE: &str = ".terraform.lock.hcl";

/// What a lock file says of one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) version: String,
    pub(crate) hashes: Vec<String>,
}

/// The providers of a lock file, by their source.
pub(crate) type LockFile = BTreeMap<String, Locked>;

/// A lock file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("read {} as a lock file: {source}", path.display())]
    Syntax { path: PathBuf, source: Box<hcl::Error> },
}

/// Reads the lock file of a root module; empty where there is none.
pub(crate) fn read(root: &Path) -> Result<LockFile, LockError> {
    let path = root.join(LOCK_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text).map_err(|source| LockError::Syntax { path, source: Box::new(source) }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(LockFile::new()),
        Err(source) => Err(LockError::Read { path, source }),
    }
}

fn parse(text: &str) -> Result<LockFile, hcl::Error> {
    let body: Body = hcl::parse(text)?;
    let providers = body.into_blocks().filter(|block| block.identifier() == "provider");
    Ok(providers
        .filter_map(|block| {
            let source = block.labels().first()?.as_str().to_owned();
            let mut locked = Locked::default();
            for attribute in block.body.into_attributes() {
                match (attribute.key(), attribute.expr()) {
                    ("version", Expression::String(version)) => version.clone_into(&mut locked.version),
                    ("hashes", Expression::Array(hashes)) => {
                        locked.hashes = hashes.iter().filter_map(text_of).collect();
                    }
                    _ => {}
                }
            }
            (!locked.version.is_empty()).then_some((source, locked))
        })
        .collect())
}

fn text_of(expression: &Expression) -> Option<String> {
    if let Expression::String(text) = expression { Some(text.clone()) } else { None }
}

/// A lock file that names this provider alone.
pub(crate) fn write(source: &str, locked: &Locked) -> String {
    let hashes: String = locked.hashes.iter().map(|hash| format!("    \"{hash}\",\n")).collect();
    format!("provider \"{source}\" {{\n  version = \"{}\"\n  hashes = [\n{hashes}  ]\n}}\n", locked.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# This file is maintained automatically by "terraform init".
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5.0"
  hashes = [
    "h1:Ijt7pOlB7Tr7maGQIqtsLFbl7pSMIj06TVdkoSBcYOw=",
    "zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644",
  ]
}

provider "registry.opentofu.org/acme/fake" {
  version = "0.1.0-beta2"
}
"#;

    #[test]
    fn versions_and_hashes_are_read_and_written() {
        let read = parse(TEXT).expect("a lock file");
        assert_eq!(read.len(), 2);
        let aws = &read["registry.terraform.io/hashicorp/aws"];
        assert_eq!((aws.version.as_str(), aws.hashes.len()), ("5.100.0", 2));
        assert_eq!(read["registry.opentofu.org/acme/fake"].version, "0.1.0-beta2");
        let alone = parse(&write("registry.terraform.io/hashicorp/aws", aws)).expect("a lock file");
        assert_eq!(alone, LockFile::from([("registry.terraform.io/hashicorp/aws".to_owned(), aws.clone())]));
    }

    #[test]
    fn none_is_no_error_and_a_broken_one_is() {
        let root = tempfile::tempdir().expect("a folder");
        assert_eq!(read(root.path()).expect("no lock file"), LockFile::new());
        std::fs::write(root.path().join(LOCK_FILE), "provider \"a\" {").expect("written");
        let error = read(root.path()).expect_err("no HCL").to_string();
        assert!(error.contains(LOCK_FILE), "{error}");
    }
}
