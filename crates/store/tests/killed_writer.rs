//! A real process, killed in the middle of its writes.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use pilotlight_store::{Store, StoreError};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const DIRECTORY: &str = "PILOTLIGHT_TEST_WRITER_DIRECTORY";
/// Large enough that a kill mostly hits a write.
const SIZE: usize = 2_000_000;

fn key(number: usize) -> String {
    format!("runs/r/{number:010}.json")
}

fn content(number: usize) -> Vec<u8> {
    vec![u8::try_from(number % 251).unwrap(); SIZE]
}

#[tokio::test]
#[ignore = "the other test starts it as a process of its own, to kill it"]
async fn writer() {
    let directory = std::env::var(DIRECTORY).unwrap();
    let store = Store::open(&directory, Path::new("/"), None).unwrap();
    for number in store.list("runs/r").await.unwrap().len().. {
        store.create(&key(number), content(number)).await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_whole_objects_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path().to_str().unwrap(), Path::new("/"), None).unwrap();
    let mut before = 0;
    for round in 0..8 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--ignored"])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Until it is at work, and then some: each round ends in another moment.
        while store.list("runs/r").await.unwrap().len() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(writer.try_wait().unwrap().is_none(), "the writer ended by itself");
        }
        tokio::time::sleep(Duration::from_millis(3 * round)).await;
        writer.kill().unwrap();
        writer.wait().unwrap();
        let keys = store.list("runs/r").await.unwrap();
        let wanted: Vec<String> = (0..keys.len()).map(key).collect();
        assert_eq!(keys, wanted);
        for number in before..keys.len() {
            assert!(store.read(&key(number)).await.unwrap() == content(number), "object {number} is not whole");
        }
        before = keys.len();
    }
    // What was in the making is in nobody's way.
    store.create(&key(before), content(before)).await.unwrap();
    assert!(matches!(store.create(&key(before), "again").await, Err(StoreError::AlreadyExists { .. })));
}
