//! Names that hold the region and an id that AWS gave out there: another region in the name alone leads nowhere.

use super::bare_ids::bare_id;
use super::global::regional_id_at;
use super::id_forms::{LEADING_IDS, OWN_ARNS, OWN_ENDS, OWN_HOSTS, OWN_PATHS};
use super::id_shapes::{Shapes, holds_uuid, is_uuid};
use super::named_ids::named_id;
use super::ranges::is_within;
use super::signs::Signs;
use super::spelling::{Edge, is_edge, short_code};
use pilotlight_findings::Region;
use std::ops::Range;

/// An id of the primary's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnId {
    /// The whole name.
    pub(crate) range: Range<usize>,
    /// The part of it that the map can name: it has no interpolation.
    pub(crate) literal: Range<usize>,
    pub(crate) kind: Kind,
}

/// What it is the id of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `ami-…`, `subnet-…`: how it begins.
    Object(&'static str),
    Arn,
    Host,
    UserPool,
    IdentityPool,
    /// What it is called says that it is one.
    Named,
}

/// The one region whose machines have names without it: `ec2-198-51-100-1.compute-1.amazonaws.com`.
const OLDEST_REGION: &str = "us-east-1";

/// How long a name may be before it is none: the longest ARN has 2,048 letters.
const LONGEST: usize = 2_048;

/// What the names of one region look like.
#[derive(Debug, Clone)]
pub(crate) struct OwnIds {
    region: String,
    short: String,
}

impl OwnIds {
    pub(crate) fn of(primary: &Region) -> Self {
        Self { region: primary.as_str().to_owned(), short: short_code(primary.as_str()).unwrap_or_default() }
    }

    /// Whether a host's first label, or more of it, is AWS's own.
    fn is_own(&self, host: &str) -> bool {
        let fits = |form: &&str| {
            let (head, end) = form.split_at(form.find('{').unwrap_or(form.len()));
            let short = end.strip_prefix("{short}").map(|tail| (tail, &self.short));
            let named = short.or_else(|| end.strip_prefix("{}").map(|tail| (tail, &self.region)));
            let Some((tail, word)) = named else { return false };
            let rest = host.strip_suffix(tail).and_then(|rest| rest.strip_suffix(word.as_str()));
            rest.and_then(|rest| rest.strip_suffix(head)).is_some_and(|first| !first.is_empty() && first != "*")
        };
        let oldest = host.strip_suffix(".compute-1.amazonaws.com").filter(|_| self.region == OLDEST_REGION);
        OWN_HOSTS.iter().any(fits) || oldest.is_some_and(|first| !first.is_empty() && first != "*")
    }

    /// Every such name that begins in a range of a text; `named` says whether any of the region's words is in it,
    /// `shapes` what the text itself may be by what it is called, and `signs` are the range's.
    pub(crate) fn find(
        &self,
        text: &str,
        within: Range<usize>,
        named: bool,
        shapes: Shapes,
        signs: Signs,
    ) -> Vec<OwnId> {
        let part = &text[within.clone()];
        let mut found: Vec<OwnId> = Vec::new();
        // Every name without a word of the region has one of them, and most texts have none.
        let any = Signs::COLON.or(Signs::EQUALS).or(Signs::HYPHEN).or(Signs::SLASH);
        if !named && !signs.has(any) && shapes.is_none() {
            return found;
        }
        // One look for all that is told by a sign in it.
        let (mut objects, mut bare, mut named_so) = (Vec::new(), Vec::new(), Vec::new());
        let has_options = signs.has(Signs::HYPHEN) && part.contains("--");
        for (at, byte) in part.bytes().enumerate() {
            match byte {
                b':' => {
                    if let Some(start) = arn_start(part.as_bytes(), at) {
                        found.extend(arn(text, within.start + start, &self.region));
                    }
                    named_so.extend(named_id(part, at));
                }
                b'-' => {
                    objects.extend(regional_id_at(part, at));
                    bare.extend(bare_id(part, at));
                }
                b'/' => bare.extend(bare_id(part, at)),
                b'=' => named_so.extend(named_id(part, at)),
                b' ' if has_options => named_so.extend(named_id(part, at)),
                _ => {}
            }
        }
        if named || self.region == OLDEST_REGION && part.contains("compute-1.amazonaws.com") {
            if OWN_ENDS.iter().any(|end| part.contains(end)) {
                self.hosts(text, &within, &mut found);
            }
            // One that stands in an ARN is asked about with it.
            let pools = pools(text, &within, &self.region);
            let is_in_one = |pool: &OwnId| found.iter().any(|known| is_within(&pool.range, &known.range));
            let alone: Vec<OwnId> = pools.into_iter().filter(|pool| !is_in_one(pool)).collect();
            found.extend(alone);
        }
        if shapes.fit(part) {
            found.push(OwnId { range: within.clone(), literal: within.clone(), kind: Kind::Named });
        }
        let objects = objects.into_iter().map(|(id, kind)| (id, Kind::Object(kind)));
        let objects = objects.chain(bare.into_iter().map(|id| (id, Kind::Object(""))));
        for (id, kind) in objects.chain(named_so.into_iter().map(|id| (id, Kind::Named))) {
            let id = within.start + id.start..within.start + id.end;
            if !found.iter().any(|known| is_within(&id, &known.range)) {
                found.push(OwnId { range: id.clone(), literal: id, kind });
            }
        }
        found
    }

    fn hosts(&self, text: &str, within: &Range<usize>, found: &mut Vec<OwnId>) {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let bytes = &text.as_bytes()[within.clone()];
        let mut at = 0;
        while at < bytes.len() {
            let length = bytes[at..].iter().position(|byte| !is_host(*byte)).unwrap_or(bytes.len() - at);
            let (start, end) = (within.start + at, within.start + at + length);
            at += length + 1;
            if length == 0 {
                continue;
            }
            let name = text[start..end].trim_end_matches('.');
            let path = &text[end..within.end.max(end)];
            // Most words are no names of hosts at all.
            if !OWN_ENDS.iter().any(|end| name.ends_with(end)) {
                continue;
            }
            let before_id = || {
                let (_, before) = OWN_PATHS.iter().find(|(host, _)| host.replace("{}", &self.region) == name)?;
                path.strip_prefix(before)
                    .filter(|id| id.starts_with(|first: char| first.is_ascii_alphanumeric()))
                    .map(|id| (before.len(), id))
            };
            if self.is_own(name) {
                let range = start..start + name.len();
                found.push(OwnId { range: range.clone(), literal: range, kind: Kind::Host });
            } else if let Some((before, id)) = before_id() {
                let is_id = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
                let range = start..end + before + id.bytes().take_while(is_id).count();
                found.push(OwnId { range: range.clone(), literal: range, kind: Kind::Host });
            }
        }
    }
}

/// Where the `arn:` begins that ends in the colon at `colon`.
fn arn_start(text: &[u8], colon: usize) -> Option<usize> {
    text[..colon].ends_with(b"arn").then(|| colon - "arn".len())
}

/// The service and the resource of each ARN that begins in a range of a text, is of a service that `is_of` takes, and
/// ends in a digit.
pub(crate) fn arns_with_number(
    text: &str,
    within: Range<usize>,
    is_of: impl Fn(&str) -> bool,
) -> Vec<(Range<usize>, Range<usize>)> {
    let begin = within.start;
    let bytes = &text.as_bytes()[within];
    let colons = bytes.iter().enumerate().filter(|(_, byte)| **byte == b':');
    let starts = colons.filter_map(|(colon, _)| arn_start(bytes, colon));
    let named = starts.filter_map(|start| {
        let start = begin + start;
        if !text[start..].split(':').nth(2).is_some_and(&is_of) {
            return None;
        }
        let end = name_end(text, start);
        if !text.as_bytes()[..end].last().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let fields = fields(text, start..end);
        let [_, _, service, _, _, resource] = &fields[..] else { return None };
        Some((service.clone(), resource.clone()))
    });
    named.collect()
}

/// The ARN at `start`, where it has an id and is of the primary region or of one that is computed.
fn arn(text: &str, start: usize, region: &str) -> Option<OwnId> {
    let end = name_end(text, start);
    let fields = fields(text, start..end);
    let [_, _, service, at, _, resource] = &fields[..] else { return None };
    let computed = text[at.clone()].starts_with("${");
    if !computed && &text[at.clone()] != region {
        return None;
    }
    let (service, shown) = (&text[service.clone()], &text[resource.clone()]);
    if let Some(id) = leading_id(service, text, resource.clone()) {
        let whole = !text[start..id.end].contains("${");
        let literal = if whole { start..id.end } else { id.clone() };
        return Some(OwnId { range: start..id.end, literal, kind: Kind::Arn });
    }
    let known =
        OWN_ARNS.iter().any(|(name, kinds)| *name == service && kinds.iter().any(|kind| shown.starts_with(kind)));
    let id = own_part(text, resource.clone());
    // A wildcard or an interpolation in the id's place is none, and a key of many regions has the same id in each.
    let is_open = text[end..].starts_with('*') || shown.ends_with(['/', ':']) || last_part(shown).contains("${");
    let has_id = (known && !is_open || id.is_some()) && !shown.starts_with("key/mrk-");
    if !has_id || service == "secretsmanager" && !has_random_end(shown) {
        return None;
    }
    let whole = !text[start..end].contains("${");
    let literal = if whole { start..end } else { id.unwrap_or_else(|| named_end(text, resource.clone(), start)) };
    Some(OwnId { range: start..end, literal, kind: Kind::Arn })
}

/// The id that a resource begins with, whatever comes after it.
fn leading_id(service: &str, text: &str, resource: Range<usize>) -> Option<Range<usize>> {
    let shown = &text[resource.clone()];
    let (_, kinds) = LEADING_IDS.iter().find(|(name, _)| *name == service)?;
    let kind = kinds.iter().find(|kind| shown.starts_with(**kind))?;
    let start = resource.start + kind.len();
    let id = shown[kind.len()..].split(['/', ':']).next().filter(|id| !id.is_empty() && !id.contains(['$', '{']))?;
    let end = start + id.len();
    (!text[end..].starts_with(['*', '?'])).then_some(start..end)
}

/// Where a name ends that begins at `start`: interpolations are of it.
fn name_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (start, 0_usize);
    while at < bytes.len() && at - start < LONGEST {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                depth += 1;
                at += 1;
            }
            b'{' if depth > 0 => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            byte if byte.is_ascii_whitespace() => break,
            b'"' | b'\'' | b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'`' => break,
            b';' | b'|' | b'&' | b'$' | b'\\' | b'*' => break,
            _ => {}
        }
        at += 1;
    }
    // The end of a sentence is none of the name.
    while at > start && matches!(bytes[at - 1], b'.' | b':') {
        at -= 1;
    }
    at
}

/// The six fields of an ARN; colons of interpolations divide nothing.
fn fields(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let (mut from, mut depth) = (range.start, 0_usize);
    for (at, byte) in text.as_bytes().iter().enumerate().take(range.end).skip(range.start) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && fields.len() < 5 => {
                fields.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
    }
    fields.push(from..range.end);
    fields
}

fn last_part(resource: &str) -> &str {
    resource.rsplit(['/', ':']).next().unwrap_or(resource)
}

/// What the map can name of an ARN without an id by its form: the last part, or all that no interpolation comes after,
/// where that part is the number of a version, which much else has as well.
fn named_end(text: &str, resource: Range<usize>, start: usize) -> Range<usize> {
    let last = last_part(&text[resource.clone()]);
    if !last.bytes().all(|byte| byte.is_ascii_digit()) {
        return resource.end - last.len()..resource.end;
    }
    let computed = text[start..resource.end].rfind('}').map_or(resource.start, |at| start + at + 1);
    let begin = computed + text[computed..resource.end].bytes().take_while(|byte| b":/".contains(byte)).count();
    begin..resource.end
}

/// A secret's ARN ends in six letters of AWS's own; without them it is a pattern, or a name.
fn has_random_end(resource: &str) -> bool {
    resource
        .rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The part of a resource that is an id by its form.
fn own_part(text: &str, resource: Range<usize>) -> Option<Range<usize>> {
    let mut from = resource.start;
    for part in text[resource].split(['/', ':']) {
        let range = from..from + part.len();
        from = range.end + 1;
        let hexadecimal = part.len() >= 16
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit());
        if holds_uuid(part) || hexadecimal {
            return Some(range);
        }
    }
    None
}

/// `eu-west-1_AbCdEfGhI` and `eu-west-1:1234abcd-…`.
fn pools(text: &str, within: &Range<usize>, region: &str) -> Vec<OwnId> {
    let mut found = Vec::new();
    for (start, _) in text[within.clone()].match_indices(region) {
        let start = within.start + start;
        if !is_edge(text, start, region, Edge::Word) {
            continue;
        }
        let rest = &text[start + region.len()..within.end];
        let id = rest.get(1..).unwrap_or_default();
        let length = id.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
        let kind = match rest.bytes().next() {
            Some(b'_') if is_pool(&id[..length]) => Kind::UserPool,
            Some(b':') if is_uuid(&id[..length]) => Kind::IdentityPool,
            _ => continue,
        };
        let range = start..start + region.len() + 1 + length;
        found.push(OwnId { range: range.clone(), literal: range, kind });
    }
    found
}

/// Nine letters and digits, of more than one kind: `shop_eu-west-1_artifacts` is a name.
/// Source: Amazon Cognito API Reference, `UserPoolIdType`; pools have had nine since the service began.
fn is_pool(id: &str) -> bool {
    let has = |is: fn(&u8) -> bool| id.bytes().any(|byte| is(&byte));
    id.len() == 9
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has(u8::is_ascii_uppercase)
        && (has(u8::is_ascii_lowercase) || has(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::super::named_ids::shapes_of;
    use super::*;

    fn found(text: &str, is_key: bool) -> Vec<(&str, &str)> {
        let shapes = if is_key { shapes_of("kms_key_id", false) } else { Shapes::NONE };
        let own =
            OwnIds::of(&Region::new("eu-west-1").unwrap()).find(text, 0..text.len(), true, shapes, Signs::of(text));
        own.into_iter().map(|own| (&text[own.range], &text[own.literal])).collect()
    }

    #[test]
    fn arns_with_an_id_per_region_are_seen() {
        const UUID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
        for (arn, literal) in [
            ("arn:aws:acm:eu-west-1:123456789012:certificate/UUID", None),
            ("arn:aws:kms:eu-west-1:123456789012:key/UUID", None),
            ("arn:aws:kms:eu-west-1:${var.account}:key/UUID", Some("UUID")),
            ("arn:aws:kms:${var.region}:${local.a[\"x:y\"]}:key/UUID", Some("UUID")),
            ("arn:aws:lambda:${var.region}:580247275435:layer:Insights:14", Some("580247275435:layer:Insights:14")),
            ("arn:aws:lambda:${var.region}:${var.account}:layer:Insights:14", Some("layer:Insights:14")),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/password-a1B2c3", None),
            ("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188", None),
            ("arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV2:51", None),
            ("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC123dEf", None),
            ("arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/web/UUID", None),
            ("arn:aws:aps:eu-west-1:123456789012:workspace/ws-UUID", None),
            ("arn:aws:bedrock:eu-west-1:123456789012:knowledge-base/ABCDEF1234", None),
            ("arn:aws:transfer:eu-west-1:123456789012:server/s-0123456789abcdef0", None),
            ("arn:aws-us-gov:ram:eu-west-1:123456789012:resource-share/UUID", None),
            ("arn:aws:kafka:eu-west-1:123456789012:topic/orders/UUID-3/paid", None),
            ("arn:aws:mq:eu-west-1:123456789012:broker:orders:b-UUID", None),
        ] {
            let (arn, literal) =
                (arn.replace("UUID", UUID), literal.map_or(arn, |literal| literal).replace("UUID", UUID));
            let text = format!("x {arn}\" y");
            assert_eq!(found(&text, false), [(arn.as_str(), literal.as_str())], "{text}");
        }
        for arn in [
            "arn:aws:sqs:eu-west-1:123456789012:q",
            "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:123456789012:key/*",
            "arn:aws:kms:eu-west-1:123456789012:key/${var.key}",
            "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
            "arn:aws:kms:eu-west-1:123456789012:alias/shop",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/*",
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/*",
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:*",
            "arn:aws:dms:eu-west-1:123456789012:endpoint:*",
            "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0",
            "arn:aws:transfer:eu-west-1:123456789012:user/${var.server}",
            "arn:aws:iam::123456789012:role/r",
        ] {
            assert_eq!(found(arn, false), [], "{arn}");
        }
    }

    #[test]
    fn what_follows_an_id_may_be_a_pattern() {
        for (arn, id, literal) in [
            ("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/GET/*", "a1b2c3d4e5", None),
            ("arn:aws:execute-api:${var.region}:${var.account}:a1b2c3d4e5/*", "a1b2c3d4e5", Some("a1b2c3d4e5")),
            ("arn:aws:appsync:eu-west-1:123456789012:apis/abcdefghijklm/types/Query/*", "apis/abcdefghijklm", None),
            (
                "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/app",
                "dbuser:db-ABCDEFGHIJKL01234",
                None,
            ),
            ("arn:aws:inspector:eu-west-1:357557129151:rulespackage/0-ubA5XvBh", "rulespackage/0-ubA5XvBh", None),
            ("arn:aws:catalog:eu-west-1:123456789012:product/prod-abcdefghijklm", "product/prod-abcdefghijklm", None),
        ] {
            let whole = &arn[..arn.find(id).unwrap() + id.len()];
            assert_eq!(found(&format!("\"{arn}\""), false), [(whole, literal.unwrap_or(whole))], "{arn}");
        }
        for arn in [
            "arn:aws:execute-api:eu-west-1:123456789012:*/prod/GET/*",
            "arn:aws:execute-api:eu-west-1:123456789012:${aws_api_gateway_rest_api.a.id}/*",
            "arn:aws:appsync:eu-west-1:123456789012:apis/*",
            "arn:aws:rds-db:eu-west-1:123456789012:dbuser:*/app",
            "arn:aws:catalog:eu-west-1:123456789012:product/prod-*",
        ] {
            assert_eq!(found(arn, false), [], "{arn}");
        }
    }

    #[test]
    fn hosts_and_pools_with_an_id_are_seen() {
        for name in [
            "shop.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
            "internal-web-123456789.eu-west-1.elb.amazonaws.com",
            "web-50dc6c495c0c9188.elb.eu-west-1.amazonaws.com",
            "shop.a1b2c3.0001.euw1.cache.amazonaws.com",
            "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "shop.a1b2c3.dax-clusters.eu-west-1.amazonaws.com",
            "d-a1b2c3.studio.eu-west-1.sagemaker.aws",
            "vpc-shop-a1b2c3.eu-west-1.es.amazonaws.com",
            "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E",
            "aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd-12ab-34cd-56ef-1234567890ab",
            "abcdefghijklm.appsync-realtime-api.eu-west-1.amazonaws.com",
            "search-orders-abcdefghijklm.eu-west-1.cloudsearch.amazonaws.com",
            "abcdefghijklm.dsql.eu-west-1.on.aws",
            "ab12345.eu-west-1.snowflakecomputing.com",
            "pkc-a1b2c.eu-west-1.aws.confluent.cloud",
            "logs.es.eu-west-1.aws.found.io",
            "ep-cool-rain-a1b2c3.eu-west-1.aws.neon.tech",
            "shop-1234.aws-eu-west-1.cockroachlabs.cloud",
            "eu-west-1_AbC123dEf",
            "eu-west-1:1234abcd-12ab-34cd-56ef-1234567890ab",
        ] {
            let text = format!("\"https://{name}\"");
            assert_eq!(found(&text, false), [(name, name)], "{text}");
        }
        for name in [
            "sqs.eu-west-1.amazonaws.com/123456789012/q",
            "${var.id}.execute-api.eu-west-1.amazonaws.com",
            "*.eu-west-1.elb.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop",
            "oidc.eks.eu-west-1.amazonaws.com/id/${var.id}",
            "api.eu-west-1.aws.shop.io",
            "shop_eu-west-1_artifacts",
            "eu-west-1_reports1",
            "eu-west-1:shop",
        ] {
            let text = format!("\"{name}\"");
            // The text of an interpolation is no literal.
            let start = text.find('}').map_or(1, |at| if text.starts_with("\"${") { at + 1 } else { 1 });
            let ids = OwnIds::of(&Region::new("eu-west-1").unwrap());
            let own = ids.find(&text, start..text.len() - 1, true, Shapes::NONE, Signs::of(&text));
            assert_eq!(own, [], "{text}");
        }
    }

    #[test]
    fn a_bare_id_is_a_keys_where_a_key_is_asked_for() {
        let uuid = "1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(found(uuid, true), [(uuid, uuid)]);
        assert_eq!(found(uuid, false), []);
    }
}
