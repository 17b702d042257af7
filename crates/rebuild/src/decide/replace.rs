//! The words of one literal: what stands for each, and what has to be asked.

use super::addresses;
use super::counted;
use super::encoded::{Encoded, encoded};
use super::id_shapes::Shapes;
use super::own_ids::{Kind, OwnId};
use super::percent::escaped;
use super::ranges::{Union, is_within};
use super::retarget::{Rule, Work};
use super::sides;
use super::signs::Signs;
use super::words::{Hit, NoCounterpart};
use pilotlight_findings::{Severity, Subject, codes};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// What an ARN has before the region that an application of the Serverless Application Repository was published in.
/// Source: AWS Serverless Application Repository Developer Guide, "Deploying applications".
const PUBLISHED: &str = ":serverlessrepo:";

/// A literal of a file.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// A more telling rule for the region's name than "region".
    pub(crate) rule: Option<Rule>,
    /// What ids of its kind look like, by what it is called.
    pub(crate) shapes: Shapes,
    /// It is for a person to read, and plans nothing: what has no counterpart stays, and is not asked about.
    pub(crate) is_said: bool,
    /// What its text has.
    pub(crate) signs: Signs,
}

/// Edits the words of these literals of a text. What cannot be known is asked. Gives where words stand, in order.
pub(crate) fn replace(work: &mut Work<'_>, file: &Path, whole: &str, literals: &[Literal]) -> Vec<Range<usize>> {
    let dropped = work.removed_ranges(file);
    let mut words = Vec::new();
    for literal in literals {
        replace_one(work, file, whole, literal, &dropped, &mut words);
    }
    words.sort_unstable_by_key(|range| (range.start, range.end));
    words
}

fn replace_one(
    work: &mut Work<'_>,
    file: &Path,
    whole: &str,
    literal: &Literal,
    dropped: &[Range<usize>],
    words: &mut Vec<Range<usize>>,
) {
    let Literal { range, rule, shapes, is_said, signs } = literal;
    if *is_said {
        return replace_said(work, file, whole, range, dropped);
    }
    replace_encoded(work, file, whole, range.clone());
    let text = &whole[range.clone()];
    if signs.has(Signs::PERCENT) {
        replace_escaped(work, file, text, range.start);
    }
    if signs.has(Signs::DOT.or(Signs::COLON)) && signs.has(Signs::DIGIT) {
        addresses::take_in(work, file, text, range.start);
    }
    let hits: Vec<Hit> = work.words.find(text).into_iter().map(|hit| at(hit, range.start)).collect();
    words.extend(hits.iter().map(|hit| hit.range.clone()));
    let own = work.own_ids.find(whole, range.clone(), !hits.is_empty(), *shapes, *signs);
    if hits.is_empty() && own.is_empty() {
        if work.fragments.is_one(text) {
            work.composing.extend(file.parent().map(Path::to_owned));
        }
        counted::tell(work, file, whole, range.clone(), *signs);
        return;
    }
    let is_dropped = |range: &Range<usize>| dropped.iter().any(|gone| is_within(range, gone));
    let mut own = unanswered(work, whole, &hits, own);
    own.retain(|own| !is_dropped(&own.range));
    let both = text.contains(work.input.standby.as_str());
    let asked = Union::of(own.iter().map(|own| own.range.clone()).collect());
    for hit in hits {
        // What is asked as a whole is not edited in its parts.
        if is_dropped(&hit.range) || hit.stays(whole) || asked.touches(&hit.range) {
            continue;
        }
        let is_name = hit.to.as_deref() == Ok(work.input.standby.as_str());
        if both && is_name && sides::is_beside(whole, &hit.range, work.input.standby) {
            keep_beside(work, file, hit.range);
            continue;
        }
        if whole[..hit.range.start].ends_with(PUBLISHED) {
            let subject = Subject::File { span: work.span(file, hit.range.clone()) };
            let message = "left as it is: an application of the repository has the region that it was published in, and is deployed from there to any";
            work.note(codes::R_KEPT, Severity::Info, subject, message);
            work.keep(file, hit.range);
            continue;
        }
        match hit.to {
            Ok(to) => {
                let rule = if hit.rule == Rule::Region { rule.unwrap_or(hit.rule) } else { hit.rule };
                work.edit(file, hit.range, to, rule, reason(rule));
            }
            Err(why) => ask_counterpart(work, file, hit.range, why),
        }
    }
    for own in own {
        ask_own(work, file, whole, own);
    }
    counted::tell(work, file, whole, range.clone(), *signs);
}

/// Edits what a person reads. A text that has both regions says what is between them, and stays.
fn replace_said(work: &mut Work<'_>, file: &Path, whole: &str, range: &Range<usize>, dropped: &[Range<usize>]) {
    let text = &whole[range.clone()];
    let both = text.contains(work.input.standby.as_str());
    let hits: Vec<Hit> = work.words.find(text).into_iter().map(|hit| at(hit, range.start)).collect();
    for hit in hits {
        if dropped.iter().any(|gone| is_within(&hit.range, gone)) || hit.stays(whole) {
            continue;
        }
        match hit.to {
            Ok(to) if !both => work.edit(file, hit.range, to, hit.rule, reason(hit.rule)),
            _ => {
                let subject = Subject::File { span: work.span(file, hit.range) };
                let message = "left as it is: it is in a text for its readers, and plans nothing";
                work.note(codes::R_KEPT, Severity::Info, subject, message);
            }
        }
    }
}

/// An id that the map answers as a whole, that stands in for one, or whose region is allowed, is no question.
fn unanswered(work: &Work<'_>, text: &str, hits: &[Hit], mut own: Vec<OwnId>) -> Vec<OwnId> {
    if own.is_empty() {
        return own;
    }
    let standing: BTreeSet<&String> = work.input.stack.standby.map.values().chain(work.input.images.values()).collect();
    own.retain(|own| {
        // Hits are in order, and none is over another.
        let from = hits.partition_point(|hit| hit.range.end <= own.range.start);
        let to = hits.partition_point(|hit| hit.range.start < own.range.end);
        let hits = hits.get(from..to).unwrap_or_default();
        let answered = |hit: &Hit| {
            hit.rule != Rule::Region && (is_within(&own.literal, &hit.range) || is_within(&own.range, &hit.range))
                || is_within(&hit.range, &own.range) && hit.stays(text)
                || hit.rule == Rule::Map && is_within(&hit.range, &own.range)
        };
        // What the map names may be in another part of a template than its beginning.
        let named = own.literal != own.range
            && work.words.find(&text[own.literal.clone()]).iter().any(|hit| hit.rule == Rule::Map);
        let stands = |range: &Range<usize>| standing.iter().any(|known| known.as_str() == &text[range.clone()]);
        !hits.iter().any(answered) && !named && !stands(&own.range) && !stands(&own.literal)
    });
    own
}

/// A list of regions that has both is right in both.
fn keep_beside(work: &mut Work<'_>, file: &Path, range: Range<usize>) {
    let (primary, standby) = (work.input.primary, work.input.standby);
    let message = format!("left as it is: it names {primary} and {standby} side by side");
    let subject = Subject::File { span: work.span(file, range.clone()) };
    work.note(codes::R_KEPT, Severity::Info, subject, message);
    work.keep(file, range);
}

/// Edits what is written in base64, as a whole: what it says is retargeted, and encoded again.
fn replace_encoded(work: &mut Work<'_>, file: &Path, whole: &str, within: Range<usize>) {
    for one in encoded(whole, within) {
        let Encoded { range, text, .. } = one.clone();
        let Some(text) = text else {
            let subject = Subject::File { span: work.span(file, range) };
            let message = format!(
                "left as it is: gzip has packed it, and what it says of {} is not looked into; base64gzip() of a text is",
                work.input.primary
            );
            work.note(codes::R_ENCODED, Severity::Warning, subject, message);
            continue;
        };
        let hits = work.words.find(&text);
        let own = work.own_ids.find(&text, 0..text.len(), !hits.is_empty(), Shapes::NONE, Signs::of(&text));
        let own = unanswered(work, &text, &hits, own);
        let unknown = hits.iter().find(|hit| hit.to.is_err()).map(|hit| hit.range.clone());
        match own.first().map(|own| own.literal.clone()).or(unknown) {
            Some(name) => {
                let name = &text[name];
                let what = format!("{name} is written out, in base64");
                let needs = "say what stands for it in the standby: the text is retargeted and encoded again";
                let line = format!("map = {{ \"{name}\" = \"…\" }}");
                work.ask(file, range, what, needs, Some(line));
            }
            None => {
                let new = work.words.replace(&text);
                if new != text {
                    work.edit(file, range, one.encode(&new), Rule::Region, "it follows the region, in base64");
                }
            }
        }
    }
}

/// Edits words with letters in percent-encoding, and asks for ids of the primary in them.
fn replace_escaped(work: &mut Work<'_>, file: &Path, text: &str, start: usize) {
    for one in escaped(text) {
        let raw = &text[one.range.clone()];
        let hits = work.words.find(&one.text);
        let own = work.own_ids.find(&one.text, 0..one.text.len(), !hits.is_empty(), Shapes::NONE, Signs::of(&one.text));
        let own = unanswered(work, &one.text, &hits, own);
        let at = |range: &Range<usize>| {
            let place = one.place(range);
            start + place.start..start + place.end
        };
        // What the text says without decoding is replaced and asked as any other.
        let plain = work.words.find(raw);
        let is_plain = |range: &Range<usize>| {
            let place = one.place(range);
            let raw = place.start - one.range.start..place.end - one.range.start;
            plain.iter().any(|hit| hit.range == raw)
        };
        let asked: Vec<Range<usize>> = own.iter().map(|own| own.range.clone()).collect();
        for own in own {
            let (name, place) = (&one.text[own.range.clone()], at(&own.range));
            let raw = &text[place.start - start..place.end - start];
            if raw == name {
                continue;
            }
            let needs = "the object is of the primary region alone: say which one stands for it in the standby, encoded as it is here";
            let line = format!("map = {{ \"{raw}\" = \"…\" }}");
            work.ask(file, place, format!("{name} is written out, in percent-encoding"), needs, Some(line));
        }
        for hit in hits {
            let is_asked = asked.iter().any(|asked| is_within(&hit.range, asked));
            if is_asked || is_plain(&hit.range) || hit.stays(&one.text) {
                continue;
            }
            match hit.to {
                Ok(to) => work.edit(file, at(&hit.range), one.encode(&to), hit.rule, reason(hit.rule)),
                Err(why) => ask_counterpart(work, file, at(&hit.range), why),
            }
        }
    }
}

fn reason(rule: Rule) -> &'static str {
    match rule {
        Rule::Map => "the plan maps it",
        Rule::Image => "the image of the same name and owner",
        Rule::Zone => "the zone of the same rank",
        Rule::ProviderRegion => "the provider works in the standby region",
        Rule::Spelling => "it is the region in another spelling",
        Rule::ServiceId => "AWS has another one in each region",
        _ => "it follows the region",
    }
}

fn ask_counterpart(work: &mut Work<'_>, file: &Path, range: Range<usize>, why: NoCounterpart) {
    let name = work.text_of(file, range.clone());
    let standby = work.input.standby.clone();
    let short = super::spelling::short_code(standby.as_str()).unwrap_or_default();
    let (what, needs, example) = match why {
        NoCounterpart::Zone => (
            format!("{name} is written out"),
            "the standby has no zone of that rank: say which of its zones stands for it".to_owned(),
            format!("{standby}a"),
        ),
        NoCounterpart::ZoneId => (
            format!("{name} is written out"),
            "which zone has which id differs by region: say which one stands for it".to_owned(),
            format!("{short}-az1"),
        ),
        NoCounterpart::Service(purpose) => (
            format!("{name} is {purpose} in {}", work.input.primary),
            format!(
                "AWS is not known to have one in {standby}: say what stands for it there, or name the service instead"
            ),
            "…".to_owned(),
        ),
        NoCounterpart::S3Endpoint => (
            format!("{name} is written out"),
            format!("{standby} has no endpoint of that form: say which one stands for it"),
            format!("s3.{standby}.amazonaws.com"),
        ),
    };
    work.ask(file, range, what, needs, Some(format!("map = {{ \"{name}\" = \"{example}\" }}")));
}

fn ask_own(work: &mut Work<'_>, file: &Path, whole: &str, own: OwnId) {
    let (name, literal) = (&whole[own.range.clone()], &whole[own.literal.clone()]);
    let (needs, example) = match own.kind {
        Kind::Object("ami") => (
            "the standby has no image of the same name and owner that is known: with --copy-images it would be copied, \
             where it is the account's own; else say which one stands for it",
            "ami-…".to_owned(),
        ),
        Kind::Object("pl") => (
            "prefix lists have an id per region: say which one it is in the standby, or look it up by its name",
            "pl-…".to_owned(),
        ),
        Kind::Object(kind) => (
            "the object is of the primary region alone: say which one stands for it in the standby",
            if kind.is_empty() { "…".to_owned() } else { format!("{kind}-…") },
        ),
        Kind::Arn => (
            "it has an id of its own in each region, as keys, certificates and secrets do: say which stands for it in the standby",
            if own.literal == own.range { "arn:…".to_owned() } else { "…".to_owned() },
        ),
        Kind::Host => (
            "a part of this name is made up anew in each region: say which one stands for it in the standby",
            "…".to_owned(),
        ),
        Kind::UserPool | Kind::IdentityPool => {
            ("a pool is of one region: say which one stands for it in the standby", format!("{}…", work.input.standby))
        }
        Kind::Named => (
            "what is called so has an id that AWS gives out in one region: say which one stands for it in the standby",
            "…".to_owned(),
        ),
    };
    let line = format!("map = {{ \"{literal}\" = \"{example}\" }}");
    work.ask(file, own.range.clone(), format!("{name} is written out"), needs, Some(line));
}

fn at(hit: Hit, start: usize) -> Hit {
    Hit { range: hit.range.start + start..hit.range.end + start, ..hit }
}
