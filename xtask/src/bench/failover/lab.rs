//! `bench failover --only lab`: customers order while the shop is moved, and their word is held against the report's.
//!
//! A planned failover and its failback; a region that goes dark at once; and one that goes dark after its standby was
//! cut off for a while, so that there are orders to lose. There the report's recovery time is more than the customers'
//! by as long as the standby was cut off: nobody who is left knows what was written meanwhile, so it says *at most*.

use crate::bench::figures::{Figures, Limit};
use crate::lab::{Steps, options};
use crate::under_load::{AGREEMENT, BESIDE_THE_TTL, TTL, Told, run};
use crate::workspace::{Done, Workspace};
use pilotlight_lab::{Host, Lab, Lag, PRIMARY_REGION};
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;

const PLAN: &str = "plans/shop.hcl";

/// For so long the standby receives nothing before its primary dies.
const CUT_OFF: Duration = Duration::from_secs(3);

pub(super) fn measure(workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
    let runtime = Runtime::new()?;
    let steps = Steps::new();
    let lab = runtime.block_on(async {
        let options = options(workspace, "bench", Host::ThisProcess);
        let lab = Lab::start(&options, &|progress| steps.show(progress)).await?;
        lab.apply_primary(&|progress| steps.show(progress)).await?;
        lab.rebuild_standby(pilotlight, &|progress| steps.show(progress)).await?;
        Done::Ok(lab)
    })?;
    drop(steps);
    let go = |arguments: &str, meanwhile: &dyn Fn() -> Done<()>| {
        run(&lab, &runtime, pilotlight, &format!("{arguments} {PLAN}"), meanwhile)
    };
    let nothing = || Ok(());
    let dark = || Ok(runtime.block_on(lab.blackout(PRIMARY_REGION, false)).map(drop)?);
    let cut_off_and_dark = || {
        runtime.block_on(lab.lag(Lag::Block))?;
        std::thread::sleep(CUT_OFF);
        dark()
    };

    let told = go("failover --mode graceful", &nothing)?;
    planned(figures, "graceful failover", &told)?;
    let told = go("failback --mode graceful", &nothing)?;
    planned(figures, "graceful failback", &told)?;

    let away = go("failover --mode ungraceful", &dark)?;
    away_at_most(figures, "region dark", &away);
    agree(figures, "region dark", &away)?;
    lost(figures, "region dark", &away, &back(&lab, &runtime, &go)?)?;

    let away = go("failover --mode ungraceful", &cut_off_and_dark)?;
    away_at_most(figures, "standby cut off, region dark", &away);
    let least = Limit::AtLeast(away.downtime() - AGREEMENT.as_secs_f64());
    figures.add("standby cut off, region dark: the report's recovery time", away.recovery()?, " s", least);
    lost(figures, "standby cut off, region dark", &away, &back(&lab, &runtime, &go)?)?;
    runtime.block_on(lab.stop())?;
    Ok(())
}

/// Runs a command of the program while customers order, with what is done to the lab once it has begun.
type Go<'a> = &'a dyn Fn(&str, &dyn Fn() -> Done<()>) -> Done<Told>;

/// The region is back, and so are the customers.
fn back(lab: &Lab, runtime: &Runtime, go: Go<'_>) -> Done<Told> {
    runtime.block_on(lab.restore(PRIMARY_REGION, true))?;
    go("failback --mode graceful", &|| Ok(()))
}

/// Nobody loses anything, and nobody waits for longer than a resolver does.
fn planned(figures: &mut Figures, what: &str, told: &Told) -> Done<()> {
    away_at_most(figures, what, told);
    agree(figures, what, told)?;
    figures.add(format!("{what}: orders lost"), told.lost()? as f64, "", Limit::AtMost(0.0));
    figures.add(format!("{what}: orders failed after retry"), told.failed() as f64, "", Limit::AtMost(0.0));
    Ok(())
}

fn away_at_most(figures: &mut Figures, what: &str, told: &Told) {
    let limit = Limit::AtMost((TTL + BESIDE_THE_TTL).as_secs_f64());
    figures.add(format!("{what}: downtime that customers saw"), told.downtime(), " s", limit);
}

fn agree(figures: &mut Figures, what: &str, told: &Told) -> Done<()> {
    let limit = Limit::AtMost(AGREEMENT.as_secs_f64());
    figures.add(format!("{what}: the report's recovery time"), told.recovery()?, " s", Limit::None);
    figures.add(format!("{what}: the two differ by"), told.disagreement()?, " s", limit);
    Ok(())
}

/// What customers miss is what the failback found on the server that came back, before it was discarded.
fn lost(figures: &mut Figures, what: &str, away: &Told, back: &Told) -> Done<()> {
    let (missed, found) = (away.lost()?, back.lost_by_report()?);
    figures.add(format!("{what}: orders that customers miss"), missed as f64, "", Limit::None);
    figures.add(
        format!("{what}: of which the report has more or fewer"),
        missed.abs_diff(found) as f64,
        "",
        Limit::AtMost(0.0),
    );
    planned(figures, &format!("{what}, failback"), back)
}
