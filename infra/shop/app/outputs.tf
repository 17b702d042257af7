output "public_ips" {
  description = "Addresses of the instances, in the order of their zones."
  value       = local.addresses
}

output "instance_ids" {
  description = "Instances by zone."
  value       = { for zone, instance in aws_instance.app : zone => instance.id }
}

output "zone_id" {
  description = "The hosted zone shop.test."
  value       = aws_route53_zone.shop.zone_id
}

output "health_check_id" {
  description = "Route 53's own check of this region."
  value       = aws_route53_health_check.app.id
}
