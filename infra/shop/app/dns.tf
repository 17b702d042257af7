# Route 53 is one service for all regions: the zone is made once, here, and the standby refers to it.
resource "aws_route53_zone" "shop" {
  name    = "shop.test"
  comment = "The shop's names"
}

locals {
  addresses = [for zone in sort(keys(aws_instance.app)) : aws_instance.app[zone].public_ip]
}

# What customers use, and so the traffic set of plans/shop.hcl: Terraform makes the record, and the
# plan says what it answers since. Without the lifecycle an apply in the hour of a failover would move
# customers back; pilotlight validate says so.
resource "aws_route53_record" "app" {
  zone_id = aws_route53_zone.shop.zone_id
  name    = "app.shop.test"
  type    = "A"
  ttl     = 30
  records = local.addresses

  lifecycle { ignore_changes = [records] }
}

# This region by name, wherever customers are at the moment.
resource "aws_route53_record" "regional" {
  zone_id = aws_route53_zone.shop.zone_id
  name    = "eu-west-1.app.shop.test"
  type    = "A"
  ttl     = 60
  records = local.addresses
}

resource "aws_route53_health_check" "app" {
  type              = "HTTP"
  ip_address        = local.addresses[0]
  port              = 8080
  resource_path     = "/health"
  request_interval  = 10
  failure_threshold = 3

  tags = { Name = "shop-app-eu-west-1" }
}
