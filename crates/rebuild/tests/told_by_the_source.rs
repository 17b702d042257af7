//! What is wrong with a source is told by the source's own file and line: before Terraform is started where the text
//! tells, and in Terraform's words where it takes Terraform.

mod world;

use pilotlight_findings::{Explain, Finding, Severity, codes};
use pilotlight_plan::{DrPlan, Inputs};
use pilotlight_rebuild::{Prepared, Rebuild, RebuildError, RegionMap};
use pilotlight_terraform::{Cancel, Program, RunError};
use std::path::Path;

const PLAN: &str = r#"
plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../live/app"
  state  = "file:../live/app/terraform.tfstate"
  standby { exclude = ["terraform_data.record", "terraform_data.old"] }
}
"#;

const STATE: &str = r#"[
  {"mode": "managed", "type": "terraform_data", "name": "record", "provider": "provider[\"terraform.io/builtin/terraform\"]",
   "instances": [{"schema_version": 0, "attributes": {"id": "a", "input": "x"}}]}
]"#;

/// A folder with a plan and a stack of these files, below `live`.
struct Estate {
    dir: tempfile::TempDir,
    plan: DrPlan,
}

impl Estate {
    fn of(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = dir.path().join("live").join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let file = dir.path().join("plans/t.hcl").display().to_string();
        let plan = pilotlight_plan::parse(&file, PLAN, &Inputs::default()).expect("a plan");
        Self { dir, plan }
    }

    fn prepare(&self, rebuild: &Rebuild<'_>) -> Prepared {
        let zones = [("eu-west-1a".to_owned(), "eu-central-1a".to_owned())].into();
        let map = RegionMap { zones, ..RegionMap::default() };
        rebuild.prepare("app", &map, Some(&world::state(STATE))).expect("prepared")
    }

    /// `app/main.tf:3:9: …` of a finding in the source.
    fn told(&self, finding: &Finding) -> String {
        let live = format!("{}/", self.dir.path().join("live").display());
        format!("{}: {}", finding.subject, finding.message).replace(&live, "")
    }

    /// What is wrong by the text alone.
    fn undeclared(&self) -> Vec<String> {
        let prepared = self.prepare(&Rebuild::new(&self.plan, self.plan.default_into()));
        let found = prepared.retargeted.notes.iter().filter(|finding| finding.code == codes::R_UNDECLARED);
        found
            .map(|finding| {
                assert_eq!(finding.severity, Severity::Error);
                assert!(finding.remedy.is_some(), "{finding:?}");
                self.told(finding)
            })
            .collect()
    }
}

#[test]
fn what_terraform_would_refuse_by_the_text_is_told() {
    let estate = Estate::of(&[
        (
            "app/main.tf",
            r#"locals {
  a = var.gone
  b = local.gone
  c = module.gone.x
  d = module.web.gone
  e = terraform_data.gone.id
  f = "x-${data.aws_vpc.gone.id}"
  g = [for one in var.list : "${one}-${var.also_gone}"]
}
variable "list" {}
module "web" {
  source = "../web"
  wrong  = 1
}
resource "terraform_data" "twice" {}
"#,
        ),
        ("app/more.tf", "resource \"terraform_data\" \"twice\" {}\n"),
        (
            "web/main.tf",
            "variable \"needed\" {}\nvariable \"given\" {\n  default = 1\n}\noutput \"x\" {\n  value = var.other\n}\n",
        ),
    ]);
    assert_eq!(
        estate.undeclared(),
        [
            "app/more.tf:1:1: terraform_data.twice is declared twice: main.tf declares it too",
            "app/main.tf:13:3: module.web takes no argument wrong",
            "app/main.tf:11:1: module.web lacks the argument needed, for which its module has no default",
            "app/main.tf:2:7: var.gone is not declared in the root module",
            "app/main.tf:3:7: local.gone is not declared in the root module",
            "app/main.tf:4:7: module.gone is not declared in the root module",
            "app/main.tf:5:7: module.web has no output gone",
            "app/main.tf:6:7: terraform_data.gone is not declared in the root module",
            "app/main.tf:7:12: data.aws_vpc.gone is not declared in the root module",
            "app/main.tf:8:40: var.also_gone is not declared in the root module",
            "web/main.tf:6:11: var.other is not declared in the module ../web",
        ]
    );
}

#[test]
fn what_only_looks_like_a_reference_is_none() {
    let estate = Estate::of(&[
        (
            "app/main.tf",
            r#"terraform {
  required_providers {
    aws = { source = "hashicorp/aws", configuration_aliases = [my_aws.west] }
  }
}
moved {
  from = aws_instance.before
  to   = aws_instance.web
}
import {
  to = aws_instance.imported
  id = "x"
}
resource "aws_instance" "web" {
  provider = my_aws.west
  dynamic "ebs_block_device" {
    for_each = var.disks
    content { device_name = ebs_block_device.value.name }
  }
  dynamic "tag" {
    for_each = var.disks
    iterator = my_tag
    content { key = my_tag.value.key }
  }
  user_data = <<-EOT
    %{for disk_name in var.disks~}
    ${disk_name.path} ${local.from_json} ${each.key} ${path.module}
    %{endfor~}
  EOT
  lifecycle { ignore_changes = [root_block_device[0].volume_size, launch_template.version] }
}
module "web" {
  for_each  = { a = 1 }
  source    = "../web"
  providers = { aws = my_aws.west }
  needed    = { for a_key, a_value in var.disks : a_key.x => a_value.y }
}
check "up" {
  data "http" "site" { url = "https://x" }
  assert {
    condition     = data.http.site.status_code == 200
    error_message = "down"
  }
}
output "all" { value = [module.web["a"].x, module.web["a"], values(module.web)[*].x, data.http.json.body] }
"#,
        ),
        (
            "app/more.tf.json",
            r#"{"variable": {"disks": {"default": []}}, "locals": {"from_json": 1}, "data": {"http": {"json": {"url": "x"}}}}"#,
        ),
        // What an override adds is there, and is no second declaration.
        ("app/web_override.tf", "module \"web\" {\n  also = 1\n}\nvariable \"disks\" {\n  default = []\n}\n"),
        ("web/main.tf", "variable \"needed\" {}\nvariable \"also\" {}\noutput \"x\" { value = 1 }\n"),
    ]);
    assert_eq!(estate.undeclared(), Vec::<String>::new());
}

#[test]
fn what_terraform_judges_by_a_value_or_not_at_all_is_left_to_it() {
    let main = r#"provider "kubernetes" {
  host = data.aws_eks_cluster.gone.endpoint
}
provider "aws" {
  alias  = "unused"
  region = var.gone_unused
}
provider "aws" {
  alias  = "used"
  region = var.gone_used
}
resource "aws_sqs_queue" "q" {
  provider = aws.used
  # An object takes the last of a key that it has twice.
  tags = { a = "1", a = var.gone_tag, "a" = "eu-west-1" }
}
module "web" {
  source = "../web"
}
output "a" { value = try(module.web.gone, null) }
output "b" { value = can(module.web.gone) ? module.web.gone : module.web.x }
output "c" { value = try(module.nowhere.x, var.gone_tried) }
output "d" { value = [module.web.gone] }
"#;
    let estate = Estate::of(&[("app/main.tf", main), ("web/main.tf", "output \"x\" { value = 1 }\n")]);
    assert_eq!(
        estate.undeclared(),
        [
            "app/main.tf:10:12: var.gone_used is not declared in the root module",
            "app/main.tf:15:25: var.gone_tag is not declared in the root module",
            "app/main.tf:22:26: module.nowhere is not declared in the root module",
            "app/main.tf:22:44: var.gone_tried is not declared in the root module",
            "app/main.tf:23:23: module.web has no output gone",
        ]
    );
}

#[test]
fn a_resource_that_would_replace_another_need_not_be_there() {
    let main = r#"resource "aws_sqs_queue" "q" {
  name = aws_sns_topic.gone.name
  lifecycle {
    replace_triggered_by = [aws_sns_topic.gone, aws_sns_topic.gone[count.index].name, var.gone]
  }
}
"#;
    // As `terraform validate` has it, which takes the first two of the list and not the variable.
    assert_eq!(
        Estate::of(&[("app/main.tf", main)]).undeclared(),
        [
            "app/main.tf:2:10: aws_sns_topic.gone is not declared in the root module",
            "app/main.tf:4:87: var.gone is not declared in the root module",
        ]
    );
}

/// All above the third block goes, empty lines included.
const GLOBAL_FIRST: &str = r#"resource "aws_iam_role" "app" {}


resource "aws_iam_instance_profile" "app" {}

resource "aws_instance" "web" {
  subnet_id            = "x-eu-west-1"
  iam_instance_profile = aws_iam_instance_profile.app.name
}
"#;

#[test]
fn what_is_asked_below_a_block_that_goes_is_not_told_either() {
    let estate = Estate::of(&[("app/main.tf", GLOBAL_FIRST)]);
    let rebuild = Rebuild::new(&estate.plan, estate.plan.default_into());
    let prepared = estate.prepare(&rebuild);
    assert_eq!(prepared.retargeted.open.len(), 1, "{:#?}", prepared.retargeted.open);
    assert!(prepared.retargeted.files[Path::new("main.tf")].starts_with(b"resource \"aws_instance\""));
    let taken: String = prepared.retargeted.edits.iter().map(|edit| edit.old.as_str()).collect();
    assert_eq!(taken.matches('\n').count(), 5, "each line that went is in an edit: {taken:?}");
    assert_eq!(estate.undeclared(), [""; 0]);
}

/// Lines before it go, and others are added; a word of its line becomes longer.
const BAD: &str = r#"terraform {
  backend "local" {
    path = "terraform.tfstate"
  }
}

# The record is the
# primary's alone.
resource "terraform_data" "record" {
  input = "x"
}

resource "terraform_data" "ok" {
  input = {
    zone   = "eu-west-1a" # first
    record = terraform_data.record.input
  }
}

resource "terraform_data" "bad" {
  input = "eu-west-1-${terraform_data.ok.input}-${terraform_data.ok.nope}"
}
"#;

#[tokio::test]
async fn terraforms_own_words_have_the_place_in_the_source() {
    let estate = Estate::of(&[
        ("app/main.tf", &format!("{BAD}\nmodule \"m\" {{\n  source = \"../m\"\n}}\n")),
        (
            "m/main.tf",
            "resource \"terraform_data\" \"old\" {\n}\n\nresource \"terraform_data\" \"typed\" {\n  triggers_replace = tonumber(\"eu-west-1\")\n}\n",
        ),
    ]);
    let rebuild = Rebuild::new(&estate.plan, estate.plan.default_into());
    let prepared = estate.prepare(&rebuild);
    assert_eq!(prepared.retargeted.open, []);
    rebuild.write(&prepared).expect("written");
    let program = Program::find(None, &std::env::var_os("PATH").unwrap_or_default()).await.expect("terraform on PATH");
    let mut root = rebuild.root("app", &program);
    let config = estate.dir.path().join("empty.tfrc");
    std::fs::write(&config, "").expect("written");
    root.env.insert("TF_CLI_CONFIG_FILE".to_owned(), config.display().to_string());
    let cancel = Cancel::never();
    rebuild.init(&prepared, &root, &cancel).await.expect("initialized");
    let error = rebuild.plan(&prepared, &root, &[], false, &cancel, &mut |_| {}).await.map(drop).expect_err("refused");
    let RebuildError::Terraform { source, .. } = &error else { panic!("{error:?}") };
    let mut told: Vec<String> = source
        .findings()
        .iter()
        .map(|finding| estate.told(finding).split(": ").take(2).collect::<Vec<_>>().join(": "))
        .collect();
    told.sort();
    assert_eq!(
        told,
        ["app/main.tf:21:68: Unsupported attribute", "m/main.tf:5:32: Invalid function argument"],
        "{error:?}"
    );
    let span = error.span().expect("a place");
    assert!(span.file.contains("/live/"), "the source is shown: {span}");
    let remedy = error.remedy().expect("a remedy");
    let line = if span.file.ends_with("m/main.tf") { "main.tf:5:" } else { "app/main.tf:15:" };
    assert!(remedy.contains(&format!("in the generated root ({}", prepared.root.display())), "{remedy}");
    assert!(remedy.contains(line), "{remedy}");
    let RunError::Failed { .. } = &**source else { panic!("{source:?}") };
}

#[tokio::test]
async fn what_init_refuses_has_the_place_in_the_source_too() {
    let text = format!("{BAD}resource \"terraform_data\" \"no label\" {{\n}}\n");
    let text = text.replace("terraform_data.ok.nope", "terraform_data.ok.id");
    let estate = Estate::of(&[("app/main.tf", &text)]);
    let rebuild = Rebuild::new(&estate.plan, estate.plan.default_into());
    let prepared = estate.prepare(&rebuild);
    rebuild.write(&prepared).expect("written");
    let program = Program::find(None, &std::env::var_os("PATH").unwrap_or_default()).await.expect("terraform on PATH");
    let root = rebuild.root("app", &program);
    let error = rebuild.init(&prepared, &root, &Cancel::never()).await.expect_err("refused");
    let RebuildError::Terraform { source, .. } = &error else { panic!("{error:?}") };
    let words = source.to_string();
    let source = Path::new(&estate.dir.path().join("live/app/main.tf")).display().to_string();
    assert!(words.contains(&format!("on {source} line 23")), "{words}");
    assert!(words.contains("(in the generated root: main.tf line 17"), "{words}");
}

#[tokio::test]
async fn a_provider_that_cannot_be_found_is_told_where_it_is_wanted() {
    let required =
        "# Nobody publishes it.\nterraform {\n  required_providers {\n    zzz = { source = \"acme/zzz\" }\n  }\n}\n";
    let misspelt = "resource \"terraform_data\" \"a\" {\n}\n\nresource \"awz_instance\" \"b\" {\n}\n";
    for (text, place) in [(required, "app/main.tf:4:5"), (misspelt, "app/main.tf:4:1")] {
        let estate = Estate::of(&[("app/main.tf", text)]);
        let rebuild = Rebuild::new(&estate.plan, estate.plan.default_into());
        let prepared = estate.prepare(&rebuild);
        rebuild.write(&prepared).expect("written");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = Program::find(None, &path).await.expect("terraform on PATH");
        let mut root = rebuild.root("app", &program);
        let (mirror, config) = (estate.dir.path().join("mirror"), estate.dir.path().join("mirror.tfrc"));
        std::fs::create_dir(&mirror).expect("made");
        let mirrored = format!("provider_installation {{\n  filesystem_mirror {{ path = {mirror:?} }}\n}}\n");
        std::fs::write(&config, mirrored).expect("written");
        root.env.insert("TF_CLI_CONFIG_FILE".to_owned(), config.display().to_string());
        let error = rebuild.init(&prepared, &root, &Cancel::never()).await.expect_err("refused");
        assert_eq!(error.code(), codes::T_NO_PROVIDER, "{error:?}");
        let told = error.span().expect("a place").to_string();
        assert!(told.ends_with(&format!("live/{place}")), "{told}");
        let RebuildError::Terraform { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains(&format!("{}", mirror.display())), "where it looked: {source}");
        assert!(error.remedy().expect("a remedy").contains("TF_CLI_CONFIG_FILE"));
    }
}

#[test]
fn a_reference_that_is_asked_about_is_not_told_twice() {
    let estate = Estate::of(&[("app/main.tf", BAD)]);
    let rebuild = Rebuild::new(&estate.plan, estate.plan.default_into());
    let prepared = rebuild.prepare("app", &RegionMap::default(), None).expect("prepared");
    let asked = prepared.retargeted.open.iter().filter(|question| question.what.contains("record"));
    assert_eq!(asked.count(), 1, "the value is not known, and is asked");
    let undeclared = prepared.retargeted.notes.iter().filter(|finding| finding.code == codes::R_UNDECLARED);
    assert_eq!(undeclared.count(), 0, "and what is asked is not told twice");
}
