//! How a plugin says where it listens: go-plugin's handshake.
//!
//! Source: go-plugin, `docs/internals.md` and `server.go`. The program is told by two variables that it is started
//! as a plugin and which protocols are understood. The first line of its standard output is then
//! `1|PROTOCOL|NETWORK|ADDRESS|KIND|CERTIFICATE`, and newer ones add fields.

use crate::provider::schema::Protocol;
use std::path::PathBuf;

/// Terraform's cookie. Source: terraform-plugin-go, `tfprotov5/tf5server/server.go`.
pub(crate) const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The protocols that are understood here.
pub(crate) const PROTOCOLS: (&str, &str) = ("PLUGIN_PROTOCOL_VERSIONS", "5,6");

/// What would make the plugin ask for TLS or for one connection for several services: neither is of use on a
/// socket that only this user can open, and a variable of Terraform's own run must not ask for it.
pub(crate) const NOT_INHERITED: [&str; 4] =
    ["PLUGIN_CLIENT_CERT", "PLUGIN_MULTIPLEX_GRPC", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT"];

/// go-plugin's own version of the line.
const CORE_PROTOCOL: &str = "1";

/// Where a plugin listens, and what it speaks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handshake {
    pub(crate) protocol: Protocol,
    pub(crate) socket: PathBuf,
}

impl Handshake {
    /// Reads the line; the error says what is wrong with it.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.trim().split('|').collect();
        let [core, protocol, network, address, rest @ ..] = fields.as_slice() else {
            return Err(format!("its first line is {:?}, not a plugin's", shortened(line.trim())));
        };
        if *core != CORE_PROTOCOL {
            return Err(format!("it speaks version {core:?} of the plugin handshake"));
        }
        let protocol = protocol.parse().ok().and_then(Protocol::from_number).ok_or_else(|| {
            format!("it speaks protocol {protocol:?}; 5 and 6 are understood (a provider for Terraform 0.12 or newer)")
        })?;
        if *network != "unix" {
            return Err(format!("it listens on {network}, not on a unix socket"));
        }
        // Without the field the kind is net/rpc, of plugins for Terraform 0.11.
        if rest.first().copied().unwrap_or("netrpc") != "grpc" {
            return Err("it speaks net/rpc, not gRPC (a provider for Terraform 0.12 or newer does)".to_owned());
        }
        if rest.get(1).is_some_and(|certificate| !certificate.is_empty()) {
            return Err("it asks for TLS though it was not told to".to_owned());
        }
        Ok(Self { protocol, socket: PathBuf::from(address) })
    }
}

/// A program that is no plugin can write anything.
fn shortened(text: &str) -> &str {
    const SHOWN: usize = 120;
    text.char_indices().nth(SHOWN).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_protocol_and_socket() {
        for (line, protocol) in [
            ("1|5|unix|/tmp/plugin2441190483|grpc|\n", Protocol::V5),
            ("1|6|unix|/tmp/plugin2441190483|grpc\n", Protocol::V6),
            ("1|6|unix|/tmp/plugin2441190483|grpc||true\n", Protocol::V6),
        ] {
            let socket = PathBuf::from("/tmp/plugin2441190483");
            assert_eq!(Handshake::parse(line), Ok(Handshake { protocol, socket }));
        }
    }

    #[test]
    fn a_line_that_cannot_be_followed_says_why() {
        for (line, why) in [
            ("This binary is a plugin.", "its first line is \"This binary is a plugin.\", not a plugin's"),
            ("", "its first line is \"\", not a plugin's"),
            ("2|5|unix|/s|grpc|", "it speaks version \"2\" of the plugin handshake"),
            ("1|5|tcp|127.0.0.1:1234|grpc|", "it listens on tcp, not on a unix socket"),
            ("1|5|unix|/s|grpc|MIIB", "it asks for TLS though it was not told to"),
        ] {
            assert_eq!(Handshake::parse(line), Err(why.to_owned()));
        }
        assert!(Handshake::parse("1|4|unix|/s|grpc|").expect_err("4").contains("5 and 6 are understood"));
        assert!(Handshake::parse("1|5|unix|/s").expect_err("net/rpc").contains("net/rpc"));
    }
}
