//! What the plan leaves out, dependencies and variable files.

use super::*;

fn excluding(exclude: &str) -> World {
    World::of(&PLAN.replace("exclude = [\"aws_route53_record.app\"]", &format!("exclude = [{exclude}]")))
}

#[test]
fn an_exclude_that_is_not_found_is_an_error() {
    use pilotlight_findings::{Severity, codes};
    let main = "resource \"aws_sqs_queue\" \"q\" {\n  for_each = toset([\"a\"])\n}\n";
    let world =
        excluding("\"aws_sqs_queue.q[\\\"a\\\"]\", \"aws_sqs_queue.none\", \"module.none\", \"aws_sqs_queue.q\"");
    let result = retarget(&tree(&[("backend.tf", BACKEND), ("main.tf", main)]), &world.input("app", None)).unwrap();
    let notes: Vec<_> = result
        .notes
        .iter()
        .filter(|note| note.code == codes::R_OPTION_UNUSED && note.message.starts_with("exclude"))
        .map(|note| (note.severity, note.message.as_str()))
        .collect();
    assert_eq!(
        notes,
        [
            (
                Severity::Error,
                "exclude names aws_sqs_queue.q[\"a\"], and only a whole resource or module can be left out: write it without key"
            ),
            (Severity::Error, "exclude names aws_sqs_queue.none, which the source does not have"),
            (Severity::Error, "exclude names module.none, which the source does not have"),
        ]
    );
}

#[test]
fn a_module_is_left_out_with_all_that_is_in_it() {
    let main = r#"module "keep" {
  source = "./keep"
}

# The reports.
module "reports" {
  source = "./reports"
}

resource "aws_vpc" "a" {
  depends_on = [module.reports, module.keep]
}

output "url" {
  value = module.reports.url
}
"#;
    let source = tree(&[
        ("backend.tf", BACKEND),
        ("main.tf", main),
        ("keep/main.tf", "locals {\n  r = \"eu-west-1\"\n}\n"),
        (
            "reports/main.tf",
            "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"reports\"\n}\nlocals {\n  i = \"subnet-12345678\"\n}\n",
        ),
    ]);
    let result = retarget(&source, &excluding("\"module.reports\"").input("app", None)).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert_eq!(
        text,
        main.replace("# The reports.\nmodule \"reports\" {\n  source = \"./reports\"\n}\n\n", "")
            .replace("module.reports, ", "")
    );
    assert_eq!(result.files[Path::new("keep/main.tf")], b"locals {\n  r = \"eu-central-1\"\n}\n");
    let asked: Vec<_> = result.open.iter().map(|question| question.span.to_string()).collect();
    assert_eq!(asked, ["app/main.tf:15:11"], "{:#?}", result.open);
    assert!(result.open[0].needs.starts_with("take the address out of exclude"));
    let globals = &result.globals;
    assert!(globals.len() == 1 && globals[0].rule == Rule::Exclude);
    assert!(
        globals[0].covers("module.reports.aws_s3_bucket.b") && !globals[0].covers("module.reports2.aws_s3_bucket.b")
    );
}

#[test]
fn a_dependency_goes_and_its_list_keeps_its_shape() {
    for (list, left) in [
        ("[aws_iam_role.app, aws_vpc.a]", "[aws_vpc.a]"),
        ("[aws_vpc.a, aws_iam_role.app]", "[aws_vpc.a]"),
        ("[aws_vpc.a, aws_iam_role.app, aws_iam_role.many]", "[aws_vpc.a]"),
        ("[aws_vpc.a, aws_iam_role.app, aws_vpc.b]", "[aws_vpc.a, aws_vpc.b]"),
        (
            "[\n    # the role\n    aws_iam_role.app,\n    aws_vpc.a, # first\n    aws_vpc.b, # second\n  ]",
            "[\n    # the role\n    aws_vpc.a, # first\n    aws_vpc.b, # second\n  ]",
        ),
        ("[\n    aws_vpc.a, # first\n    aws_iam_role.app\n  ]", "[\n    aws_vpc.a, # first\n  ]"),
        ("[\n    aws_iam_role.app, # why\n    aws_vpc.a\n  ]", "[\n    # why\n    aws_vpc.a\n  ]"),
    ] {
        let source = |list: &str| format!("resource \"aws_vpc\" \"c\" {{\n  depends_on = {list}\n}}\n");
        let roles = "resource \"aws_iam_role\" \"app\" {}\nresource \"aws_iam_role\" \"many\" {}\n";
        let (text, _) = one(&format!("{roles}{}", source(list)));
        assert_eq!(text, source(left), "{list}");
    }
}

#[test]
fn variable_files_that_terraform_does_not_load_are_told() {
    let files = [
        ("backend.tf", BACKEND),
        ("main.tf", "variable \"size\" {}\nvariable \"zone\" {\n  default = \"x\"\n}\nvariable \"set\" {}\n"),
        ("terraform.tfvars", "set = 1\n"),
        ("prod.tfvars", "size = \"eu-west-1\"\nset  = 2\n"),
        ("env/dev.tfvars.json", "{\"zone\": \"eu-west-1a\"}"),
        ("more.auto.tfvars", ""),
        ("other.tfvars", "set = 3\n"),
    ];
    let told = |files: &[(&str, &str)]| -> Vec<String> {
        let notes = run(&tree(files)).notes;
        let told = notes.into_iter().filter(|note| note.code == pilotlight_findings::codes::R_VARIABLE_FILE);
        told.map(|note| note.message).collect()
    };
    assert_eq!(
        told(&files),
        [
            "Terraform does not load app/env/dev.tfvars.json by itself, and without it the standby would have the defaults of zone: rename it to dev.auto.tfvars.json in the root, or set TF_CLI_ARGS_plan=-var-file=env/dev.tfvars.json for the rebuild",
            "Terraform does not load app/prod.tfvars by itself, and without it Terraform cannot plan the standby without a value for size: rename it to prod.auto.tfvars in the root, or set TF_CLI_ARGS_plan=-var-file=prod.tfvars for the rebuild",
        ]
    );
    let mut set = files;
    set[5].1 = "size = 1\nzone = 2\n";
    assert!(told(&set).is_empty());
    // A team's file may set fifty.
    let names = ["a", "b", "c", "d", "e"];
    let main: String = names.iter().map(|name| format!("variable \"{name}\" {{}}\n")).collect();
    let vars: String = names.iter().map(|name| format!("{name} = 1\n")).collect();
    let many = told(&[("backend.tf", BACKEND), ("main.tf", &main), ("prod.tfvars", &vars)]);
    assert!(many[0].contains("without a value for a, b, c and 2 more: rename"), "{many:?}");
}

#[test]
fn an_attribute_of_a_copy_that_only_the_copy_has_is_asked() {
    let source = r#"resource "aws_dynamodb_table" "orders" {
  name           = "orders"
  stream_enabled = true
  replica {
    region_name = "eu-central-1"
  }
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn = aws_dynamodb_table.orders.stream_arn
  function_name    = "${aws_dynamodb_table.orders.name}-worker"
  queues           = [aws_dynamodb_table.orders.arn]
}
"#;
    let stream = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2024-01-01T00:00:00.000";
    let recorded = format!(
        r#"[{{"mode": "managed", "type": "aws_dynamodb_table", "name": "orders", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{{"schema_version": 1, "attributes": {{"name": "orders", "arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "stream_arn": "{stream}"}}}}]}}]"#
    );
    let from = |options: &str| {
        let plan = format!(
            "plan \"t\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n}}\n\
             stack \"app\" {{\n  source = \"../app\"\n  state  = \"file:app.tfstate\"\n  standby {{\n    exclude = [\"aws_dynamodb_table.orders\"]\n    {options}\n  }}\n}}\n"
        );
        let result = retarget(
            &tree(&[("main.tf", source)]),
            &World::of(&plan).input("app", Some(&crate::world::state(&recorded))),
        )
        .expect("valid HCL");
        let asked: Vec<_> = result.open.iter().map(|open| (open.span.start.line, open.plan_line.clone())).collect();
        (String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned(), asked)
    };
    let (_, asked) = from("");
    assert_eq!(asked, [(10, Some(format!("map = {{ \"{stream}\" = \"…\" }}")))]);
    let own = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2025-02-02T00:00:00.000";
    let (text, asked) = from(&format!("map = {{ \"{stream}\" = \"{own}\" }}"));
    assert_eq!(asked, []);
    assert!(text.contains(&format!("event_source_arn = \"{own}\"")), "{text}");
    assert!(text.contains("[\"arn:aws:dynamodb:eu-central-1:123456789012:table/orders\"]"), "{text}");
    assert!(text.contains("\"orders-worker\""), "{text}");
}
