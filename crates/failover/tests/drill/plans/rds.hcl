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
