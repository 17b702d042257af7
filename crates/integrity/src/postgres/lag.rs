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
    let found = position(standby, options).await?;
    let primary = match primary {
        None => Err("the primary was not asked".to_owned()),
        Some(url) => position(url, options).await.map_err(|error| error.to_string()),
    };
    Lag::of(found, primary).map_err(|reason| PostgresError::Forbidden {
        at: standby.to_string(),
        what: "measure the lag".into(),
        reason,
    })
}

impl Lag {
    /// The lag of a standby, read before its primary was; or why there is no primary to compare with.
    ///
    /// # Errors
    /// They are no primary and a standby of it: why not.
    pub fn of(standby: Position, primary: Result<Position, String>) -> Result<Self, String> {
        if standby.role == ServerRole::Primary {
            return Err("it is no standby: it is not in recovery".into());
        }
        let (primary, primary_error) = match primary {
            Ok(primary) if primary.role == ServerRole::Standby => {
                return Err("its primary is none: it is in recovery".into());
            }
            Ok(primary) if primary.system != standby.system => {
                return Err(format!(
                    "it is no standby of that primary: its system identifier is {}, the primary's {}",
                    standby.system, primary.system
                ));
            }
            Ok(primary) => (Some(primary), None),
            Err(cause) => (None, Some(cause)),
        };
        let written = primary.as_ref().and_then(|primary| primary.written);
        let bytes = written.zip(standby.replayed).map(|(written, replayed)| written.since(replayed));
        let time = match bytes {
            Some(0) => Some(Duration::ZERO),
            Some(_) => standby.last_commit_age,
            None => None,
        };
        let unreplayed = standby.received.zip(standby.replayed).map(|(received, replayed)| received.since(replayed));
        let measured_from = if primary.is_some() { MeasuredFrom::BothSides } else { MeasuredFrom::StandbyAlone };
        Ok(Self { measured_from, bytes, time, unreplayed, standby, primary, primary_error })
    }
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
