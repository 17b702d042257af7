//! The reader against the real AWS provider and an AWS API emulator, with Terraform's own refresh as the judge.
//!
//! It starts the lab's emulator, and needs terraform on PATH and the provider in a mirror on this machine.

use pilotlight_drift::{LiveObject, LiveReader, LiveSnapshot, Nature, Readers, Routing, StackState, wanted};
use pilotlight_findings::Region;
use pilotlight_lab::Services;
use pilotlight_terraform::provider::{Environment, ProviderReader, ProviderSettings};
use pilotlight_terraform::{Cancel, InitOptions, PlanOptions, Program, Root};
use pilotlight_tfstate::State;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ROOT: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
  default_tags {
    tags = { team = "shop" }
  }
}
resource "aws_sqs_queue" "orders" {
  name = "orders"
  tags = { Name = "orders" }
}
resource "aws_sns_topic" "orders" { name = "orders" }
resource "aws_sns_topic_subscription" "orders" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.orders.arn
}
resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_ssm_parameter" "secret" {
  name  = "/orders/secret"
  type  = "SecureString"
  value = "hunter2"
}
resource "aws_cloudwatch_log_group" "orders" {
  name              = "orders"
  retention_in_days = 7
}
resource "aws_s3_bucket" "orders" { bucket = "orders-of-a-shop" }
resource "aws_s3_bucket_versioning" "orders" {
  bucket = aws_s3_bucket.orders.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_kms_key" "orders" { description = "orders" }
resource "aws_secretsmanager_secret" "orders" { name = "orders" }
resource "aws_cloudwatch_metric_alarm" "orders" {
  alarm_name          = "orders"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 60
  statistic           = "Average"
  threshold           = 10.5
  dimensions          = { QueueName = "orders" }
}
resource "aws_iam_role" "orders" {
  name = "orders"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
"#;

/// A root module that is applied to an emulator.
struct Estate {
    dir: tempfile::TempDir,
    environment: Environment,
    endpoint: String,
    _services: Services,
}

impl Estate {
    async fn apply() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
        let services = Services::start(dir.path(), &target.join("lab/cache"), None).await.expect("the emulator");
        let endpoint = services.handle().aws_endpoint.clone();
        let root = dir.path().join("root");
        std::fs::create_dir(&root).expect("a folder");
        std::fs::write(root.join("main.tf"), ROOT).expect("written");
        let config = cli_config(dir.path());
        let mut environment: Environment = ["PATH", "HOME", "TMPDIR"]
            .into_iter()
            .filter_map(|name| Some((name.into(), std::env::var_os(name)?)))
            .collect();
        environment.extend([
            ("TF_CLI_CONFIG_FILE".into(), config.into()),
            ("AWS_ENDPOINT_URL".into(), endpoint.clone().into()),
            ("AWS_ACCESS_KEY_ID".into(), "test".into()),
            ("AWS_SECRET_ACCESS_KEY".into(), "test".into()),
            ("AWS_EC2_METADATA_DISABLED".into(), "true".into()),
        ]);
        let estate = Self { dir, environment, endpoint, _services: services };
        estate.terraform(&["init", "-input=false"]);
        estate.terraform(&["apply", "-auto-approve", "-input=false", "-parallelism=20"]);
        estate
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    fn terraform(&self, args: &[&str]) -> Vec<u8> {
        let mut command = Command::new("terraform");
        command.args(args).current_dir(self.root()).env_clear().envs(&self.environment);
        let output = command.output().expect("terraform on PATH");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "terraform {args:?}: {said}");
        output.stdout
    }

    /// What Terraform itself reads now, by type and id; the state is left as it is.
    fn refreshed(&self) -> BTreeMap<(String, String), Map<String, Value>> {
        self.terraform(&["plan", "-refresh-only", "-input=false", "-out=refreshed.tfplan"]);
        let plan: Value =
            serde_json::from_slice(&self.terraform(&["show", "-json", "refreshed.tfplan"])).expect("json");
        let resources = plan["prior_state"]["values"]["root_module"]["resources"].as_array().expect("resources");
        let values = |resource: &Value| resource["values"].as_object().expect("values").clone();
        let key = |resource: &Value| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (text(&resource["type"]), text(&resource["values"]["id"]))
        };
        resources.iter().map(|resource| (key(resource), values(resource))).collect()
    }

    fn state(&self) -> State {
        let bytes = std::fs::read(self.root().join("terraform.tfstate")).expect("a state");
        State::parse("terraform.tfstate", &bytes).expect("a state")
    }

    async fn read(&self) -> LiveSnapshot {
        let mut settings = ProviderSettings::new(self.environment.clone(), self.dir.path().join("cache"));
        settings.stacks.insert("shop".to_owned(), Some(self.root()));
        let reader = ProviderReader::new(settings);
        let state = self.state();
        let stacks = [StackState::new("shop", Region::new("eu-west-1").expect("a region"), &state)];
        let readers = Readers { native: None, provider: Some(&reader) };
        let routing = Routing::of(&stacks, &readers);
        let queries = wanted(&stacks, &routing, false);
        assert_eq!(queries.provider.len(), 1, "one place");
        reader.read(&queries.provider[0]).await
    }

    /// A call to the emulator, past Terraform; it checks no signature.
    async fn call(&self, service: &str, target: &str, body: &Value) {
        let body = body.to_string();
        let host = self.endpoint.strip_prefix("http://").expect("http");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(host).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
    }
}

/// A configuration of the command line that installs the provider from this machine.
fn cli_config(folder: &Path) -> PathBuf {
    let (mirror, config) = (mirror(), folder.join("cli.tfrc"));
    let text = format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n");
    std::fs::write(&config, text).expect("written");
    config
}

/// A folder that has the AWS provider: `TF_PLUGIN_MIRROR`, or below the usual prefixes.
fn mirror() -> PathBuf {
    fn look(folder: &Path, depth: usize) -> Option<PathBuf> {
        if folder.join("registry.terraform.io/hashicorp/aws").is_dir() {
            return Some(folder.to_owned());
        }
        let entries = std::fs::read_dir(folder).ok()?.flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.filter(|_| depth > 0).find_map(|entry| look(&entry.path(), depth - 1))
    }
    let named = std::env::var_os("TF_PLUGIN_MIRROR").map(PathBuf::from);
    let prefixes = ["/opt", "/usr/local", "/usr/lib", "/usr/share", "/srv", "/var/lib"];
    let found = named.or_else(|| prefixes.iter().find_map(|prefix| look(Path::new(prefix), 3)));
    found.expect("the AWS provider in TF_PLUGIN_MIRROR or below a system prefix (`terraform providers mirror`)")
}

/// Processes that this one started and that still run; the emulator is another's child.
fn plugins() -> Vec<String> {
    let of = |pid: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let parent = rest.split_whitespace().nth(1)?.to_owned();
        (name.starts_with("terraform-provi") && parent == std::process::id().to_string()).then(|| stat.clone())
    };
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| of(&entry.file_name().to_string_lossy())).collect()
}

fn object<'a>(snapshot: &'a LiveSnapshot, kind: &str) -> &'a LiveObject {
    snapshot.objects.iter().find(|object| object.resource_type == kind).unwrap_or_else(|| panic!("no {kind}"))
}

/// One estate for all of it: applying takes most of the time.
#[tokio::test(flavor = "multi_thread")]
async fn the_real_provider_reads_what_terraform_reads() {
    let estate = Estate::apply().await;

    // Every attribute of every object is what Terraform's own refresh gives.
    let agree = |snapshot: &LiveSnapshot, expected: usize| {
        assert_eq!(snapshot.unread, []);
        let refreshed = estate.refreshed();
        assert_eq!((snapshot.objects.len(), refreshed.len()), (expected, expected));
        for object in &snapshot.objects {
            let key = (object.resource_type.clone(), object.attributes["id"].as_str().expect("an id").to_owned());
            let theirs = refreshed.get(&key).unwrap_or_else(|| panic!("Terraform has no {key:?}"));
            assert_eq!(&object.attributes, theirs, "{key:?}");
        }
    };
    let untouched = estate.read().await;
    agree(&untouched, 12);
    assert_eq!(plugins(), [""; 0], "a plugin still runs");
    let reads: u64 = untouched.calls.iter().map(|calls| calls.count).sum();
    assert_eq!(reads, 12, "{:?}", untouched.calls);

    // Nothing was touched: what was recorded is what is read, default tags included.
    let queue = object(&untouched, "aws_sqs_queue");
    assert_eq!(Some(&queue.attributes["tags"]), queue.recorded.as_ref().map(|recorded| &recorded["tags"]));
    assert_eq!(queue.attributes["tags"], serde_json::json!({"Name": "orders"}));
    let parameter = object(&untouched, "aws_ssm_parameter").schema.as_ref().expect("a schema");
    assert!(parameter.attributes["value"].sensitive);
    assert_eq!(parameter.attributes["arn"].nature, Nature::OptionalComputed);
    assert_eq!(parameter.attributes["version"].nature, Nature::Computed);

    // Behind Terraform's back: one is changed, one is deleted.
    let body = serde_json::json!({"QueueUrl": queue.attributes["id"], "Attributes": {"VisibilityTimeout": "99"}});
    estate.call("sqs", "AmazonSQS.SetQueueAttributes", &body).await;
    let body = serde_json::json!({"logGroupName": "orders"});
    estate.call("logs", "Logs_20140328.DeleteLogGroup", &body).await;
    let changed = estate.read().await;
    agree(&changed, 11);
    let queue = object(&changed, "aws_sqs_queue");
    let recorded = queue.recorded.as_ref().expect("the record");
    assert_eq!(
        (&recorded["visibility_timeout_seconds"], &queue.attributes["visibility_timeout_seconds"]),
        (&30.into(), &99.into())
    );
    assert!(!changed.objects.iter().any(|object| object.resource_type == "aws_cloudwatch_log_group"), "it is gone");
    assert_eq!(plugins(), [""; 0], "a plugin still runs");
}

/// A queue whose plan asks AWS for nothing.
const OFFLINE: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
resource "aws_sqs_queue" "orders" { name = "orders" }
"#;

#[tokio::test]
async fn a_saved_plan_is_shown_as_terraform_shows_it_without_the_checksum_of_its_provider() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("main.tf"), OFFLINE).expect("written");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut root = Root::new(Program::find(None, &path).await.expect("terraform"), "app", dir.path());
    root.env.insert("TF_CLI_CONFIG_FILE".to_owned(), cli_config(dir.path()).display().to_string());
    let (cancel, saved) = (Cancel::never(), Path::new("saved.tfplan"));
    root.init(&InitOptions::default(), &cancel).await.expect("init");
    root.plan(saved, &PlanOptions::default(), &cancel, &mut |_| {}).await.expect("a plan");
    let terraform = || {
        let mut command = Command::new("terraform");
        command.args(["show", "-json", "saved.tfplan"]).current_dir(dir.path()).envs(&root.env);
        command.output().expect("terraform")
    };
    let theirs = terraform();
    let shown = root.show(Some(saved), &cancel).await.expect("shown");
    assert_eq!(shown, String::from_utf8_lossy(&theirs.stdout));
    let text = root.show_text(saved, &cancel).await.expect("shown");
    assert!(text.contains("# aws_sqs_queue.orders will be created"), "{text}");
    assert!(!text.contains("overrides"), "{text}");

    // A program that does not take such a configuration is run in the usual way.
    let wrapper = dir.path().join("terraform-before");
    let script = "#!/bin/sh\ncase $TF_CLI_CONFIG_FILE in *saved.*.tfrc) exit 1 ;; esac\nexec terraform \"$@\"\n";
    std::fs::write(&wrapper, script).expect("written");
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let mut before = root.clone();
    before.program.path = wrapper;
    assert_eq!(before.show(Some(saved), &cancel).await.expect("shown"), shown);

    // Terraform by itself computes the checksum, and this one would be wrong.
    let lock = dir.path().join(".terraform.lock.hcl");
    let locked = std::fs::read_to_string(&lock).expect("a lock file");
    let (before, hash) = locked.split_once("\"h1:").expect("a checksum");
    let other = format!("{before}\"h1:{}{}", if hash.starts_with('A') { "B" } else { "A" }, &hash[1..]);
    std::fs::write(&lock, other).expect("written");
    assert!(!terraform().status.success());
    assert_eq!(root.show(Some(saved), &cancel).await.expect("shown"), shown);
    // What is applied is checked.
    let refused = root.apply(saved, &cancel, &mut |_| {}).await.expect_err("refused").to_string();
    assert!(refused.contains("checksum"), "{refused}");
    let files = std::fs::read_dir(dir.path()).expect("a folder").flatten().map(|entry| entry.file_name());
    let left: Vec<_> = files.filter(|name| name.to_string_lossy().starts_with("saved.")).collect();
    assert_eq!(left, ["saved.tfplan"]);
}
