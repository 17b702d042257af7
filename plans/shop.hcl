# The sample estate: a shop in eu-west-1 and its pilot light in eu-central-1.
# docs/plan.md is the reference of this language.

plan "shop" {
  description = "Order shop: eu-west-1, pilot light in eu-central-1"

  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }

  # At most so long without service, and at most the writes of so long lost with a region that dies.
  # Both are held against what a run measures; docs/databases.md says what that is.
  objectives {
    rto = "15m"
    rpo = "1m"
  }

  # The first store decides who owns a run; the others hold copies. The copy outlives this machine,
  # and it is not in the primary region, which may be what was lost.
  journal = ["file:.pilotlight", "s3://shop-dr-eu-central-1/pilotlight"]
}

stack "network" {
  source = "../infra/shop/network"
  state  = "s3://shop-tfstate/network.tfstate"

  standby {
    backend = { bucket = "shop-tfstate-eu-central-1" }
  }
}

stack "app" {
  source     = "../infra/shop/app"
  state      = "s3://shop-tfstate/app.tfstate"
  depends_on = ["network"]
  tier       = 1

  standby {
    backend = { bucket = "shop-tfstate-eu-central-1" }

    # A pilot light: the same instances, but small.
    set "aws_instance.app" { instance_type = "t3.micro" }

    # What customers use is moved by the traffic set below, not by Terraform.
    exclude = ["aws_route53_record.app"]

    # Amazon Linux 2023, the same image in both regions.
    map = { "ami-0d31d4f8d69d7977a" = "ami-027198f65e9f969f8" }
  }
}

traffic "storefront" {
  zone = "shop.test"

  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips
    standby = stack.app.output.public_ips
    ttl     = "30s"
  }

  method = "record"
}

# The orders are on both sides: the primary's server streams to the standby's. A run fences the one,
# proves it, waits for the other and promotes it, before customers are moved. The URLs hold passwords,
# so they come from the environment.
database "postgres" "orders" {
  primary = env("ORDERS_PRIMARY_URL")
  standby = env("ORDERS_STANDBY_URL")
  tables  = ["orders", "payments"]

  # A failback begins by making the primary's server a standby again; what it alone has is kept before.
  # When customers are home, the standby's is made to follow again, ready for the next time.
  # The program is the rehearsal lab's; here stands what rewinds or copies a server of yours.
  resync         = ["lab", "resync", region.primary]
  resync_standby = ["lab", "resync", region.standby]
}

# Before: is the side that takes over fit to serve? Asked by address, as no name leads there yet.
check "http" "target-serves" {
  url    = "http://${stack.app.output.public_ips[0]}:8080/health"
  expect = { status = 200 }
  side   = "target"
  when   = ["before"]
}

check "tcp" "target-second-zone" {
  address = "${stack.app.output.public_ips[1]}:8080"
  side    = "target"
  when    = ["before"]
}

# After: do customers reach it, by the name that they use?
check "http" "storefront" {
  url    = "http://app.shop.test:8080/health"
  expect = { status = 200 }
  when   = ["after"]
}

check "dns" "storefront-address" {
  name   = "app.shop.test"
  type   = "A"
  expect = stack.app.output.public_ips
  side   = "target"
  when   = ["after"]
}

# Batch jobs write, so they rest while customers move. The undo is for a run that is rolled back.
step "command" "pause-batch" {
  phase = "freeze"
  run   = ["./scripts/pause-batch.sh"]
  undo  = ["./scripts/resume-batch.sh"]
}

step "command" "resume-batch" {
  phase = "finish"
  run   = ["./scripts/resume-batch.sh"]
}

# A person's word before customers are moved. Left out here, so that rehearsals run unattended.
# approval "incident-commander" { before = "switch" }
