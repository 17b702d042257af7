# Pattern: states in files, and a service that only the own network reaches.
#
# For a first try on one machine, or where Terraform runs from one checkout. Stacks without `standby`
# settings need none: the standby's roots and their states are written below
# `.pilotlight/intranet/standby/` beside this file.

plan "intranet" {
  primary { region = var.primary }      # pilotlight validate local-state.hcl --var primary=eu-west-1 ...
  standby { region = var.standby }

  # No journal is named, so that runs are recorded in `.pilotlight` beside this file. That is enough while
  # one person runs Pilotlight from one machine; with more of them, name a bucket in the standby region.
}

stack "base" {
  source = "../../infra/shop/network"
  state  = "file:../../infra/shop/network/terraform.tfstate"
}

stack "wiki" {
  source     = "../../infra/shop/app"
  state      = "file:../../infra/shop/app/terraform.tfstate"
  depends_on = ["base"]

  standby {
    set "aws_instance.app" {
      instance_type = "t3.micro"
    }
    # The wiki reads its pages from this bucket wherever it runs, and that is meant.
    allow = ["wiki-pages-eu-west-1"]
  }
}

traffic "wiki" {
  zone = "corp.test"

  record "wiki.corp.test" "A" {
    primary = [stack.wiki.output.public_ips[0]]
    standby = [stack.wiki.output.public_ips[0]]
    ttl     = "1m"
  }

  record "search.corp.test" "CNAME" {
    primary = "search-${region.primary}.corp.test"
    standby = "search-${region.standby}.corp.test"
    ttl     = "1m"
  }
}

check "tcp" "web-port" {
  address = "wiki.corp.test:443"
  timeout = "5s"
}

# A secret comes from the environment. In reports it is redacted.
check "http" "login" {
  url     = "https://wiki.corp.test/api/me"
  headers = { Authorization = "Bearer ${env("WIKI_PROBE_TOKEN")}" }
  expect  = { status = 200, body = "\"user\":\"probe\"" }
  when    = ["after"]
}

# The nightly import must not run while the wiki moves; it starts again if the run is rolled back.
step "command" "pause-import" {
  phase   = "freeze"
  run     = ["./scripts/import.sh", "pause"]
  undo    = ["./scripts/import.sh", "resume"]
  timeout = "2m"
}

step "command" "resume-import" {
  phase = "finish"
  run   = ["./scripts/import.sh", "resume"]
}
