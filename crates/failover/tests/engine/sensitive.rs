//! Outputs that Terraform marks as sensitive stand in no run.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::{Explain as _, Side, codes};
use pilotlight_plan::Outputs;
use serde_json::Value;

/// The states, with one side's output marked as sensitive.
struct Marked(&'static str, Side);

impl Outputs for Marked {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Value> {
        States.output(stack, side, if name == "token" { "public_ips" } else { name })
    }

    fn is_sensitive(&self, stack: &str, side: Side, name: &str) -> bool {
        (stack, side, name) == ("app", self.1, self.0)
    }
}

async fn compiled_from(plan: &str, outputs: &dyn Outputs) -> Result<Run, CompileError> {
    let plan = plan_of(plan);
    let world = world(Side::Primary);
    let observed = observe(&plan, &world, &world).await.expect("observed");
    compile(&plan, Direction::Failover, &observed, outputs)
}

#[tokio::test]
async fn a_check_a_header_a_program_an_undo_and_a_record_may_not_use_one() {
    let token = "stack.app.output.token[0]";
    let cases = [
        ("env(\"TOKEN\")", token, "check storefront", Side::Standby),
        (
            "\"http://app.shop.test/health\"",
            "\"http://${stack.app.output.token[0]}/\"",
            "check storefront",
            Side::Primary,
        ),
        (
            "expect = [stack.app.output.public_ips[0]]",
            "expect = [stack.app.output.token[0]]",
            "check address",
            Side::Standby,
        ),
        ("[\"./set\", \"paused\"]", "[\"./set\", \"x${stack.app.output.token[0]}\"]", "step pause", Side::Standby),
        ("[\"./clear\", \"large\"]", "[\"./clear\", stack.app.output.token[0]]", "step size", Side::Standby),
        (
            "primary = stack.app.output.public_ips[0]",
            "primary = stack.app.output.token[0]",
            "record api.shop.test A",
            Side::Primary,
        ),
        (
            "standby = stack.app.output.public_ips[0]",
            "standby = stack.app.output.token[0]",
            "record api.shop.test A",
            Side::Standby,
        ),
    ];
    for (from, to, what, side) in cases {
        let plan = PLAN.replace(from, to);
        assert_ne!(plan, PLAN);
        let error = compiled_from(&plan, &Marked("token", side)).await.expect_err(what);
        let text = error.to_string();
        assert!(text.starts_with(&format!("compile {what}: stack.app.output.token of the {side}")), "{text}");
        assert!(!text.contains(PRIMARY[0]) && !text.contains(STANDBY[0]), "{text}");
        assert_eq!(error.code(), codes::F_SENSITIVE_OUTPUT);
        let line = error.span().expect("a place").start.line;
        assert!(plan.lines().nth(line as usize - 1).expect("a line").contains("output.token"), "line {line}");
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("env(")));
        // The same plan, with an output that is no secret.
        compiled_from(&plan, &Marked("other", side)).await.expect("compiled");
    }
}
