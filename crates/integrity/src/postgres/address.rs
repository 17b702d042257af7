//! A database's URL. It is a secret: nothing here shows more of it than host, port and database.

use super::{PostgresError, SslMode};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// PostgreSQL's own port.
const DEFAULT_PORT: u16 = 5432;

/// One database of one server, and how to sign in to it: `postgres://user:password@host:port/database`, with
/// libpq's `sslmode` and `sslrootcert` and whatever else tokio-postgres reads. Its `Debug` and `Display` show
/// `host:port/database` alone.
#[derive(Clone)]
pub struct DatabaseUrl {
    config: Config,
    ssl_mode: SslMode,
    ssl_root_cert: Option<PathBuf>,
    place: String,
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`PostgresError::Url`], which says what is wrong without repeating any of the text.
    pub fn parse(text: &str) -> Result<Self, PostgresError> {
        let bad = |reason: &str| PostgresError::Url { reason: reason.to_owned() };
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(bad("it does not begin with postgres:// or postgresql://"));
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut ssl_mode = SslMode::default();
        let mut ssl_root_cert = None;
        let mut rest: Vec<&str> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| bad("an option after the ? has no value"))?;
            match name {
                "sslmode" => {
                    ssl_mode = SslMode::from_str(value).map_err(|()| {
                        bad("its sslmode is none of disable, allow, prefer, require, verify-ca and verify-full")
                    })?
                }
                "sslrootcert" => ssl_root_cert = Some(PathBuf::from(decoded(value))),
                // What only libpq knows would be left out silently.
                "sslcert" | "sslkey" | "sslcrl" | "service" | "passfile" | "gssencmode" => {
                    return Err(PostgresError::Url { reason: format!("its option {name} is not supported") });
                }
                _ => rest.push(pair),
            }
        }
        let kept = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        // The parser's own text may hold parts of what it could not read.
        let config = Config::from_str(&kept)
            .map_err(|_| bad("it is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE"))?;
        let place = place(&config).map_err(bad)?;
        Ok(Self { config, ssl_mode, ssl_root_cert, place })
    }

    /// `host:port/database`
    pub fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn ssl_mode(&self) -> SslMode {
        self.ssl_mode
    }

    pub(crate) fn ssl_root_cert(&self) -> Option<&PathBuf> {
        self.ssl_root_cert.as_ref()
    }
}

fn place(config: &Config) -> Result<String, &'static str> {
    let [host] = config.get_hosts() else {
        return Err(match config.get_hosts() {
            [] => "it names no host",
            _ => "it names several hosts, and a fence of one of them is no fence",
        });
    };
    let database = config.get_dbname().ok_or("it names no database")?;
    let port = config.get_ports().first().copied().unwrap_or(DEFAULT_PORT);
    Ok(match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}/{database}"),
        Host::Tcp(name) => format!("{name}:{port}/{database}"),
        #[cfg(unix)]
        Host::Unix(folder) => format!("{}:{port}/{database}", folder.display()),
    })
}

/// Percent-encoding undone.
fn decoded(text: &str) -> String {
    // A form's value is percent-encoded as a URL's is, but for +, which stands for itself here.
    let escaped = format!("v={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(escaped.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        DatabaseUrl::parse(text).map(|url| url.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn a_url_is_shown_by_its_place_alone() {
        let url = DatabaseUrl::parse(
            "postgres://shop:s3cret@db.shop.test:6432/orders?sslmode=verify-full&sslrootcert=%2Fetc%2Frds%20ca.pem&application_name=x",
        )
        .unwrap();
        assert_eq!(url.to_string(), "db.shop.test:6432/orders");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(db.shop.test:6432/orders)");
        assert_eq!(url.ssl_mode(), SslMode::VerifyFull);
        assert_eq!(url.ssl_root_cert(), Some(&PathBuf::from("/etc/rds ca.pem")));
        assert_eq!(url.config().get_application_name(), Some("x"));
        assert_eq!(DatabaseUrl::parse("postgresql://shop@[::1]/orders").unwrap().to_string(), "[::1]:5432/orders");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_its_text() {
        for text in [
            "mysql://shop:s3cret@db/orders",
            "postgres://shop:s3cret@db:x/orders",
            "postgres://shop:s3cret@db/orders?sslmode=s3cret",
            "postgres://shop:s3cret@db/orders?s3cret=1",
            "postgres://shop:s3cret@db",
            "postgres://shop:s3cret@a,b/orders",
        ] {
            assert!(!refused(text).contains("s3cret"), "{}", refused(text));
        }
        assert!(refused("postgres://shop@a,b/orders").contains("several hosts"));
        assert!(refused("postgres://shop@a/orders?sslcert=x").contains("sslcert is not supported"));
    }
}
