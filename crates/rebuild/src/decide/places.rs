//! Where AWS's regions are: the names that consoles and price lists have for them.
//!
//! Sources: AWS General Reference, "AWS service endpoints" (names); the AWS Price List's `location` ("EU (Ireland)");
//! airports as AWS names its edge locations, and as teams name their sites.

/// Code, name, what is in its brackets, and the airport.
#[rustfmt::skip]
const PLACES: [(&str, &str, &str, &str); 38] = [
    ("af-south-1", "Africa (Cape Town)", "Cape Town", "cpt"),
    ("ap-east-1", "Asia Pacific (Hong Kong)", "Hong Kong", "hkg"),
    ("ap-east-2", "Asia Pacific (Taipei)", "Taipei", "tpe"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)", "Tokyo", "nrt"),
    ("ap-northeast-2", "Asia Pacific (Seoul)", "Seoul", "icn"),
    ("ap-northeast-3", "Asia Pacific (Osaka)", "Osaka", "kix"),
    ("ap-south-1", "Asia Pacific (Mumbai)", "Mumbai", "bom"),
    ("ap-south-2", "Asia Pacific (Hyderabad)", "Hyderabad", "hyd"),
    ("ap-southeast-1", "Asia Pacific (Singapore)", "Singapore", ""),
    ("ap-southeast-2", "Asia Pacific (Sydney)", "Sydney", "syd"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)", "Jakarta", "cgk"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)", "Melbourne", ""),
    ("ap-southeast-5", "Asia Pacific (Malaysia)", "Malaysia", "kul"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)", "New Zealand", "akl"),
    ("ap-southeast-7", "Asia Pacific (Thailand)", "Thailand", "bkk"),
    ("ca-central-1", "Canada (Central)", "", "yul"),
    ("ca-west-1", "Canada West (Calgary)", "Calgary", "yyc"),
    ("cn-north-1", "China (Beijing)", "Beijing", "bjs"),
    ("cn-northwest-1", "China (Ningxia)", "Ningxia", "zhy"),
    ("eu-central-1", "Europe (Frankfurt)", "Frankfurt", "fra"),
    ("eu-central-2", "Europe (Zurich)", "Zurich", "zrh"),
    ("eu-north-1", "Europe (Stockholm)", "Stockholm", ""),
    ("eu-south-1", "Europe (Milan)", "Milan", "mxp"),
    ("eu-south-2", "Europe (Spain)", "Spain", "zaz"),
    ("eu-west-1", "Europe (Ireland)", "Ireland", "dub"),
    ("eu-west-2", "Europe (London)", "London", "lhr"),
    ("eu-west-3", "Europe (Paris)", "Paris", "cdg"),
    ("il-central-1", "Israel (Tel Aviv)", "Tel Aviv", "tlv"),
    ("me-central-1", "Middle East (UAE)", "UAE", "dxb"),
    ("me-south-1", "Middle East (Bahrain)", "Bahrain", ""),
    ("mx-central-1", "Mexico (Central)", "", "qro"),
    ("sa-east-1", "South America (Sao Paulo)", "Sao Paulo", "gru"),
    ("us-east-1", "US East (N. Virginia)", "N. Virginia", "iad"),
    ("us-east-2", "US East (Ohio)", "Ohio", "cmh"),
    ("us-gov-east-1", "AWS GovCloud (US-East)", "", "osu"),
    ("us-gov-west-1", "AWS GovCloud (US-West)", "", "pdt"),
    ("us-west-1", "US West (N. California)", "N. California", "sfo"),
    ("us-west-2", "US West (Oregon)", "Oregon", "pdx"),
];

/// What else people call a region: the city where the name has the country, the state without its half, and the
/// letters that the name has lost.
const ALSO: [(&str, &[&str]); 14] = [
    ("ap-southeast-5", &["kuala lumpur"]),
    ("ap-southeast-6", &["auckland"]),
    ("ap-southeast-7", &["bangkok"]),
    ("ca-central-1", &["montreal", "montréal"]),
    ("eu-central-2", &["zürich"]),
    ("eu-south-2", &["aragon", "zaragoza"]),
    ("eu-west-1", &["dublin"]),
    ("il-central-1", &["israel"]),
    ("me-central-1", &["dubai"]),
    ("me-south-1", &["manama"]),
    ("mx-central-1", &["queretaro", "querétaro"]),
    ("sa-east-1", &["são paulo"]),
    ("us-east-1", &["virginia", "ashburn"]),
    ("us-west-1", &["california"]),
];

/// Areas of the time zones' names. Where people's clocks are says nothing of machines: `Europe/Dublin`.
/// Source: the IANA Time Zone Database.
const TIME_ZONES: [&str; 7] = ["Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/"];

/// Whether what comes next is the place of a time zone.
pub(crate) fn is_time_zone(before: &[u8]) -> bool {
    TIME_ZONES.iter().any(|area| before.ends_with(area.as_bytes()))
}

/// The codes of the regions that are known here.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    PLACES.iter().map(|(code, ..)| *code)
}

/// `Europe (Ireland)`
pub(crate) fn name(code: &str) -> Option<&'static str> {
    PLACES.iter().find(|(known, ..)| *known == code).map(|(_, name, ..)| *name)
}

/// `EU (Ireland)`, as price lists have it; none where they have the name itself.
pub(crate) fn price_list_name(code: &str) -> Option<String> {
    Some(format!("EU {}", name(code)?.strip_prefix("Europe ")?))
}

/// Words that may mean the region, and much else: `ireland`, `dub`, `dublin`. An airport is left out whose code is a
/// word of its own in such texts: `arn`, `sin`, `mel`, `bah`.
pub(crate) fn hints(code: &str) -> Vec<String> {
    let place = PLACES.iter().find(|(known, ..)| *known == code);
    let words = place.into_iter().flat_map(|(_, _, city, airport)| [*city, *airport]);
    let also = ALSO.iter().find(|(known, _)| *known == code).map_or(&[][..], |(_, words)| words);
    words.filter(|word| !word.is_empty()).chain(also.iter().copied()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_names() {
        assert_eq!(name("eu-west-1"), Some("Europe (Ireland)"));
        assert_eq!(price_list_name("eu-west-1").as_deref(), Some("EU (Ireland)"));
        assert_eq!(price_list_name("us-east-1"), None);
        assert_eq!(name("xx-west-1"), None);
        assert_eq!(hints("eu-west-1"), ["ireland", "dub", "dublin"]);
        assert_eq!(hints("us-east-1"), ["n. virginia", "iad", "virginia", "ashburn"]);
        assert_eq!(hints("us-gov-west-1"), ["pdt"]);
        for (code, name, city, _) in PLACES {
            assert!(hints(code).iter().all(|word| !word.is_empty() && *word == word.to_lowercase()), "{code}");
            assert!(name.contains(city) && name.ends_with(')') && pilotlight_findings::Region::new(code).is_ok());
        }
        for (code, _) in ALSO {
            assert!(name(code).is_some(), "{code}");
        }
    }
}
