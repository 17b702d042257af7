# The till: a front that customers reach, machines behind it that grow, and a table that is turned up with them.
# Its databases are RDS's, and not in here: what Terraform thinks of them is in the chapter on replicas.

terraform {
  required_version = ">= 0.15"

  backend "s3" {
    bucket = "shop-tfstate"
    key    = "till.tfstate"
    region = "eu-west-1"
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 3.39"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

resource "aws_instance" "front" {
  ami                         = "ami-0d31d4f8d69d7977a"
  instance_type               = "t3.micro"
  associate_public_ip_address = true

  tags = { Name = "till-front" }
}

resource "aws_launch_template" "worker" {
  name          = "till-worker"
  image_id      = "ami-0d31d4f8d69d7977a"
  instance_type = "t3.micro"
}

resource "aws_autoscaling_group" "workers" {
  name               = "till-workers"
  availability_zones = ["eu-west-1a"]
  min_size           = 1
  max_size           = 4
  desired_capacity   = 3

  launch_template {
    id      = aws_launch_template.worker.id
    version = aws_launch_template.worker.latest_version
  }

  # A run turns it up and down.
  lifecycle { ignore_changes = [desired_capacity] }
}

resource "aws_dynamodb_table" "carts" {
  name           = "till-carts"
  billing_mode   = "PROVISIONED"
  hash_key       = "id"
  read_capacity  = 20
  write_capacity = 10

  attribute {
    name = "id"
    type = "S"
  }
}

output "front" {
  description = "Where customers are served."
  value       = aws_instance.front.public_ip
}
