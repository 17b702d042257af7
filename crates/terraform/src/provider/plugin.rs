//! A plugin's process: started, spoken to over its socket, ended.

use crate::process::Group;
use crate::provider::PluginError;
use crate::provider::handshake::{COOKIE, Handshake, NOT_INHERITED, PROTOCOLS};
use crate::provider::schema::Protocol;
use crate::provider::stderr::Tail;
use crate::provider::wire::{Empty, StdioData};
use crate::watch::Watch;
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use prost::Message;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

/// Variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// go-plugin gives a plugin a minute to start; a cold one of 700 MB from a slow disk takes a few seconds.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A handshake has some hundred bytes; a program that is no plugin may write without end.
const LINE_LIMIT: u64 = 16 * 1024;

/// As Terraform has it (`grpcMaxMessageSize`): a large schema takes tens of megabytes.
const MAX_MESSAGE: usize = 256 << 20;

/// HTTP/2 windows: with the usual 64 KB a schema comes in many small pieces.
const WINDOW: u32 = 16 << 20;

/// How often, and how far apart, the start of a program that is open for writing is tried.
const BUSY: (u32, Duration) = (50, Duration::from_millis(20));

/// How long a plugin may take to end by itself; go-plugin waits as long before it kills.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// A plugin that runs. Its process group is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) protocol: Protocol,
    path: PathBuf,
    channel: Channel,
    tail: Tail,
    socket: PathBuf,
    group: Group,
    child: Child,
    /// Dropped, and with that ended, after the group is killed.
    watch: Option<Watch>,
}

impl Plugin {
    /// Starts the program with this environment and no other variables than those of the handshake.
    pub(crate) async fn start(path: &Path, environment: &Environment) -> Result<Self, PluginError> {
        let tail = Tail::default();
        let mut command = Command::new(path);
        command.env_clear().envs(environment).env(COOKIE.0, COOKIE.1).env(PROTOCOLS.0, PROTOCOLS.1);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut child =
            spawn(&mut command).await.map_err(|source| PluginError::Start { path: path.to_owned(), source })?;
        let group = Group::of(&child);
        let watch = child.id().and_then(Watch::that_kills);
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(tail.clone().follow_errors(stderr));
        }
        let path_of = || path.to_owned();
        let line = match tokio::time::timeout(START_TIMEOUT, first_line(&mut child, &tail)).await {
            Ok(line) => line,
            Err(_) => {
                return Err(PluginError::Silent { path: path_of(), waited: START_TIMEOUT, words: tail.words() });
            }
        };
        let handshake = match line.and_then(|line| Handshake::parse(&line)) {
            Ok(handshake) => handshake,
            Err(why) => {
                return Err(PluginError::Handshake { path: path_of(), why, words: tail.last_words().await });
            }
        };
        let channel = connect(&handshake.socket).await.map_err(|source| PluginError::Connect {
            path: path.to_owned(),
            source,
            words: tail.words(),
        })?;
        tokio::spawn(follow_stdio(channel.clone(), tail.clone()));
        let Handshake { protocol, socket } = handshake;
        Ok(Self { protocol, path: path.to_owned(), channel, tail, socket, group, child, watch })
    }

    /// Calls a method, `/tfplugin5.Provider/ReadResource`.
    pub(crate) async fn call<Asked, Answer>(&self, method: &'static str, asked: Asked) -> Result<Answer, PluginError>
    where
        Asked: Message + 'static,
        Answer: Message + Default + 'static,
    {
        let status = match unary(self.channel.clone(), method, asked).await {
            Ok(answer) => return Ok(answer),
            Err(status) => status,
        };
        let method = method.rsplit('/').next().unwrap_or(method);
        if is_broken(&status) {
            return Err(PluginError::Ended { method, words: self.tail.last_words().await });
        }
        let why = if status.message().is_empty() {
            status.code().description().to_owned()
        } else {
            status.message().to_owned()
        };
        Err(PluginError::Call { method, why })
    }

    /// Ends it: asks, waits, and kills where that does not help.
    pub(crate) async fn end(mut self) {
        let asked = async {
            // go-plugin stops its server before it answers: a broken connection is the usual answer.
            let shutdown = "/plugin.GRPCController/Shutdown";
            if let Err(status) = unary::<_, Empty>(self.channel.clone(), shutdown, Empty {}).await {
                tracing::debug!(%status, "shutdown");
            }
            self.child.wait().await
        };
        match tokio::time::timeout(END_TIMEOUT, asked).await {
            Ok(Ok(status)) => {
                tracing::debug!(plugin = %self.path.display(), %status, "ended");
                // The watch must not signal a group that is no more ours.
                if let Some(watch) = self.watch.take() {
                    watch.end().await;
                }
                self.group.release();
            }
            Ok(Err(error)) => tracing::debug!(%error, "wait for a plugin"),
            Err(_) => {
                tracing::debug!(plugin = %self.path.display(), "it did not end by itself");
                self.group.kill();
                if let Err(error) = self.child.wait().await {
                    tracing::debug!(%error, "wait for a killed plugin");
                }
            }
        }
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.group.kill();
        // A plugin that is killed leaves its socket.
        if let Err(error) = std::fs::remove_file(&self.socket)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(%error, socket = %self.socket.display(), "remove a plugin's socket");
        }
    }
}

/// Starts a program that may just have been unpacked. Where a child that was forked meanwhile still holds the file
/// that it was written through, the system refuses to execute it (ETXTBSY) until that child is another program.
async fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..BUSY.0 {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => tokio::time::sleep(BUSY.1).await,
            started => return started,
        }
    }
    command.spawn()
}

/// Whether the connection failed, and not the call.
fn is_broken(status: &Status) -> bool {
    let caused = std::error::Error::source(status).is_some();
    matches!(status.code(), tonic::Code::Unavailable | tonic::Code::Unknown | tonic::Code::Cancelled) && caused
}

/// The first line of standard output; what follows is kept with the errors.
async fn first_line(child: &mut Child, tail: &Tail) -> Result<String, String> {
    let Some(stdout) = child.stdout.take() else { return Err("it has no standard output".to_owned()) };
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    match (&mut stdout).take(LINE_LIMIT).read_line(&mut line).await {
        Ok(0) => {
            let ended = child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(format!("it ended without a word on its standard output ({ended})"))
        }
        Ok(_) => {
            tokio::spawn(tail.clone().follow(stdout));
            Ok(line)
        }
        Err(error) => Err(format!("its standard output could not be read: {error}")),
    }
}

async fn connect(socket: &Path) -> Result<Channel, tonic::transport::Error> {
    let socket = socket.to_owned();
    // The name is never looked up: the connector opens the socket.
    Endpoint::from_static("http://localhost")
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .connect_with_connector(tower::service_fn(move |_: http::Uri| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        }))
        .await
}

async fn ready(channel: Channel) -> Result<Grpc<Channel>, Status> {
    let mut grpc = Grpc::new(channel).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE);
    grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
    Ok(grpc)
}

async fn unary<Asked, Answer>(channel: Channel, method: &'static str, asked: Asked) -> Result<Answer, Status>
where
    Asked: Message + 'static,
    Answer: Message + Default + 'static,
{
    let codec = ProstCodec::<Asked, Answer>::default();
    let mut grpc = ready(channel).await?;
    Ok(grpc.unary(Request::new(asked), PathAndQuery::from_static(method), codec).await?.into_inner())
}

/// Takes what the plugin writes once it serves: go-plugin redirects its output to a call, and a plugin that
/// nobody listens to stops at a full pipe.
async fn follow_stdio(channel: Channel, tail: Tail) {
    let stream = async {
        let codec = ProstCodec::<Empty, StdioData>::default();
        let method = PathAndQuery::from_static("/plugin.GRPCStdio/StreamStdio");
        let mut grpc = ready(channel).await?;
        let mut stream = grpc.server_streaming(Request::new(Empty {}), method, codec).await?.into_inner();
        while let Some(written) = stream.message().await? {
            tail.push(&written.data);
        }
        Ok::<_, Status>(())
    };
    if let Err(status) = stream.await {
        // An older plugin has no such service; the end of the plugin ends the stream.
        tracing::trace!(%status, "a plugin's output");
    }
}
