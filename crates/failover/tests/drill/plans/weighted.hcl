traffic "storefront" {
  zone   = "shop.test"
  method = "weighted"
  shift  = [10, 50, 100]
  hold   = "20s"
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
