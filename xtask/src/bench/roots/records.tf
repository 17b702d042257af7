# The provider is named for its reader, if that is asked for; the records are made by calls, not by Terraform.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
