//! The whole job with the real program, on roots whose only resource is the built-in `terraform_data` and
//! whose states are files: no plugin, no network, no AWS.

mod world;

use pilotlight_findings::{Explain, Region, Severity, codes};
use pilotlight_plan::Inputs;
use pilotlight_rebuild::{CatalogError, Image, Rebuild, RegionCatalog, SourceTree, retarget};
use pilotlight_terraform::{Cancel, InitOptions, PlanOptions, Program, Root};
use pilotlight_tfstate::State;
use std::path::Path;
use world::World;

struct Catalog {
    primary_answers: bool,
}

#[async_trait::async_trait]
impl RegionCatalog for Catalog {
    async fn zones(&self, region: &Region) -> Result<Vec<String>, CatalogError> {
        if region.as_str() == "eu-west-1" && !self.primary_answers {
            return Err(CatalogError {
                region: region.clone(),
                what: "availability zones",
                reason: "connection refused".to_owned(),
                remedy: None,
            });
        }
        Ok(["b", "a"].map(|letter| format!("{region}{letter}")).to_vec())
    }

    async fn images(&self, region: &Region, ids: &[String]) -> Result<Vec<Image>, CatalogError> {
        if !self.primary_answers {
            return Err(CatalogError {
                region: region.clone(),
                what: "images",
                reason: "connection refused".to_owned(),
                remedy: None,
            });
        }
        let known = ids.iter().filter(|id| id.ends_with("aaaa"));
        Ok(known
            .map(|id| Image {
                id: id.clone(),
                name: "al2023".to_owned(),
                owner: "137112412989".to_owned(),
                architecture: "x86_64".to_owned(),
                ..Image::default()
            })
            .collect())
    }

    async fn images_named(&self, _: &Region, name: &str, owner: &str) -> Result<Vec<Image>, CatalogError> {
        let image = |id: &str, architecture: &str| Image {
            id: id.to_owned(),
            name: name.to_owned(),
            owner: owner.to_owned(),
            architecture: architecture.to_owned(),
            ..Image::default()
        };
        Ok(vec![image("ami-0bbbbbbbbbbbbbbbb", "x86_64"), image("ami-0eeeeeeeeeeeeeeee", "arm64")])
    }
}

const PLAN: &str = r#"
plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source     = "../live/app"
  state      = "file:../live/app/terraform.tfstate"
  depends_on = ["network"]
  standby {
    set "terraform_data.size" { input = "small" }
    exclude = ["terraform_data.record"]
  }
}
stack "network" {
  source = "../live/network"
  state  = "file:../live/network/terraform.tfstate"
}
"#;

const NETWORK: &str = r#"locals {
  subnets = {
    "eu-west-1a" = "10.20.0.0/20" # first
    "eu-west-1b" = "10.20.16.0/20"
  }
}

resource "terraform_data" "subnet" {
  for_each = local.subnets
  input    = { zone = each.key, cidr = each.value }
}

output "subnets" {
  value = { for zone, subnet in terraform_data.subnet : zone => subnet.id }
}
"#;

const APP: &str = r#"terraform {
  backend "local" {
    path = "terraform.tfstate"
  }
}

data "terraform_remote_state" "network" {
  backend = "local"
  config = {
    path = "../network/terraform.tfstate"
  }
}

module "web" {
  source = "../modules/web"

  subnets = data.terraform_remote_state.network.outputs.subnets
}

resource "terraform_data" "size" {
  input = "large"
}

resource "terraform_data" "record" {
  input = "app.shop.test"
}

output "record" {
  value = terraform_data.record.input
}
"#;

const WEB: &str = r#"variable "subnets" { type = map(string) }

resource "terraform_data" "instance" {
  for_each = var.subnets
  input    = { image = "ami-0aaaaaaaaaaaaaaaa", subnet = each.value, name = "web-${each.key}" }
}
"#;

struct Estate {
    dir: tempfile::TempDir,
    program: Program,
}

impl Estate {
    /// The primary, applied.
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (path, text) in [
            ("plans/t.hcl", PLAN),
            ("live/network/main.tf", NETWORK),
            ("live/app/main.tf", APP),
            ("live/modules/web/main.tf", WEB),
            ("empty.tfrc", ""),
        ] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let program =
            Program::find(None, &std::env::var_os("PATH").unwrap_or_default()).await.expect("terraform on PATH");
        let estate = Self { dir, program };
        for stack in ["network", "app"] {
            let root = estate.with_environment(Root::new(
                estate.program.clone(),
                stack,
                estate.dir.path().join("live").join(stack),
            ));
            root.init(&InitOptions::default(), &Cancel::never()).await.expect("init");
            root.plan(Path::new("p.tfplan"), &PlanOptions::default(), &Cancel::never(), &mut |_| {})
                .await
                .expect("plan");
            root.apply(Path::new("p.tfplan"), &Cancel::never(), &mut |_| {}).await.expect("apply");
        }
        estate
    }

    fn with_environment(&self, mut root: Root) -> Root {
        root.env.insert("TF_CLI_CONFIG_FILE".to_owned(), self.dir.path().join("empty.tfrc").display().to_string());
        root
    }

    fn state(&self, stack: &str) -> State {
        let file = self.dir.path().join("live").join(stack).join("terraform.tfstate");
        State::parse(&file.display().to_string(), &std::fs::read(&file).expect("a state")).expect("a state")
    }
}

#[tokio::test]
async fn a_standby_is_prepared_written_planned_applied_and_proved() {
    let estate = Estate::new().await;
    let file = estate.dir.path().join("plans/t.hcl").display().to_string();
    let plan = pilotlight_plan::parse(&file, PLAN, &Inputs::default()).expect("a plan");
    let rebuild = Rebuild::new(&plan, plan.default_into());
    let (map, notes) = rebuild.region_map(&Catalog { primary_answers: true }).await.expect("a map");
    assert!(notes.is_empty(), "{notes:#?}");
    assert_eq!(map.images["ami-0aaaaaaaaaaaaaaaa"], "ami-0bbbbbbbbbbbbbbbb");
    let states = [estate.state("network"), estate.state("app")];
    let references: Vec<&State> = states.iter().collect();
    let cancel = Cancel::never();
    let order: Vec<&str> = plan.stacks_in_order().iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(order, ["network", "app"]);
    for (stack, primary) in order.iter().zip(&states) {
        let prepared = rebuild.prepare(stack, &map, Some(primary)).expect("prepared");
        assert!(prepared.retargeted.open.is_empty(), "{:#?}", prepared.retargeted.open);
        rebuild.write(&prepared).expect("written");
        let root = estate.with_environment(rebuild.root(stack, &estate.program));
        assert_eq!(root.unformatted(&cancel).await.expect("fmt"), Vec::<String>::new(), "{}", prepared.diff);
        rebuild.init(&prepared, &root, &cancel).await.expect("initialized");
        let planned = rebuild.plan(&prepared, &root, &references, true, &cancel, &mut |_| {}).await.expect("planned");
        assert!(planned.is_clean(), "{:#?}", planned.findings);
        assert!(
            planned.outcome.changes && planned.text.as_deref().is_some_and(|text| text.contains("will be created"))
        );
        assert!(root.validate(&cancel).await.expect("validate").valid);
        rebuild.apply(&prepared, &root, std::future::ready(()), &cancel, &mut |_| {}).await.expect("applied");
        assert!(!planned.outcome.file.exists(), "the saved plan holds secrets");
        let verified = rebuild.verify(&prepared, &root, primary, &cancel, &mut |_| {}).await.expect("verified");
        assert!(verified.settled && verified.parity.holds(), "{:#?}", verified.findings);
        assert!(verified.findings.iter().all(|finding| finding.severity < Severity::Error));
    }
    let standby = std::fs::read_to_string(rebuild.root_of("app").join("terraform.tfstate")).expect("a state");
    assert!(
        standby.contains("ami-0bbbbbbbbbbbbbbbb")
            && standby.contains("web-eu-central-1a")
            && standby.contains("\"small\"")
    );
    assert!(!standby.contains("eu-west-1"), "{standby}");

    // The standby is changed behind our back: parity tells, and so does Terraform.
    let prepared = rebuild.prepare("network", &map, Some(&states[0])).expect("prepared");
    assert!(rebuild.write(&prepared).expect("written").written.is_empty(), "the same source gives the same root");
    let changed = rebuild.root_of("network").join("main.tf");
    std::fs::write(&changed, std::fs::read_to_string(&changed).expect("read").replace("10.20.16.0/20", "10.99.0.0/20"))
        .expect("written");
    let root = estate.with_environment(rebuild.root("network", &estate.program));
    let verified = rebuild.verify(&prepared, &root, &states[0], &cancel, &mut |_| {}).await.expect("verified");
    assert!(!verified.settled);
    assert!(
        verified
            .findings
            .iter()
            .any(|finding| finding.code == codes::R_NOT_SETTLED && finding.message.contains("eu-central-1b")),
        "{:#?}",
        verified.findings
    );
}

#[tokio::test]
async fn with_the_primary_gone_zones_go_by_their_letter_and_images_are_asked_for() {
    let estate = Estate::new().await;
    let file = estate.dir.path().join("plans/t.hcl").display().to_string();
    let plan = pilotlight_plan::parse(&file, PLAN, &Inputs::default()).expect("a plan");
    let rebuild = Rebuild::new(&plan, plan.default_into());
    let (map, notes) = rebuild.region_map(&Catalog { primary_answers: false }).await.expect("a map");
    assert_eq!(map.zones["eu-west-1b"], "eu-central-1b");
    assert_eq!(notes.len(), 2, "{notes:#?}");
    let prepared = rebuild.prepare("app", &map, Some(&estate.state("app"))).expect("prepared");
    assert_eq!(prepared.retargeted.open.len(), 1);
    assert_eq!(
        prepared.retargeted.open[0].plan_line.as_deref(),
        Some("map = { \"ami-0aaaaaaaaaaaaaaaa\" = \"ami-…\" }")
    );
    let error = rebuild.write(&prepared).expect_err("a question is open");
    assert_eq!(error.code(), codes::R_OPEN_QUESTION);
    assert!(!prepared.root.exists(), "nothing is written");
}

/// The sample estate is formatted, and so is its standby.
#[tokio::test]
async fn the_sample_estates_standby_is_formatted() {
    let world = World::shop();
    let program = Program::find(None, &std::env::var_os("PATH").unwrap_or_default()).await.expect("terraform on PATH");
    for stack in ["network", "app"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/shop").join(stack);
        let result =
            retarget(&SourceTree::load(&source).expect("a source"), &world.input(stack, None)).expect("retargeted");
        let dir = tempfile::tempdir().expect("a folder");
        for (path, bytes) in &result.files {
            std::fs::write(dir.path().join(path), bytes).expect("written");
        }
        for folder in [source.as_path(), dir.path()] {
            let root = Root::new(program.clone(), stack, folder);
            assert_eq!(
                root.unformatted(&Cancel::never()).await.expect("fmt"),
                Vec::<String>::new(),
                "{}",
                folder.display()
            );
        }
    }
}
