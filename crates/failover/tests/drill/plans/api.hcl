traffic "api" {
  zone = "shop.test"
  record "api.shop.test" "A" {
    primary = stack.app.output.public_ips[0]
    standby = stack.app.output.public_ips[0]
    ttl     = "30s"
  }
}
