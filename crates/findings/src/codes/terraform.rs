//! Pages of the terraform part.

pages! {
    T_NOT_FOUND = "PL-T101", "no terraform or tofu program was found", "Neither terraform nor tofu is on PATH. Install one of them, or name it with --terraform PATH.";
}
