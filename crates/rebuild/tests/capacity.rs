//! What the standby region can hold: machine types that it lacks, and quotas that are short, with a region in memory.

mod world;

use async_trait::async_trait;
use pilotlight_findings::{Evidence, Finding, Region, Subject, codes};
use pilotlight_plan::Inputs;
use pilotlight_rebuild::{
    Amounts, CapacityCatalog, CatalogError, DatabaseEngine, MachineFacts, Needs, Offers, Parent, QuotaCheck,
    QuotaValues, Rebuild, RegionMap, Stock, Told, retarget,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use world::World;

/// A region that offers `m6i.large` in three zones and `c5.large` in one.
#[derive(Default)]
struct Memory {
    values: BTreeMap<&'static str, Vec<(&'static str, f64)>>,
    used: BTreeMap<Stock, Amounts>,
    denied: bool,
    asked: Mutex<Vec<String>>,
}

fn machine(name: &str, vcpus: u32, gib: u64) -> MachineFacts {
    MachineFacts {
        name: name.to_owned(),
        architectures: vec!["x86_64".to_owned()],
        vcpus,
        memory_mib: gib * 1024,
        processor: Some("Intel".to_owned()),
        ..MachineFacts::default()
    }
}

fn zones(letters: &[&str]) -> Vec<String> {
    letters.iter().map(|letter| format!("eu-central-1{letter}")).collect()
}

#[async_trait]
impl CapacityCatalog for Memory {
    async fn machine_facts(
        &self,
        region: &Region,
        names: Option<&[String]>,
    ) -> Result<Vec<MachineFacts>, CatalogError> {
        let mut all = vec![machine("m6i.large", 2, 8), machine("c5.large", 2, 4), machine("c6i.large", 2, 4)];
        if region.as_str() == "eu-west-1" {
            all.push(machine("m5.large", 2, 8));
        }
        Ok(all.into_iter().filter(|one| names.is_none_or(|names| names.contains(&one.name))).collect())
    }

    async fn machines_offered(&self, region: &Region, names: Option<&[String]>) -> Result<Offers, CatalogError> {
        self.asked
            .lock()
            .expect("no test has panicked")
            .push(format!("offers {region} {}", names.map_or(0, <[String]>::len)));
        let all = Offers::from([
            ("m6i.large".to_owned(), zones(&["a", "b", "c"])),
            ("c6i.large".to_owned(), zones(&["a", "b", "c"])),
            ("c5.large".to_owned(), zones(&["b"])),
        ]);
        Ok(all.into_iter().filter(|(name, _)| names.is_none_or(|names| names.contains(name))).collect())
    }

    async fn database_classes(
        &self,
        _: &Region,
        engine: &DatabaseEngine,
        class: Option<&str>,
    ) -> Result<Told<Offers>, CatalogError> {
        let all = match engine.name.as_str() {
            "postgres" => Offers::from([("db.m6i.large".to_owned(), zones(&["a", "b"]))]),
            _ => Offers::new(),
        };
        Ok(Told::Answer(all.into_iter().filter(|(name, _)| class.is_none_or(|class| class == name)).collect()))
    }

    async fn quotas(&self, region: &Region, service: &str) -> Result<Told<QuotaValues>, CatalogError> {
        self.asked.lock().expect("no test has panicked").push(format!("quotas {service}"));
        if self.denied {
            return Err(CatalogError {
                region: region.clone(),
                what: "quotas",
                reason: "access denied: no".to_owned(),
                remedy: None,
            });
        }
        let Some(values) = self.values.get(service) else { return Ok(Told::NotHere("no such service".to_owned())) };
        let values = values.iter().map(|(code, value)| ((*code).to_owned(), *value)).collect();
        Ok(Told::Answer(QuotaValues { values, only_defaults: None }))
    }

    async fn in_use(&self, _: &Region, stock: Stock) -> Result<Amounts, CatalogError> {
        self.asked.lock().expect("no test has panicked").push(format!("{stock:?}"));
        Ok(self.used.get(&stock).cloned().unwrap_or_default())
    }
}

const SOURCE: &str = r#"variable "size" {
  default = "m5.large"
  validation {
    condition     = contains(["m5.large", "m5.xlarge"], var.size)
    error_message = "no"
  }
}
locals {
  others = { big = "r5.24xlarge" }
}
resource "aws_instance" "a" {
  instance_type     = "c5.large"
  availability_zone = "eu-west-1a"
}
resource "aws_instance" "b" {
  instance_type     = var.size
  availability_zone = "eu-west-1a"
}
resource "aws_db_instance" "d" {
  instance_class    = "db.m5.large"
  engine            = "postgres"
  availability_zone = "eu-west-1a"
}
"#;

const STATE: &str = r#"[
  {"mode": "managed", "type": "aws_subnet", "name": "s", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"index_key": 0, "attributes": {"availability_zone": "eu-west-1a"}}, {"index_key": 1, "attributes": {"availability_zone": "eu-west-1b"}}]},
  {"mode": "managed", "type": "aws_instance", "name": "b", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"attributes": {"instance_type": "m5.large"}}]},
  {"mode": "managed", "type": "aws_db_instance", "name": "d", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"attributes": {"instance_class": "db.m5.large", "engine": "postgres", "engine_version": "16.4"}}]},
  {"mode": "managed", "type": "aws_instance", "name": "elsewhere", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"attributes": {"instance_type": "t9.micro"}}]}
]"#;

/// A plan of one stack, with this in its standby block, in a folder with its source.
fn plan(folder: &Path, standby: &str) -> pilotlight_plan::DrPlan {
    std::fs::create_dir_all(folder.join("app")).expect("a folder");
    std::fs::write(folder.join("app/main.tf"), SOURCE).expect("a source");
    let text = format!(
        "plan \"t\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n}}\n\
         stack \"app\" {{\n  source = \"app\"\n  state = \"file:app.tfstate\"\n  standby {{\n data \"aws_db_instance.d\" {{ from = \"empty\" }}\n {standby}\n }}\n}}\n"
    );
    let file = folder.join("plan.hcl");
    pilotlight_plan::parse(&file.display().to_string(), &text, &Inputs::default()).expect("a plan")
}

fn map() -> RegionMap {
    let pairs = ["a", "b", "c"].map(|letter| (format!("eu-west-1{letter}"), format!("eu-central-1{letter}")));
    RegionMap { zones: pairs.into_iter().collect(), ..RegionMap::default() }
}

async fn prepared(standby: &str) -> (Vec<(String, String)>, Vec<Finding>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = plan(folder.path(), standby);
    let rebuild = Rebuild::new(&plan, "out".into());
    let (state, catalog, mut map) = (world::state(STATE), Memory::default(), map());
    let mut findings =
        rebuild.look_up_machines(&catalog, &mut map, &[("app", &state)], codes::R_CATALOG).await.expect("a look-up");
    // What a kit keeps comes back as it was.
    let kept: RegionMap = serde_json::from_str(&serde_json::to_string(&map).expect("JSON")).expect("a map");
    assert_eq!(kept, map);
    let one = rebuild.prepare("app", &map, Some(&state)).expect("a source");
    let open = one.retargeted.open.iter().map(|question| {
        (
            format!("{}: {}: {}", question.span.start.line, question.what, question.needs),
            question.plan_line.clone().unwrap_or_default(),
        )
    });
    let open = open.collect();
    findings.extend(one.retargeted.notes.iter().filter(|note| note.code == codes::R_MACHINE).cloned());
    let text = String::from_utf8(one.retargeted.files[Path::new("main.tf")].clone()).expect("UTF-8");
    (open, findings, text)
}

#[tokio::test]
async fn what_the_standby_does_not_offer_is_asked_with_the_nearest_that_it_does() {
    let (open, findings, _) = prepared("").await;
    let asked = |line: &str, answer: &str| (line.to_owned(), answer.to_owned());
    // The zones in use are a and b; the table of choices and the validation ask nothing.
    assert_eq!(
        open,
        [
            asked(
                "2: eu-central-1 does not offer m5.large: m6i.large is the nearest one that it offers: say which one stands for it",
                "map = { \"m5.large\" = \"m6i.large\" }"
            ),
            asked(
                "12: eu-central-1a does not offer c5.large, eu-central-1b does: c6i.large is the nearest one that it \
                 offers: say which one stands for it, or c5.large itself where the other zones will do",
                "map = { \"c5.large\" = \"c6i.large\" }"
            ),
            asked(
                "20: eu-central-1 does not offer db.m5.large: db.m6i.large is the nearest one that it offers: say which one stands for it",
                "map = { \"db.m5.large\" = \"db.m6i.large\" }"
            ),
        ]
    );
    // Of what no file writes out, the map could replace nothing.
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(
        findings[0].message,
        "eu-central-1 does not offer t9.micro, which the primary runs; its source does not write it out"
    );
    assert!(matches!(&findings[0].subject, Subject::Resource { address, .. } if address == "aws_instance.elsewhere"));
}

#[tokio::test]
async fn the_answers_replace_the_types_and_nothing_is_asked_again() {
    let set = "set \"aws_instance.elsewhere\" { instance_type = \"m6i.large\" }";
    let standby = format!(
        "map = {{ \"m5.large\" = \"m6i.large\", \"c5.large\" = \"c5.large\", \"db.m5.large\" = \"db.m6i.large\" }}\n {set}"
    );
    let (open, findings, text) = prepared(&standby).await;
    assert_eq!(open, []);
    assert_eq!(findings, []);
    assert!(text.contains("default = \"m6i.large\"\n"), "{text}");
    assert!(text.contains("instance_type     = \"c5.large\"\n"), "{text}");
    assert!(text.contains("instance_class    = \"db.m6i.large\"\n"), "{text}");
}

#[tokio::test]
async fn an_answer_that_is_not_offered_either_is_told() {
    let (_, findings, _) = prepared("map = { \"m5.large\" = \"m5n.large\" }").await;
    let told = findings.iter().find(|finding| finding.code == codes::R_MACHINE).expect("a finding");
    assert_eq!(
        told.message,
        "eu-central-1 does not offer m5n.large, and the plan asks for it: map = { \"m5.large\" = \"m5n.large\" } of stack app"
    );
}

#[test]
fn without_a_look_up_nothing_is_asked() {
    let world = World::of(
        "plan \"t\" {\n primary { region = \"eu-west-1\" }\n standby { region = \"eu-central-1\" }\n}\nstack \"app\" {\n source = \"../app\"\n state = \"file:app.tfstate\"\n standby {\n data \"aws_db_instance.d\" { from = \"empty\" }\n }\n}\n",
    );
    let tree = pilotlight_rebuild::SourceTree::from_files("app", [("main.tf".into(), SOURCE.as_bytes().to_vec())])
        .expect("HCL");
    assert_eq!(retarget(&tree, &world.input("app", None)).expect("HCL").open, []);
}

fn amounts(kind: &str, amount: u64) -> Amounts {
    Amounts::from([(kind.to_owned(), amount)])
}

fn stack(name: &str) -> Subject {
    Subject::Stack { stack: name.to_owned(), side: None }
}

#[tokio::test]
async fn a_quota_that_is_short_is_told_with_its_numbers_and_the_command() {
    let catalog = Memory {
        values: BTreeMap::from([
            ("ec2", vec![("L-1216C47A", 32.0), ("L-0263D0A3", 5.0)]),
            ("vpc", vec![("L-FE5A380F", 2.0), ("L-0EA8095F", 60.0)]),
            ("ebs", vec![("L-7A658B76", 1.0)]),
        ]),
        used: BTreeMap::from([
            (Stock::Instances, amounts("c5.large", 12)),
            (Stock::NatGateways, Amounts::from([("eu-central-1a".to_owned(), 2), ("eu-central-1b".to_owned(), 1)])),
            (Stock::Addresses, amounts("", 4)),
            (Stock::Volumes, Amounts::from([("gp3".to_owned(), 900), ("gp2".to_owned(), 90_000)])),
        ]),
        ..Memory::default()
    };
    let region = Region::new("eu-central-1").expect("a region");
    let mut check = QuotaCheck::new(&catalog, &region, "t", &BTreeMap::new(), codes::R_CAPACITY_UNREAD);
    let mut needs = Needs::default();
    needs.amounts.insert(Stock::Instances, amounts("m6i.large", 8));
    needs
        .amounts
        .insert(Stock::NatGateways, Amounts::from([("eu-central-1a".to_owned(), 1), ("eu-central-1b".to_owned(), 1)]));
    needs.amounts.insert(Stock::Addresses, amounts("", 1));
    needs.amounts.insert(Stock::Volumes, amounts("gp3", 636));
    needs.most.insert(Parent::SecurityGroup, 75);
    let messages = |findings: &[Finding]| findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>();
    let findings = check.check(&stack("app"), &needs).await;
    assert_eq!(
        messages(&findings),
        [
            "the quota \"NAT gateways per Availability Zone\" is short by 1 in eu-central-1a: 2 allowed, 2 in use, 1 to be added",
            "the quota \"Inbound or outbound rules per security group\" allows 60, and one would have 75: 15 too many",
            "the quota \"Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances\" is short by 8 vCPUs: 32 vCPUs \
             allowed, 24 vCPUs in use, 16 vCPUs to be added",
            "the quota \"Storage for General Purpose SSD (gp3) volumes, in TiB\" is short by 0.50 TiB: 1 TiB allowed, \
             0.88 TiB in use, 0.62 TiB to be added",
        ]
    );
    assert_eq!(
        findings[2].remedy.as_deref(),
        Some(
            "ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A \
             --desired-value 40 --region eu-central-1"
        )
    );
    assert!(findings[2].evidence.contains(&Evidence::fact("short by", "8 vCPUs")));
    // The next stack adds to what this one takes, and what it adds nothing to is not told again.
    let mut more = Needs::default();
    more.amounts.insert(Stock::Addresses, amounts("", 1));
    let asked = catalog.asked.lock().unwrap().len();
    assert_eq!(
        messages(&check.check(&stack("web"), &more).await),
        ["the quota \"EC2-VPC Elastic IPs\" is short by 1: 5 allowed, 4 in use, 2 to be added"]
    );
    assert_eq!(catalog.asked.lock().unwrap().len(), asked, "everything was read once");
}

#[tokio::test]
async fn what_is_not_told_is_a_note_and_what_is_denied_is_unread() {
    let region = Region::new("eu-central-1").expect("a region");
    let mut needs = Needs::default();
    needs.amounts.insert(Stock::Databases, amounts("", 1));
    let catalog = Memory::default();
    let mut check = QuotaCheck::new(&catalog, &region, "t", &BTreeMap::new(), codes::R_CAPACITY_UNREAD);
    let findings = check.check(&stack("app"), &needs).await;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, codes::R_CAPACITY_UNKNOWN);
    assert_eq!(findings[0].message, "quotas of rds are not known in eu-central-1: no such service");
    assert_eq!(*catalog.asked.lock().unwrap(), ["quotas rds"], "what is in use matters to no quota");
    let catalog = Memory { denied: true, ..Memory::default() };
    let mut check = QuotaCheck::new(&catalog, &region, "t", &BTreeMap::new(), codes::R_CAPACITY_UNREAD);
    let findings = check.check(&stack("app"), &needs).await;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].code.is_unread());
    assert_eq!(
        findings[0].message,
        "quotas are not held against all that is needed: failed to ask eu-central-1 for its quotas: access denied: no"
    );
}

#[tokio::test]
async fn what_was_read_ahead_is_said_where_it_is_needed_and_not_before() {
    let region = Region::new("eu-central-1").expect("a region");
    let needs = |stocks: &[Stock]| {
        let mut needs = Needs::default();
        stocks.iter().for_each(|stock| drop(needs.amounts.insert(*stock, amounts("", 1))));
        needs
    };
    let catalog = Memory {
        values: BTreeMap::from([("ec2", vec![("L-0263D0A3", 5.0)])]),
        used: BTreeMap::from([(Stock::Addresses, amounts("", 5))]),
        ..Memory::default()
    };
    let mut check = QuotaCheck::new(&catalog, &region, "t", &BTreeMap::new(), codes::R_CAPACITY_UNREAD);
    check.anticipate(&needs(&[Stock::Databases, Stock::Addresses])).await;
    let asked = catalog.asked.lock().unwrap().len();
    let messages = |findings: &[Finding]| findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>();
    assert_eq!(messages(&check.check(&stack("none"), &needs(&[])).await), [""; 0]);
    assert_eq!(
        messages(&check.check(&stack("app"), &needs(&[Stock::Addresses])).await),
        ["the quota \"EC2-VPC Elastic IPs\" is short by 1: 5 allowed, 5 in use, 1 to be added"]
    );
    let of_databases = "quotas of rds are not known in eu-central-1: no such service";
    assert_eq!(messages(&check.check(&stack("db"), &needs(&[Stock::Databases])).await), [of_databases]);
    assert_eq!(messages(&check.check(&stack("db2"), &needs(&[Stock::Databases])).await), [""; 0], "it is said once");
    assert_eq!(catalog.asked.lock().unwrap().len(), asked, "everything was read ahead");
}
