//! The sample estate as others see it: Terraform, the AWS CLI, the DNS servers.

use crate::program::Running;
use crate::rehearsal::Rehearsal;
use pilotlight_lab::dns::query;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The record that customers use.
const RECORD: &str = "app.shop.test";

/// Where a run claims the plan, from the lab's folder.
const CLAIMS: &str = "plans/.pilotlight/plans/shop";

/// A Terraform root of the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// `network` in the primary region.
    Network,
    /// `app` in the primary region.
    App,
    /// `network` as it was generated for the standby.
    StandbyNetwork,
    /// `app` as it was generated for the standby.
    StandbyApp,
}

impl Root {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Network, Self::App, Self::StandbyNetwork, Self::StandbyApp];

    /// Its folder in the lab's.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Network => "infra/shop/network",
            Self::App => "infra/shop/app",
            Self::StandbyNetwork => "plans/.pilotlight/shop/standby/network",
            Self::StandbyApp => "plans/.pilotlight/shop/standby/app",
        }
    }
}

/// Addresses of the shop's instances, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// In eu-west-1.
    pub primary: Vec<String>,
    /// In eu-central-1.
    pub standby: Vec<String>,
}

impl Rehearsal {
    /// Runs Terraform in a root.
    ///
    /// # Panics
    /// It can't be started.
    pub fn terraform(&self, root: Root, arguments: &[&str]) -> Running {
        let mut command = self.other("terraform", arguments);
        command.current_dir(self.path(root.folder()));
        Running::start(command)
    }

    /// An output, from Terraform's own mouth.
    ///
    /// # Panics
    /// There is none.
    pub fn output(&self, root: Root, name: &str) -> Value {
        self.terraform(root, &["output", "-json", name]).end().expect(0).json()
    }

    /// An output that is a text.
    ///
    /// # Panics
    /// It is none.
    pub fn text(&self, root: Root, name: &str) -> String {
        let value = self.output(root, name);
        value.as_str().unwrap_or_else(|| panic!("{name} is {value}, and no text")).to_owned()
    }

    /// Terraform says "No changes" in each of these roots.
    ///
    /// # Panics
    /// It says something else.
    pub fn expect_no_changes(&self, roots: &[Root]) {
        // 2 says that there are changes, 0 that there are none.
        let plan = ["plan", "-detailed-exitcode", "-input=false", "-no-color"];
        let running: Vec<_> = roots.iter().map(|root| (root, self.terraform(*root, &plan))).collect();
        for (root, running) in running {
            let ended = running.end();
            assert_eq!(ended.code, Some(0), "terraform has changes in {root:?}:\n{}", ended.story());
            assert!(ended.stdout.contains("No changes."), "{}", ended.story());
        }
    }

    /// The addresses of both regions, from Terraform's own mouth.
    ///
    /// # Panics
    /// A region has no instances.
    pub fn addresses(&self) -> Addresses {
        let read = |root| {
            let mut addresses: Vec<String> =
                serde_json::from_value(self.output(root, "public_ips")).expect("a list of addresses");
            assert_eq!(addresses.len(), 2, "one a zone: {addresses:?}");
            addresses.sort();
            addresses
        };
        Addresses { primary: read(Root::App), standby: read(Root::StandbyApp) }
    }

    /// Every name server of the zone, and the resolver, answers with these addresses for the shop.
    ///
    /// # Panics
    /// One answers otherwise.
    #[track_caller]
    pub fn expect_dns(&self, wanted: &[String]) {
        let handle = self.lab().handle();
        assert_eq!(handle.name_servers.len(), 4, "a delegation of Route 53 has four");
        for server in handle.name_servers.iter().chain([&handle.resolver]) {
            let answer = self.wait(query::ask(*server, RECORD, "A")).expect("a DNS answer");
            assert_eq!(answer.values, wanted, "{RECORD} at {server}: {answer:?}");
            assert_eq!(answer.ttl, Some(30), "{RECORD} at {server}: {answer:?}");
        }
    }

    /// Sets the shop's record as somebody else would, in the console.
    ///
    /// # Panics
    /// The AWS CLI fails.
    pub fn set_record(&self, zone: &str, values: &[String]) {
        self.set(zone, RECORD, 30, values);
    }

    /// Sets the record that names the primary region: one that no failover moves, and Terraform puts back.
    ///
    /// # Panics
    /// The AWS CLI fails.
    pub fn set_regional_record(&self, zone: &str, values: &[String]) {
        self.set(zone, "eu-west-1.app.shop.test", 60, values);
    }

    fn set(&self, zone: &str, name: &str, ttl: u32, values: &[String]) {
        let records: Vec<_> = values.iter().map(|value| json!({ "Value": value })).collect();
        let set = json!({ "Name": name, "Type": "A", "TTL": ttl, "ResourceRecords": records });
        let batch = json!({ "Changes": [{ "Action": "UPSERT", "ResourceRecordSet": set }] }).to_string();
        self.aws(&["route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", &batch]);
    }

    /// A copy of the plan beside it, with each of these texts replaced by another.
    ///
    /// # Panics
    /// A text is not in the plan.
    pub fn plan_like(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let mut text = std::fs::read_to_string(self.lab().plan()).expect("the plan");
        for (old, new) in changes {
            assert!(text.contains(old), "the plan has no {old:?} any more");
            text = text.replace(old, new);
        }
        let file = format!("plans/{name}.hcl");
        std::fs::write(self.path(&file), text).expect("a copy of the plan");
        file
    }

    /// Takes the databases out of the plan, until what this returns is called.
    ///
    /// # Panics
    /// The plan has none, or can't be written.
    pub fn plan_without_databases(&self) -> impl FnOnce() + use<> {
        let file = self.lab().plan();
        let text = std::fs::read_to_string(&file).expect("the plan");
        let (before, block) = text.split_once("database \"postgres\"").expect("the plan has a database");
        let (_, after) = block.split_once("\n}\n").expect("the block has an end");
        // The RPO is of the databases.
        let without = format!("{before}{after}").replace("    rpo = \"1m\"\n", "");
        std::fs::write(&file, without).expect("the plan without databases");
        move || std::fs::write(file, text).expect("the plan as it was")
    }

    /// The journal's folder of a run.
    pub fn journal(&self, run: &str) -> PathBuf {
        self.path("plans/.pilotlight/runs").join(run)
    }

    /// Every run in the journal, oldest first: their ids are in the order of time.
    ///
    /// # Panics
    /// The folder can't be read.
    pub fn runs(&self) -> Vec<String> {
        names(&self.path("plans/.pilotlight/runs"))
    }

    /// How many claims the plan's runs have made.
    pub fn claims(&self) -> usize {
        names(&self.path(CLAIMS)).len()
    }

    /// The run that claimed the plan last, from its claim: it holds the run's first event.
    ///
    /// # Panics
    /// It can't be read.
    pub fn last_claim(&self) -> Option<String> {
        let claim = object(&self.path(CLAIMS).join(names(&self.path(CLAIMS)).pop()?));
        Some(claim["claim"]["first"]["run"].as_str().expect("a run's id").to_owned())
    }

    /// A run's last event, from its file; none where it has none yet.
    ///
    /// # Panics
    /// It can't be read.
    pub fn last_event(&self, run: &str) -> Option<Value> {
        let folder = self.journal(run);
        let last = names(&folder).pop()?;
        Some(object(&folder.join(last))["event"].clone())
    }

    /// The report of a run, as `run report` gives it.
    ///
    /// # Panics
    /// It can't be had.
    pub fn report_of(&self, plan: &str, run: &str) -> Value {
        self.pilotlight(&["run", "report", plan, run, "--format", "json"]).expect(0).json()
    }

    /// Moves the shop, which has to succeed, and returns the run's report.
    ///
    /// # Panics
    /// The run does not succeed.
    pub fn move_traffic(&self, direction: &str, plan: &str) -> Value {
        self.pilotlight(&[direction, plan, "--yes", "--format", "json"]).expect(0).json()
    }
}

fn object(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in a folder, sorted; none where there is no such folder. Files that are being written are no
/// objects yet.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.contains('#') && !name.starts_with('.')).collect();
    names.sort();
    names
}
