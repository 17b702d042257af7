# Pattern: a web shop of two stacks, with their states on S3.
#
# The network is made first, the app on top of it. One DNS name carries all traffic. Copy this file, put
# in your own names, and read what Pilotlight makes of it with `pilotlight validate`, which changes nothing.

plan "web-shop" {
  description = "Two stacks, one address"

  primary { region = "eu-west-1" }      # where production runs on a normal day
  standby { region = "eu-central-1" }   # where it runs after a failover

  objectives {
    rto = "15m"   # users are served again within this time
  }

  # Runs are recorded here. The first store decides, so it is in the standby region: a run has to be
  # possible while the primary's S3 is gone. The second is a copy on the disk beside this file.
  journal = ["s3://web-shop-dr-${region.standby}/pilotlight", "file:.pilotlight"]
}

stack "network" {
  source = "../../infra/shop/network"                 # the Terraform root module, from this file
  state  = "s3://web-shop-tfstate/network.tfstate"    # the state of the primary

  standby {
    # The state of the standby is an object of its own, in a bucket that the standby region holds.
    backend = { bucket = "web-shop-tfstate-eu-central-1" }
  }
}

stack "app" {
  source     = "../../infra/shop/app"
  state      = "s3://web-shop-tfstate/app.tfstate"
  depends_on = ["network"]
  tier       = 1

  standby {
    backend = { bucket = "web-shop-tfstate-eu-central-1" }

    # A pilot light: everything is there, and small.
    set "aws_autoscaling_group.web" { desired_capacity = 1 }

    # The record belongs to the traffic set below. Terraform in the standby must not make it again.
    exclude = ["aws_route53_record.app"]

    # Images have another id in each region.
    map = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
  }
}

traffic "storefront" {
  zone = "shop.test"

  record "app.shop.test" "A" {
    primary = stack.app.output.public_ips   # from the primary's state
    standby = stack.app.output.public_ips   # from the standby's state: the same output, other addresses
    ttl     = "30s"                         # part of every recovery time: keep it short
  }
}

# The standby answers before traffic moves: otherwise the run stops with nothing changed.
check "http" "standby-serves" {
  url    = "http://${stack.app.output.public_ips[0]}:8080/health"
  expect = { status = 200 }
  side   = "target"
  when   = ["before"]
}

# Users are served after it has moved: otherwise the run is not done.
check "http" "storefront" {
  url  = "http://app.shop.test:8080/health"
  when = ["after"]
}

# A person has the last word before DNS is changed.
approval "incident-commander" { before = "switch" }
