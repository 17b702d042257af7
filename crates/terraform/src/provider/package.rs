//! A provider's package in a folder of providers, unpacked or packed.

use crate::provider::PluginError;
use crate::provider::discover::PLATFORM;
use pilotlight_tfstate::ProviderSource;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// One version of a provider for this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) version: String,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    /// `HOST/NAMESPACE/TYPE/VERSION/PLATFORM/terraform-provider-TYPE…`
    Executable(PathBuf),
    /// `HOST/NAMESPACE/TYPE/terraform-provider-TYPE_VERSION_PLATFORM.zip`
    Packed(PathBuf),
}

/// The packages of a provider in a folder that has `HOST/NAMESPACE/TYPE` below it.
pub(crate) fn below(folder: &Path, provider: &ProviderSource) -> Vec<Package> {
    let folder = folder.join(&provider.hostname).join(&provider.namespace).join(&provider.name);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().filter_map(|entry| package(&entry.path(), &provider.name)).collect()
}

fn package(path: &Path, name: &str) -> Option<Package> {
    let entry = path.file_name()?.to_str()?;
    if let Some(executable) = executable(&path.join(PLATFORM), name) {
        return Some(Package { version: entry.to_owned(), at: At::Executable(executable) });
    }
    let version = entry.strip_prefix("terraform-provider-")?.strip_prefix(name)?.strip_prefix('_')?;
    let version = version.strip_suffix(".zip")?.strip_suffix(PLATFORM)?.strip_suffix('_')?;
    path.is_file().then(|| Package { version: version.to_owned(), at: At::Packed(path.to_owned()) })
}

/// The plugin's executable in a folder.
fn executable(folder: &Path, name: &str) -> Option<PathBuf> {
    let prefix = format!("terraform-provider-{name}");
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)))
        .filter(|path| path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0))
        .collect();
    files.sort();
    files.into_iter().next()
}

impl Package {
    /// The executable, unpacked into the cache where it has to be.
    pub(crate) fn open(self, provider: &ProviderSource, cache: &Path) -> Result<PathBuf, PluginError> {
        let packed = match self.at {
            At::Executable(path) => return Ok(path),
            At::Packed(path) => path,
        };
        let folder = cache
            .join("unpacked")
            .join(&provider.hostname)
            .join(&provider.namespace)
            .join(&provider.name)
            .join(&self.version)
            .join(PLATFORM);
        let current =
            |path: &PathBuf| matches!((changed(path), changed(&packed)), (Ok(ours), Ok(theirs)) if ours >= theirs);
        if let Some(unpacked) = executable(&folder, &provider.name).filter(current) {
            return Ok(unpacked);
        }
        unpack(&packed, &folder, &provider.name).map_err(|source| PluginError::Unpack { path: packed, source })
    }
}

fn changed(path: &Path) -> io::Result<std::time::SystemTime> {
    path.metadata()?.modified()
}

/// Unpacks the executable alone, under its name only when it is whole.
fn unpack(packed: &Path, folder: &Path, name: &str) -> io::Result<PathBuf> {
    let mut archive = zip::ZipArchive::new(io::BufReader::new(std::fs::File::open(packed)?))?;
    let prefix = format!("terraform-provider-{name}");
    // The name is a file's in the top folder: nothing is written elsewhere.
    let plugin = |entry: &String| entry.starts_with(&prefix) && !entry.contains(['/', '\\']);
    let entry = archive.file_names().filter_map(Result::ok).map(|entry| entry.into_owned()).find(plugin);
    let entry = entry
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("the archive has no file {prefix}…")))?;
    std::fs::create_dir_all(folder)?;
    let new = folder.join(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut file = std::fs::File::create(&new)?;
        io::copy(&mut archive.by_name(&entry)?, &mut file)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
        let whole = folder.join(&entry);
        std::fs::rename(&new, &whole)?;
        Ok(whole)
    })();
    if written.is_err() {
        // What is half written is of no use; the error that is told is the first.
        std::fs::remove_file(&new).ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn provider() -> ProviderSource {
        ProviderSource { hostname: "example.com".into(), namespace: "acme".into(), name: "fake".into() }
    }

    fn pack(mirror: &Path, file: &str, entry: &str) {
        let folder = mirror.join("example.com/acme/fake");
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut archive = zip::ZipWriter::new(std::fs::File::create(folder.join(file)).expect("a file"));
        archive.start_file(entry, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(b"#!/bin/sh\n").expect("written");
        archive.finish().expect("an archive");
    }

    #[test]
    fn a_packed_plugin_is_unpacked_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let (mirror, cache) = (dir.path().join("mirror"), dir.path().join("cache"));
        pack(&mirror, &format!("terraform-provider-fake_1.2.3_{PLATFORM}.zip"), "terraform-provider-fake_v1.2.3");
        pack(&mirror, "terraform-provider-fake_1.2.3_plan9_arm.zip", "terraform-provider-fake_v1.2.3");
        let packages = below(&mirror, &provider());
        assert_eq!(packages.iter().map(|package| package.version.as_str()).collect::<Vec<_>>(), ["1.2.3"]);
        let path = packages[0].clone().open(&provider(), &cache).expect("unpacked");
        assert!(path.starts_with(&cache) && path.ends_with("terraform-provider-fake_v1.2.3"), "{}", path.display());
        assert_eq!(std::fs::read(&path).expect("a file"), b"#!/bin/sh\n");
        assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o755);
        let before = changed(&path).expect("a time");
        assert_eq!(packages[0].clone().open(&provider(), &cache).expect("there"), path);
        assert_eq!(changed(&path).expect("a time"), before, "it was not unpacked again");
    }

    #[test]
    fn an_archive_without_a_plugin_or_of_other_bytes_says_so() {
        let dir = tempfile::tempdir().expect("a folder");
        pack(dir.path(), &format!("terraform-provider-fake_1.0.0_{PLATFORM}.zip"), "../terraform-provider-fake");
        let package = below(dir.path(), &provider()).remove(0);
        let error = package.open(&provider(), &dir.path().join("cache")).expect_err("no plugin");
        assert!(error.line().contains("the archive has no file terraform-provider-fake"), "{}", error.line());
        let file = dir.path().join(format!("example.com/acme/fake/terraform-provider-fake_2.0.0_{PLATFORM}.zip"));
        std::fs::write(&file, "no archive").expect("written");
        let package = below(dir.path(), &provider()).into_iter().find(|p| p.version == "2.0.0").expect("there");
        assert!(matches!(package.open(&provider(), &dir.path().join("cache")), Err(PluginError::Unpack { .. })));
    }
}
