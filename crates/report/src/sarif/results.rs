//! A result for each finding, and on request for each silenced difference.

use super::places::{Places, qualified_name};
use super::rules::Rules;
use super::word;
use crate::clean;
use crate::evidence;
use crate::group::full_name;
use crate::text::plain_evidence;
use crate::theme::{ABSENT, ARROW};
use pilotlight_findings::{Code, Finding, Severity, Silenced, Subject, codes};
use serde_json::{Value, json};
use serde_sarif::sarif::{Message, PropertyBag, Result as SarifResult, ResultLevel, Suppression, SupressionKind};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};

/// Characters of a silenced difference's value.
const VALUE: usize = 200;

/// Results as they are made.
pub(super) struct Results<'a> {
    rules: &'a mut Rules,
    places: Places<'a>,
    results: Vec<SarifResult>,
    /// How often each identity was seen: two results with one fingerprint would be one alert.
    seen: HashMap<String, u32>,
}

impl<'a> Results<'a> {
    pub(super) fn new(rules: &'a mut Rules, places: Places<'a>) -> Self {
        Self { rules, places, results: Vec::new(), seen: HashMap::new() }
    }

    pub(super) fn finding(&mut self, finding: &Finding) {
        let mut text = format!("{}: {}", full_name(&finding.subject), clean::line(&finding.message));
        for more in [plain_evidence(finding), remedy(finding)] {
            if !more.is_empty() {
                text.push('\n');
                text.push_str(&more);
            }
        }
        let level = match finding.severity {
            Severity::Critical | Severity::Error => ResultLevel::Error,
            Severity::Warning => ResultLevel::Warning,
            Severity::Info => ResultLevel::Note,
        };
        let mut properties = BTreeMap::from([("severity".to_owned(), json!(finding.severity))]);
        if let Subject::Resource { id: Some(id), .. } = &finding.subject {
            properties.insert("id".to_owned(), json!(clean::line(id)));
        }
        let result = self.result(finding.code, level, &finding.subject, "", text, properties);
        self.results.push(result);
    }

    pub(super) fn silenced(&mut self, one: &Silenced) {
        let (old, new) = evidence::sides(&one.old, &one.new, VALUE);
        let (old, new) = (old.as_deref().unwrap_or(ABSENT), new.as_deref().unwrap_or(ABSENT));
        let (subject, attribute) = (full_name(&one.subject), clean::line(&one.attribute));
        let text = format!("{subject}: {attribute}: {old} {ARROW} {new}");
        let properties = BTreeMap::from([("rule".to_owned(), json!(clean::line(&one.rule)))]);
        let mut result =
            self.result(codes::D_CHANGED, ResultLevel::Note, &one.subject, &one.attribute, text, properties);
        let suppression = Suppression::builder()
            .kind(word(&SupressionKind::External))
            .justification(format!("{}: {}", clean::line(&one.rule), clean::line(&one.reason)))
            .build();
        result.suppressions = Some(vec![suppression]);
        self.results.push(result);
    }

    fn result(
        &mut self,
        code: Code,
        level: ResultLevel,
        subject: &Subject,
        attribute: &str,
        text: String,
        properties: BTreeMap<String, Value>,
    ) -> SarifResult {
        let index = self.rules.index(code);
        SarifResult::builder()
            .rule_id(code.as_str())
            .rule_index(i64::try_from(index).unwrap_or(i64::MAX))
            .level(level)
            .message(Message::builder().text(text).build())
            .locations(vec![self.places.location(subject)])
            .partial_fingerprints(self.fingerprints(code, subject, attribute))
            .properties(PropertyBag::builder().additional_properties(properties).build())
            .build()
    }

    /// The same in each run over the same thing: of the code and what it is about, not of what was seen. It has
    /// the name and the shape of the one that GitHub reads, which would be made of the place's line otherwise,
    /// and many results share that.
    fn fingerprints(&mut self, code: Code, subject: &Subject, attribute: &str) -> BTreeMap<String, String> {
        let id = match subject {
            Subject::Resource { id: Some(id), .. } => id,
            _ => "",
        };
        let identity = [code.as_str(), &qualified_name(subject), id, attribute].join("\0");
        let mut hash: String = Sha256::digest(&identity).iter().map(|byte| format!("{byte:02x}")).collect();
        hash.truncate(16);
        let seen = self.seen.entry(identity).or_default();
        *seen += 1;
        BTreeMap::from([("primaryLocationLineHash".to_owned(), format!("{hash}:{seen}"))])
    }

    pub(super) fn done(self) -> Vec<SarifResult> {
        self.results
    }
}

fn remedy(finding: &Finding) -> String {
    finding.remedy.as_deref().map_or_else(String::new, |remedy| format!("remedy: {}", clean::line(remedy)))
}
