//! What the steps of a compiled run do. Part of the persisted format of `run.rs`.

use crate::{
    DatabaseStep, GroupPlace, HoldAction, HostedZone, ManagedStep, ObserveAction, RecordSet, ResizeAction,
    SignalAction, Text,
};
use pilotlight_findings::Region;
use pilotlight_plan::When;
use serde::{Deserialize, Serialize};

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "with", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Makes sure that the records are still as they were when the run was compiled.
    GuardRecords(RecordChanges),
    /// Probes a check until it is green.
    Check(CheckStep),
    /// Waits for a person's yes.
    Approval {
        /// Its name in the plan.
        name: String,
    },
    /// Starts a program. It is a desired state: a run that was killed starts it again.
    Command(CommandAction),
    /// Does something with a database: [`crate::DatabaseTask`] says what.
    Database(DatabaseStep),
    /// Does something with a database through the API of RDS: [`crate::ManagedTask`] says what.
    Managed(ManagedStep),
    /// Moves the records of a traffic set in one atomic batch. Its undo is the reverse batch.
    MoveRecords(RecordChanges),
    /// Waits until the change is `INSYNC` and every name server of the delegation answers with the new values.
    AwaitNameServers(RecordChanges),
    /// Makes sure that name servers answer for the records as one of both sides does.
    GuardSignal(SignalAction),
    /// Writes or removes the object that a health check reads. Its undo is the other of both.
    Signal(SignalAction),
    /// Probes checks for a while, at a share of the traffic: each has to stay green.
    Hold(HoldAction),
    /// Probes checks for a while after the switch, and counts what fails.
    Observe(ObserveAction),
    /// Asks for capacity, and where that grows waits until it is healthy. Its undo asks for what was there.
    Scale(ScaleAction),
    /// Has Terraform give a resource of the standby another size, or the one of its HCL. Its undo is the other of both.
    Resize(ResizeAction),
}

/// An Auto Scaling group that is turned up or down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleAction {
    /// The stack that has it.
    pub stack: String,
    /// Its address there.
    pub address: String,
    /// Where it is.
    pub region: Region,
    /// The role of its stack, where that is in another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its name.
    pub group: String,
    /// Its ARN.
    pub arn: String,
    /// The desired capacity when the run was compiled.
    pub from: u32,
    /// The desired capacity that is asked for.
    pub to: u32,
    /// Which way.
    pub goal: ScaleGoal,
}

impl ScaleAction {
    /// Where it is, and who asks for it there.
    pub(crate) fn place(&self) -> GroupPlace<'_> {
        GroupPlace { region: &self.region, role: self.role.as_deref() }
    }
}

/// Whether more than was asked for will do, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleGoal {
    /// At least this capacity, and that many healthy instances.
    AtLeast,
    /// At most this capacity.
    AtMost,
}

impl ScaleGoal {
    /// The way back.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::AtLeast => Self::AtMost,
            Self::AtMost => Self::AtLeast,
        }
    }
}

/// The records of one traffic set, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordChanges {
    /// The traffic set's name.
    pub traffic: String,
    /// The zone with its delegation.
    pub zone: HostedZone,
    /// One each record set, in the plan's order: two of one name and type where they are weighted.
    pub records: Vec<RecordChange>,
}

/// One record set, before and after. Both are equal where it is at its target already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordChange {
    /// Exactly as Route 53 had it when the run was compiled.
    pub before: RecordSet,
    /// What the run makes of it.
    pub after: RecordSet,
}

/// A check, at one of its moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckStep {
    /// Its name in the plan.
    pub name: String,
    /// Before or after the switch.
    pub when: When,
    /// Whether red stops the run. Before the switch, a check of the side that traffic leaves is recorded
    /// only: that side may be dead, and that may be why the run is run.
    pub gate: bool,
    /// Whether it looks at its side itself, as it uses that side's outputs or the plan names its side, and not at
    /// wherever DNS leads. Of the side that was left, such a check says whether traffic can go back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct: bool,
    /// How long one probe may take.
    pub probe_timeout_ms: u64,
    /// What is probed.
    pub probe: Probe,
}

/// What a check probes, with its outputs resolved and its secrets by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "with", rename_all = "snake_case", deny_unknown_fields)]
pub enum Probe {
    /// One GET request.
    Http {
        /// `http://` or `https://`
        url: Text,
        /// The status that is green.
        expect_status: u16,
        /// A text that the body has to contain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expect_body: Option<String>,
        /// Request headers, in order.
        headers: Vec<Header>,
    },
    /// One connection.
    Tcp {
        /// `host:port`
        address: Text,
    },
    /// One question to DNS.
    Dns {
        /// The name.
        name: Text,
        /// `A`, `AAAA` or `CNAME`
        record_type: String,
        /// The answers that are green, in any order; none for any answer.
        expect: Vec<Text>,
        /// The server to ask; none for the resolver that users would ask.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<Text>,
    },
    /// A program: exit code 0 is green.
    Command {
        /// The program and its arguments.
        run: Vec<Text>,
    },
}

/// A request header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Text,
}

impl Probe {
    /// `http`, `tcp`, `dns` or `command`
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Tcp { .. } => "tcp",
            Self::Dns { .. } => "dns",
            Self::Command { .. } => "command",
        }
    }

    fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Http { url, headers, .. } => {
                std::iter::once(url).chain(headers.iter().map(|header| &header.value)).collect()
            }
            Self::Tcp { address } => vec![address],
            Self::Dns { name, expect, server, .. } => std::iter::once(name).chain(expect).chain(server).collect(),
            Self::Command { run } => run.iter().collect(),
        }
    }
}

/// A program to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandAction {
    /// Its name in the plan.
    pub name: String,
    /// The program and its arguments.
    pub run: Vec<Text>,
    /// What takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Vec<Text>>,
}

/// The texts of an action that may hold secrets.
pub(crate) fn texts(action: &Action) -> Vec<&Text> {
    match action {
        Action::Command(command) => command.run.iter().chain(command.undo.iter().flatten()).collect(),
        Action::Database(database) => database.texts().collect(),
        Action::Check(check) => check.probe.texts(),
        Action::Observe(watch) => watch.checks.iter().flat_map(|check| check.probe.texts()).collect(),
        Action::Hold(hold) => hold.checks.iter().flat_map(|check| check.probe.texts()).collect(),
        _ => Vec::new(),
    }
}
