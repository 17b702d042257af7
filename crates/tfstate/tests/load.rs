//! A state of 20 MB: what it takes to load it, and that all of it is there.

#[path = "../../../xtask/src/bench/state_text.rs"]
#[expect(dead_code, reason = "the benchmark makes states by their number of resources, too")]
mod state_text;

use pilotlight_tfstate::State;
use std::process::Command;

const BYTES: usize = 20_000_000;

/// The most memory that a load may take, the text included, in bytes for each byte of the state: issue 3.
const MOST: f64 = 2.5;

#[test]
fn the_whole_state_is_there() {
    let text = state_text::state_text(2_000_000);
    let state = State::parse("big", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(state.managed().count(), state.resources.len());
    assert!(state.resources.len() > 700, "{}", state.resources.len());
    let mut ids: Vec<&str> = state.managed().map(|managed| managed.id().expect("id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), state.resources.len(), "no two have the same id");
    let instance = state.managed().find(|managed| managed.resource_type() == "aws_instance").expect("one");
    assert_eq!(instance.region().expect("region").as_str(), "eu-west-1");
    assert_eq!(instance.account(), Some("123456789012"));
    assert_eq!(instance.sensitive()[0].to_string(), "user_data");
    assert!(instance.instance.private().expect("private").starts_with("eyJlMmJmYjczMC1lY2Fh"));
    assert_eq!(serde_json::to_string(&state).expect("json"), text.trim_end());
}

/// In a process of its own, because the peak is of a whole process.
#[test]
#[cfg(target_os = "linux")]
fn a_load_takes_little_more_than_the_state() {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", "a_load_in_this_process", "--ignored", "--nocapture", "--test-threads", "1"])
        .output()
        .expect("start it again");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let figure = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.split_once(name)).unwrap_or_else(|| panic!("{name} in {text}"));
        line.1.trim().parse().expect("a number")
    };
    let (loaded, read) = (figure("loaded:"), figure("read:"));
    assert!(loaded > 1.0, "the text itself is in it: {loaded}");
    assert!(loaded < MOST, "a load takes {loaded} times the state's size");
    assert!(read < MOST, "with each object read once it takes {read} times the state's size");
}

#[test]
#[ignore = "the other test starts it, in a process of its own"]
fn a_load_in_this_process() {
    let path = std::env::temp_dir().join(format!("pilotlight-load-{}.tfstate", std::process::id()));
    std::fs::write(&path, state_text::state_text(BYTES)).expect("write");
    // The state was made in this process, so its peak is set back before the load. Source: Linux, proc(5), `clear_refs`.
    std::fs::write("/proc/self/clear_refs", "5").expect("set the peak back");
    let before = peak();
    let bytes = std::fs::read(&path).expect("read");
    std::fs::remove_file(&path).expect("remove");
    let length = bytes.len() as f64;
    let state = State::parse_owned("big", bytes).unwrap_or_else(|error| panic!("{error}"));
    println!("\nloaded: {:.3}", (peak() - before) / length);
    for managed in state.managed() {
        assert!(managed.id().is_some() && !managed.read_attributes().is_empty());
    }
    println!("\nread: {:.3}", (peak() - before) / length);
}

/// The most memory that this process has had, in bytes.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().expect("a number") * 1024.0
}
