//! Against real servers: a primary, its streaming standby, and whoever writes at the wrong time. The programs of
//! PostgreSQL have to be on the PATH.

mod cluster;
mod comparing;
mod fencing;
mod lagging;
mod promoting;
mod serving;
mod tls;
