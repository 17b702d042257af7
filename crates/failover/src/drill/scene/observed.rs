//! What was observed, as the world of a scene has it.

use super::{Scene, SceneError};
use crate::managed::{name_of, region_of};
use crate::simulation::{Global, Group, Instance, SizedResource, instance_arn};
use crate::text::Secrets;
use crate::{Action, Direction, GroupNames, HostedZone, ManagedTask, Observed, ObservedManaged, RecordSet, Run};
use pilotlight_findings::Side;
use pilotlight_plan::{DrPlan, Method};

impl Scene {
    /// Both groups of each scale block.
    pub(super) fn add_groups(&mut self, plan: &DrPlan, observed: &Observed, names: &dyn GroupNames) {
        for (index, (scale, seen)) in plan.scale.iter().zip(&observed.groups).enumerate() {
            for side in [Side::Primary, Side::Standby] {
                let group = seen.iter().find(|seen| seen.side == side).map(|seen| &seen.group);
                let name = group.map(|group| group.name.clone()).or_else(|| names.group_name(scale, side));
                // Nobody looked at the group of the other side: it has what the plan asks for.
                let group = match group {
                    Some(group) => Group { min: group.min, ..Group::of(group.desired, group.max) },
                    None => Group::of(scale.desired, scale.desired),
                };
                let name = name.unwrap_or_else(|| format!("group {index} of the {side}"));
                self.group_sides.insert(name.clone(), side);
                self.groups.insert(name, group);
            }
        }
    }

    /// What Terraform resizes, as it was seen: that is what its HCL says.
    pub(super) fn add_sizes(&mut self, plan: &DrPlan, observed: &Observed) {
        for (resize, seen) in plan.resize.iter().zip(&observed.sizes) {
            let Ok(seen) = seen else { continue };
            let stack = self.sizes.entry(resize.stack.clone()).or_default();
            stack.stands_for.insert(resize.address.clone(), seen.address.clone());
            stack.resources.insert(seen.address.clone(), SizedResource::of(seen.now.clone()));
        }
    }

    /// A database that AWS replicates, as it was seen: who follows whom, and who takes writes.
    pub(super) fn add_managed(&mut self, managed: &ObservedManaged) {
        match managed {
            ObservedManaged::Rds(pair) => {
                let both = [(Side::Primary, &pair.primary), (Side::Standby, &pair.standby)];
                for (side, seen) in both.iter().filter_map(|(side, seen)| Some((*side, seen.as_ref()?))) {
                    let leads = pair.of(side.other()).filter(|other| seen.follows(other));
                    let instance = match leads {
                        Some(other) => Instance::of(&instance_arn(&self.regions[&side.other()], &other.identifier)),
                        None => Instance::alone(),
                    };
                    self.managed.add(&self.regions[&side].clone(), &seen.identifier, instance);
                }
            }
            ObservedManaged::Global(seen) => {
                let member = |arn: &str, synchronization: Option<&String>| {
                    let words = synchronization.map_or("connected", String::as_str);
                    Some((region_of(arn)?.to_owned(), (name_of(arn).to_owned(), words.to_owned())))
                };
                let members = seen.members.iter();
                let members = members.filter_map(|one| member(&one.arn, one.synchronization.as_ref())).collect();
                let writer = seen.writer().and_then(|writer| region_of(&writer.arn)).unwrap_or_default().to_owned();
                let lag = Instance::of("").lag;
                self.managed.globals.insert(seen.identifier.clone(), Global { members, writer, moving: None, lag });
            }
        }
    }

    pub(super) fn add_zone(&mut self, zone: HostedZone) {
        let same = |known: &HostedZone| known.name == zone.name && known.private == zone.private;
        match self.zones.iter_mut().find(|known| same(known)) {
            // A set that follows a signal knows no id.
            Some(known) if known.id.is_empty() => known.id = zone.id,
            Some(known) if zone.id.is_empty() || known.id == zone.id => {}
            _ => self.zones.push(zone),
        }
    }

    /// Records that follow a signal are failover records, one a side.
    pub(super) fn follow_signals(&mut self, plan: &DrPlan, run: &Run) {
        for step in run.steps() {
            let Action::GuardSignal(signal) = &step.action else { continue };
            let check = format!("the health check of {}", signal.changes.traffic);
            self.read_by.insert(check.clone(), signal.url.clone());
            self.raised.insert(signal.url.clone(), !signal.raised);
            let followed = plan
                .traffic
                .iter()
                .any(|set| set.name == signal.changes.traffic && matches!(set.method, Method::Signal(_)));
            if !followed {
                continue;
            }
            for change in &signal.changes.records {
                let (primary, standby) = match run.job {
                    Direction::Failover => (&change.before, &change.after),
                    Direction::Failback => (&change.after, &change.before),
                };
                let role = |set: &RecordSet, role: &str, side: Side| {
                    let mut set = RecordSet {
                        failover: Some(role.to_owned()),
                        set_identifier: Some(side.to_string()),
                        health_check_id: (side == Side::Primary).then(|| check.clone()),
                        ..set.clone()
                    };
                    if set.values.is_empty() && set.alias.is_none() {
                        set.values = vec![format!("{} at the {side}", set.name)];
                    }
                    set
                };
                self.records.push(role(primary, "PRIMARY", Side::Primary));
                self.records.push(role(standby, "SECONDARY", Side::Standby));
            }
        }
    }

    /// One pair of servers a database, the primary where traffic is.
    pub(super) fn add_databases(&mut self, run: &Run) -> Result<(), SceneError> {
        let variables = self.variables.clone();
        let mut secrets = Secrets::new(&variables);
        for step in run.steps() {
            let Action::Database(database) = &step.action else { continue };
            let new = secrets.reveal(&database.new)?;
            if self.servers.0.contains_key(&new) {
                continue;
            }
            // The steps of one database do not all name the old server.
            let named = run.steps().find_map(|step| match &step.action {
                Action::Database(other) if other.name == database.name => other.old.as_ref(),
                _ => None,
            });
            let old = match named {
                Some(old) => secrets.reveal(old)?,
                None => format!("{} of the {}", database.name, run.from.side),
            };
            self.servers.add_pair(&old, &new, &database.name);
            self.urls.entry(run.from.side).or_default().insert(old.clone());
            self.urls.entry(run.to.side).or_default().insert(new);
            if run.job == Direction::Failback {
                // It was promoted by the failover, and the other was left behind.
                self.servers.at(&old).timeline += 1;
            }
        }
        self.place_databases(run, &mut secrets)
    }

    /// Which server each instance of RDS is, where the plan reaches it by a URL: what RDS promotes is that one.
    fn place_databases(&mut self, run: &Run, secrets: &mut Secrets<'_>) -> Result<(), SceneError> {
        for step in run.steps() {
            let Action::Managed(managed) = &step.action else { continue };
            for other in run.steps() {
                let Action::Database(database) = &other.action else { continue };
                if !database.managed || database.name != managed.name {
                    continue;
                }
                let old = managed.old.as_ref().zip(database.old.as_ref());
                for (place, url) in old.into_iter().chain([(&managed.new, &database.new)]) {
                    // A replica that is made answers where the one did that it is made like.
                    let made_like = match &managed.task {
                        ManagedTask::Replicate(like) if *place == managed.new => like,
                        _ => &place.id,
                    };
                    if let Some(instance) = self.managed.find(&place.region, made_like) {
                        instance.url = Some(secrets.reveal(url)?);
                    }
                }
            }
        }
        Ok(())
    }
}
