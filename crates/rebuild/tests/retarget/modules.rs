//! Modules, and results that are sources again.

use super::*;

#[test]
fn modules_go_with_the_root_and_keep_their_calls() {
    let result = run(&tree(&[
        (
            "main.tf",
            "module \"dns\" {\n  source = \"../modules/dns\"\n}\n\nmodule \"own\" {\n  source = \"./own\"\n}\n",
        ),
        ("backend.tf", BACKEND),
        ("own/main.tf", "locals {\n  a = \"eu-west-1\"\n}\n"),
        (
            "../modules/dns/main.tf",
            "resource \"aws_route53_zone\" \"main\" {}\n\noutput \"zone\" {\n  value = aws_route53_zone.main.zone_id\n}\n\nlocals {\n  boot = file(\"${path.module}/eu-west-1.sh\")\n}\n",
        ),
        ("../modules/dns/eu-west-1.sh", "aws --region eu-west-1\n"),
        ("../modules/dns/README.md", "for eu-west-1\n"),
        ("terraform.tfvars", "region = \"eu-west-1\"\n"),
        ("extra.tf.json", "{\"locals\": {\"r\": \"eu-west-1\"}}\n"),
    ]));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    assert_eq!(
        text("main.tf"),
        "module \"dns\" {\n  source = \"./_modules/modules/dns\"\n}\n\nmodule \"own\" {\n  source = \"./own\"\n}\n"
    );
    assert_eq!(text("own/main.tf"), "locals {\n  a = \"eu-central-1\"\n}\n");
    assert_eq!(
        text("_modules/modules/dns/main.tf"),
        "output \"zone\" {\n  value = \"Z1\"\n}\n\nlocals {\n  boot = file(\"${path.module}/eu-west-1.sh\")\n}\n"
    );
    assert_eq!(text("_modules/modules/dns/eu-west-1.sh"), "aws --region eu-central-1\n");
    assert_eq!(text("_modules/modules/dns/README.md"), "for eu-west-1\n");
    assert_eq!(text("terraform.tfvars"), "region = \"eu-central-1\"\n");
    assert_eq!(text("extra.tf.json"), "{\"locals\": {\"r\": \"eu-central-1\"}}\n");
    assert_eq!(result.globals[0].address, "module.dns.aws_route53_zone.main");
    assert!(result.open.is_empty(), "{:#?}", result.open);
}

/// The result as a source of its own.
fn again(result: &Retargeted) -> SourceTree {
    let files: Vec<(String, String)> = result
        .files
        .iter()
        .map(|(path, bytes)| (path.display().to_string(), String::from_utf8(bytes.clone()).expect("UTF-8")))
        .collect();
    tree(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

#[test]
fn a_result_is_its_own_result() {
    let source = tree(&[
        ("backend.tf", BACKEND),
        (
            "a.tf",
            "provider \"aws\" {}\nresource \"aws_autoscaling_group\" \"web\" {\n  zones = [\"eu-west-1a\"]\n}\nresource \"aws_iam_role\" \"app\" {}\nlocals {\n  r = aws_iam_role.app.arn\n}\n",
        ),
        (
            "b.tf",
            "module \"m\" {\n  source = \"../m\"\n}\ndata \"terraform_remote_state\" \"n\" {\n  backend = \"s3\"\n  config  = { bucket = \"states\", key = \"network.tfstate\", region = \"eu-west-1\" }\n}\n",
        ),
        ("../m/main.tf", "locals {\n  a = \"ami-0aaaaaaaaaaaaaaaa\"\n}\n"),
    ]);
    let first = run(&source);
    assert!(first.open.is_empty(), "{:#?}", first.open);
    let second = run(&again(&first));
    assert_eq!(second.files, first.files);
    assert!(second.edits.is_empty(), "{:#?}", second.edits);
    assert!(second.open.is_empty(), "{:#?}", second.open);
}

#[test]
fn there_and_back_is_the_source() {
    let plan = |from: &str, to: &str, state: &str, bucket: &str, ami: (&str, &str)| {
        format!(
            "plan \"t\" {{\n primary {{ region = \"{from}\" }}\n standby {{ region = \"{to}\" }}\n}}\nstack \"app\" {{\n source = \"../app\"\n state = \"{state}\"\n standby {{\n backend = {{ bucket = \"{bucket}\" }}\n map = {{ \"{}\" = \"{}\" }}\n}}\n}}\n",
            ami.0, ami.1
        )
    };
    let (a, b) = ("ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb");
    let there = World::of(&plan("eu-west-1", "eu-central-1", "s3://states/app.tfstate", "states-2", (a, b)));
    let back = World::of(&plan("eu-central-1", "eu-west-1", "s3://states-2/app.tfstate", "states", (b, a)));
    let source = tree(&[
        ("backend.tf", BACKEND),
        (
            "main.tf",
            "locals {\n  zones = {\n    \"eu-west-1a\" = \"x\" # one\n    \"c\"          = \"ami-0aaaaaaaaaaaaaaaa\" # not in column\n  }\n  one   = \"é eu-west-1b\"\n  twenty = <<EOT\r\neu-west-1\r\nEOT\n}\n",
        ),
        (
            "fmt.tf",
            "locals {\n  zones = {\n    \"eu-west-1a\" = \"x\"  # one\n    \"c\"          = \"yy\" # two\n  }\n}\n",
        ),
    ]);
    let result = retarget(&source, &there.input("app", None)).unwrap();
    assert!(
        String::from_utf8_lossy(&result.files[Path::new("fmt.tf")]).contains("    \"c\"             = \"yy\" # two\n")
    );
    let returned = retarget(&again(&result), &back.input("app", None)).unwrap();
    for (path, bytes) in &source.files {
        assert_eq!(
            String::from_utf8_lossy(&returned.files[path]),
            String::from_utf8_lossy(bytes),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_shared_state_is_refused() {
    let plan =
        PLAN.replace("bucket = \"states-eu-central-1\", dynamodb_table = \"locks\"", "dynamodb_table = \"locks\"");
    let result = retarget(&tree(&[("main.tf", BACKEND)]), &World::of(&plan).input("app", None)).unwrap();
    assert_eq!(result.open.len(), 1);
    assert!(result.open[0].what.contains("would be the primary's"), "{}", result.open[0].what);
}
