//! `pilotlight explain [CODE]`

use crate::args::Explain;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Screen;
use pilotlight_findings::{Code, codes};

pub(super) fn run(args: &Explain, screen: &Screen) -> Result<Exit, Failure> {
    let Some(text) = &args.code else {
        let mut list = String::new();
        for code in codes::all() {
            list.push_str(&format!("{code}  {}\n", code.page().title));
        }
        screen.data(&list)?;
        return Ok(Exit::Done);
    };
    let code = Code::find(text).ok_or_else(|| {
        Failure::usage(
            format!("find the code {text:?}"),
            "a code looks like PL-D101; pilotlight explain lists them all",
        )
    })?;
    screen.data(&pilotlight_report::render_explain(code.page(), screen.width()))?;
    Ok(Exit::Done)
}
