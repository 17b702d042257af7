//! Who runs PostgreSQL: it refuses root.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Users that every distribution has, the fittest first. `nobody` is on a machine without a packaged PostgreSQL too.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

const PASSWD: &str = "/etc/passwd";

/// An unprivileged user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// This is root, and nobody else can be.
#[derive(Debug, thiserror::Error)]
#[error(
    "choose who runs PostgreSQL: it refuses root, and {PASSWD} has no user postgres or nobody; add one (`useradd \
     --system postgres`), or run the lab as another user"
)]
pub struct NoAccount;

impl Account {
    /// Another user to be, where this process is root's; `None` where it is an unprivileged user's already.
    pub(crate) fn choose() -> Result<Option<Self>, NoAccount> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(PASSWD).unwrap_or_default();
        CANDIDATES.iter().find_map(|name| Self::named(&text, name)).map(Some).ok_or(NoAccount)
    }

    /// A line of passwd(5): `name:password:uid:gid:…`. One that is root by another name is none.
    fn named(passwd: &str, name: &str) -> Option<Self> {
        let mut fields = passwd
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        let (_, uid, gid) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (uid != 0).then_some(Self { uid, gid })
    }

    /// Whether this user can get into every folder above `path`. Groups are left out: the user runs with its own alone.
    pub(crate) fn reaches(self, path: &Path) -> bool {
        path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).all(|folder| {
            std::fs::metadata(folder).is_ok_and(|found| {
                let bit = match (found.uid() == self.uid, found.gid() == self.gid) {
                    (true, _) => 0o100,
                    (false, true) => 0o010,
                    (false, false) => 0o001,
                };
                found.mode() & bit != 0
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_unprivileged_user_is_found_by_name_and_root_in_disguise_is_not() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/sh\nnobody:x:0:0::/:/bin/sh\nbad:x\n";
        assert_eq!(Account::named(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::named(passwd, "nobody"), None);
        assert_eq!(Account::named(passwd, "bad"), None);
        assert_eq!(Account::named(passwd, "post"), None);
    }

    #[test]
    fn a_closed_folder_on_the_way_is_seen() {
        let folder = tempfile::tempdir().expect("folder");
        let owner = std::fs::metadata(folder.path()).expect("folder").uid();
        let stranger = Account { uid: owner + 1, gid: u32::MAX };
        let below = folder.path().join("data");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("closed");
        assert!(!stranger.reaches(&below));
        assert!(Account { uid: owner, gid: u32::MAX }.reaches(&below));
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).expect("opened");
        assert!(stranger.reaches(&below));
    }
}
