# The network of the shop: one VPC, a public subnet in each of two zones.

locals {
  # Keyed by zone, so that the address of a subnet says where it is, and a third zone is one line.
  subnets = {
    "eu-west-1a" = "10.20.0.0/20"
    "eu-west-1b" = "10.20.16.0/20"
  }
}

resource "aws_vpc" "shop" {
  cidr_block           = "10.20.0.0/16"
  enable_dns_hostnames = true

  tags = { Name = "shop-eu-west-1" }
}

resource "aws_subnet" "public" {
  for_each = local.subnets

  vpc_id            = aws_vpc.shop.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = { Name = "shop-public-${each.key}" }
}

resource "aws_internet_gateway" "shop" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "shop-eu-west-1" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "shop-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.shop.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

# The rules are resources of their own: a rule that somebody adds by hand then shows as drift of
# this group, where an inline rule list would be put back without a word.
resource "aws_security_group" "web" {
  name        = "shop-web"
  description = "Customers to the shop"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "shop-web" }
}

resource "aws_security_group_rule" "web_http" {
  security_group_id = aws_security_group.web.id
  type              = "ingress"
  description       = "The shop"
  protocol          = "tcp"
  from_port         = 8080
  to_port           = 8080
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_security_group_rule" "web_ssh" {
  security_group_id = aws_security_group.web.id
  type              = "ingress"
  description       = "Operators, from inside"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = [aws_vpc.shop.cidr_block]
}

resource "aws_security_group_rule" "web_out" {
  security_group_id = aws_security_group.web.id
  type              = "egress"
  description       = "Anywhere"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
}
