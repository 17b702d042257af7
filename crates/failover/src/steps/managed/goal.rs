//! What is wanted of a database: how it is seen, and what is asked for.

use super::is_graceful;
use crate::engine::Engine;
use crate::managed::placed;
use crate::{
    ApiError, DbInstance, GlobalDatabase, ManagedDatabases, ManagedKind, ManagedPlace, ManagedStep, NewReplica,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// The desired state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The new instance replicates the old one, made like this one where it is not there.
    Replica { like: String },
    /// The new one takes writes.
    Promoted,
    /// The same, and nothing is done about it.
    StillPromoted,
    /// The old cluster takes writes again.
    SwappedBack,
}

/// What a look saw.
pub(super) enum Seen {
    /// What is wanted.
    There(Value, String),
    /// It is on its way.
    Moving(String),
    /// It is not, and can be asked for.
    NotYet(String),
    /// It is not, and cannot be asked for now.
    NotNow(String),
    /// It will not be, whatever is asked for.
    Never(String),
    /// Nobody knows.
    Unread(ApiError),
}

pub(super) struct Goal {
    port: Arc<dyn ManagedDatabases>,
    database: ManagedStep,
    wanted: Wanted,
    graceful: bool,
}

impl Goal {
    pub(super) fn of(engine: &Engine, database: &ManagedStep, wanted: Wanted) -> Self {
        let port = Arc::clone(&engine.ports.managed);
        Self { port, database: database.clone(), wanted, graceful: is_graceful(engine) }
    }

    /// What is looked at.
    pub(super) fn what(&self) -> String {
        match &self.database.service {
            ManagedKind::Rds => format!("{} in {}", self.database.new.id, self.database.new.region),
            ManagedKind::AuroraGlobal(global) => format!("global database {global}"),
        }
    }

    pub(super) fn can_act(&self) -> bool {
        self.wanted != Wanted::StillPromoted
    }

    pub(super) async fn look(&self) -> Seen {
        let seen = match (&self.database.service, &self.wanted) {
            (ManagedKind::AuroraGlobal(global), _) => self.global(global).await,
            (ManagedKind::Rds, Wanted::Replica { .. }) => self.replica().await,
            (ManagedKind::Rds, _) => self.promoted().await,
        };
        seen.unwrap_or_else(Seen::Unread)
    }

    pub(super) async fn act(&self) -> Result<(), ApiError> {
        let ManagedStep { new, old, service, .. } = &self.database;
        match (service, &self.wanted) {
            (_, Wanted::StillPromoted) => Ok(()),
            (ManagedKind::Rds, Wanted::Replica { like }) => {
                let source = old.as_ref().and_then(|old| old.arn.clone());
                let source = source.ok_or_else(|| ApiError::Refused("its source's ARN is not known".into()))?;
                let replica = NewReplica { identifier: new.id.clone(), source, like: like.clone() };
                self.port.create_replica(&new.region, &replica).await
            }
            (ManagedKind::Rds, _) => self.port.promote_replica(&new.region, &new.id).await,
            (ManagedKind::AuroraGlobal(global), Wanted::SwappedBack) => {
                let old = old.as_ref().ok_or_else(|| ApiError::Refused("the other cluster is not known".into()))?;
                // The region of the writer answers: that is the new one by now.
                self.port.switch_over(&new.region, global, arn(old)?).await
            }
            (ManagedKind::AuroraGlobal(global), _) if self.graceful => {
                let old = old.as_ref().ok_or_else(|| ApiError::Refused("the other cluster is not known".into()))?;
                self.port.switch_over(&old.region, global, arn(new)?).await
            }
            (ManagedKind::AuroraGlobal(global), _) => self.port.fail_over(&new.region, global, arn(new)?).await,
        }
    }

    async fn promoted(&self) -> Result<Seen, ApiError> {
        let ManagedPlace { region, id, .. } = &self.database.new;
        let Some(new) = self.port.instance(region, id).await? else {
            return Ok(Seen::Never(format!("{region} has no DB instance {id}")));
        };
        let id = placed(&new.arn);
        Ok(match (&new.source, new.is_available()) {
            (None, true) => Seen::There(json!({ "status": new.status }), format!("{id} is available, and no replica")),
            (None, false) => Seen::Moving(format!("{id} is no replica any more, and is {}", new.status)),
            (Some(_), true) => Seen::NotYet(format!("{id} is a read replica")),
            // It is promoted, or backed up or changed by somebody else: either ends.
            (Some(_), false) => Seen::NotNow(format!("{id} is a read replica, and is {}", new.status)),
        })
    }

    async fn replica(&self) -> Result<Seen, ApiError> {
        let ManagedPlace { region, id, .. } = &self.database.new;
        let Some(old) = &self.database.old else { return Ok(Seen::Never("its source is not known".into())) };
        let Some(source) = self.port.instance(&old.region, &old.id).await? else {
            return Ok(Seen::Never(format!("{} has no DB instance {}", old.region, old.id)));
        };
        // Who asks once more for a failback, or before a failover, has nothing to bring back.
        if let Some(other) = &source.source {
            let source = placed(&source.arn);
            return Ok(Seen::Never(format!("{source} is a read replica of {}, and takes no writes", placed(other))));
        }
        let Some(new) = self.port.instance(region, id).await? else {
            return Ok(match source.is_available() {
                true => Seen::NotYet(format!("{region} has no DB instance {id}")),
                false => Seen::NotNow(format!("{}, its source, is {}", placed(&source.arn), source.status)),
            });
        };
        let id = placed(&new.arn);
        Ok(match new.follows(&source) {
            false => Seen::Never(not_free(&new, &source)),
            true if !new.is_available() => Seen::Moving(format!("{id} is {}", new.status)),
            true if !replicates(&new) => Seen::Moving(format!("{id} does not replicate: {}", words(&new))),
            true => Seen::There(
                json!({ "arn": new.arn, "source": source.arn }),
                format!("{id} is a read replica of {}", placed(&source.arn)),
            ),
        })
    }

    async fn global(&self, global: &str) -> Result<Seen, ApiError> {
        let ManagedStep { new, old, .. } = &self.database;
        let wanted = match (&self.wanted, old) {
            (Wanted::SwappedBack, Some(old)) => old,
            _ => new,
        };
        let Some(seen) = self.port.global_database(&new.region, global).await? else {
            return Ok(Seen::Never(format!("there is no global database {global}")));
        };
        let Some(member) = seen.member_in(&wanted.region) else {
            return Ok(Seen::Never(format!("global database {global} has no cluster in {}", wanted.region)));
        };
        let writer = seen.writer().map_or_else(|| "no cluster".to_owned(), |writer| placed(&writer.arn));
        Ok(match (&seen.moving_to, seen.is_settled()) {
            (Some(target), _) if *target != member.arn => {
                Seen::NotNow(format!("somebody makes {} the writer", placed(target)))
            }
            (_, true) if member.writer => {
                // Of a side that may be cut off, AWS's word on its role is not proof.
                let fence = if self.graceful { "proven" } else { "unknown" };
                Seen::There(
                    json!({ "fence": fence, "writer": member.arn }),
                    format!("{} is the writer", placed(&member.arn)),
                )
            }
            (_, true) => Seen::NotYet(format!("{writer} is the writer")),
            (None, false) if !is_moving(&seen) => {
                Seen::NotNow(format!("global database {global} is {}, and {writer} is the writer", seen.status))
            }
            (_, false) => {
                Seen::Moving(format!("global database {global} is {}, to {}", seen.status, placed(&member.arn)))
            }
        })
    }
}

/// Whether its status is one of a change of roles: others end without one.
fn is_moving(seen: &GlobalDatabase) -> bool {
    seen.moving_to.is_some() || ["switching-over", "failing-over"].contains(&seen.status.as_str())
}

fn arn(place: &ManagedPlace) -> Result<&str, ApiError> {
    place.arn.as_deref().ok_or_else(|| ApiError::Refused(format!("the ARN of {} is not known", place.id)))
}

/// Whether RDS says that it replicates; where it says nothing, a replica is taken at its word.
pub(super) fn replicates(instance: &DbInstance) -> bool {
    instance.replication.as_ref().is_none_or(|replication| replication.normal)
}

pub(super) fn words(instance: &DbInstance) -> String {
    instance.replication.as_ref().map_or_else(String::new, |replication| replication.words.clone())
}

fn not_free(new: &DbInstance, source: &DbInstance) -> String {
    let is = match &new.source {
        Some(other) => format!("follows {}", placed(other)),
        None => "is no read replica".to_owned(),
    };
    format!(
        "{} is there and {is}, not of {}: name another one in failback_replica, as nothing is deleted",
        placed(&new.arn),
        placed(&source.arn)
    )
}

/// Why the roles of a global database cannot be swapped back; none where they can, or are.
pub(super) async fn cannot_swap_back(engine: &Engine, database: &ManagedStep) -> Option<String> {
    let ManagedKind::AuroraGlobal(global) = &database.service else { return None };
    let Some(old) = &database.old else { return Some("the other cluster is not known".into()) };
    match engine.ports.managed.global_database(&database.new.region, global).await {
        Err(error) => Some(format!("whether {} can take the writes over is not known: {error}", old.id)),
        Ok(None) => Some(format!("there is no global database {global}")),
        Ok(Some(seen)) => match seen.member_in(&old.region) {
            None => Some(format!("{} is no part of global database {global} any more", old.id)),
            Some(member) if member.writer => None,
            Some(member) => match member.synchronization.as_deref() {
                Some("connected") | None => None,
                Some(other) => Some(format!("{} cannot take the writes over: it is {other}", old.id)),
            },
        },
    }
}
