# How traffic moves: one traffic set for each method, with the records that Terraform has to make first.
# docs/plan.md is the reference of this language.

plan "traffic-methods" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives { rto = "15m" }
  journal = ["s3://shop-dr-eu-central-1/pilotlight", "file:.pilotlight"]
}

stack "app" {
  source = "../../infra/shop/app"
  state  = "s3://shop-tfstate/app.tfstate"

  standby {
    backend = { bucket = "shop-tfstate-eu-central-1" }
    # One stack owns the records and the health check of both sides; the standby's copy leaves them out.
    exclude = ["aws_route53_record.app", "aws_route53_health_check.signal"]
  }
}

# record: one set, whose target is swapped. An alias is a map, read over each side's outputs:
#
#   resource "aws_route53_record" "app" {
#     name = "app.shop.test"
#     type = "A"
#     alias {
#       name                   = aws_lb.app.dns_name
#       zone_id                = aws_lb.app.zone_id
#       evaluate_target_health = true
#     }
#     lifecycle { ignore_changes = [alias] }     # a failover moves it
#   }
traffic "app" {
  zone   = "shop.test"
  method = "record"
  record "app.shop.test" "A" {
    primary = { name = stack.app.output.lb_dns_name, zone_id = stack.app.output.lb_zone_id }
    standby = { name = stack.app.output.lb_dns_name, zone_id = stack.app.output.lb_zone_id }
  }
}

# The same for names that only VPCs ask: a private zone has no name servers that could be asked, so the run takes
# Route 53's word for it.
traffic "inside" {
  zone       = "in.shop.test"
  visibility = "private"
  record "db.in.shop.test" "CNAME" {
    primary = stack.app.output.database_host
    standby = stack.app.output.database_host
    ttl     = "30s"
  }
}

# weighted: two sets of one name, each with one side's values. The planned move, step by step, that comes back by itself:
#
#   set_identifier = "primary"  weighted_routing_policy { weight = 100 }
#   set_identifier = "standby"  weighted_routing_policy { weight = 0 }
traffic "storefront" {
  zone   = "shop.test"
  method = "weighted"
  shift  = [10, 50, 100]
  hold   = "45s"
  record "www.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }
}

# signal: two failover sets, and an inverted health check that asks for an object in the standby region. Nothing of
# Route 53's control plane is needed to move it:
#
#   resource "aws_route53_health_check" "signal" {
#     type               = "HTTPS"
#     fqdn               = "shop-dr-eu-central-1.s3.eu-central-1.amazonaws.com"
#     resource_path      = "/signal/standby-serves"
#     port               = 443
#     request_interval   = 10
#     failure_threshold  = 3
#     invert_healthcheck = true
#   }
#   set_identifier = "primary"  failover_routing_policy { type = "PRIMARY" }    health_check_id = ...signal.id
#   set_identifier = "standby"  failover_routing_policy { type = "SECONDARY" }
traffic "api" {
  zone   = "shop.test"
  method = "signal"
  signal {
    url          = "s3://shop-dr-eu-central-1/signal/standby-serves"
    health_check = stack.app.output.signal_health_check
  }
  record "api.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }
}

check "http" "target" {
  url  = "http://${stack.app.output.public_ips[0]}:8080/health"
  side = "target"
}
