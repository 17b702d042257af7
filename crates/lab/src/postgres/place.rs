//! Where a database keeps its files: in the lab's folder, where the user that runs it gets in.

use crate::postgres::account::Account;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};

/// For a lab whose folder is closed to other users, as one below root's home: no file of this machine changes its
/// rights for the lab's sake. Beside the place for short-lived files, as this one is on a disk everywhere.
const ELSEWHERE: &str = "/var/tmp";

/// The folder of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// It is not in the lab's folder, and so has to be removed when the lab ends.
    pub(crate) elsewhere: bool,
}

impl Place {
    /// Makes a folder for each region's database, readable by `account` alone, or by this user where there is none.
    /// `name` tells labs apart that have their databases elsewhere.
    pub(crate) fn make(
        lab: &Path,
        name: &str,
        regions: &[&str],
        account: Option<Account>,
    ) -> std::io::Result<Vec<Self>> {
        let inside = lab.canonicalize()?.join("postgres");
        let elsewhere = account.is_some_and(|account| !account.reaches(&inside));
        let above = if elsewhere { Path::new(ELSEWHERE).join(format!("pilotlight-lab-{name}")) } else { inside };
        // Not recursive: a folder that is there already is somebody else's.
        std::fs::DirBuilder::new().mode(0o711).create(&above)?;
        let place = |region: &&str| {
            let folder = above.join(region);
            std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
            if let Some(account) = account {
                chown(&folder, Some(account.uid), Some(account.gid))?;
            }
            Ok(Self { folder, elsewhere })
        };
        regions.iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn databases_live_in_the_labs_folder_and_nobody_else_reads_them() {
        let lab = tempfile::tempdir().expect("folder");
        let places = Place::make(lab.path(), "test", &["here", "there"], None).expect("made");
        let [here, there] = &places[..] else { panic!("{places:?}") };
        assert!(here.folder.ends_with("postgres/here") && there.folder.ends_with("postgres/there"));
        assert!(!here.elsewhere && here.folder.starts_with(lab.path().canonicalize().expect("path")));
        assert_eq!(std::fs::metadata(&here.folder).expect("folder").permissions().mode() & 0o777, 0o700);
        assert!(Place::make(lab.path(), "test", &["here"], None).is_err(), "no folder is taken over");
    }

    #[test]
    fn a_lab_in_a_closed_folder_keeps_its_databases_elsewhere() {
        let Ok(Some(account)) = Account::choose() else { return };
        let lab = tempfile::tempdir().expect("folder");
        std::fs::set_permissions(lab.path(), PermissionsExt::from_mode(0o700)).expect("closed");
        let name = format!("test-{}", std::process::id());
        let places = Place::make(lab.path(), &name, &["here"], Some(account)).expect("made");
        assert!(places[0].elsewhere && places[0].folder.starts_with(ELSEWHERE));
        let made = std::fs::metadata(&places[0].folder).expect("folder");
        assert_eq!((made.uid(), made.mode() & 0o777), (account.uid, 0o700));
        std::fs::remove_dir_all(places[0].folder.parent().expect("parent")).expect("removed");
    }
}
