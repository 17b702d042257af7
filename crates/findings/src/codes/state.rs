//! Pages of the state part.

pages! {
    S_SYNTAX = "PL-S101", "the state file could not be parsed", "The file is not JSON, or not Terraform state of version 4. The message names the line and the column, or the path inside the state.";
}
