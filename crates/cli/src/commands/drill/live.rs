//! `pilotlight drill live`: a real failover, a stay, and a real failback.

mod home;
mod look;

use crate::args::DrillLive;
use crate::at_work::Active;
use crate::commands::Context;
use crate::commands::failover::{CompiledRun, compile_observed, interrupted, refused_start};
use crate::commands::run::is_of_this_host;
use crate::confirm::confirm;
use crate::executor_lock::ExecutorLock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::{operator, ports};
use crate::project::{Project, journal_override};
use crate::standby_roots::require_program;
use pilotlight_cloud::Aws;
use pilotlight_failover::live_drill::{
    DrillEnd, DrillHands, DrillLog, DrillStop, Stage, as_way_there, find_drill, with_stay,
};
use pilotlight_failover::{Direction, EngineError, Run};
use pilotlight_findings::codes;
use pilotlight_journal::{JournalError, JournalStores, Ownership};
use pilotlight_plan::format_duration;
use pilotlight_report::{TextOptions, compiled_text};
use std::time::Duration;

pub(super) async fn run(args: &DrillLive, context: Context<'_>) -> Result<Exit, Failure> {
    let mut project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    project.terraform.clone_from(&args.terraform.terraform);
    project.warn(context.screen);
    let aws = Aws::new(None);
    let stores = project.journal(&args.journal, &aws).await?;
    let drill = Drill { args, project: &project, aws: &aws, stores: &stores, context };
    let last = find_drill(&stores, &project.plan.name, None).await?;
    let ended = match (args.resume, last) {
        (false, Some(log)) if log.stage() != Stage::Over => return Err(stands(&log)),
        (false, _) => drill.begin().await,
        (true, Some(log)) if log.stage() != Stage::Over => drill.resume(&log).await,
        (true, last) => return Err(nothing_to_resume(&project, last.is_some())),
    };
    drill.tell(ended?).await
}

/// One drill, and what it is carried out with.
struct Drill<'a> {
    args: &'a DrillLive,
    project: &'a Project,
    aws: &'a Aws,
    stores: &'a JournalStores,
    context: Context<'a>,
}

impl Drill<'_> {
    /// Compiles both ways, looks whether it may, asks, and goes.
    async fn begin(&self) -> Result<Ended, Failure> {
        let (args, screen) = (self.args, self.context.screen);
        let (away, home) = self.compile().await?;
        require_program(self.project, &away).await?;
        if !args.yes {
            let color = screen.stderr_color();
            let options = TextOptions { color, width: screen.width(), verbose: self.context.verbose };
            screen.note(compiled_text(&away, options));
            match &home {
                Some(home) => screen.note(format!("Then, as it is foreseen now:\n\n{}", compiled_text(home, options))),
                None => screen.note(
                    "Then the failback, which cannot be foreseen: in memory the failover does not get through (see \
                     pilotlight drill simulate)\n",
                ),
            }
            screen.note(agreement(&away));
            let (from, to) = (&away.from.region, &away.to.region);
            let question = format!("Do you want to drill {} live: {from} to {to}, and back?", away.plan);
            confirm(screen, &question, "--yes").await?;
        }
        let _alone = ExecutorLock::take(self.project, self.stores, false).await?;
        let by = operator();
        let hands = self.hands(&by).await;
        let engine = match hands.begin(away).await {
            Ok(engine) => engine,
            Err(error) => return Err(refused_start(error, self.project, self.stores).await),
        };
        self.ended(hands.drive(engine, async || self.compile_home().await).await)
    }

    /// The failover with its stay, and the failback as it is foreseen; a look at everything that would be against it.
    async fn compile(&self) -> Result<(Run, Option<Run>), Failure> {
        let args = self.args;
        let mut staying = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
        staying.plan = with_stay(&staying.plan, args.stay);
        let (mode, resolver) = (args.mode.into(), args.resolver.resolver);
        let compiled = compile_observed(&staying, Direction::Failover, mode, self.aws, resolver, self.context).await?;
        let CompiledRun { run, states, observed, .. } = compiled;
        let mut away = as_way_there(&staying.plan, run, args.stop_after)
            .map_err(|refusal| Failure::from(refusal).exit(Exit::Refused))?;
        let home = home::foreseen(self.project, &away, observed, &states).await?;
        away.notes.extend(look::before(self, &away, home.as_ref(), &states).await?);
        Ok((away, home))
    }

    /// From wherever the journal says that it stands.
    async fn resume(&self, log: &DrillLog) -> Result<Ended, Failure> {
        let takeover = self.args.takeover;
        let _alone = ExecutorLock::take(self.project, self.stores, takeover).await?;
        let by = operator();
        let hands = self.hands(&by).await;
        let under_way = match (log.stage(), &log.home) {
            (Stage::Home, Some(home)) => &home.state,
            (Stage::BetweenRuns, _) => {
                let went = hands.go_home(&log.away.state.run, async || self.compile_home().await).await;
                return self.ended(went);
            }
            _ => &log.away.state,
        };
        let may_live = under_way.stopped.is_none() && !is_of_this_host(&under_way.owner);
        if !takeover && may_live {
            let active = Active { wants_it: true, ..Active::new("go on with the drill", under_way) };
            return Err(Failure::from(active).exit(Exit::Refused));
        }
        let ownership = if takeover { Ownership::takeover(&by) } else { Ownership::resume(&by) };
        let ownership = ownership.in_journal(hands.journal_override.clone());
        let engine = hands.take_on(&under_way.run, ownership).await.map_err(|error| match error {
            EngineError::Journal(JournalError::LostOwnership { .. }) => Failure::from(error).exit(Exit::Refused),
            error => error.into(),
        })?;
        self.ended(hands.drive(engine, async || self.compile_home().await).await)
    }

    async fn hands<'h>(&'h self, operator: &'h str) -> DrillHands<'h> {
        let args = self.args;
        DrillHands {
            stores: self.stores,
            // From here on Ctrl-C stops between steps, of both runs.
            ports: ports(
                self.project,
                self.aws,
                &self.project.plan.standby,
                args.resolver.resolver,
                self.context.screen,
            )
            .await,
            operator,
            journal_override: journal_override(&args.journal),
        }
    }

    async fn compile_home(&self) -> Result<Run, Failure> {
        let (args, context) = (self.args, self.context);
        context.screen.note("the way home:");
        home::compiled(self.project, self.aws, args.resolver.resolver, context).await
    }

    /// A drill that could not go on by itself, with traffic on the standby, waits for a person.
    fn ended(&self, came: Result<DrillEnd, DrillStop<Failure>>) -> Result<Ended, Failure> {
        let waits = |failure: Failure| Ended { trouble: Some(failure.exit(Exit::Waiting)) };
        match came {
            Ok(DrillEnd::Between) => {
                self.context.screen.note("stopped, as a person asked for it, before the way home was begun");
                Ok(Ended { trouble: None })
            }
            Ok(DrillEnd::Away(_) | DrillEnd::Home(_)) => Ok(Ended { trouble: None }),
            Err(DrillStop::Engine(error)) => Err(interrupted(error)),
            Err(DrillStop::WayHome(failure)) => Ok(waits(failure)),
            Err(DrillStop::NotBegun(error)) => Ok(waits(Failure::from(error))),
        }
    }

    /// The report, from the journal.
    async fn tell(&self, ended: Ended) -> Result<Exit, Failure> {
        if let Some(failure) = &ended.trouble {
            failure.report(self.context.screen);
        }
        super::report::give(self.project, self.stores, None, &self.args.report, self.context, true).await
    }
}

/// How it came back.
struct Ended {
    /// Why the way home could not be begun.
    trouble: Option<Failure>,
}

/// What a person agrees to beside both runs.
fn agreement(away: &Run) -> String {
    let Some(rule) = away.drill.as_ref().and_then(|drill| drill.rule()) else { return String::new() };
    let [stay, limit] = [rule.stay_ms, rule.stop_after_ms].map(|ms| format_duration(Duration::from_millis(ms)));
    format!(
        "The drill\n  stays {stay} on the {} and watches its checks; then goes home by itself\n  is undone where traffic has \
         not moved within {limit}, and does not stay where the failover took longer\n  goes home at once where more \
         probes fail than its observe step allows",
        away.to.side
    )
}

/// A drill that is not over.
fn stands(log: &DrillLog) -> Failure {
    let away = &log.away.state;
    let (run, by, at) = (&away.run, &away.operator, away.started_at);
    let stands = match log.stage() {
        Stage::BetweenRuns => "traffic is on the standby, and the way home was not begun".to_owned(),
        Stage::Home => "it is on its way home".to_owned(),
        _ => "its failover has not ended".to_owned(),
    };
    Failure::coded(
        codes::F_DRILL_STANDS,
        format!(
            "begin a drill of plan {}: the drill of failover {run}, begun by {by} at {at:.0}, is not over: {stands}",
            away.plan
        ),
        "go on with it: pilotlight drill live PLAN --resume",
    )
    .exit(Exit::Refused)
}

fn nothing_to_resume(project: &Project, over: bool) -> Failure {
    let what = if over { "the last one is over" } else { "there is none in its journal" };
    Failure::coded(
        codes::F_NO_DRILL,
        format!("go on with a drill of plan {}: {what}", project.plan.name),
        match over {
            true => "see it: pilotlight drill report PLAN; begin another one: pilotlight drill live PLAN",
            false => "begin one: pilotlight drill live PLAN",
        },
    )
}
