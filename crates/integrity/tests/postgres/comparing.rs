use crate::cluster::{APP, OWNER, SUPERUSER, Server, limits};
use pilotlight_integrity::postgres::{
    CompareOptions, DatabaseSide, DatabaseUrl, Databases as _, DifferenceKind, PostgresDatabases, RowDifference,
    TableComparison, TableVerdict, compare_tables,
};

/// Two databases of one server, each made by `both` and then by its own statements.
async fn pair(both: &str, a: &str, b: &str) -> (Server, DatabaseUrl, DatabaseUrl) {
    let server = Server::primary().await;
    let admin = server.client(SUPERUSER, "postgres").await;
    // What a server or a role is set to must not make equal values look different.
    for sql in [
        "CREATE DATABASE a",
        "CREATE DATABASE b",
        "ALTER DATABASE b SET datestyle = 'German'",
        "ALTER DATABASE b SET timezone = 'Asia/Tokyo'",
        "ALTER DATABASE b SET extra_float_digits = 0",
        "ALTER DATABASE b SET bytea_output = 'escape'",
        "ALTER DATABASE b SET intervalstyle = 'iso_8601'",
    ] {
        admin.batch_execute(sql).await.expect("the databases of the test");
    }
    for (database, own) in [("a", a), ("b", b)] {
        let client = server.client(SUPERUSER, database).await;
        client
            .batch_execute("SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'")
            .await
            .expect("the databases of the test");
        client.batch_execute(both).await.expect("the databases of the test");
        client.batch_execute(own).await.expect("the databases of the test");
    }
    let url = |database| DatabaseUrl::parse(&server.text(SUPERUSER, database)).expect("the databases of the test");
    let (a, b) = (url("a"), url("b"));
    (server, a, b)
}

async fn compare(a: &DatabaseUrl, b: &DatabaseUrl, tables: &[&str]) -> (Vec<TableComparison>, Vec<RowDifference>) {
    let tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
    let options = CompareOptions { with_rows: true, ..CompareOptions::default() };
    let mut rows = Vec::new();
    let found = &mut |row: &RowDifference| {
        rows.push(row.clone());
        Ok(())
    };
    let comparisons =
        compare_tables(a, b, &tables, &options, &limits(), found).await.expect("the databases of the test");
    rows.sort_by(|one, other| (&one.table, one.kind, &one.key).cmp(&(&other.table, other.kind, &other.key)));
    (comparisons, rows)
}

#[tokio::test]
async fn every_row_that_differs_is_named_and_told_whole() {
    let (_server, a, b) = pair(
        "CREATE TABLE orders (id bigint PRIMARY KEY, item text, at timestamptz, price float8, raw bytea, span interval);
         INSERT INTO orders SELECT n, 'tea ' || n, '2026-01-01'::timestamptz + n * interval '1 min', n / 3.0::float8,
                decode(lpad(to_hex(n), 8, '0'), 'hex'), n * interval '1 day 1 sec' FROM generate_series(1, 5000) n;
         CREATE TABLE lines (order_id bigint, no int, note text, PRIMARY KEY (no, order_id));
         INSERT INTO lines SELECT n / 3, n % 3, NULL FROM generate_series(1, 900) n;
         CREATE TABLE names (name text PRIMARY KEY, one int, name_ int, hashed int, k int, d int);
         INSERT INTO names VALUES ('ä', 1), ('Z', 2), ('a', 3), ('a b', 4), ('\"q\"', 5), ('a,b', 6);
         CREATE TABLE log (line text); INSERT INTO log VALUES ('x'), ('x'), ('y');
         CREATE TABLE nulls (id int PRIMARY KEY, note text); INSERT INTO nulls VALUES (1, NULL), (2, '');
         CREATE TABLE events (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
         CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
         INSERT INTO events SELECT n, '2026-01-01'::date + n FROM generate_series(0, 57) n;
         CREATE TABLE empty (id int PRIMARY KEY);
         CREATE SCHEMA shop; CREATE TABLE shop.\"Odd Name\" (\"Id\" int PRIMARY KEY); INSERT INTO shop.\"Odd Name\" VALUES (1)",
        "DELETE FROM orders WHERE id IN (17, 4711); UPDATE orders SET item = NULL WHERE id = 42;
         UPDATE lines SET note = '' WHERE order_id = 7 AND no = 1;
         DELETE FROM names WHERE name = 'ä'; DELETE FROM log WHERE ctid = '(0,1)';
         UPDATE nulls SET note = '' WHERE id = 1; DELETE FROM events WHERE id = 40",
        "DELETE FROM orders WHERE id = 4999; UPDATE orders SET price = price + 1e-13 WHERE id = 3000;
         INSERT INTO names VALUES ('A', 7); INSERT INTO orders (id) VALUES (6000)",
    )
    .await;
    let tables = ["orders", "lines", "names", "log", "nulls", "events", "empty", "shop.Odd Name"];
    let (comparisons, rows) = compare(&a, &b, &tables).await;

    let counts: Vec<_> = comparisons.iter().map(|one| (one.rows_a.unwrap(), one.rows_b.unwrap())).collect();
    assert_eq!(counts, [(4998, 5000), (900, 900), (5, 7), (2, 3), (2, 2), (57, 58), (0, 0), (1, 1)]);
    let verdicts: Vec<_> = comparisons
        .iter()
        .map(|one| match &one.verdict {
            TableVerdict::Differs { only_on_a, only_on_b, differing, keys } => {
                assert_eq!(keys.len() as u64, only_on_a + only_on_b + differing);
                format!("{only_on_a} {only_on_b} {differing}")
            }
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(verdicts, ["1 3 2", "0 0 1", "0 2 0", "DiffersWithoutKeys", "0 0 1", "0 1 0", "Equal", "Equal"]);

    let told: Vec<_> = rows.iter().map(|row| format!("{} {:?} {}", row.table, row.kind, row.key)).collect();
    assert_eq!(
        told,
        [
            r#"public.events OnlyOnB {"id":40,"day":"2026-02-10"}"#,
            r#"public.lines Differs {"no":1,"order_id":7}"#,
            r#"public.names OnlyOnB {"name":"A"}"#,
            r#"public.names OnlyOnB {"name":"ä"}"#,
            r#"public.nulls Differs {"id":1}"#,
            r#"public.orders OnlyOnA {"id":4999}"#,
            r#"public.orders OnlyOnB {"id":17}"#,
            r#"public.orders OnlyOnB {"id":4711}"#,
            r#"public.orders OnlyOnB {"id":6000}"#,
            r#"public.orders Differs {"id":3000}"#,
            r#"public.orders Differs {"id":42}"#,
        ]
    );
    let only_here = rows.iter().find(|row| row.kind == DifferenceKind::OnlyOnA).unwrap();
    assert_eq!(
        only_here.row_a.as_deref(),
        Some(
            r#"{"at":"2026-01-04T11:19:00+00:00","id":4999,"item":"tea 4999","price":1666.3333333333333,"raw":"\\x00001387","span":"4999 days 01:23:19"}"#
        )
    );
    assert_eq!(only_here.row_b, None);
}

#[tokio::test]
async fn tables_that_cannot_be_compared_row_by_row_say_why() {
    let (server, a, b) = pair(
        "CREATE TABLE twins (id int PRIMARY KEY); CREATE VIEW seen AS SELECT 1 AS id",
        "CREATE TABLE here (id int PRIMARY KEY); INSERT INTO here VALUES (1), (2);
         CREATE TABLE kinds (id int PRIMARY KEY, note text, old int); INSERT INTO kinds VALUES (1);
         CREATE TABLE keys (x int PRIMARY KEY, y int NOT NULL);
         CREATE TABLE moved (id int PRIMARY KEY, note text); INSERT INTO moved VALUES (1, 'a')",
        "CREATE TABLE kinds (id int PRIMARY KEY, note varchar(10)); CREATE TABLE keys (x int NOT NULL, y int PRIMARY KEY);
         CREATE TABLE moved (note text, gone int, id int PRIMARY KEY); ALTER TABLE moved DROP COLUMN gone;
         INSERT INTO moved VALUES ('a', 1)",
    )
    .await;
    let (found, rows) = compare(&a, &b, &["here", "nowhere", "seen", "kinds", "keys", "moved", "twins"]).await;
    assert_eq!(rows, []);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(found[0].verdict, TableVerdict::Missing { sides: vec![DatabaseSide::B] });
    assert_eq!((found[0].rows_a, found[0].rows_b), (Some(2), None));
    for missing in &found[1..3] {
        assert_eq!(missing.verdict, TableVerdict::Missing { sides: vec![DatabaseSide::A, DatabaseSide::B] });
    }
    assert_eq!(
        found[3].verdict,
        TableVerdict::OtherColumns {
            only_on_a: texts(&["note text", "old integer"]),
            only_on_b: texts(&["note character varying(10)"]),
        }
    );
    assert_eq!((found[3].rows_a, found[3].rows_b), (Some(1), Some(0)));
    assert_eq!(
        found[4].verdict,
        TableVerdict::OtherColumns { only_on_a: texts(&["primary key (x)"]), only_on_b: texts(&["primary key (y)"]) }
    );
    // The same columns in another order are the same table.
    assert!(found[5].is_equal() && found[6].is_equal(), "{found:?}");

    // Rows that a policy hides are not left out silently, nor is a table that may not be read.
    let admin = server.client(SUPERUSER, "a").await;
    let refused = async |role: &str| {
        let a = DatabaseUrl::parse(&server.text(role, "a")).unwrap();
        let tables = ["twins".to_owned()];
        let limits = limits();
        compare_tables(&a, &b, &tables, &CompareOptions::default(), &limits, &mut |_| Ok(()))
            .await
            .unwrap_err()
            .to_string()
    };
    let error = refused(APP).await;
    assert!(error.contains("permission denied for table twins"), "{error}");
    let policy = format!("ALTER TABLE twins ENABLE ROW LEVEL SECURITY; GRANT SELECT ON twins TO {OWNER}");
    admin.batch_execute(&policy).await.unwrap();
    let error = refused(OWNER).await;
    assert!(error.contains("row-level security policy"), "{error}");
}

#[tokio::test]
async fn a_big_table_is_cut_finer_and_its_keys_are_bounded_but_counted() {
    const ROWS: i64 = 150_000;
    let server = Server::primary().await;
    let admin = server.client(SUPERUSER, "postgres").await;
    admin.batch_execute("CREATE DATABASE a").await.unwrap();
    let client = server.client(SUPERUSER, "a").await;
    client
        .batch_execute(&format!(
            "CREATE TABLE orders (id text PRIMARY KEY, item text);
             INSERT INTO orders SELECT md5(n::text), 'tea' FROM generate_series(1, {ROWS}) n"
        ))
        .await
        .unwrap();
    drop(client);
    while admin.batch_execute("CREATE DATABASE b TEMPLATE a").await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let client = server.client(SUPERUSER, "b").await;
    client
        .batch_execute(
            "DELETE FROM orders WHERE id < '0020'; UPDATE orders SET item = 'rum' WHERE id BETWEEN '0020' AND '0030';
             INSERT INTO orders VALUES ('new', 'tea')",
        )
        .await
        .unwrap();
    // The answer that the server itself gives.
    let count = async |database: &str, sql: &str| -> u64 {
        let client = server.client(SUPERUSER, database).await;
        client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0).try_into().unwrap()
    };
    let deleted = count("a", "SELECT count(*) FROM orders WHERE id < '0020'").await;
    let changed = count("b", "SELECT count(*) FROM orders WHERE item = 'rum'").await;
    assert!(deleted > 30 && changed > 5, "{deleted} {changed}");
    let url = |database| DatabaseUrl::parse(&server.text(SUPERUSER, database)).unwrap();
    let options = CompareOptions { max_keys: 10, with_rows: false };
    let mut told = 0;
    let found = compare_tables(&url("a"), &url("b"), &["orders".to_owned()], &options, &limits(), &mut |_| {
        told += 1;
        Ok(())
    })
    .await
    .unwrap();
    let rows = u64::try_from(ROWS).unwrap();
    assert_eq!((found[0].rows_a, found[0].rows_b), (Some(rows), Some(rows - deleted + 1)));
    let TableVerdict::Differs { only_on_a, only_on_b, differing, keys } = &found[0].verdict else {
        panic!("{found:?}")
    };
    assert_eq!((*only_on_a, *only_on_b, *differing), (deleted, 1, changed));
    assert_eq!((keys.len(), told), (10, deleted + 1 + changed));
}

#[tokio::test]
async fn lost_writes_are_kept_in_a_file_before_anybody_discards_them() {
    let (_server, a, b) = pair(
        "CREATE TABLE orders (id int PRIMARY KEY, item text); INSERT INTO orders SELECT n, 'tea' FROM generate_series(1, 9) n",
        "INSERT INTO orders VALUES (10, 'lost \"one\"'); UPDATE orders SET item = 'rum' WHERE id = 3",
        "INSERT INTO orders VALUES (11, 'new')",
    )
    .await;
    drop((a, b));
    let text = |database: &str| _server.text(SUPERUSER, database);
    let folder = tempfile::tempdir().unwrap();
    let databases = PostgresDatabases::new(limits(), folder.path().join("lost"));
    let tables = ["orders".to_owned()];
    for _ in 0..2 {
        let kept =
            databases.keep_rows(&text("a"), &text("b"), &tables, "orders", limits().statement_timeout).await.unwrap();
        assert_eq!(kept.rows, 2);
        let written = std::fs::read_to_string(&kept.file).unwrap();
        let mut lines: Vec<&str> = written.lines().collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                r#"{"table":"public.orders","key":{"id":10},"lost":{"id":10,"item":"lost \"one\""},"kept":null}"#,
                r#"{"table":"public.orders","key":{"id":3},"lost":{"id":3,"item":"rum"},"kept":{"id":3,"item":"tea"}}"#,
            ]
        );
        assert_eq!(std::fs::read_dir(folder.path().join("lost")).unwrap().count(), 1);
    }
}
