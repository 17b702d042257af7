//! What is done to a running lab in a rehearsal.

use crate::control;
use crate::faults::Fault;
use crate::handle::Handle;
use crate::lab::{Lab, LabError};
use crate::postgres::pair::Lag;
use std::net::Ipv4Addr;

impl Lab {
    /// Makes `/health` of the app at a public address answer 500.
    ///
    /// # Errors
    /// The lab doesn't answer.
    pub async fn break_app(&self, address: Ipv4Addr) -> Result<(), LabError> {
        control::call(&self.handle, "POST", &format!("/break/{address}")).await?;
        Ok(())
    }

    /// Makes it answer 200 again.
    ///
    /// # Errors
    /// The lab doesn't answer.
    pub async fn repair_app(&self, address: Ipv4Addr) -> Result<(), LabError> {
        control::call(&self.handle, "POST", &format!("/repair/{address}")).await?;
        Ok(())
    }

    /// Kills the database of a region as a machine that loses its power.
    ///
    /// # Errors
    /// The lab has none there, or doesn't answer.
    pub async fn kill_database(&self, region: &str) -> Result<(), LabError> {
        control::change(&self.handle, &format!("/database/kill/{region}")).await?;
        Ok(())
    }

    /// Starts it again as what it was: a primary is one again, whatever the other became meanwhile.
    ///
    /// # Errors
    /// The lab has none there or it doesn't start, or the lab doesn't answer.
    pub async fn start_database(&self, region: &str) -> Result<(), LabError> {
        control::change(&self.handle, &format!("/database/start/{region}")).await?;
        Ok(())
    }

    /// Makes the database of a region a standby of the other one; what it alone had written is gone then. Says how.
    ///
    /// # Errors
    /// The other one is no primary, or the lab doesn't answer.
    pub async fn resync_database(&self, region: &str) -> Result<String, LabError> {
        Ok(control::change(&self.handle, &format!("/resync/{region}")).await?.trim().to_owned())
    }

    /// Makes the standby lag on purpose, or ends that.
    ///
    /// # Errors
    /// No database is a standby that answers, or the lab doesn't answer.
    pub async fn lag(&self, lag: Lag) -> Result<(), LabError> {
        let word = match lag {
            Lag::Pause => "pause",
            Lag::Block => "block",
            Lag::Clear => "clear",
        };
        control::change(&self.handle, &format!("/lag/{word}")).await?;
        Ok(())
    }

    /// Makes a region dark, all at once: its API, its apps and its database. `silent`: calls to its API are never
    /// answered, rather than refused. The API of us-east-1 is that of the global services too. Says what went dark.
    ///
    /// # Errors
    /// That is no region, or the lab doesn't answer.
    pub async fn blackout(&self, region: &str, silent: bool) -> Result<String, LabError> {
        let silent = if silent { "/silent" } else { "" };
        Ok(control::change(&self.handle, &format!("/blackout/{region}{silent}")).await?.trim().to_owned())
    }

    /// Ends the blackout of a region. Its database, where it is to come back too, is what it was.
    ///
    /// # Errors
    /// That is no region, its database doesn't start, or the lab doesn't answer.
    pub async fn restore(&self, region: &str, with_database: bool) -> Result<String, LabError> {
        let without = if with_database { "" } else { "/without-database" };
        Ok(control::change(&self.handle, &format!("/restore/{region}{without}")).await?.trim().to_owned())
    }

    /// Makes calls to the AWS API fail; gives the fault's number.
    ///
    /// # Errors
    /// The fault is none, or the lab doesn't answer.
    pub async fn add_fault(&self, fault: &Fault) -> Result<u64, LabError> {
        let answer = control::give(&self.handle, "/fault", serde_json::json!(fault).to_string()).await?;
        let id = serde_json::from_str::<serde_json::Value>(&answer).ok().and_then(|answer| answer["id"].as_u64());
        id.ok_or_else(|| LabError::File {
            path: Handle::path(&self.folder),
            source: std::io::Error::other(format!("the lab answers {answer:?} instead of a fault's number")),
        })
    }

    /// Ends one fault, or all of them.
    ///
    /// # Errors
    /// The lab doesn't answer.
    pub async fn clear_faults(&self, id: Option<u64>) -> Result<(), LabError> {
        let one = id.map(|id| format!("/{id}")).unwrap_or_default();
        control::change(&self.handle, &format!("/faults/clear{one}")).await?;
        Ok(())
    }
}
