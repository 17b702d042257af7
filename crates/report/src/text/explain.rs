use super::TextOptions;
use super::ink::Ink;
use crate::codes::paragraphs;
use pilotlight_findings::Page;

/// The page of a code, as `pilotlight explain CODE` prints it, wrapped at `width` columns.
pub fn render_explain(page: &Page, width: usize) -> String {
    let ink = Ink::new(TextOptions { width, ..TextOptions::default() });
    let mut out = format!("{}: {}\n", page.code, page.title);
    for paragraph in paragraphs(page.text) {
        out.push('\n');
        out.push_str(&ink.wrap(0, 0, paragraph));
    }
    out
}
