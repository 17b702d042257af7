//! `cargo xtask bench rebuild`: what making the standby takes.

use super::figures::Figures;
use super::{apply, finish, groups, retarget, validate};
use crate::workspace::{Done, Workspace};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Rebuild {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<Section>,
    /// Measure this program instead of building one with --release, which takes many minutes.
    #[arg(long, value_name = "PROGRAM")]
    pilotlight: Option<PathBuf>,
}

/// A part of `bench rebuild`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Rewriting roots for another region: time beside hcl-edit's parse of the same files.
    Retarget,
    /// Making a standby: beside Terraform's apply of the same files, and three stacks beside the slowest one.
    Apply,
    /// The verdict over the sample estate.
    Validate,
}

pub(super) fn run(rebuild: &Rebuild) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let chosen = |section: &&Section| rebuild.only.is_empty() || rebuild.only.contains(section);
    let sections: Vec<Section> = Section::value_variants().iter().filter(chosen).copied().collect();
    groups::end_with_signals()?;
    let pilotlight = match &rebuild.pilotlight {
        Some(program) => std::path::absolute(program)?,
        None if sections.iter().any(|section| *section != Section::Retarget) => workspace.build_pilotlight_release()?,
        None => PathBuf::new(),
    };
    let mut figures = Figures::default();
    for section in sections {
        let measured = match section {
            Section::Retarget => retarget::measure(&workspace, &mut figures),
            Section::Apply => apply::measure(&workspace, &pilotlight, &mut figures),
            Section::Validate => validate::measure(&workspace, &pilotlight, &mut figures),
        };
        if let Err(error) = measured {
            // What was measured until then took its time.
            anstream::println!("{}", figures.render());
            return Err(error);
        }
    }
    finish(&figures)
}
