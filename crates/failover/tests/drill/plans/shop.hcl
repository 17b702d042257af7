plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives {
    rto = "15m"
    rpo = "1m"
  }
}

stack "app" {
  source = "../infra/app"
  state  = "s3://state/app.tfstate"
  standby {
    backend = { bucket = "state-standby" }
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
