//! States on disk: files, folders, globs, workspaces and locks.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use pilotlight_findings::Explain as _;
use pilotlight_store::{StateAccess, StateObject, StateUrl, StoreError};
use std::path::Path;

/// A folder with these files, each holding its own name.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file).unwrap();
    }
    folder
}

fn estate() -> tempfile::TempDir {
    folder(&[
        "net/terraform.tfstate",
        "net/terraform.tfstate.backup",
        "net/.terraform/terraform.tfstate",
        "net/.terraform/modules/vpc/examples/terraform.tfstate",
        "net/main.tf",
        "app/terraform.tfstate.d/prod/terraform.tfstate",
        "app/terraform.tfstate.d/test/terraform.tfstate",
        "app/terraform.tfstate.d/test/terraform.tfstate.backup",
        "[odd]/a.tfstate",
    ])
}

async fn find(url: &str, base: &Path, workspace: Option<&str>) -> Result<Vec<StateObject>, StoreError> {
    StateUrl::parse(url, base, workspace)?.find(&StateAccess::default()).await
}

/// The names of what is found, from the base.
async fn names(url: &str, base: &Path, workspace: Option<&str>) -> Vec<String> {
    let base_text = format!("{}/", base.display());
    let objects = find(url, base, workspace).await.unwrap();
    let mut names = Vec::new();
    for object in &objects {
        let name = object.url().strip_prefix(&base_text).unwrap_or(object.url()).to_owned();
        // Each is read, so that a name leads to its own file.
        assert!(name.ends_with(std::str::from_utf8(&object.read(&StateAccess::default()).await.unwrap()).unwrap()));
        names.push(name);
    }
    names
}

const NET: &str = "net/terraform.tfstate";
const PROD: &str = "app/terraform.tfstate.d/prod/terraform.tfstate";
const TEST: &str = "app/terraform.tfstate.d/test/terraform.tfstate";

#[tokio::test]
async fn one_file_by_each_way_to_write_it() {
    let dir = estate();
    for url in ["net/terraform.tfstate", "file:net/terraform.tfstate"] {
        assert_eq!(names(url, dir.path(), None).await, [NET]);
    }
    let whole = format!("file://{}/{NET}", dir.path().display());
    assert_eq!(find(&whole, Path::new("."), None).await.unwrap()[0].url(), &whole["file://".len()..]);
    let missing = &find("file:none", Path::new("."), None).await.unwrap()[0];
    let error = missing.read(&StateAccess::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "find none: it does not exist");
}

#[tokio::test]
async fn a_folder_is_every_state_below_it() {
    let dir = estate();
    assert_eq!(names(".", dir.path(), None).await.len(), 4);
    assert_eq!(names("net", dir.path(), None).await, [NET]);
    assert_eq!(names("app/", dir.path(), None).await, [PROD, TEST]);
    // A name with the letters of a glob is still a name.
    assert_eq!(names("[odd]", dir.path(), None).await, ["[odd]/a.tfstate"]);
}

#[tokio::test]
async fn a_workspace_is_one_folder_of_them() {
    let dir = estate();
    assert_eq!(names("app", dir.path(), Some("prod")).await, [PROD]);
    assert_eq!(names(".", dir.path(), Some("test")).await, [TEST]);
    assert_eq!(names(".", dir.path(), Some("default")).await, ["[odd]/a.tfstate", NET]);
    let error = find("app", Path::new("."), Some("prod")).await.unwrap()[0].read(&StateAccess::default()).await;
    assert!(matches!(error, Err(StoreError::NotFound { .. })), "{error:?}");
    let error = find("app", dir.path(), Some("stage")).await.unwrap_err();
    assert!(
        error.to_string().ends_with("app: no file that ends in .tfstate is below it in workspace stage"),
        "{error}"
    );
    let error = find(NET, dir.path(), Some("prod")).await.unwrap_err();
    assert!(error.to_string().ends_with("net/terraform.tfstate: it is one file"), "{error}");
}

#[tokio::test]
async fn a_glob_keeps_to_its_folders() {
    let dir = estate();
    for (glob, expected) in [
        ("*/*.tfstate", vec!["[odd]/a.tfstate", NET]),
        ("**/*.tfstate", vec!["[odd]/a.tfstate", PROD, TEST, NET]),
        ("net/*", vec!["net/main.tf", NET]),
        ("app/**/pro?/*.tfstate", vec![PROD]),
        ("{net,app}/**/terraform.tfstate", vec![PROD, TEST, NET]),
        ("./net/*.tfstate", vec!["./net/terraform.tfstate"]),
    ] {
        assert_eq!(names(glob, dir.path(), None).await, expected, "{glob}");
    }
    assert_eq!(names("**/*.tfstate", dir.path(), Some("prod")).await, [PROD]);
    for (glob, looked_for) in [("net/*.json", "no file fits it"), ("nowhere/**/*.tfstate", "no file fits it")] {
        let error = find(glob, dir.path(), None).await.unwrap_err();
        assert!(error.to_string().ends_with(&format!("{glob}: {looked_for}")), "{error}");
        assert_eq!(error.code().as_str(), "PL-S121");
    }
}

#[tokio::test]
async fn a_folder_without_a_state_is_an_error() {
    let dir = folder(&["main.tf", ".terraform/terraform.tfstate"]);
    let error = find(".", dir.path(), None).await.unwrap_err();
    assert_eq!(error.code().as_str(), "PL-S121");
    assert!(error.to_string().ends_with(": no file that ends in .tfstate is below it"), "{error}");
}

#[tokio::test]
async fn one_file_by_two_names_is_one() {
    let dir = estate();
    let [plain] = &find(NET, dir.path(), None).await.unwrap()[..] else { panic!("one") };
    let [roundabout] = &find("app/../net/terraform.tfstate", dir.path(), None).await.unwrap()[..] else {
        panic!("one")
    };
    let [other] = &find(PROD, dir.path(), None).await.unwrap()[..] else { panic!("one") };
    assert!(plain.is_same(roundabout) && !plain.is_same(other));
}

#[tokio::test]
async fn the_lock_of_a_local_state() {
    let dir = folder(&["terraform.tfstate"]);
    let state = &find("terraform.tfstate", dir.path(), None).await.unwrap()[0];
    assert_eq!(state.lock(&StateAccess::default()).await.unwrap(), None);
    std::fs::write(dir.path().join(".terraform.tfstate.lock.info"), "{\"ID\":\"7\"}").unwrap();
    assert_eq!(state.lock(&StateAccess::default()).await.unwrap().unwrap(), "{\"ID\":\"7\"}");
}
