//! Values: types, expressions, secrets.

use crate::after_head;

#[test]
fn what_checks_ask_for() {
    let text = r#"check "http" "a" { url = "app.shop.test" }
check "http" "b" { url = "http:///x" }
check "tcp" "c" { address = "a" }
check "tcp" "d" { address = stack.app.output.ips[0] }
check "dns" "e" {
  name = "a b"
  type = "MX"
}
check "command" "f" { run = [] }"#;
    let expected = r#"9:26 PL-P104 use "app.shop.test" for the attribute "url": it begins neither with http:// nor with https:// | write it as in http://app.shop.test/health
10:26 PL-P104 use "http:///x" for the attribute "url": it names no host | write it as in http://app.shop.test/health
11:29 PL-P104 use "a" for the attribute "address": it is no host and port | write it as in orders.shop.test:5432
14:10 PL-P104 use "a b" for the attribute "name": DNS names have letters, digits, - and _, with dots between | write it as in app.shop.test
15:10 PL-P104 use "MX" for the attribute "type": it is none of A, AAAA, CNAME | write "A", "AAAA" or "CNAME"
17:29 PL-P104 use [] for the attribute "run": it names no program | name the program first, as in ["./scripts/smoke-test.sh", "--fast"]"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn what_checks_expect() {
    let text = r#"check "http" "x" {
  url     = env("NOPE")
  expect  = { stauts = 200, body = 5 }
  when    = ["befor"]
  side    = "both"
  timeout = "15 minutes"
}
check "http" "y" {
  url    = "http://a/"
  expect = { status = 700 }
  when   = []
}
check "http" "z" {
  url    = "http://a/"
  expect = 200
}"#;
    let expected = r#"11:15 PL-P102 find the attribute "stauts": expect has none of that name | did you mean "status"?
11:36 PL-P104 read the attribute "body" as a text: it is a number | write body = "\"ready\":true"
12:14 PL-P104 use "befor" for the attribute "when": it is none of before, after | did you mean "before"?
13:13 PL-P104 use "both" for the attribute "side": it is none of active, target, primary, standby | write "active", "target", "primary" or "standby"
14:13 PL-P109 read "15 minutes" as a duration for the attribute "timeout": the units are d, h, m and s | write it as in 90s, 15m or 1h30m
18:23 PL-P104 use 700 for the attribute "status": it is no whole number from 100 to 599 | write it as in status = 200
19:12 PL-P104 use [] for the attribute "when": the check would never run | write ["before", "after"], or remove the check
23:12 PL-P104 read the attribute "expect" as a map with status, body: it is a number | write expect = { status = 200 }"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn secrets_in_clear() {
    let text = r#"check "http" "x" {
  url      = "http://u:hunter2@a/"
  headers  = { Authorization = "Bearer abc", X-Api-Key = "0123" }
  password = "hunter2"
}
step "command" "y" {
  phase = "freeze"
  run   = ["a.sh", "--token=abc", "postgres://u:hunter2@db"]
}"#;
    let expected = r#"10:14 PL-P110 take the password in a URL from the plan: a secret must not be written there | write env("NAME") in its place, set that variable where pilotlight runs, and change the secret if the file was shared
11:32 PL-P110 take the value of "Authorization" from the plan: a secret must not be written there | write env("NAME") in its place, set that variable where pilotlight runs, and change the secret if the file was shared
11:58 PL-P110 take the value of "X-Api-Key" from the plan: a secret must not be written there | write env("NAME") in its place, set that variable where pilotlight runs, and change the secret if the file was shared
12:3 PL-P102 find the attribute "password": a check "http" block has none of that name | the names here are url, expect, headers, when, side, timeout
12:14 PL-P110 take the value of "password" from the plan: a secret must not be written there | write env("NAME") in its place, set that variable where pilotlight runs, and change the secret if the file was shared
16:20 PL-P110 take the secret in an argument from the plan: a secret must not be written there | write env("NAME") in its place, set that variable where pilotlight runs, and change the secret if the file was shared
16:35 PL-P110 take the password in a URL from the plan: a secret must not be written there | write env("NAME") in its place, set that variable where pilotlight runs, and change the secret if the file was shared"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn names() {
    let text = r#"approval "i c" { before = "switch" }
approval "ic" { before = "switch" }
approval "ic" { before = "verify" }
stack "app" {
  source = "b"
  state  = "b.tfstate"
}"#;
    let expected = r#"9:10 PL-P104 use "i c" as a name: it has characters other than letters, digits, - and _ | take letters, digits, - and _, with a letter first, as in order-api
11:10 PL-P105 use the name of an approval "ic" twice: line 10 has it already | give each its own, or remove one of them
12:7 PL-P105 use the name of a stack "app" twice: line 5 has it already | give each its own, or remove one of them"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn types() {
    let text = r#"stack "b" {
  source     = "b"
  state      = "gs://x/y"
  tier       = "one"
  depends_on = "app"
}
stack "c" {
  source = null
  state  = ["c"]
  tier   = 1.5
}
stack "d" {}"#;
    let expected = r#"11:16 PL-P104 use "gs://x/y" for the attribute "state": the schemes are s3://, https://, http://, pull: and file: | write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate
12:16 PL-P104 read the attribute "tier" as a whole number: it is a text | write tier = 1
13:16 PL-P104 read the attribute "depends_on" as a list of texts: it is a text | write depends_on = ["network"]
16:12 PL-P104 read the attribute "source" as a text: it is null | write source = "../infra/shop/app"
17:12 PL-P104 read the attribute "state" as a text: it is a list | write state = "s3://shop-tfstate/app.tfstate"
18:12 PL-P104 use 1.5 for the attribute "tier": it is no whole number from 0 to 1000 | write it as in tier = 1
20:1 PL-P103 find the attribute "source" in stack "d" | write source = "../infra/shop/app"
20:1 PL-P103 find the attribute "state" in stack "d" | write state = "s3://shop-tfstate/app.tfstate""#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn expressions_that_a_plan_cannot_hold() {
    let text = r#"stack "b" {
  source     = b
  state      = upper("x")
  tier       = 1 + 1
  depends_on = [for x in [] : x]
}
stack "c" {
  source = "c-${stack.app.output.x}"
  state  = var.sizes
  tier   = true ? 1 : 2
}
stack "d" {
  source = vars.size
  state  = "d-${var.zones}"
  tier   = var.zones[2]
}
stack "e" {
  source = stack.app.public_ips
  state  = env("A", "B")
  tier   = stack.app.output.x[*]
}"#;
    let expected = r#"10:16 PL-P114 evaluate the word b: it has no value by itself | texts stand in double quotes: write "b"
11:16 PL-P102 find the function "upper": the plan language has none of that name | the names here are env
12:16 PL-P114 evaluate an operation: it is no part of the plan language | a plan holds literals, lists, maps, env("NAME"), var.x, region.primary, region.standby and stack.<name>.output.<name>; compute it in Terraform and name the output
13:16 PL-P114 evaluate a for expression: it is no part of the plan language | a plan holds literals, lists, maps, env("NAME"), var.x, region.primary, region.standby and stack.<name>.output.<name>; compute it in Terraform and name the output
16:12 PL-P114 evaluate the attribute "source": stack.app.output.x is not known before a state has been read, and this has to be | write the value itself, or take it from var or env
17:12 PL-P112 find a value for var.sizes | did you mean var.size? Otherwise give it with --var sizes=VALUE
18:12 PL-P114 evaluate a conditional: it is no part of the plan language | a plan holds literals, lists, maps, env("NAME"), var.x, region.primary, region.standby and stack.<name>.output.<name>; compute it in Terraform and name the output
21:12 PL-P102 find the reference "vars": the plan language has none of that name | did you mean "var"?
22:12 PL-P114 evaluate a part of a text: it is a list | take one element of it, as in [0] or ["key"]
23:12 PL-P114 evaluate var.zones: [2] is not in it: it is a list | correct the path, or the value that is given with --var zones=VALUE
26:12 PL-P114 evaluate the reference stack.app.public_ips: it has another shape | write it as in stack.app.output.public_ips
27:12 PL-P114 evaluate env: it takes the name of one variable, as a literal | write it as in env("ORDERS_URL")
28:12 PL-P114 evaluate a splat expression: it is no part of the plan language | a plan holds literals, lists, maps, env("NAME"), var.x, region.primary, region.standby and stack.<name>.output.<name>; compute it in Terraform and name the output"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_map_names_something() {
    let text = r#"stack "b" {
  source = "b"
  state  = "b.tfstate"
  standby {
    map = { "" = "x", "a" = "b" }
  }
}"#;
    let expected = r#"13:11 PL-P104 use "" for the attribute "map": an empty text names nothing of the source | write what stands in the source, as in map = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn what_is_written_into_terraform_takes_literals() {
    let text = r#"stack "b" {
  source = "b"
  state  = "b.tfstate"
  standby {
    backend = { bucket = stack.app.output.bucket }
    map     = { a = 1 }
    exclude = ["aws_route53_record"]
    set "x" { a = 1 }
    set "aws_a.b" { a = env("ORDERS_URL") }
    set "aws_a.b" { a = 1 }
    set "aws_a.c" {}
    set "aws_a.d" { master_password = "hunter2" }
  }
}"#;
    let expected = r#"13:26 PL-P114 evaluate the attribute "backend": stack.app.output.bucket is not known before a state has been read, and this has to be | write the value itself, or take it from var or env
14:21 PL-P104 read the attribute "map" as a map of texts: it is a number | write map = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
15:16 PL-P104 use "aws_route53_record" for the attribute "exclude": an address has a type and a name with a dot between | write it as Terraform does, as in aws_route53_record.app
16:9 PL-P104 use "x" for the address of a set block: an address has a type and a name with a dot between | write it as Terraform does, as in aws_autoscaling_group.web
17:25 PL-P114 evaluate the attribute "a": env is not taken here, as the value would be written into Terraform's files | use a Terraform variable, and set it with TF_VAR_name where pilotlight runs
18:9 PL-P105 use the set block of "aws_a.b" twice: line 17 has it already | give each its own, or remove one of them
19:5 PL-P103 find an attribute in set "aws_a.c" | write desired_capacity = 1, or what else the standby has otherwise
20:39 PL-P110 take the value of "master_password" from the plan: a secret must not be written there | leave it out, use a Terraform variable, and set it with TF_VAR_name where pilotlight runs"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn what_came_from_the_environment_is_not_shown() {
    let text = r#"check "http" "x" { url = env("ORDERS_URL") }
stack "b" {
  source = "b"
  state  = env("ORDERS_URL")
}
check "http" "y" {
  url     = "http://a/"
  timeout = env("ORDERS_URL")
}"#;
    let expected = r#"9:26 PL-P104 use (sensitive value) for the attribute "url": it begins neither with http:// nor with https:// | write it as in http://app.shop.test/health
12:12 PL-P104 use (sensitive value) for the attribute "state": the schemes are s3://, https://, http://, pull: and file: | write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate
16:13 PL-P109 read "(sensitive value)" as a duration for the attribute "timeout": a number is wanted before each unit | write it as in 90s, 15m or 1h30m"#;
    assert_eq!(after_head(text), expected);
}
