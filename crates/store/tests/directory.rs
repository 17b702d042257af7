//! The store on a disk.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use pilotlight_store::{Store, StoreError};
use std::path::Path;
use std::sync::Arc;

fn open(base: &Path) -> Store {
    Store::open("file:journal", base, None).unwrap()
}

#[tokio::test]
async fn an_object_is_written_once_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.create("runs/a/0000000000.json", "one").await.unwrap();
    let again = store.create("runs/a/0000000000.json", "two").await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyExists { .. }), "{again:?}");
    assert_eq!(again.to_string(), "create file:journal/runs/a/0000000000.json: it exists already");
    assert_eq!(store.read("runs/a/0000000000.json").await.unwrap(), "one");
    // Another process, with the bare path.
    let other = Store::open("journal", dir.path(), None).unwrap();
    assert_eq!(other.read_if_exists("runs/a/0000000000.json").await.unwrap().unwrap(), "one");
    assert_eq!(std::fs::read(dir.path().join("journal/runs/a/0000000000.json")).unwrap(), b"one");
}

#[tokio::test]
async fn what_is_removed_is_gone_and_may_be_removed_again_and_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.remove("signal/on").await.unwrap();
    for _ in 0..2 {
        store.create("signal/on", "by run 1").await.unwrap();
        store.remove("signal/on").await.unwrap();
        assert_eq!(store.read_if_exists("signal/on").await.unwrap(), None);
        store.remove("signal/on").await.unwrap();
    }
}

#[tokio::test]
async fn lists_are_sorted_relative_and_whole_folders_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for key in ["runs/b/2.json", "runs/b/1.json", "runs/ba/1.json", "plans/shop/0.json"] {
        store.create(key, key.to_owned()).await.unwrap();
    }
    assert_eq!(store.list("runs/b").await.unwrap(), ["runs/b/1.json", "runs/b/2.json"]);
    assert_eq!(store.list("").await.unwrap().len(), 4);
    assert_eq!(store.folders("runs").await.unwrap(), ["b", "ba"]);
    assert_eq!(store.folders("").await.unwrap(), ["plans", "runs"]);
    assert_eq!(store.list("runs/none").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_empty_and_stays_so_until_a_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(store.list("runs").await.unwrap().is_empty());
    assert!(store.folders("").await.unwrap().is_empty());
    assert_eq!(store.read_if_exists("runs/x").await.unwrap(), None);
    let error = store.read("runs/x").await.unwrap_err();
    assert_eq!(error.to_string(), "find file:journal/runs/x: it does not exist");
    assert!(!dir.path().join("journal").exists());
    let deep = Store::open("file:a/b/c", dir.path(), None).unwrap();
    deep.create("k", "v").await.unwrap();
    assert!(dir.path().join("a/b/c/k").is_file());
}

/// A writer that is killed leaves at most a staged file beside the object's name. It is no object, and it
/// is in nobody's way.
#[tokio::test]
async fn what_a_killed_writer_leaves_is_no_object() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.create("runs/a/0.json", "whole").await.unwrap();
    std::fs::write(dir.path().join("journal/runs/a/1.json#1"), "ha").unwrap();
    assert_eq!(store.list("runs").await.unwrap(), ["runs/a/0.json"]);
    assert_eq!(store.read_if_exists("runs/a/1.json").await.unwrap(), None);
    store.create("runs/a/1.json", "whole too").await.unwrap();
    assert_eq!(store.list("runs").await.unwrap(), ["runs/a/0.json", "runs/a/1.json"]);
    assert_eq!(store.read("runs/a/1.json").await.unwrap(), "whole too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_one_wins_and_its_object_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(dir.path()));
    for round in 0..20 {
        let key = format!("runs/r/{round}.json");
        let writers: Vec<_> = (0..8u8)
            .map(|writer| {
                let (store, key) = (Arc::clone(&store), key.clone());
                tokio::spawn(async move { store.create(&key, vec![writer; 100_000]).await.map(|()| writer) })
            })
            .collect();
        let mut winners = Vec::new();
        for writer in writers {
            match writer.await.unwrap() {
                Ok(writer) => winners.push(writer),
                Err(StoreError::AlreadyExists { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        assert_eq!(store.read(&key).await.unwrap(), vec![winners[0]; 100_000]);
    }
}

#[tokio::test]
async fn a_file_in_the_place_of_the_directory_is_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("journal"), "").unwrap();
    let store = open(dir.path());
    let error = store.create("k", "v").await.unwrap_err();
    assert_eq!(error.to_string(), "open file:journal: a file stands where a directory is needed");
    assert!(matches!(store.list("").await, Err(StoreError::BadUrl { .. })));
}

#[tokio::test]
async fn memory_behaves_as_a_disk_does() {
    let store = Store::memory();
    store.create("runs/a/0.json", "one").await.unwrap();
    assert!(matches!(store.create("runs/a/0.json", "two").await, Err(StoreError::AlreadyExists { .. })));
    assert_eq!(store.clone().read("runs/a/0.json").await.unwrap(), "one");
    assert_eq!(store.folders("runs").await.unwrap(), ["a"]);
    assert_eq!(store.list("runs").await.unwrap(), ["runs/a/0.json"]);
    assert_eq!(store.read_if_exists("x").await.unwrap(), None);
}

#[cfg(unix)]
#[tokio::test]
async fn what_holds_secrets_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open("file:journal", folder.path(), None).unwrap();
    store.create("runs/a/0000000000.json", "{}").await.unwrap();
    store.create_private("recovery/shop/states/ab.tfstate", "secret").await.unwrap();
    let again = store.create_private("recovery/shop/states/ab.tfstate", "other").await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyExists { .. }), "{again}");
    let mode = |path: &str| folder.path().join("journal").join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(
        ["recovery", "recovery/shop/states", "recovery/shop/states/ab.tfstate"].map(mode),
        [0o700, 0o700, 0o600]
    );
    assert_eq!(store.read("recovery/shop/states/ab.tfstate").await.unwrap(), "secret");
    assert_eq!(store.list("recovery/shop").await.unwrap(), ["recovery/shop/states/ab.tfstate"]);
    assert!(matches!(store.create_private("../out", "x").await, Err(StoreError::BadUrl { .. })));
    assert!(!folder.path().join("out").exists());
}
