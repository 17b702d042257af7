//! The real program with the real AWS provider from a mirror on this machine.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// Where distributions and images put a mirror, and how deep it is looked for.
const PREFIXES: [&str; 6] = ["/opt", "/usr/local", "/usr/lib", "/usr/share", "/srv", "/var/lib"];
const DEEPEST: usize = 3;

/// The folder of the provider's mirror.
fn mirror() -> PathBuf {
    fn below(folder: &Path, depth: usize) -> Option<PathBuf> {
        if folder.join(PROVIDER).is_dir() {
            return Some(folder.to_owned());
        }
        let entries = std::fs::read_dir(folder).ok().filter(|_| depth > 0)?;
        entries.flatten().filter(|entry| entry.path().is_dir()).find_map(|entry| below(&entry.path(), depth - 1))
    }
    let named = std::env::var_os("TF_PLUGIN_MIRROR").map(PathBuf::from);
    named
        .or_else(|| PREFIXES.iter().find_map(|prefix| below(Path::new(prefix), DEEPEST)))
        .expect("an unpacked mirror with hashicorp/aws; TF_PLUGIN_MIRROR names one")
}

pub(crate) fn write(folder: &Path, path: &Path, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, bytes).expect("a file");
}

pub(crate) fn terraform(folder: &Path, arguments: &[&str]) -> Output {
    let config = folder.join("mirror.tfrc");
    let text = format!("provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n", mirror());
    std::fs::write(&config, text).expect("a file");
    Command::new("terraform")
        .args(arguments)
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", &config)
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .output()
        .expect("terraform on PATH")
}

pub(crate) fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
