//! Blocks: what belongs where, names, stacks, records, phases.

use crate::{after_head, told};

#[test]
fn an_unknown_block_is_told_with_the_nearest_name() {
    let text = r#"stak "x" {}"#;
    let expected =
        r#"9:1 PL-P102 find the block "stak": the plan language has none of that name | did you mean "stack"?"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn blocks_of_other_versions_are_unknown() {
    let text = r#"runbook "orders" {}
schedule {
  drift = "*/30 * * * *"
}"#;
    let expected = r#"9:1 PL-P102 find the block "runbook": the plan language has none of that name | the names here are plan, stack, traffic, scale, database, check, observe, step, approval, drift
10:1 PL-P102 find the block "schedule": the plan language has none of that name | the names here are plan, stack, traffic, scale, database, check, observe, step, approval, drift"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn attributes_and_blocks_of_a_set_are_told_apart() {
    let text = r#"stack "b" {
  source  = "b"
  state   = "b.tfstate"
  standby = {}
  exclude = ["a.b"]
}
check "http" "x" {
  url = "http://a/"
  expect {
    status = 200
  }
}
journal = ["file:x"]"#;
    let expected = r#"12:3 PL-P104 read "standby" as a block: it is an attribute | write standby { ... }
13:3 PL-P102 use "exclude" in a stack block: it belongs in its standby block | move it into its standby block
17:3 PL-P104 read "expect" as an attribute: it is a block | write expect = { status = 200 }
21:1 PL-P102 use "journal" at the top of a plan: it belongs in a plan block | move it into a plan block"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn methods_stacks_and_durations_of_traffic() {
    let text = r#"traffic "t" {
  zone   = "shop.test"
  method = "wieghted"
  shfit  = [10]
  record "app.shop.test" "A" {
    primary = stack.app.output.a
    standby = stack.ap.output.a
    ttl     = 30
  }
}"#;
    let expected = r#"11:12 PL-P104 use "wieghted" for the attribute "method": it is none of record, weighted, signal | did you mean "weighted"?
12:3 PL-P102 find the attribute "shfit": a traffic block has none of that name | did you mean "shift"?
15:15 PL-P106 find stack "ap", which an expression names | did you mean "app"?
16:15 PL-P104 read the attribute "ttl" as a duration: it is a number without a unit | write ttl = "30s" for seconds"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn records_that_cannot_be_moved() {
    let text = r#"traffic "t" {
  zone = "shop.test"
  record "shop.test" "NS" {
    primary = "a"
    standby = "b"
  }
  record "x.other.test" "A" {
    primary = "192.0.2.1"
    standby = "192.0.2"
  }
  record "app" "A" {
    primary = []
    standby = "192.0.2.1"
  }
  record "shop.test" "CNAME" {
    primary = "a.test"
    standby = "b.test"
    ttl     = "3000000000s"
  }
  record "mail.shop.test" "MX" {
    primary = "a"
    standby = "b"
  }
  record "same.shop.test" "AAAA" {
    primary = "2001:db8::1"
    standby = ["2001:DB8::1"]
  }
}"#;
    let expected = r#"11:3 PL-P113 move the record shop.test NS: the NS and SOA records at the top of a zone are the zone itself | leave it out; move the A, AAAA or CNAME records that users ask for
15:3 PL-P113 move the record x.other.test A: it is not inside the zone shop.test | correct the name, or give the record its own zone
17:15 PL-P104 use "192.0.2" for the attribute "standby": it is no IPv4 address | write IPv4 addresses, as in ["192.0.2.10"], or name an output
19:3 PL-P113 move the record app A: it is not inside the zone shop.test | did you mean "app.shop.test"?
20:15 PL-P104 use [] for the attribute "primary": a record without an answer would take the service down | write IPv4 addresses, as in ["192.0.2.10"], or name an output
23:3 PL-P113 move the record shop.test CNAME: a CNAME cannot stand at the top of a zone | use A or AAAA there
26:15 PL-P104 use "3000000000s" for the attribute "ttl": it is longer than 2147483647s | write "2147483647s" or less
28:3 PL-P113 move the record mail.shop.test MX: traffic sets move A, AAAA and CNAME records | leave it out; move the A, AAAA or CNAME records that users ask for
32:3 PL-P104 use these answers for the attribute "standby": the primary has the same, so that nothing would move | write what the standby answers with"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_record_is_in_one_traffic_set_and_a_cname_stands_alone() {
    let text = r#"traffic "t" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = "192.0.2.1"
    standby = "192.0.2.2"
  }
}
traffic "u" {
  zone = "shop.test."
  record "App.shop.test." "A" {
    primary = "192.0.2.1"
    standby = "192.0.2.2"
  }
  record "app.shop.test" "CNAME" {
    primary = ["a.test", "b.test"]
    standby = "b.test"
  }
}"#;
    let expected = r#"18:3 PL-P105 use the record app.shop.test A twice: line 11 has it already | give each its own, or remove one of them
22:3 PL-P113 move the record app.shop.test CNAME: a CNAME has no other record of its name beside it, and line 11 has one | keep the CNAME, or the others
23:15 PL-P104 use ["a.test", "b.test"] for the attribute "primary": a CNAME has exactly one target | write one host name, as in "lb.example.com", or name an output"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_traffic_set_has_records() {
    let text = r#"traffic "t" { zone = "shop.test" }"#;
    let expected = r#"9:1 PL-P103 find the block "record" in traffic "t" | write record "name" "type" { primary = stack.app.output.public_ips }"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn kinds_of_checks_and_steps() {
    let text = r#"check "htp" "x" { url = "http://a/" }
step "shell" "x" {}
check "tcp" { address = "a:1" }"#;
    let expected = r#"9:7 PL-P102 find the kind "htp": a check block has none of that name | did you mean "http"?
10:6 PL-P102 find the kind "shell": a step block has none of that name | the names here are command
11:1 PL-P104 read the labels of a check block: it has 1, and 2 are wanted | write check "tcp" "name" { ... }"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn steps_and_approvals() {
    let text = r#"step "command" "x" {
  phase = "freez"
  run   = []
  undo  = [""]
}
step "command" "y" {
  run = "a.sh"
}
approval "ic" { before = "cutover" }"#;
    let expected = r#"10:11 PL-P104 use "freez" for the attribute "phase": it is none of preflight, freeze, fence, promote, scale, switch, verify, observe, finish | did you mean "freeze"?
11:11 PL-P104 use [] for the attribute "run": it names no program | name the program first, as in ["./scripts/smoke-test.sh", "--fast"]
12:12 PL-P104 use "" for the attribute "undo": the program's name is empty | name the program first, as in ["./scripts/smoke-test.sh", "--fast"]
14:1 PL-P103 find the attribute "phase" in step "y" | write phase = "freeze"
15:9 PL-P104 read the attribute "run" as a list of values: it is a text | write run = ["./scripts/pause-batch.sh"]
17:26 PL-P104 use "cutover" for the attribute "before": it is none of preflight, freeze, fence, promote, scale, switch, verify, observe, finish | write "preflight", "freeze", "fence", "promote", "scale", "switch", "verify", "observe" or "finish""#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn a_circle_of_stacks_is_named() {
    let text = r#"stack "b" {
  source     = "b"
  state      = "b.tfstate"
  depends_on = ["c"]
}
stack "c" {
  source     = "c"
  state      = "c.tfstate"
  depends_on = ["d", "app"]
}
stack "d" {
  source     = "d"
  state      = "d.tfstate"
  depends_on = ["b"]
}
stack "e" {
  source     = "e"
  state      = "e.tfstate"
  depends_on = ["e"]
}"#;
    let expected = r#"9:1 PL-P107 put the stacks in order: b -> c -> d -> b depend on one another in a circle | remove one of these dependencies, or move what both need into a stack of its own
24:1 PL-P107 put the stacks in order: "e" depends on itself | remove one of these dependencies, or move what both need into a stack of its own"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn stacks_that_are_not_there_and_tiers_that_are_too_late() {
    let text = r#"stack "late" {
  source = "late"
  state  = "late.tfstate"
  tier   = 2
}
stack "b" {
  source     = "b"
  state      = "b.tfstate"
  depends_on = ["nework", "lat", "late", "late"]
}"#;
    let expected = r#"14:1 PL-P107 put the stacks in order: "b" of tier 0 depends on "late" of the later tier 2 | lower tiers recover first: give the dependency the same tier or a lower one
17:17 PL-P106 find stack "nework", which the depends_on of stack "b" names | the names here are app, late, b
17:27 PL-P106 find stack "lat", which the depends_on of stack "b" names | did you mean "late"?
17:42 PL-P104 use "late" for the attribute "depends_on": it is in the list already | name each stack once"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn places_where_no_state_can_be_and_roles_that_are_none() {
    let text = r#"stack "b" {
  source = "b"
  state  = "s3://bucket/b?worksapce=prod"
  role   = "drift-reader"
}
stack "c" {
  source = "c"
  state  = "s3://bucket/c?workspace=prod&workspace_key_prefix=teams"
}
stack "d" {
  source = "d"
  state  = "s3://bucket/teams/prod/c?region=eu-west-1"
}
stack "e" {
  source = "e"
  state  = "-"
}
stack "f" {
  source = "f"
  state  = "pull:"
}"#;
    let expected = r#"11:12 PL-P104 use "s3://bucket/b?worksapce=prod" for the attribute "state": its parameters are workspace, workspace_key_prefix, region and dynamodb_table | write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate
12:12 PL-P104 use "drift-reader" for the attribute "role": it is no ARN | write it as in arn:aws:iam::123456789012:role/drift-reader
18:1 PL-P105 use the state s3://bucket/teams/prod/c?region=eu-west-1 twice: the primary of stack "c" has it already | give each its own, or remove one of them
24:12 PL-P104 use "-" for the attribute "state": standard input is for drift --state alone | write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate
28:12 PL-P104 use "pull:" for the attribute "state": it names no folder | write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn states_that_two_would_write() {
    let text = r#"stack "b" {
  source = "b"
  state  = "./app.tfstate"
}
stack "c" {
  source = "c"
  state  = "s3://bucket/c"
  standby {
    state = "s3://bucket/c"
  }
}
stack "d" {
  source = "d"
  state  = "s3://bucket"
}"#;
    let expected = r#"9:1 PL-P105 use the state ./app.tfstate twice: the primary of stack "app" has it already | give each its own, or remove one of them
13:1 PL-P105 use the state s3://bucket/c twice: the primary of stack "c" has it already | give each its own, or remove one of them
22:12 PL-P104 use "s3://bucket" for the attribute "state": an S3 URL names a bucket and a key | write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate"#;
    assert_eq!(after_head(text), expected);
}

#[test]
fn regions_objectives_and_journal() {
    let text = r#"plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-west-1" }
  objectives {
    rto = "soon"
    rpo = "0s"
  }
  journal = []
}
plan "b" {}"#;
    let expected = r#"3:22 PL-P108 use eu-west-1 as the standby: it is the primary's region | name another region in one of the two blocks
5:11 PL-P109 read "soon" as a duration for the attribute "rto": a number is wanted before each unit | write it as in 90s, 15m or 1h30m
6:11 PL-P104 use "0s" for the attribute "rpo": it is shorter than 1s | write "1s" or more
8:13 PL-P104 use [] for the attribute "journal": a run has to be recorded somewhere | name at least one store, as in ["file:.pilotlight"]
10:1 PL-P105 use the block "plan" in one file twice: line 1 has it already | give each its own, or remove one of them
10:12 PL-P103 find the block "stack" in the plan | write stack "app" { ... }"#;
    assert_eq!(told(text), expected);
}

#[test]
fn a_region_with_errors_has_one_error() {
    let text = r#"plan "shop" {
  primary { region = "ireland" }
  objectivs {
  }
}
stack "a" {
  source = "a"
  state  = "a-${region.primary}"
}"#;
    let expected = r#"1:1 PL-P103 find the block "standby" in the plan block | write standby { region = "eu-central-1" }
2:22 PL-P104 use "ireland" for the attribute "region": it is no region's code | write it as AWS does, as in eu-central-1
3:3 PL-P102 find the block "objectivs": a plan block has none of that name | did you mean "objectives"?"#;
    assert_eq!(told(text), expected);
}

#[test]
fn the_head_of_a_plan() {
    let text = r#"plan {
  primary { region = region.standby }
  standby { region = "eu-west-1" }
  standby { region = "eu-west-2" }
  rto     = "15m"
  journal = ["s3://", ".pilotlight", "file:a", "file:./a"]
}
stack "a" {
  source = "a"
  state  = "a"
}"#;
    let expected = r#"1:1 PL-P104 read the labels of a plan block: it has 0, and 1 is wanted | write plan "name" { ... }
2:22 PL-P114 evaluate region.standby: the regions are what is told here | write the region's code
4:3 PL-P105 use the block "standby" in the plan block twice: line 3 has it already | give each its own, or remove one of them
5:3 PL-P102 use "rto" in a plan block: it belongs in its objectives block | move it into its objectives block
6:14 PL-P104 use "s3://" for the attribute "journal": an S3 URL names a bucket | write it as in s3://bucket/prefix or file:.pilotlight
6:23 PL-P104 use ".pilotlight" for the attribute "journal": it begins neither with s3:// nor with file: | write it as in s3://bucket/prefix or file:.pilotlight
6:48 PL-P104 use "file:./a" for the attribute "journal": it is in the list already | name each store once"#;
    assert_eq!(told(text), expected);
}

#[test]
fn the_drift_block_stands_once_and_holds_patterns() {
    let twice = r#"drift {
  ignore = ["aws_vpc.a", 7]
}
drift {
  ignore = ["aws_vpc.b"]
}"#;
    let expected = r#"10:26 PL-P104 read the attribute "ignore" as a list of texts: it is a number | write ignore = ["aws_iam_role.AWSServiceRole*", "!aws_iam_role.AWSServiceRoleForRDS"]
12:1 PL-P105 use the block "drift" in one file twice: line 9 has it already | give each its own, or remove one of them"#;
    assert_eq!(after_head(twice), expected);
    let blank = r#"drift {
  ignore = ["aws_vpc.a", " "]
}"#;
    let expected = r#"10:26 PL-P104 use " " for the attribute "ignore": it is no pattern | write it as in "aws_iam_role.AWSServiceRole*", or remove it"#;
    assert_eq!(after_head(blank), expected);
    let named = r#"drift "app" {
  ignored = []
}"#;
    let expected = r#"9:1 PL-P104 read the labels of a drift block: it has 1, and none is wanted | write drift { ... }
10:3 PL-P102 find the attribute "ignored": a drift block has none of that name | did you mean "ignore"?"#;
    assert_eq!(after_head(named), expected);
}

#[test]
fn what_is_scaled() {
    let scale = |address: &str, body: &str| after_head(&format!("scale {address:?} {{\n  {body}\n}}"));
    assert_eq!(
        scale("aws_db_instance", "stack = \"app\""),
        "9:7 PL-P104 use \"aws_db_instance\" for the address of a scale block: it is none of a resource | \
         write it as Terraform does, as in aws_autoscaling_group.web or module.web.aws_ecs_service.this[0]"
    );
    assert_eq!(
        scale("aws_autoscaling_group.web", "stack = \"app\""),
        "9:1 PL-P103 find the attribute \"desired\" in scale \"aws_autoscaling_group.web\" | write desired = 6"
    );
    assert_eq!(
        scale("aws_autoscaling_group.web", "stack   = \"ap\"\n  desired = 2"),
        "10:13 PL-P106 find stack \"ap\", which scale \"aws_autoscaling_group.web\" names | did you mean \"app\"?"
    );
    assert_eq!(
        scale("aws_autoscaling_group.web", "stack   = \"app\"\n  desired = 0"),
        "11:13 PL-P104 use 0 for the attribute \"desired\": it is no whole number from 1 to 100000 | write it as in desired = 6"
    );
    let twice = "scale \"aws_autoscaling_group.web\" {\n  stack   = \"app\"\n  desired = 2\n}\n";
    assert_eq!(
        after_head(&twice.repeat(2)),
        "13:7 PL-P105 use the group aws_autoscaling_group.web of stack app twice: line 9 has it already | give each its own, \
         or remove one of them"
    );
    assert_eq!(after_head(&format!("{twice}{}", twice.replace(".web", ".web[\\\"a.b\\\"]"))), "no error");
}

#[test]
fn what_terraform_resizes() {
    let scale = |address: &str, body: &str| after_head(&format!("scale {address:?} {{\n  {body}\n}}"));
    let set = "stack = \"app\"\n  set { desired_count = 6 }";
    assert_eq!(scale("aws_ecs_service.web", set), "no error");
    assert_eq!(
        scale("aws_ecs_service.web", "stack = \"app\""),
        "9:1 PL-P103 find the block \"set\" in scale \"aws_ecs_service.web\" | write set { desired_count = 6 }"
    );
    // Each kind of size belongs to its own type of resource.
    let misplaced = scale("aws_ecs_service.web", "stack   = \"app\"\n  desired = 6");
    assert!(misplaced.starts_with("11:13 PL-P102") && misplaced.contains("says its size in set"), "{misplaced}");
    let misplaced = scale("aws_autoscaling_group.web", &format!("desired = 2\n  {set}"));
    assert!(misplaced.starts_with("12:3 PL-P102") && misplaced.contains("says its size in desired"), "{misplaced}");
    let as_attribute = scale("aws_ecs_service.web", "stack = \"app\"\n  set = { desired_count = 6 }");
    assert!(as_attribute.contains("a block") && as_attribute.starts_with("11:3 "), "{as_attribute}");
    assert_eq!(
        scale("aws_ecs_service.web", "stack = \"app\"\n  set {}"),
        "11:3 PL-P103 find an attribute in the set block of scale \"aws_ecs_service.web\" | \
         write desired_count = 6, or what else it has while the standby serves"
    );
    assert_eq!(
        scale("aws_ecs_service.web", "stack = \"app\"\n  set { count = 2 }"),
        "11:9 PL-P104 use \"count\" for the set block of scale \"aws_ecs_service.web\": it is no attribute of the resource, \
         but Terraform's own argument | name attributes alone; how many of a resource there are is changed by a rebuild"
    );
    let twice = format!("scale \"aws_ecs_service.web\" {{\n  {set}\n}}\n");
    assert_eq!(
        after_head(&twice.repeat(2)),
        "13:7 PL-P105 use the resource aws_ecs_service.web of stack app twice: line 9 has it already | give each its own, \
         or remove one of them"
    );
}

#[test]
fn a_database_names_its_servers_by_the_environment_alone() {
    let text = r#"database "postgres" "orders" {
  primary = "postgres://shop@db.shop.test/orders"
  standby = env("TOKEN")
  resync  = []
}
database "mysql" "carts" {}
database "postgres" "stock" {
  primary = env("TOKEN")
}"#;
    let expected = r#"10:13 PL-P104 use this text for the attribute "primary": a database's URL is a secret, and this one is written in the plan | take it from the environment, as in env("ORDERS_PRIMARY_URL")
12:13 PL-P104 use [] for the attribute "resync": it names no program | name the program first, as in ["./scripts/smoke-test.sh", "--fast"]
14:10 PL-P102 find the kind "mysql": a database block has none of that name | the names here are postgres, rds, aurora_global
15:1 PL-P103 find the attribute "standby" in database "stock" | write standby = env("ORDERS_STANDBY_URL")"#;
    assert_eq!(after_head(text), expected);
}
