//! Private zones, and the values of global resources.

use super::*;

#[test]
fn a_private_zone_is_the_standbys_own() {
    let source = r#"resource "aws_route53_zone" "inner" {
  name = "inner.test"
  vpc {
    vpc_id = aws_vpc.main.id
  }
}

resource "aws_route53_record" "db" {
  zone_id = aws_route53_zone.inner.zone_id
  name    = "db.inner.test"
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source);
    assert!(result.open.is_empty() && result.globals.is_empty(), "{:#?}", result.open);
    // Without networks it is public, and only one of the name can be.
    let (_, public) = one(&source.replace("  vpc {\n    vpc_id = aws_vpc.main.id\n  }\n", ""));
    assert_eq!(public.open.len(), 2, "{:#?}", public.open);
    assert_eq!(public.globals[0].address, "aws_route53_zone.inner");
}

#[test]
fn splats_have_the_recorded_values_and_whole_objects_say_what_to_do() {
    let instance = |key: u8, arn: &str| {
        format!(
            r#"{{"index_key": {key}, "schema_version": 0, "attributes": {{"arn": "{arn}", "tags": {{"n": "{key}"}}}}}}"#
        )
    };
    let provider = r#""provider": "provider[\"registry.terraform.io/hashicorp/aws\"]""#;
    let counted = format!(
        r#"[{{"mode": "managed", "type": "aws_iam_role", "name": "r", {provider}, "instances": [{}, {}]}},
            {{"mode": "managed", "type": "aws_iam_role", "name": "keyed", {provider},
              "instances": [{{"index_key": "a", "schema_version": 0, "attributes": {{"arn": "k"}}}}]}},
            {{"mode": "managed", "type": "aws_iam_role", "name": "one", {provider},
              "instances": [{{"schema_version": 0, "attributes": {{"arn": "o"}}}}]}}]"#,
        instance(1, "second"),
        instance(0, "first")
    );
    let main = r#"resource "aws_iam_role" "r" {}
resource "aws_iam_role" "keyed" {}
resource "aws_iam_role" "one" {}
locals {
  all  = aws_iam_role.r[*].arn
  old  = "${join(",", aws_iam_role.r.*.tags.n)}"
  one  = aws_iam_role.one[*].arn
  keys = aws_iam_role.keyed[*].arn
  each = { for key, role in aws_iam_role.keyed : key => role.arn }
}
"#;
    let state = world::state(&counted);
    let source = tree(&[("backend.tf", BACKEND), ("main.tf", main)]);
    let result = retarget(&source, &World::of(PLAN).input("app", Some(&state))).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert!(text.contains("  all  = [\"first\", \"second\"]\n"), "{text}");
    assert!(text.contains("  old  = \"${join(\",\", [\"0\", \"1\"])}\"\n"), "{text}");
    assert!(text.contains("  one  = [\"o\"]\n"), "{text}");
    let asked: Vec<_> = result.open.iter().map(|question| (question.span.start.line, &question.needs)).collect();
    assert_eq!(asked.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [8, 9], "{asked:#?}");
    assert!(asked.iter().all(|(_, needs)| needs.starts_with("name each attribute that is used")), "{asked:#?}");
}

#[test]
fn computed_keys_stay_and_what_the_primary_has_not_made_is_empty() {
    let provider = r#""provider": "provider[\"registry.terraform.io/hashicorp/aws\"]""#;
    let instance = |key: &str, arn: &str| {
        format!(r#"{{"index_key": {key}, "schema_version": 0, "attributes": {{"arn": "{arn}"}}}}"#)
    };
    let state = format!(
        r#"[{{"mode": "managed", "type": "aws_iam_role", "name": "keyed", {provider}, "instances": [{}, {}]}},
            {{"mode": "managed", "type": "aws_iam_role", "name": "counted", {provider}, "instances": [{}, {}]}}]"#,
        instance("\"b\"", "B"),
        instance("\"a\"", "A"),
        instance("1", "one"),
        instance("0", "zero")
    );
    let main = r#"resource "aws_iam_role" "keyed" {
  for_each = toset(["a", "b"])
}

resource "aws_iam_role" "counted" {
  count = 2
}

resource "aws_iam_role" "none" {
  count = var.create ? 1 : 0
}

resource "aws_iam_role" "none_keyed" {
  for_each = var.roles
}

resource "aws_sqs_queue" "q" {
  for_each = toset(["a", "b"])
  name     = aws_iam_role.keyed[each.key].arn
  other    = "x-${aws_iam_role.counted[count.index].arn}"
  maybe    = var.create ? aws_iam_role.none[0].arn : var.role
  tried    = try(aws_iam_role.none_keyed["k"].arn, "")
  all      = aws_iam_role.none[*].arn
  made     = length(aws_iam_role.none) > 0
}
"#;
    let state = world::state(&state);
    let source = tree(&[("backend.tf", BACKEND), ("main.tf", main)]);
    let result = retarget(&source, &World::of(PLAN).input("app", Some(&state))).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert_eq!(
        text,
        r#"resource "aws_sqs_queue" "q" {
  for_each = toset(["a", "b"])
  name     = { a = "A", b = "B" }[each.key]
  other    = "x-${["zero", "one"][count.index]}"
  maybe    = var.create ? [][0].arn : var.role
  tried    = try({}["k"].arn, "")
  all      = [][*].arn
  made     = length([]) > 0
}
"#
    );
}

#[test]
fn blocks_of_json_go_as_those_of_hcl_do() {
    let json = r#"{
  "import": [{"to": "aws_sqs_queue.j", "id": "https://sqs.eu-west-1.amazonaws.com/123456789012/j"}],
  "resource": {
    "aws_iam_role": {
      "app": {"name": "app", "assume_role_policy": "{}"}
    },
    "aws_sqs_queue": {
      "j": {
        "name": "j-eu-west-1",
        "policy": "{\"AWS\": \"${aws_iam_role.app.arn}\"}",
        "tags": {"role": "${upper(aws_iam_role.app.id)}", "both": "${aws_iam_role.app.id}-${aws_iam_role.app.arn}"},
        "depends_on": ["aws_iam_role.app", "aws_vpc.main"]
      },
      "k": {"name": "${aws_iam_role.app.secret}", "depends_on": ["aws_iam_role.app"]}
    }
  }
}
"#;
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", json)]));
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf.json")]).into_owned();
    assert_eq!(
        text,
        r#"{
  "resource": {
    "aws_sqs_queue": {
      "j": {
        "name": "j-eu-central-1",
        "policy": "{\"AWS\": \"arn:aws:iam::123456789012:role/app\"}",
        "tags": {"role": "${upper(\"app\")}", "both": "app-arn:aws:iam::123456789012:role/app"},
        "depends_on": ["aws_vpc.main"]
      },
      "k": {"name": "${aws_iam_role.app.secret}"}
    }
  }
}
"#
    );
    assert_eq!(result.globals[0].address, "aws_iam_role.app");
    // A secret is not written into a file.
    let asked: Vec<_> = result.open.iter().map(|open| open.span.start.line).collect();
    assert_eq!(asked, [14], "{:#?}", result.open);
}

#[test]
fn a_file_of_json_that_is_left_without_blocks_is_an_empty_object() {
    let json = "{\n  \"resource\": {\"aws_iam_role\": {\"app\": {}}}\n}\n";
    let result = run(&tree(&[("backend.tf", BACKEND), ("iam.tf.json", json)]));
    assert_eq!(result.files[Path::new("iam.tf.json")], b"{}\n");
    assert!(result.open.is_empty(), "{:#?}", result.open);
}

#[test]
fn a_policy_for_both_regions_that_names_the_primary_alone_is_told() {
    let policy = |arns: &str| format!(r#"{{\"Statement\":[{{\"Effect\":\"Allow\",\"Resource\":[{arns}]}}]}}"#);
    let state = |arns: &str| {
        world::state(&format!(
            r#"[{{"mode": "managed", "type": "aws_iam_role_policy", "name": "app",
                 "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                 "instances": [{{"schema_version": 0, "attributes": {{"id": "app:p", "policy": "{}"}}}}]}}]"#,
            policy(arns)
        ))
    };
    let source = tree(&[("backend.tf", BACKEND), ("main.tf", "resource \"aws_iam_role_policy\" \"app\" {}\n")]);
    let told = |arns: &str| {
        let state = state(arns);
        let result = retarget(&source, &World::of(PLAN).input("app", Some(&state))).unwrap();
        let notes = result.notes.into_iter().filter(|note| note.code == pilotlight_findings::codes::R_GLOBAL_POLICY);
        notes.map(|note| note.message).collect::<Vec<_>>()
    };
    let queue = |region: &str| format!(r#"\"arn:aws:sqs:{region}:123456789012:jobs\""#);
    let alone = told(&format!(r#"{}, \"arn:aws:s3:::pages/*\""#, queue("eu-west-1")));
    assert_eq!(alone.len(), 1, "{alone:?}");
    assert!(alone[0].contains("an object of eu-west-1 and none of eu-central-1"), "{alone:?}");
    for fine in [format!("{}, {}", queue("eu-west-1"), queue("eu-central-1")), queue("*"), queue("us-west-2")] {
        assert_eq!(told(&fine), [""; 0], "{fine}");
    }
    // Another service's ARN in the standby does not make up for it.
    let other = format!(r#"{}, \"arn:aws:kms:eu-central-1:123456789012:key/k\""#, queue("eu-west-1"));
    assert_eq!(told(&other).len(), 1);
}

#[test]
fn a_policy_that_names_a_bucket_of_the_primary_is_told_too() {
    // Nothing in such an ARN tells the region; the primary's state tells whose bucket it is.
    let state = |arns: &str| {
        world::state(&format!(
            r#"[{{"mode": "managed", "type": "aws_iam_role_policy", "name": "app",
                 "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                 "instances": [{{"schema_version": 0, "attributes": {{"id": "app:p",
                   "policy": "{{\"Statement\":[{{\"Effect\":\"Allow\",\"Resource\":[{arns}]}}]}}"}}}}]}},
                {{"mode": "managed", "type": "aws_s3_bucket", "name": "orders",
                 "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                 "instances": [{{"schema_version": 0, "attributes": {{"id": "orders-eu-west-1", "bucket": "orders-eu-west-1"}}}}]}},
                {{"mode": "managed", "type": "aws_s3_bucket", "name": "pages",
                 "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                 "instances": [{{"schema_version": 0, "attributes": {{"id": "pages", "bucket": "pages"}}}}]}}]"#
        ))
    };
    let files = r#"resource "aws_iam_role_policy" "app" {}

resource "aws_s3_bucket" "orders" {
  bucket = "orders-eu-west-1"
}

resource "aws_s3_bucket" "pages" {
  bucket = "pages"
}
"#;
    let source = tree(&[("backend.tf", BACKEND), ("main.tf", files)]);
    let plan = PLAN.replace("[\"aws_route53_record.app\"]", "[\"aws_route53_record.app\", \"aws_s3_bucket.pages\"]");
    assert_ne!(plan, PLAN);
    let told = |arns: &str| {
        let state = state(arns);
        let result = retarget(&source, &World::of(&plan).input("app", Some(&state))).unwrap();
        let notes = result.notes.into_iter().filter(|note| note.code == pilotlight_findings::codes::R_GLOBAL_POLICY);
        notes.map(|note| note.evidence.len()).collect::<Vec<_>>()
    };
    let orders = r#"\"arn:aws:s3:::orders-eu-west-1\", \"arn:aws:s3:::orders-eu-west-1/*\""#;
    assert_eq!(told(orders), [2], "both ARNs of the bucket are named");
    for fine in [
        format!(r#"{orders}, \"arn:aws:s3:::orders-eu-central-1/*\""#),
        r#"\"arn:aws:s3:::orders-*/*\""#.to_owned(),
        // The standby has none, and uses the primary's.
        r#"\"arn:aws:s3:::pages/*\""#.to_owned(),
        r#"\"arn:aws:s3:::somebody-elses/*\""#.to_owned(),
    ] {
        assert_eq!(told(&fine), [0; 0], "{fine}");
    }
}
