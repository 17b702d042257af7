use crate::StoreError;
use object_store::local::LocalFileSystem;
use std::path::Path;

/// The directory as an object store; none where it does not exist yet. Nothing is created.
pub(crate) async fn existing(root: &Path, url: &str) -> Result<Option<LocalFileSystem>, StoreError> {
    let of_io = |error| StoreError::of_io(url.to_owned(), error);
    match tokio::fs::metadata(root).await {
        Ok(metadata) if metadata.is_dir() => open(root, url).map(Some),
        Ok(_) => Err(of_io(std::io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(of_io(error)),
    }
}

/// The directory as an object store, made with its parents where it does not exist.
pub(crate) async fn created(root: &Path, url: &str) -> Result<LocalFileSystem, StoreError> {
    if let Some(store) = existing(root, url).await? {
        return Ok(store);
    }
    let (owned, shown) = (root.to_owned(), url.to_owned());
    let made = tokio::task::spawn_blocking(move || create_durably(&owned));
    match made.await {
        Ok(Ok(())) => open(root, url),
        Ok(Err(error)) => Err(StoreError::of_io(shown, error)),
        Err(error) => Err(StoreError::Unreachable { url: shown, source: Box::new(error) }),
    }
}

fn open(root: &Path, url: &str) -> Result<LocalFileSystem, StoreError> {
    // An event must be on the disk before its step acts: a power cut is one of the hours this is for.
    LocalFileSystem::new_with_prefix(root)
        .map(|store| store.with_fsync(true))
        .map_err(|error| StoreError::of(url.to_owned(), error))
}

/// Makes a directory and its parents, and writes each new entry through to the disk: an event that is
/// synced in a directory that is not would be lost with it.
fn create_durably(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_durably(parent)?;
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
        // Only Unix lets a directory be opened to sync it.
        Ok(()) if cfg!(unix) => std::fs::File::open(parent)?.sync_all(),
        Ok(()) => Ok(()),
    }
}

/// Makes the folders of a key below `root`, those that are not there for this user alone.
pub(crate) async fn make_private_parents(root: &Path, key: &str) -> std::io::Result<()> {
    let mut folder = root.to_owned();
    let mut parts: Vec<&str> = key.split('/').collect();
    parts.pop();
    for part in parts {
        folder.push(part);
        let mut builder = tokio::fs::DirBuilder::new();
        #[cfg(unix)]
        builder.mode(PRIVATE_FOLDER);
        match builder.create(&folder).await {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made?,
        }
    }
    Ok(())
}

/// Lets only this user read a file.
#[cfg(unix)]
pub(crate) async fn make_private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    tokio::fs::set_permissions(file, std::fs::Permissions::from_mode(PRIVATE_FILE)).await
}

/// Only Unix has modes; elsewhere the folder's own permissions count.
#[cfg(not(unix))]
pub(crate) async fn make_private(_file: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Read, write and search, for the owner alone.
#[cfg(unix)]
const PRIVATE_FOLDER: u32 = 0o700;

/// Read and write, for the owner alone.
#[cfg(unix)]
const PRIVATE_FILE: u32 = 0o600;
