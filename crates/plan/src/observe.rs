//! The `observe` block: how long a run watches after the switch, and what it lets pass.

use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;
use std::fmt;
use std::time::Duration;

/// What a run watches once traffic has moved and everything was seen green.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observe {
    /// How long.
    pub duration: Duration,
    /// Between two rounds of all checks.
    pub every: Duration,
    /// How many of all probes may be other than green.
    pub errors: Percent,
    /// How much slower than before the switch a check may be.
    pub latency: Percent,
    /// How much a count may differ from that before the switch.
    pub count: Percent,
    /// The block's head.
    pub span: Span,
}

impl Observe {
    /// What a block says that has nothing but this `for`.
    pub fn lasting(duration: Duration, span: Span) -> Self {
        const EVERY: Duration = Duration::from_secs(5);
        let (none, twice) = (Percent(0), Percent(100 * HUNDREDTHS));
        Self { duration, every: EVERY, errors: none, latency: twice, count: none, span }
    }
}

/// A share, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

/// Hundredths of a percent in one percent.
const HUNDREDTHS: u32 = 100;

impl Percent {
    /// From `1%`, `0.5%`, `12.25%`: digits, at most two of them behind a point, and the sign.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return None;
        }
        let hundredths: u32 = format!("{part:0<2}").parse().ok()?;
        Some(Self(whole.parse::<u32>().ok()?.checked_mul(HUNDREDTHS)?.checked_add(hundredths)?))
    }

    /// In hundredths of a percent: 150 for 1.5 %.
    pub fn hundredths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / HUNDREDTHS, self.0 % HUNDREDTHS);
        match part {
            0 => write!(f, "{whole}%"),
            part if part % 10 == 0 => write!(f, "{whole}.{}%", part / 10),
            part => write!(f, "{whole}.{part:02}%"),
        }
    }
}

pub(crate) static OBSERVE: BlockRow = BlockRow {
    name: "observe",
    kind: None,
    labels: &[],
    occurs: Occurs::Optional,
    doc: "How long a run goes on asking after the switch, in its phase `observe`, before it calls itself a success. Every \
          check with `after` in its `when` is asked round after round. Probes that are not green count against a quota: \
          within it the run goes on; above it the run stops for a person, who goes on (`run skip`) or back (`run abort`). \
          What the same check measured before the switch is its baseline: whether it was green, how long it took, and \
          for a `command` that prints a number alone on its last line, that number. What differs by more than is allowed \
          here is a finding of the report, and stops nothing. Without this block nothing is asked again.",
    example: r#"observe {
  for     = "2m"
  errors  = "1%"
  latency = "100%"
  count   = "10%"
}"#,
    attributes: &[
        AttributeRow {
            name: "for",
            of: Type::Duration { least: 1, most: LONGEST_SECONDS },
            need: Need::Required,
            doc: "How long the checks are asked again and again. It is no part of the recovery time.",
            example: r#""2m""#,
        },
        AttributeRow {
            name: "every",
            of: Type::Duration { least: 1, most: LONGEST_SECONDS },
            need: Need::Default(r#""5s""#),
            doc: "The pause between two rounds of all checks.",
            example: r#""5s""#,
        },
        AttributeRow {
            name: "errors",
            of: Type::Text,
            need: Need::Default(r#""0%""#),
            doc: "How many of all probes may be other than green, in percent.",
            example: r#""1%""#,
        },
        AttributeRow {
            name: "latency",
            of: Type::Text,
            need: Need::Default(r#""100%""#),
            doc: "How much slower than its baseline a check may be, by the middle one of its probes: at `100%`, twice as \
                  slow. Less than 50 ms is no difference.",
            example: r#""50%""#,
        },
        AttributeRow {
            name: "count",
            of: Type::Text,
            need: Need::Default(r#""0%""#),
            doc: "How much the last number that a check printed may differ from its baseline, up or down.",
            example: r#""10%""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_with_nothing_but_its_time_is_what_the_table_says() {
        let text = "plan \"web\" {\n  primary { region = \"eu-west-1\" }\n  standby { region = \"eu-central-1\" }\n}\n\
                    stack \"app\" {\n  source = \"../infra/app\"\n  state  = \"file:app.tfstate\"\n}\nobserve { for = \"2m\" }\n";
        let plan = crate::parse("plan.hcl", text, &crate::Inputs::default()).expect("a plan");
        let read = plan.observe.expect("the block");
        assert_eq!(read, Observe::lasting(Duration::from_secs(120), read.span.clone()));
    }

    #[test]
    fn percents_are_read_and_written_alike() {
        for (text, hundredths) in
            [("0%", 0), ("1%", 100), ("0.5%", 50), ("0.05%", 5), ("12.25%", 1225), ("300%", 30_000)]
        {
            let percent = Percent::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((percent.hundredths(), percent.to_string().as_str()), (hundredths, text));
        }
        assert_eq!(Percent::parse("1.50%").map(|percent| percent.to_string()).as_deref(), Some("1.5%"));
        for bad in ["1", "%", "-1%", "1,5%", ".5%", "1.%", "0.125%", "one%", "99999999999%", " 1%"] {
            assert_eq!(Percent::parse(bad), None, "{bad}");
        }
    }
}
