# What terraform_sandbox.py creates, changes and destroys in a simulated organization.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

variable "member" {
  description = "An account of the organization with a member role"
  type        = string
}

variable "unit" {
  description = "A unit with accounts, into which an account is created and a stack set is deployed"
  type        = string
}

variable "session" {
  description = "The longest session of the roles, in seconds"
  type        = number
  default     = 3600
}

variable "actions" {
  description = "What the roles may do beyond their managed policies"
  type        = list(string)
  default     = ["s3:ListAllMyBuckets"]
}

variable "team" {
  description = "The value of a tag"
  type        = string
  default     = "platform"
}

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "member"
  region = "us-east-1"
  assume_role {
    role_arn = "arn:aws:iam::${var.member}:role/OrganizationAccountAccessRole"
  }
}
