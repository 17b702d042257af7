//! Sources as they should not be: one clear error with its place, or handled.

use pilotlight_findings::Explain;
use pilotlight_rebuild::{SourceError, SourceTree};
use std::path::Path;

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, bytes).expect("a file");
}

/// The error of a root with this file beside a good one.
fn refused(path: &str, bytes: &[u8]) -> SourceError {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "main.tf", b"locals {}\n");
    write(folder.path(), path, bytes);
    SourceTree::load(folder.path()).expect_err("a bad source")
}

#[test]
fn bad_files_are_named_with_line_and_remedy() {
    for (path, bytes, line) in [
        ("bad.tf", &b"locals {\n  a = \n}\n"[..], 2),
        ("bad.tf", b"locals {\n  a = 1\n", 2),
        ("bad.tf", b"locals {\n  a = \"\xff\"\n}\n", 2),
        ("bad.tf.json", b"{\n  \"locals\": {\"a\": 1,}\n}\n", 2),
        ("bad.tf.json", b"\xfe\xff", 1),
        ("bad.tf.json", b"[\"eu-west-1\"]", 1),
        ("bad.tf.json", b"\n\"eu-west-1\"", 2),
        ("bad.tf.json", b"{\n  \"resource\": \"eu-west-1\"}", 2),
        ("bad.tf.json", b"[{\"locals\": {}},\n {\"module\": [7]}]", 2),
        ("bad.tf", b"module \"m\" {\n  source = \"./gone\"\n}\n", 1),
        ("bad.tf.json", b"{\"module\": {\n  \"m\": {\"source\": \"../gone\"}}}", 2),
    ] {
        let error = refused(path, bytes);
        let span = error.span().unwrap_or_else(|| panic!("{error} has a place"));
        assert!(span.file.ends_with(path), "{error}");
        assert_eq!(span.start.line, line, "{error}");
        assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()), "{error}");
    }
}

#[test]
fn marks_line_ends_and_bytes_of_other_kinds_are_taken_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "main.tf", "\u{feff}locals {\r\n  a = \"eu-west-1\"\r\n}\r\n".as_bytes());
    write(folder.path(), "more.tf.json", "\u{feff}{\"locals\": {\"b\": \"eu-west-1\"}}".as_bytes());
    write(folder.path(), "icon.png", b"\x89PNG eu-west-1");
    write(folder.path(), ".#main.tf", b"an editor's lock {");
    let tree = SourceTree::load(folder.path()).expect("a good source");
    assert_eq!(tree.files[Path::new("main.tf")], "\u{feff}locals {\r\n  a = \"eu-west-1\"\r\n}\r\n".as_bytes());
    assert_eq!(tree.files[Path::new("icon.png")], b"\x89PNG eu-west-1");
}

#[test]
fn links_are_followed_and_end_where_they_lead_back() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "shared/tags.tf", b"locals {}\n");
    write(folder.path(), "shared/files/a.txt", b"a");
    write(folder.path(), "live/main.tf", b"module \"m\" {\n  source = \"./shared\"\n}\n");
    std::os::unix::fs::symlink("../shared", folder.path().join("live/shared")).expect("a link");
    std::os::unix::fs::symlink("..", folder.path().join("shared/files/up")).expect("a link");
    std::os::unix::fs::symlink("gone", folder.path().join("live/dangling.txt")).expect("a link");
    // An editor's lock.
    std::os::unix::fs::symlink("me@host.1234", folder.path().join("live/.#main.tf")).expect("a link");
    let tree = SourceTree::load(&folder.path().join("live")).expect("a good source");
    let files: Vec<String> = tree.files.keys().map(|path| path.display().to_string()).collect();
    assert_eq!(files, ["main.tf", "shared/files/a.txt", "shared/tags.tf"]);
    assert!(tree.modules.contains(Path::new("shared")));
}

#[test]
fn a_link_of_the_configuration_that_leads_nowhere_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "main.tf", b"locals {}\n");
    std::os::unix::fs::symlink("../shared/tags.tf", folder.path().join("tags.tf")).expect("a link");
    let error = SourceTree::load(folder.path()).expect_err("a bad source");
    let told = error.to_string();
    assert!(told.contains("/tags.tf: it is a symbolic link to ../shared/tags.tf"), "{told}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("bring what it leads to")), "{error:?}");
}

#[test]
fn files_that_are_read_outside_of_the_root_come_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "live/app/main.tf",
        b"locals {\n  a = file(\"${path.module}/../../policies/a.json\")\n  b = [for n in [\"x\"] : file(\"../../policies/more/${n}.json\")]\n  c = \"../../README.md\"\n}\n",
    );
    for file in ["policies/a.json", "policies/other.json", "policies/more/x.json", "secrets.txt"] {
        write(folder.path(), file, b"{}");
    }
    let tree = SourceTree::load(&folder.path().join("live/app")).expect("a good source");
    let files: Vec<String> = tree.files.keys().map(|path| path.display().to_string()).collect();
    assert_eq!(files, ["../../policies/a.json", "../../policies/more/x.json", "main.tf"]);
}

#[test]
fn a_folder_that_is_no_module_is_too_much() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "main.tf", b"locals {}\n");
    let large = std::fs::File::create(folder.path().join("dump.bin")).expect("a file");
    // Without its bytes on the disk.
    large.set_len(65 * 1024 * 1024).expect("a large file");
    let error = SourceTree::load(folder.path()).expect_err("too much");
    assert!(matches!(error, SourceError::TooMuch { .. }), "{error}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("move what is no Terraform")), "{error}");
}

#[test]
fn a_module_that_calls_itself_through_a_link_is_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let call = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
    write(folder.path(), "live/main.tf", call("../a").as_bytes());
    for (inner, link, to) in [("./again", "a/again", "../a"), ("./b/up", "a/b/up", "../../a")] {
        write(folder.path(), "a/main.tf", call(inner).as_bytes());
        let link = folder.path().join(link);
        std::fs::create_dir_all(link.parent().expect("a folder")).expect("a folder");
        std::os::unix::fs::symlink(to, &link).expect("a link");
        let error = SourceTree::load(&folder.path().join("live")).expect_err("a loop");
        assert!(error.to_string().contains("would call itself without end"), "{error}");
        assert!(error.span().is_some_and(|span| span.file.ends_with("/a/main.tf")), "{error}");
        std::fs::remove_file(&link).expect("removed");
    }
    // A link to another module is none.
    write(folder.path(), "a/main.tf", call("./other").as_bytes());
    write(folder.path(), "b/main.tf", b"locals {}\n");
    std::os::unix::fs::symlink("../b", folder.path().join("a/other")).expect("a link");
    SourceTree::load(&folder.path().join("live")).expect("no loop");
}
