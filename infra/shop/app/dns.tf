# Route 53 is one service for all regions: the zone is made once, here, and the standby refers to it.
resource "aws_route53_zone" "shop" {
  name    = "shop.test"
  comment = "The shop's names"
}

locals {
  addresses = [for zone in sort(keys(aws_instance.app)) : aws_instance.app[zone].public_ip]
}

# What customers use, and so the traffic set of plans/shop.hcl. While a failover holds, Terraform
# would plan to set it back: apply this stack again only after the failback.
resource "aws_route53_record" "app" {
  zone_id = aws_route53_zone.shop.zone_id
  name    = "app.shop.test"
  type    = "A"
  ttl     = 30
  records = local.addresses
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
