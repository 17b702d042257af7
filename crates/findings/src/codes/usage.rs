//! Pages of the command line.

pages! {
    U_USAGE = "PL-U101", "the command line is wrong", "An argument is missing, unknown or contradicts another. The message names it; pilotlight help COMMAND lists them all.";
}
