//! Pages of the plan part.

pages! {
    P_SYNTAX = "PL-P101", "the plan file is no valid HCL", "The plan could not be parsed. The message names the line and what was expected there.";
}
