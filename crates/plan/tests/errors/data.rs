//! What a standby's databases, volumes and buckets have in them.

use crate::{after_head, told};
use pilotlight_plan::{DataFrom, Inputs, parse};

fn plan(data: &str) -> String {
    format!(
        "plan \"p\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n}}\n\
         stack \"a\" {{\n  source = \"a\"\n  state  = \"a.tfstate\"\n  standby {{\n{data}\n  }}\n}}\n"
    )
}

#[test]
fn choices_are_read_and_the_rest_has_one_of_its_own() {
    let text = plan(
        "data \"aws_db_instance.main\" { from = \"replica\" }\n\
         data \"module.a.aws_ebs_volume.b\" {\n  from = \"snapshot\"\n  snapshot = \"snap-1\"\n}\n\
         data \"*\" { from = \"empty\" }",
    );
    let plan = parse("plan.hcl", &text, &Inputs::default()).expect("a plan");
    let standby = &plan.stacks[0].standby;
    let of = |address: &str| standby.data_choice(address).map(|choice| (choice.from, choice.snapshot.as_deref()));
    assert_eq!(of("aws_db_instance.main"), Some((DataFrom::Replica, None)));
    assert_eq!(of("module.a.aws_ebs_volume.b"), Some((DataFrom::Snapshot, Some("snap-1"))));
    assert_eq!(of("aws_s3_bucket.any"), Some((DataFrom::Empty, None)));
}

#[test]
fn what_does_not_fit_is_one_clear_error() {
    for (data, expected) in [
        (
            "data \"aws_db_instance.main\" { from = \"copy\" }",
            "9:38 PL-P104 use \"copy\" for the attribute \"from\": it is none of replica, snapshot, empty, elsewhere | write \"replica\", \"snapshot\", \"empty\" or \"elsewhere\"",
        ),
        (
            "data \"aws_ebs_volume.a\" { from = \"replica\" }",
            "9:34 PL-P104 use \"replica\" for the attribute \"from\": aws_ebs_volume.a cannot be filled that way | write \"snapshot\" or \"empty\" or \"elsewhere\"",
        ),
        (
            "data \"*\" { from = \"replica\" }",
            "9:19 PL-P104 use \"replica\" for the attribute \"from\": whatever no other block names cannot be filled that way | write \"empty\" or \"elsewhere\"",
        ),
        (
            "data \"aws_db_instnace.main\" { from = \"empty\" }",
            "9:6 PL-P104 use \"aws_db_instnace.main\" for the address of a data block: Pilotlight knows of no data that an aws_db_instnace holds | did you mean \"aws_db_instance\"?",
        ),
        (
            "data \"aws_db_instance.main[0]\" { from = \"empty\" }",
            "9:6 PL-P104 use \"aws_db_instance.main[0]\" for the address of a data block: only a whole resource can be named | write it without the key: a choice is for all instances of a resource",
        ),
        (
            "data \"aws_db_instance.main\" {\n from = \"replica\"\n snapshot = \"x\"\n}",
            "11:13 PL-P104 use \"x\" for the attribute \"snapshot\": from is \"replica\" | leave it out, or write from = \"snapshot\"",
        ),
        ("data \"aws_db_instance.main\" {}", "9:1 PL-P103 find the attribute \"from\" in a data block of stack \"a\""),
        (
            "data \"*\" { from = \"empty\" }\ndata \"*\" { from = \"elsewhere\" }",
            "10:6 PL-P105 use the data block of \"*\" twice: line 9 has it already",
        ),
    ] {
        let told = told(&plan(data));
        assert!(told.starts_with(expected) && !told.contains('\n'), "{data}\n{told}");
    }
    assert!(!after_head("stack \"b\" {}").is_empty());
}
