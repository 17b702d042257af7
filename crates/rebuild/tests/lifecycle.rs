//! What a stack's HCL tells drift to leave alone: every form that it may be written in.

use pilotlight_drift::ignore::{Configuration, IgnoreChanges, ProviderKey};
use pilotlight_findings::{Explain, codes};
use pilotlight_rebuild::{SourceError, lifecycle};
use std::path::{Path, PathBuf};

struct Root(tempfile::TempDir);

impl Root {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = Self(tempfile::tempdir().expect("a folder"));
        for (path, text) in files {
            let path = root.0.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        root
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("live/app")
    }

    fn read(&self) -> Configuration {
        lifecycle::read(&self.path()).expect("a configuration")
    }

    /// A place, without the folder's name.
    fn short(&self, shown: &str) -> String {
        let root = self.0.path().display().to_string();
        shown.replace(&format!("{root}/"), "")
    }
}

/// The list of a resource as text: `*` for all, `?` for what is not known.
fn list(configuration: &Configuration, address: &str) -> Vec<String> {
    let resource = &configuration.resources[&address.parse().expect(address)];
    match &resource.ignore_changes {
        IgnoreChanges::None => Vec::new(),
        IgnoreChanges::All(_) => vec!["*".to_owned()],
        IgnoreChanges::Paths { paths, unknown } => {
            paths.iter().map(|ignored| ignored.path.to_string()).chain(unknown.iter().map(|_| "?".to_owned())).collect()
        }
    }
}

fn provider(configuration: &Configuration, address: &str) -> String {
    let ProviderKey { module, name, alias } = &configuration.resources[&address.parse().expect(address)].provider;
    let module: String = module.iter().map(|name| format!("module.{name}.")).collect();
    format!("{module}{name}{}", alias.iter().map(|alias| format!(".{alias}")).collect::<String>())
}

#[test]
fn every_form_of_ignore_changes_is_read() {
    let root = Root::new(&[
        (
            "live/app/main.tf",
            r#"
resource "aws_instance" "list" {
  count = 2
  lifecycle {
    create_before_destroy = true
    ignore_changes = [
      ami, # by the image pipeline
      tags["Team"],
      root_block_device[0].volume_size,
      ebs_block_device.0.iops,
    ]
  }
}
resource "aws_instance" "old" {
  lifecycle { ignore_changes = ["user_data", "tags.%", "tags[\"a.b\"]"] }
}
resource "aws_instance" "all" {
  lifecycle { ignore_changes = all }
}
resource "aws_instance" "star" {
  lifecycle { ignore_changes = ["*"] }
}
resource "aws_instance" "none" {
  lifecycle { prevent_destroy = true }
}
resource "aws_instance" "empty" {
  lifecycle { ignore_changes = [] }
}
resource "aws_instance" "computed" {
  lifecycle { ignore_changes = [ami, tags[var.key]] }
}
data "aws_ami" "no_resource" {}
"#,
        ),
        (
            "live/app/more.tf.json",
            r#"{
  "//": "a comment",
  "resource": [
    {"aws_vpc": {"json": {"lifecycle": {"ignore_changes": ["tags", "tags_all[\"x\"]"]}}}},
    {"aws_vpc": [{"json_all": [{"lifecycle": [{"ignore_changes": "all"}]}]}, {"json_template": {"lifecycle": {"ignore_changes": ["${tags}", "${var.x}y"]}}}]}
  ]
}"#,
        ),
    ]);
    let read = root.read();
    assert_eq!(
        list(&read, "aws_instance.list"),
        ["ami", "tags[\"Team\"]", "root_block_device[0].volume_size", "ebs_block_device[0].iops"]
    );
    assert_eq!(list(&read, "aws_instance.old"), ["user_data", "tags[\"a.b\"]", "?"]);
    assert_eq!(list(&read, "aws_instance.all"), ["*"]);
    assert_eq!(list(&read, "aws_instance.star"), ["*"]);
    assert!(list(&read, "aws_instance.none").is_empty() && list(&read, "aws_instance.empty").is_empty());
    assert_eq!(list(&read, "aws_instance.computed"), ["ami", "?"]);
    assert_eq!(list(&read, "aws_vpc.json"), ["tags", "tags_all[\"x\"]"]);
    assert_eq!(list(&read, "aws_vpc.json_all"), ["*"]);
    assert_eq!(list(&read, "aws_vpc.json_template"), ["tags", "?"]);
    assert_eq!(read.resources.len(), 10);

    let notes = read.notes();
    let told: Vec<String> =
        notes.iter().map(|note| format!("{} {}", note.code, root.short(&note.subject.to_string()))).collect();
    assert_eq!(
        told,
        ["PL-D133 live/app/main.tf:30:38", "PL-D133 live/app/main.tf:15:46", "PL-D133 live/app/more.tf.json:5:141",]
    );
}

#[test]
fn override_files_replace_argument_by_argument() {
    let base = r#"
resource "aws_vpc" "a" {
  provider = aws.west
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags]
  }
}
resource "aws_vpc" "b" { cidr_block = "10.0.0.0/16" }
resource "aws_vpc" "c" {
  lifecycle { ignore_changes = all }
}
resource "aws_vpc" "d" {
  lifecycle { ignore_changes = [tags] }
}
module "net" { source = "./old" }
provider "aws" {
  ignore_tags { keys = ["a"] }
  default_tags { tags = { A = "1" } }
}
provider "aws" { alias = "west" }
"#;
    let root = Root::new(&[
        ("live/app/z.tf", base),
        (
            "live/app/a_override.tf",
            "resource \"aws_vpc\" \"a\" {\n  lifecycle {\n    ignore_changes = [cidr_block]\n  }\n}\n\
             resource \"aws_vpc\" \"b\" {\n  lifecycle {\n    ignore_changes = all\n  }\n}\n\
             resource \"aws_vpc\" \"nowhere\" {}\nmodule \"net\" {\n  source = \"./new\"\n}\n",
        ),
        (
            "live/app/override.tf.json",
            r#"{"resource": {"aws_vpc": {
                "a": {"provider": "aws", "lifecycle": {"prevent_destroy": false}},
                "c": {"lifecycle": {"ignore_changes": ["tags"]}},
                "d": {"lifecycle": {"ignore_changes": []}}
            }},
            "provider": {"aws": [{"ignore_tags": {"key_prefixes": ["k8s/"]}}, {"alias": "west", "ignore_tags": {"keys": ["w"]}}]}}"#,
        ),
        ("live/app/new/main.tf", "resource \"aws_subnet\" \"s\" {}\n"),
    ]);
    let read = root.read();
    assert_eq!(list(&read, "aws_vpc.a"), ["cidr_block"]);
    assert_eq!(provider(&read, "aws_vpc.a"), "aws");
    assert_eq!(list(&read, "aws_vpc.b"), ["*"]);
    // As Terraform 1.11 does it, measured: an override takes neither `all` back nor a list by an empty one.
    assert_eq!(list(&read, "aws_vpc.c"), ["*"]);
    assert_eq!(list(&read, "aws_vpc.d"), ["tags"]);
    let addresses: Vec<String> = read.resources.keys().map(ToString::to_string).collect();
    assert_eq!(addresses, ["aws_vpc.a", "aws_vpc.b", "aws_vpc.c", "aws_vpc.d", "module.net.aws_subnet.s"]);
    let default = &read.providers[&ProviderKey { module: Vec::new(), name: "aws".into(), alias: None }];
    assert!(default.ignore_tags.hides("k8s/x") && !default.ignore_tags.hides("a"), "the block is replaced whole");
    assert_eq!(default.default_tags.tags["A"], "1");
    let west = &read.providers[&ProviderKey { module: Vec::new(), name: "aws".into(), alias: Some("west".into()) }];
    assert!(west.ignore_tags.hides("w"));
}

#[test]
fn modules_are_read_wherever_terraform_has_them() {
    let root = Root::new(&[
        (
            "live/app/main.tf",
            r#"
module "local" {
  source   = "../../modules/web"
  for_each = toset(["a", "b"])
}
module "registry" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.0.0"
}
module "git" { source = "git::https://example.test/net.git" }
module "gone" { source = "./gone" }
"#,
        ),
        ("live/app/moved.tf", "moved {\n  from = aws_vpc.a\n  to   = module.local[\"a\"].aws_vpc.a\n}\n"),
        ("modules/web/main.tf", "resource \"aws_vpc\" \"a\" {}\nmodule \"inner\" {\n  source = \"./inner\"\n}\n"),
        (
            "modules/web/inner/main.tf",
            "resource \"aws_eip\" \"e\" {\n  lifecycle {\n    ignore_changes = [tags]\n  }\n}\nmoved {\n  from = aws_eip.old[0]\n  to   = aws_eip.e\n}\n",
        ),
        (
            "live/app/.terraform/modules/modules.json",
            r#"{"Modules":[{"Key":"","Source":"","Dir":"."},
                {"Key":"registry","Source":"registry.terraform.io/terraform-aws-modules/vpc/aws","Version":"5.0.0","Dir":".terraform/modules/registry"},
                {"Key":"registry.endpoints","Source":"./modules/vpc-endpoints","Dir":".terraform/modules/registry/modules/vpc-endpoints"}]}"#,
        ),
        (
            "live/app/.terraform/modules/registry/main.tf",
            "resource \"aws_vpc\" \"this\" {\n  lifecycle {\n    ignore_changes = [tags]\n  }\n}\nmodule \"endpoints\" {\n  source = \"./modules/vpc-endpoints\"\n}\n",
        ),
        (
            "live/app/.terraform/modules/registry/modules/vpc-endpoints/main.tf",
            "resource \"aws_vpc_endpoint\" \"this\" {}\n",
        ),
        // What an example of a fetched module says is not the stack's.
        ("live/app/.terraform/modules/registry/examples/x/main.tf", "resource \"aws_vpc\" \"example\" {}\n"),
        ("live/app/files/template.tf.tpl", "= not HCL"),
        ("live/app/.#main.tf", "= an editor's own"),
    ]);
    let read = root.read();
    let addresses: Vec<String> = read.resources.keys().map(ToString::to_string).collect();
    assert_eq!(
        addresses,
        [
            "module.local.aws_vpc.a",
            "module.local.module.inner.aws_eip.e",
            "module.registry.aws_vpc.this",
            "module.registry.module.endpoints.aws_vpc_endpoint.this",
        ]
    );
    let instance = "module.local[\"b\"].module.inner.aws_eip.e".parse().expect("an address");
    assert!(read.resource(&instance).is_some(), "found by the address of an instance");
    assert_eq!(list(&read, "module.registry.aws_vpc.this"), ["tags"]);
    let moved: Vec<_> = read.moved.iter().map(|m| (m.module.join("."), m.from.as_str(), m.to.as_str())).collect();
    assert_eq!(
        moved,
        [
            (String::new(), "aws_vpc.a", "module.local[\"a\"].aws_vpc.a"),
            ("local.inner".to_owned(), "aws_eip.old[0]", "aws_eip.e"),
        ]
    );
    let unread: Vec<_> =
        read.unread.iter().map(|module| (module.address.as_str(), root.short(&module.reason))).collect();
    assert_eq!(
        unread,
        [
            ("module.git", "terraform init has not fetched git::https://example.test/net.git here".to_owned()),
            ("module.gone", "there is no folder live/app/gone".to_owned()),
        ]
    );
    let notes = read.notes();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[1].code, codes::D_HCL_UNREAD);
    assert_eq!(root.short(&notes[1].subject.to_string()), "live/app/main.tf:11:1");
}

#[test]
fn ignored_tags_follow_the_providers_through_the_modules() {
    let root = Root::new(&[
        (
            "live/app/main.tf",
            r#"
provider "aws" {
  region = "eu-west-1"
  ignore_tags {
    keys         = ["Scanned", var.more]
    key_prefixes = ["kubernetes.io/"]
  }
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
  ignore_tags { keys = concat(["a"], var.keys) }
  default_tags {
    tags = { Team = "a", Cost = 1, Commit = var.commit }
  }
}
resource "aws_vpc" "a" {}
resource "aws_vpc" "b" { provider = aws.west }
resource "aws_vpc" "c" { provider = "aws.west" }
module "passed" {
  source    = "./passed"
  providers = { aws = aws.west, aws.other = aws }
}
module "inherits" { source = "./inherits" }
module "own" { source = "./own" }
"#,
        ),
        (
            "live/app/passed/main.tf",
            "resource \"aws_vpc\" \"d\" {}\nresource \"aws_vpc\" \"o\" {\n  provider = aws.other\n}\n\
             module \"below\" {\n  source = \"../inherits\"\n}\n",
        ),
        ("live/app/inherits/main.tf", "resource \"aws_vpc\" \"d\" {}\nresource \"google_x\" \"g\" {}\n"),
        ("live/app/own/main.tf", "provider \"aws\" {\n  region = \"x\"\n}\nresource \"aws_vpc\" \"d\" {}\n"),
    ]);
    let read = root.read();
    for (address, key) in [
        ("aws_vpc.a", "aws"),
        ("aws_vpc.b", "aws.west"),
        ("aws_vpc.c", "aws.west"),
        ("module.passed.aws_vpc.d", "aws.west"),
        ("module.passed.aws_vpc.o", "aws"),
        ("module.passed.module.below.aws_vpc.d", "aws.west"),
        ("module.inherits.aws_vpc.d", "aws"),
        ("module.inherits.google_x.g", "google"),
        ("module.own.aws_vpc.d", "module.own.aws"),
    ] {
        assert_eq!(provider(&read, address), key, "{address}");
    }
    let of = |address: &str, recorded: &str| {
        read.provider(&address.parse().expect(address), &recorded.parse().expect(recorded))
    };
    let aws = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    let inherited = of("module.inherits.aws_vpc.d[0]", aws).expect("the root's");
    assert!(inherited.ignore_tags.hides("kubernetes.io/x") && inherited.ignore_tags.hides("Scanned"));
    assert_eq!(inherited.ignore_tags.unknown.len(), 1);
    let west = of("module.passed.aws_vpc.d", aws).expect("west, by the HCL");
    assert!(west.ignore_tags.keys.is_empty() && west.ignore_tags.unknown.len() == 1);
    assert_eq!(west.default_tags.tags, [("Team", "a"), ("Cost", "1")].map(|(k, v)| (k.into(), v.into())).into());
    assert_eq!(west.default_tags.unknown.len(), 1);
    let gone = of("aws_vpc.not_in_the_hcl", &format!("{aws}.west"));
    assert_eq!(gone.map(|provider| &provider.span), Some(&west.span), "by the state's own word");
    assert_eq!(of("module.inherits.google_x.g", "provider[\"registry.terraform.io/hashicorp/google\"]"), None);
    let told: Vec<String> = read.notes().iter().map(|note| root.short(&note.subject.to_string())).collect();
    assert_eq!(told, ["live/app/main.tf:5:32", "live/app/main.tf:12:24"]);
}

#[test]
fn a_source_that_cannot_be_read_is_one_clear_error() {
    let broken = |path: &str, text: &str| {
        let root = Root::new(&[("live/app/main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"), (path, text)]);
        let error = lifecycle::read(&root.path()).expect_err(path);
        let span = error.span().expect("a place");
        assert_eq!(error.code(), codes::R_SOURCE_SYNTAX);
        (root.short(&span.file), span.start.line)
    };
    assert_eq!(
        broken("live/app/m/main.tf", "resource \"a\" \"b\" {\n  x = = 1\n}\n"),
        ("live/app/m/main.tf".into(), 2)
    );
    assert_eq!(broken("live/app/x.tf.json", "{\n  \"resource\": {\n}"), ("live/app/x.tf.json".into(), 3));
    let nothing = lifecycle::read(Path::new("no/such/folder")).expect_err("nothing");
    assert!(matches!(nothing, SourceError::Read { .. }));
    let empty = tempfile::tempdir().expect("a folder");
    assert!(matches!(lifecycle::read(empty.path()), Err(SourceError::Empty { .. })));
}

#[test]
fn a_module_that_calls_itself_ends() {
    let root = Root::new(&[
        ("live/app/main.tf", "module \"a\" {\n  source = \"./m\"\n}\n"),
        (
            "live/app/m/main.tf",
            "resource \"aws_vpc\" \"v\" {}\nmodule \"a\" {\n  source = \"../m\"\n}\nmodule \"b\" {\n  source = \"../m\"\n}\n",
        ),
    ]);
    let read = root.read();
    assert!(read.resources.len() <= 5_000 && !read.unread.is_empty());
    assert_eq!(read.unread[0].reason, "it is nested too deep: a module calls itself");
}
