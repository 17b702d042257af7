//! The pages: complete, safe to open, and the same in words as the text.

use crate::samples::{drills, every_shape, reports, runs};
use pilotlight_findings::{Evidence, Finding, SENSITIVE, Severity, Subject, Verdict, codes};
use pilotlight_report::{drill_html, report_html, run_html};
use serde_json::json;

const PLAN: Option<&str> = Some("plans/shop.hcl");

fn pages() -> Vec<String> {
    let reports = [
        reports::drift_clean(),
        reports::drift(),
        reports::drift_incomplete(),
        reports::validate_not_ready(),
        every_shape::report(),
    ];
    let mut pages: Vec<String> = reports.iter().map(report_html).collect();
    pages.extend(runs::all().iter().map(|run| run_html(run, PLAN)));
    pages.extend(drills::all().iter().chain([&drills::every_shape()]).map(|drill| drill_html(drill, PLAN)));
    pages
}

/// Elements by a small reader of our own pages: `(name, attributes)` of each start tag, after a check that tags nest.
fn elements(page: &str) -> Vec<(String, String)> {
    const VOID: &[&str] = &["meta", "link", "br", "hr", "img", "input"];
    let (mut elements, mut open) = (Vec::new(), Vec::new());
    let body = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        elements.push((name.to_owned(), attributes.to_owned()));
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("a style ends")..];
        }
    }
    assert_eq!(open, Vec::<String>::new(), "all tags are closed");
    elements
}

#[test]
fn pages_nest_and_fetch_nothing() {
    for page in pages() {
        for (name, attributes) in elements(&page) {
            assert!(!["script", "iframe", "object", "embed", "img", "form", "base"].contains(&name.as_str()), "{name}");
            for (attribute, _) in attributes.match_indices("href=\"").chain(attributes.match_indices("src=\"")) {
                let value = &attributes[attribute..];
                assert!(value.starts_with("href=\"data:,"), "{name} {attributes}");
            }
            assert!(!attributes.contains(" on") && !attributes.contains("style="), "{name} {attributes}");
        }
        assert!(page.contains("default-src 'none'"), "the browser is told as well");
        assert!(!page.contains("@import") && !page.contains("url(http"));
    }
}

#[test]
fn pages_are_for_screen_readers_and_phones_and_paper() {
    for page in pages() {
        let elements = elements(&page);
        let count = |name: &str| elements.iter().filter(|(element, _)| element == name).count();
        assert_eq!((count("h1"), count("main"), count("title") > 0), (1, 1, true));
        assert!(page.contains("<html lang=\"en\">") && page.contains("width=device-width"));
        for feature in ["prefers-color-scheme: dark", "@media print", "max-width: 40rem"] {
            assert!(page.contains(feature), "{feature}");
        }
        for (name, attributes) in &elements {
            match name.as_str() {
                "th" => assert!(attributes.contains("scope="), "{attributes}"),
                "svg" => assert!(
                    attributes.contains("aria-labelledby") || attributes.contains("aria-hidden"),
                    "{attributes}"
                ),
                _ => {}
            }
            if let Some(at) = attributes.find("aria-labelledby=\"") {
                let ids = attributes[at + 17..].split('"').next().expect("a value");
                for id in ids.split(' ') {
                    assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
                }
            }
        }
    }
}

#[test]
fn markup_in_values_is_text() {
    let evil = "<script>alert('x')</script>\"&";
    let mut report = reports::drift_clean();
    report.verdict = Verdict::Findings;
    report.plan = Some(evil.into());
    report.summary[1].name = evil.into();
    report.calls[0].operation = evil.into();
    report.started_at = evil.into();
    let subject =
        || Subject::Resource { stack: evil.into(), side: None, address: evil.into(), id: Some("i<b>".into()) };
    let finding = |code, severity| {
        Finding::new(code, severity, subject(), evil)
            .with(Evidence::change(evil, json!(evil), json!([evil, {evil: evil}])))
            .with(Evidence::change("list", json!([evil]), json!(["other"])))
            .with(Evidence::fact(evil, evil))
            .with(Evidence::Diff { title: evil.into(), text: format!("-{evil}\n+{evil}\n") })
            .remedy(evil)
    };
    report.findings = vec![finding(codes::D_CHANGED, Severity::Error), finding(codes::D_UNREAD, Severity::Warning)];
    let mut run = runs::taken_over();
    for text in [
        &mut run.plan,
        &mut run.run,
        &mut run.job,
        &mut run.digest,
        &mut run.operator,
        &mut run.outcome,
        &mut run.detail,
    ] {
        *text = evil.into();
    }
    for phase in &mut run.phases {
        phase.phase = evil.into();
        for step in &mut phase.steps {
            (step.step, step.title, step.status, step.detail) = (evil.into(), evil.into(), evil.into(), evil.into());
        }
    }
    let record = &mut run.records[0];
    (record.zone, record.name, record.record_type) = (evil.into(), evil.into(), evil.into());
    (record.before, record.after) = (vec![evil.into()], vec![evil.into()]);
    for check in &mut run.checks {
        (check.name, check.kind, check.when, check.status, check.detail) =
            (evil.into(), evil.into(), evil.into(), evil.into(), evil.into());
    }
    for one in &mut run.interventions {
        (one.what, one.by, one.detail) = (evil.into(), evil.into(), evil.into());
    }
    run.findings = report.findings.clone();
    for page in [report_html(&report), run_html(&run, Some(evil))] {
        assert!(!page.contains("<script") && !page.contains("alert('x')</script>") && !page.contains("<b>)"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "the value is there to read");
        elements(&page);
    }
}

#[test]
fn a_sensitive_value_is_covered_and_says_so() {
    let mut report = reports::drift();
    report.findings[0].evidence = vec![Evidence::change("password", json!(SENSITIVE), json!(SENSITIVE))];
    let page = report_html(&report);
    assert!(page.contains("(sensitive value)") && page.contains("(another sensitive value)"));
}

#[test]
fn the_page_says_what_the_text_says() {
    let page = report_html(&reports::drift());
    for part in [
        "Drift: 3 findings in 27 resources (24 in sync, 2 changed, 1 missing)",
        "14 API calls, 2.1 s",
        "aws_instance.web[&quot;eu-west-1b&quot;] (i-0a7d3f1be29c84d06)",
        "run terraform apply in infra/shop/app to make it again",
        "In AWS now",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let page = run_html(&runs::succeeded(), PLAN);
    for part in [
        "Failover succeeded: app.shop.test answers with eu-central-1",
        "42.1 s",
        "✓ within the objective of 15 m (4.7 %)",
        "traffic arrived, 42.1 s",
        "pilotlight failback plans/shop.hcl",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let page = run_html(&runs::taken_over(), PLAN);
    assert!(page.contains("✗ over the objective of 15 m (270 %)") && page.contains("waited 40 m 1 s"));
    assert!(run_html(&runs::rolled_back(), PLAN).contains("recovery was not observed; objective 15 m"));
}

#[test]
fn the_timeline_has_a_bar_for_each_step_that_ran() {
    for run in runs::all() {
        let page = run_html(&run, PLAN);
        let ran = run.phases.iter().flat_map(|phase| &phase.steps).filter(|step| step.started_at.is_some()).count();
        assert_eq!(page.matches("<rect class=\"bar ").count(), ran, "{}", run.outcome);
        assert_eq!(page.matches("<circle class=\"pin\"").count(), run.interventions.len(), "{}", run.outcome);
    }
}

#[test]
fn coordinates_stay_inside_the_drawing() {
    for run in runs::all() {
        for (name, attributes) in elements(&run_html(&run, PLAN)) {
            let value = |attribute: &str| -> Option<f64> {
                let at = attributes.find(&format!(" {attribute}=\"")).map(|at| at + attribute.len() + 3)?;
                attributes[at..].split('"').next()?.parse().ok()
            };
            if let ("rect" | "circle" | "line", Some(x)) = (name.as_str(), value("x").or(value("cx")).or(value("x1"))) {
                let right = x + value("width").unwrap_or_default();
                assert!(x >= 0.0 && right <= 1_000.5, "{name} {attributes}");
            }
        }
    }
}

#[test]
fn a_run_without_times_has_a_page_without_a_timeline() {
    let mut run = runs::succeeded();
    run.started_at = "not a time".into();
    let page = run_html(&run, PLAN);
    assert!(!page.contains("chart-title") && page.contains("not a time"));
    elements(&page);
}

/// WCAG 2.1, level AA: 4.5 to 1 for text. Both schemes, each pair that the style sheet makes.
#[test]
fn colours_have_contrast_in_light_and_dark() {
    let page = report_html(&reports::drift());
    let block = |at: usize| page[at..].split_once('}').expect("a block").0;
    let light = block(page.find(":root {").expect("the light scheme"));
    let dark_at = page.find("prefers-color-scheme: dark").expect("the dark scheme");
    let dark = block(dark_at);
    for (scheme, name) in [(light, "light"), (dark, "dark")] {
        let colour = |variable: &str| {
            let at = scheme.find(&format!("--{variable}: #")).unwrap_or_else(|| panic!("{name} has {variable}"));
            luminance(&scheme[at + variable.len() + 5..][..6])
        };
        let mut pairs = vec![("ink", "bg"), ("ink", "card"), ("ink", "soft"), ("ink", "info-bg")];
        pairs.extend([("muted", "bg"), ("muted", "card"), ("muted", "soft")]);
        pairs.extend([("bad", "soft"), ("good", "soft"), ("info", "soft"), ("info", "info-bg"), ("good", "card")]);
        pairs.extend([("good", "good-bg"), ("warn", "warn-bg"), ("bad", "bad-bg"), ("unsure", "unsure-bg")]);
        pairs.extend([("quiet", "quiet-bg"), ("ink", "good-bg"), ("ink", "bad-bg"), ("ink", "warn-bg")]);
        pairs.extend([("warn", "card"), ("bad", "card"), ("unsure", "card"), ("muted", "quiet-bg")]);
        for (text, ground) in pairs {
            let (a, b) = (colour(text), colour(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{name}: {text} on {ground} has {contrast:.2}");
        }
    }
}

/// Relative luminance of an sRGB colour `rrggbb`, as WCAG 2.1 defines it.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn the_page_of_a_run_tells_of_its_databases() {
    let page = run_html(&every_shape::run(), PLAN);
    for text in ["<h2 id=\"databases\">Databases</h2>", "1 row kept in f", "at most the last 2 ms of writes are lost"] {
        assert!(page.contains(text), "{text}");
    }
}
