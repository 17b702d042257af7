//! What a run watches after the switch.

use crate::after_head;
use pilotlight_plan::{Inputs, parse};
use std::time::Duration;

const HEAD: &str = "plan \"p\" {\n  primary { region = \"eu-west-1\" }\n  standby { region = \"eu-central-1\" }\n}\n\
                    stack \"a\" {\n  source = \"a\"\n  state  = \"a.tfstate\"\n}\n";

#[test]
fn the_block_has_defaults_that_let_nothing_pass() {
    let plan = |block: &str| parse("plan.hcl", &format!("{HEAD}{block}\n"), &Inputs::default()).expect("a plan");
    assert_eq!(plan("").observe, None);
    let observe = plan("observe { for = \"2m\" }").observe.expect("it");
    assert_eq!((observe.duration, observe.every), (Duration::from_secs(120), Duration::from_secs(5)));
    let shares = [observe.errors, observe.latency, observe.count].map(|share| share.to_string());
    assert_eq!(shares, ["0%", "100%", "0%"]);
}

#[test]
fn what_does_not_fit_is_one_clear_error() {
    for (body, expected) in [
        ("observe {}", "9:1 PL-P103 find the attribute \"for\" in the observe block"),
        ("observe {\n  for = \"2m\"\n  errors = 1\n}", "11:12 PL-P104 read the attribute \"errors\" as a text"),
        (
            "observe {\n  for = \"2m\"\n  errors = \"one\"\n}",
            "11:12 PL-P104 use \"one\" for the attribute \"errors\": it is no share in percent | write it as in \"1%\" or \"0.5%\"",
        ),
        ("observe \"x\" { for = \"2m\" }", "9:1 PL-P"),
        (
            "observe { for = \"1m\" }\nobserve { for = \"2m\" }",
            "10:1 PL-P105 use the block \"observe\" in one file twice: line 9 has it already",
        ),
    ] {
        let told = after_head(body);
        assert!(told.starts_with(expected) && !told.contains('\n'), "{body}\n{told}");
    }
}
