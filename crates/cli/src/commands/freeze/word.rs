//! `pilotlight freeze on` and `pilotlight freeze off`

use super::{Context, open, told};
use crate::args::{FreezeOff, FreezeOn};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::operator;
use jiff::{SignedDuration, Timestamp};
use pilotlight_findings::{Code, Explain};
use pilotlight_journal::{
    FREEZE_VERSION, Freeze, FreezeKept, FreezeRead, JournalError, JournalStores, keep_freeze, read_freeze,
};

pub(super) async fn on(args: &FreezeOn, context: Context<'_>) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let until = match args.lasts {
        None => None,
        Some(lasts) => Some(
            SignedDuration::try_from(lasts)
                .and_then(|lasts| now.checked_add(lasts))
                .map_err(|_| Failure::usage("find the end of the freeze: --for is too long", "leave --for out"))?,
        ),
    };
    let (project, stores) = open(&args.journal).await?;
    let plan = project.plan.name.clone();
    let read = read(&stores, &plan, context).await;
    if let Some(before) = read.holding(now) {
        context.screen.note(format!("a freeze was on already, {}; this one takes its place", told(before)));
    }
    let reason = args.reason.clone();
    let word = Freeze { version: FREEZE_VERSION, plan, on: true, by: operator(), at: now, reason, until };
    let word = word.after(read.newest.as_ref());
    let kept = keep(&stores, &word, context).await?;
    let (plan, told) = (&word.plan, told(&word));
    context.screen.note(format!("a freeze of plan {plan} is on, {told}\nkept in {}", kept.stores.join(", ")));
    // A store that lacks it has to answer before a check says that all is well, and the others have it.
    Ok(Exit::Done)
}

pub(super) async fn off(args: &FreezeOff, context: Context<'_>) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let (project, stores) = open(&args.journal).await?;
    let plan = project.plan.name.clone();
    let read = read(&stores, &plan, context).await;
    if read.unread.is_empty() && read.holding(now).is_none() {
        context.screen.note(format!("no freeze of plan {plan} is on"));
        return Ok(Exit::Done);
    }
    let reason = args.reason.trim().to_owned();
    let word = Freeze { version: FREEZE_VERSION, plan, on: false, by: operator(), at: now, reason, until: None };
    let word = word.after(read.newest.as_ref());
    let kept = keep(&stores, &word, context).await?;
    if let Some(before) = read.holding(now) {
        context.screen.note(format!("the freeze of plan {} is over; it was on {}", word.plan, told(before)));
    }
    context.screen.note(format!("kept in {}", kept.stores.join(", ")));
    // What the others hold may still be a freeze.
    Ok(if kept.failed.is_empty() { Exit::Done } else { Exit::Incomplete })
}

/// What there is, with a warning for each store that does not say.
async fn read(stores: &JournalStores, plan: &str, context: Context<'_>) -> FreezeRead {
    let read = read_freeze(stores, plan).await;
    for store in &read.unread {
        context.screen.note(format!("warning: what is kept there is not known: {}", store.told()));
    }
    read
}

async fn keep(stores: &JournalStores, word: &Freeze, context: Context<'_>) -> Result<FreezeKept, Failure> {
    let mut kept = keep_freeze(stores, word).await;
    if kept.stores.is_empty()
        && let Some((_, error)) = kept.failed.pop()
    {
        return Err(NotKept(error).into());
    }
    for (_, error) in &kept.failed {
        Failure::explain(error).with_remedy("make the store reachable, and say it again").warn(context.screen);
    }
    Ok(kept)
}

/// No store took it.
#[derive(Debug, thiserror::Error)]
#[error("keep the word with the journal: no store of it took it")]
struct NotKept(#[source] JournalError);

impl Explain for NotKept {
    fn code(&self) -> Code {
        self.0.code()
    }

    fn remedy(&self) -> Option<String> {
        Some("make a store of the plan's journal reachable, or name another one that the pipelines ask too: --journal URL".into())
    }
}
