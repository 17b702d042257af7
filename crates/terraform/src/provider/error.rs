use pilotlight_findings::{Code, Explain, codes};
use std::path::PathBuf;
use std::time::Duration;

/// Why a provider's plugin gives no answers.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// No executable of it was found.
    #[error("find the plugin of {provider}{}: {why}", version.as_ref().map_or_else(String::new, |v| format!(" {v}")))]
    NotFound {
        /// `registry.terraform.io/hashicorp/aws`
        provider: String,
        /// The version that is wanted, where one is known.
        version: Option<String>,
        /// What was looked through, or what installing it said.
        why: String,
    },
    /// It is there and cannot be used.
    #[error("unpack {}", path.display())]
    Unpack {
        /// The packed plugin.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The program could not be started.
    #[error("start the plugin {}", path.display())]
    Start {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It was started and is no plugin that can be spoken to.
    #[error("speak to the plugin {}: {why}{}", path.display(), words_of(words))]
    Handshake {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
        /// What it wrote.
        words: Option<String>,
    },
    /// It said nothing in time.
    #[error("get a first line from the plugin {} within {} seconds{}", path.display(), waited.as_secs(), words_of(words))]
    Silent {
        /// Which.
        path: PathBuf,
        /// How long it had.
        waited: Duration,
        /// What it wrote.
        words: Option<String>,
    },
    /// Its socket could not be opened.
    #[error("connect to the plugin {}{}", path.display(), words_of(words))]
    Connect {
        /// Which.
        path: PathBuf,
        /// Why.
        source: tonic::transport::Error,
        /// What it wrote.
        words: Option<String>,
    },
    /// A call was not answered.
    #[error("call {method} of the plugin: {why}")]
    Call {
        /// `GetSchema`
        method: &'static str,
        /// The plugin's or the connection's words.
        why: String,
    },
    /// The process ended before it answered.
    #[error("call {method} of the plugin: the plugin ended{}", words.as_ref().map_or_else(String::new, |w| format!(": {w}")))]
    Ended {
        /// `ReadResource`
        method: &'static str,
        /// Its last words.
        words: Option<String>,
    },
    /// A call was answered by errors of the provider's own.
    #[error("{what}: {said}")]
    Refused {
        /// `configure the provider`
        what: &'static str,
        /// The provider's words, in one line.
        said: String,
    },
    /// An answer is not what the protocol says.
    #[error("understand {what}: {why}")]
    Answer {
        /// `the schema of aws_sqs_queue`
        what: String,
        /// Why.
        why: String,
    },
}

fn words_of(words: &Option<String>) -> String {
    words.as_ref().map_or_else(String::new, |words| format!(" (it wrote: {words})"))
}

impl Explain for PluginError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } | Self::Unpack { .. } => codes::T_PLUGIN_NOT_FOUND,
            Self::Start { .. } | Self::Handshake { .. } | Self::Silent { .. } | Self::Connect { .. } => {
                codes::T_PLUGIN_START
            }
            Self::Call { .. } | Self::Ended { .. } | Self::Answer { .. } => codes::T_PLUGIN_CALL,
            Self::Refused { .. } => codes::T_PLUGIN_REFUSED,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { .. } => {
                "run `terraform init` in the stack's source, or name a folder of plugins with TF_PLUGIN_MIRROR"
                    .to_owned()
            }
            Self::Unpack { path, .. } => format!("fetch {} again", path.display()),
            Self::Start { path, .. } | Self::Handshake { path, .. } | Self::Silent { path, .. } => {
                format!("run `{}` by hand: a plugin says that it is one, and ends", path.display())
            }
            Self::Connect { .. } => "check that TMPDIR is a folder in which sockets can be made".to_owned(),
            Self::Call { .. } | Self::Ended { .. } => {
                "run again with TF_LOG=debug to see what the plugin does".to_owned()
            }
            Self::Refused { .. } => "give the provider what it asks for by its environment variables".to_owned(),
            Self::Answer { .. } => "use a released version of the provider".to_owned(),
        })
    }
}

impl PluginError {
    /// The error, its causes and the remedy, in one line.
    pub(crate) fn line(&self) -> String {
        let mut line = self.line_without_remedy();
        if let Some(remedy) = self.remedy() {
            line.push_str(&format!("; {remedy}"));
        }
        line
    }

    /// The error and its causes in one line.
    pub(crate) fn line_without_remedy(&self) -> String {
        let mut line = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            line.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        one_line(&line)
    }
}

/// Text as one line: every run of blanks and line breaks is one blank.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
