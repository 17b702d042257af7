# 1,000 resources, as many of each type as an estate of instances has.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  count      = 100
  vpc_id     = aws_vpc.this.id
  cidr_block = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
  tags       = { Name = "subnet-${count.index}" }
}

resource "aws_security_group" "this" {
  count       = 300
  name        = "group-${count.index}"
  description = "Of the benchmark"
  vpc_id      = aws_vpc.this.id

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
  tags = { Name = "group-${count.index}" }
}

resource "aws_instance" "this" {
  count                  = 300
  ami                    = "ami-12c6146b"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.this[count.index % 100].id
  vpc_security_group_ids = [aws_security_group.this[count.index].id]
  tags                   = { Name = "instance-${count.index}" }
}

resource "aws_route53_zone" "this" {
  name = "bench.test"
}

resource "aws_route53_record" "this" {
  count   = 298
  zone_id = aws_route53_zone.this.zone_id
  name    = "app-${count.index}.bench.test"
  type    = "A"
  ttl     = 60
  records = ["10.0.${count.index % 100}.${count.index % 250 + 4}"]
}
