//! Tabletop drills: the questions come from the plan, what is known stands beside them, and answers hold for what was
//! asked.

use crate::databases::with_servers;
use crate::estate::*;
use pilotlight_failover::tabletop::*;
use pilotlight_failover::*;
use pilotlight_findings::{Severity, Side, codes};
use pilotlight_plan::DrPlan;
use std::collections::BTreeMap;

const UNKNOWN: &str = "no credentials";

fn alone<'a>(environment: &'a BTreeMap<String, String>) -> Known<'a> {
    Known { run: Err(UNKNOWN), measured: Err(UNKNOWN), expected: Err(UNKNOWN), lag: &[], environment }
}

fn of<'q>(questions: &'q [Question], id: &str) -> &'q Question {
    questions.iter().find(|question| question.id == id).unwrap_or_else(|| panic!("no question {id}"))
}

fn ids(questions: &[Question]) -> Vec<&str> {
    questions.iter().map(|question| question.id.as_str()).collect()
}

#[tokio::test]
async fn every_block_of_the_plan_is_asked_about_in_the_order_of_a_run() {
    let environment = environment();
    let questions = walk(&plan(), &alone(&environment));
    assert_eq!(
        ids(&questions),
        [
            "begin",
            "journal",
            "rehearsal",
            "variable/TOKEN",
            "rto",
            "program/pause",
            "program/pause/fails",
            "program/size",
            "program/size/fails",
            "approval/commander",
            "traffic/storefront",
            "traffic/storefront/caches",
            "traffic/api",
            "traffic/api/caches",
            "no-return",
            "check/storefront",
            "check/address",
            "program/resume",
            "program/resume/fails",
            "releases",
            "failback",
        ]
    );
    assert!(questions.iter().all(|question| question.question.ends_with('?') && !question.remedy.is_empty()));
    let commander = of(&questions, "approval/commander");
    assert_eq!(commander.part, "switch");
    assert_eq!(
        commander.question,
        "Who says yes to commander before switch, and who stands in when they do not answer?"
    );
    // What a failure comes to depends on where the program runs, and on its undo.
    assert_eq!(of(&questions, "program/size/fails").facts, ["the run rolls back by itself", "./clear takes it back"]);
    let resume = &of(&questions, "program/resume/fails").facts;
    assert!(
        resume[0].starts_with("the run waits for a person") && resume[1].starts_with("it has no undo"),
        "{resume:?}"
    );
    assert_eq!(of(&questions, "variable/TOKEN").facts, ["needed by check storefront", "it is set on this machine"]);
    assert!(of(&questions, "journal").facts[0].starts_with("it is a folder of the machine"));
    // What is not known is not "never".
    assert_eq!(of(&questions, "rehearsal").facts, ["past runs are not known: no credentials"]);
    assert_eq!(of(&questions, "rto").facts, [""; 0]);
    let never = Known { measured: Ok(None), ..alone(&environment) };
    assert_eq!(of(&walk(&plan(), &never), "rto").facts, ["never measured"]);
    let less = DrPlan { approvals: Vec::new(), steps: Vec::new(), ..plan() };
    assert!(
        !ids(&walk(&less, &alone(&environment)))
            .iter()
            .any(|id| id.starts_with("approval/") || id.starts_with("program/"))
    );
}

#[tokio::test]
async fn databases_ask_for_their_fence_their_loss_and_their_way_back() {
    let (world, environment) = (world(Side::Primary), environment());
    with_servers(&world);
    let plan = plan_of(&world.with(|state| state.plan.clone()));
    let lag = ["orders: 0 bytes behind".to_owned()];
    let known = Known { lag: &lag, ..alone(&environment) };
    let questions = walk(&plan, &known);
    assert_eq!(of(&questions, "database/orders/fence").part, "fence");
    assert_eq!(of(&questions, "database/orders/promote").part, "promote");
    assert_eq!(of(&questions, "rpo").facts, ["today: orders: 0 bytes behind"]);
    assert!(of(&questions, "rpo").question.contains("The plan has no RPO"));
    assert!(of(&questions, "database/orders/resync").question.starts_with("Did ./resync bring orders back lately"));
    assert_eq!(of(&questions, "variable/ORDERS_PRIMARY_URL").facts[0], "needed by database orders");
    assert!(of(&walk(&plan, &alone(&environment)), "rpo").facts[0].ends_with("is not known"));
}

#[tokio::test]
async fn what_is_known_stands_beside_the_question_and_does_not_change_its_words() {
    let (world, environment) = (world(Side::Primary), environment());
    let run = compiled(&world, Direction::Failover).await;
    let store = pilotlight_journal::MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("begun");
    engine.drive().await.expect("driven");
    let (measured, past) = (report_of(&engine), [PastRun::of(engine.journal().events()).expect("a run")]);
    let by_past = expected(&run, &past);
    let known = Known {
        run: Ok(&run),
        measured: Ok(Some(&measured)),
        expected: Ok(&by_past),
        lag: &[],
        environment: &environment,
    };
    let (told, bare) = (walk(&plan(), &known), walk(&plan(), &alone(&environment)));
    for question in &bare {
        assert_eq!(of(&told, &question.id).question, question.question, "an answer holds for both");
    }
    let rto = &of(&told, "rto").facts;
    assert!(
        rto.iter().any(|fact| fact.starts_with("measured "))
            && rto.iter().any(|fact| fact.starts_with("by 1 past runs ")),
        "{rto:?}"
    );
    assert!(of(&told, "rehearsal").facts[0].ends_with("by ada@ops"));
    assert_eq!(of(&told, "traffic/api/caches").facts, ["the TTL is 30s"]);
    assert_eq!(of(&bare, "traffic/api/caches").facts, ["the plan expects a TTL of 30s"]);
    let point = &of(&told, "no-return").facts;
    assert!(point[0].contains("on a failure waits for a person"), "{point:?}");
}

#[tokio::test]
async fn an_answer_holds_for_the_words_that_were_asked() {
    let environment = environment();
    let (plan, known) = (plan(), alone(&environment));
    let mut answers = Answers::none("shop");
    for (at, question) in walk(&plan, &known).iter().enumerate() {
        let answer = match at {
            0 => Said::No,
            1 => Said::Later,
            _ => Said::Yes,
        };
        answers.put(Answer {
            id: question.id.clone(),
            question: question.question.clone(),
            answer,
            note: "Ann".into(),
            by: "ada@ops".into(),
            at: "2026-11-21T03:00:00Z".into(),
        });
    }
    let told = tabletop_report(&plan, &known, &answers);
    assert_eq!((told.answered(), told.exit_code()), (told.questions.len() - 2, 2));
    let fix: Vec<_> = told.fix.iter().map(|one| (one.code, one.severity)).collect();
    assert_eq!(fix, [(codes::F_TABLETOP_NO, Severity::Error), (codes::F_TABLETOP_OPEN, Severity::Warning)]);
    assert_eq!(told.plan_alone.as_deref(), Some(UNKNOWN));
    // Said again, the newer word counts; and then nothing is left.
    for id in ["begin", "journal"] {
        let before = answers.answers.iter().find(|answer| answer.id == id).expect("answered").clone();
        answers.put(Answer { answer: Said::Yes, ..before });
    }
    let told = tabletop_report(&plan, &known, &answers);
    assert_eq!((told.fix.len(), told.exit_code()), (0, 0));
    // The approval now stands before another phase: who says yes there was not asked.
    let mut other = plan.clone();
    other.approvals[0].before = pilotlight_plan::Phase::Fence;
    let told = tabletop_report(&other, &known, &answers);
    assert_eq!(told.fix.len(), 1);
    assert!(told.fix[0].message.starts_with("Who says yes to commander before fence"), "{}", told.fix[0].message);
    let text = serde_json::to_string(&answers).expect("json");
    assert_eq!(Answers::read(&text, "shop").expect("read"), answers);
}

/// As version 1 wrote it first. It is never written anew: a reader of today must read it.
#[test]
fn answers_of_version_1_are_read_and_others_are_refused() {
    let text = r#"{
  "version": 1,
  "plan": "shop",
  "answers": [
    {
      "id": "approval/commander",
      "question": "Who says yes to commander before switch, and who stands in when they do not answer?",
      "answer": "yes",
      "note": "Ann, and Bob",
      "by": "ada@ops",
      "at": "2026-11-21T03:00:00Z"
    },
    { "id": "begin", "question": "Who?", "answer": "later", "by": "ada@ops", "at": "2026-11-21T03:01:00Z" }
  ]
}"#;
    let read = Answers::read(text, "shop").expect("answers");
    assert_eq!((read.answers[0].answer, read.answers[0].note.as_str()), (Said::Yes, "Ann, and Bob"));
    let error = |text: &str, plan: &str| Answers::read(text, plan).expect_err("no answers").to_string();
    assert_eq!(error(text, "web"), "use answers of plan shop for plan web");
    assert_eq!(
        error(&text.replace("\"version\": 1", "\"version\": 2"), "shop"),
        "read answers of version 2: this program knows version 1"
    );
    assert_eq!(error("[]", "shop"), "read it as answers of a tabletop drill");
}
