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
