//! Ctrl-C and SIGTERM: the first stops between steps, the second stops now.

use tokio::sync::watch;

/// What a shell gives for a program that Ctrl-C ended: 128 and the number of SIGINT.
pub(crate) const INTERRUPTED: i32 = 130;

/// Becomes `true` when a person asked to stop.
pub(crate) fn on_signals() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let mut asked = 0u8;
        loop {
            wait_for_signal().await;
            asked += 1;
            if asked > 1 {
                // The journal holds what was done; `run resume` goes on from there.
                std::process::exit(INTERRUPTED);
            }
            if sender.send(true).is_err() {
                std::process::exit(INTERRUPTED);
            }
        }
    });
    receiver
}

#[cfg(unix)]
pub(crate) async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
pub(crate) async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
