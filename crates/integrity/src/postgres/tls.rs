//! TLS as libpq's `sslmode` means it. <https://www.postgresql.org/docs/current/libpq-ssl.html>

use super::{DatabaseUrl, PostgresError};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The value of `sslrootcert` for the certificates that this machine trusts.
const SYSTEM_ROOTS: &str = "system";

/// How much a connection asks of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS only where the server refuses without.
    Allow,
    /// TLS where the server has it.
    #[default]
    Prefer,
    /// TLS; the certificate is looked at only where root certificates are named, as `verify-ca` does.
    Require,
    /// TLS, and the certificate is signed by a root certificate that is named.
    VerifyCa,
    /// The same, and it is this host's.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return Err(()),
        })
    }
}

/// Makes the connector for one database. `default_root` is what the environment's `PGSSLROOTCERT` names.
pub(super) fn connector(url: &DatabaseUrl, default_root: Option<&PathBuf>) -> Result<MakeRustlsConnect, PostgresError> {
    let root = url.ssl_root_cert().or(default_root);
    let roots = match (url.ssl_mode(), root) {
        (SslMode::VerifyCa | SslMode::VerifyFull, None) => return Err(PostgresError::NoRoots { at: url.to_string() }),
        (SslMode::VerifyCa | SslMode::VerifyFull | SslMode::Require, Some(path)) => Some(read_roots(path)?),
        _ => None,
    };
    // libpq takes names into account wherever the machine's own roots are asked for: anyone can be in them.
    let names = url.ssl_mode() == SslMode::VerifyFull || root.is_some_and(|root| root == Path::new(SYSTEM_ROOTS));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier { roots, names, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| PostgresError::Roots { path: PathBuf::new(), reason: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn read_roots(path: &PathBuf) -> Result<RootCertStore, PostgresError> {
    let bad = |reason: String| PostgresError::Roots { path: path.clone(), reason };
    let mut roots = RootCertStore::empty();
    if path == Path::new(SYSTEM_ROOTS) {
        let loaded = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(loaded.certs);
    } else {
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| bad(error.to_string()))?;
            roots.add(certificate).map_err(|error| bad(error.to_string()))?;
        }
    }
    if roots.is_empty() { Err(bad("it holds no certificate".into())) } else { Ok(roots) }
}

/// Verifies as much as the mode asks for.
#[derive(Debug)]
struct Verifier {
    roots: Option<RootCertStore>,
    names: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
            if self.names {
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
