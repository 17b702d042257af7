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
