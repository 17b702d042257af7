//! What of a region's quotas a standby takes: the quotas, and what its objects count as.

mod layout;
mod needs;
mod table;

pub use layout::Layout;
pub use needs::{Needs, Parent, needs_of_plan, needs_of_states};
pub(crate) use table::Counted;
pub use table::{QuotaRow, quota_rows};
