plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives {
    rto = "15m"
  }
}

stack "app" {
  source = "../infra/app"
  state  = "s3://state/app.tfstate"
  standby {
    backend = { bucket = "state-standby" }
  }
}

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

traffic "api" {
  zone = "shop.test"
  record "api.shop.test" "A" {
    primary = stack.app.output.public_ips[0]
    standby = stack.app.output.public_ips[0]
    ttl     = "30s"
  }
}

check "http" "target" {
  url  = "http://${stack.app.output.public_ips[0]}/health"
  side = "target"
  when = ["before"]
}

check "http" "storefront" {
  url = "http://app.shop.test/health"
}

step "command" "pause" {
  phase = "freeze"
  run   = ["./pause"]
  undo  = ["./resume"]
}

approval "commander" { before = "switch" }
