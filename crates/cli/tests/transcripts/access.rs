//! Without credentials, and without an AWS that answers.

use crate::route53::NOBODY;
use crate::sandbox::{PLAN, Sandbox, state_with_vpc};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const NO_CREDENTIALS: &str = "PL-C101\n\n  × failed to find AWS credentials in the environment, the shared files, SSO, \
    or the role of a container or instance\n  \
    help: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and check with: \
    aws sts get-caller-identity\n";

#[test]
fn no_credentials_is_one_error_wherever_they_are_needed() {
    let sandbox = Sandbox::new();
    sandbox.write("app/vpc.tfstate", state_with_vpc());
    sandbox.write("vpc.hcl", PLAN.replace("terraform.tfstate", "vpc.tfstate"));
    sandbox.write("s3.hcl", PLAN.replace("file:app/", "s3://bucket/"));
    let cases: [&[&str]; 6] = [
        &["drift", "vpc.hcl"],
        &["drift", "s3.hcl"],
        &["failover", "plan.hcl"],
        &["failback", "plan.hcl", "--dry-run"],
        &["run", "list", "plan.hcl", "--journal", "s3://bucket/prefix"],
        &["rebuild", "plan.hcl", "--diff"],
    ];
    let before = sandbox.files();
    for arguments in cases {
        let told = sandbox.run(arguments);
        assert_eq!((told.exit, told.stdout.as_str()), (1, ""), "{arguments:?}: {}", told.stderr);
        assert_eq!(told.stderr, NO_CREDENTIALS, "{arguments:?}");
    }
    assert_eq!(sandbox.files(), before);
}

#[test]
fn an_api_that_does_not_answer_is_unread_and_exit_3() {
    let sandbox = Sandbox::new().with_aws(NOBODY);
    sandbox.write("app/terraform.tfstate", state_with_vpc());
    let told = sandbox.run(&["drift", "plan.hcl"]);
    told.exits(3)
        .shows("drift: incomplete, 1 unread in 1 resource")
        .shows("app, primary: aws_vpc.release (vpc-0a1b2c3d4e5f60718)");
    told.shows("DescribeVpcs of ec2 in eu-west-1: no answer").shows("PL-D105");
}

/// An AWS that takes connections and never answers, and one whose packets are lost since its queue of connections is
/// full. They last as long as the listeners and the connections.
fn black_holes() -> ([String; 2], Vec<TcpListener>, Vec<TcpStream>) {
    let [silent, full] = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = [&silent, &full].map(|listener| listener.local_addr().unwrap());
    let connect = || TcpStream::connect_timeout(&addresses[1], Duration::from_millis(300)).ok();
    let queued: Vec<TcpStream> = std::iter::from_fn(connect).take(800).collect();
    assert!(connect().is_none(), "{} connections are queued, and there is room for more", queued.len());
    (addresses.map(|address| format!("http://{address}")), vec![silent, full], queued)
}

#[test]
fn an_aws_that_swallows_every_question_is_known_within_half_a_minute() {
    let (urls, _listeners, _queued) = black_holes();
    let ask = |url: &str, arguments: &[&str], exit: i32, words: &str| {
        let sandbox = Sandbox::new().with_aws(url);
        sandbox.write("app/terraform.tfstate", state_with_vpc());
        let began = Instant::now();
        let told = sandbox.run(arguments);
        let seconds = began.elapsed().as_secs();
        assert_eq!(told.exit, exit, "{arguments:?} {url}: {}{}", told.stdout, told.stderr);
        let said = [told.stdout, told.stderr].concat().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{arguments:?} {url}: {said}");
        assert!(seconds < 40, "{arguments:?} {url} took {seconds} s");
    };
    let asked = "DescribeVpcs of ec2 in eu-west-1: no answer: ";
    std::thread::scope(|scope| {
        for url in &urls {
            scope.spawn(|| ask(url, &["drift", "plan.hcl"], 3, asked));
            scope.spawn(|| ask(url, &["rebuild", "plan.hcl", "--diff"], 1, "for its availability zones: no answer"));
        }
    });
}

#[test]
fn a_route_53_that_does_not_answer_stops_a_failover_before_it_begins() {
    let sandbox = Sandbox::new().with_aws(NOBODY);
    let before = sandbox.files();
    let told = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(1).says("PL-F102").says("failed to read the hosted zones named shop.test from Route 53");
    told.says("╰─▶ no answer: ");
    assert_eq!(sandbox.files(), before);
}

#[test]
fn a_terraform_that_is_not_there() {
    let sandbox = Sandbox::new().with_env("PATH", "/nonexistent");
    sandbox.run(&["rebuild", "plan.hcl"]).is_error(
        1,
        "PL-T101\n\n  × failed to find terraform or tofu on PATH\n  \
         help: install terraform or tofu, or name it with --terraform PATH\n",
    );
    let told = sandbox.run(&["rebuild", "plan.hcl", "--terraform", "./nope"]);
    told.exits(1)
        .says("PL-T102")
        .says("failed to start ./nope version -json")
        .says("name another program with --terraform");
}
