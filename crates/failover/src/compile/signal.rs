//! `method = "signal"`: what name servers answer before and after is known from the states alone; Route 53's control plane
//! is not asked.

use super::records::{Compiled, Move, SignalTarget, sides};
use super::values::Answer;
use super::{CompileError, Input};
use crate::{HostedZone, ObservedTraffic, RecordChange, RecordChanges, RecordSet};
use pilotlight_findings::{Finding, Side};
use pilotlight_plan::{Signal, TrafficRecord, TrafficSet};

/// What becomes of a traffic set that follows a signal.
pub(super) fn compile_signal(
    input: &Input<'_>,
    set: &TrafficSet,
    signal: &Signal,
    seen: &ObservedTraffic,
    notes: &mut Vec<Finding>,
) -> Result<Compiled, CompileError> {
    let mut records = Vec::with_capacity(set.records.len());
    for record in &set.records {
        let sides = sides(input, &seen.zone.name, record, &[], notes)?;
        // What a lost primary answered is not known where its state is lost too; that its answer is gone is seen all the
        // same, as the standby's is known.
        let left = sides.left.unwrap_or(Answer::Values(Vec::new()));
        records.push(RecordChange { before: expected(record, &left), after: expected(record, &sides.target) });
    }
    let zone = HostedZone { id: String::new(), ..seen.zone.clone() };
    let whole = RecordChanges { traffic: set.name.clone(), zone, records };
    let target = SignalTarget { url: signal.url.clone(), raised: input.to == Side::Standby };
    Ok(Compiled { moves: vec![Move { percent: 100, changes: whole.clone() }], whole, hold: None, signal: Some(target) })
}

/// The set that name servers would answer from: its answer and the TTL that the plan expects, nothing that Route 53 knows.
fn expected(record: &TrafficRecord, answer: &Answer) -> RecordSet {
    let bare = RecordSet {
        name: record.name.clone(),
        record_type: record.record_type.clone(),
        ttl: record.ttl.map(|ttl| ttl.as_secs()),
        values: Vec::new(),
        alias: None,
        set_identifier: None,
        weight: None,
        failover: None,
        health_check_id: None,
        other_routing: None,
    };
    answer.put_into(&bare)
}
