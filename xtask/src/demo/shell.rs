//! Runs commands as a person would in the lab, each shown so that it can be repeated.

use crate::workspace::Done;
use owo_colors::OwoColorize as _;
use pilotlight_lab::Lab;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The lab's folder and environment, and the programs that work in it.
pub(super) struct Shell<'a> {
    lab: &'a Lab,
    pilotlight: PathBuf,
}

impl<'a> Shell<'a> {
    /// Says where the commands run, for who repeats them.
    pub(super) fn new(lab: &'a Lab, pilotlight: &Path) -> Done<Self> {
        let shell = Self { lab, pilotlight: pilotlight.to_owned() };
        anstream::println!("\nCommands run in {}, in the environment of env.json there.", lab.folder().display());
        Ok(shell)
    }

    /// The lab's folder.
    pub(super) fn folder(&self) -> &Path {
        self.lab.folder()
    }

    /// The released program.
    pub(super) fn program(&self) -> &Path {
        &self.pilotlight
    }

    /// A heading between the steps.
    pub(super) fn heading(&self, text: &str) {
        anstream::println!("\n{}", format!("== {text}").bold());
    }

    /// A line that says what was found to hold.
    pub(super) fn holds(&self, text: &str) {
        anstream::println!("{} {text}", "ok".green().bold());
    }

    /// Runs the released program, its output shown, and holds its exit code against `exit`.
    pub(super) fn pilotlight(&self, arguments: &str, exit: i32) -> Done<()> {
        self.show(&format!("pilotlight {arguments}"));
        let mut command = self.command(&self.pilotlight, arguments);
        let status = command.stdin(Stdio::null()).status()?;
        expect_exit(&format!("pilotlight {arguments}"), status.code(), exit, "")
    }

    /// Runs the released program for its JSON.
    pub(super) fn pilotlight_json(&self, arguments: &str, exit: i32) -> Done<Value> {
        let line = format!("{arguments} --format json");
        self.show(&format!("pilotlight {line}"));
        let output = self.command(&self.pilotlight, &line).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        expect_exit(&format!("pilotlight {line}"), output.status.code(), exit, &text(&output))?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Runs another program, its output kept for when it fails, and returns its standard output.
    pub(super) fn quiet(&self, program: &str, arguments: &str, exit: i32) -> Done<String> {
        self.show(&format!("{program} {arguments}"));
        let output = self.command(Path::new(program), arguments).stdin(Stdio::null()).output()?;
        expect_exit(&format!("{program} {arguments}"), output.status.code(), exit, &text(&output))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What Terraform itself has for an output.
    pub(super) fn output(&self, root: &str, name: &str) -> Done<Value> {
        let json = self.quiet("terraform", &format!("-chdir={root} output -json {name}"), 0)?;
        Ok(serde_json::from_str(&json)?)
    }

    fn command(&self, program: &Path, arguments: &str) -> Command {
        let mut command = self.lab.command(program);
        command.args(words(arguments));
        command
    }

    /// A command line, as it would be typed.
    pub(super) fn show(&self, line: &str) {
        anstream::println!("{} {}", "$".dimmed(), line.cyan());
    }
}

/// The words of a command line; those in single quotes hold spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn expect_exit(line: &str, found: Option<i32>, wanted: i32, said: &str) -> Done<()> {
    if found == Some(wanted) {
        return Ok(());
    }
    let found = found.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
    Err(format!("see `{line}` end with exit code {wanted}: it ended with {found}\n{said}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_a_word_together() {
        assert_eq!(words("a -b 'c d' e"), ["a", "-b", "c d", "e"]);
        assert_eq!(words("  "), Vec::<String>::new());
    }

    #[test]
    fn another_exit_code_is_an_error_that_tells_what_was_said() {
        assert!(expect_exit("x", Some(0), 0, "").is_ok());
        let error = expect_exit("x", Some(2), 0, "because").expect_err("another code").to_string();
        assert!(error.contains("exit code 2") && error.contains("because"), "{error}");
        assert!(expect_exit("x", None, 0, "").is_err());
    }
}
