//! The table of a benchmark: what was measured, with the limit beside each figure that has one.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// What a figure has to keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    /// It is shown, and judged by nothing.
    None,
    AtMost(f64),
    /// For what has to be so much faster than something else.
    AtLeast(f64),
}

impl Limit {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::None => true,
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self, unit: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::AtMost(limit) => format!("at most {limit}{unit}"),
            Self::AtLeast(limit) => format!("at least {limit}{unit}"),
        }
    }
}

struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    limit: Limit,
}

/// Figures in the order that they were measured.
#[derive(Default)]
pub(crate) struct Figures {
    figures: Vec<Figure>,
}

impl Figures {
    /// Adds a figure. `unit` is written behind the number, with its space if it wants one.
    pub(crate) fn add(&mut self, what: impl Into<String>, value: f64, unit: &'static str, limit: Limit) {
        self.figures.push(Figure { what: what.into(), value, unit, limit });
    }

    /// How many missed their limit. One that is no number did.
    pub(crate) fn missed(&self) -> usize {
        self.figures.iter().filter(|figure| !figure.limit.holds(figure.value)).count()
    }

    /// The table as text.
    pub(crate) fn render(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["figure", "measured", "limit", ""]);
        for Figure { what, value, unit, limit } in &self.figures {
            let verdict = match limit {
                Limit::None => "",
                limit if limit.holds(*value) => "ok",
                _ => "MISSED",
            };
            let measured = Cell::new(format!("{value:.2}{unit}")).set_alignment(CellAlignment::Right);
            table.add_row([Cell::new(what), measured, Cell::new(limit.text(unit)), Cell::new(verdict)]);
        }
        table.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_beyond_its_limit_is_missed_and_says_so() {
        let mut figures = Figures::default();
        figures.add("the time", 12.345, " ms", Limit::None);
        figures.add("ratio", 2.5, " x", Limit::AtMost(2.5));
        figures.add("faster", 20.0, " x", Limit::AtLeast(20.0));
        assert_eq!(figures.missed(), 0);
        figures.add("memory", 2.6, " x", Limit::AtMost(2.5));
        figures.add("slower", 19.9, " x", Limit::AtLeast(20.0));
        figures.add("unknown", f64::NAN, " x", Limit::AtMost(1.0));
        assert_eq!(figures.missed(), 3);
        let text = figures.render();
        assert!(
            text.contains("12.35 ms") && text.contains("at most 2.5 x") && text.contains("at least 20 x"),
            "{text}"
        );
        assert_eq!(text.matches("MISSED").count(), 3, "{text}");
    }
}
