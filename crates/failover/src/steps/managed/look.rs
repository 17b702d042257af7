//! Before anything is changed: is the one a replica of the other?

use super::goal::{replicates, words};
use super::{is_final, is_graceful};
use crate::database::WHERE_DEAD;
use crate::engine::{Engine, EngineError, Way};
use crate::managed::placed;
use crate::steps::database::{Patience, pause};
use crate::steps::{Ending, Performed};
use crate::{ApiError, DbInstance, LagOf, ManagedDatabases, ManagedKind, ManagedPlace, ManagedStep, Step};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a look found.
pub(crate) enum Looked {
    Good(Value, String),
    NotYet(String),
    Never(String),
}

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &ManagedStep,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let port = Arc::clone(&engine.ports.managed);
    let graceful = is_graceful(engine);
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        let cause = match look(&*port, database, graceful).await {
            Looked::Good(mut observed, detail) => {
                let measured = port.lag(&database.new.region, lag_of(&database.service), &database.new.id).await;
                let bound = measured.ok().flatten().and_then(|measured| measured.bound());
                observed["bound_ms"] = bound.map(crate::compile::milliseconds).into();
                return Ok(Ending::new(Outcome::Done, observed, detail).into());
            }
            Looked::Never(reason) => return Ok(Ending::refused(Value::Null, reason).into()),
            Looked::NotYet(reason) => reason,
        };
        match pause(engine, step, deadline, &cause).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            // Nothing is promoted that is not known to be what is wanted.
            Patience::Over => return Ok(Ending::refused(Value::Null, cause).into()),
        }
    }
}

/// Looks once.
pub(crate) async fn look(port: &dyn ManagedDatabases, database: &ManagedStep, graceful: bool) -> Looked {
    match &database.service {
        ManagedKind::Rds => rds(port, database, graceful).await,
        ManagedKind::AuroraGlobal(global) => aurora(port, database, global, graceful).await,
    }
}

async fn instance(port: &dyn ManagedDatabases, place: &ManagedPlace, hint: &str) -> Result<DbInstance, Looked> {
    let ManagedPlace { region, id, .. } = place;
    match port.instance(region, id).await {
        Ok(Some(instance)) => Ok(instance),
        Ok(None) => Err(Looked::Never(format!("{region} has no DB instance {id}{hint}"))),
        Err(error) => Err(unread(&format!("{id} in {region}"), &error, hint)),
    }
}

fn unread(what: &str, error: &ApiError, hint: &str) -> Looked {
    let text = format!("{what} could not be read: {error}{hint}");
    if is_final(error) { Looked::Never(text) } else { Looked::NotYet(text) }
}

async fn rds(port: &dyn ManagedDatabases, database: &ManagedStep, graceful: bool) -> Looked {
    let new = match instance(port, &database.new, "").await {
        Ok(new) => new,
        Err(looked) => return looked,
    };
    let id = &placed(&new.arn);
    if !new.is_available() {
        return Looked::NotYet(format!("{id} is {}, and cannot be promoted", new.status));
    }
    let (true, Some(old)) = (graceful, &database.old) else {
        let detail = match &new.source {
            Some(source) => format!("{id} is a read replica of {}, which is not asked", placed(source)),
            None => format!("{id} is no replica: what it lacks is not known"),
        };
        return Looked::Good(json!({ "replica": new.source.is_some() }), detail);
    };
    let old = match instance(port, old, WHERE_DEAD).await {
        Ok(old) => old,
        Err(looked) => return looked,
    };
    if old.follows(&new) {
        let detail = format!("{id} is the primary already, and {} follows it", placed(&old.arn));
        return Looked::Good(json!({ "already": true }), detail);
    }
    if !new.follows(&old) {
        let is = match &new.source {
            Some(source) => format!("follows {}", placed(source)),
            None => "is no read replica".to_owned(),
        };
        return Looked::Never(format!(
            "{id} {is}, and has to be one of {}: nothing of its writes is there",
            placed(&old.arn)
        ));
    }
    if !old.is_available() {
        return Looked::NotYet(format!("{} is {}{WHERE_DEAD}", placed(&old.arn), old.status));
    }
    if !replicates(&new) {
        return Looked::NotYet(format!("{id} does not replicate: {}", words(&new)));
    }
    Looked::Good(json!({ "replica": true }), format!("{id} is a read replica of {}", placed(&old.arn)))
}

async fn aurora(port: &dyn ManagedDatabases, database: &ManagedStep, global: &str, graceful: bool) -> Looked {
    let ManagedStep { new, old, .. } = database;
    let seen = match port.global_database(&new.region, global).await {
        Ok(Some(seen)) => seen,
        Ok(None) => return Looked::Never(format!("{} has no global database {global}", new.region)),
        Err(error) => return unread(&format!("global database {global}"), &error, ""),
    };
    let Some(member) = seen.member_in(&new.region) else {
        return Looked::Never(format!("global database {global} has no cluster in {}", new.region));
    };
    if member.writer && seen.is_settled() {
        return Looked::Good(json!({ "already": true }), format!("{} is the writer already", placed(&member.arn)));
    }
    if !graceful {
        return Looked::Good(
            json!({ "replica": true }),
            format!("{} is a secondary of global database {global}", placed(&member.arn)),
        );
    }
    if !seen.is_settled() {
        return Looked::NotYet(format!("global database {global} is {}{WHERE_DEAD}", seen.status));
    }
    let expected = old.as_ref().and_then(|old| seen.member_in(&old.region));
    if !expected.is_some_and(|old| old.writer) {
        let writer = seen.writer().map_or_else(|| "no cluster".to_owned(), |writer| placed(&writer.arn));
        return Looked::Never(format!(
            "{writer} is the writer of global database {global}, and none of the side that is left"
        ));
    }
    match member.synchronization.as_deref() {
        Some("connected") | None => Looked::Good(
            json!({ "replica": true }),
            format!("{} is a secondary of global database {global}", placed(&member.arn)),
        ),
        Some(other) => Looked::NotYet(format!("{} is {other}, and cannot take over", placed(&member.arn))),
    }
}

/// The metric of its lag.
pub(crate) fn lag_of(service: &ManagedKind) -> LagOf {
    match service {
        ManagedKind::Rds => LagOf::Instance,
        ManagedKind::AuroraGlobal(_) => LagOf::GlobalMember,
    }
}
