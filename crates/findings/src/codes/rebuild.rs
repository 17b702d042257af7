//! Pages of the rebuild and validate parts.

pages! {
    R_RESIDUE = "PL-R101", "a reference to the primary region is left", "A value that the standby would create still names the primary region, one of its zones or one of its objects. In the hour when the primary is gone, the standby would depend on it. Add the value to map in the stack's standby block, or allow it by name.";
}
