//! Ids that have no form of their own, and are told by what they are called: the UUID of a `kms_key_id`, the seven
//! letters of an AppConfig `application_id`, the client id of a user pool.

use super::bare_ids::{is_of_name, name_start};
use super::id_shapes::Shapes;
use std::ops::Range;

/// Ends of names, in small letters and without what joins their words, and what the ids look like, wherever the name
/// stands.
/// Source: the services' API references, patterns of the members of these names.
const NAMES: [(&str, Shapes); 72] = [
    ("userpoolclient", Shapes::TWENTY_SIX),
    ("appclient", Shapes::TWENTY_SIX),
    ("pinpointprojectid", Shapes::HEX),
    ("connectinstance", Shapes::UUID),
    ("kendraindex", Shapes::UUID),
    ("kendraindexid", Shapes::UUID),
    ("kbid", Shapes::CAPITALS),
    ("agentalias", Shapes::CAPITALS),
    ("guardrailid", Shapes::TWELVE),
    ("guardrailidentifier", Shapes::TWELVE),
    ("ipset", Shapes::UUID),
    ("webacl", Shapes::UUID),
    ("mappinguuid", Shapes::UUID),
    ("mappingid", Shapes::UUID),
    ("certid", Shapes::UUID),
    ("restapi", Shapes::TEN),
    ("connectqueueid", Shapes::UUID),
    ("schemaversionnumber", Shapes::COUNT),
    ("keyid", Shapes::UUID.or(Shapes::TEN)),
    ("keyids", Shapes::UUID),
    ("keyarn", Shapes::UUID),
    ("apiid", Shapes::TEN.or(Shapes::TWENTY_SIX)),
    ("detectorid", Shapes::HEX),
    ("clientid", Shapes::TWENTY_SIX),
    ("clientids", Shapes::TWENTY_SIX),
    ("audience", Shapes::TWENTY_SIX),
    ("audiences", Shapes::TWENTY_SIX),
    ("webaclid", Shapes::UUID),
    ("ipsetid", Shapes::UUID),
    ("rulegroupid", Shapes::UUID),
    ("regexpatternsetid", Shapes::UUID),
    ("connectinstanceid", Shapes::UUID),
    ("contactflowid", Shapes::UUID),
    ("contactflowmoduleid", Shapes::UUID),
    ("routingprofileid", Shapes::UUID),
    ("hoursofoperationid", Shapes::UUID),
    ("quickconnectid", Shapes::UUID),
    ("securityprofileid", Shapes::UUID),
    ("securityprofileids", Shapes::UUID),
    ("outboundqueueid", Shapes::UUID),
    ("backupplanid", Shapes::UUID),
    ("certificateid", Shapes::UUID),
    ("botid", Shapes::CAPITALS),
    ("aliasid", Shapes::CAPITALS),
    ("agentid", Shapes::CAPITALS),
    ("knowledgebaseid", Shapes::CAPITALS),
    ("datasourceid", Shapes::CAPITALS.or(Shapes::TWENTY_SIX)),
    ("flowid", Shapes::CAPITALS),
    ("promptid", Shapes::CAPITALS),
    ("applicationid", Shapes::SEVEN.or(Shapes::HEX).or(Shapes::LONG)),
    ("configurationprofileid", Shapes::SEVEN),
    ("configprofileid", Shapes::SEVEN),
    ("environmentid", Shapes::SEVEN.or(Shapes::HEX)),
    ("deploymentstrategyid", Shapes::SEVEN),
    ("appid", Shapes::HEX.or(Shapes::AMPLIFY)),
    ("virtualclusterid", Shapes::LONG),
    ("policystoreid", Shapes::TWENTY_TWO),
    ("voiceconnectorid", Shapes::TWENTY_TWO),
    ("domainidentifier", Shapes::DATA_ZONE),
    ("domainid", Shapes::DATA_ZONE),
    ("taskdefinition", Shapes::FAMILY),
    ("taskdefinitionarn", Shapes::FAMILY),
    ("jobdefinition", Shapes::FAMILY),
    ("jobdefinitionarn", Shapes::FAMILY),
    ("functionversion", Shapes::COUNT),
    ("qualifier", Shapes::COUNT),
    ("documentversion", Shapes::COUNT),
    ("configurationversion", Shapes::COUNT),
    ("botversion", Shapes::COUNT),
    ("agentversion", Shapes::COUNT),
    ("guardrailversion", Shapes::COUNT),
    ("launchtemplateversion", Shapes::COUNT),
];

/// The same, in blocks of AWS's resources and data sources alone: elsewhere they may be anybody's.
const NAMES_OF_AWS: [(&str, Shapes); 39] = [
    ("applicationid", Shapes::SHORT),
    ("configurationprofileid", Shapes::SHORT),
    ("environmentid", Shapes::SHORT),
    ("deploymentstrategyid", Shapes::SHORT),
    ("instanceid", Shapes::UUID),
    ("queueid", Shapes::UUID),
    ("outboundflowid", Shapes::UUID),
    ("hierarchygroupid", Shapes::UUID),
    ("vocabularyid", Shapes::UUID),
    ("directoryuserid", Shapes::UUID),
    ("indexid", Shapes::UUID),
    ("faqids", Shapes::UUID),
    ("datasourceids", Shapes::UUID),
    ("experienceid", Shapes::UUID),
    ("thesaurusid", Shapes::UUID),
    ("stackid", Shapes::UUID),
    ("layerids", Shapes::UUID),
    ("planid", Shapes::UUID),
    ("selectionid", Shapes::UUID),
    ("frameworkid", Shapes::UUID),
    ("assessmentid", Shapes::UUID),
    ("channelid", Shapes::UUID),
    ("collaborationid", Shapes::UUID),
    ("schemaversionid", Shapes::UUID),
    ("uuid", Shapes::UUID),
    ("dataidentifierids", Shapes::UUID),
    ("recommenderid", Shapes::UUID.or(Shapes::HEX)),
    ("mediaapplicationid", Shapes::UUID),
    ("authorizerid", Shapes::SHORT),
    ("deploymentid", Shapes::SHORT),
    ("usageplanid", Shapes::SHORT),
    ("requestvalidatorid", Shapes::SHORT),
    ("vpclinkid", Shapes::SHORT),
    ("integrationid", Shapes::SHORT),
    ("routeid", Shapes::SHORT),
    ("resourceid", Shapes::SHORT),
    ("parentid", Shapes::SHORT),
    ("connectionid", Shapes::SHORT),
    ("packageid", Shapes::PACKAGE),
];

/// Longer names are none of these.
const LONGEST_NAME: usize = 64;

/// What the value of something called so is, where it is an id: `kms_key_id`, `KMS_KEY_ID` and `kmsKeyId` alike.
pub(crate) fn shapes_of(name: &str, is_of_aws: bool) -> Shapes {
    let bytes = name.as_bytes();
    let is_key = contains_kms(bytes);
    // Few names end so, and most are told at once.
    if !is_key && !may_end(bytes) || bytes.len() > LONGEST_NAME {
        return Shapes::NONE;
    }
    let (mut squeezed, mut length) = ([0; LONGEST_NAME], 0);
    for byte in bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        squeezed[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    let name = &squeezed[..length];
    let of = |table: &[(&str, Shapes)]| {
        let known = table.iter().find(|(end, _)| name.ends_with(end.as_bytes()));
        known.map_or(Shapes::NONE, |(_, shapes)| *shapes)
    };
    let mut shapes = of(&NAMES);
    if is_of_aws {
        shapes = shapes.or(of(&NAMES_OF_AWS));
    }
    if is_key { shapes.or(Shapes::UUID) } else { shapes }
}

fn contains_kms(name: &[u8]) -> bool {
    let is_first = |at: &usize| name[*at] | SMALL == b'k';
    let ends = name.len().saturating_sub(2);
    (0..ends).filter(is_first).any(|at| name[at + 1] | SMALL == b'm' && name[at + 2] | SMALL == b's')
}

/// The bit that makes a capital a small letter.
const SMALL: u8 = 0x20;

/// Whether a name ends as one of the tables' may.
fn may_end(name: &[u8]) -> bool {
    let [.., third, second, last] = *name else { return false };
    match [third | SMALL, second | SMALL, last | SMALL] {
        [_, b'i', b'd'] | [b'i', b'd', b's'] | [b'a', b'r', b'n'] | [b'n', b'c', b'e'] | [b'c', b'e', b's'] => true,
        // `web_acl`, `rest_api`, `ip_set`, `app_client`, `kendra_index`, `agent_alias`, `version_number`
        [b'a', b'c', b'l'] | [b'a', b'p', b'i'] | [b's', b'e', b't'] | [b'e', b'n', b't'] => true,
        [b'd', b'e', b'x'] | [b'i', b'a', b's'] | [b'b', b'e', b'r'] => true,
        // `definition`, `version`, `qualifier`, `identifier`: longer ones are asked for than `version` alone.
        [b'i', b'o', b'n'] | [b'i', b'e', b'r'] => name.len() > "version".len(),
        _ => false,
    }
}

/// The id that comes right after the sign at `at`, before which it says what it is called: `KMS_KEY_ID=1234abcd-…` of a
/// script, `"apiId": "…"` of JSON, `--key-id 1234abcd-…`.
pub(crate) fn named_id(text: &str, at: usize) -> Option<Range<usize>> {
    // Most words end as no such name does.
    let may_end = |last| matches!(last, b'd' | b's' | b'n' | b'e' | b'r' | b'l' | b'i' | b't' | b'x');
    let (shapes, start) = named_value(text, at, may_end)?;
    let length = text[start..].bytes().take_while(|byte| is_of_name(*byte)).count();
    shapes.fit(&text[start..start + length]).then_some(start..start + length)
}

/// Numbers that each region counts for itself, right after what they are called: `--task-definition web:12`.
pub(crate) fn named_counts(text: &str) -> Vec<Range<usize>> {
    let has_options = text.contains("--");
    let signs = text.bytes().enumerate().filter(|(_, byte)| match byte {
        b'=' | b':' => true,
        byte => *byte == b' ' && has_options,
    });
    let count = |(at, _)| {
        // So do `definition`, `version`, `qualifier` and `number` end, and most words do not.
        let (shapes, start) = named_value(text, at, |last| matches!(last, b'n' | b'r'))?;
        let length = text[start..].bytes().take_while(|byte| is_of_name(*byte) || *byte == b':').count();
        shapes.is_counted(&text[start..start + length]).then_some(start..start + length)
    };
    signs.filter_map(count).collect()
}

/// What the value after the sign at `at` is by the name before it, and where it begins. `may_end` tells of the last letter
/// of a name, made small, whether it can be one that is asked for.
fn named_value(text: &str, at: usize, may_end: impl Fn(u8) -> bool) -> Option<(Shapes, usize)> {
    let bytes = text.as_bytes();
    let is_option = match bytes.get(at)? {
        b'=' | b':' => false,
        b' ' => true,
        _ => return None,
    };
    let end = bytes[..at].iter().rposition(|byte| !is_around(*byte))? + 1;
    if !may_end(bytes[end - 1] | SMALL) || is_option && end != at {
        return None;
    }
    let start = name_start(bytes, end);
    let mut name = text.get(start..end)?;
    if name == VALUE {
        name = called(text, start).unwrap_or_default();
    }
    let shapes = shapes_of(name, false);
    if shapes.is_none() || is_option && !name.starts_with("--") {
        return None;
    }
    let gap = bytes[at + 1..].iter().take_while(|byte| is_around(**byte) || matches!(byte, b'=' | b'>')).count();
    Some((shapes, at + 1 + gap))
}

/// What a container's definition calls the value of a variable.
const VALUE: &str = "value";

/// How far before the value its name is at most.
const NEAREST: usize = 96;

/// `KMS_KEY_ID` of `"name": "KMS_KEY_ID", "value": …`, where the value's name begins at `at`.
fn called(text: &str, at: usize) -> Option<&str> {
    let from = (at.saturating_sub(NEAREST)..=at).find(|from| text.is_char_boundary(*from))?;
    let before = &text[from..at];
    let rest = before[before.rfind("name")? + "name".len()..]
        .trim_start_matches(|sign: char| u8::try_from(sign).is_ok_and(is_around) || matches!(sign, ':' | '='));
    rest.split(|sign: char| !u8::try_from(sign).is_ok_and(is_of_name)).next()
}

/// What may stand between a name, the sign after it, and its value: quotes, those of a text within another one too.
fn is_around(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\' | b' ' | b'`')
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn names_are_read_in_any_spelling() {
        for (name, value) in [
            ("kms_key_id", UUID),
            ("KMS_KEY_ID", UUID),
            ("kmsKeyId", UUID),
            ("aws_kms_key", UUID),
            ("performance_insights_kms_key_id", UUID),
            ("WEB_ACL_ID", UUID),
            ("rest_api_id", "a1b2c3d4e5"),
            ("api_id", "abcdefghijklm2opqrstuvwxyz"),
            ("detector_id", "12abc34d567e8fa901bc2d34e56789f0"),
            ("user_pool_client_id", "1h57kf5cpq17m0eml12example"),
            ("COGNITO_CLIENT_ID", "1h57kf5cpq17m0eml12example"),
            ("audience", "1h57kf5cpq17m0eml12example"),
            ("application_id", "68ld9u5"),
            ("pinpoint_application_id", "12abc34d567e8fa901bc2d34e56789f0"),
            ("application_id", "00fkht2eodujab09"),
            ("knowledge_base_id", "ABCDEF1234"),
            ("bot_id", "Q5JVXXLSG8"),
            ("policy_store_id", "C7v5xMplfFH3i3e4Jrzb1a"),
            ("domain_identifier", "dzd_4p9n6sw4qt9xgn"),
            ("app_id", "d2gdxfg3xqub5p"),
        ] {
            assert!(shapes_of(name, false).fit(value), "{name} = {value}");
        }
        for (name, value) in [("instance_id", UUID), ("authorizer_id", "ab12cd"), ("index_id", UUID)] {
            assert!(shapes_of(name, true).fit(value) && !shapes_of(name, false).fit(value), "{name} = {value}");
        }
    }

    #[test]
    fn names_of_other_things_and_names_as_values_ask_for_nothing() {
        for (name, value) in [
            ("tenant_id", UUID),
            ("health_check_id", UUID),
            ("cache_policy_id", UUID),
            ("account_id", "123456789012"),
            ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
            ("application_id", "orders"),
            ("client_id", "orders-frontend"),
            ("client_id", "0oa1b2c3d4E5f6g7h8i9"),
            ("app_id", "dashboard2024"),
            ("rest_api_id", "ordersapis"),
            ("environment_id", "staging"),
            ("resource_id", "service/shop/web"),
            ("bot_id", "ORDERSBOTS"),
            ("id", UUID),
        ] {
            assert!(!shapes_of(name, true).fit(value), "{name} = {value}");
        }
        for (name, value) in [("application_id", "orders1"), ("authorizer_id", "orders2"), ("stack_id", UUID)] {
            assert!(shapes_of(name, false).is_none() || !shapes_of(name, false).fit(value), "{name} = {value}");
        }
    }

    #[test]
    fn a_text_names_its_counts() {
        let found =
            |text: &'static str| -> Vec<&str> { named_counts(text).into_iter().map(|range| &text[range]).collect() };
        assert_eq!(found("aws ecs run-task --task-definition web:12 --count 2"), ["web:12"]);
        assert_eq!(found("{\"taskDefinition\": \"web:12\"} QUALIFIER=7"), ["web:12", "7"]);
        for text in ["--qualifier live", "version: 3", "task-definition web:12", "taskDefinition: web", "é: 1", ""] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_text_names_its_ids() {
        let found = |text: &'static str| -> Vec<&str> {
            (0..text.len()).filter_map(|at| named_id(text, at)).map(|range| &text[range]).collect()
        };
        for (text, ids) in [
            ("export KMS_KEY_ID=1234abcd-12ab-34cd-56ef-1234567890ab\n", &[UUID][..]),
            ("{\"kmsKeyId\": \"1234abcd-12ab-34cd-56ef-1234567890ab\"}", &[UUID]),
            ("{\\\"apiId\\\":\\\"a1b2c3d4e5\\\"}", &["a1b2c3d4e5"]),
            ("aws kms encrypt --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --x", &[UUID]),
            ("detector_id => '12abc34d567e8fa901bc2d34e56789f0'", &["12abc34d567e8fa901bc2d34e56789f0"]),
            (
                "{\"name\": \"KMS_KEY_ID\", \"value\": \"1234abcd-12ab-34cd-56ef-1234567890ab\"}, {\"value\": 1}",
                &[UUID],
            ),
            ("é clientId: 1h57kf5cpq17m0eml12example é", &["1h57kf5cpq17m0eml12example"]),
        ] {
            assert_eq!(found(text), ids, "{text}");
        }
        for text in [
            "arn:aws:kms:eu-west-1:1:alias/x",
            "REQUEST=1234abcd-12ab-34cd-56ef-1234567890ab",
            "{\"name\": \"TENANT_ID\", \"value\": \"1234abcd-12ab-34cd-56ef-1234567890ab\"}",
            "value: 1234abcd-12ab-34cd-56ef-1234567890ab",
            "tenantId: 1234abcd-12ab-34cd-56ef-1234567890ab",
            "the key id 1234abcd-12ab-34cd-56ef-1234567890ab -- is none",
            "=",
            ":",
            "keyId:",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
