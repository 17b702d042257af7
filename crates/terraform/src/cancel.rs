//! Asking a running program to end.

use tokio::sync::watch;

/// What was asked for. Ordered: each request is stronger than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Request {
    None,
    Interrupt,
    Kill,
}

/// The end that asks: the handler of Ctrl-C holds it.
#[derive(Debug)]
pub struct Canceller(watch::Sender<Request>);

/// The end that is asked. Clones see the same requests.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<Request>);

/// A pair of ends.
pub fn cancellation() -> (Canceller, Cancel) {
    let (sender, receiver) = watch::channel(Request::None);
    (Canceller(sender), Cancel(receiver))
}

impl Canceller {
    /// Asks to end: the first time by an interrupt that is waited for, from then on by a kill.
    pub fn request(&self) {
        self.0.send_modify(|request| {
            *request = if *request == Request::None { Request::Interrupt } else { Request::Kill };
        });
    }
}

impl Cancel {
    /// One that is never asked.
    pub fn never() -> Self {
        cancellation().1
    }

    /// Whether anything was asked for so far.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() > Request::None
    }

    /// Waits for a request stronger than `seen`; for ever where the other end is gone.
    pub(crate) async fn beyond(&mut self, seen: Request) -> Request {
        // The guard is let go of at once, so that whoever waits here may be moved to another thread.
        let asked = self.0.wait_for(|request| *request > seen).await.map(|request| *request);
        match asked {
            Ok(request) => request,
            Err(_) => std::future::pending().await,
        }
    }
}
