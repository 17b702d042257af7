//! What a plugin writes, kept for the moment when it has to explain itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

/// Enough for a panic with its first goroutines; more is a log (`TF_LOG`).
const KEPT: usize = 64 * 1024;

/// How long a plugin's last words may take to arrive after its connection broke.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The end of what a plugin wrote. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail {
    kept: Arc<Mutex<Vec<u8>>>,
    ended: watch::Sender<bool>,
}

impl Tail {
    /// Keeps these bytes, and of those before them as much as fits.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        if kept.len() > 2 * KEPT {
            let surplus = kept.len() - KEPT;
            kept.drain(..surplus);
        }
    }

    /// Reads standard error to its end, which is the plugin's.
    pub(crate) async fn follow_errors(self, from: impl AsyncRead + Unpin) {
        self.clone().follow(from).await;
        self.ended.send_replace(true);
    }

    /// The words of a plugin that ends, or seems to: those that are still on their way are waited for.
    pub(crate) async fn last_words(&self) -> Option<String> {
        let mut ended = self.ended.subscribe();
        // One that does not end has nothing more to say.
        if tokio::time::timeout(LAST_WORDS, ended.wait_for(|ended| *ended)).await.is_err() {
            tracing::debug!("a plugin whose connection broke still runs");
        }
        self.words()
    }

    /// Reads to the end.
    pub(crate) async fn follow(self, mut from: impl AsyncRead + Unpin) {
        let mut chunk = [0; 8192];
        while let Ok(count @ 1..) = from.read(&mut chunk).await {
            self.push(&chunk[..count]);
        }
    }

    /// The line that says most: a panic's, an error's, or the last one. None where nothing was written.
    pub(crate) fn words(&self) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let fatal = |line: &&&str| line.starts_with("panic:") || line.starts_with("fatal error:");
        let line = lines.iter().find(fatal).or_else(|| lines.iter().rev().find(|line| !line.starts_with('{')));
        Some((*line.or(lines.last())?).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_more_than_its_last_goroutine_and_words_more_than_logs() {
        let tail = Tail::default();
        assert_eq!(tail.words(), None);
        tail.push(b"{\"@level\":\"debug\"}\n");
        assert_eq!(tail.words().as_deref(), Some("{\"@level\":\"debug\"}"));
        tail.push(b"cannot find a region\n{\"@level\":\"debug\"}\n");
        assert_eq!(tail.words().as_deref(), Some("cannot find a region"));
        tail.push(b"panic: nil map\n\ngoroutine 1 [running]:\nmain.main()\n");
        assert_eq!(tail.words().as_deref(), Some("panic: nil map"));
    }

    #[test]
    fn only_the_end_is_kept() {
        let tail = Tail::default();
        for _ in 0..100 {
            tail.push(&[b'x'; 4096]);
        }
        tail.push(b"\nend\n");
        assert!(tail.kept.lock().expect("unpoisoned").len() <= 2 * KEPT + 5);
        assert_eq!(tail.words().as_deref(), Some("end"));
    }
}
