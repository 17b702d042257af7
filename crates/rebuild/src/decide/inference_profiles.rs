//! Names of Bedrock's inference profiles: they begin with the part of the world whose regions serve the model, and
//! another part has none of that name.

use pilotlight_findings::Region;
use std::ops::Range;

/// Whose models they are: what comes after the part of the world.
/// Source: Amazon Bedrock User Guide, "Supported Regions and models for inference profiles".
const MAKERS: [&str; 9] =
    ["amazon", "anthropic", "cohere", "deepseek", "meta", "mistral", "stability", "twelvelabs", "writer"];

/// What the profiles of a region begin with. `global.` is of every region, and a model without a beginning of its own.
fn parts_of_the_world(code: &str) -> &'static [&'static str] {
    match code {
        "ap-northeast-1" | "ap-northeast-3" => &["apac", "jp"],
        "ap-southeast-2" | "ap-southeast-4" => &["apac", "au"],
        code if code.starts_with("us-gov-") => &["us-gov"],
        code if code.starts_with("us-") => &["us"],
        code if code.starts_with("eu-") => &["eu"],
        code if code.starts_with("ap-") => &["apac"],
        code if code.starts_with("ca-") => &["ca", "us"],
        _ => &[],
    }
}

/// Every profile of the primary's part of the world that the standby's has not.
pub(super) fn inference_profiles(text: &str, primary: &Region, standby: &Region) -> Vec<Range<usize>> {
    let there = parts_of_the_world(standby.as_str());
    let only_here = parts_of_the_world(primary.as_str()).iter().filter(|part| !there.contains(part));
    let mut found = Vec::new();
    // Most texts have no maker in them, and most pairs of regions share a part of the world.
    for part in only_here {
        for (start, _) in text.match_indices(part) {
            let before = text[..start].bytes().next_back();
            let is_begin = !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            let Some(rest) = text[start + part.len()..].strip_prefix('.').filter(|_| is_begin) else { continue };
            let of_maker = MAKERS.iter().find_map(|maker| rest.strip_prefix(maker)?.strip_prefix('.'));
            if of_maker.is_some_and(|model| model.starts_with(|first: char| first.is_ascii_alphanumeric())) {
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
                let length = rest.bytes().take_while(|byte| is_name(*byte)).count();
                let name = rest[..length].trim_end_matches(['.', ':', '-', '_']);
                found.push(start..start + part.len() + 1 + name.len());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_the_primarys_part_of_the_world_are_seen() {
        let found = |text: &'static str, from: &str, to: &str| -> Vec<&str> {
            let [from, to] = [from, to].map(|code| Region::new(code).unwrap());
            inference_profiles(text, &from, &to).into_iter().map(|range| &text[range]).collect()
        };
        let claude = "eu.anthropic.claude-sonnet-4-20250514-v1:0";
        assert_eq!(found("eu.anthropic.claude-sonnet-4-20250514-v1:0", "eu-west-1", "us-east-1"), [claude]);
        let arn = "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-2-lite-v1:0.";
        assert_eq!(found(arn, "eu-west-1", "ap-south-1"), ["eu.amazon.nova-2-lite-v1:0"]);
        assert_eq!(found("jp.anthropic.x apac.meta.y", "ap-northeast-1", "ap-northeast-2"), ["jp.anthropic.x"]);
        for (text, from, to) in [
            (claude, "eu-west-1", "eu-central-1"),
            ("us.meta.llama3-1-8b-instruct-v1:0", "us-east-1", "ca-central-1"),
            ("global.anthropic.claude-sonnet-4", "eu-west-1", "us-east-1"),
            ("anthropic.claude-sonnet-4", "eu-west-1", "us-east-1"),
            ("https://eu.amazon.com", "us-east-1", "eu-west-1"),
            ("shop-eu.amazon.x eu.amazon.", "eu-west-1", "us-east-1"),
            ("us.anthropic.claude", "eu-west-1", "us-east-1"),
        ] {
            assert_eq!(found(text, from, to), [""; 0], "{text}");
        }
    }
}
