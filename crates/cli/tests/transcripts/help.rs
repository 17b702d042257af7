//! `--help` of the program and of every subcommand, as files to read and review.
//! `SNAPSHOTS=overwrite cargo test -p pilotlight-cli` writes them anew.

use crate::sandbox::Sandbox;
use std::path::Path;

const COMMANDS: [&str; 25] = [
    "",
    "drift",
    "rebuild",
    "validate",
    "failover",
    "failback",
    "run",
    "run list",
    "run show",
    "run resume",
    "run skip",
    "run approve",
    "run abort",
    "run report",
    "run pause",
    "freeze",
    "freeze on",
    "freeze off",
    "freeze check",
    "drill",
    "drill simulate",
    "drill live",
    "drill report",
    "drill tabletop",
    "explain",
];

#[test]
fn help_is_what_the_files_say() {
    let sandbox = Sandbox::new();
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let told = sandbox.run(&arguments);
        told.exits(0);
        assert_eq!(told.stderr, "", "help is data: {command}");
        let name = if command.is_empty() { "pilotlight".to_owned() } else { command.replace(' ', "-") };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/help/{name}.txt"));
        snapbox::Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .eq(told.stdout, snapbox::Data::read_from(&file, None).raw());
    }
}

#[test]
fn every_subcommand_is_among_them() {
    let help = Sandbox::new().run(&["--help"]).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for line in listed {
        let name = line.split_whitespace().next().unwrap();
        assert!(name == "help" || COMMANDS.contains(&name), "{name} has no file in help/");
    }
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let sandbox = Sandbox::new();
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        for line in sandbox.run(&arguments).stdout.lines() {
            assert!(line.chars().count() <= 100, "{command}: {line}");
        }
    }
}

#[test]
fn the_version_is_the_crates() {
    let told = Sandbox::new().run(&["--version"]);
    told.exits(0);
    assert_eq!(told.stdout, format!("pilotlight {}\n", env!("CARGO_PKG_VERSION")));
}
