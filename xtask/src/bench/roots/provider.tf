# 250 resources of types that only the provider's plugin reads.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

resource "aws_sqs_queue" "this" {
  count                      = 60
  name                       = "orders-${count.index}"
  visibility_timeout_seconds = 45
  tags                       = { Team = "team-${count.index % 7}" }
}

resource "aws_sns_topic" "this" {
  count        = 60
  name         = "events-${count.index}"
  display_name = "Events ${count.index}"
  tags         = { Team = "team-${count.index % 7}" }
}

resource "aws_ssm_parameter" "this" {
  count = 70
  name  = "/shop/setting-${count.index}"
  type  = "String"
  value = "value ${count.index}"
  tags  = { Team = "team-${count.index % 7}" }
}

resource "aws_cloudwatch_log_group" "this" {
  count             = 60
  name              = "/shop/service-${count.index}"
  retention_in_days = 30
  tags              = { Team = "team-${count.index % 7}" }
}
