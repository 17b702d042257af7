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

scale "aws_autoscaling_group.web" {
  stack       = "app"
  desired     = 6
  pilot_light = 1
  timeout     = "5m"
}

scale "aws_ecs_service.orders" {
  stack = "app"
  set {
    desired_count = 6
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
