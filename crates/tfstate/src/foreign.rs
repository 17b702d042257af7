//! What people and servers give in place of a state, told by its first bytes.

/// Bytes that are something else than JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// A login page, or a server's error page.
    #[error("it is an HTML page, not a state: a login or error page, as a server answers it")]
    Html,
    /// What S3 answers in place of an object.
    #[error("it is S3's answer {0}, not a state")]
    S3Error(String),
    /// Some other XML.
    #[error("it is XML, not a state")]
    Xml,
    /// Compressed.
    #[error("it is compressed with {0}")]
    Compressed(&'static str),
    /// A zip archive, which is what `terraform plan -out` writes.
    #[error("it is a zip archive, which is what a saved plan is, not a state")]
    Archive,
    /// Two bytes a character.
    #[error("it is written in UTF-16, and JSON is UTF-8")]
    Utf16,
    /// A file without content, as a crash leaves it.
    #[error("it begins with NUL bytes, as a file does that was not written to its end")]
    Nul,
    /// What git keeps in place of a large file.
    #[error("it is git-lfs's pointer to the state, not the state")]
    LfsPointer,
    /// What git leaves where two sides changed a file.
    #[error("it has git's conflict markers, so it is two states in one file")]
    Conflict,
}

impl Foreign {
    /// What the bytes are, where that is known and not JSON.
    pub(crate) fn tell(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => return Some(Self::Compressed("gzip")),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => return Some(Self::Compressed("zstd")),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => return Some(Self::Compressed("bzip2")),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => return Some(Self::Compressed("xz")),
            [b'P', b'K', 3 | 5, 4 | 6, ..] => return Some(Self::Archive),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some(Self::Utf16),
            // Without a byte order mark: every second byte of ASCII is a NUL.
            [0, 0, ..] | [0] => return Some(Self::Nul),
            [0, ..] | [_, 0, ..] => return Some(Self::Utf16),
            _ => {}
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if text.starts_with(b"version https://git-lfs.github.com/") {
            return Some(Self::LfsPointer);
        }
        if text.starts_with(b"<<<<<<< ") {
            return Some(Self::Conflict);
        }
        if !text.starts_with(b"<") {
            return None;
        }
        let head = String::from_utf8_lossy(&text[..text.len().min(HEAD)]);
        let lower = head.to_ascii_lowercase();
        Some(if lower.contains("<html") || lower.contains("<!doctype html") {
            Self::Html
        } else if let Some(code) = s3_code(&head) {
            Self::S3Error(code.to_owned())
        } else {
            Self::Xml
        })
    }

    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Html => {
                "open the URL in a browser: it asks for a login or shows an error; give a URL that answers with the state's JSON, and the credentials that it wants"
            }
            Self::S3Error(_) => {
                "check bucket, key, region and credentials: `aws s3 cp s3://BUCKET/KEY -` has to print the state"
            }
            Self::Xml => "give the state itself: the file in the backend, or what `terraform state pull` prints",
            Self::Compressed(_) => "unpack it and give the JSON",
            Self::Archive => {
                "give the state, not a plan: the file in the backend, or what `terraform state pull` prints"
            }
            Self::Utf16 => {
                "write it again as UTF-8; in PowerShell: terraform state pull | Out-File -Encoding utf8 state.json"
            }
            Self::Nul => "restore the last good version of the state from its backend",
            Self::LfsPointer => "run `git lfs pull` where the file is",
            Self::Conflict => {
                "take one side whole (`git checkout --ours FILE` or `--theirs`): two states cannot be merged by lines"
            }
        }
    }
}

/// So much of a page is looked at.
const HEAD: usize = 1024;

/// The code in `<Error><Code>NoSuchKey</Code>…`.
fn s3_code(text: &str) -> Option<&str> {
    let code = text.split_once("<Error>")?.1.split_once("<Code>")?.1.split_once("</Code>")?.0;
    (!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(code)
}
