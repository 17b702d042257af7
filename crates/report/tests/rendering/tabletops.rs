//! Tabletop drills: the sheet, and the report that names what is open.

use crate::schema::{errors, parse, schema};
use pilotlight_failover::tabletop::{Answer, Asked, Said, TABLETOP_SCHEMA_VERSION, TabletopFact, TabletopReport};
use pilotlight_findings::{Finding, Severity, Subject, codes};
use pilotlight_report::{
    TABLETOP_SCHEMA, TextOptions, tabletop_html, tabletop_json, tabletop_markdown, tabletop_sheet, tabletop_text,
};

fn asked(id: &str, part: &str, question: &str, said: Option<Said>) -> Asked {
    let answer = said.map(|answer| Answer {
        id: id.into(),
        question: question.into(),
        answer,
        note: "Ann, and Bob".into(),
        by: "ana@bastion".into(),
        at: "2026-11-21T03:00:00Z".into(),
    });
    let facts = vec!["the TTL is 30s".into()];
    Asked { id: id.into(), part: part.into(), question: question.into(), facts, answer }
}

fn report() -> TabletopReport {
    let fact = |objective: &str, wanted: Option<&str>| TabletopFact {
        objective: objective.into(),
        wanted: wanted.map(str::to_owned),
        expected: wanted.map(|_| "42.1 s".into()),
        measured: wanted.map(|_| "41.0 s on 2026-11-20".into()),
    };
    let finding = |code, severity, message: &str| {
        Finding::new(code, severity, Subject::Plan { name: "shop".into() }, message).remedy("name them")
    };
    TabletopReport {
        schema_version: TABLETOP_SCHEMA_VERSION,
        plan: "shop".into(),
        plan_alone: Some("failed to find credentials".into()),
        objectives: vec![fact("RTO", Some("15m")), fact("RPO", None)],
        questions: vec![
            asked("begin", "before", "Who decides that eu-west-1 is given up?", Some(Said::Yes)),
            asked("approval/commander", "switch", "Who says yes <b>to commander</b>?", Some(Said::No)),
            asked("traffic/app/caches", "switch", "Which clients keep app.shop.test?", None),
        ],
        fix: vec![
            finding(codes::F_TABLETOP_NO, Severity::Error, "Who says yes <b>to commander</b>? (Ann, and Bob)"),
            finding(codes::F_TABLETOP_OPEN, Severity::Warning, "Which clients keep app.shop.test?"),
        ],
    }
}

#[test]
fn what_is_open_and_what_is_wrong_is_told() {
    let expected = "\
tabletop of shop: 1 of 3 questions are answered, 1 with no, 1 are open
  The failover does not compile now, so the questions come from the plan alone: failed to find
  credentials
  RTO: objective 15m, expected 42.1 s, measured 41.0 s on 2026-11-20
  RPO: objective none in the plan, expected not known, measured never

before
  ✓ yes   Who decides that eu-west-1 is given up?
            Ann, and Bob (ana@bastion, 2026-11-21)

switch
  ✗ no    Who says yes <b>to commander</b>?
            Ann, and Bob (ana@bastion, 2026-11-21)
  ? open  Which clients keep app.shop.test?
            the TTL is 30s

what to fix
  ✗ error  plan shop  PL-F258
    Who says yes <b>to commander</b>? (Ann, and Bob)
    remedy: name them
  ! 1 question is open: answer it in the next session (PL-F257)
";
    assert_eq!(tabletop_text(&report(), TextOptions { width: 100, ..TextOptions::default() }), expected);
}

#[test]
fn nothing_open_is_nothing_to_fix() {
    let mut all = report();
    all.fix.clear();
    all.questions.retain(|asked| asked.id == "begin");
    let told = tabletop_text(&all, TextOptions::default());
    assert!(told.starts_with("tabletop of shop: all 1 questions are answered\n"), "{told}");
    assert!(told.ends_with("\nwhat to fix\n  nothing\n"), "{told}");
}

#[test]
fn markup_in_a_plan_is_text_in_every_format() {
    let (page, ticket, sheet) = (tabletop_html(&report()), tabletop_markdown(&report()), tabletop_sheet(&report()));
    for (told, wanted) in
        [(&page, "&lt;b&gt;to commander"), (&ticket, "&lt;b&gt;to commander"), (&sheet, "&lt;b&gt;to commander")]
    {
        assert!(told.contains(wanted) && !told.contains("<b>to"), "{told}");
    }
    assert!(ticket.contains("| ✗&nbsp;no | switch: "), "{ticket}");
    assert!(sheet.contains("## Switch\n"), "{sheet}");
    assert_eq!(sheet.matches("- [ ] yes").count(), 3, "each question can be answered");
}

#[test]
fn the_report_fits_its_schema_and_takes_no_other_field() {
    let schema = schema(TABLETOP_SCHEMA);
    let document = parse(&tabletop_json(&report()));
    assert_eq!(errors(&schema, &document), Vec::<String>::new());
    for place in ["", "/objectives/0", "/questions/0", "/questions/0/answer", "/fix/0"] {
        let mut changed = document.clone();
        let object = changed.pointer_mut(place).and_then(serde_json::Value::as_object_mut).expect("an object");
        object.insert("field_of_tomorrow".into(), 1.into());
        assert!(!errors(&schema, &changed).is_empty(), "{place} took an unknown field");
    }
}
