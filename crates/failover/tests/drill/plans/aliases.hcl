traffic "storefront" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = { name = stack.app.output.lb, zone_id = stack.app.output.lb_zone }
    standby = { name = stack.app.output.lb, zone_id = stack.app.output.lb_zone }
  }
  record "app.shop.test" "AAAA" {
    primary = { name = stack.app.output.lb, zone_id = stack.app.output.lb_zone }
    standby = { name = stack.app.output.lb, zone_id = stack.app.output.lb_zone }
  }
}
