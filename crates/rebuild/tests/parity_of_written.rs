//! What the source wrote has to agree also where AWS repeats it elsewhere, or where it stands beside what comes from
//! other objects. Each case is a change that was applied in the primary alone.

mod world;

use pilotlight_findings::{Evidence, Finding, Severity, codes};
use pilotlight_rebuild::{ParityInput, SourceTree, parity, retarget};
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use world::World;

const PLAN: &str = r#"
plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../app"
  state  = "file:../app/terraform.tfstate"
}
"#;

/// As it is in the primary after each of the changes.
const SOURCE: &str = r#"
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "shop", tier = "two" }
}
resource "aws_security_group" "web" {
  ingress {
    from_port       = 8443
    to_port         = 8443
    protocol        = "tcp"
    security_groups = [aws_security_group.front.id]
  }
}
resource "aws_security_group" "front" {}
resource "aws_sqs_queue" "jobs" { name = "jobs" }
resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = aws_sqs_queue.jobs.arn }]
  })
}
resource "aws_sns_topic_policy" "news" {
  policy = <<-EOT
    {"Statement": {"Effect": "Deny", "Action": "sns:Publish", "Resource": "${aws_sqs_queue.jobs.arn}"}}
  EOT
}
output "ips" { value = [aws_vpc.main.id] }
output "tier" { value = "gold" }
"#;

/// The same as JSON.
const JSON: &str = r#"{
  "resource": {
    "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16", "tags": {"Name": "shop", "tier": "two"}}},
    "aws_security_group": {
      "web": {"dynamic": {"ingress": {"for_each": ["${local.front}"], "content": {
        "from_port": 8443, "to_port": 8443, "protocol": "tcp", "security_groups": ["${ingress.value}"]
      }}}},
      "front": {}
    },
    "aws_sqs_queue": {"jobs": {"name": "jobs"}},
    "aws_sqs_queue_policy": {"jobs": {
      "queue_url": "${aws_sqs_queue.jobs.id}",
      "policy": "${jsonencode({Statement = [{Effect = \"Allow\", Action = \"sqs:*\", Resource = aws_sqs_queue.jobs.arn}]})}"
    }},
    "aws_sns_topic_policy": {"news": {
      "policy": "{\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"sns:Publish\", \"Resource\": \"${aws_sqs_queue.jobs.arn}\"}}"
    }}
  },
  "locals": {"front": "${aws_security_group.front.id}"},
  "output": {"ips": {"value": ["${aws_vpc.main.id}"]}, "tier": {"value": "gold"}}
}
"#;

/// A root in each of the languages that Terraform reads.
const SOURCES: [(&str, &str); 2] = [("main.tf", SOURCE), ("main.tf.json", JSON)];

/// What was changed, by the place in [`side`] that has the former value in the standby.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    Nothing,
    Tag,
    Port,
    Rule,
    Policy,
    Heredoc,
    Statement,
    Output,
    NoOutput,
}

/// One side; `behind` is what it has not got yet.
fn side(region: &str, n: char, behind: Behind) -> State {
    let old = |what, old: Value, new: Value| if behind == what { old } else { new };
    let id = |kind: &str| format!("{kind}-{}", n.to_string().repeat(17));
    let queue = format!("arn:aws:sqs:{region}:1:jobs");
    let resource = |kind: &str, name: &str, attributes: Value| {
        json!({"mode": "managed", "type": kind, "name": name,
               "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
               "instances": [{"schema_version": 0, "attributes": attributes}]})
    };
    let tags = json!({"Name": "shop", "tier": old(Behind::Tag, "one".into(), "two".into())});
    let port = old(Behind::Port, 443.into(), 8443.into());
    let rule = |port: Value| json!({"from_port": port, "to_port": port, "protocol": "tcp", "self": false, "security_groups": [id("sg-front")], "cidr_blocks": []});
    let mut ingress = vec![rule(port)];
    if behind == Behind::Rule {
        ingress.push(rule(22.into()));
    }
    let statement = |action: Value| json!({"Effect": "Allow", "Action": action, "Resource": queue});
    let mut statements = vec![statement(old(Behind::Policy, "sqs:SendMessage".into(), "sqs:*".into()))];
    if behind == Behind::Statement {
        statements.push(statement("sqs:ReceiveMessage".into()));
    }
    let policy = json!({"Statement": statements}).to_string();
    let effect = old(Behind::Heredoc, "Allow".into(), "Deny".into());
    let news = json!({"Statement": {"Effect": effect, "Action": "sns:Publish", "Resource": queue}}).to_string();
    let resources = json!([
        resource(
            "aws_vpc",
            "main",
            json!({"id": id("vpc"), "cidr_block": "10.0.0.0/16", "tags": tags, "tags_all": tags})
        ),
        resource("aws_security_group", "web", json!({"id": id("sg-web"), "ingress": ingress})),
        resource("aws_security_group", "front", json!({"id": id("sg-front")})),
        // AWS repeats the policy, and knows the queue by a URL.
        resource(
            "aws_sqs_queue",
            "jobs",
            json!({"id": format!("https://sqs.{region}.amazonaws.com/1/jobs"), "arn": queue, "name": "jobs", "policy": policy})
        ),
        resource(
            "aws_sqs_queue_policy",
            "jobs",
            json!({"id": id("p"), "queue_url": format!("https://sqs.{region}.amazonaws.com/1/jobs"), "policy": policy})
        ),
        resource("aws_sns_topic_policy", "news", json!({"id": id("n"), "policy": news})),
    ]);
    let mut outputs = json!({
        "ips": {"value": [id("vpc")], "type": ["list", "string"]},
        "tier": {"value": old(Behind::Output, "silver".into(), "gold".into()), "type": "string"},
    });
    if behind == Behind::NoOutput {
        outputs.as_object_mut().expect("a map").remove("ips");
    }
    let state = json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": outputs, "resources": resources});
    State::parse("test", state.to_string().as_bytes()).expect("a state")
}

fn compare((file, text): (&str, &str), behind: Behind) -> Vec<Finding> {
    let world = World::of(PLAN);
    let (primary, standby) = (side("eu-west-1", 'a', Behind::Nothing), side("eu-central-1", 'b', behind));
    let source = SourceTree::from_files("app", [(file.into(), text.as_bytes().to_vec())]).expect("a valid file");
    let input = world.input("app", Some(&primary));
    let retargeted = retarget(&source, &input).expect("valid HCL");
    let compared = parity(&primary, &standby, &ParityInput { retarget: input, retargeted: &retargeted });
    compared.findings.into_iter().filter(|finding| finding.severity >= Severity::Error).collect()
}

#[test]
fn a_standby_that_was_rebuilt_agrees_whatever_its_ids_are() {
    for source in SOURCES {
        assert_eq!(compare(source, Behind::Nothing), [], "{}", source.0);
    }
}

#[test]
fn each_change_of_the_primary_alone_is_named_at_its_place() {
    for (behind, subject, attribute) in [
        (Behind::Tag, "app: aws_vpc.main", "tags.tier"),
        (Behind::Port, "app: aws_security_group.web", "ingress"),
        (Behind::Rule, "app: aws_security_group.web", "ingress"),
        (Behind::Policy, "app: aws_sqs_queue_policy.jobs", "policy"),
        (Behind::Statement, "app: aws_sqs_queue_policy.jobs", "policy"),
        (Behind::Heredoc, "app: aws_sns_topic_policy.news", "policy"),
        (Behind::Output, "app", "tier"),
    ] {
        for source in SOURCES {
            let found = compare(source, behind);
            assert_eq!(found.len(), 1, "{attribute} of {subject} in {}: {found:#?}", source.0);
            assert_eq!((found[0].code, found[0].subject.to_string().as_str()), (codes::R_PARITY, subject));
            let named = found[0].evidence.iter().map(|evidence| match evidence {
                Evidence::Change { attribute, .. } => attribute.as_str(),
                _ => "",
            });
            assert_eq!(named.collect::<Vec<_>>(), [attribute]);
        }
    }
}

#[test]
fn an_output_that_the_standby_lacks_is_named() {
    let found = compare(SOURCES[0], Behind::NoOutput);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].code, codes::R_PARITY_MISSING);
    assert_eq!(found[0].message, "the standby does not have the output ips");
}
