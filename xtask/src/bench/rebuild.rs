//! `cargo xtask bench rebuild`: what making the standby takes.

use super::figures::Figures;
use super::{finish, groups, retarget};
use crate::workspace::{Done, Workspace};
use clap::{Args, ValueEnum};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Rebuild {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<Section>,
}

/// A part of `bench rebuild`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Rewriting roots for another region: time beside hcl-edit's parse of the same files.
    Retarget,
}

pub(super) fn run(rebuild: &Rebuild) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let chosen = |section: &&Section| rebuild.only.is_empty() || rebuild.only.contains(section);
    groups::end_with_signals()?;
    let mut figures = Figures::default();
    for section in Section::value_variants().iter().filter(chosen) {
        let measured = match section {
            Section::Retarget => retarget::measure(&workspace, &mut figures),
        };
        if let Err(error) = measured {
            // What was measured until then took its time.
            anstream::println!("{}", figures.render());
            return Err(error);
        }
    }
    finish(&figures)
}
