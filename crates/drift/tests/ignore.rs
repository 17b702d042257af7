//! Patterns: what driftctl's own files and documentation say that they match, addresses, and what is reported of
//! them.

use pilotlight_drift::ignore::{Ignores, ObjectName};
use pilotlight_findings::{Explain, Severity, Subject, codes};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn file(text: &str) -> Ignores {
    Ignores::parse(".driftignore", text).expect(text)
}

fn named(resource_type: &str, id: &str, address: &str) -> ObjectName {
    ObjectName::new(resource_type, id, Some(&address.parse().expect(address)))
}

fn object(ignores: &Ignores, resource_type: &str, id: &str) -> bool {
    ignores.object(&ObjectName::new(resource_type, id, None)).is_some()
}

fn attribute(ignores: &Ignores, resource_type: &str, id: &str, path: &str) -> bool {
    ignores.attribute(&ObjectName::new(resource_type, id, None), path).is_some()
}

#[test]
fn objects_are_ignored_as_driftctl_ignores_them() {
    let valid = file(
        "ignored_resource.id2\nwildcard_resource.*\nresource_type.id\\.with\\.dots\nresource_type.idwith\\\\\nresource_type.idwith\\\\backslashes\nresource_type.idwith/slashes\n",
    );
    for (resource_type, id, want) in [
        ("type1", "id1", false),
        ("wildcard_resource", "id1/with/slash", true),
        ("wildcard_resource", "id3", true),
        ("ignored_resource", "id2", true),
        ("ignored_resource", "id22", false),
        ("resource_type", "id.with.dots", true),
        ("resource_type", "idwith\\", true),
        ("resource_type", "idwith\\backslashes", true),
        ("resource_type", "idwith/slashes", true),
    ] {
        assert_eq!(object(&valid, resource_type, id), want, "{resource_type}.{id}");
    }

    let wildcard = file("*2**.**d1*\ntype3.id1***0\n*.id\\\\WithBa*slas*\\\\**\\\\\n\n# this is *** comment\n");
    for (resource_type, id, want) in [
        ("type1", "id1", false),
        ("type2", "id1", true),
        ("type2", "id11", true),
        ("type2", "id2", false),
        ("type3", "id100", true),
        ("type3", "id101", false),
        ("type4", "id\\WithBac*slash***\\*\\", true),
    ] {
        assert_eq!(object(&wildcard, resource_type, id), want, "{resource_type}.{id}");
    }
}

#[test]
fn a_negated_pattern_takes_back_what_came_before_it() {
    let exclude = file("*\n!iam_user.*\n!some_type.idwith/slash\n");
    for (resource_type, id, want) in [
        ("type1", "id1", true),
        ("type3", "id101", true),
        ("iam_user", "id\\WithBac*slash***\\*\\", false),
        ("some_type", "idwith/slash", false),
        ("some_type", "idwith/slash/", true),
    ] {
        assert_eq!(object(&exclude, resource_type, id), want, "{resource_type}.{id}");
    }
    assert!(!object(&file("!*"), "aws_s3_access_point", "x"));
    let only_s3 = file("*\n!aws_s3*\n");
    assert!(!object(&only_s3, "aws_s3_bucket_acl", "b") && object(&only_s3, "aws_route53_delegation_set", "d"));
    // The order counts, not which is narrower.
    assert!(object(&file("!aws_s3_bucket.logs\naws_s3_bucket.*\n"), "aws_s3_bucket", "logs"));
    let later = file("*\n").then(Ignores::from_list("--ignore", &["!aws_s3_bucket".to_owned()]).expect("a pattern"));
    assert!(!object(&later, "aws_s3_bucket", "logs") && object(&later, "aws_vpc", "vpc-1"));
}

#[test]
fn attributes_are_ignored_as_driftctl_ignores_them() {
    let fields = file(
        "res_type.full_drift_ignored.json\nres_type.full_drift_ignored.foobar\nres_type.partial_drift_ignored.foobar\n\
         res_type.wildcard_drift_ignored.*.baz\nres_type.endofpath_drift_ignored.struct\n\
         resource_type.id\\.with\\.dots.json\nresource_type.idwith\\\\.json\nresource_type.idwith\\\\backslashes.foobar\n",
    );
    for (resource_type, id, path, want) in [
        ("res_type", "full_drift_ignored", "json", true),
        ("res_type", "full_drift_ignored", "foobar", true),
        ("res_type", "partial_drift_ignored", "json", false),
        ("res_type", "partial_drift_ignored", "foobar", true),
        ("resource_type", "id.with.dots", "json", true),
        ("resource_type", "idwith\\", "json", true),
        ("resource_type", "idwith\\backslashes", "json", false),
        ("resource_type", "idwith\\backslashes", "foobar", true),
        ("res_type", "wildcard_drift_ignored", "struct.baz", true),
        ("res_type", "wildcard_drift_ignored", "struct[0].baz", true),
        ("res_type", "wildcard_drift_ignored", "struct.bar", false),
        ("res_type", "endofpath_drift_ignored", "struct.baz", true),
        ("res_type", "endofpath_drift_ignored", "structure", false),
    ] {
        assert_eq!(attribute(&fields, resource_type, id, path), want, "{resource_type}.{id}.{path}");
    }
    assert!(!object(&fields, "res_type", "full_drift_ignored"), "an attribute's pattern is not the object's");

    let bar = file("*\n!*.bar\n");
    assert!(attribute(&bar, "res_type", "x", "json") && !attribute(&bar, "res_type", "x", "struct.bar"));
}

#[test]
fn the_examples_of_driftctls_documentation_do_what_it_says() {
    let text = "# Will ignore S3 bucket called my-bucket\naws_s3_bucket.my-bucket\n# Will ignore every aws_instance resource\n\
                aws_instance.*\n# Will ignore environment for all lambda functions\naws_lambda_function.*.environment\n\
                # Will ignore resources like aws_iam_role.AmazonSSMRoleForInstances\n*role.*Amazon*\n\
                # Will ignore lastModified for my-lambda-name lambda function\naws_lambda_function.my-lambda-name.last_modified\n\
                aws_iam_policy_attachment.AWSServiceRoleForRDS-arn:aws:iam::aws:policy/aws-service-role/AmazonRDSServiceRolePolicy\n";
    let ignores = file(text);
    assert!(object(&ignores, "aws_s3_bucket", "my-bucket") && !object(&ignores, "aws_s3_bucket", "my-bucket-2"));
    assert!(object(&ignores, "aws_instance", "i-0123"));
    assert!(attribute(&ignores, "aws_lambda_function", "other", "environment[0].variables[\"A\"]"));
    assert!(!attribute(&ignores, "aws_lambda_function", "other", "last_modified"));
    assert!(attribute(&ignores, "aws_lambda_function", "my-lambda-name", "last_modified"));
    assert!(!object(&ignores, "aws_lambda_function", "my-lambda-name"));
    assert!(object(&ignores, "aws_iam_role", "AWSServiceRoleForAmazonSSM"));
    assert!(object(
        &ignores,
        "aws_iam_policy_attachment",
        "AWSServiceRoleForRDS-arn:aws:iam::aws:policy/aws-service-role/AmazonRDSServiceRolePolicy"
    ));
    // A type alone is all of it, as in driftctl's issue 617.
    let keys = file("*\n!aws_iam_access_key\n");
    assert!(!object(&keys, "aws_iam_access_key", "AKIA0") && object(&keys, "aws_iam_user", "u"));
    // An id with a dot, as in its issue 154.
    assert!(object(&file("aws_route53_record.Z0_shop.test_A"), "aws_route53_record", "Z0_shop.test_A"));
}

#[test]
fn addresses_are_patterns_too() {
    let web = named("aws_instance", "i-1", "module.app[\"eu-west-1a\"].aws_instance.web[0]");
    let root = named("aws_instance", "i-2", "aws_instance.web[\"a.b\"]");
    let ignored = |pattern: &str, name: &ObjectName| file(pattern).object(name).is_some();
    for pattern in [
        "module.app",
        "module.app[\"eu-west-1a\"]",
        "module.app[\"eu-*\"].aws_instance",
        "module.app[\"eu-west-1a\"].aws_instance.web",
        "module.app[\"eu-west-1a\"].aws_instance.web[0]",
        "module.*.aws_instance.web*",
        "aws_instance.i-1",
        "aws_instance.i-[0-9]",
    ] {
        assert!(ignored(pattern, &web), "{pattern}");
    }
    for pattern in [
        "module.ap",
        "module.app.aws_instance.web",
        "module.app[\"eu-west-1a\"].aws_instance.web[1]",
        "module.app[\"eu-west-1b\"]",
        "aws_instance.web",
        "*.web",
        "*web*",
        "aws_instance.i-[2-9]",
    ] {
        assert!(!ignored(pattern, &web), "{pattern}");
    }
    for (pattern, want) in
        [("aws_instance.web", true), ("aws_instance.web[\"a.b\"]", true), ("aws_instance.web[\"a\"]", false)]
    {
        assert_eq!(ignored(pattern, &root), want, "{pattern}");
    }
    // A key is no attribute.
    let tags = named("aws_ssm_parameter", "/app/tags", "aws_ssm_parameter.p[\"tags\"]");
    assert!(!ignored("aws_ssm_parameter.p.tags", &tags));
    assert!(file("aws_ssm_parameter.p[\"tags\"].tags").attribute(&tags, "tags[\"Team\"]").is_some());
}

#[test]
fn attributes_below_an_address_are_in_terraforms_notation() {
    let web = named("aws_instance", "i-1", "module.app.aws_instance.web[0]");
    let ignored = |pattern: &str, path: &str| file(pattern).attribute(&web, path).is_some();
    for (pattern, path, want) in [
        ("module.app.aws_instance.web[0].tags", "tags[\"Team\"]", true),
        ("module.app.aws_instance.web[0].tags[\"Team\"]", "tags[\"Team\"]", true),
        ("module.app.aws_instance.web[0].tags[\"Team\"]", "tags[\"Cost\"]", false),
        ("module.app.aws_instance.web[*].ebs_block_device[*].volume_size", "ebs_block_device[2].volume_size", true),
        ("aws_instance.i-1.ebs_block_device.2.volume_size", "ebs_block_device[2].volume_size", true),
        ("aws_instance.i-1.ebs_block_device[2].volume_size", "ebs_block_device[2].volume_size", true),
        ("aws_instance.i-1.ebs_block_device[2]", "ebs_block_device[2].volume_size", true),
        ("aws_instance.*.tags[\"Team\"]", "tags[\"Team\"]", true),
        ("aws_instance.*.tags.Team", "tags[\"Team\"]", true),
        ("aws_instance.*.tags.kubernetes.io/*", "tags[\"kubernetes.io/cluster/a\"]", true),
        ("aws_instance.i-1.tags", "tags_all[\"Team\"]", false),
        ("!aws_instance.i-1", "ami", false),
    ] {
        assert_eq!(ignored(pattern, path), want, "{pattern} {path}");
    }
}

#[test]
fn whitespace_comments_and_line_ends_are_as_in_a_gitignore() {
    let ignores =
        file("\u{feff}aws_vpc.a  \r\n\r\n  # an indented comment\r\n\t aws_vpc.b\t\r\naws_vpc.c\\ \r\n\\#d.e\n\\!f.g");
    assert!(object(&ignores, "aws_vpc", "a") && object(&ignores, "aws_vpc", "b"));
    assert!(object(&ignores, "aws_vpc", "c ") && !object(&ignores, "aws_vpc", "c"));
    assert!(object(&ignores, "#d", "e") && object(&ignores, "!f", "g"));
    assert!(!object(&ignores, "aws_vpc", "d"));
}

#[test]
fn what_is_no_pattern_is_an_error_with_its_line() {
    for (text, line, column, says) in [
        ("aws_vpc.a\n!\n", 2, 1, "there is nothing in it"),
        ("\n\n  aws_vpc.a\\\n", 3, 3, "nothing follows the last backslash"),
        ("aws_vpc.a[0\n", 1, 1, "a bracket is not closed"),
        ("aws_vpc.a[\"x]\n", 1, 1, "a bracket is not closed"),
        ("aws_vpc.[z-a]\n", 1, 1, "a range in brackets goes backwards"),
    ] {
        let error = Ignores::parse("live/.driftignore", text).expect_err(text);
        assert!(error.to_string().ends_with(says), "{error}");
        assert_eq!(
            error.span().map(|span| (span.file.as_str(), span.start.line, span.start.column)),
            Some(("live/.driftignore", line, column))
        );
        assert_eq!(error.code(), codes::D_IGNORE_PATTERN);
        assert!(error.remedy().is_some());
    }
    let error = Ignores::from_list("--ignore", &["aws_vpc".to_owned(), "a[".to_owned()]).expect_err("open");
    assert_eq!(error.span().map(ToString::to_string).as_deref(), Some("--ignore:2:1"));
    // A key that is no set of characters is a key.
    assert!(Ignores::parse("f", "module.a[\"z-a\"].aws_vpc.b").is_ok());
}

#[test]
fn a_pattern_that_is_about_nothing_is_reported() {
    let text = "aws_vpc.vpc-1\naws_vpc.vpc-1\naws_vpc.gone\naws_lambda_function.*.last_modified\n\
                aws_lambda_function.f.last_modifed\n!aws_vpc.nothing\naws_vpc.vpc-1.tags.Team\nmodule.old\n\
                aws_vpc.vpc-1 # by hand\nmodule.net.aws_vpc.main.enable_dns*\n";
    let ignores = file(text);
    let attributes = |value: Value| -> Map<String, Value> { value.as_object().expect("an object").clone() };
    let estate = [
        (
            named("aws_vpc", "vpc-1", "module.net.aws_vpc.main"),
            attributes(json!({"tags": {}, "enable_dns_support": true})),
        ),
        (named("aws_lambda_function", "f", "aws_lambda_function.f"), attributes(json!({"last_modified": "x"}))),
    ];
    let mut used = BTreeSet::new();
    for (name, _) in &estate {
        used.extend(ignores.matching(name, None));
    }
    assert_eq!(used.len(), 2, "both lines that name the VPC are of use");
    let findings = ignores.unused_findings(&used, estate.iter().map(|(name, attributes)| (name, attributes)));
    let lines: Vec<usize> = findings
        .iter()
        .map(|finding| {
            assert_eq!((finding.code, finding.severity), (codes::D_IGNORE_UNUSED, Severity::Info));
            let Subject::File { span } = &finding.subject else { panic!("a file") };
            span.start.line
        })
        .collect();
    assert_eq!(lines, [3, 5, 6, 8, 9]);
    assert_eq!(findings[0].message, "the ignore pattern aws_vpc.gone matches nothing");
    assert!(findings[4].remedy.as_deref().is_some_and(|remedy| remedy.contains("line of its own")));
}

/// 100,000 objects of one type against 1,000 patterns of that type: a third names objects, a third has wildcards
/// with one beginning, a third names addresses. A tenth of it where the code is not optimized.
#[test]
fn a_hundred_thousand_objects_and_a_thousand_patterns_take_seconds() {
    let objects = if cfg!(debug_assertions) { 10_000 } else { 100_000 };
    let text: String = (0..1_000)
        .map(|n| match n % 3 {
            0 => format!("aws_iam_role.role-{n}\n"),
            1 => format!("aws_iam_role.*-team{n}-*\n"),
            _ => format!("module.app[\"{n}\"].aws_iam_role.role\n"),
        })
        .collect();
    let ignores = file(&text);
    let started = Instant::now();
    let mut ignored = 0;
    for n in 0..objects {
        let name = named("aws_iam_role", &format!("role-{n}"), &format!("module.app[\"{n}\"].aws_iam_role.role"));
        ignored += usize::from(ignores.object(&name).is_some());
    }
    // Of 0..1000 those that leave 0 by id and 2 by address; the wildcards match none.
    assert_eq!(ignored, 334 + 333);
    // One to two seconds in both cases; a pass over all patterns for each object takes more than ten times that.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}
