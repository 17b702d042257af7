//! Traffic sets whose records are in several hosted zones.

use pilotlight_plan::Visibility::{Private, Public};
use pilotlight_plan::{Inputs, parse};

const HEAD: &str = r#"plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "app"
  state  = "s3://state/app.tfstate"
  standby {
    state = "s3://away/app.tfstate"
  }
}
"#;

#[test]
fn records_of_several_zones_are_one_set_a_zone_in_the_order_of_the_file() {
    let record = |name: &str, rest: &str| {
        format!("  record \"{name}\" \"A\" {{\n    primary = \"192.0.2.1\"\n    standby = \"192.0.2.2\"\n{rest}  }}\n")
    };
    let records = [
        record("app.shop.test", ""),
        record("app.shop.test", "    visibility = \"private\"\n"),
        record("app.in.test", "    zone = \"in.test\"\n    visibility = \"private\"\n    zone_id = \"Z2\"\n"),
        record("api.shop.test", ""),
        record("b.in.test", "    zone = \"in.test\"\n"),
    ];
    let set = format!("traffic \"all\" {{\n  zone = \"shop.test\"\n  zone_id = \"Z1\"\n{}}}\n", records.concat());
    let plan =
        parse("shop.hcl", &format!("{HEAD}{set}"), &Inputs::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let told: Vec<_> = plan
        .traffic
        .iter()
        .map(|set| {
            let names: Vec<&str> = set.records.iter().map(|record| record.name.as_str()).collect();
            (set.name.as_str(), set.zone.as_str(), set.zone_id.as_deref(), set.visibility, names)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("all", "shop.test", Some("Z1"), Public, vec!["app.shop.test", "api.shop.test"]),
            // The id is of the public zone.
            ("all/shop.test", "shop.test", None, Private, vec!["app.shop.test"]),
            ("all/in.test", "in.test", Some("Z2"), Private, vec!["app.in.test"]),
            ("all/in.test/public", "in.test", None, Public, vec!["b.in.test"]),
        ]
    );
}

#[test]
fn a_name_stands_once_in_each_zone() {
    let set = "traffic \"t\" {\n  zone = \"shop.test\"\n  record \"a.shop.test\" \"A\" {\n    primary = \"192.0.2.1\"\n    \
               standby = \"192.0.2.2\"\n  }\n  record \"a.shop.test\" \"A\" {\n    primary = \"192.0.2.1\"\n    standby = \
               \"192.0.2.2\"\n  }\n}\n";
    let twice = parse("shop.hcl", &format!("{HEAD}{set}"), &Inputs::default()).expect_err("twice").to_string();
    assert!(twice.contains("use the record a.shop.test A twice"), "{twice}");
}
