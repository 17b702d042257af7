//! Databases that AWS promotes.

use crate::after_head;
use pilotlight_plan::{Inputs, ManagedService, parse};
use std::time::Duration;

const HEAD: &str = "plan \"shop\" {
  primary { region = \"eu-west-1\" }
  standby { region = \"eu-central-1\" }
}
stack \"app\" {
  source = \"app\"
  state  = \"app.tfstate\"
}
";

#[test]
fn both_kinds_are_read_with_their_defaults() {
    let text = format!(
        "{HEAD}database \"rds\" \"orders\" {{\n  primary = \"orders\"\n  standby = stack.app.output.orders_id\n}}\n\
         database \"aurora_global\" \"stock\" {{\n  global_cluster  = \"stock\"\n  promote_timeout = \"5m\"\n}}\n"
    );
    let plan = parse("plan.hcl", &text, &Inputs::default()).expect("a plan");
    assert!(plan.databases.is_empty() && plan.has_databases());
    let [orders, stock] = plan.managed.as_slice() else { panic!("{:?}", plan.managed) };
    let ManagedService::Rds(pair) = &orders.service else { panic!("{orders:?}") };
    assert_eq!((pair.failback_replica.as_deref(), &pair.sql), (None, &None));
    assert_eq!(pair.replica_timeout, Duration::from_secs(3 * 3_600));
    assert_eq!(orders.promote_timeout, Duration::from_secs(1_800));
    assert_eq!((orders.can_be_fenced(), stock.can_be_fenced()), (false, true));
    assert_eq!(stock.promote_timeout, Duration::from_secs(300));
}

#[test]
fn with_both_urls_it_is_reached_by_sql() {
    let block = "database \"rds\" \"orders\" {\n  primary = \"orders\"\n  standby = \"orders-replica\"\n  \
                 primary_url = env(\"P\")\n  standby_url = env(\"S\")\n  tables = [\"orders\"]\n}\n";
    let env = [("P", "postgres://u:p@a/o"), ("S", "postgres://u:p@b/o")];
    let inputs = Inputs { env: env.map(|(name, url)| (name.into(), url.into())).into(), ..Inputs::default() };
    let plan = parse("plan.hcl", &format!("{HEAD}{block}"), &inputs).expect("a plan");
    let sql = plan.managed[0].sql().expect("the way by SQL");
    assert_eq!((sql.name.as_str(), sql.tables.as_slice()), ("orders", ["orders".to_owned()].as_slice()));
    assert!(plan.managed[0].can_be_fenced() && sql.resync.is_none());
}

#[test]
fn what_does_not_fit_is_one_clear_error() {
    let rds = |rest: &str| format!("database \"rds\" \"orders\" {{\n  primary = \"orders\"\n{rest}}}");
    for (body, expected) in [
        (
            rds(""),
            "9:1 PL-P103 find the attribute \"standby\" in database \"orders\" | write standby = stack.data.output.orders_identifier",
        ),
        (
            rds("  standby = \"aws_db_instance.orders\"\n"),
            "11:13 PL-P104 use \"aws_db_instance.orders\" for the attribute \"standby\": it is no identifier: an address of \
             Terraform names nothing to AWS | write the identifier, as in \"orders\", or an output that has it, as in \
             stack.data.output.orders_id",
        ),
        (
            rds("  standby = \"arn:aws:rds:eu-central-1:1:db:x\"\n"),
            "11:13 PL-P104 use \"arn:aws:rds:eu-central-1:1:db:x\" for the attribute \"standby\": it is an ARN, and the identifier alone is wanted",
        ),
        (
            rds("  standby = \"orders--r\"\n"),
            "11:13 PL-P104 use \"orders--r\" for the attribute \"standby\": an identifier is letters, digits and single hyphens",
        ),
        (
            rds("  standby = \"r\"\n  failback_replica = \"orders\"\n"),
            "12:22 PL-P104 use \"orders\" for the attribute \"failback_replica\": the instance of that name stays as it is | \
             write a name that no instance of the primary region has, as in \"orders-2\"",
        ),
        (
            rds("  standby = \"r\"\n  tables = [\"orders\"]\n"),
            "12:12 PL-P104 use [\"orders\"] for the attribute \"tables\": tables are compared by SQL, and the block has no \
             URLs | add primary_url and standby_url",
        ),
        (
            rds("  standby = \"r\"\n  primary_url = \"postgres://db/orders\"\n"),
            "12:17 PL-P104 use this value for the attribute \"primary_url\": one URL alone proves nothing of the other side \
             | add standby_url, or remove primary_url",
        ),
        (
            "database \"aurora_global\" \"o\" {\n  global_cluster = [\"o\"]\n}".to_owned(),
            "10:20 PL-P104 use this list for the attribute \"global_cluster\": it is a list, and one text is wanted",
        ),
        (
            "database \"aurora_global\" \"o\" {\n  global_cluster = \"o\"\n  tables = []\n}".to_owned(),
            "11:3 PL-P102 find the attribute \"tables\" in an aurora_global",
        ),
    ] {
        let told = after_head(&body);
        let start = expected.split(" in an aurora_global").next().unwrap_or(expected);
        assert!(told.starts_with(start) && !told.contains('\n'), "{body}\n{told}");
    }
}
