//! Who owns a moved record, and what the next apply of its stack does: by HCL and states in files, and held against
//! what terraform itself plans after the move.

mod estate;
mod real_terraform;
mod told;
