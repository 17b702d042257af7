//! The s3 backend of a root module, as far as its text tells it.

use super::paths::FileKind;
use super::source::SourceError;
use crate::decide::syntax::{Syntax, attribute, blocks, labels, literal};
use hcl_edit::structure::Block;
use std::path::Path;

/// A `backend "s3"` block. What is computed, or comes from `-backend-config`, is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Backend {
    /// Where the state is.
    pub bucket: Option<String>,
    /// Its key, without a workspace's prefix.
    pub key: Option<String>,
    /// The region of the bucket and of the table.
    pub region: Option<String>,
    /// The DynamoDB table of digests and locks.
    pub dynamodb_table: Option<String>,
}

/// The s3 backend of the root module in `folder`; none where it has another one, or none at all.
///
/// # Errors
/// The folder or a file in it cannot be read, or is no HCL.
pub fn s3_backend(folder: &Path) -> Result<Option<S3Backend>, SourceError> {
    let failed = |path: &Path, source| SourceError::Read { path: path.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if FileKind::of(&path) != FileKind::Hcl || !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| failed(&path, error))?;
        let (_, syntax) = Syntax::parse(&path.display().to_string(), &bytes)?;
        let found = syntax
            .blocks("terraform")
            .find_map(|block| blocks(&block.body, "backend").find(|backend| labels(backend) == ["s3"]).map(settings));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn settings(block: &Block) -> S3Backend {
    let text = |name: &str| attribute(&block.body, name).and_then(literal).map(str::to_owned);
    S3Backend {
        bucket: text("bucket"),
        key: text("key"),
        region: text("region"),
        dynamodb_table: text("dynamodb_table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_found_in_whichever_file_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.tf"), "resource \"aws_vpc\" \"a\" {}\nterraform {}\n").unwrap();
        assert_eq!(s3_backend(folder.path()).unwrap(), None);
        std::fs::write(folder.path().join("other.tf"), "terraform {\n  backend \"local\" {}\n}\n").unwrap();
        assert_eq!(s3_backend(folder.path()).unwrap(), None);
        let text = r#"terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket         = "shop-tfstate"
    key            = "app.tfstate"
    dynamodb_table = "tf-locks"
    region         = local.region
  }
}
"#;
        std::fs::write(folder.path().join("state.tf"), text).unwrap();
        let expected = S3Backend {
            bucket: Some("shop-tfstate".into()),
            key: Some("app.tfstate".into()),
            region: None,
            dynamodb_table: Some("tf-locks".into()),
        };
        assert_eq!(s3_backend(folder.path()).unwrap(), Some(expected));
        std::fs::write(folder.path().join("broken.tf"), "terraform {").unwrap();
        std::fs::remove_file(folder.path().join("state.tf")).unwrap();
        assert!(matches!(s3_backend(folder.path()), Err(SourceError::Syntax { .. })));
        assert!(matches!(s3_backend(Path::new("no/such")), Err(SourceError::Read { .. })));
    }
}
