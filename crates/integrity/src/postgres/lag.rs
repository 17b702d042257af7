//! How far a standby is behind, and what is not known of it.

use super::{DatabaseUrl, Position, PostgresError, ServerRole, SessionOptions, position};
use std::time::Duration;

/// From which servers a lag was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasuredFrom {
    /// Both answered.
    BothSides,
    /// The primary gave no answer: what it wrote and never sent is not known.
    StandbyAlone,
}

/// How far a standby is behind its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Who answered.
    pub measured_from: MeasuredFrom,
    /// Bytes of log that the primary has written and the standby has not replayed. The standby is read first, so
    /// this is never too small. Unknown without the primary.
    pub bytes: Option<u64>,
    /// How old the newest commit is that the standby has: zero where no byte is missing, else the time since the
    /// last commit that it replayed. Everything committed before that is there, so at most the writes of this
    /// long would be lost. It is an upper bound: a primary that was idle makes it larger than the loss. It
    /// compares the clocks of two servers. Unknown without the primary, as an idle primary and a silent one look
    /// the same from the standby; [`Position::last_commit_age`] is what is left then.
    pub time: Option<Duration>,
    /// Bytes that the standby has received and not replayed. A promotion replays them first: they are not lost.
    pub unreplayed: Option<u64>,
    /// The standby, as it was read.
    pub standby: Position,
    /// The primary, as it was read.
    pub primary: Option<Position>,
    /// Why the primary was not read.
    pub primary_error: Option<String>,
}

/// Measures how far `standby` is behind `primary`; from the standby alone where the primary does not answer or
/// is not asked.
///
/// # Errors
/// The standby gave no answer; or what was found is no primary and a standby of it: [`PostgresError::Forbidden`].
pub async fn lag(
    primary: Option<&DatabaseUrl>,
    standby: &DatabaseUrl,
    options: &SessionOptions,
) -> Result<Lag, PostgresError> {
    let standby_position = position(standby, options).await?;
    let forbidden = |at: &DatabaseUrl, reason: String| PostgresError::Forbidden {
        at: at.to_string(),
        what: "measure the lag".into(),
        reason,
    };
    if standby_position.role == ServerRole::Primary {
        return Err(forbidden(standby, "it is no standby: it is not in recovery".into()));
    }
    let (primary_position, primary_error) = match primary {
        None => (None, Some("the primary was not asked".to_owned())),
        Some(url) => match position(url, options).await {
            Ok(position) if position.role == ServerRole::Standby => {
                return Err(forbidden(url, "it is no primary: it is in recovery".into()));
            }
            Ok(position) if position.system != standby_position.system => {
                let reason = format!(
                    "it is another cluster (system identifier {}) than {standby} ({})",
                    position.system, standby_position.system
                );
                return Err(forbidden(url, reason));
            }
            Ok(position) => (Some(position), None),
            Err(error) => (None, Some(error.to_string())),
        },
    };
    Ok(measure(standby_position, primary_position, primary_error))
}

fn measure(standby: Position, primary: Option<Position>, primary_error: Option<String>) -> Lag {
    let written = primary.as_ref().and_then(|primary| primary.written);
    let bytes = written.zip(standby.replayed).map(|(written, replayed)| written.since(replayed));
    let time = match bytes {
        Some(0) => Some(Duration::ZERO),
        Some(_) => standby.last_commit_age,
        None => None,
    };
    let unreplayed = standby.received.zip(standby.replayed).map(|(received, replayed)| received.since(replayed));
    let measured_from = if primary.is_some() { MeasuredFrom::BothSides } else { MeasuredFrom::StandbyAlone };
    Lag { measured_from, bytes, time, unreplayed, standby, primary, primary_error }
}

/// One line for a person.
impl std::fmt::Display for Lag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.measured_from, self.bytes, self.time) {
            (MeasuredFrom::BothSides, Some(0), _) => f.write_str("nothing is missing at the standby")?,
            (MeasuredFrom::BothSides, Some(bytes), Some(time)) => {
                write!(f, "{bytes} bytes behind, at most {:.1} s of writes", time.as_secs_f64())?;
            }
            (MeasuredFrom::BothSides, Some(bytes), None) => {
                write!(f, "{bytes} bytes behind; how long is not known, as the standby replayed no commit yet")?;
            }
            (MeasuredFrom::BothSides, None, _) => f.write_str("not known: the standby has replayed nothing yet")?,
            (MeasuredFrom::StandbyAlone, ..) => {
                f.write_str("not known, as measured from the standby alone")?;
                match &self.standby.last_commit_at {
                    Some(at) => write!(f, ": its last replayed commit is of {at}")?,
                    None => f.write_str(": it replayed no commit since it was started")?,
                }
                if let Some(bytes @ 1..) = self.unreplayed {
                    write!(f, ", and {bytes} bytes received are still to be replayed")?;
                }
            }
        }
        if self.standby.replay_paused {
            f.write_str("; the replay is paused")?;
        }
        if !self.standby.receiving {
            f.write_str("; the standby is not connected to its primary")?;
        }
        Ok(())
    }
}
