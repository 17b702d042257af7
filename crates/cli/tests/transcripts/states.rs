//! States that cannot be used. Their lines are never shown: a state holds passwords in the clear.

use crate::sandbox::{PLAN, Sandbox, state, state_with_vpc};

#[test]
fn a_local_state_without_resources_in_aws_is_clean_and_asks_nobody() {
    let told = Sandbox::new().run(&["drift", "plan.hcl"]);
    told.exits(0);
    assert_eq!(told.stderr, "");
    snapbox::assert_data_eq!(told.stdout, "drift: none in 1 resource, 0 API calls, [..]\n");
}

#[test]
fn a_state_that_is_not_there() {
    let sandbox = Sandbox::new();
    sandbox.write("plan.hcl", PLAN.replace("file:app/", "file:nope/"));
    sandbox.run(&["drift", "plan.hcl"]).is_error(
        1,
        "PL-U105\n\n  × failed to find the primary state of stack \"app\": there is none at nope/terraform.tfstate\n  \
         help: apply the stack with terraform, or correct its state attribute in the plan\n",
    );
    // The path is one from where the program runs, not from where the plan is.
    let told = sandbox.run_in("elsewhere", &["drift", "../plan.hcl"]);
    told.exits(1).says("there is none at ../nope/terraform.tfstate\n");
}

#[test]
fn each_damage_has_its_code_place_and_remedy_and_shows_no_line() {
    let secret = state("192.0.2.10").replace("\"input\": null", "\"input\": \"hunter2\"");
    let version = |number: &str| secret.replace("\"version\": 4", &format!("\"version\": {number}"));
    let cases = [
        (String::new(), "PL-S102", "app/terraform.tfstate:1:1", "restore the last good version"),
        (secret[..secret.len() - 30].to_owned(), "PL-S101", "app/terraform.tfstate:", "terraform state pull"),
        (version("3"), "PL-S103", "Terraform 0.11", "terraform apply -refresh-only"),
        (version("5"), "PL-S103", "this release knows version 4", "newer release"),
        (
            "{\"encrypted_data\":\"x\",\"encryption_version\":\"v0\"}".to_owned(),
            "PL-S104",
            "OpenTofu",
            "tofu state pull",
        ),
        ("[]".to_owned(), "PL-S105", "the document is an array", "give the state itself"),
        (secret.replace("\"terraform_data\"", "7"), "PL-S106", "resources[0].type", "earlier version"),
    ];
    for (content, code, place, remedy) in cases {
        let sandbox = Sandbox::new().with_env("AWS_REGION", "eu-west-1");
        sandbox.write("app/terraform.tfstate", &content);
        for arguments in [&["drift", "plan.hcl"][..], &["drift", "--state", "app/terraform.tfstate"]] {
            let told = sandbox.run(arguments);
            told.exits(1).says(place).says(remedy);
            assert!(told.stderr.starts_with(&format!("{code}\n\n  × failed to ")), "{code}: {}", told.stderr);
            assert!(!told.stderr.contains("hunter2"), "{}", told.stderr);
            assert_eq!(told.stderr.matches("app/terraform.tfstate:").count(), 1, "{}", told.stderr);
        }
    }
}

#[test]
fn a_url_that_is_none() {
    let sandbox = Sandbox::new().with_env("AWS_REGION", "eu-west-1");
    let cases = [
        ("nope.tfstate", "PL-U101", "failed to find a state at nope.tfstate"),
        ("app/nowhere/", "PL-U101", "failed to find a state at app/nowhere/"),
        ("s3://", "PL-J111", "it names no bucket"),
        ("ftp://x/y", "PL-J111", "the scheme \"ftp\" is none of file, s3, http, https"),
    ];
    for (url, code, words) in cases {
        let told = sandbox.run(&["drift", "--state", url]);
        told.exits(1).says(words).says("help: ");
        assert!(told.stderr.starts_with(code), "{}", told.stderr);
    }
}

#[test]
fn a_state_alone_needs_a_region() {
    let sandbox = Sandbox::new();
    sandbox.write("vpc.tfstate", state_with_vpc());
    sandbox.run(&["drift", "--state", "vpc.tfstate"]).is_error(
        1,
        "PL-U101\n\n  × failed to find the AWS region\n  \
         help: set AWS_REGION, or region in the profile that AWS_PROFILE names\n",
    );
}

#[test]
fn a_profile_that_there_is_not_is_named_with_those_there_are() {
    let sandbox = Sandbox::new().with_env("AWS_PROFILE", "prd").with_env("AWS_EC2_METADATA_DISABLED", "true");
    sandbox.write("vpc.tfstate", state_with_vpc());
    let told = |help: &str| {
        format!("PL-C101\n\n  × failed to find the profile prd in the shared files of the AWS CLI\n  help: {help}\n")
    };
    let sandbox = sandbox.with_env("AWS_CONFIG_FILE", "config");
    sandbox.write("config", "");
    let alone = "there is no profile at all: make it with: aws configure --profile prd";
    sandbox.run(&["drift", "--state", "vpc.tfstate"]).is_error(1, &told(alone));
    sandbox.write("config", "[profile prod]\nregion = eu-west-1\n[profile dev]\nregion = eu-west-1\n");
    let others = "set AWS_PROFILE to one of: dev, prod";
    sandbox.run(&["drift", "--state", "vpc.tfstate"]).is_error(1, &told(others));
    let sandbox = sandbox.with_env("AWS_REGION", "eu-west-1");
    sandbox.run(&["drift", "--state", "vpc.tfstate"]).is_error(1, &told(others));
}
