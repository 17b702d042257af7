use super::super::LiveSnapshot;
use super::super::tests::{read, wanted};
use super::settings::Settings;
use super::{conditions, listener, load_balancer, rule, target, target_group};
use crate::replay::{Replay, Reply};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, AuthenticateOidcActionConfig, Certificate, ForwardActionConfig, Listener, ProtocolEnum,
    Rule, RuleCondition, TargetDescription, TargetGroupStickinessConfig, TargetGroupTuple, TargetTypeEnum,
};
use serde_json::{Value, json};

const NS: &str = "xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"";
const ACCOUNT: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

fn settings(pairs: &[(&'static str, &'static str)]) -> Settings {
    Settings::of(pairs.iter().map(|(key, value)| (Some(*key), Some(*value))))
}

fn ids(snapshot: &LiveSnapshot) -> Vec<(&str, &str)> {
    snapshot.objects.iter().map(|object| (object.resource_type.as_str(), object.id.as_str())).collect()
}

fn balancers() -> Reply {
    Reply::ok(format!(
        "<DescribeLoadBalancersResponse {NS}><DescribeLoadBalancersResult><LoadBalancers>\
         <member><LoadBalancerArn>{ACCOUNT}:loadbalancer/app/web/a1</LoadBalancerArn><LoadBalancerName>web</LoadBalancerName>\
         <Scheme>internal</Scheme><Type>application</Type><IpAddressType>ipv4</IpAddressType>\
         <SecurityGroups><member>sg-1</member></SecurityGroups><AvailabilityZones><member><ZoneName>eu-west-1a</ZoneName>\
         <SubnetId>subnet-1</SubnetId></member></AvailabilityZones></member>\
         <member><LoadBalancerArn>{ACCOUNT}:loadbalancer/app/other/b2</LoadBalancerArn></member>\
         </LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
    ))
}

fn attributes() -> Reply {
    Reply::ok(format!(
        "<DescribeLoadBalancerAttributesResponse {NS}><DescribeLoadBalancerAttributesResult><Attributes>\
         <member><Key>idle_timeout.timeout_seconds</Key><Value>60</Value></member>\
         <member><Key>deletion_protection.enabled</Key><Value>true</Value></member>\
         <member><Key>access_logs.s3.enabled</Key><Value>false</Value></member>\
         <member><Key>access_logs.s3.bucket</Key><Value></Value></member>\
         <member><Key>access_logs.s3.prefix</Key><Value></Value></member></Attributes>\
         </DescribeLoadBalancerAttributesResult></DescribeLoadBalancerAttributesResponse>"
    ))
}

fn tags() -> Reply {
    Reply::ok(format!(
        "<DescribeTagsResponse {NS}><DescribeTagsResult><TagDescriptions><member>\
         <ResourceArn>{ACCOUNT}:loadbalancer/app/web/a1</ResourceArn><Tags><member><Key>Team</Key><Value>shop</Value>\
         </member><member><Key>elbv2.k8s.aws/cluster</Key><Value>c</Value></member></Tags></member></TagDescriptions>\
         </DescribeTagsResult></DescribeTagsResponse>"
    ))
}

#[tokio::test]
async fn attributes_and_tags_are_asked_for_what_a_state_has() {
    let replay = Replay::new(|asked| match asked {
        _ if asked.contains("Action=DescribeLoadBalancers&") => balancers(),
        _ if asked.contains("Action=DescribeTags") => tags(),
        _ => attributes(),
    });
    let web = format!("{ACCOUNT}:loadbalancer/app/web/a1");
    let snapshot = read(&replay, vec![wanted("aws_lb", &web, None)]).await;
    assert_eq!(snapshot.unread, []);
    let calls: Vec<_> =
        snapshot.calls.iter().map(|call| (call.service.as_str(), call.operation.as_str(), call.count)).collect();
    assert_eq!(
        calls,
        [
            ("elasticloadbalancing", "DescribeLoadBalancerAttributes", 1),
            ("elasticloadbalancing", "DescribeLoadBalancers", 1),
            ("elasticloadbalancing", "DescribeTags", 1),
        ]
    );
    let found = &snapshot.objects[0].attributes;
    assert_eq!(
        (&found["internal"], &found["idle_timeout"], &found["enable_deletion_protection"], &found["subnets"]),
        (&json!(true), &json!(60), &json!(true), &json!(["subnet-1"]))
    );
    assert_eq!(found["access_logs"], json!([{"enabled": false, "bucket": "", "prefix": ""}]));
    assert!(!found.contains_key("connection_logs"), "it was not told");
    assert_eq!(found["tags_all"], json!({"Team": "shop", "elbv2.k8s.aws/cluster": "c"}));
    assert!(snapshot.objects[0].made_by.as_deref().is_some_and(|maker| maker.contains("Kubernetes")));
    assert!(!snapshot.objects[1].attributes.contains_key("tags_all"), "nobody asked");
}

#[tokio::test]
async fn a_load_balancer_whose_attributes_were_denied_is_unread() {
    let replay = Replay::new(|asked| match asked {
        _ if asked.contains("Action=DescribeLoadBalancers&") => balancers(),
        _ if asked.contains("Action=DescribeTags") => tags(),
        _ => Reply::route53_error(403, "AccessDenied", "no"),
    });
    let web = format!("{ACCOUNT}:loadbalancer/app/web/a1");
    let snapshot = read(&replay, vec![wanted("aws_lb", &web, None)]).await;
    let other = format!("{ACCOUNT}:loadbalancer/app/other/b2");
    assert_eq!(ids(&snapshot), [("aws_lb", other.as_str())]);
    assert_eq!(snapshot.unread.iter().map(|unread| unread.id.as_deref()).collect::<Vec<_>>(), [Some(web.as_str())]);
}

#[tokio::test]
async fn what_belongs_to_something_that_is_gone_is_gone_and_what_was_denied_is_unread() {
    let replay = Replay::new(|asked| match asked {
        _ if asked.contains("gone") && asked.contains("Action=DescribeListeners") => {
            Reply::route53_error(400, "LoadBalancerNotFound", "not found")
        }
        _ if asked.contains("gone") && asked.contains("Action=DescribeTargetHealth") => {
            Reply::route53_error(400, "TargetGroupNotFound", "not found")
        }
        _ if asked.contains("gone") => Reply::route53_error(400, "ListenerNotFound", "not found"),
        _ if asked.contains("Action=DescribeTargetGroups") => Reply::ok(format!(
            "<DescribeTargetGroupsResponse {NS}><DescribeTargetGroupsResult><TargetGroups/></DescribeTargetGroupsResult>\
             </DescribeTargetGroupsResponse>"
        )),
        _ => Reply::route53_error(403, "AccessDenied", "no"),
    });
    let arn = |kind: &str, rest: &str| format!("{ACCOUNT}:{kind}/{rest}");
    let (gone, denied) = (arn("listener", "app/gone/1/2"), arn("listener", "app/web/1/2"));
    let (gone_rule, denied_rule) = (arn("listener-rule", "app/gone/1/2/3"), arn("listener-rule", "app/web/1/2/3"));
    let certificate = |listener: &str| format!("{listener}_arn:aws:acm:eu-west-1:1:certificate/c");
    let (gone_certificate, denied_certificate) = (certificate(&gone), certificate(&denied));
    let (gone_group, denied_group) = (arn("targetgroup", "gone/1"), arn("targetgroup", "web/1"));
    let snapshot = read(
        &replay,
        vec![
            wanted("aws_lb_listener", &gone, None),
            wanted("aws_lb_listener", &denied, None),
            wanted("aws_lb_listener_rule", &gone_rule, None),
            wanted("aws_lb_listener_rule", &denied_rule, None),
            wanted("aws_lb_listener_certificate", &gone_certificate, None),
            wanted("aws_lb_listener_certificate", &denied_certificate, None),
            wanted("aws_lb_target_group_attachment", "made-up-1", Some(&gone_group)),
            wanted("aws_lb_target_group_attachment", "made-up-2", Some(&denied_group)),
        ],
    )
    .await;
    assert_eq!(ids(&snapshot), []);
    let mut unread: Vec<_> = snapshot.unread.iter().filter_map(|unread| unread.id.as_deref()).collect();
    unread.sort_unstable();
    let mut expected = [denied.as_str(), &denied_rule, &denied_certificate, "made-up-2"];
    expected.sort_unstable();
    assert_eq!(unread, expected);
}

#[test]
fn a_listener_gives_both_forms_of_its_forward_and_never_a_secret() {
    let tuple = TargetGroupTuple::builder().target_group_arn("tg-1").weight(1).build();
    let forward = ForwardActionConfig::builder()
        .target_groups(tuple)
        .target_group_stickiness_config(TargetGroupStickinessConfig::builder().enabled(false).build())
        .build();
    let oidc =
        AuthenticateOidcActionConfig::builder().issuer("https://i").client_id("c").client_secret("planted").build();
    let listener = Listener::builder()
        .listener_arn("arn")
        .port(443)
        .protocol(ProtocolEnum::Https)
        .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
        .certificates(Certificate::builder().certificate_arn("cert-1").build())
        .alpn_policy("HTTP2Preferred")
        .default_actions(
            Action::builder()
                .r#type(ActionTypeEnum::Forward)
                .order(2)
                .target_group_arn("tg-1")
                .forward_config(forward)
                .build(),
        )
        .default_actions(
            Action::builder().r#type(ActionTypeEnum::AuthenticateOidc).order(1).authenticate_oidc_config(oidc).build(),
        )
        .build();
    let object = listener::object(&listener).expect("object");
    let actions = object.attributes["default_action"].as_array().expect("list");
    assert_eq!((&actions[0]["type"], &actions[1]["type"]), (&json!("authenticate-oidc"), &json!("forward")));
    assert_eq!(actions[1]["target_group_arn"], json!("tg-1"));
    assert_eq!(
        actions[1]["forward"],
        json!([{"target_group": [{"arn": "tg-1", "weight": 1}], "stickiness": [{"enabled": false, "duration": null}]}])
    );
    assert_eq!(actions[0]["authenticate_oidc"][0]["issuer"], json!("https://i"));
    assert!(!format!("{object:?}").contains("planted"));
    assert_eq!(
        (&object.attributes["certificate_arn"], &object.attributes["alpn_policy"]),
        (&json!("cert-1"), &json!("HTTP2Preferred"))
    );
    assert!(!object.attributes.contains_key("mutual_authentication"));
}

#[test]
fn settings_have_terraforms_names() {
    let told = settings(&[
        ("routing.http.response.server.enabled", "false"),
        ("routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name", "X-Serial"),
        ("tcp.idle_timeout.seconds", "350"),
    ]);
    assert_eq!(
        Value::Object(listener::attributes(&told, Some("TCP")).into_map()),
        json!({
            "routing_http_response_server_enabled": false,
            "routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name": "X-Serial",
            "tcp_idle_timeout_seconds": 350,
        })
    );
    // Nobody can change it for TLS, and the provider does not read it.
    let idle = |protocol| listener::attributes(&told, protocol).into_map().contains_key("tcp_idle_timeout_seconds");
    assert_eq!((idle(Some("TLS")), idle(Some("GENEVE")), idle(None)), (false, true, true));
    assert_eq!(
        Value::Object(load_balancer::attributes(&settings(&[("routing.http2.enabled", "true")])).into_map()),
        json!({"enable_http2": true})
    );
    let group = settings(&[
        ("stickiness.enabled", "true"),
        ("stickiness.type", "app_cookie"),
        ("stickiness.lb_cookie.duration_seconds", "86400"),
        ("stickiness.app_cookie.duration_seconds", "60"),
        ("stickiness.app_cookie.cookie_name", "sid"),
        ("load_balancing.algorithm.type", "round_robin"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "off"),
    ]);
    let ip = target_group::attributes(Some(&TargetTypeEnum::Ip), &group).into_map();
    assert_eq!(
        Value::Object(ip),
        json!({
            "stickiness": [{"enabled": true, "type": "app_cookie", "cookie_duration": 60, "cookie_name": "sid"}],
            "load_balancing_algorithm_type": "round_robin",
            "target_group_health": [{"dns_failover": [{"minimum_healthy_targets_count": "off"}]}],
        })
    );
    let lambda = target_group::attributes(Some(&TargetTypeEnum::Lambda), &group).into_map();
    assert!(!lambda.contains_key("load_balancing_algorithm_type"));
}

#[test]
fn a_rule_that_a_listener_has_by_itself_is_nobodys() {
    let default = rule::object("l", &Rule::builder().rule_arn("r1").is_default(true).priority("default").build());
    let default = default.expect("object");
    assert_eq!(default.attributes["priority"], json!(99999));
    assert_eq!(default.made_by.as_deref(), Some("its listener, whose default action it is"));
    let own = rule::object("l", &Rule::builder().rule_arn("r2").is_default(false).priority("10").build());
    let own = own.expect("object");
    assert_eq!((own.made_by, &own.attributes["priority"]), (None, &json!(10)));
    let certificate = |default: bool| Certificate::builder().certificate_arn("c").is_default(default).build();
    assert_eq!(rule::certificate("l", &certificate(true)), None);
    assert_eq!(rule::certificate("l", &certificate(false)).expect("object").id, "l_c");
}

#[test]
fn conditions_of_the_older_form_have_their_values_beside() {
    let old = RuleCondition::builder().field("path-pattern").values("/a").build();
    let blocks = conditions::blocks(&[old]);
    assert_eq!(blocks[0]["path_pattern"], json!([{"values": ["/a"]}]));
    assert_eq!((&blocks[0]["host_header"], &blocks[0]["query_string"]), (&json!([]), &json!([])));
}

#[test]
fn a_target_on_its_groups_own_port_is_found_with_and_without_it() {
    let ids = |port: Option<i32>, own: Option<i32>| {
        let target = TargetDescription::builder().id("i-1").set_port(port).build();
        target::objects("tg", own, &target).into_iter().map(|object| object.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Some(80), Some(80)), ["tg/i-1/80", "tg/i-1"]);
    assert_eq!(ids(Some(8080), Some(80)), ["tg/i-1/8080"]);
    // A function has no port.
    assert_eq!(ids(None, None), ["tg/i-1"]);
}
