//! The lab with its real parts: what AWS, DNS, the databases and the apps say, and what becomes of them when they are
//! killed.

mod customer;
mod databases;
mod faults;
mod managed;
mod names;
mod rehearsal;
