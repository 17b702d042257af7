//! Pages of the command line.

pages! {
    U_USAGE = "PL-U101", "the command line is wrong",
        "An argument is missing, unknown or contradicts another. The message names it; pilotlight help COMMAND lists them all.";
    U_IO = "PL-U102", "a file or stream could not be used",
        "Reading or writing a file, a folder or a stream failed for the reason given: it does not exist, access is denied, the disk is full. Nothing half-written is left: files are written beside their place and then renamed.";
    U_TERMINAL = "PL-U103", "a question could not be asked",
        "The command asks before it changes anything, and there is no terminal to ask on. Read what it would do with --dry-run, then repeat it with --yes.";
    U_DECLINED = "PL-U104", "the change was declined",
        "The answer to the question was not yes, so nothing was changed.";
    U_NO_STATE = "PL-U105", "a state is missing",
        "There is no object at the place where the plan says that the stack's state is. For the primary: the stack was never applied, or the state attribute is wrong. For the standby: it was not built yet; pilotlight rebuild PLAN --apply builds it.";
}
