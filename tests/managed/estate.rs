//! The till: its Terraform, its databases, and what others say of it.

use pilotlight_lab::dns::query;
use pilotlight_lab::{PRIMARY_REGION, STANDBY_REGION};
use pilotlight_tests::{Ended, Rehearsal, Running};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The plan, from the lab's folder.
pub(crate) const PLAN: &str = "plans/till.hcl";

/// The record that customers use.
pub(crate) const RECORD: &str = "till.shop.test";

/// The root in the primary region, and the generated one.
const ROOTS: [&str; 2] = ["till", "plans/.pilotlight/till/standby/till"];

/// A replica takes the emulator seconds; on a machine that compiles besides, more.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a table has in a region: capacity to read and to write.
pub(crate) type Capacity = (u64, u64);

/// The till as AWS, DNS and the databases tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct World {
    /// The region that the record leads to.
    pub(crate) traffic: &'static str,
    /// The region whose PostgreSQL takes writes.
    pub(crate) orders: &'static str,
    /// The region whose cluster is the writer of the global database.
    pub(crate) ledger: &'static str,
    /// How many workers the standby's group has, all of them healthy.
    pub(crate) workers: u64,
    /// The standby's table.
    pub(crate) carts: Capacity,
}

impl World {
    /// On a normal day: the standby is a pilot light.
    pub(crate) const AT_HOME: Self =
        Self { traffic: PRIMARY_REGION, orders: PRIMARY_REGION, ledger: PRIMARY_REGION, workers: 1, carts: (2, 1) };
    /// After a failover: the standby is as large as the primary.
    pub(crate) const AWAY: Self =
        Self { traffic: STANDBY_REGION, orders: STANDBY_REGION, ledger: STANDBY_REGION, workers: 3, carts: (20, 10) };
}

/// The estate, made.
pub(crate) struct Till<'l> {
    pub(crate) lab: &'l Rehearsal,
    /// Where customers are served, by region.
    fronts: [(&'static str, String); 2],
    /// The instance of the primary region: `orders`, then what failbacks made.
    primary: String,
    /// How many replicas there were: each has a name of its own, as nothing is deleted.
    replicas: u32,
}

impl<'l> Till<'l> {
    /// Makes it: Terraform in the primary region, the databases by RDS's API, the standby by `pilotlight rebuild`.
    pub(crate) fn make(lab: &'l Rehearsal) -> Self {
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("managed/estate");
        copy(&files, &lab.path("."));
        for arguments in [&["init", "-input=false"][..], &["apply", "-input=false", "-auto-approve", "-no-color"]] {
            terraform(lab, ROOTS[0], arguments).end().expect(0);
        }
        let mut till = Self {
            lab,
            fronts: [(PRIMARY_REGION, String::new()), (STANDBY_REGION, String::new())],
            primary: "orders".to_owned(),
            replicas: 0,
        };
        till.make_databases();
        lab.pilotlight(&["rebuild", PLAN, "--apply", "--yes"]).expect(0);
        till.fronts = [0, 1].map(|side| {
            let front = terraform(lab, ROOTS[side], &["output", "-json", "front"]).end().expect(0).json();
            (till.fronts[side].0, front.as_str().expect("an address").to_owned())
        });
        till.make_record();
        till
    }

    fn make_databases(&mut self) {
        let lab = self.lab;
        let account = ["--master-username", "till", "--master-user-password", "not-a-secret"];
        let orders = ["rds", "create-db-instance", "--region", PRIMARY_REGION, "--db-instance-identifier", "orders"];
        let more = ["--db-instance-class", "db.t3.micro", "--engine", "postgres", "--allocated-storage", "20"];
        // Its data is the lab's PostgreSQL of the region.
        let tags = ["--tags", "Key=lab:postgres,Value=orders"];
        lab.aws(&[&orders[..], &more, &account, &tags].concat());
        self.make_replica();
        let aurora = ["--engine", "aurora-postgresql"];
        let global = ["rds", "create-global-cluster", "--global-cluster-identifier", "ledger"];
        lab.aws(&[&global[..], &aurora].concat());
        for region in [PRIMARY_REGION, STANDBY_REGION] {
            let cluster = ["rds", "create-db-cluster", "--region", region, "--db-cluster-identifier", "ledger"];
            let joins = ["--global-cluster-identifier", "ledger"];
            // A secondary has the accounts of its primary.
            let account = if region == PRIMARY_REGION { &account[..] } else { &[] };
            lab.aws(&[&cluster[..], &joins, &aurora, account].concat());
        }
    }

    /// Makes a read replica in the standby region, of what is the primary by now.
    fn make_replica(&mut self) {
        self.replicas += 1;
        let source = self.instance(PRIMARY_REGION, &self.primary)["DBInstanceArn"].clone();
        let (source, replica) = (source.as_str().expect("an ARN"), self.replica());
        let create = ["rds", "create-db-instance-read-replica", "--region", STANDBY_REGION];
        let named = ["--db-instance-identifier", &replica, "--source-db-instance-identifier", source];
        self.lab.aws(&[&create[..], &named].concat());
        let deadline = Instant::now() + PATIENCE;
        while self.instance(STANDBY_REGION, &replica)["DBInstanceStatus"] != "available" {
            assert!(Instant::now() < deadline, "{replica} is not available within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// The read replica of the standby region.
    pub(crate) fn replica(&self) -> String {
        match self.replicas {
            1 => "orders-replica".to_owned(),
            more => format!("orders-replica-{more}"),
        }
    }

    fn make_record(&self) {
        let lab = self.lab;
        let zone = lab.aws(&["route53", "create-hosted-zone", "--name", "shop.test", "--caller-reference", "till"]);
        let zone = zone["HostedZone"]["Id"].as_str().expect("a zone").to_owned();
        let set = json!({ "Name": RECORD, "Type": "A", "TTL": 5, "ResourceRecords": [{ "Value": self.fronts[0].1 }] });
        let batch = json!({ "Changes": [{ "Action": "CREATE", "ResourceRecordSet": set }] }).to_string();
        lab.aws(&["route53", "change-resource-record-sets", "--hosted-zone-id", &zone, "--change-batch", &batch]);
    }

    /// An instance as RDS describes it.
    pub(crate) fn instance(&self, region: &str, identifier: &str) -> Value {
        let describe = ["rds", "describe-db-instances", "--region", region, "--db-instance-identifier", identifier];
        self.lab.aws(&describe)["DBInstances"][0].clone()
    }

    /// The global database as RDS describes it.
    pub(crate) fn ledger(&self) -> Value {
        let describe = ["rds", "describe-global-clusters", "--region", STANDBY_REGION];
        self.lab.aws(&[&describe[..], &["--global-cluster-identifier", "ledger"]].concat())["GlobalClusters"][0].clone()
    }

    /// What there is, asked of everybody but Pilotlight.
    pub(crate) fn world(&self) -> World {
        let lab = self.lab;
        let group = ["autoscaling", "describe-auto-scaling-groups", "--region", STANDBY_REGION];
        let group = lab.aws(&[&group[..], &["--auto-scaling-group-names", "till-workers"]].concat());
        let group = &group["AutoScalingGroups"][0];
        let instances = group["Instances"].as_array().expect("instances");
        let healthy = instances.iter().filter(|one| one["HealthStatus"] == "Healthy").count() as u64;
        assert_eq!(group["DesiredCapacity"], healthy, "{group:#}");
        let table = lab.aws(&["dynamodb", "describe-table", "--region", STANDBY_REGION, "--table-name", "till-carts"]);
        let capacity = |name: &str| table["Table"]["ProvisionedThroughput"][name].as_u64().expect("a capacity");
        World {
            traffic: self.traffic(),
            orders: self.orders(),
            ledger: self.writer(),
            workers: healthy,
            carts: (capacity("ReadCapacityUnits"), capacity("WriteCapacityUnits")),
        }
    }

    /// Tells when an executor was killed, and after which event.
    pub(crate) fn say_killed(&self, what: &str, kill: usize, after: Duration, runs_before: usize) {
        let (now, newest) = self.newest();
        let last = newest.filter(|_| now > runs_before).and_then(|run| self.lab.last_event(&run));
        let last = last.map_or_else(|| "not begun".to_owned(), |event| event["what"].to_string());
        self.lab.say(&format!("{what} killed ({kill}) after {after:?}: {last:.120}"));
    }

    fn traffic(&self) -> &'static str {
        let handle = self.lab.lab().handle();
        let answers = handle.name_servers.iter().chain([&handle.resolver]).map(|server| {
            let answer = self.lab.wait(query::ask(*server, RECORD, "A")).expect("a DNS answer");
            let front = self.fronts.iter().find(|(_, front)| answer.values == [front.clone()]);
            front.unwrap_or_else(|| panic!("{server} answers {answer:?}, and neither front")).0
        });
        let answers: Vec<&str> = answers.collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "the servers differ: {answers:?}");
        self.fronts.iter().find(|(region, _)| *region == answers[0]).expect("one of both").0
    }

    /// The one region whose PostgreSQL takes writes: where an order can be placed.
    fn orders(&self) -> &'static str {
        let placed = self.fronts.iter().filter(|(_, front)| place_order(front));
        let placed: Vec<&'static str> = placed.map(|(region, _)| *region).collect();
        let [region] = placed[..] else { panic!("one database takes writes: {placed:?}") };
        region
    }

    fn writer(&self) -> &'static str {
        let ledger = self.ledger();
        let members = ledger["GlobalClusterMembers"].as_array().expect("members");
        let writers: Vec<&Value> = members.iter().filter(|member| member["IsWriter"] == true).collect();
        let [writer] = writers[..] else { panic!("one writer: {ledger:#}") };
        let arn = writer["DBClusterArn"].as_str().expect("an ARN");
        [PRIMARY_REGION, STANDBY_REGION].into_iter().find(|region| arn.contains(region)).expect("one of both")
    }

    /// The world is this one.
    #[track_caller]
    pub(crate) fn expect(&self, world: World) {
        assert_eq!(self.world(), world);
    }

    /// Terraform has nothing to change on either side.
    pub(crate) fn expect_no_changes(&self) {
        let plan = ["plan", "-detailed-exitcode", "-input=false", "-no-color"];
        let running = ROOTS.map(|root| (root, terraform(self.lab, root, &plan)));
        for (root, running) in running {
            let ended = running.end();
            assert_eq!(ended.code, Some(0), "terraform has changes in {root}:\n{}", ended.story());
        }
    }

    /// What a person does after a failback: a new replica in the standby region, and the plan names what there is now.
    pub(crate) fn make_ready_again(&mut self) {
        let (primary, replica) = (self.primary.clone(), self.replica());
        self.primary = format!("orders-{}", self.replicas + 1);
        assert!(self.instance(PRIMARY_REGION, &self.primary)["ReadReplicaSourceDBInstanceIdentifier"].is_null());
        self.make_replica();
        let plan = self.lab.path(PLAN);
        let text = std::fs::read_to_string(&plan).expect("the plan");
        let line = |name: &str, value: &str| format!("{name:<16} = \"{value}\"\n");
        let next = format!("orders-{}", self.replicas + 1);
        let text = text
            .replace(&line("failback_replica", &self.primary), &line("failback_replica", &next))
            .replace(&line("primary", &primary), &line("primary", &self.primary))
            .replace(&line("standby", &replica), &line("standby", &self.replica()));
        assert!(text.contains(&line("failback_replica", &next)), "{text}");
        std::fs::write(plan, text).expect("the plan");
    }

    /// A run's report.
    pub(crate) fn report(&self, run: &str) -> Value {
        self.lab.report_of(PLAN, run)
    }

    /// How many runs there are, and the newest.
    pub(crate) fn newest(&self) -> (usize, Option<String>) {
        let runs = self.lab.runs();
        (runs.len(), runs.last().cloned())
    }
}

fn terraform(lab: &Rehearsal, root: &str, arguments: &[&str]) -> Running {
    let mut command = lab.other("terraform", arguments);
    command.current_dir(lab.path(root));
    Running::start(command)
}

/// Copies a folder over another.
fn copy(from: &Path, to: &PathBuf) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the estate's files") {
        let entry = entry.expect("a file");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("its type").is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("a copy")),
        }
    }
}

/// Places an order with a region's app; whether it was taken. An app whose database is a standby, or fenced, says 503,
/// and one of a region that is dark nothing.
fn place_order(front: &str) -> bool {
    let id = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    let order = format!("{{\"id\": \"till-{id}\"}}");
    let Ok(mut stream) = TcpStream::connect((front, 8080)) else { return false };
    let head =
        format!("POST /orders HTTP/1.1\r\nHost: {front}\r\nConnection: close\r\nContent-Length: {}\r\n", order.len());
    write!(stream, "{head}Content-Type: application/json\r\n\r\n{order}").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    match answer.split_whitespace().nth(1) {
        Some("201") => true,
        Some("503") => false,
        _ => panic!("the app at {front} says {answer:?}"),
    }
}

/// A run that came to its end.
pub(crate) fn succeeded(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.story());
}
