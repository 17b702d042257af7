//! DB instances of the emulated RDS whose data is the lab's PostgreSQL: what RDS does to such an instance is done to the
//! server of its region.

use crate::emulator::Told;
use crate::postgres::pair::Databases;
use serde::Deserialize;
use std::sync::Arc;

/// What became of an instance, with its region.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    /// It is made a read replica of the other region's.
    Follows(String),
    /// It was promoted.
    Promoted(String),
}

/// Does to the servers what is told of the instances, in order, until the emulator ends.
pub(crate) async fn act(mut told: Told, databases: Arc<Databases>) {
    while let Ok(Some(line)) = told.next_line().await {
        let done = match serde_json::from_str(&line) {
            Ok(Event::Follows(region)) => databases.resync(&region).await.map(drop),
            Ok(Event::Promoted(region)) => databases.promote(&region).await,
            Err(error) => {
                tracing::warn!(%error, line, "the emulator said something that nobody understands");
                continue;
            }
        };
        // RDS would not tell either: whoever looks at the server sees that it is not what the instance says.
        if let Err(error) = done {
            tracing::warn!(%error, line, "a database did not do what its DB instance does");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulators_words_are_understood() {
        let event = |line| serde_json::from_str::<Event>(line).expect(line);
        assert_eq!(event(r#"{"follows": "eu-west-1"}"#), Event::Follows("eu-west-1".into()));
        assert_eq!(event(r#"{"promoted": "eu-central-1"}"#), Event::Promoted("eu-central-1".into()));
    }
}
