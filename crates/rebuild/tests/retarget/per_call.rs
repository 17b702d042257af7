//! Values that hang on the call of a module.

use super::*;

const FN: &str = r#"variable "name" { type = string }

resource "aws_iam_role" "fn" {
  count = var.create_role ? 1 : 0
  name  = var.name
}

resource "aws_iam_policy" "own" {
  name = var.name
}

resource "aws_lambda_function" "this" {
  function_name = "${var.name}-${aws_iam_role.fn[0].name}"
  role          = var.create_role ? aws_iam_role.fn[0].arn : var.role
  policies      = [aws_iam_policy.own.arn]
}

output "role" {
  value = try(aws_iam_role.fn[0].arn, "")
}
"#;

fn role(module: &str, arn: &str) -> String {
    object(module, "aws_iam_role", "fn", "\"index_key\": 0,", arn)
}

fn policy(module: &str, arn: &str) -> String {
    object(module, "aws_iam_policy", "own", "", arn)
}

fn object(module: &str, kind: &str, name: &str, key: &str, arn: &str) -> String {
    let provider = r#""provider": "provider[\"registry.terraform.io/hashicorp/aws\"]""#;
    let module = module.replace('"', "\\\"");
    format!(
        r#"{{"module": "{module}", "mode": "managed", "type": "{kind}", "name": "{name}", {provider},
            "instances": [{{{key} "schema_version": 0, "attributes": {{"name": "n-{arn}", "arn": "{arn}"}}}}]}}"#
    )
}

fn retargeted(files: &[(&str, &str)], objects: &[String]) -> Retargeted {
    let state = world::state(&format!("[{}]", objects.join(",")));
    let files = [&[("backend.tf", BACKEND)], files].concat();
    retarget(&tree(&files), &World::of(PLAN).input("app", Some(&state))).expect("valid HCL")
}

fn text(result: &Retargeted, path: &str) -> String {
    String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned()
}

#[test]
fn each_call_passes_the_value_of_its_own() {
    let main = r#"module "orders" {
  source = "./fn"
  name   = "orders"
}

module "bare" {
  source      = "./fn"
  create_role = false
}

module "many" {
  source   = "./fn"
  for_each = toset(["x", "y z"])
  name     = each.key
}

module "none" { source = "./fn" }
"#;
    let objects = [
        role("module.orders", "r-orders"),
        policy("module.orders", "p"),
        policy("module.bare", "p"),
        role("module.many[\"x\"]", "r-x"),
        policy("module.many[\"x\"]", "p"),
        role("module.many[\"y z\"]", "r-y"),
        policy("module.many[\"y z\"]", "p"),
        role("module.none", "r-none"),
        policy("module.none", "p"),
    ];
    let result = retargeted(&[("main.tf", main), ("fn/main.tf", FN)], &objects);
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert_eq!(
        text(&result, "fn/main.tf"),
        r#"variable "name" { type = string }

resource "aws_lambda_function" "this" {
  function_name = "${var.name}-${var.recorded_aws_iam_role_fn[0].name}"
  role          = var.create_role ? var.recorded_aws_iam_role_fn[0].arn : var.role
  policies      = ["p"]
}

output "role" {
  value = try(var.recorded_aws_iam_role_fn[0].arn, "")
}

variable "recorded_aws_iam_role_fn" {
  description = "aws_iam_role.fn of the primary, which serves both regions"
  type        = any
}
"#
    );
    assert_eq!(
        text(&result, "main.tf"),
        r#"module "orders" {
  source = "./fn"
  name   = "orders"

  recorded_aws_iam_role_fn = [{ arn = "r-orders", name = "n-r-orders" }]
}

module "bare" {
  source      = "./fn"
  create_role = false

  recorded_aws_iam_role_fn = []
}

module "many" {
  source   = "./fn"
  for_each = toset(["x", "y z"])
  name     = each.key

  recorded_aws_iam_role_fn = { "x" = [{ arn = "r-x", name = "n-r-x" }], "y z" = [{ arn = "r-y", name = "n-r-y" }] }[each.key]
}

module "none" {
  recorded_aws_iam_role_fn = [{ arn = "r-none", name = "n-r-none" }]

  source = "./fn"
}
"#
    );
    // What refers to a call's own values needs no decision any more, and a result is its own result.
    let files: Vec<(String, String)> = result
        .files
        .keys()
        .map(|path| (path.display().to_string(), text(&result, &path.display().to_string())))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let state = world::state(&format!("[{}]", objects.join(",")));
    let again = retarget(&tree(&files), &World::of(PLAN).input("app", Some(&state))).expect("valid HCL");
    assert_eq!(again.files, result.files);
}

#[test]
fn calls_within_modules_pass_it_through() {
    let main = r#"module "blue" {
  source = "./service"
}

module "green" {
  source = "./service"
  count  = 2
}
"#;
    let service = r#"module "fn" {
  source = "../fn"
}
"#;
    let objects = [
        role("module.blue.module.fn", "r-blue"),
        role("module.green[0].module.fn", "r-g0"),
        role("module.green[1].module.fn", "r-g1"),
        policy("module.blue.module.fn", "p"),
        policy("module.green[0].module.fn", "p"),
        policy("module.green[1].module.fn", "p"),
    ];
    let result = retargeted(&[("main.tf", main), ("service/main.tf", service), ("fn/main.tf", FN)], &objects);
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert_eq!(
        text(&result, "service/main.tf"),
        r#"module "fn" {
  source = "../fn"

  recorded_aws_iam_role_fn = var.recorded_aws_iam_role_fn_of_fn
}

variable "recorded_aws_iam_role_fn_of_fn" {
  description = "aws_iam_role.fn of the primary, which serves both regions"
  type        = any
}
"#
    );
    assert_eq!(
        text(&result, "main.tf"),
        r#"module "blue" {
  source = "./service"

  recorded_aws_iam_role_fn_of_fn = [{ arn = "r-blue", name = "n-r-blue" }]
}

module "green" {
  source = "./service"
  count  = 2

  recorded_aws_iam_role_fn_of_fn = [[{ arn = "r-g0", name = "n-r-g0" }], [{ arn = "r-g1", name = "n-r-g1" }]][count.index]
}
"#
    );
}

#[test]
fn what_cannot_be_passed_is_asked() {
    let main = "module \"a\" {\n  source = \"./fn\"\n}\nmodule \"b\" {\n  source = \"./fn\"\n}\n";
    let each =
        "resource \"aws_iam_role\" \"fn\" {\n  count = 1\n}\noutput \"all\" {\n  value = aws_iam_role.fn[0]\n}\n";
    let one = "resource \"aws_iam_policy\" \"own\" {}\noutput \"arn\" {\n  value = aws_iam_policy.own.arn\n}\n";
    let named = format!("{FN}\nvariable \"recorded_aws_iam_role_fn\" {{}}\n");
    let roles = [role("module.a", "r-a"), role("module.b", "r-b")];
    for (module, objects, at) in [
        // A whole object has secrets in it, and what the provider changes at will.
        (each, roles.to_vec(), "app/fn/main.tf:5:11"),
        // The call of b was not applied yet.
        (one, vec![policy("module.a", "p")], "app/fn/main.tf:3:11"),
        (named.as_str(), roles.to_vec(), "app/fn/main.tf:13:34"),
    ] {
        let result = retargeted(&[("main.tf", main), ("fn/main.tf", module)], &objects);
        assert_eq!(text(&result, "main.tf"), main);
        assert!(result.open.iter().any(|question| question.span.to_string() == at), "{:#?}", result.open);
    }
    // A call in JSON is given no argument.
    let (hcl, json) = ("module \"a\" {\n  source = \"./fn\"\n}\n", "{\"module\": {\"b\": {\"source\": \"./fn\"}}}\n");
    let files = [("main.tf", hcl), ("more.tf.json", json), ("fn/main.tf", one)];
    let result = retargeted(&files, &[policy("module.a", "p-a"), policy("module.b", "p-b")]);
    assert_eq!(text(&result, "main.tf"), hcl);
    assert_eq!(result.open[0].span.to_string(), "app/fn/main.tf:3:11");
}

#[test]
fn a_file_of_which_nothing_is_left_begins_with_its_variable() {
    let main = "module \"a\" {\n  source = \"./role\"\n}\n\nmodule \"b\" {\n  source = \"./role\"\n}\n";
    let files = [
        ("main.tf", main),
        ("role/main.tf", "# The role.\nresource \"aws_iam_policy\" \"own\" {\n  name = var.name\n}\n"),
        ("role/outputs.tf", "output \"arn\" {\n  value = aws_iam_policy.own.arn\n}\n"),
    ];
    let result = retargeted(&files, &[policy("module.a", "p-a"), policy("module.b", "p-b")]);
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert_eq!(
        text(&result, "role/main.tf"),
        "variable \"recorded_aws_iam_policy_own\" {\n  description = \"aws_iam_policy.own of the primary, which serves \
         both regions\"\n  type        = any\n}\n"
    );
    assert_eq!(
        text(&result, "role/outputs.tf"),
        "output \"arn\" {\n  value = var.recorded_aws_iam_policy_own.arn\n}\n"
    );
}
