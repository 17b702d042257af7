//! Whether anybody is served by the standby: asked before it is taken down, of DNS and of the journal.
//!
//! What is not known is not a no. Each way in which DNS or the journal gives no answer is a refusal of its own.

use crate::compile::{Answer, label, side_answer};
use crate::observe::query_name;
use crate::record_values::{canonical_values, sorted};
use crate::{Dns, Endpoint, NameServers, RecordSet, last_settled, observe};
use futures::future::join_all;
use pilotlight_findings::{Code, Explain, Side, Span, codes};
use pilotlight_journal::{JournalStores, unfinished_run};
use pilotlight_plan::{DrPlan, Outputs, TrafficRecord};
use std::error::Error;

/// Why the standby may not be taken down.
#[derive(Debug, thiserror::Error)]
pub enum InUse {
    /// DNS answers with it.
    #[error("take the standby down: {by} answers {record} with {value}, which is the standby's")]
    Answers {
        /// `app.shop.test A`
        record: String,
        /// `Route 53`, or a name server.
        by: String,
        /// The standby's value.
        value: String,
        /// The record in the plan.
        span: Box<Span>,
    },
    /// Whether DNS answers with it cannot be told.
    #[error("take the standby down: whether DNS answers with it is not known: {reason}")]
    DnsUnknown {
        /// What is missing.
        reason: String,
        /// The record in the plan, where it is about one.
        span: Option<Box<Span>>,
        /// The error behind it, where there is one.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// A run is not finished.
    #[error("take the standby down: run {run} is not finished")]
    Run {
        /// Its id.
        run: String,
    },
    /// The last run that moved traffic left it with the standby, or did not say where.
    #[error("take the standby down: {how}")]
    LeftActive {
        /// What the run did.
        how: String,
    },
    /// The journal does not say.
    #[error("take the standby down: whether a run uses it is not known")]
    JournalUnknown {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Explain for InUse {
    fn code(&self) -> Code {
        match self {
            Self::Answers { .. } => codes::R_IN_USE,
            Self::DnsUnknown { .. } | Self::JournalUnknown { .. } => codes::R_USE_UNKNOWN,
            Self::Run { .. } | Self::LeftActive { .. } => codes::R_USE_BY_RUN,
        }
    }

    fn span(&self) -> Option<&Span> {
        match self {
            Self::Answers { span, .. } => Some(span),
            Self::DnsUnknown { span, .. } => span.as_deref(),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Answers { .. } => {
                "move traffic back first: pilotlight failback PLAN; or take the value out of the record".into()
            }
            Self::DnsUnknown { .. } => "repair what gives no answer and run it again: nothing was destroyed".into(),
            Self::Run { .. } => "finish it: pilotlight run resume PLAN, or pilotlight run abort PLAN".into(),
            Self::LeftActive { .. } => {
                "move traffic back with pilotlight failback PLAN, which also writes down where it is".into()
            }
            Self::JournalUnknown { .. } => "repair access to the plan's journal".into(),
        })
    }
}

/// Refuses where a record of the plan's traffic sets has a value of the standby: in Route 53, with whatever weight
/// or role, or in the answer of any name server of the zone. `outputs` are those from before anything was taken down.
///
/// A standby that was taken down in part has lost its outputs. Then each answer has to be one of the primary's.
///
/// # Errors
/// DNS answers with the standby, or does not tell.
pub async fn refuse_in_dns(
    plan: &DrPlan,
    outputs: &(dyn Outputs + Sync),
    dns: &dyn Dns,
    name_servers: &dyn NameServers,
) -> Result<(), InUse> {
    let observed = observe(plan, dns, name_servers).await.map_err(|error| InUse::DnsUnknown {
        reason: "Route 53 does not tell".into(),
        span: error.span().cloned().map(Box::new),
        source: Some(Box::new(error)),
    })?;
    for set in &plan.traffic {
        let Some(seen) = observed.traffic.get(&set.name) else { continue };
        if seen.zone.name_servers.is_empty() && !seen.zone.private {
            return Err(unknown(&set.span, format!("zone {} has no name servers to ask", seen.zone.name)));
        }
        for (record, sets) in set.records.iter().zip(&seen.records) {
            let known = Known::of(record, outputs);
            for one in sets {
                known.judge_set(record, one)?;
            }
            // Nobody outside its VPCs can ask a private zone: what Route 53 has is what they are answered with.
            if seen.zone.private {
                continue;
            }
            let addresses = known.addresses(record, name_servers).await?;
            let name = query_name(&record.name);
            let asked = seen.zone.name_servers.iter().map(|server| {
                let name = &name;
                async move { (server, name_servers.ask(server, name, &record.record_type).await) }
            });
            for (server, answer) in join_all(asked).await {
                let answer = answer
                    .map_err(|cause| unknown(&record.span, format!("{server} gives no answer for {name}: {cause}")))?;
                addresses.judge(record, server, &sorted(&record.record_type, &answer.values))?;
            }
        }
    }
    Ok(())
}

/// What both sides answer, as far as it is known.
struct Known {
    primary: Option<Answer>,
    standby: Option<Answer>,
}

/// The values of both sides, as far as they are known, in one spelling.
struct Values {
    primary: Option<Vec<String>>,
    standby: Option<Vec<String>>,
}

impl Known {
    fn of(record: &TrafficRecord, outputs: &dyn Outputs) -> Self {
        let of = |side| {
            let answer = side_answer(record, side, outputs).ok()?;
            let empty = match &answer {
                Answer::Values(values) => values.is_empty(),
                Answer::Alias { name, zone_id, .. } => name.is_empty() || zone_id.is_empty(),
            };
            (!empty).then_some(answer)
        };
        Self { primary: of(Side::Primary), standby: of(Side::Standby) }
    }

    fn judge_set(&self, record: &TrafficRecord, set: &RecordSet) -> Result<(), InUse> {
        let aliases =
            [&self.primary, &self.standby].into_iter().flatten().all(|one| matches!(one, Answer::Alias { .. }));
        match &set.alias {
            Some(alias) if aliases => {
                let known = self.targets();
                known.judge(record, "Route 53", &[query_name(&alias.dns_name)])
            }
            Some(alias) => {
                let reason = format!("{} is an alias of {}, and the plan has values", label(record), alias.dns_name);
                Err(unknown(&record.span, reason))
            }
            None => self.values().judge(record, "Route 53", &canonical_values(set)),
        }
    }

    /// The names of aliases.
    fn targets(&self) -> Values {
        let of = |answer: &Option<Answer>| match answer {
            Some(Answer::Alias { name, .. }) => Some(vec![query_name(name)]),
            _ => None,
        };
        Values { primary: of(&self.primary), standby: of(&self.standby) }
    }

    fn values(&self) -> Values {
        let of = |answer: &Option<Answer>| match answer {
            Some(Answer::Values(values)) => Some(values.clone()),
            _ => None,
        };
        Values { primary: of(&self.primary), standby: of(&self.standby) }
    }

    /// What name servers answer with: the values, or what the targets of aliases have now.
    async fn addresses(&self, record: &TrafficRecord, name_servers: &dyn NameServers) -> Result<Values, InUse> {
        Ok(Values {
            primary: addresses(&self.primary, record, name_servers).await?,
            standby: addresses(&self.standby, record, name_servers).await?,
        })
    }
}

async fn addresses(
    answer: &Option<Answer>,
    record: &TrafficRecord,
    name_servers: &dyn NameServers,
) -> Result<Option<Vec<String>>, InUse> {
    Ok(match answer {
        None => None,
        Some(Answer::Values(values)) => Some(sorted(&record.record_type, values)),
        Some(Answer::Alias { name, .. }) => {
            let found = name_servers.resolve(name, &record.record_type).await;
            let found =
                found.map_err(|cause| unknown(&record.span, format!("what {name} has is not known: {cause}")))?;
            Some(sorted(&record.record_type, &found.values))
        }
    })
}

impl Values {
    fn judge(&self, record: &TrafficRecord, by: &str, values: &[String]) -> Result<(), InUse> {
        let among = |known: &Option<Vec<String>>, value: &str| {
            known.as_ref().is_some_and(|known| sorted(&record.record_type, known).iter().any(|one| one == value))
        };
        for value in values {
            if among(&self.standby, value) {
                return Err(InUse::Answers {
                    record: label(record),
                    by: by.to_owned(),
                    value: value.clone(),
                    span: Box::new(record.span.clone()),
                });
            }
            if self.standby.is_none() && !among(&self.primary, value) {
                let reason = format!(
                    "{by} answers {} with {value}, which is none of the primary's values, and the standby's state does \
                     not tell its own",
                    label(record)
                );
                return Err(unknown(&record.span, reason));
            }
        }
        Ok(())
    }
}

fn unknown(span: &Span, reason: String) -> InUse {
    InUse::DnsUnknown { reason, span: Some(Box::new(span.clone())), source: None }
}

/// Refuses where a run of the plan is not finished, or the last one that settled where traffic is left it with the
/// standby.
///
/// # Errors
/// The journal says so, or cannot be read.
pub async fn refuse_by_journal(stores: &JournalStores, plan: &str) -> Result<(), InUse> {
    let journal = |source| InUse::JournalUnknown { source: Box::new(source) };
    if let Some(log) = unfinished_run(stores, plan).await.map_err(journal)? {
        return Err(InUse::Run { run: log.state.run });
    }
    let settled = last_settled(stores, plan).await;
    let settled = settled.map_err(|error| InUse::JournalUnknown { source: Box::new(error) })?;
    if let Some(told) = settled {
        let (run, Endpoint { side, region }) = (&told.run, &told.to);
        let how = match (told.outcome.as_str(), side) {
            ("succeeded", Side::Primary) => return Ok(()),
            ("succeeded", Side::Standby) => format!("run {run}, a {}, moved traffic to {region}", told.job),
            (outcome, _) => format!("run {run}, a {}, ended as {outcome}, and left traffic in doubt", told.job),
        };
        return Err(InUse::LeftActive { how });
    }
    Ok(())
}
