//! decide: what a drill's runs are. Pure.

use super::{DrillPart, StopRule};
use crate::compile::milliseconds;
use crate::{Action, Run};
use pilotlight_findings::{Code, Explain, Span, codes};
use pilotlight_plan::{DrPlan, Observe};
use std::time::Duration;

/// How long a drill stays away where nobody says: long enough for the slowest of the usual caches, and for somebody to
/// look at the standby's graphs.
const STAY: Duration = Duration::from_secs(600);

/// Why a run is no way there.
#[derive(Debug, thiserror::Error)]
pub enum DrillRefusal {
    /// There is nothing to stay with.
    #[error("begin a drill of plan {plan}: no check runs after the switch, so that nothing would end the stay")]
    NoCheck {
        /// The plan's name.
        plan: String,
        /// Its head.
        span: Span,
    },
    /// There is no limit.
    #[error(
        "begin a drill of plan {plan}: it has no RTO, and --stop-after does not say how long the failover may take"
    )]
    NoLimit {
        /// The plan's name.
        plan: String,
    },
    /// Traffic is there already.
    #[error("begin a drill of plan {plan}: traffic is on the {side} already, and a drill begins at home")]
    NotAtHome {
        /// The plan's name.
        plan: String,
        /// The side that it would move to.
        side: pilotlight_findings::Side,
    },
}

impl Explain for DrillRefusal {
    fn code(&self) -> Code {
        codes::F_DRILL_REFUSED
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::NoCheck { span, .. } => Some(span),
            Self::NoLimit { .. } | Self::NotAtHome { .. } => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoCheck { .. } => "add a check with when = [\"before\", \"after\"]".into(),
            Self::NoLimit { .. } => "give the plan objectives { rto = \"15m\" }, or the drill --stop-after 15m".into(),
            Self::NotAtHome { .. } => "move it back first: pilotlight failback PLAN".into(),
        })
    }
}

/// The plan with a phase `observe` as long as the stay: with the quota of its own block, or with none to fail where it has
/// no block. Without `stay` it is ten minutes, or what the block says where that is longer.
#[must_use]
pub fn with_stay(plan: &DrPlan, stay: Option<Duration>) -> DrPlan {
    let own = plan.observe.clone();
    let duration = stay.unwrap_or_else(|| own.as_ref().map_or(STAY, |own| own.duration.max(STAY)));
    let observe = match own {
        Some(own) => Observe { duration, ..own },
        None => Observe::lasting(duration, plan.span.clone()),
    };
    DrPlan { observe: Some(observe), ..plan.clone() }
}

/// A failover, compiled from a plan [`with_stay`], as the first run of a drill. It may take `stop_after`, by default the
/// plan's RTO.
///
/// # Errors
/// Nothing would ever end the drill, or traffic is on the other side already.
pub fn as_way_there(plan: &DrPlan, run: Run, stop_after: Option<Duration>) -> Result<Run, DrillRefusal> {
    let name = || plan.name.clone();
    // Of signals alone a run does not know where traffic is.
    let knows = run.record_changes().any(|set| !set.zone.id.is_empty());
    if knows && !run.moves_anything() {
        return Err(DrillRefusal::NotAtHome { plan: name(), side: run.to.side });
    }
    let stay_ms = run.steps().find_map(|step| match &step.action {
        Action::Observe(watch) => Some(watch.for_ms),
        _ => None,
    });
    let stay_ms = stay_ms.ok_or_else(|| DrillRefusal::NoCheck { plan: name(), span: plan.span.clone() })?;
    let stop_after = stop_after.or(plan.objectives.rto).ok_or_else(|| DrillRefusal::NoLimit { plan: name() })?;
    let rule = StopRule { stay_ms, stop_after_ms: milliseconds(stop_after) };
    Ok(Run { drill: Some(DrillPart::Away(rule)), ..run })
}

/// A failback as the second run of the drill whose failover was this one.
#[must_use]
pub fn as_way_home(run: Run, failover: &str) -> Run {
    Run { drill: Some(DrillPart::Home { failover: failover.to_owned() }), ..run }
}
