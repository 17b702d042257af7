//! No text makes the parser panic, and what is written is read back.

use pilotlight_findings::{Explain, Side};
use pilotlight_plan::{CheckKind, Inputs, Phase, format_duration, parse};
use proptest::prelude::*;
use std::time::Duration;

fn inputs() -> Inputs {
    Inputs { env: [("E".to_owned(), "é".to_owned())].into(), vars: [("v".to_owned(), 1.into())].into() }
}

/// Reads a text, and looks at everything that an error has to say.
fn survive(text: &str) {
    if let Err(errors) = parse("p.hcl", text, &inputs()) {
        for error in errors.iter() {
            let span = error.span().expect("a place");
            assert!(span.bytes.0 <= span.bytes.1 && span.bytes.1 <= text.len(), "{span:?} of {}", text.len());
            assert!(!error.to_string().is_empty() && error.code().as_str().starts_with("PL-P"));
            let _ = error.remedy();
        }
        assert!(errors.count() > 0);
    }
}

/// Pieces that plans are made of, so that random sequences reach deep.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "plan",
        "stack",
        "traffic",
        "record",
        "check",
        "step",
        "approval",
        "primary",
        "standby",
        "set",
        "region",
        "zone",
        "expect",
        "headers",
        "when",
        "run",
        "undo",
        "journal",
        "\"http\"",
        "\"a\"",
        "\"${",
        "}\"",
        "env(\"E\")",
        "env(",
        "var.v",
        "stack.a.output.b",
        "[0]",
        "[\"k\"]",
        "[*]",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "=",
        ",",
        ".",
        "\n",
        "\"",
        "<<-EOT\n",
        "\nEOT\n",
        "${~",
        "~}",
        "%{if true}",
        "'",
        "#",
        "//",
        "/*",
        "null",
        "true",
        "1e400",
        "-",
        "!",
        "?",
        ":",
        "\\u00e9",
        "\u{feff}",
        "é",
        "for",
        "postgres://u:p@h",
        "\"15m\"",
        "\"1\"",
    ];
    prop_oneof![3 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,4}"]
}

const PLAN: &str = include_str!("../../../plans/patterns/local-state.hcl");

proptest! {
    #[test]
    fn any_text_is_survived(text: String) {
        survive(&text);
    }

    #[test]
    fn any_sequence_of_pieces_is_survived(pieces in proptest::collection::vec(piece(), 0..40), space: bool) {
        survive(&pieces.join(if space { " " } else { "" }));
    }

    /// A right plan with one place overwritten: most of what people mistype.
    #[test]
    fn any_damage_is_survived(at in 0..PLAN.len(), len in 0..20usize, piece in piece()) {
        let start = PLAN.floor_char_boundary(at);
        let end = PLAN.floor_char_boundary((start + len).min(PLAN.len())).max(start);
        survive(&format!("{}{piece}{}", &PLAN[..start], &PLAN[end..]));
    }

    #[test]
    fn what_is_written_is_read_back(
        names in proptest::collection::btree_set("[a-z][a-z0-9_-]{0,12}", 1..6),
        tiers in proptest::collection::vec(0..1000u32, 6),
        seconds in 0..=2_147_483_647u64,
        texts in proptest::collection::vec("[ -~äé\n\t]{1,20}", 1..4),
        phase in 0..9usize,
        octets: [u8; 4],
    ) {
        let names: Vec<_> = names.into_iter().collect();
        let mut text = "plan \"p\" {\n  primary { region = \"eu-west-1\" }\n  standby { region = \"eu-central-1\" }\n}\n".to_owned();
        for (name, tier) in names.iter().zip(&tiers) {
            text += &format!("stack {name:?} {{\n  source = \"{name}\"\n  state = \"{name}.tfstate\"\n  tier = {tier}\n}}\n");
        }
        let address = std::net::Ipv4Addr::from(octets);
        let other = std::net::Ipv4Addr::from(u32::from(address).wrapping_add(1));
        text += &format!(
            "traffic \"t\" {{\n  zone = \"z.test\"\n  record \"a.z.test\" \"A\" {{\n    primary = \"{address}\"\n    \
             standby = [\"{other}\"]\n    ttl = {:?}\n  }}\n}}\n",
            format_duration(Duration::from_secs(seconds))
        );
        let quoted: Vec<String> = texts
            .iter()
            .map(|text| {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
                format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
            })
            .collect();
        let phase = Phase::ALL[phase];
        text += &format!("step \"command\" \"s\" {{\n  phase = \"{phase}\"\n  run = [\"go\", {}]\n}}\n", quoted.join(", "));
        text += &format!("check \"command\" \"c\" {{ run = [\"go\", {}] }}\n", quoted.join(", "));

        let plan = match parse("p.hcl", &text, &Inputs::default()) {
            Ok(plan) => plan,
            // A random text may look like a secret; that is the one error there may be.
            Err(errors) => {
                prop_assert!(errors.iter().all(|error| error.code().as_str() == "PL-P110"), "{text}\n{errors}");
                return Ok(());
            }
        };
        let read: Vec<_> = plan.stacks.iter().map(|stack| (stack.name.clone(), stack.tier)).collect();
        let written: Vec<_> = names.iter().cloned().zip(tiers.iter().copied()).collect();
        prop_assert_eq!(read, written);
        let record = &plan.traffic[0].records[0];
        prop_assert_eq!(record.ttl, Some(Duration::from_secs(seconds)));
        prop_assert_eq!(record.primary.resolve_texts(Side::Primary, &()), Ok(vec![address.to_string()]));
        prop_assert_eq!(record.standby.resolve_texts(Side::Standby, &()), Ok(vec![other.to_string()]));
        prop_assert_eq!(plan.steps[0].phase, phase);
        let CheckKind::Command { run } = &plan.checks[0].kind else { panic!("a command") };
        for run in [run, &plan.steps[0].run] {
            let read: Vec<_> = run[1..].iter().map(|value| value.resolve_text(Side::Primary, &()).expect("text")).collect();
            prop_assert_eq!(&read, &texts);
        }
    }
}
