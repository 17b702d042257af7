# The shop itself: an instance in each zone of the network, and the names that customers use.

data "terraform_remote_state" "network" {
  backend = "s3"

  config = {
    bucket = "shop-tfstate"
    key    = "network.tfstate"
    region = "eu-west-1"
  }
}

resource "aws_instance" "app" {
  for_each = data.terraform_remote_state.network.outputs.subnet_ids

  ami                         = "ami-0d31d4f8d69d7977a" # Amazon Linux 2023, x86_64, in eu-west-1
  instance_type               = "t3.small"
  subnet_id                   = each.value
  vpc_security_group_ids      = [data.terraform_remote_state.network.outputs.web_security_group_id]
  associate_public_ip_address = true

  tags = { Name = "shop-app-${each.key}" }
}
