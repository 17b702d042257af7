//! A folder with a small estate, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A plan with one stack whose state is a file, and one record.
pub(crate) const PLAN: &str = r#"plan "web" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}

stack "app" {
  source = "app"
  state  = "file:app/terraform.tfstate"
}

traffic "front" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = stack.app.output.ips
    standby = stack.app.output.ips
    ttl     = "30s"
  }
}

check "tcp" "fit" {
  address = "${stack.app.output.ips[0]}:80"
  side    = "target"
  when    = ["after"]
}
"#;

/// A state whose one resource is in no cloud, and whose output `ips` is `address`.
pub(crate) fn state(address: &str) -> String {
    format!(
        r#"{{
  "version": 4,
  "terraform_version": "1.9.8",
  "serial": 3,
  "lineage": "c7f5a3a0-0b5e-4f0f-9f7e-6d1f4f1c2b11",
  "outputs": {{ "ips": {{ "value": ["{address}"], "type": ["list", "string"] }} }},
  "resources": [
    {{
      "mode": "managed",
      "type": "terraform_data",
      "name": "release",
      "provider": "provider[\"terraform.io/builtin/terraform\"]",
      "instances": [ {{ "schema_version": 0, "attributes": {{ "id": "0b1a5c3e", "input": null }} }} ]
    }}
  ],
  "check_results": null
}}
"#
    )
}

/// A state with one VPC in it.
pub(crate) fn state_with_vpc() -> String {
    state("192.0.2.10")
        .replace("terraform_data", "aws_vpc")
        .replace("terraform.io/builtin/terraform", "registry.terraform.io/hashicorp/aws")
        .replace("0b1a5c3e", "vpc-0a1b2c3d4e5f60718")
}

/// A folder, and the environment that programs in it get.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// The estate of [`PLAN`], with a primary and no standby yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Self { folder, env: vec![("AWS_EC2_METADATA_DISABLED".into(), "true".into())] };
        sandbox.write("plan.hcl", PLAN);
        sandbox.write("app/terraform.tfstate", state("192.0.2.10"));
        sandbox.write("app/main.tf", "resource \"terraform_data\" \"release\" {}\n");
        sandbox
    }

    /// With credentials and an AWS at this address.
    pub(crate) fn with_aws(mut self, endpoint: &str) -> Self {
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", endpoint),
        ] {
            self.env.push((name.into(), value.into()));
        }
        self
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file below, sorted, from the folder.
    pub(crate) fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, files: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, root, files),
                    false => files.push(path.strip_prefix(root).unwrap().display().to_string()),
                }
            }
        }
        let mut files = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut files);
        files.sort();
        files
    }

    /// Runs the program here, with nothing on its standard input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Told {
        self.run_in(".", arguments)
    }

    /// Runs the program in a folder of the sandbox.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Told {
        let folder = self.path(folder);
        fs::create_dir_all(&folder).unwrap();
        let output = self.command().current_dir(folder).args(arguments).output().unwrap();
        let told = Told {
            exit: output.status.code().unwrap_or_else(|| panic!("{arguments:?} was ended by a signal")),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        told.is_no_accident(arguments);
        told
    }

    /// The program, not started yet.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pilotlight"));
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        // Steps and checks start programs, terraform is looked for; nothing else comes from outside.
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Told {
    /// Whatever happens, a person is never shown the program's own entrails.
    fn is_no_accident(&self, arguments: &[&str]) {
        for word in ["panicked", "RUST_BACKTRACE", "stack backtrace", "unwrap()", "Os {"] {
            assert!(!self.stderr.contains(word), "{arguments:?}: {}", self.stderr);
        }
    }

    /// An error: nothing on stdout, and exactly this on stderr.
    #[track_caller]
    pub(crate) fn is_error(&self, exit: i32, stderr: &str) {
        assert_eq!((self.exit, self.stdout.as_str()), (exit, ""), "{}", self.stderr);
        snapbox::assert_data_eq!(self.stderr.as_str(), snapbox::IntoData::raw(stderr));
    }

    /// The exit code, with everything that was said where it is another one.
    #[track_caller]
    pub(crate) fn exits(&self, exit: i32) -> &Self {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// That these words are on stderr.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.stderr.contains(words), "no {words:?} in\n{}", self.stderr);
        self
    }

    /// That these words are on stdout.
    #[track_caller]
    pub(crate) fn shows(&self, words: &str) -> &Self {
        assert!(self.stdout.contains(words), "no {words:?} in\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}
