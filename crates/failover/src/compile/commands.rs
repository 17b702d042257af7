use super::sensitive::refuse_sensitive;
use super::{Input, calls, milliseconds};
use crate::{Action, CommandAction, CompileError, Retry, Step, Text};
use pilotlight_plan::Phase;

/// The plan's command steps of one phase, in the order of the file. Outputs in them are those of the side
/// that takes over: it is the one that is alive.
pub(crate) fn compile_commands(input: &Input<'_>, phase: Phase) -> Result<Vec<Step>, CompileError> {
    let commands = input.plan.steps.iter().filter(|step| step.phase == phase);
    commands
        .map(|command| {
            let what = format!("step {}", command.name);
            let values = command.run.iter().chain(command.undo.iter().flatten());
            refuse_sensitive(&what, values, input.to, input.outputs)?;
            let resolve = |values| {
                Text::list_of(values, input.to, input.outputs)
                    .map_err(|source| CompileError::Unresolved { what: what.clone(), source })
            };
            let run = resolve(&command.run)?;
            let undo = command.undo.as_deref().map(resolve).transpose()?;
            let programs = run.first().into_iter().chain(undo.iter().flat_map(|undo| undo.first()));
            let mut calls: Vec<_> = programs.map(|program| calls::command(&program.to_string())).collect();
            calls.dedup();
            Ok(Step {
                id: format!("{phase}/command/{}", command.name),
                title: format!("run {}", command.name),
                phase,
                timeout_ms: milliseconds(command.timeout),
                retry: Retry { attempts: 1, pause_ms: 0 },
                calls,
                point_of_no_return: false,
                action: Action::Command(CommandAction { name: command.name.clone(), run, undo }),
            })
        })
        .collect()
}
