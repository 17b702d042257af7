//! `cargo xtask lab fault`: what calls to the emulated AWS API meet.

use crate::workspace::Done;
use clap::{Args, Subcommand};
use pilotlight_lab::{Effect, Fault, Lab, Standing};
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Answer later.
    Latency {
        /// By so many milliseconds.
        milliseconds: u32,
        #[command(flatten)]
        calls: Calls,
    },
    /// Answer with the service's own throttling error.
    Throttle {
        #[command(flatten)]
        calls: Calls,
    },
    /// Answer with an error of the service's.
    Error {
        /// 500 to 599
        status: u16,
        #[command(flatten)]
        calls: Calls,
    },
    /// Carry it out, and end the connection before the answer.
    Drop {
        #[command(flatten)]
        calls: Calls,
    },
    /// End the connection at once.
    Refuse {
        #[command(flatten)]
        calls: Calls,
    },
    /// Never answer, and do not carry it out.
    Silence {
        #[command(flatten)]
        calls: Calls,
    },
    /// Show the faults that stand, and how often each was met.
    List,
    /// End one fault, or all.
    Clear {
        /// The fault's number; all, without it.
        id: Option<u64>,
    },
}

/// Which calls; all, where nothing is said.
#[derive(Args)]
pub(crate) struct Calls {
    /// Those signed for this region; global services count as us-east-1.
    #[arg(long)]
    region: Option<String>,
    /// Those of this service: ec2, route53, s3.
    #[arg(long)]
    service: Option<String>,
    /// Those of this operation, with * for any text: ChangeResourceRecordSets, Describe*.
    #[arg(long)]
    action: Option<String>,
    /// Only so many of them.
    #[arg(long)]
    times: Option<u32>,
}

pub(super) async fn run(lab: &Lab, task: Task) -> Done<ExitCode> {
    let (effect, calls) = match task {
        Task::Latency { milliseconds, calls } => (Effect::Latency { milliseconds }, calls),
        Task::Throttle { calls } => (Effect::Throttle, calls),
        Task::Error { status, calls } => (Effect::Error { status }, calls),
        Task::Drop { calls } => (Effect::Drop, calls),
        Task::Refuse { calls } => (Effect::Refuse, calls),
        Task::Silence { calls } => (Effect::Silence, calls),
        Task::List => {
            for standing in lab.status().await?.faults {
                anstream::println!("{}", line(&standing));
            }
            return Ok(ExitCode::SUCCESS);
        }
        Task::Clear { id } => {
            lab.clear_faults(id).await?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Calls { region, service, action, times } = calls;
    let id = lab.add_fault(&Fault { region, service, action, effect, times }).await?;
    anstream::println!("{id}");
    Ok(ExitCode::SUCCESS)
}

/// `3  throttle, region eu-west-1, action Describe*, 2 times; met by 1`
pub(super) fn line(standing: &Standing) -> String {
    let Fault { region, service, action, effect, times } = &standing.fault;
    let effect = match effect {
        Effect::Latency { milliseconds } => format!("latency {milliseconds} ms"),
        Effect::Throttle => "throttle".into(),
        Effect::Error { status } => format!("error {status}"),
        Effect::Drop => "drop".into(),
        Effect::Refuse => "refuse".into(),
        Effect::Silence => "silence".into(),
    };
    let mut line = format!("{}  {effect}", standing.id);
    for (name, value) in [("region", region), ("service", service), ("action", action)] {
        if let Some(value) = value {
            line.push_str(&format!(", {name} {value}"));
        }
    }
    if let Some(times) = times {
        line.push_str(&format!(", {times} times"));
    }
    format!("{line}; met by {}", standing.hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_in_a_line() {
        let fault = Fault {
            region: Some("eu-west-1".into()),
            service: None,
            action: Some("Describe*".into()),
            effect: Effect::Error { status: 503 },
            times: Some(2),
        };
        let told = line(&Standing { id: 3, hits: 1, fault });
        assert_eq!(told, "3  error 503, region eu-west-1, action Describe*, 2 times; met by 1");
    }
}
