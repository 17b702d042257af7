//! A small provider of protocol 6, played by this test program itself: no provider of that protocol is at hand.
//!
//! It is started as Terraform's plugins are: a script, named and placed as an unpacked plugin, runs this program
//! with one ignored test, [`serve`]. Its messages are declared anew here, from `tfplugin6.proto`, so that a wrong
//! field number is not wrong on both sides. Its objects are files in the folder `FAKE_WORLD`: the content is the
//! thing's colour, or what happens when it is read.

use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};
use prost::Message;
use rmpv::Value as Packed;
use std::collections::HashMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The folder of its objects; where it is not set, [`serve`] does nothing.
pub(crate) const WORLD: &str = "FAKE_WORLD";
/// Set, its configuration is refused with these words.
pub(crate) const REFUSE: &str = "FAKE_REFUSE";
/// The log of its calls, in its world.
pub(crate) const CALLS: &str = "calls.log";
/// How many reads it saw at once at most, in its world.
pub(crate) const PEAK: &str = "peak";
/// Its process, in its world.
pub(crate) const PID: &str = "pid";

/// How long every read takes, so that several can be seen at once.
const READ_TAKES: Duration = Duration::from_millis(50);

#[derive(Clone, PartialEq, Message)]
struct Dynamic {
    #[prost(bytes = "vec", tag = "1")]
    msgpack: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    json: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Diagnostic {
    #[prost(int32, tag = "1")]
    severity: i32,
    #[prost(string, tag = "2")]
    summary: String,
    #[prost(string, tag = "3")]
    detail: String,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "vec", tag = "2")]
    kind: Vec<u8>,
    #[prost(string, tag = "3")]
    description: String,
    #[prost(bool, tag = "4")]
    required: bool,
    #[prost(bool, tag = "5")]
    optional: bool,
    #[prost(bool, tag = "6")]
    computed: bool,
    #[prost(bool, tag = "7")]
    sensitive: bool,
    #[prost(message, optional, tag = "10")]
    nested: Option<Object>,
}

#[derive(Clone, PartialEq, Message)]
struct Object {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<Attribute>,
    #[prost(int32, tag = "3")]
    nesting: i32,
}

#[derive(Clone, PartialEq, Message)]
struct NestedBlock {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    block: Option<Block>,
    #[prost(int32, tag = "3")]
    nesting: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Block {
    #[prost(int64, tag = "1")]
    version: i64,
    #[prost(message, repeated, tag = "2")]
    attributes: Vec<Attribute>,
    #[prost(message, repeated, tag = "3")]
    blocks: Vec<NestedBlock>,
}

#[derive(Clone, PartialEq, Message)]
struct Schema {
    #[prost(int64, tag = "1")]
    version: i64,
    #[prost(message, optional, tag = "2")]
    block: Option<Block>,
}

#[derive(Clone, PartialEq, Message)]
struct Capabilities {
    #[prost(bool, tag = "2")]
    schema_optional: bool,
}

#[derive(Clone, PartialEq, Message)]
struct SchemaResponse {
    #[prost(message, optional, tag = "1")]
    provider: Option<Schema>,
    #[prost(map = "string, message", tag = "2")]
    resources: HashMap<String, Schema>,
    #[prost(message, optional, tag = "5")]
    meta: Option<Schema>,
    #[prost(message, optional, tag = "6")]
    capabilities: Option<Capabilities>,
}

#[derive(Clone, PartialEq, Message)]
struct ConfigureRequest {
    #[prost(string, tag = "1")]
    terraform_version: String,
    #[prost(message, optional, tag = "2")]
    config: Option<Dynamic>,
}

#[derive(Clone, PartialEq, Message)]
struct ConfigureResponse {
    #[prost(message, repeated, tag = "1")]
    diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, PartialEq, Message)]
struct RawState {
    #[prost(bytes = "vec", tag = "1")]
    json: Vec<u8>,
    #[prost(map = "string, string", tag = "2")]
    flatmap: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct UpgradeRequest {
    #[prost(string, tag = "1")]
    type_name: String,
    #[prost(int64, tag = "2")]
    version: i64,
    #[prost(message, optional, tag = "3")]
    raw: Option<RawState>,
}

#[derive(Clone, PartialEq, Message)]
struct UpgradeResponse {
    #[prost(message, optional, tag = "1")]
    state: Option<Dynamic>,
}

#[derive(Clone, PartialEq, Message)]
struct ReadRequest {
    #[prost(string, tag = "1")]
    type_name: String,
    #[prost(message, optional, tag = "2")]
    state: Option<Dynamic>,
    #[prost(bytes = "vec", tag = "3")]
    private: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    meta: Option<Dynamic>,
}

#[derive(Clone, PartialEq, Message)]
struct ReadResponse {
    #[prost(message, optional, tag = "1")]
    state: Option<Dynamic>,
    #[prost(message, repeated, tag = "2")]
    diagnostics: Vec<Diagnostic>,
}

/// Lays the plugin into a mirror, as `acme/fake` 1.0.0 for this machine.
pub(crate) fn install(mirror: &Path) {
    let os = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let folder = mirror.join("registry.example.com/acme/fake/1.0.0").join(format!("{os}_{arch}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("terraform-provider-fake_v1.0.0");
    let test = std::env::current_exe().expect("this program");
    // The test harness talks on standard output, where only the handshake may stand.
    let script = format!(
        "#!/bin/sh\nexec 3>&1 1>&2\nexec '{}' --ignored --exact plays_the_plugin --nocapture\n",
        test.display()
    );
    std::fs::write(&file, script).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("set");
}

/// What the calls share.
struct Served {
    world: PathBuf,
    now: AtomicU64,
    peak: AtomicU64,
}

/// Plays the plugin until it is told to end.
pub(crate) async fn serve() {
    let Some(world) = std::env::var_os(WORLD).map(PathBuf::from) else { return };
    assert_eq!(
        std::env::var("TF_PLUGIN_MAGIC_COOKIE").as_deref(),
        Ok("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
    );
    std::fs::write(world.join(PID), std::process::id().to_string()).expect("written");
    let socket = world.join(format!("socket-{}", std::process::id()));
    let listener = tokio::net::UnixListener::bind(&socket).expect("a socket");
    let mut handshake = std::fs::OpenOptions::new().write(true).open("/dev/fd/3").expect("standard output");
    writeln!(handshake, "1|6|unix|{}|grpc|", socket.display()).expect("written");
    drop(handshake);
    let served: &'static Served =
        Box::leak(Box::new(Served { world, now: AtomicU64::new(0), peak: AtomicU64::new(0) }));
    let (stream, _) = listener.accept().await.expect("a client");
    let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(served.answer(request, respond));
    }
    std::fs::remove_file(&socket).ok();
}

impl Served {
    fn log(&self, line: &str) {
        let mut log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.world.join(CALLS)).expect("a log");
        writeln!(log, "{line}").expect("written");
    }

    async fn answer(&'static self, request: Request<h2::RecvStream>, mut respond: SendResponse<Bytes>) {
        let (parts, mut body) = request.into_parts();
        let mut asked = Vec::new();
        while let Some(Ok(chunk)) = body.data().await {
            body.flow_control().release_capacity(chunk.len()).expect("capacity");
            asked.extend_from_slice(&chunk);
        }
        // A gRPC message has five bytes before it: not compressed, and its length.
        let asked = asked.get(5..).unwrap_or_default();
        let method = parts.uri.path();
        self.log(method.rsplit('/').next().unwrap_or_default());
        let answer = match method {
            "/tfplugin6.Provider/GetProviderSchema" => Some(schema().encode_to_vec()),
            "/tfplugin6.Provider/ValidateProviderConfig" | "/tfplugin6.Provider/StopProvider" => Some(Vec::new()),
            "/tfplugin6.Provider/ConfigureProvider" => Some(self.configure(asked).encode_to_vec()),
            "/tfplugin6.Provider/UpgradeResourceState" => Some(upgrade(asked).encode_to_vec()),
            "/tfplugin6.Provider/ReadResource" => {
                let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
                let peak = self.peak.fetch_max(now, Ordering::SeqCst).max(now);
                std::fs::write(self.world.join(PEAK), peak.to_string()).expect("written");
                let read = self.read(asked).await;
                self.now.fetch_sub(1, Ordering::SeqCst);
                Some(read.encode_to_vec())
            }
            "/plugin.GRPCController/Shutdown" => std::process::exit(0),
            _ => None,
        };
        let head = Response::builder().header("content-type", "application/grpc").body(()).expect("a head");
        // A call that was given up has no stream any more.
        let Ok(mut stream) = respond.send_response(head, false) else { return };
        const UNIMPLEMENTED: &str = "12";
        if let Some(message) = &answer {
            let mut framed = vec![0];
            framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
            framed.extend_from_slice(message);
            if stream.send_data(framed.into(), false).is_err() {
                return;
            }
        }
        let mut trailers = HeaderMap::new();
        let status = if answer.is_some() { "0" } else { UNIMPLEMENTED };
        trailers.insert("grpc-status", status.parse().expect("a value"));
        stream.send_trailers(trailers).ok();
    }

    fn configure(&self, asked: &[u8]) -> ConfigureResponse {
        let request = ConfigureRequest::decode(asked).expect("a request");
        let config = request.config.expect("a configuration").msgpack;
        let config = rmpv::decode::read_value(&mut config.as_slice()).expect("msgpack");
        self.log(&format!("config {config}"));
        let refused = std::env::var(REFUSE).ok().map(|words| Diagnostic {
            severity: 1,
            summary: "Invalid credentials".to_owned(),
            detail: words,
        });
        ConfigureResponse { diagnostics: refused.into_iter().collect() }
    }

    async fn read(&self, asked: &[u8]) -> ReadResponse {
        let request = ReadRequest::decode(asked).expect("a request");
        let meta = request.meta.expect("provider_meta, as the schema has one");
        assert_eq!(meta.msgpack, b"\xc0", "it is null");
        let packed = request.state.expect("a state").msgpack;
        let Ok(Packed::Map(mut state)) = rmpv::decode::read_value(&mut packed.as_slice()) else {
            panic!("a state is an object");
        };
        let id = field(&state, "id").as_str().expect("an id").to_owned();
        tokio::time::sleep(READ_TAKES).await;
        let null = Dynamic { msgpack: b"\xc0".to_vec(), json: Vec::new() };
        let Ok(found) = std::fs::read_to_string(self.world.join(&id)) else {
            return ReadResponse { state: Some(null), diagnostics: Vec::new() };
        };
        match found.as_str() {
            "denied" => {
                let said = Diagnostic {
                    severity: 1,
                    summary: "reading Thing".to_owned(),
                    detail: "operation error Fake: GetThing,\n  AccessDenied: not yours".to_owned(),
                };
                return ReadResponse { state: None, diagnostics: vec![said] };
            }
            "crash" => {
                eprintln!("panic: nil pointer in GetThing\n\ngoroutine 7 [running]:");
                std::process::exit(2);
            }
            "slow" => std::future::pending::<()>().await,
            _ => {}
        }
        let colour = if request.private.is_empty() { found } else { String::from_utf8(request.private).expect("text") };
        for (name, value) in &mut state {
            if name.as_str() == Some("colour") {
                *value = Packed::from(colour.as_str());
            }
        }
        if id == "in-json" {
            let json = format!(
                r#"{{"id":"{id}","colour":"{colour}","size":7,"secret":null,"parts":null,"any":null,"rule":[]}}"#
            );
            return ReadResponse {
                state: Some(Dynamic { msgpack: Vec::new(), json: json.into_bytes() }),
                diagnostics: Vec::new(),
            };
        }
        ReadResponse { state: Some(dynamic(&Packed::Map(state))), diagnostics: Vec::new() }
    }
}

fn field<'a>(state: &'a [(Packed, Packed)], name: &str) -> &'a Packed {
    &state.iter().find(|(key, _)| key.as_str() == Some(name)).expect(name).1
}

fn dynamic(value: &Packed) -> Dynamic {
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, value).expect("msgpack");
    Dynamic { msgpack, json: Vec::new() }
}

/// Version 0 called it `color`, and had a size in a text.
fn upgrade(asked: &[u8]) -> UpgradeResponse {
    let request = UpgradeRequest::decode(asked).expect("a request");
    assert_eq!(request.type_name, "fake_thing");
    let raw = request.raw.expect("a state");
    let json: serde_json::Value = if raw.json.is_empty() {
        serde_json::to_value(raw.flatmap).expect("json")
    } else {
        serde_json::from_slice(&raw.json).expect("json")
    };
    let text = |name: &str| json[name].as_str().map_or(Packed::Nil, Packed::from);
    let size = match &json["size"] {
        serde_json::Value::String(text) => Packed::from(text.parse::<i64>().expect("a size")),
        number => number.as_i64().map_or(Packed::Nil, Packed::from),
    };
    let part = Packed::Map(vec![(Packed::from("weight"), Packed::from(0.5))]);
    let any = Packed::Array(vec![Packed::Binary(br#"["list","bool"]"#.to_vec()), Packed::Array(vec![true.into()])]);
    let rule = Packed::Map(vec![(Packed::from("port"), Packed::from("123456789012345678901234567890"))]);
    let colour = if request.version == 0 { text("color") } else { text("colour") };
    UpgradeResponse {
        state: Some(dynamic(&Packed::Map(vec![
            ("id".into(), text("id")),
            ("colour".into(), colour),
            ("size".into(), size),
            ("secret".into(), text("secret")),
            ("parts".into(), Packed::Map(vec![("left".into(), part)])),
            ("any".into(), any),
            ("rule".into(), Packed::Array(vec![rule])),
        ]))),
    }
}

fn schema() -> SchemaResponse {
    let attribute = |name: &str, kind: &str| Attribute {
        name: name.to_owned(),
        kind: kind.as_bytes().to_vec(),
        optional: true,
        ..Attribute::default()
    };
    // More than gRPC's usual limit of 4 MB, as the schemas of large providers are.
    let documentation = "A thing. ".repeat(700_000);
    let nested = Object { attributes: vec![attribute("weight", "\"number\"")], nesting: 4 };
    let thing = Block {
        version: 1,
        attributes: vec![
            Attribute { optional: false, computed: true, description: documentation, ..attribute("id", "\"string\"") },
            attribute("colour", "\"string\""),
            Attribute { computed: true, ..attribute("size", "\"number\"") },
            Attribute { sensitive: true, ..attribute("secret", "\"string\"") },
            Attribute { nested: Some(nested), ..attribute("parts", "") },
            attribute("any", "\"dynamic\""),
        ],
        blocks: vec![NestedBlock {
            name: "rule".to_owned(),
            block: Some(Block { attributes: vec![attribute("port", "\"number\"")], ..Block::default() }),
            nesting: 3,
        }],
    };
    let provider = Block {
        attributes: vec![attribute("region", "\"string\"")],
        blocks: vec![NestedBlock { name: "login".to_owned(), block: Some(Block::default()), nesting: 2 }],
        ..Block::default()
    };
    let schema = |version, block| Schema { version, block: Some(block) };
    SchemaResponse {
        provider: Some(schema(0, provider)),
        resources: HashMap::from([("fake_thing".to_owned(), schema(1, thing))]),
        meta: Some(schema(0, Block { attributes: vec![attribute("module", "\"string\"")], ..Block::default() })),
        capabilities: Some(Capabilities { schema_optional: true }),
    }
}
