traffic "storefront" {
  zone   = "shop.test"
  method = "signal"
  signal {
    url          = "s3://shop-dr/signal/standby-serves"
    health_check = "hc-1"
  }
  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }
  record "www.shop.test" "CNAME" {
    primary = "eu-west-1.shop.test"
    standby = "eu-central-1.shop.test"
    ttl     = "30s"
  }
}
