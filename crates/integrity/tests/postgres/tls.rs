//! `sslmode` as libpq means it, with certificates made by openssl.

use crate::cluster::{DATABASE, OWNER, Server};
use pilotlight_integrity::postgres::{DatabaseUrl, PostgresError, SessionOptions, position};
use std::path::{Path, PathBuf};
use std::process::Command;

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("certificates for the test");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A root and a server's certificate for `localhost`, by name alone.
fn certificates(folder: &Path) {
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.pem");
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem");
    openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
        .expect("certificates for the test");
    openssl(
        folder,
        "x509 -req -days 2 -in server.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile names -out server.pem",
    );
}

#[tokio::test]
async fn sslmode_means_what_libpq_says() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let mut server = Server::primary().await;
    let data = server.folder();
    for name in ["server.pem", "server.key"] {
        std::fs::copy(folder.path().join(name), data.join(name)).unwrap();
        let status =
            Command::new("chown").args(["--reference", "PG_VERSION", name]).current_dir(&data).status().unwrap();
        assert!(status.success());
        assert!(Command::new("chmod").args(["600", name]).current_dir(&data).status().unwrap().success());
    }
    let place = |host: &str, port: u16, options: &str| {
        DatabaseUrl::parse(&format!("postgres://{OWNER}:s3cret@{host}:{port}/{DATABASE}?{options}")).unwrap()
    };
    let port = server.port;
    let ask = async |host: &str, options: &str, environment: Option<PathBuf>| {
        let limits = SessionOptions { root_certificates: environment, ..SessionOptions::default() };
        position(&place(host, port, options), &limits).await.map(|_| ())
    };
    let root = folder.path().join("root.pem");
    let other = folder.path().join("other.pem");

    // Without TLS at the server: who asks for it is refused, who prefers it goes on.
    ask("127.0.0.1", "sslmode=prefer", None).await.unwrap();
    ask("127.0.0.1", "sslmode=disable", None).await.unwrap();
    assert!(matches!(ask("127.0.0.1", "sslmode=require", None).await, Err(PostgresError::Connect { .. })));

    // TLS for everybody from elsewhere than the tests' own sign-ins.
    let file = data.join("postgresql.conf");
    let settings = std::fs::read_to_string(&file).unwrap();
    let tls = "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n";
    std::fs::write(&file, format!("{settings}\n{tls}")).unwrap();
    let rules = format!("hostssl all {OWNER} all trust\nhostnossl all {OWNER} all reject\nhost all all all trust\n");
    std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
    server.kill();
    server.start().await;

    for options in ["sslmode=require", "sslmode=prefer", "sslmode=allow", ""] {
        ask("127.0.0.1", options, None).await.unwrap_or_else(|error| panic!("{options}: {error}"));
    }
    assert!(ask("127.0.0.1", "sslmode=disable", None).await.unwrap_err().to_string().contains("pg_hba.conf rejects"));

    ask("localhost", "sslmode=verify-full", Some(root.clone())).await.unwrap();
    let named = format!("sslmode=verify-full&sslrootcert={}", root.display());
    ask("localhost", &named, Some(other.clone())).await.unwrap();
    // By its address the host is not the certificate's: verify-ca does not ask.
    ask("127.0.0.1", "sslmode=verify-ca", Some(root.clone())).await.unwrap();
    for (host, options, roots, reason) in [
        ("127.0.0.1", "sslmode=verify-full", &root, "not valid for name"),
        ("localhost", "sslmode=verify-full", &other, "UnknownIssuer"),
        ("localhost", "sslmode=verify-ca", &other, "UnknownIssuer"),
        // As libpq: require verifies where there is something to verify against.
        ("localhost", "sslmode=require", &other, "UnknownIssuer"),
        ("localhost", "sslmode=verify-full&sslrootcert=system", &root, "UnknownIssuer"),
    ] {
        let error = ask(host, options, Some(roots.clone())).await.unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains("s3cret"), "{options}: {error}");
    }
    let none = ask("localhost", "sslmode=verify-full", None).await.unwrap_err();
    assert!(matches!(none, PostgresError::NoRoots { .. }));
    let missing = ask("localhost", "sslmode=verify-full&sslrootcert=/nowhere/root.pem", None).await.unwrap_err();
    assert!(missing.to_string().contains("/nowhere/root.pem"), "{missing}");
}
