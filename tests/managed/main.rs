//! Databases that AWS promotes, machines and a table that are turned up: an RDS read replica whose data is in a real
//! PostgreSQL, an Aurora global database, an Auto Scaling group, and a size that Terraform changes. One lab, and the
//! chapters one after another: each leaves customers in the primary region.
//!
//! What is true is asked of the AWS CLI, Terraform, the databases and the DNS servers, not of Pilotlight.

mod customers;
mod dark;
mod drilled;
mod estate;

use estate::{Till, World};
use pilotlight_tests::{Random, Rehearsal};

#[test]
fn databases_that_aws_promotes_and_sizes() {
    let lab = Rehearsal::start("managed");
    let mut random = Random::seeded(&lab);
    let mut till = lab.chapter("the estate in both regions, by Terraform and rebuild", || Till::make(&lab));
    till.expect(World::AT_HOME);
    lab.chapter("a live drill, killed, resumed and taken over", || drilled::there_and_back(&mut till, &mut random));
    lab.chapter("the region dark, killed and resumed, and back", || dark::there_and_back(&mut till, &mut random));
    lab.stop();
}
