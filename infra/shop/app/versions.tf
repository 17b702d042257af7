terraform {
  required_version = ">= 0.15"

  backend "s3" {
    bucket = "shop-tfstate"
    key    = "app.tfstate"
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
