database "postgres" "orders" {
  primary = env("ORDERS_PRIMARY_URL")
  standby = env("ORDERS_STANDBY_URL")
  tables  = ["orders"]
  resync  = ["./resync"]
}
