//! Who runs a lab: a thread of this process, or a process of its own.

use crate::handle::Handle;
use crate::lab::{LabError, Options};
use crate::services::Services;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A detached lab's start is Python's (a second or two, many on a busy machine).
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// How often something that is awaited is looked at.
const POLL: Duration = Duration::from_millis(50);

/// The thread that runs a lab in this process.
#[derive(Debug)]
pub(crate) struct Hosted {
    shutdown: Arc<Notify>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.shutdown.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic in there was printed when it happened.
            let _ = thread.join();
        }
    }
}

/// Runs the lab on a thread with a runtime of its own, so that a caller who blocks, as tests do while
/// a program runs, doesn't hold it up.
pub(crate) async fn host_here(folder: &Path, cache: &Path, programs: &Path) -> Result<(Handle, Hosted), LabError> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let (folder_there, cache, programs) = (folder.to_owned(), cache.to_owned(), programs.to_owned());
    let file = |source| LabError::File { path: folder.to_owned(), source };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("lab")
        .enable_all()
        .build()
        .map_err(file)?;
    let thread = std::thread::Builder::new()
        .name("lab".into())
        .spawn(move || {
            runtime.block_on(async {
                match Services::start(&folder_there, &cache, Some(&programs)).await {
                    Ok(services) => {
                        // A caller who has gone away wants no lab.
                        if tell.send(Ok((services.handle().clone(), services.shutdown()))).is_ok()
                            && let Err(error) = services.run().await
                        {
                            tracing::error!(%error, "the lab ended");
                        }
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
            });
        })
        .map_err(file)?;
    let started = told.await.map_err(|_| file(std::io::Error::other("the lab's thread ended at once")))?;
    let (handle, shutdown) = started?;
    Ok((handle, Hosted { shutdown, thread: Some(thread) }))
}

pub(crate) async fn host_detached(program: &Path, options: &Options, programs: &Path) -> Result<Handle, LabError> {
    let log = options.folder.join("serve.log");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| LabError::File { path, source }
    };
    let errors = std::fs::File::create(&log).map_err(failed(&log))?;
    let mut command = std::process::Command::new(program);
    command.args(["lab", "serve", "--dir"]).arg(&options.folder).arg("--cache").arg(&options.cache);
    command.arg("--postgres").arg(programs);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    // A group of its own: Ctrl-C in this terminal is not meant for it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(failed(program))?;
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        if let Some(handle) = Handle::read(&options.folder)? {
            return Ok(handle);
        }
        let said = match child.try_wait().map_err(failed(program))? {
            Some(status) => {
                let text = std::fs::read_to_string(&log).unwrap_or_default();
                format!("it ended with {status}: {}", text.trim())
            }
            None if Instant::now() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                format!("it was not ready within {START_TIMEOUT:?}")
            }
            None => {
                tokio::time::sleep(POLL).await;
                continue;
            }
        };
        return Err(LabError::Detached { said, log });
    }
}
