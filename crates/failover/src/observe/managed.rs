//! observe: databases that AWS replicates, as both regions tell them.

use super::ObserveError;
use crate::{ApiError, DbInstance, Direction, GlobalDatabase, ManagedDatabases};
use pilotlight_findings::{Code, Explain, Region, Side, Span, codes};
use pilotlight_plan::{DrPlan, ManagedDatabase, ManagedService, Outputs, PlanError, RdsPair, Value};
use std::collections::BTreeMap;

/// What AWS has of one database block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedManaged {
    /// Instances.
    Rds(Box<ObservedPair>),
    /// A global database.
    Global(GlobalDatabase),
}

/// The instances of a `database "rds"` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPair {
    /// The primary's; none where it is not there, or did not answer.
    pub primary: Option<DbInstance>,
    /// The standby's.
    pub standby: Option<DbInstance>,
}

impl ObservedPair {
    /// The instance of a side.
    pub fn of(&self, side: Side) -> Option<&DbInstance> {
        match side {
            Side::Primary => self.primary.as_ref(),
            Side::Standby => self.standby.as_ref(),
        }
    }
}

/// Why a database of AWS's could not be found out about.
#[derive(Debug, thiserror::Error)]
pub enum ManagedObserveError {
    /// It is not there.
    #[error("find {what} of database {database} in {region}: there is none of that identifier")]
    NotThere {
        /// `DB instance orders-replica`
        what: String,
        /// The block's name.
        database: String,
        /// Where it was looked for.
        region: Region,
        /// The block.
        span: Box<Span>,
    },
    /// Its identifier is not known.
    #[error("resolve the identifiers of database {database}")]
    Identifier {
        /// The block's name.
        database: String,
        /// Why.
        source: Box<PlanError>,
    },
    /// RDS did not answer.
    #[error("read {what} in {region}")]
    Read {
        /// `DB instance orders-replica`
        what: String,
        /// Who was asked.
        region: Region,
        /// Its error.
        source: ApiError,
    },
}

impl Explain for ManagedObserveError {
    fn code(&self) -> Code {
        match self {
            Self::NotThere { .. } => codes::F_NO_REPLICA,
            Self::Identifier { source, .. } => source.code(),
            Self::Read { .. } => codes::F_MANAGED_READ,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::NotThere { span, .. } => Some(span),
            Self::Identifier { source, .. } => Explain::span(&**source),
            Self::Read { .. } => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotThere { .. } => {
                "correct the identifier in the database block, or make the replica: pilotlight rebuild".into()
            }
            Self::Identifier { source, .. } => return source.remedy(),
            Self::Read { source: ApiError::Denied(_), .. } => {
                "allow rds:DescribeDBInstances and rds:DescribeGlobalClusters".into()
            }
            Self::Read { .. } => "try again; it is the API of the region that takes over".into(),
        })
    }
}

/// Reads what a run in `direction` has to know of each database that AWS promotes, by name. The side that is left is
/// asked where `asks_left`, and may give no answer: a run that needs it finds that out by itself.
///
/// # Errors
/// What has to take over is not there, or its region gives no answer.
pub async fn observe_managed(
    plan: &DrPlan,
    direction: Direction,
    asks_left: bool,
    outputs: &dyn Outputs,
    databases: &dyn ManagedDatabases,
) -> Result<BTreeMap<String, ObservedManaged>, ObserveError> {
    let mut all = BTreeMap::new();
    for database in &plan.managed {
        let seen = observe_one(plan, direction, asks_left, database, outputs, databases).await?;
        all.insert(database.name.clone(), seen);
    }
    Ok(all)
}

async fn observe_one(
    plan: &DrPlan,
    direction: Direction,
    asks_left: bool,
    database: &ManagedDatabase,
    outputs: &dyn Outputs,
    databases: &dyn ManagedDatabases,
) -> Result<ObservedManaged, ManagedObserveError> {
    let to = match direction {
        Direction::Failover => Side::Standby,
        Direction::Failback => Side::Primary,
    };
    let region = plan.region(to);
    let not_there = |what: String| ManagedObserveError::NotThere {
        what,
        database: database.name.clone(),
        region: region.clone(),
        span: Box::new(database.span.clone()),
    };
    match &database.service {
        ManagedService::AuroraGlobal { global_cluster } => {
            let id = identifier(database, global_cluster, to, outputs)?;
            let what = || format!("global database {id}");
            let seen = databases.global_database(region, &id).await;
            let seen =
                seen.map_err(|source| ManagedObserveError::Read { what: what(), region: region.clone(), source })?;
            Ok(ObservedManaged::Global(seen.ok_or_else(|| not_there(what()))?))
        }
        ManagedService::Rds(pair) => {
            let new = instance_of(plan, database, pair, to, outputs, databases).await?;
            // A failback may make its own.
            if new.is_none() && (to == Side::Standby || pair.failback_replica.is_none()) {
                let id = identifier(database, pair.instance(to), to, outputs)?;
                return Err(not_there(format!("DB instance {id}")));
            }
            let old = match asks_left {
                true => instance_of(plan, database, pair, to.other(), outputs, databases).await.ok().flatten(),
                false => None,
            };
            let (primary, standby) = if to == Side::Primary { (new, old) } else { (old, new) };
            Ok(ObservedManaged::Rds(Box::new(ObservedPair { primary, standby })))
        }
    }
}

async fn instance_of(
    plan: &DrPlan,
    database: &ManagedDatabase,
    pair: &RdsPair,
    side: Side,
    outputs: &dyn Outputs,
    databases: &dyn ManagedDatabases,
) -> Result<Option<DbInstance>, ManagedObserveError> {
    let id = identifier(database, pair.instance(side), side, outputs)?;
    let region = plan.region(side);
    let failed =
        |source| ManagedObserveError::Read { what: format!("DB instance {id}"), region: region.clone(), source };
    databases.instance(region, &id).await.map_err(failed)
}

fn identifier(
    database: &ManagedDatabase,
    value: &Value,
    side: Side,
    outputs: &dyn Outputs,
) -> Result<String, ManagedObserveError> {
    value
        .resolve_text(side, outputs)
        .map_err(|source| ManagedObserveError::Identifier { database: database.name.clone(), source: Box::new(source) })
}
