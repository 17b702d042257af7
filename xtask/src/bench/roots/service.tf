# A service as a team has it: a network, a load balancer, two instances, a queue. The load balancer takes longest.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

locals {
  zones = ["eu-west-1a", "eu-west-1b"]
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "SERVICE" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "this" {
  for_each          = toset(local.zones)
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, index(local.zones, each.key))
}

resource "aws_security_group" "this" {
  name        = "SERVICE"
  description = "Of the benchmark"
  vpc_id      = aws_vpc.this.id

  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "this" {
  for_each               = aws_subnet.this
  ami                    = "ami-0d31d4f8d69d7977a"
  instance_type          = "t3.micro"
  subnet_id              = each.value.id
  vpc_security_group_ids = [aws_security_group.this.id]
}

resource "aws_lb" "this" {
  name               = "SERVICE"
  load_balancer_type = "application"
  subnets            = [for subnet in aws_subnet.this : subnet.id]
  security_groups    = [aws_security_group.this.id]
  depends_on         = [aws_internet_gateway.this]
}

resource "aws_lb_target_group" "this" {
  name     = "SERVICE"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.this.id
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_sqs_queue" "this" {
  name = "SERVICE-eu-west-1"
}
