output "vpc_id" {
  description = "The shop's VPC."
  value       = aws_vpc.shop.id
}

output "subnet_ids" {
  description = "Public subnets by zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "web_security_group_id" {
  description = "The group that lets customers in."
  value       = aws_security_group.web.id
}
