//! What a run names, so that it exists and serves.

use super::effect::{Effect, add};
use super::{Scene, SceneError};
use crate::observe::query_name;
use crate::record_changes::is_live;
use crate::simulation::host_of;
use crate::text::Secrets;
use crate::{
    Action, CheckStep, DatabaseStep, DatabaseTask, HostedZone, MissingVariable, Probe, RecordChanges, RecordSet, Run,
    Text,
};

impl Scene {
    /// Everything that a run names exists and serves.
    ///
    /// # Errors
    /// None for a compiled run: every variable that it names is made here.
    pub fn learn(&mut self, run: &Run) -> Result<(), SceneError> {
        for name in run.variables() {
            self.variables.entry(name.to_owned()).or_insert_with(|| format!("${name}"));
        }
        for changes in run.record_changes() {
            self.learn_answers(run, changes);
        }
        let variables = self.variables.clone();
        let mut secrets = Secrets::new(&variables);
        let mut line = |argv: &[Text]| Ok::<_, MissingVariable>(secrets.reveal_all(argv)?.join(" "));
        for step in run.steps() {
            match &step.action {
                Action::Command(command) => {
                    let effects = self.programs.entry(line(&command.run)?).or_default();
                    add(effects, Effect::Leaves(command.name.clone()));
                    if let Some(undo) = &command.undo {
                        let effects = self.programs.entry(line(undo)?).or_default();
                        add(effects, Effect::TakesBack(command.name.clone()));
                    }
                }
                Action::Database(DatabaseStep { task: DatabaseTask::Resync(argv), old: Some(old), new, .. }) => {
                    let (lost, kept) = (line(std::slice::from_ref(new))?, line(std::slice::from_ref(old))?);
                    let effects = self.programs.entry(line(argv)?).or_default();
                    add(effects, Effect::Resynchronises { lost, kept });
                }
                _ => {}
            }
        }
        let checks = run.steps().flat_map(|step| match &step.action {
            Action::Check(check) => std::slice::from_ref(check),
            Action::Hold(hold) => hold.checks.as_slice(),
            _ => &[],
        });
        for check in checks {
            self.learn_check(check, &mut Secrets::new(&variables))?;
        }
        Ok(())
    }

    /// Where records lead is there, and serves.
    fn learn_answers(&mut self, run: &Run, changes: &RecordChanges) {
        for change in &changes.records {
            let sides = [(&change.before, run.from.side), (&change.after, run.to.side)];
            for (set, side) in sides.into_iter().filter(|(set, _)| is_live(set)) {
                // A set that answers before and after is of the side that its own words name, or of none.
                let of_one = !(is_live(&change.before) && is_live(&change.after)) || change.before != change.after;
                for address in self.leads_to(&changes.zone, set) {
                    self.healthy.insert(address.clone());
                    if of_one {
                        self.sides.entry(side).or_default().insert(address);
                    }
                }
            }
        }
    }

    fn leads_to(&mut self, zone: &HostedZone, set: &RecordSet) -> Vec<String> {
        match (&set.alias, set.record_type.as_str()) {
            (Some(alias), _) => {
                let found = self.place(&alias.dns_name);
                let known = self.records.iter().any(|known| query_name(&known.name) == query_name(&alias.dns_name));
                if alias.hosted_zone_id == zone.id && !known {
                    self.records.push(RecordSet {
                        alias: None,
                        values: found.clone(),
                        name: query_name(&alias.dns_name),
                        ..set.clone()
                    });
                }
                found
            }
            (None, "CNAME") => set.values.iter().flat_map(|name| self.place(name)).collect(),
            (None, _) => set.values.clone(),
        }
    }

    /// The address of a name that is nobody's record here.
    fn place(&mut self, name: &str) -> Vec<String> {
        let address = || vec![format!("the address of {name}")];
        self.elsewhere.entry(name.to_owned()).or_insert_with(address).clone()
    }

    fn learn_check(&mut self, check: &CheckStep, secrets: &mut Secrets<'_>) -> Result<(), SceneError> {
        match &check.probe {
            Probe::Http { url, .. } => {
                let url = secrets.reveal(url)?;
                self.learn_host(host_of(&url));
            }
            Probe::Tcp { address } => {
                let address = secrets.reveal(address)?;
                self.learn_host(address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host));
            }
            Probe::Dns { name, expect, .. } => {
                let name = secrets.reveal(name)?;
                let expect = secrets.reveal_all(expect)?;
                let known = self.records.iter().any(|set| query_name(&set.name) == query_name(&name));
                if !known && !expect.is_empty() {
                    self.elsewhere.insert(name, expect);
                }
            }
            Probe::Command { .. } => {}
        }
        Ok(())
    }

    /// A host that no record of the plan is about leads to what serves.
    fn learn_host(&mut self, host: &str) {
        let known = self.records.iter().any(|set| query_name(&set.name) == query_name(host));
        if !known {
            let in_a_zone = self.zones.iter().any(|zone| host.ends_with(&zone.name));
            let addresses = if in_a_zone { self.place(host) } else { vec![host.to_owned()] };
            let addresses = self.elsewhere.get(host).cloned().unwrap_or(addresses);
            self.healthy.extend(addresses);
        }
    }
}
