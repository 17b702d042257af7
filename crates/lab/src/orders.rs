//! The shop's orders, as the app of a region keeps them: in the database of its own region.

pub(crate) mod ledger;
pub(crate) mod pool;
pub(crate) mod routes;
