//! Aliases, files that are read, and texts that are allowed.

use super::*;

#[test]
fn a_providers_alias_is_a_name_and_its_region_follows() {
    let module = "terraform {\n  required_providers {\n    aws = {\n      source                = \"hashicorp/aws\"\n      configuration_aliases = [aws.eu-west-1]\n    }\n  }\n}\n";
    let source = "provider \"aws\" {\n  alias  = \"eu-west-1\"\n  region = \"eu-west-1\"\n}\n\nmodule \"m\" {\n  source    = \"./m\"\n  providers = { \"aws.eu-west-1\" = aws.eu-west-1 }\n}\n\nresource \"aws_vpc\" \"a\" {\n  provider = \"aws.eu-west-1\"\n}\n";
    let result = run(&tree(&[
        ("backend.tf", BACKEND),
        ("main.tf", source),
        ("m/main.tf", module),
        (
            "x.tf.json",
            "{\"provider\": {\"aws\": [{\"alias\": \"eu-west-1\", \"region\": \"eu-west-1\"}]}, \"locals\": {\"r\": \"eu-west-1\"}}",
        ),
    ]));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    assert_eq!(text("main.tf"), source.replace("region = \"eu-west-1\"", "region = \"eu-central-1\""));
    assert_eq!(text("m/main.tf"), module);
    assert_eq!(
        text("x.tf.json"),
        "{\"provider\": {\"aws\": [{\"alias\": \"eu-west-1\", \"region\": \"eu-central-1\"}]}, \"locals\": {\"r\": \"eu-central-1\"}}"
    );
}

#[test]
fn files_are_retargeted_however_they_are_named() {
    let script = "aws --region eu-west-1\n";
    let files = ["a.sh", "b/b.sh", "c.sh", "d/d.sh", "m/e.sh", "eu-west-1.sh", "README.md"];
    let main = r#"locals {
  a = file("a.sh")
  b = templatefile("${path.root}/b/b.sh", { x = 1 })
  c = "./c.sh"
  d = "${path.module}/d"
  f = "eu-west-1.sh"
  g = file("/etc/motd")
  h = file("${path.module}/../h.sh")
  i = ""
}
module "m" {
  source = "./m"
}
"#;
    let module = "locals {\n  e = file(\"${path.module}/e.sh\")\n}\n";
    let mut sources = vec![("backend.tf", BACKEND), ("main.tf", main), ("m/main.tf", module)];
    sources.extend(files.map(|file| (file, script)));
    let result = run(&tree(&sources));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    assert_eq!(text("main.tf"), main);
    for file in &files[..6] {
        assert_eq!(text(file), "aws --region eu-central-1\n", "{file}");
    }
    assert_eq!(text("README.md"), script);
    let notes: Vec<_> = result
        .notes
        .iter()
        .filter(|note| note.code == pilotlight_findings::codes::R_TEXT_FILE)
        .map(|note| format!("{} {}", note.subject, note.message))
        .collect();
    assert_eq!(
        notes,
        [
            "app/main.tf:7:12 /etc/motd is read as it is: it is outside of the stack's source",
            "app/main.tf:8:12 ../h.sh is not in the standby root: the folders of the root and of its local modules do not hold it",
            "app/README.md:1:14 left as it is: it names eu-west-1, and the configuration does not read it",
        ]
    );
}

#[test]
fn a_computed_path_may_lead_to_any_file() {
    for main in [
        "locals {\n  a = file(\"${var.folder}/${var.name}.sh\")\n}\n",
        "locals {\n  a = join(\"/\", [path.module, var.name])\n}\n",
        "locals {\n  a = [for name in fileset(path.root, \"*\") : name]\n}\n",
    ] {
        let files =
            [("backend.tf", BACKEND), ("main.tf", main), ("scripts/a.sh", "x eu-west-1b\n"), ("b.txt", "none\n")];
        let result = run(&tree(&files));
        assert_eq!(result.files[Path::new("scripts/a.sh")], b"x eu-central-1b\n", "{main}");
        assert!(
            result
                .notes
                .iter()
                .any(|note| note.message.starts_with("retargeted: the path that is computed at app/main.tf:2:")),
            "{:#?}",
            result.notes
        );
    }
}

#[test]
fn what_is_allowed_stays_inside_of_other_texts() {
    let source = r#"locals {
  arn  = "arn:aws:s3:::audit-eu-west-1/x"
  text = <<-EOT
    audit-eu-west-1 ${var.x}
  EOT
}
"#;
    let (text, result) = one(&source.replace("  EOT", "    eu-west-1\n  EOT"));
    assert_eq!(text, source.replace("  EOT", "    eu-central-1\n  EOT"));
    assert!(result.edits.iter().all(|edit| edit.old != edit.new), "{:#?}", result.edits);
}
