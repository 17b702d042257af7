//! The closing table: steps and times.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Drawn, presets};
use std::time::{Duration, Instant};

/// Steps in the order that they ended.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<(String, Duration)>,
}

impl Table {
    /// Times a step.
    pub(super) fn step<T>(&mut self, title: &str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = work();
        self.took(title, began.elapsed());
        result
    }

    /// Adds a step.
    pub(super) fn took(&mut self, title: &str, took: Duration) {
        self.rows.push((title.to_owned(), took));
    }

    /// The table as text.
    pub(super) fn render(&self, whole: Duration) -> String {
        let mut table = Drawn::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["step", "time"]);
        for (title, took) in &self.rows {
            table.add_row([Cell::new(title), seconds(*took)]);
        }
        table.add_row([Cell::new("in all"), seconds(whole)]);
        table.to_string()
    }
}

fn seconds(took: Duration) -> Cell {
    Cell::new(format!("{:.1} s", took.as_secs_f64())).set_alignment(CellAlignment::Right)
}
