//! Measures the engine alone, in a world in memory: `faults`, `seeds N`, `races N` or `cost FOLDER`. Prints one JSON object; what did not
//! survive is told on standard error, by its plan, direction and seed.

#[path = "../tests/drill/samples.rs"]
mod samples;

use pilotlight_failover::drill::{Alone, Course, Options, Trial, simulate};
use pilotlight_failover::{Engine, Mode, Run};
use pilotlight_journal::{JournalStores, MemoryStore};
use samples::{PLANS, States, courses, failover, observed, plan_of};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let figures = match words.as_slice() {
        ["faults"] => faults()?,
        ["seeds", number] => tried(number.parse()?, |alone, course, seed| alone.run(course.seeded(seed)))?,
        ["races", number] => raced(number.parse()?)?,
        ["cost", folder] => cost(folder)?,
        _ => return Err("say what to measure: faults, seeds N, races N or cost FOLDER".into()),
    };
    println!("{figures}");
    Ok(())
}

/// Every plan in both directions; databases also without their primary.
fn all_courses() -> Vec<(String, Course)> {
    let mut all = Vec::new();
    for (name, text) in PLANS {
        let plan = plan_of(text);
        for mode in [Mode::Graceful, Mode::Ungraceful] {
            if mode == Mode::Ungraceful && plan.databases.is_empty() {
                continue;
            }
            for course in courses(&plan, mode) {
                all.push((format!("{name}, {mode} {}", course.run().job), course));
            }
        }
    }
    all
}

/// Every single fault of every plan, both ways.
fn faults() -> Done<Value> {
    let began = Instant::now();
    let threads = std::thread::available_parallelism()?.get();
    let options = Options { seeds: Vec::new(), one_of: 1, threads };
    let (mut tried, mut lost) = (0, 0);
    for (name, text) in PLANS {
        let plan = plan_of(text);
        for mode in [Mode::Graceful, Mode::Ungraceful] {
            if mode == Mode::Ungraceful && plan.databases.is_empty() {
                continue;
            }
            let run = failover(&plan, mode);
            let told = simulate(&plan, run, &observed(&plan), &States, &States, &options, &|_, _, _| ())?;
            for course in &told.courses {
                tried += course.trials.len();
                for trial in course.trials.iter().filter(|trial| !trial.survives()) {
                    lost += 1;
                    eprintln!(
                        "{name}, {mode} {}, {} at {}: {}: {}: {:?}",
                        course.job,
                        trial.fault,
                        trial.place,
                        trial.came.words(),
                        trial.detail,
                        trial.broken
                    );
                }
            }
        }
    }
    Ok(json!({ "tried": tried, "lost": lost, "seconds": began.elapsed().as_secs_f64(), "threads": threads }))
}

/// So many seeds over all courses, in turn, on every processor.
fn tried(number: u64, of: impl Fn(&Alone, &Course, u64) -> Trial + Sync) -> Done<Value> {
    let courses = all_courses();
    let (next, lost, succeeded) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let threads = std::thread::available_parallelism()?.get();
    let timers: Vec<Alone> = (0..threads).map(|_| Alone::new()).collect::<Result<_, _>>()?;
    std::thread::scope(|scope| {
        let (next, lost, succeeded, courses, of) = (&next, &lost, &succeeded, &courses, &of);
        for alone in timers {
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= number {
                        return;
                    }
                    let index = usize::try_from(seed).unwrap_or_default() % courses.len();
                    let (name, course) = &courses[index];
                    let trial = of(&alone, course, seed);
                    succeeded.fetch_add(u64::from(trial.detail.contains("traffic is on")), Ordering::Relaxed);
                    if !trial.survives() {
                        lost.fetch_add(1, Ordering::Relaxed);
                        eprintln!(
                            "{name}, {}, {}: {}: {:?}",
                            trial.place,
                            trial.came.words(),
                            trial.detail,
                            trial.broken
                        );
                    }
                }
            });
        }
    });
    Ok(json!({
        "tried": number,
        "lost": lost.into_inner(),
        "went_through": succeeded.into_inner(),
        "seconds": began.elapsed().as_secs_f64(),
        "threads": threads,
        "courses": courses.len(),
    }))
}

/// So many races for each plan and direction.
fn raced(number: u64) -> Done<Value> {
    let each = u64::try_from(all_courses().len())?;
    let mut figures = tried(number * each, |alone, course, seed| alone.run(course.race(seed)))?;
    figures["each"] = number.into();
    Ok(figures)
}

/// Records of the large plan.
const RECORDS: usize = 100;
/// Programs of the large plan, so that it has at least 50 steps.
const PROGRAMS: usize = 46;
/// How often each is measured; the middle one counts.
const TIMES: usize = 5;

/// What the engine takes for 100 records and 50 steps: with a journal in memory, and in files.
fn cost(folder: &str) -> Done<Value> {
    let plan = plan_of(&large_plan());
    let run = failover(&plan, Mode::Graceful);
    let scene = pilotlight_failover::drill::Scene::of(&plan, &run, &observed(&plan), &States)?;
    let course = Course::new(scene, run);
    let alone = Alone::new()?;
    let (mut in_memory, mut in_files) = (Vec::new(), Vec::new());
    for number in 0..TIMES {
        in_memory.push(alone.run(drive(&course, JournalStores::one(MemoryStore::new("journal"))))?);
        let folder = std::path::Path::new(folder);
        in_files.push(alone.run(async {
            let store = pilotlight_store::Store::open(&format!("file:{number}"), folder, None)?;
            drive(&course, JournalStores::one(store)).await
        })?);
    }
    let run: &Run = course.run();
    let steps = run.steps().count();
    let each = |took: Duration| took.as_secs_f64() / f64::from(u32::try_from(steps).unwrap_or(u32::MAX));
    Ok(json!({
        "records": run.record_changes().map(|set| set.records.len()).sum::<usize>(),
        "steps": steps,
        "seconds": middle(&mut in_memory).as_secs_f64(),
        "seconds_each_step_in_files": each(middle(&mut in_files)),
    }))
}

async fn drive(course: &Course, stores: JournalStores) -> Done<Duration> {
    let world = course.world();
    let run = course.run().clone();
    let began = Instant::now();
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await?;
    let conclusion = engine.drive().await?;
    let took = began.elapsed();
    match conclusion.exit_code() {
        0 => Ok(took),
        _ => Err(format!("carry the large plan out: {}", conclusion.detail).into()),
    }
}

fn middle(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn large_plan() -> String {
    let mut text = r#"
plan "large" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../infra/app"
  state  = "s3://state/app.tfstate"
  standby {
    backend = { bucket = "state-standby" }
  }
}
check "http" "target" {
  url  = "http://${stack.app.output.public_ips[0]}/health"
  side = "target"
}
traffic "storefront" {
  zone = "shop.test"
"#
    .to_owned();
    for record in 0..RECORDS {
        text.push_str(&format!(
            "  record \"r{record}.shop.test\" \"A\" {{\n    primary = stack.app.output.public_ips\n    standby = \
             stack.app.output.public_ips\n  }}\n"
        ));
    }
    text.push_str("}\n");
    for program in 0..PROGRAMS {
        text.push_str(&format!(
            "step \"command\" \"p{program}\" {{\n  phase = \"scale\"\n  run = [\"./do\", \"{program}\"]\n}}\n"
        ));
    }
    text
}
