//! Keeps what `terraform fmt` had aligned aligned, after a word has become longer or shorter.
//!
//! The rule is that of hclwrite's `formatCells`: on neighbouring lines, the `=` of whole assignments stand
//! in one column, and so do comments at the ends of lines. Nothing else of a line's width matters to it.

use super::lines::lines_of;
use super::splice::Splice;
use super::syntax::place;
use hcl_edit::structure::{Body, Structure};
use std::ops::Range;

/// The text with settled splices done. What was in columns is in columns again.
///
/// It is looked at in sections: no column goes across an empty line, and what has no edit stays as it is.
pub(crate) fn splice_aligned(text: &str, splices: &[Splice], body: &Body) -> String {
    let mut result = String::with_capacity(text.len() + text.len() / 16);
    let (mut from, mut rest) = (0, splices);
    for end in section_ends(text, body).chain([text.len()]) {
        let is_last = end == text.len();
        let count = rest.iter().take_while(|splice| is_last || splice.range.start < end).count();
        let (within, after) = rest.split_at(count);
        // An edit may take the empty line away, and with it what divides the sections.
        let joins =
            |splice: &Splice| splice.range.end > end || splice.range.end == end && !is_divided(text, from, splice);
        if !is_last && within.last().is_some_and(joins) {
            continue;
        }
        result.push_str(&section(&text[from..end], from, within));
        (from, rest) = (end, after);
    }
    result
}

/// Whether what is above an edit and what is below it are apart, where it takes the empty line below it: there is
/// nothing above it, or another empty line.
fn is_divided(text: &str, from: usize, splice: &Splice) -> bool {
    let start = splice.range.start;
    splice.text.is_empty() && (start == from || text[from..start].ends_with("\n\n"))
}

/// Where empty lines end that stand after a block at the top, and in no comment.
fn section_ends<'a>(text: &'a str, body: &'a Body) -> impl Iterator<Item = usize> + 'a {
    let mut structures = body.iter().peekable();
    std::iter::from_fn(move || {
        loop {
            let structure = structures.next()?;
            let next = structures.peek()?;
            let Structure::Block(block) = structure else { continue };
            let (from, to) = (place(block).end, place(*next).start);
            let Some(between) = text.as_bytes().get(from..to) else { continue };
            let line = between.windows(2).position(|two| two == b"\n\n");
            if let Some(line) = line.filter(|_| !between.windows(2).any(|two| two == b"/*")) {
                return Some(from + line + 2);
            }
        }
    })
}

/// A section that begins at `start`, with its edits done.
fn section(before: &str, start: usize, splices: &[Splice]) -> String {
    let shift = |range: &Range<usize>| range.start - start..range.end - start;
    let mut after = String::with_capacity(before.len() + before.len() / 16);
    let mut from = 0;
    for splice in splices {
        let range = shift(&splice.range);
        after.push_str(&before[from..range.start]);
        after.push_str(&splice.text);
        from = range.end;
    }
    after.push_str(&before[from..]);
    // The end of the line that was looked at: what comes after its first edit comes after the others too.
    let mut seen = 0;
    let mut may_move = |splice: &Splice| {
        let range = shift(&splice.range);
        let breaks = splice.text.contains('\n') || before[range.clone()].contains('\n');
        if breaks || range.end < seen {
            return breaks;
        }
        let rest = &before[range.end..];
        let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
        seen = range.end + rest.len();
        is_followed(rest)
    };
    match splices.iter().any(&mut may_move) && !after.trim_ascii().is_empty() {
        true => keep_aligned(before, start, splices, after),
        false => after,
    }
}

/// Whether an edit can move a column, by what comes after it on its line: an assignment or a comment.
fn is_followed(rest: &str) -> bool {
    rest.contains(['=', '#']) || rest.contains("//")
}

/// The edited text with assignments and comments in columns, where the text it was made from had them so.
fn keep_aligned(before: &str, start: usize, splices: &[Splice], after: String) -> String {
    let lines = lines_of(before);
    let cells = Scanner::default().scan(&lines);
    if !widths(&lines, &cells).iter().zip(lines.iter().zip(&cells)).all(|(widths, (line, cell))| widths.fit(line, cell))
    {
        return after;
    }
    let moved = lines_of(&after);
    let breaks_lines = |splice: &Splice| {
        splice.text.contains('\n') || before[splice.range.start - start..splice.range.end - start].contains('\n')
    };
    let cells = match splices.iter().any(breaks_lines) {
        true => Scanner::default().scan(&moved),
        false => shifted(cells, &lines, start, splices),
    };
    let mut result = String::with_capacity(after.len() + after.len() / 16);
    for (widths, (line, cell)) in widths(&moved, &cells).iter().zip(moved.iter().zip(&cells)) {
        if widths.fit(line, cell) {
            result.push_str(line);
        } else {
            widths.lay_out(line, cell, &mut result);
        }
    }
    result
}

/// Where the parts of lines are after edits within them.
fn shifted(mut cells: Vec<Cells>, lines: &[&str], mut start: usize, splices: &[Splice]) -> Vec<Cells> {
    let mut splices = splices.iter().peekable();
    for (cell, line) in cells.iter_mut().zip(lines) {
        let end = start + line.len();
        let known = *cell;
        while let Some(splice) = splices.next_if(|splice| splice.range.start < end) {
            let at = splice.range.start - start;
            let shift = |part: &mut Option<usize>, known: Option<usize>| {
                if let (Some(part), Some(_)) = (part, known.filter(|known| at < *known)) {
                    *part = *part + splice.text.len() - splice.range.len();
                }
            };
            shift(&mut cell.assign, known.assign);
            shift(&mut cell.comment, known.comment);
        }
        start = end;
    }
    cells
}

/// The widths of lines, with the columns that neighbours have in common.
fn widths(lines: &[&str], cells: &[Cells]) -> Vec<Widths> {
    let mut widths: Vec<Widths> = lines.iter().zip(cells).map(|(line, cell)| Widths::of(line, cell)).collect();
    for chain in chains(cells, |cell| cell.assign.is_some()) {
        let column = chain.clone().map(|line| widths[line].lead).max().unwrap_or(0);
        chain.for_each(|line| widths[line].before_assign = column - widths[line].lead + 1);
    }
    for chain in chains(cells, |cell| cell.comment.is_some()) {
        let column = chain.clone().map(|line| widths[line].code()).max().unwrap_or(0);
        chain.for_each(|line| widths[line].before_comment = column - widths[line].code() + 1);
    }
    widths
}

/// Runs of neighbouring lines for which `is` holds.
fn chains(cells: &[Cells], is: impl Fn(&Cells) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut chains = Vec::new();
    let mut start = None;
    for (line, cell) in cells.iter().enumerate() {
        match (is(cell), start) {
            (true, None) => start = Some(line),
            (false, Some(first)) => {
                chains.push(first..line);
                start = None;
            }
            _ => {}
        }
    }
    chains.extend(start.map(|first| first..cells.len()));
    chains
}

/// Where in a line its parts begin, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cells {
    assign: Option<usize>,
    comment: Option<usize>,
}

/// Widths of a line's parts in characters, without the spaces between them.
#[derive(Debug, Clone, Copy, Default)]
struct Widths {
    lead: usize,
    assign: usize,
    before_assign: usize,
    before_comment: usize,
}

impl Widths {
    fn of(line: &str, cell: &Cells) -> Self {
        if cell.assign.is_none() && cell.comment.is_none() {
            return Self::default();
        }
        let code = &line[..cell.comment.unwrap_or(line.len())];
        let lead = &code[..cell.assign.unwrap_or(code.len())];
        let width = |text: &str| text.trim_ascii_end().chars().count();
        let assign = cell.assign.map_or(0, |at| width(&code[at..]));
        Self { lead: width(lead), assign, before_assign: 0, before_comment: 0 }
    }

    fn code(&self) -> usize {
        self.lead + self.before_assign + self.assign
    }

    /// Whether the spaces before a line's parts are those of its columns.
    fn fit(&self, line: &str, cell: &Cells) -> bool {
        let fits = |at: Option<usize>, spaces: usize| {
            at.is_none_or(|at| {
                let before = line[..at].trim_ascii_end();
                at - before.len() == spaces && line.as_bytes()[before.len()..at].iter().all(|byte| *byte == b' ')
            })
        };
        fits(cell.assign, self.before_assign) && fits(cell.comment, self.before_comment)
    }

    fn lay_out(&self, line: &str, cell: &Cells, result: &mut String) {
        let code = &line[..cell.comment.unwrap_or(line.len())];
        match cell.assign {
            Some(at) => {
                result.push_str(code[..at].trim_end());
                result.extend(std::iter::repeat_n(' ', self.before_assign));
                result.push_str(if cell.comment.is_some() { code[at..].trim_end() } else { &code[at..] });
            }
            None => result.push_str(code.trim_end()),
        }
        if let Some(at) = cell.comment {
            result.extend(std::iter::repeat_n(' ', self.before_comment));
            result.push_str(&line[at..]);
        }
    }
}

/// What the scanner is in, from the outside in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Within {
    /// `{`, `[`, `(`
    Bracket,
    /// `"`
    Quote,
    /// `${` or `%{`
    Template,
    /// `<<EOT`
    Heredoc(String),
    /// `/*`
    Comment,
}

/// What begins or ends something in code.
const STOPS: [bool; 256] = {
    let (mut stops, mut at) = ([false; 256], 0);
    let bytes = b"#/<{[(}])\"=!>";
    while at < bytes.len() {
        stops[bytes[at] as usize] = true;
        at += 1;
    }
    stops
};

#[derive(Debug, Default)]
struct Scanner {
    within: Vec<Within>,
}

impl Scanner {
    fn scan(mut self, lines: &[&str]) -> Vec<Cells> {
        lines.iter().map(|line| self.line(line)).collect()
    }

    /// One line; what it leaves open goes on in the next.
    fn line(&mut self, line: &str) -> Cells {
        if let Some(Within::Heredoc(end)) = self.within.last()
            && line.trim() == end
        {
            self.within.pop();
            return Cells::default();
        }
        let whole = !matches!(
            self.within.last(),
            Some(Within::Heredoc(_) | Within::Quote | Within::Comment | Within::Template)
        );
        let mut cells = Cells::default();
        let mut net = 0_i32;
        let mut heredoc = None;
        let indent = line.len() - line.trim_start().len();
        let mut at = 0;
        while at < line.len() {
            let rest = &line[at..];
            // Most of a line is none of what is looked for, which is ASCII and so never inside of a letter.
            let passed = self.passed(rest);
            if passed > 0 {
                at += passed;
                continue;
            }
            let width = rest.chars().next().map_or(1, char::len_utf8);
            at += match self.within.last() {
                Some(Within::Comment) => match rest.starts_with("*/") {
                    true => self.close(2),
                    false => width,
                },
                Some(Within::Quote | Within::Heredoc(_)) => {
                    // `${` counts as a bracket, as its `}` does.
                    let counted = if cells.assign.is_some() { &mut net } else { &mut 0 };
                    self.text(rest, width, counted)
                }
                _ => {
                    if rest.starts_with('#') || rest.starts_with("//") {
                        cells.comment = (at > indent).then_some(at);
                        break;
                    }
                    if let Some(word) = heredoc_word(rest) {
                        heredoc = Some(word);
                    }
                    self.code(rest, width, at <= indent, at, &mut cells, &mut net)
                }
            };
        }
        // Only a whole expression moves: one that opens a bracket goes on in the next line.
        if net != 0 || !whole {
            cells.assign = None;
        }
        if !whole {
            cells.comment = None;
        }
        self.within.extend(heredoc.map(Within::Heredoc));
        cells
    }

    /// How much of a line is nothing that begins or ends anything, where the scanner is.
    fn passed(&self, rest: &str) -> usize {
        let found = match self.within.last() {
            Some(Within::Comment) => rest.bytes().position(|byte| byte == b'*'),
            Some(Within::Quote | Within::Heredoc(_)) => {
                rest.bytes().position(|byte| matches!(byte, b'$' | b'%' | b'\\' | b'"'))
            }
            _ => rest.bytes().position(|byte| STOPS[usize::from(byte)]),
        };
        found.unwrap_or(rest.len())
    }

    fn code(&mut self, rest: &str, width: usize, first: bool, at: usize, cells: &mut Cells, net: &mut i32) -> usize {
        let counts = i32::from(cells.assign.is_some());
        match rest.as_bytes()[0] {
            b'"' => self.open(Within::Quote),
            b'{' | b'[' | b'(' => {
                *net += counts;
                self.open(Within::Bracket)
            }
            b'}' | b']' | b')' => {
                *net -= counts;
                self.close(1)
            }
            b'/' if rest.starts_with("/*") => {
                self.within.push(Within::Comment);
                2
            }
            b'=' | b'!' | b'<' | b'>' if rest[1..].starts_with('=') || rest.starts_with("=>") => 2,
            b'=' if cells.assign.is_none() && !first => {
                cells.assign = Some(at);
                1
            }
            _ => width,
        }
    }

    fn text(&mut self, rest: &str, width: usize, net: &mut i32) -> usize {
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            3
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            self.within.push(Within::Template);
            *net += 1;
            2
        } else if self.within.last() == Some(&Within::Quote) && rest.starts_with('\\') {
            1 + rest[1..].chars().next().map_or(0, char::len_utf8)
        } else if self.within.last() == Some(&Within::Quote) && rest.starts_with('"') {
            self.close(1)
        } else {
            width
        }
    }

    fn open(&mut self, what: Within) -> usize {
        self.within.push(what);
        1
    }

    fn close(&mut self, width: usize) -> usize {
        self.within.pop();
        width
    }
}

/// The word that ends the heredoc that begins here.
fn heredoc_word(rest: &str) -> Option<String> {
    let word = rest.strip_prefix("<<")?;
    let word = word.strip_prefix('-').unwrap_or(word).trim_end();
    let named =
        !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-');
    named.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATTED: &str = r#"locals {
  zones = {
    "eu-west-1a" = "10.0.0.0/20" # first
    "b"          = "x"           # second
    other        = <<-EOT
      a = 1
      long_name = 2 # not a comment
    EOT
  }
  url  = "http://x/${var.a}//#no" // yes
  same = a == b ? "=" : "y"
  list = [
    "a", # one
    "bb" # two
  ]
  call = { a = 1, b = 2 }
}
provider "aws" { region = "x" }
"#;

    /// Replaces a word wherever it is, and keeps what is aligned.
    fn replaced(text: &str, from: &str, to: &str) -> String {
        let splice = |(at, _): (usize, &str)| Splice {
            range: at..at + from.len(),
            text: to.to_owned(),
            rule: crate::Rule::Region,
            reason: String::new(),
        };
        let splices: Vec<Splice> = text.match_indices(from).map(splice).collect();
        let body: Body = text.parse().unwrap();
        splice_aligned(text, &splices, &body)
    }

    #[test]
    fn formatted_text_stays_and_moved_columns_are_mended() {
        assert_eq!(replaced(FORMATTED, "10.0", "10.0"), FORMATTED);
        let mended = replaced(FORMATTED, "eu-west-1a", "eu-central-1a");
        assert!(mended.contains("    \"b\"             = \"x\"           # second\n"), "{mended}");
        assert!(mended.contains("    other           = <<-EOT\n      a = 1\n"), "{mended}");
        assert_eq!(replaced(&mended, "eu-central-1a", "eu-west-1a"), FORMATTED);
    }

    #[test]
    fn a_line_that_goes_takes_its_width_with_it() {
        let text = "a = {\n  b        = 1 # x\n  longest  = 2\n  long     = 3\n}\n";
        let text = text.replace("longest  ", "longest_ ");
        let mended = replaced(&text, "  longest_ = 2\n", "");
        assert_eq!(mended, "a = {\n  b    = 1 # x\n  long = 3\n}\n");
    }

    #[test]
    fn text_that_was_not_in_columns_is_left_alone() {
        let own = "a = 1\nlonger = \"eu-west-1\"\n";
        assert_eq!(replaced(own, "west", "central"), own.replace("west", "central"));
    }

    #[test]
    fn columns_end_at_an_empty_line() {
        let text = "a \"x\" {\n  x = 1 # eu-west-1\n} # one\n\nb \"yy\" {\n  x    = 1\n  long  = 2\n}\n\n\
                    /* b {\n\n  eu-west-1   = 1 } */ c \"eu-west-1\" {} # two\n";
        let moved = replaced(text, "eu-west-1", "eu-central-1");
        assert_eq!(moved, text.replace("eu-west-1", "eu-central-1"), "what was not in columns is elsewhere");
        let two = |region: &str, spaces: usize| {
            let spaces = " ".repeat(spaces);
            format!(
                "a {{\n  x    = 1\n  y = \"{region}\"\n}}\n\nb {{\n  t = {{ {region} = 1 }} # x\n  c = 2{spaces}# y\n}}\n"
            )
        };
        let moved = replaced(&two("eu-west-1", 17), "eu-west-1", "eu-central-1");
        assert_eq!(moved, two("eu-central-1", 20), "each section is judged by itself");
    }

    #[test]
    fn an_edit_that_takes_the_empty_line_joins_what_it_divided() {
        let text = "a {} # one\n\nlong {} # two\n\nb {}\n";
        let body: Body = text.parse().unwrap();
        let without = |range: Range<usize>| {
            let splice = Splice { range, text: String::new(), rule: crate::Rule::Region, reason: String::new() };
            splice_aligned(text, &[splice], &body)
        };
        assert_eq!(without(11..12), "a {}    # one\nlong {} # two\n\nb {}\n");
        assert_eq!(without(5..12), "a {} long {} # two\n\nb {}\n");
        assert_eq!(without(12..27), "a {} # one\n\nb {}\n");
        assert_eq!(without(0..12), "long {} # two\n\nb {}\n");
        assert_eq!(without(0..27), "b {}\n");
        let below = "a {} # one\nb {}\n\nlong {} # two\n";
        let splice = Splice { range: 11..17, text: String::new(), rule: crate::Rule::Region, reason: String::new() };
        let joined = splice_aligned(below, &[splice], &below.parse().unwrap());
        assert_eq!(joined, "a {}    # one\nlong {} # two\n");
        assert_eq!(splice_aligned(text, &[], &body), text);
    }
}
