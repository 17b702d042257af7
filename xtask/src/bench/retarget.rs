//! `bench rebuild --only retarget`: what it takes to rewrite a root for another region.
//!
//! It is measured in a small program of its own, the example `retarget` of `pilotlight-rebuild`, built with
//! `--release`, beside hcl-edit's parse of the same files in the same process, in turns: what else the machine does
//! cancels out.

use super::figures::{Figures, Limit};
use super::groups::Group;
use crate::workspace::{Done, Workspace, cargo};
use serde_json::Value;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many times the parse a retargeting may take, its own parse included: issue 4.
const TIME: Limit = Limit::AtMost(3.0);

/// The regions that the roots are written for and retargeted to.
const REGIONS: [&str; 2] = ["eu-west-1", "eu-central-1"];

/// Roots of this repository: small ones, in which what is done once weighs most.
const ROOTS: [&str; 4] = [
    "infra/shop/app",
    "crates/rebuild/tests/fixtures/vpc",
    "crates/rebuild/tests/fixtures/ecs",
    "crates/rebuild/tests/fixtures/lambda",
];

/// Services in the large root, each with five blocks in a file of its own.
const SERVICES: usize = 400;

pub(super) fn measure(workspace: &Workspace, figures: &mut Figures) -> Done<()> {
    let build = ["build", "--release", "--package", "pilotlight-rebuild", "--example", "retarget"];
    if !Command::new(cargo()).args(build).current_dir(&workspace.root).status()?.success() {
        return Err("build the measuring program: cargo says why above".into());
    }
    let program = workspace.target.join("release/examples/retarget");
    let folder = workspace.target.join("bench/retarget");
    let large = folder.join("large");
    write_large(&large)?;
    let roots = ROOTS.iter().map(|root| ((*root).to_owned(), workspace.root.join(root)));
    for (name, root) in roots.chain([(format!("{SERVICES} services"), large)]) {
        let measured = ask(&program, &root, &folder.join("measured.json"))?;
        let (parse, retarget) = (number(&measured, "parse_seconds")?, number(&measured, "retarget_seconds")?);
        figures.add(format!("{name}: size"), number(&measured, "bytes")? / 1e3, " kB", Limit::None);
        figures.add(format!("{name}: parse by hcl-edit"), parse * 1e3, " ms", Limit::None);
        figures.add(format!("{name}: edits"), number(&measured, "edits")?, "", Limit::AtLeast(1.0));
        figures.add(format!("{name}: retarget / parse"), retarget / parse, " x", TIME);
    }
    Ok(())
}

/// A root as a team of many services has it: every form that a region takes, over and over.
fn write_large(folder: &Path) -> Done<()> {
    std::fs::create_dir_all(folder)?;
    for service in 0..SERVICES {
        let mut text = String::new();
        write!(
            text,
            r#"# Service {service}.
resource "aws_sqs_queue" "jobs_{service}" {{
  name                       = "jobs-{service}-eu-west-1"
  visibility_timeout_seconds = 60
  tags                       = {{ service = "{service}", team = "shop" }}
}}

resource "aws_subnet" "zone_{service}" {{
  for_each          = toset(["eu-west-1a", "eu-west-1b"])
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, {service})
  availability_zone = each.key
}}

resource "aws_sqs_queue_policy" "jobs_{service}" {{
  queue_url = aws_sqs_queue.jobs_{service}.id
  policy    = <<-EOT
    {{"Version": "2012-10-17", "Statement": [{{
      "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
      "Resource": "arn:aws:sqs:eu-west-1:${{data.aws_caller_identity.current.account_id}}:jobs-{service}"
    }}]}}
  EOT
}}

resource "aws_cloudwatch_metric_alarm" "jobs_{service}" {{
  alarm_name          = "jobs-{service}-euw1"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "ApproximateAgeOfOldestMessage"
  namespace           = "AWS/SQS"
  dimensions          = {{ QueueName = aws_sqs_queue.jobs_{service}.name }}
}}

output "queue_{service}" {{
  value = "https://sqs.eu-west-1.amazonaws.com/${{data.aws_caller_identity.current.account_id}}/jobs-{service}"
}}
"#
        )?;
        std::fs::write(folder.join(format!("service_{service}.tf")), text)?;
    }
    let main = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n\ndata \"aws_caller_identity\" \"current\" {}\n\n\
                resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/8\"\n}\n";
    Ok(std::fs::write(folder.join("main.tf"), main)?)
}

fn ask(program: &Path, root: &Path, out: &Path) -> Done<Value> {
    let mut command = Command::new(program);
    command.args(REGIONS).arg(root).stdin(Stdio::null()).stdout(File::create(out)?);
    if !Group::start(command)?.child.wait()?.success() {
        return Err(format!("measure {}: the program says why above", root.display()).into());
    }
    Ok(serde_json::from_slice(&std::fs::read(out)?)?)
}

fn number(figures: &Value, name: &str) -> Done<f64> {
    Ok(figures[name].as_f64().ok_or_else(|| format!("find {name} in what the measuring program printed"))?)
}
