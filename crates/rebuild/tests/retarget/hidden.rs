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
    let lines = result.notes.iter().filter(|note| note.code == codes::R_SPELLING).map(|note| match &note.subject {
        pilotlight_findings::Subject::File { span } => span.start.line,
        _ => 0,
    });
    let mut lines: Vec<usize> = lines.collect();
    lines.sort_unstable();
    assert_eq!(lines, [5, 6, 7, 8, 9], "{:#?}", result.notes);
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
