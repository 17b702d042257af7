//! A plan there and back, with every fault, on as many threads as there are.

use super::course::Course;
use super::disturbance::Disturbance;
use super::lessons::{slowest, to_fix};
use super::results::{Came, SIMULATION_SCHEMA_VERSION, SimulatedCourse, Simulation, Trial};
use super::scene::{Scene, SceneError};
use crate::simulation::World;
use crate::{
    Direction, GroupNames, Mode, Observed, Run, compile_in_mode, observe, observe_groups, observe_managed,
    observe_sizes,
};
use pilotlight_plan::{DrPlan, Outputs};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};

/// How much is tried.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Seeds of random mixes, each tried in both directions.
    pub seeds: Vec<u64>,
    /// Of so many single faults one is tried; all where it is 0 or 1.
    pub one_of: usize,
    /// Threads; at least one is used.
    pub threads: usize,
}

/// One trial that is to be made.
enum Task {
    Single(Disturbance),
    Seed(u64),
    Race(u64),
}

/// Runs a plan in memory: `first`, which was compiled from `observed`, and then the way back from there. Blocks until
/// every trial is over; `progress` is told how many are, of how many in that direction.
///
/// # Errors
/// The way back does not compile from where the way there led.
pub fn simulate(
    plan: &DrPlan,
    first: Run,
    observed: &Observed,
    outputs: &dyn Outputs,
    names: &dyn GroupNames,
    options: &Options,
    progress: &(dyn Fn(Direction, usize, usize) + Sync),
) -> Result<Simulation, SceneError> {
    let mode = first.mode;
    let scene = Scene::of(plan, &first, observed, names)?;
    // Compiled anew from the world that was made of the observation: what the runs know is what that world has.
    let there = compiled(plan, first.job, mode, scene.clone(), outputs, names)?;
    let (told, world) = course(&there, options, progress)?;
    let back = way_back(plan, &there, scene.after(&world), outputs, names)?;
    let (told_back, _) = course(&back, options, progress)?;
    let courses = vec![told, told_back];
    let survives = courses.iter().all(SimulatedCourse::survives);
    let fix = to_fix(&courses, [&there.run, &back.run]);
    Ok(Simulation {
        schema_version: SIMULATION_SCHEMA_VERSION,
        plan: plan.name.clone(),
        mode,
        simulated: true,
        courses,
        survives,
        fix,
    })
}

/// The way back as it will be compiled, by the world that an undisturbed `first` leads to in memory: shown to a person
/// before anything is done. None where that does not get through in memory, of which nobody knows what it says of the real
/// one.
///
/// # Errors
/// The way back does not compile from there: it would not later.
pub fn foreseen_way_back(
    plan: &DrPlan,
    first: Run,
    observed: &Observed,
    outputs: &dyn Outputs,
    names: &dyn GroupNames,
) -> Result<Option<Run>, SceneError> {
    let mode = first.mode;
    let scene = Scene::of(plan, &first, observed, names)?;
    let there = compiled(plan, first.job, mode, scene, outputs, names)?;
    let recorded = Alone::new()?.run(there.record());
    if recorded.trial.came != Came::Finished {
        return Ok(None);
    }
    let back = way_back(plan, &there, there.scene.after(&recorded.world), outputs, names)?;
    Ok(Some((*back.run).clone()))
}

/// The other direction, compiled from the world that the first one left. It is planned: both sides are there.
///
/// # Errors
/// It does not compile.
pub(super) fn way_back(
    plan: &DrPlan,
    there: &Course,
    scene: Scene,
    outputs: &dyn Outputs,
    names: &dyn GroupNames,
) -> Result<Course, SceneError> {
    let direction = match there.run.job {
        Direction::Failover => Direction::Failback,
        Direction::Failback => Direction::Failover,
    };
    compiled(plan, direction, Mode::Graceful, scene, outputs, names)
}

/// A direction, compiled from what a world has.
fn compiled(
    plan: &DrPlan,
    direction: Direction,
    mode: Mode,
    mut scene: Scene,
    outputs: &dyn Outputs,
    names: &dyn GroupNames,
) -> Result<Course, SceneError> {
    let world = scene.world();
    let run = Alone::new()?.run(async {
        let mut observed = observe(plan, &world, &world).await.map_err(Box::new)?;
        observed.groups = observe_groups(plan, direction, names, &world).await.map_err(Box::new)?;
        observed.sizes = observe_sizes(plan, direction, &world)?;
        observed.managed =
            observe_managed(plan, direction, mode == Mode::Graceful, outputs, &world).await.map_err(Box::new)?;
        Ok::<_, SceneError>(compile_in_mode(plan, direction, mode, &observed, outputs)?)
    })?;
    scene.learn(&run)?;
    Ok(Course::new(scene, run))
}

impl Course {
    /// The way back from where this one leads undisturbed.
    ///
    /// # Errors
    /// It does not compile.
    pub fn way_back(&self, plan: &DrPlan, outputs: &dyn Outputs, names: &dyn GroupNames) -> Result<Self, SceneError> {
        let recorded = Alone::new()?.run(self.record());
        way_back(plan, self, self.scene.after(&recorded.world), outputs, names)
    }
}

/// One direction: the undisturbed run, each single fault, then seeds and races of two operators.
fn course(
    course: &Course,
    options: &Options,
    progress: &(dyn Fn(Direction, usize, usize) + Sync),
) -> Result<(SimulatedCourse, World), SceneError> {
    let recorded = Alone::new()?.run(course.record());
    let mut tasks: Vec<Task> =
        course.disturbances(&recorded).into_iter().step_by(options.one_of.max(1)).map(Task::Single).collect();
    tasks.extend(options.seeds.iter().flat_map(|seed| [Task::Seed(*seed), Task::Race(*seed)]));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<BTreeMap<usize, Trial>> = Mutex::default();
    let threads: Vec<Alone> = (0..options.threads.max(1)).map(|_| Alone::new()).collect::<Result<_, _>>()?;
    std::thread::scope(|scope| {
        let (next, done, tasks, results) = (&next, &done, &tasks, &results);
        for alone in threads {
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(index) else { return };
                    let trial = alone.run(async {
                        match task {
                            Task::Single(disturbance) => course.trial(disturbance).await,
                            Task::Seed(seed) => course.seeded(*seed).await,
                            Task::Race(seed) => course.race(*seed).await,
                        }
                    });
                    results.lock().unwrap_or_else(PoisonError::into_inner).insert(index, trial);
                    progress(course.run.job, done.fetch_add(1, Ordering::Relaxed) + 1, tasks.len());
                }
            });
        }
    });
    let mut trials = vec![recorded.trial];
    trials.extend(results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values());
    let told = recorded.report.as_ref();
    let lost = told.and_then(|told| told.recovery_point.as_ref());
    let told = SimulatedCourse {
        job: course.run.job,
        steps: course.run.steps().count(),
        recovery_ms: told.and_then(|told| told.recovery_time.measured_ms),
        rto_ms: course.run.rto_ms,
        rpo_ms: course.run.rpo_ms,
        lost_writes: lost.map(|point| point.lost_writes.clone()),
        lost_ms: lost.and_then(|point| point.measured_ms),
        expected_ms: None,
        last_measured: None,
        slowest: slowest(&trials),
        trials,
    };
    Ok((told, recorded.world))
}

/// Runs futures on this thread alone: trials take turns with nobody, so that each is the same each time.
pub struct Alone(Runtime);

impl Alone {
    /// For this thread, which may not be one that runs futures already.
    ///
    /// # Errors
    /// The system gives no timer.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self(Builder::new_current_thread().enable_time().build()?))
    }

    /// Runs one to its end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.block_on(work)
    }
}
