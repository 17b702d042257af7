//! What is wrong with how a traffic set moves: shifts, signals, aliases.

use crate::after_head;

#[test]
fn shifts_that_do_not_rise_to_all_of_the_traffic() {
    let weighted = |rest: &str| {
        let record =
            "  record \"app.shop.test\" \"A\" {\n    primary = \"192.0.2.1\"\n    standby = \"192.0.2.2\"\n  }\n";
        after_head(&format!("traffic \"t\" {{\n  zone = \"shop.test\"\n{rest}\n{record}}}"))
    };
    for (rest, expected) in [
        (
            "  method = \"weighted\"",
            "9:1 PL-P103 find the attribute \"shift\" in traffic \"t\", whose method is \"weighted\" | write shift = [10, 50, 100]\n\
             9:1 PL-P103 find the attribute \"hold\" in traffic \"t\", whose method is \"weighted\" | write hold = \"45s\"",
        ),
        (
            "  method = \"weighted\"\n  hold = \"45s\"\n  shift = [10, 10, 100]",
            "13:16 PL-P104 use 10 for the attribute \"shift\": it is not more than the 10 before it | write percent that rise to 100, as in [10, 50, 100]",
        ),
        (
            "  method = \"weighted\"\n  hold = \"45s\"\n  shift = [10, 90]",
            "13:16 PL-P104 use 90 for the attribute \"shift\": the last step has to be 100 | write percent that rise to 100, as in [10, 50, 100]",
        ),
        (
            "  method = \"weighted\"\n  hold = \"45s\"\n  shift = []",
            "13:11 PL-P104 use [] for the attribute \"shift\": nothing would move | write percent that rise to 100, as in [10, 50, 100]",
        ),
        (
            "  method = \"weighted\"\n  hold = \"45s\"\n  shift = [0, 100]",
            "13:12 PL-P104 use 0 for the attribute \"shift\": it is no whole number from 1 to 100 | write it as in shift = [10, 50, 100]",
        ),
        (
            "  method = \"weighted\"\n  hold = \"45s\"\n  shift = 100",
            "13:11 PL-P104 read the attribute \"shift\" as a list of whole numbers: it is a number | write shift = [10, 50, 100]",
        ),
        (
            "  hold = \"45s\"\n  shift = [10, 100]",
            "11:10 PL-P104 use \"45s\" for the attribute \"hold\": method is \"record\" | leave it out, or write method = \"weighted\"\n\
             12:11 PL-P104 use [10, 100] for the attribute \"shift\": method is \"record\" | leave it out, or write method = \"weighted\"",
        ),
        (
            "  visibility = \"intern\"\n  zone_id = \"/hostedzone/Z1\"",
            "11:16 PL-P104 use \"intern\" for the attribute \"visibility\": it is none of public, private | write \"public\" or \"private\"\n\
             12:13 PL-P104 use \"/hostedzone/Z1\" for the attribute \"zone_id\": it is no hosted zone's id | write it as Route 53 does, without /hostedzone/, as in Z0123456789ABCDEFGHIJ",
        ),
    ] {
        assert_eq!(weighted(rest), expected, "{rest}");
    }
}

#[test]
fn signals_that_nothing_could_follow() {
    let set = |rest: &str| {
        let record =
            "  record \"app.shop.test\" \"A\" {\n    primary = \"192.0.2.1\"\n    standby = \"192.0.2.2\"\n  }\n";
        after_head(&format!("traffic \"t\" {{\n  zone = \"shop.test\"\n{rest}\n{record}}}"))
    };
    let block = |url: &str| format!("  signal {{\n    url = \"{url}\"\n    health_check = \"hc\"\n  }}");
    assert_eq!(set(&format!("  method = \"signal\"\n{}", block("s3://dr/signal/on"))), "no error");
    for (rest, expected) in [
        (
            "  method = \"signal\"".to_owned(),
            "9:1 PL-P103 find the block \"signal\" in traffic \"t\", whose method is \"signal\" | write signal { url = \"s3://bucket-in-the-standby-region/key\" }",
        ),
        (
            block("s3://dr/signal/on"),
            "11:3 PL-P104 use a block for the attribute \"signal\": method is \"record\" | leave the block out, or write method = \"signal\"",
        ),
        (
            format!("  method = \"signal\"\n{}", block("s3://dr")),
            "13:11 PL-P104 use \"s3://dr\" for the attribute \"url\": it names no object of a bucket | write the object's URL, as in s3://shop-dr-eu-central-1/signal/standby-serves",
        ),
        (
            format!("  visibility = \"private\"\n  method = \"signal\"\n{}", block("s3://dr/on")),
            "11:16 PL-P104 use \"private\" for the attribute \"visibility\": nobody could ask a private zone whether the signal has turned it | use another method for it",
        ),
        (
            format!("  method = \"signal\"\n  hold = \"1m\"\n{}", block("s3://dr/on")),
            "12:10 PL-P104 use \"1m\" for the attribute \"hold\": method is \"signal\" | leave it out, or write method = \"weighted\"",
        ),
    ] {
        assert_eq!(set(&rest), expected, "{rest}");
    }
}

#[test]
fn aliases_that_cannot_be_moved() {
    let record = |primary: &str, standby: &str| {
        after_head(&format!(
            "traffic \"t\" {{\n  zone = \"shop.test\"\n  record \"app.shop.test\" \"A\" {{\n    primary = {primary}\n    standby = {standby}\n  }}\n}}"
        ))
    };
    let lb = "{ name = stack.app.output.lb, zone_id = stack.app.output.zone }";
    assert_eq!(record(lb, lb), "no error");
    for (primary, standby, expected) in [
        (
            lb,
            "\"192.0.2.1\"",
            "11:3 PL-P104 use this for the attribute \"standby\": one side is an alias and the other is not | write an alias for both sides, or values for both",
        ),
        (
            "{ name = \"lb.example.com\" }",
            lb,
            "12:15 PL-P103 find the attribute \"zone_id\" in primary | write zone_id = stack.app.output.lb_zone_id",
        ),
        (
            "{ name = \"lb.example.com\", zone_id = \"Z1\", evaluate_target_health = \"yes\" }",
            lb,
            "12:83 PL-P104 read the attribute \"evaluate_target_health\" as true or false: it is a text | write evaluate_target_health = true",
        ),
        (
            "{ name = \"not a name\", zone_id = \"Z1\" }",
            lb,
            "12:15 PL-P104 use \"not a name\" for the attribute \"primary\": DNS names have letters, digits, - and _, with dots between | write the target's name, or name an output",
        ),
        (
            "{ name = \"lb.example.com\", zone_id = \"Z1\" }",
            "{ name = \"LB.example.com.\", zone_id = \"Z1\" }",
            "11:3 PL-P104 use these answers for the attribute \"standby\": the primary has the same, so that nothing would move | write what the standby answers with",
        ),
    ] {
        assert_eq!(record(primary, standby), expected, "{primary} {standby}");
    }
}
