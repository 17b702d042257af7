//! The region where it is hard to see: in base64, in patterns, in lists of regions, in what is no text.

use super::*;
use pilotlight_findings::codes;

/// Messages of the notes of a code.
fn told(result: &Retargeted, code: pilotlight_findings::Code) -> Vec<&str> {
    result.notes.iter().filter(|note| note.code == code).map(|note| note.message.as_str()).collect()
}

#[test]
fn a_text_in_base64_is_retargeted_or_asked_for() {
    // "export AWS_REGION=eu-west-1\n", and "subnet-0123456789abcdef0".
    let source = "locals {\n  boot   = \"ZXhwb3J0IEFXU19SRUdJT049ZXUtd2VzdC0xCg==\"\n  subnet = \"c3VibmV0LTAxMjM0NTY3ODlhYmNkZWYw\"\n  packed = \"H4sIAAAAAAAAA0utKMgvKlFwDA+Ody8=\"\n  word   = \"AmazonEC2RoleforAWSCodeDeployX\"\n}\n";
    let (text, result) = one(source);
    // "export AWS_REGION=eu-central-1\n"
    let new = source.replace("049ZXUtd2VzdC0xCg==", "049ZXUtY2VudHJhbC0xCg==");
    assert_eq!(text, new);
    let asked: Vec<_> = result.open.iter().map(|open| (open.span.start.line, open.plan_line.as_deref())).collect();
    assert_eq!(asked, [(3, Some("map = { \"subnet-0123456789abcdef0\" = \"…\" }"))]);
    assert_eq!(told(&result, codes::R_ENCODED).len(), 1, "{:#?}", result.notes);
    // What the map answers is no question.
    let plan = PLAN.replace("\"ami-0aaaaaaaaaaaaaaaa\" =", "\"subnet-0123456789abcdef0\" =");
    let plan = plan.replace("ami-0bbbbbbbbbbbbbbbb", "subnet-0fedcba9876543210");
    let answered = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
    let answered = retarget(&answered, &World::of(&plan).input("app", None)).unwrap();
    assert!(answered.open.is_empty(), "{:#?}", answered.open);
    let text = String::from_utf8_lossy(&answered.files[Path::new("main.tf")]).into_owned();
    // "subnet-0fedcba9876543210"
    assert!(text.contains("\"c3VibmV0LTBmZWRjYmE5ODc2NTQzMjEw\""), "{text}");
}

#[test]
fn lists_and_tables_of_both_regions_stay() {
    let source = r#"variable "region" {
  validation {
    condition     = can(regex("^(us-east-1|eu-west-1|eu-central-1)$", var.region))
    error_message = "No."
  }
}

locals {
  sides  = { from = "eu-west-1", to = "eu-central-1" }
  policy = <<-EOT
    {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"], "Resource": "arn:aws:sqs:eu-west-1:1:q"}
  EOT
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source.replace("arn:aws:sqs:eu-west-1", "arn:aws:sqs:eu-central-1"));
    assert_eq!(told(&result, codes::R_KEPT).len(), 3, "{:#?}", result.notes);
}

#[test]
fn what_stands_under_another_regions_short_name_is_that_regions() {
    let source = r#"locals {
  amis = {
    euw1 = "ami-0aaaaaaaaaaaaaaaa"
    use1 = "ami-0cccccccccccccccc"
  }
}
"#;
    let (text, result) = one(source);
    let new = source.replace("euw1", "euc1").replace("ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb");
    assert_eq!(text, new);
    assert!(result.open.is_empty(), "{:#?}", result.open);
}

#[test]
fn escapes_patterns_parts_and_places_are_told_or_followed() {
    let (text, result) = one(r#"locals {
  query  = "arn%3Aaws%3Asqs%3Aeu-west-1%3A1%3Aq"
  lines  = "regions:\neu-west-1\n"
  price  = "EU (Ireland)"
  letter = "eu\u002dwest-1"
  parts  = join("-", ["eu", "west", "1"])
  form   = format("eu-%s-%d", "west", 1)
  glob   = "arn:aws:logs:eu-*:1:x"
  site   = "dub1"
}
"#);
    assert_eq!(
        text.lines().take(4).collect::<Vec<_>>(),
        [
            "locals {",
            "  query  = \"arn%3Aaws%3Asqs%3Aeu-central-1%3A1%3Aq\"",
            "  lines  = \"regions:\\neu-central-1\\n\"",
            "  price  = \"EU (Frankfurt)\"",
        ]
    );
    let mut told = [lines(&result, codes::R_SPELLING), lines(&result, codes::R_COMPOSED)].concat();
    told.sort_unstable();
    assert_eq!(told, [5, 6, 7, 8, 9], "{:#?}", result.notes);
}

#[test]
fn what_is_no_text_is_told_and_a_table_of_all_regions_stays() {
    let regions = "us-east-1 us-west-2 eu-west-1 eu-central-1 eu-north-1 ap-south-1 sa-east-1\n";
    let wide: Vec<u8> = "r=eu-west-1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let main = "locals {\n  a = file(\"a.txt\")\n  b = filebase64(\"b.gz\")\n  c = file(\"sdk.js\")\n  d = filebase64(\"d.png\")\n}\n";
    let files = [
        ("backend.tf", BACKEND.as_bytes()),
        ("main.tf", main.as_bytes()),
        ("a.txt", wide.as_slice()),
        ("b.gz", &b"\x1f\x8b\x08\x00\xff"[..]),
        ("d.png", &b"\x89PNG\r\n\xff"[..]),
        ("sdk.js", regions.as_bytes()),
    ];
    let files = files.map(|(path, bytes)| (PathBuf::from(path), bytes.to_vec()));
    let result = run(&SourceTree::from_files("app", files).unwrap());
    let kept = told(&result, codes::R_ENCODED);
    assert_eq!(kept.len(), 2, "{kept:#?}");
    assert!(kept[0].contains("it names eu-west-1") && kept[1].contains("it is packed"), "{kept:#?}");
    assert_eq!(result.files[Path::new("sdk.js")], regions.as_bytes());
    assert!(told(&result, codes::R_KEPT)[0].contains("so many regions"));
}

#[test]
fn what_a_template_goes_through_is_read_too() {
    let source = r#"locals {
  zones = <<-EOT
    %{for zone in ["eu-west-1a", "eu-west-1b"]~}
    - ${zone}
    %{endfor~}
    %{if local.home == "eu-west-1"}home%{endif}
  EOT
  roles = "%{for role in [aws_iam_role.app.arn]}${role}%{endfor}"
}
"#;
    let (text, result) = one(source);
    assert!(text.contains(r#"in ["eu-central-1a", "eu-central-1b"]~}"#), "{text}");
    assert!(text.contains(r#"%{if local.home == "eu-central-1"}"#), "{text}");
    // There is no such resource, and a state has its value: what is taken out leaves no reference.
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let source = format!("{source}\nresource \"aws_iam_role\" \"app\" {{\n  name = \"app\"\n}}\n");
    let (text, _) = one(&source);
    assert!(text.contains(r#"%{for role in ["arn:aws:iam::123456789012:role/app"]}"#), "{text}");
}

#[test]
fn the_beginning_of_both_regions_is_no_mention_of_the_primary() {
    let main =
        "locals {\n  eu = startswith(var.region, \"eu-\") ? \"eu\" : \"us\"\n  bucket = \"shop-eu-${var.site}\"\n}\n";
    let (text, result) = one(main);
    assert_eq!(text, main);
    let places: Vec<_> = result
        .notes
        .iter()
        .filter(|note| note.code == pilotlight_findings::codes::R_SPELLING)
        .map(|note| note.subject.to_string())
        .collect();
    assert_eq!(places, ["app/main.tf:3:18"], "{:#?}", result.notes);
}

/// The lines of `main.tf` about which something is asked, each with what its line for the plan names.
fn asked(result: &Retargeted) -> Vec<(usize, String)> {
    let named = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    result
        .open
        .iter()
        .map(|open| (open.span.start.line, open.plan_line.as_deref().map(named).unwrap_or_default()))
        .collect()
}

#[test]
fn ids_are_told_by_their_form_and_by_what_they_are_called() {
    let source = r#"resource "aws_service_discovery_service" "web" {
  namespace_id = "ns-ylexjili4cdxy3xm"
}

resource "aws_servicecatalog_provisioned_product" "web" {
  product_id = "prod-n3frsv3vnznzo"
  path_id    = "lpv3-4kkpabcdfk5om"
}

resource "aws_connect_queue" "web" {
  instance_id           = "aaaaaaaa-bbbb-cccc-dddd-111111111111"
  hours_of_operation_id = "aaaaaaaa-bbbb-cccc-dddd-222222222222"
}

resource "aws_lambda_function" "web" {
  environment {
    variables = {
      CLIENT_ID   = "1h57kf5cpq17m0eml12example"
      KMS_KEY_ID  = "1234abcd-12ab-34cd-56ef-1234567890ab"
      INSTANCE_ID = "aaaaaaaa-bbbb-cccc-dddd-333333333333"
      TENANT_ID   = "aaaaaaaa-bbbb-cccc-dddd-444444444444"
      CONFIG      = "{\"apiId\": \"a1b2c3d4e5\", \"tenantId\": \"aaaaaaaa-bbbb-cccc-dddd-555555555555\"}"
    }
  }
  user_data = <<-EOT
    export APPCONFIG_APPLICATION_ID=68ld9u5
    aws kms decrypt --key-id 1234abcd-12ab-34cd-56ef-1234567890ab
    mount prod-customerapi01 ws-gateway01
  EOT
}

variable "web_acl_id" {
  default = "aaaaaaaa-bbbb-cccc-dddd-666666666666"
}

locals {
  container = [{ name = "WEB_ACL_ID", value = "aaaaaaaa-bbbb-cccc-dddd-666666666666" }, { name = "A", value = "b" }]
}

module "web" {
  source      = "example/web/aws"
  detector_id = "12abc34d567e8fa901bc2d34e56789f0"
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source);
    let uuid = |end: &str| format!("aaaaaaaa-bbbb-cccc-dddd-{end}");
    assert_eq!(
        asked(&result),
        [
            (2, "ns-ylexjili4cdxy3xm".to_owned()),
            (6, "prod-n3frsv3vnznzo".to_owned()),
            (7, "lpv3-4kkpabcdfk5om".to_owned()),
            (11, uuid("111111111111")),
            (12, uuid("222222222222")),
            (18, "1h57kf5cpq17m0eml12example".to_owned()),
            (19, "1234abcd-12ab-34cd-56ef-1234567890ab".to_owned()),
            (22, "a1b2c3d4e5".to_owned()),
            (26, "68ld9u5".to_owned()),
            (27, "1234abcd-12ab-34cd-56ef-1234567890ab".to_owned()),
            (33, uuid("666666666666")),
            (37, uuid("666666666666")),
            (42, "12abc34d567e8fa901bc2d34e56789f0".to_owned()),
        ]
    );
    let json = r#"{"resource": {"aws_connect_queue": {"q": {"instance_id": "aaaaaaaa-bbbb-cccc-dddd-111111111111"}}}, "locals": {"instance_id": "aaaaaaaa-bbbb-cccc-dddd-333333333333", "webAclId": "aaaaaaaa-bbbb-cccc-dddd-666666666666", "env": [{"name": "KMS_KEY_ID", "value": "aaaaaaaa-bbbb-cccc-dddd-777777777777"}]}}"#;
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", json)]));
    assert_eq!(
        asked(&result).into_iter().map(|(_, id)| id).collect::<Vec<_>>(),
        [uuid("111111111111"), uuid("666666666666"), uuid("777777777777")]
    );
}

/// Lines of the notes of a code.
fn lines(result: &Retargeted, code: pilotlight_findings::Code) -> Vec<usize> {
    let lines = result.notes.iter().filter(|note| note.code == code).map(|note| match &note.subject {
        pilotlight_findings::Subject::File { span } => span.start.line,
        _ => 0,
    });
    lines.collect()
}

#[test]
fn public_addresses_are_asked_for_where_they_are_the_primarys_and_listed_once_else() {
    let source = r#"resource "aws_security_group_rule" "in" {
  cidr_blocks      = ["18.202.216.48/29", "34.240.0.7/32", "10.0.0.0/16", "0.0.0.0/0", "203.0.113.7/32"]
  ipv6_cidr_blocks = ["2a05:d018:1c4:b201::/64", "::/0"]
}

locals {
  partner = "52.94.76.10"
  script  = "curl http://34.240.0.7:8080/ # 8.8.8.8"
}
"#;
    let state = r#"[
      {"mode": "managed", "type": "aws_eip", "name": "nat", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
       "instances": [{"index_key": 0, "schema_version": 0, "attributes": {"public_ip": "34.240.0.7"}}]},
      {"mode": "managed", "type": "aws_vpc", "name": "main", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
       "instances": [{"schema_version": 0, "attributes": {"ipv6_cidr_block": "2a05:d018:1c4:b200::/56"}}]}
    ]"#;
    let state = world::state(state);
    let tree = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
    let result = retarget(&tree, &World::of(PLAN).input("app", Some(&state))).unwrap();
    assert_eq!(String::from_utf8_lossy(&result.files[Path::new("main.tf")]), source);
    let asked: Vec<_> = result.open.iter().map(|open| (open.span.start.line, open.what.as_str())).collect();
    assert_eq!(
        asked,
        [
            (2, "34.240.0.7 is written out, and is public_ip of aws_eip.nat[0] in the primary"),
            (3, "2a05:d018:1c4:b201:: is written out, and is ipv6_cidr_block of aws_vpc.main in the primary"),
            (8, "34.240.0.7 is written out, and is public_ip of aws_eip.nat[0] in the primary"),
        ]
    );
    let listed = |result: &Retargeted| -> Vec<String> {
        let notes: Vec<_> = result.notes.iter().filter(|note| note.code == codes::R_PUBLIC_ADDRESSES).collect();
        assert!(notes.len() < 2, "{notes:#?}");
        let facts = notes.iter().flat_map(|note| &note.evidence).map(|evidence| match evidence {
            pilotlight_findings::Evidence::Fact { name, value } => format!("{name} {value}"),
            other => panic!("{other:?}"),
        });
        facts.collect()
    };
    assert_eq!(listed(&result), ["app/main.tf:2 18.202.216.48/29", "app/main.tf:7 52.94.76.10"]);
    // What the plan maps, to another one or to itself, is told no more.
    let map = "map = { \"18.202.216.48/29\" = \"3.120.181.40/29\", \"52.94.76.10\" = \"52.94.76.10\", \"34.240.0.7\" = \"3.64.1.2\", \"2a05:d018:1c4:b201\" = \"2a05:d014:1\",";
    let world = World::of(&PLAN.replace("map     = {", map));
    let result = retarget(&tree, &world.input("app", Some(&state))).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert!(text.contains("[\"3.120.181.40/29\", \"3.64.1.2/32\", \"10.0.0.0/16\""), "{text}");
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert_eq!(listed(&result), [""; 0]);
}

#[test]
fn numbers_that_each_region_counts_are_told() {
    let source = r#"resource "aws_ecs_service" "web" {
  task_definition = "web:12"
}

resource "aws_lambda_alias" "live" {
  function_version = "7"
}

resource "aws_autoscaling_group" "nodes" {
  launch_template {
    id      = aws_launch_template.web.id
    version = "3"
  }
}

resource "aws_mq_broker" "web" {
  engine_version = "5"
  configuration {
    revision = 4
  }
}

resource "aws_cloudwatch_event_target" "web" {
  arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders:7"
  batch_target {
    job_definition = "arn:aws:batch:eu-west-1:123456789012:job-definition/nightly:3"
  }
}

resource "aws_launch_template" "next" {
  instance_type = "t3.micro"
}

resource "aws_ecs_service" "latest" {
  task_definition = aws_ecs_task_definition.web.arn
}

locals {
  env = { TASK_DEFINITION = "web:13", QUALIFIER = "live", PORT = "web:8080" }
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source.replace("eu-west-1", "eu-central-1"));
    let mut lines = lines(&result, codes::R_COUNTED);
    lines.sort_unstable();
    assert_eq!(lines, [2, 6, 12, 19, 24, 26, 39], "{:#?}", result.notes);
    let world = World::of(&PLAN.replace("map     = {", "map = { \"web:12\" = \"web:2\", \"orders:7\" = \"orders:1\","));
    let result = retarget(&tree(&[("backend.tf", BACKEND), ("main.tf", source)]), &world.input("app", None)).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert!(text.contains("\"web:2\"") && text.contains("function:orders:1\""), "{text}");
    assert_eq!(self::lines(&result, codes::R_COUNTED).len(), 5, "{:#?}", result.notes);
}

#[test]
fn percent_encoding_is_read_and_written_again() {
    let source = r#"locals {
  console = "https://x.test/?region=eu%2Dwest%2D1&zone=eu%2dwest%2d1a"
  key     = "https://x.test/?arn=arn%3Aaws%3Akms%3Aeu%2Dwest%2D1%3A1%3Akey%2F1234abcd-12ab-34cd-56ef-1234567890ab"
  queue   = "https://x.test/?arn=arn%3Aaws%3Asqs%3Aeu-west-1%3A1%3Aq"
  format  = "100%dwest%1"
}
"#;
    let (text, result) = one(source);
    let new = source
        .replace("eu%2Dwest%2D1&", "eu%2Dcentral%2D1&")
        .replace("eu%2dwest%2d1a", "eu%2dcentral%2d1a")
        .replace("eu-west-1%3A1%3Aq", "eu-central-1%3A1%3Aq");
    assert_eq!(text, new);
    assert_eq!(
        asked(&result),
        [(3, "arn%3Aaws%3Akms%3Aeu%2Dwest%2D1%3A1%3Akey%2F1234abcd-12ab-34cd-56ef-1234567890ab".to_owned())]
    );
}

#[test]
fn what_functions_put_together_is_told_and_what_follows_is_not() {
    let source = r#"locals {
  area    = "eu"
  way     = "west"
  region  = "${local.area}-${local.way}-1"
  again   = "logs-${local.region}"
  format  = format("%s-%s-%s", "eu", "west", "1")
  join    = join("-", concat(["eu"], ["west", "1"]))
  slashes = replace("eu/west/1", "/", "-")
  back    = strrev("1-tsew-ue")
  single  = "${"eu"}-west-1"
  queue   = jsonencode({ arn = "arn:aws:sqs:${join("-", [local.area, "west", 1])}:1:q" })
  zone    = "${local.area}-${var.way}-1a"
  subnet  = format("subnet-%s", "0123456789abcdef0")
  key     = "arn:aws:kms:${local.fine}:1:key/${local.id}"
  id      = "1234abcd-12ab-34cd-56ef-1234567890ab"
  fine    = lower("EU-WEST-1")
  follows = replace("eu_west_1", "_", "-")
  named   = format("%s-logs", "eu-west-1")
  other   = format("%s-%s-%s", "eu", "north", "1")
  unknown = "${local.area}-${var.name}-1"
  vpc     = join(",", ["vpc-0123456789abcdef0"])
}

variable "way" {
  default = "west"
}

variable "name" {}
"#;
    let (text, result) = one(source);
    let new = source
        .replace("lower(\"EU-WEST-1\")", "lower(\"EU-CENTRAL-1\")")
        .replace("\"eu_west_1\"", "\"eu_central_1\"")
        .replace("\"%s-logs\", \"eu-west-1\"", "\"%s-logs\", \"eu-central-1\"");
    assert_eq!(text, new);
    let mut told: Vec<_> = result
        .notes
        .iter()
        .filter(|note| note.code == codes::R_COMPOSED)
        .map(|note| match &note.subject {
            pilotlight_findings::Subject::File { span } => {
                let (before, _) = note.message.split_once(" here").unwrap();
                (span.start.line, before.to_owned())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    told.sort_unstable();
    let expected = [
        (4, "a template makes eu-west-1"),
        (6, "format() makes eu-west-1"),
        (7, "join() makes eu-west-1"),
        (8, "replace() makes eu-west-1"),
        (9, "strrev() makes eu-west-1"),
        (10, "a template makes eu-west-1"),
        (11, "a template makes eu-west-1"),
        (12, "a template makes eu-west-1a"),
        (13, "format() makes subnet-0123456789abcdef0"),
        (14, "a template makes arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ];
    assert_eq!(told, expected.map(|(line, what)| (line, what.to_owned())));
    // The same is not said twice.
    assert_eq!(lines(&result, codes::R_SPELLING), [0; 0], "{:#?}", result.notes);
    assert_eq!(asked(&result), [(21, "vpc-0123456789abcdef0".to_owned())]);
}
