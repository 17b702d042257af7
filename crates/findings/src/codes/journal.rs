//! Pages of the journal and its stores.

pages! {
    J_CHAIN = "PL-J101", "the journal was altered", "An event of this run is missing, was changed, or stands in another order than it was written: its hash does not fit the one before. Nothing may be resumed from a journal that cannot be trusted. Compare with the copies in the plan's other journal stores.";
}
