//! What every `cargo xtask bench` has: sections to choose, a program to measure, and one table that may miss limits.

use super::figures::Figures;
use super::groups;
use crate::workspace::{Done, Workspace};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A part of a bench.
pub(crate) trait Section: ValueEnum + Copy + PartialEq + Send + Sync + 'static {
    /// Whether it measures the program itself.
    fn runs_pilotlight(self) -> bool;

    /// Adds its figures. `pilotlight` is the program to measure, for those that do.
    fn measure(self, workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()>;
}

#[derive(Args)]
pub(crate) struct Sections<S: Section> {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<S>,
    /// Measure this program instead of building one with --release, which takes many minutes.
    #[arg(long, value_name = "PROGRAM")]
    pilotlight: Option<PathBuf>,
}

impl<S: Section> Sections<S> {
    /// Measures what is chosen and shows the table; a missed limit is an error.
    pub(super) fn run(&self) -> Done<ExitCode> {
        let workspace = Workspace::find()?;
        let chosen = |section: &&S| self.only.is_empty() || self.only.contains(section);
        let sections: Vec<S> = S::value_variants().iter().filter(chosen).copied().collect();
        groups::end_with_signals()?;
        let pilotlight = match &self.pilotlight {
            Some(program) => std::path::absolute(program)?,
            None if sections.iter().any(|section| section.runs_pilotlight()) => workspace.build_pilotlight_release()?,
            None => PathBuf::new(),
        };
        let mut figures = Figures::default();
        for section in sections {
            if let Err(error) = section.measure(&workspace, &pilotlight, &mut figures) {
                // What was measured until then took minutes.
                anstream::println!("{}", figures.render());
                return Err(error);
            }
        }
        anstream::println!("{}", figures.render());
        match figures.missed() {
            0 => Ok(ExitCode::SUCCESS),
            missed => Err(format!("keep within every limit: {missed} missed, see above").into()),
        }
    }
}
