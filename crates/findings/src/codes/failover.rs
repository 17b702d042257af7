//! Pages of the failover part.

pages! {
    F_ROLLED_BACK = "PL-F110", "the run failed and was rolled back", "A step before the switch failed, so the run undid what it had done, in reverse order. DNS answers as before. The report names the step and its cause.";
}
