//! Pages of the drift part.

pages! {
    D_UNREAD = "PL-D105", "a resource could not be read", "AWS refused or failed to answer for this resource, or no reader knows its type. Its state is unknown: the verdict is incomplete (exit 3), never clean. The message names the type and the cause.";
}
