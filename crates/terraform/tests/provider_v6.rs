//! The reader against a provider of protocol 6, over a real process and socket.

mod fake_plugin;

use fake_plugin::{CALLS, PEAK, PID, REFUSE, WORLD, install, serve};
use pilotlight_drift::{
    AttributeSchema, LiveReader, LiveSnapshot, Nature, Readers, Routing, Shape, StackState, wanted,
};
use pilotlight_findings::{Region, codes};
use pilotlight_terraform::provider::{Environment, Pace, ProviderReader, ProviderSettings};
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Played by the script of [`install`]; alone it does nothing.
#[tokio::test]
#[ignore = "it is the plugin of the other tests"]
async fn plays_the_plugin() {
    serve().await;
}

/// A mirror with the plugin, its world, and a cache.
struct Stage {
    dir: tempfile::TempDir,
    environment: Environment,
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for folder in ["world", "source"] {
            std::fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        install(&dir.path().join("mirror"));
        let lock = "provider \"registry.example.com/acme/fake\" {\n  version = \"1.0.0\"\n}\n";
        std::fs::write(dir.path().join("source/.terraform.lock.hcl"), lock).expect("written");
        let environment = Environment::from([
            ("TF_PLUGIN_MIRROR".into(), dir.path().join("mirror").into()),
            (WORLD.into(), dir.path().join("world").into()),
        ]);
        Self { dir, environment }
    }

    fn world(&self, name: &str) -> PathBuf {
        self.dir.path().join("world").join(name)
    }

    fn put(&self, id: &str, content: &str) {
        std::fs::write(self.world(id), content).expect("written");
    }

    fn settings(&self) -> ProviderSettings {
        let mut settings = ProviderSettings::new(self.environment.clone(), self.dir.path().join("cache"));
        settings.stacks.insert("shop".to_owned(), Some(self.dir.path().join("source")));
        settings
    }

    fn calls(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.world(CALLS)).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(self.world(PID)).expect("a process")
    }
}

/// A state with these instances of `fake_thing`.
fn state(instances: &[Value]) -> State {
    let instances: Vec<Value> = instances
        .iter()
        .enumerate()
        .map(|(index, instance)| {
            let mut instance = instance.clone();
            instance["index_key"] = index.into();
            instance
        })
        .collect();
    let state = json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": [{
        "mode": "managed", "type": "fake_thing", "name": "thing",
        "provider": "provider[\"registry.example.com/acme/fake\"]",
        "instances": instances,
    }]});
    State::parse("shop", state.to_string().as_bytes()).expect("a state")
}

fn thing(id: &str) -> Value {
    json!({"schema_version": 1, "attributes": {"id": id, "colour": "red", "size": 7}})
}

async fn read(reader: &ProviderReader, state: &State) -> LiveSnapshot {
    let stacks = [StackState::new("shop", Region::new("eu-west-1").expect("a region"), state)];
    let readers = Readers { native: None, provider: Some(reader) };
    let routing = Routing::of(&stacks, &readers);
    let queries = wanted(&stacks, &routing, false);
    assert_eq!(queries.provider.len(), 1);
    reader.read(&queries.provider[0]).await
}

fn runs(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Whether a process ends within ten seconds.
async fn ends(pid: &str) -> bool {
    for _ in 0..100 {
        if !runs(pid) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test]
async fn objects_are_upgraded_and_read_and_the_plugin_ends() {
    let stage = Stage::new();
    stage.put("here", "green");
    stage.put("old", "blue");
    stage.put("kept", "none");
    stage.put("in-json", "white");
    stage.put("locked", "denied");
    stage.put("flat", "black");
    let flat = json!({"schema_version": 0, "attributes_flat": {"id": "flat", "color": "red", "size": "3"}});
    let old = json!({"schema_version": 0, "attributes": {"id": "old", "color": "red", "size": "12"}});
    let mut kept = thing("kept");
    kept["private"] = "cHJpdmF0ZQ==".into();
    let state = state(&[thing("here"), thing("gone"), old, kept, thing("in-json"), thing("locked"), flat]);
    let reader = ProviderReader::new(stage.settings());
    let snapshot = read(&reader, &state).await;

    let object = |id: &str| snapshot.objects.iter().find(|object| object.attributes["id"] == id).expect(id);
    assert_eq!(snapshot.objects.len(), 5, "{:?}", snapshot.unread);
    assert_eq!(
        Value::Object(object("here").attributes.clone()),
        json!({
            "id": "here", "colour": "green", "size": 7, "secret": null,
            "parts": {"left": {"weight": 0.5}},
            "any": {"value": [true], "type": ["list", "bool"]},
            "rule": [{"port": "123456789012345678901234567890"}],
        })
    );
    let old = object("old");
    assert_eq!(old.recorded.as_ref().expect("upgraded")["colour"], "red");
    assert_eq!((&old.attributes["colour"], &old.attributes["size"]), (&json!("blue"), &json!(12)));
    let flat = object("flat");
    assert_eq!(flat.recorded.as_ref().expect("upgraded")["size"], 3, "of Terraform 0.11");
    assert_eq!(flat.attributes["colour"], "black");
    assert_eq!(object("kept").attributes["colour"], "private", "its private data came along");
    assert_eq!(object("in-json").attributes["colour"], "white");

    let schema = object("here").schema.as_ref().expect("a schema");
    let scalar = |nature, sensitive| AttributeSchema { nature, sensitive, shape: Shape::Scalar };
    assert_eq!(schema.attributes["id"], scalar(Nature::Computed, false));
    assert_eq!(schema.attributes["size"], scalar(Nature::OptionalComputed, false));
    assert_eq!(schema.attributes["secret"], scalar(Nature::Argument, true));
    let weight = [("weight".to_owned(), scalar(Nature::Argument, false))].into();
    assert_eq!(schema.attributes["parts"].shape, Shape::Map(Box::new(Shape::Object(weight))));

    let [unread] = snapshot.unread.as_slice() else { panic!("{:?}", snapshot.unread) };
    assert_eq!(
        (unread.resource_type.as_str(), unread.id.as_deref()),
        ("fake_thing", Some("shop fake_thing.thing[5] locked"))
    );
    assert_eq!(unread.reason, "read: reading Thing: operation error Fake: GetThing, AccessDenied: not yours");
    let [calls] = snapshot.calls.as_slice() else { panic!("{:?}", snapshot.calls) };
    assert_eq!(
        (calls.service.as_str(), calls.region.as_str(), calls.operation.as_str(), calls.count),
        ("provider acme/fake", "eu-west-1", "ReadResource fake_thing", 7)
    );
    assert_eq!(reader.notes().await, [], "the lock file says which version it is");

    let log = stage.calls();
    let order: Vec<&str> = log.iter().map(String::as_str).filter(|call| !call.starts_with("Stream")).collect();
    assert_eq!(order[..3], ["GetProviderSchema", "ValidateProviderConfig", "ConfigureProvider"]);
    assert_eq!(order[3], "config {\"login\": [], \"region\": nil}");
    assert_eq!(order[order.len() - 2..], ["StopProvider", "Shutdown"]);
    assert!(!runs(&stage.pid()), "the plugin still runs");
    let sockets = std::fs::read_dir(stage.dir.path().join("world")).expect("a folder").flatten();
    let sockets: Vec<_> = sockets.filter(|file| file.file_name().to_string_lossy().starts_with("socket")).collect();
    assert!(sockets.is_empty(), "{sockets:?}");
}

#[tokio::test]
async fn a_cached_schema_is_not_asked_for_again() {
    let stage = Stage::new();
    stage.put("here", "green");
    let state = state(&[thing("here")]);
    for (run, asked) in [("first", 1), ("another process", 1), ("broken cache", 2)] {
        if run == "broken cache" {
            let mut files = std::fs::read_dir(stage.dir.path().join("cache/schemas")).expect("a cache");
            let file = files.next().expect("a file").expect("a file").path();
            let size = file.metadata().expect("a file").len();
            assert!(size < 10_000, "documentation is not kept: {size} bytes");
            std::fs::write(file, "no schema").expect("written");
        }
        let snapshot = read(&ProviderReader::new(stage.settings()), &state).await;
        assert_eq!(snapshot.objects.len(), 1, "{run}: {:?}", snapshot.unread);
        let calls = stage.calls().iter().filter(|call| *call == "GetProviderSchema").count();
        assert_eq!(calls, asked, "{run}");
    }
}

#[tokio::test]
async fn as_many_are_read_at_once_as_is_said() {
    for (in_flight, least) in [(1, 1), (8, 4)] {
        let stage = Stage::new();
        let things: Vec<Value> = (0..24).map(|index| thing(&format!("t{index}"))).collect();
        (0..24).for_each(|index| stage.put(&format!("t{index}"), "green"));
        let mut settings = stage.settings();
        settings.in_flight = in_flight;
        let snapshot = read(&ProviderReader::new(settings), &state(&things)).await;
        let ids: Vec<&str> = snapshot.objects.iter().map(|object| object.id.as_str()).collect();
        assert_eq!(ids.len(), 24);
        let peak: usize = std::fs::read_to_string(stage.world(PEAK)).expect("a peak").parse().expect("a number");
        assert!((least..=in_flight).contains(&peak), "{peak} at once of {in_flight}");
    }
}

#[tokio::test]
async fn a_brake_is_asked_before_each_read() {
    struct Every(Duration, tokio::sync::Mutex<()>);
    #[async_trait::async_trait]
    impl Pace for Every {
        async fn wait(&self, resource_type: &str) {
            assert_eq!(resource_type, "fake_thing");
            let _turn = self.1.lock().await;
            tokio::time::sleep(self.0).await;
        }
    }
    let stage = Stage::new();
    let things: Vec<Value> = (0..5).map(|index| thing(&format!("t{index}"))).collect();
    let mut settings = stage.settings();
    settings.pace = Arc::new(Every(Duration::from_millis(200), tokio::sync::Mutex::default()));
    let began = Instant::now();
    let snapshot = read(&ProviderReader::new(settings), &state(&things)).await;
    assert_eq!((snapshot.objects.len(), snapshot.unread.len()), (0, 0), "all are gone");
    assert!(began.elapsed() >= Duration::from_millis(1000), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_plugin_that_ends_in_a_read_is_unread_with_its_last_words() {
    let stage = Stage::new();
    stage.put("bad", "crash");
    let snapshot = read(&ProviderReader::new(stage.settings()), &state(&[thing("bad")])).await;
    assert_eq!(snapshot.objects, []);
    let reason = &snapshot.unread[0].reason;
    assert_eq!(reason, "call ReadResource of the plugin: the plugin ended: panic: nil pointer in GetThing");
}

#[tokio::test]
async fn an_object_that_ends_the_plugin_costs_no_other() {
    let stage = Stage::new();
    let ids: Vec<String> = (0..100).map(|index| format!("t{index}")).collect();
    for (index, id) in ids.iter().enumerate() {
        stage.put(id, if index == 40 || index == 77 { "crash" } else { "green" });
    }
    let things: Vec<Value> = ids.iter().map(|id| thing(id)).collect();
    let snapshot = read(&ProviderReader::new(stage.settings()), &state(&things)).await;
    let unread: Vec<&str> = snapshot.unread.iter().filter_map(|unread| unread.id.as_deref()).collect();
    let keys = ["shop fake_thing.thing[40] t40", "shop fake_thing.thing[77] t77"];
    assert_eq!(unread, keys, "{:?}", snapshot.unread);
    assert!(snapshot.unread.iter().all(|unread| unread.reason.ends_with("panic: nil pointer in GetThing")));
    assert_eq!(snapshot.objects.len(), 98);
    assert!(!runs(&stage.pid()), "the plugin still runs");
}

#[tokio::test]
async fn a_provider_that_ends_again_and_again_is_given_up_and_nothing_is_left_out() {
    let stage = Stage::new();
    let ids: Vec<String> = (0..12).map(|index| format!("t{index}")).collect();
    ids.iter().for_each(|id| stage.put(id, "crash"));
    let things: Vec<Value> = ids.iter().map(|id| thing(id)).collect();
    let snapshot = read(&ProviderReader::new(stage.settings()), &state(&things)).await;
    assert_eq!((snapshot.objects.len(), snapshot.unread.len()), (0, 12), "{:?}", snapshot.unread);
    let given_up = "the plugin ended in reads of other objects too often; call ReadResource of the plugin: \
                    the plugin ended: panic: nil pointer in GetThing";
    assert!(snapshot.unread.iter().any(|unread| unread.reason == given_up), "{:?}", snapshot.unread);
}

#[tokio::test]
async fn a_refused_configuration_makes_the_whole_type_unread() {
    let mut stage = Stage::new();
    stage.environment.insert(REFUSE.into(), "No valid credential\nsources found".into());
    let snapshot = read(&ProviderReader::new(stage.settings()), &state(&[thing("a"), thing("b")])).await;
    let [unread] = snapshot.unread.as_slice() else { panic!("{:?}", snapshot.unread) };
    assert_eq!((unread.resource_type.as_str(), &unread.id), ("fake_thing", &None));
    assert_eq!(
        unread.reason,
        "configure the provider: Invalid credentials: No valid credential sources found; \
         give the provider what it asks for by its environment variables"
    );
    assert!(!runs(&stage.pid()), "the plugin still runs");
}

#[tokio::test]
async fn a_dropped_read_kills_the_plugin() {
    let stage = Stage::new();
    stage.put("slow", "slow");
    let (reader, state) = (ProviderReader::new(stage.settings()), state(&[thing("slow")]));
    tokio::select! {
        snapshot = read(&reader, &state) => panic!("it ended: {snapshot:?}"),
        () = async { while !stage.world(PEAK).exists() { tokio::time::sleep(Duration::from_millis(20)).await } } => {}
    }
    assert!(ends(&stage.pid()).await, "the plugin outlived the dropped read");
}

/// Started by the test below: reads until it is killed.
#[tokio::test]
#[ignore = "it is the host that another test kills"]
async fn plays_the_host() {
    let Some(dir) = std::env::var_os("FAKE_HOST").map(PathBuf::from) else { return };
    let environment = std::env::vars_os().collect();
    let mut settings = ProviderSettings::new(environment, dir.join("cache"));
    settings.stacks.insert("shop".to_owned(), Some(dir.join("source")));
    read(&ProviderReader::new(settings), &state(&[thing("slow")])).await;
}

#[tokio::test]
async fn a_killed_host_does_not_leave_the_plugin_behind() {
    let stage = Stage::new();
    stage.put("slow", "slow");
    let mut host = tokio::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "plays_the_host"])
        .envs(&stage.environment)
        .env("FAKE_HOST", stage.dir.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("started");
    let waits = async {
        while !stage.world(PEAK).exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waits).await.expect("it reads");
    assert!(runs(&stage.pid()));
    host.kill().await.expect("killed");
    assert!(ends(&stage.pid()).await, "the plugin outlived its host");
}

#[tokio::test]
async fn a_type_or_a_plugin_that_is_not_there_is_unread_with_what_to_do() {
    let stage = Stage::new();
    let document = json!({"version": 4, "resources": [
        {"mode": "managed", "type": "fake_other", "name": "o", "provider": "provider[\"registry.example.com/acme/fake\"]",
            "instances": [{"schema_version": 0, "attributes": {"id": "o"}}]},
        {"mode": "managed", "type": "nowhere_thing", "name": "n", "provider": "provider[\"registry.example.com/acme/nowhere\"]",
            "instances": [{"schema_version": 0, "attributes": {"id": "n"}}]},
    ]});
    let state = State::parse("shop", document.to_string().as_bytes()).expect("a state");
    let snapshot = read(&ProviderReader::new(stage.settings()), &state).await;
    assert_eq!(snapshot.objects, []);
    let reason = |kind: &str| {
        let unread = snapshot.unread.iter().find(|unread| unread.resource_type == kind);
        unread.expect(kind).reason.as_str()
    };
    assert_eq!(reason("fake_other"), "read: acme/fake 1.0.0 does not know the type fake_other");
    let nowhere = reason("nowhere_thing");
    assert!(nowhere.starts_with("find the plugin of registry.example.com/acme/nowhere: it is nowhere on this machine"));
    assert!(nowhere.ends_with("or name a folder of plugins with TF_PLUGIN_MIRROR"), "{nowhere}");
}

#[tokio::test]
async fn without_a_lock_file_the_newest_reads_and_that_is_said() {
    let stage = Stage::new();
    std::fs::remove_file(stage.dir.path().join("source/.terraform.lock.hcl")).expect("removed");
    stage.put("here", "green");
    let reader = ProviderReader::new(stage.settings());
    assert_eq!(read(&reader, &state(&[thing("here")])).await.objects.len(), 1);
    let notes = reader.notes().await;
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].code, codes::T_PLUGIN_VERSION);
    assert!(notes[0].message.contains("1.0.0, the newest on this machine"), "{}", notes[0].message);
}

#[tokio::test]
async fn a_program_that_is_no_plugin_says_what_it_wrote() {
    let stage = Stage::new();
    let program = find(&stage.dir.path().join("mirror"));
    for (script, why) in [
        ("#!/bin/sh\necho hello\necho no plugin >&2\nsleep 60\n", "its first line is \"hello\""),
        ("#!/bin/sh\necho wrong architecture >&2\nexit 3\n", "(it wrote: wrong architecture)"),
        ("#!/bin/sh\necho '1|4|unix|/s|netrpc'\n", "5 and 6 are understood"),
        ("not even a script", "start the plugin"),
    ] {
        std::fs::write(&program, script).expect("written");
        let snapshot = read(&ProviderReader::new(stage.settings()), &state(&[thing("a")])).await;
        let reason = &snapshot.unread[0].reason;
        assert!(reason.contains(why), "{reason}");
        assert!(reason.contains("by hand"), "{reason}");
    }
}

/// The plugin's file in the mirror.
fn find(folder: &Path) -> PathBuf {
    let entry = std::fs::read_dir(folder).expect("a folder").next().expect("an entry").expect("an entry").path();
    if entry.is_dir() { find(&entry) } else { entry }
}
