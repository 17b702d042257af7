use super::super::LiveSnapshot;
use super::super::tests::{query, read, wanted};
use super::instance_profile;
use crate::replay::{Replay, Reply};
use aws_sdk_iam::types::{InstanceProfile, Role};
use aws_smithy_types::DateTime;
use pilotlight_drift::LiveObject;
use serde_json::{Value, json};

const DETAILS: &str = include_str!("account.xml");

const ROLES: &str = "<ListRolesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolesResult><IsTruncated>false\
    </IsTruncated><Roles><member><Path>/team/</Path><RoleName>shop</RoleName><RoleId>AROA1</RoleId>\
    <Arn>arn:aws:iam::123456789012:role/team/shop</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>\
    <Description>the shop</Description><MaxSessionDuration>7200</MaxSessionDuration></member></Roles>\
    </ListRolesResult></ListRolesResponse>";

const TAGS: &str = "<ListPolicyTagsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListPolicyTagsResult>\
    <IsTruncated>false</IsTruncated><Tags><member><Key>Team</Key><Value>shop</Value></member></Tags>\
    </ListPolicyTagsResult></ListPolicyTagsResponse>";

fn denied() -> Reply {
    Reply::route53_error(403, "AccessDenied", "not authorized")
}

fn account(asked: &str) -> Reply {
    match asked {
        _ if asked.contains("Action=GetAccountAuthorizationDetails") => Reply::ok(DETAILS),
        _ if asked.contains("Action=ListRoles") => Reply::ok(ROLES),
        _ if asked.contains("Action=ListPolicyTags") => Reply::ok(TAGS),
        _ => denied(),
    }
}

fn object<'s>(snapshot: &'s LiveSnapshot, resource_type: &str, id: &str) -> &'s LiveObject {
    let is_it = |object: &&LiveObject| object.resource_type == resource_type && object.id == id;
    snapshot.objects.iter().find(is_it).unwrap_or_else(|| panic!("no {resource_type} {id} in {:?}", snapshot.objects))
}

#[tokio::test]
async fn one_read_of_the_account_tells_of_a_role_and_all_that_it_has() {
    let replay = Replay::new(account);
    let attachment = "shop/arn:aws:iam::aws:policy/ReadOnlyAccess";
    let snapshot = read(
        &replay,
        vec![
            wanted("aws_iam_role", "shop", None),
            wanted("aws_iam_role_policy", "shop:logs", None),
            wanted("aws_iam_role_policy_attachment", "shop-20240101", None),
            wanted("aws_iam_role_policies_exclusive", "shop", Some("shop")),
        ],
    )
    .await;
    assert_eq!(snapshot.unread, []);
    let calls: Vec<_> = snapshot.calls.iter().map(|call| (call.operation.as_str(), call.count)).collect();
    assert_eq!(calls, [("GetAccountAuthorizationDetails", 1), ("ListRoles", 1)]);
    // Only roles were asked for, and never AWS's own policies.
    let asked = replay.asked();
    assert!(asked[0].contains("Filter.member.1=Role&") && !asked[0].contains("Filter.member.2"), "{}", asked[0]);
    assert_eq!(
        Value::Object(object(&snapshot, "aws_iam_role", "shop").attributes.clone()),
        json!({
            "id": "shop", "name": "shop", "path": "/team/", "arn": "arn:aws:iam::123456789012:role/team/shop",
            "unique_id": "AROA1", "assume_role_policy": r#"{"Statement":[{"Principal":"*"}]}"#,
            "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
            "managed_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "inline_policy": [{"name": "logs", "policy": r#"{"Statement":[]}"#}],
            "description": "the shop", "max_session_duration": 7200, "tags_all": {"Team": "shop"},
        })
    );
    assert_eq!(
        object(&snapshot, "aws_iam_role_policy", "shop:logs").attributes["policy"],
        json!(r#"{"Statement":[]}"#)
    );
    assert_eq!(object(&snapshot, "aws_iam_role_policy_attachment", attachment).attributes["role"], json!("shop"));
    let exclusive: Vec<_> =
        snapshot.objects.iter().filter(|object| object.resource_type.ends_with("policies_exclusive")).collect();
    assert_eq!(exclusive.len(), 1, "another role's are not asked for");
    assert_eq!(exclusive[0].attributes["policy_names"], json!(["logs"]));
    assert_eq!(
        object(&snapshot, "aws_iam_role", "AWSServiceRoleForAutoScaling").made_by.as_deref(),
        Some("AWS, linked to autoscaling.amazonaws.com")
    );
}

#[tokio::test]
async fn roles_are_unread_without_what_only_their_list_tells() {
    let replay = Replay::new(|asked| if asked.contains("Action=ListRoles") { denied() } else { account(asked) });
    let snapshot =
        read(&replay, vec![wanted("aws_iam_role", "shop", None), wanted("aws_iam_role_policy", "shop:logs", None)])
            .await;
    let types: Vec<_> = snapshot.objects.iter().map(|object| object.resource_type.as_str()).collect();
    assert_eq!(types, ["aws_iam_role_policy"]);
    let unread: Vec<_> = snapshot.unread.iter().map(|it| (it.resource_type.as_str(), it.id.as_deref())).collect();
    assert_eq!(unread, [("aws_iam_role", None)]);
    assert!(snapshot.unread[0].reason.starts_with("ListRoles of iam: access denied"), "{:?}", snapshot.unread);
}

#[tokio::test]
async fn policies_groups_and_members() {
    let replay = Replay::new(account);
    let arn = "arn:aws:iam::123456789012:policy/team/app";
    let snapshot = read(
        &replay,
        vec![
            wanted("aws_iam_policy", arn, None),
            wanted("aws_iam_policy_attachment", "app", Some(arn)),
            wanted("aws_iam_policy_attachment", "gone", Some("arn:aws:iam::123456789012:policy/gone")),
            wanted("aws_iam_group_membership", "ops-members", Some("ops")),
            wanted("aws_iam_user_group_membership", "terraform-1", Some("ann")),
            wanted("aws_iam_user", "ann", None),
        ],
    )
    .await;
    assert_eq!(snapshot.unread, []);
    let policy = &object(&snapshot, "aws_iam_policy", arn).attributes;
    // The version that is in force, not the newest.
    assert_eq!(policy["policy"], json!(r#"{"Version":"1"}"#));
    assert_eq!(
        (&policy["name"], &policy["path"], &policy["tags_all"]),
        (&json!("app"), &json!("/team/"), &json!({"Team": "shop"}))
    );
    let attached = object(&snapshot, "aws_iam_policy_attachment", arn);
    assert_eq!((&attached.attributes["users"], &attached.attributes["roles"]), (&json!(["ann"]), &json!([])));
    assert!(!snapshot.objects.iter().any(|object| object.id.ends_with("/gone")));
    assert_eq!(object(&snapshot, "aws_iam_group_membership", "ops").attributes["users"], json!(["ann"]));
    assert_eq!(object(&snapshot, "aws_iam_user_group_membership", "ann").attributes["groups"], json!(["ops"]));
    assert_eq!(object(&snapshot, "aws_iam_user", "ann").attributes["path"], json!("/people/"));
}

#[tokio::test]
async fn everything_lists_the_account_though_no_state_has_any_of_it() {
    let replay = Replay::new(account);
    let snapshot = query(&replay, Vec::new(), true).await;
    let mut found: Vec<_> = snapshot
        .objects
        .iter()
        .filter(|object| object.made_by.is_none())
        .map(|object| (object.resource_type.as_str(), object.id.as_str()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("aws_iam_group", "ops"),
            ("aws_iam_policy", "arn:aws:iam::123456789012:policy/team/app"),
            ("aws_iam_role", "shop"),
            ("aws_iam_role_policy", "shop:logs"),
            ("aws_iam_role_policy_attachment", "shop/arn:aws:iam::aws:policy/ReadOnlyAccess"),
            ("aws_iam_user", "ann"),
            ("aws_iam_user_group_membership", "ann"),
            ("aws_iam_user_policy_attachment", "ann/arn:aws:iam::123456789012:policy/team/app"),
        ]
    );
}

#[tokio::test]
async fn keys_are_listed_by_their_user() {
    let replay = Replay::new(|asked| match asked {
        _ if asked.contains("UserName=gone") => Reply::route53_error(404, "NoSuchEntity", "no such user"),
        _ if asked.contains("UserName=bob") => denied(),
        _ => Reply::ok(
            "<ListAccessKeysResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListAccessKeysResult>\
             <IsTruncated>false</IsTruncated><AccessKeyMetadata><member><UserName>ann</UserName>\
             <AccessKeyId>AKIA1</AccessKeyId><Status>Inactive</Status></member></AccessKeyMetadata>\
             </ListAccessKeysResult></ListAccessKeysResponse>",
        ),
    });
    let keys = [("AKIA1", "ann"), ("AKIA2", "bob"), ("AKIA3", "gone")]
        .map(|(id, user)| wanted("aws_iam_access_key", id, Some(user)));
    let snapshot = read(&replay, keys.into()).await;
    assert_eq!(
        Value::Object(object(&snapshot, "aws_iam_access_key", "AKIA1").attributes.clone()),
        json!({"id": "AKIA1", "user": "ann", "status": "Inactive"})
    );
    assert_eq!(snapshot.unread.iter().map(|unread| unread.id.as_deref()).collect::<Vec<_>>(), [Some("AKIA2")]);
}

#[tokio::test]
async fn an_account_without_a_password_policy_has_none() {
    let replay = Replay::new(|_| Reply::route53_error(404, "NoSuchEntity", "no password policy"));
    let snapshot = read(&replay, vec![wanted("aws_iam_account_password_policy", "x", None)]).await;
    assert_eq!((snapshot.objects.len(), snapshot.unread.len()), (0, 0));
}

#[test]
fn a_profile_has_its_one_role() {
    let at = DateTime::from_secs(0);
    let role = Role::builder().role_name("shop").path("/").role_id("AROA1").arn("a").create_date(at).build();
    let profile = |roles: Option<Vec<Role>>| {
        InstanceProfile::builder()
            .instance_profile_name("app")
            .instance_profile_id("AIPA1")
            .path("/team/")
            .arn("arn")
            .create_date(at)
            .set_roles(Some(roles.unwrap_or_default()))
            .build()
            .expect("profile")
    };
    let with = instance_profile::object(&profile(Some(vec![role.expect("role")])));
    assert_eq!((with.id.as_str(), &with.attributes["role"]), ("app", &json!("shop")));
    assert_eq!(instance_profile::object(&profile(None)).attributes["role"], Value::Null);
}
