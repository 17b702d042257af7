# The till: its orders in an RDS instance with a read replica, its ledger in an Aurora global database.

plan "till" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives { rto = "10m" }
  journal = ["file:.pilotlight"]
}

stack "till" {
  source = "../till"
  state  = "s3://shop-tfstate/till.tfstate"

  standby {
    backend = { bucket = "shop-tfstate-eu-central-1" }
    map     = { "ami-0d31d4f8d69d7977a" = "ami-027198f65e9f969f8" }

    set "aws_autoscaling_group.workers" { desired_capacity = 1 }
    set "aws_dynamodb_table.carts" {
      read_capacity  = 2
      write_capacity = 1
    }
    data "aws_dynamodb_table.carts" { from = "empty" }
  }
}

traffic "till" {
  zone = "shop.test"

  record "till.shop.test" "A" {
    primary = stack.till.output.front
    standby = stack.till.output.front
    ttl     = "5s"
  }

  method = "record"
}

scale "aws_dynamodb_table.carts" {
  stack = "till"
  set {
    read_capacity  = 20
    write_capacity = 10
  }
}

scale "aws_autoscaling_group.workers" {
  stack   = "till"
  desired = 3
}

database "rds" "orders" {
  primary          = "orders"
  standby          = "orders-replica"
  failback_replica = "orders-2"
  primary_url      = env("ORDERS_PRIMARY_URL")
  standby_url      = env("ORDERS_STANDBY_URL")
  tables           = ["orders", "payments"]
}

database "aurora_global" "ledger" {
  global_cluster = "ledger"
}

check "http" "front" {
  url  = "http://${stack.till.output.front}:8080/health"
  side = "target"
  when = ["before"]
}

check "http" "till" {
  url  = "http://till.shop.test:8080/health"
  when = ["after"]
}
