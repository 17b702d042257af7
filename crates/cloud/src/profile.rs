//! The profile that was asked for, and those that the shared files have.

use aws_config::profile::{ProfileSet, load};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

/// What stands for no profile: nobody has to write it.
const DEFAULT: &str = "default";

/// A profile that is asked for and that the shared files do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingProfile {
    /// Its name.
    pub name: String,
    /// Those that there are, in the order of their names.
    pub known: Vec<String>,
}

/// The one that is asked for, by name or by `AWS_PROFILE`, where the shared files do not have it. Files that cannot be
/// read tell nothing here: whoever needs them says so.
pub(crate) async fn missing(asked: Option<&str>) -> Option<MissingProfile> {
    let files = EnvConfigFiles::default();
    let asked = asked.map(|name| name.to_owned().into());
    of(&load(&Fs::real(), &Env::real(), &files, asked).await.ok()?)
}

fn of(profiles: &ProfileSet) -> Option<MissingProfile> {
    let name = profiles.selected_profile();
    // An empty variable asks for none.
    if name.is_empty() || name == DEFAULT || profiles.get_profile(name).is_some() {
        return None;
    }
    let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
    known.sort();
    Some(MissingProfile { name: name.to_owned(), known })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(config: &str, variables: &[(&str, &str)], asked: Option<&'static str>) -> Option<MissingProfile> {
        let fs = Fs::from_slice(&[("/home/team/.aws/config", config)]);
        let env = Env::from_slice(&[&[("HOME", "/home/team")], variables].concat());
        of(&load(&fs, &env, &EnvConfigFiles::default(), asked.map(Into::into)).await.expect("files"))
    }

    #[tokio::test]
    async fn a_profile_that_the_files_do_not_have_is_told_with_those_they_have() {
        let config = "[profile prod]\nregion = eu-west-1\n[profile dev]\nregion = eu-west-1\n";
        let missing = MissingProfile { name: "prd".into(), known: vec!["dev".into(), "prod".into()] };
        assert_eq!(asked(config, &[("AWS_PROFILE", "prd")], None).await, Some(missing.clone()));
        assert_eq!(asked(config, &[("AWS_PROFILE", "prod")], Some("prd")).await, Some(missing));
        assert_eq!(asked(config, &[("AWS_PROFILE", "prod")], None).await, None);
        assert_eq!(asked(config, &[], None).await, None);
        assert_eq!(asked(config, &[("AWS_PROFILE", "")], None).await, None);
        let none = asked("", &[("AWS_PROFILE", "prd")], None).await;
        assert_eq!(none, Some(MissingProfile { name: "prd".into(), known: Vec::new() }));
    }
}
