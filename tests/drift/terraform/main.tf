# The same roles as ../rolecall.yaml describes, by the resources that forbid policies beside those that are declared.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "payments"
  region = "us-east-1"
  assume_role {
    role_arn = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
  }
}

locals {
  external_id = { StringEquals = { "sts:ExternalId" = "kinds-of-drift" } }
  vendors     = ["arn:aws:iam::232136659152:root", "arn:aws:iam::464622532012:root"]
  scanners    = merge(local.external_id, { StringLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/scanner-*" } })

  scanner_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = local.vendors }, Condition = local.scanners
    }]
  }
  auditor_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = local.vendors[0] }, Condition = local.external_id
    }]
  }
  helper_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow", Action = "sts:AssumeRole", Condition = local.external_id
      Principal = { AWS = "arn:aws:iam::444444444444:role/Gateway" }
    }]
  }
  additions = {
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["account:Get*", "backup:List*"], Resource = "*" },
      { Effect = "Deny", Action = "s3:GetObject", Resource = "*" },
    ]
  }
  audit = "arn:aws:iam::aws:policy/SecurityAudit"
  view  = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
  read  = "arn:aws:iam::aws:policy/ReadOnlyAccess"
  tags  = { team = "security", stage = "prod" }

  scanner = {
    RoleName                 = "ScannerRole"
    Description              = "Reads what the scanner looks at"
    MaxSessionDuration       = 7200
    AssumeRolePolicyDocument = local.scanner_trust
    ManagedPolicyArns        = [local.audit, local.view]
    PermissionsBoundary      = local.read
    Policies                 = [{ PolicyName = "additions", PolicyDocument = local.additions }]
    Tags                     = [for key, value in merge(local.tags, { "rolecall:integration" = "scanner" }) : { Key = key, Value = value }]
  }
  auditor = {
    RoleName                 = "AuditorRole"
    AssumeRolePolicyDocument = local.auditor_trust
    ManagedPolicyArns        = [local.audit]
    Tags                     = [{ Key = "rolecall:integration", Value = "auditor" }]
  }
}

resource "aws_cloudformation_stack_set" "of" {
  for_each         = { scanner = local.scanner, auditor = local.auditor }
  name             = "rolecall-${each.key}"
  description      = "A role in every account of a unit"
  permission_model = "SERVICE_MANAGED"
  capabilities     = ["CAPABILITY_NAMED_IAM"]

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  managed_execution {
    active = true
  }

  template_body = jsonencode({ Resources = { Role = { Type = "AWS::IAM::Role", Properties = each.value } } })

  lifecycle {
    # AWS names its own role here, which the provider wants to take away in every plan.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "of" {
  for_each       = aws_cloudformation_stack_set.of
  stack_set_name = each.value.name
  region         = "us-east-1"

  deployment_targets {
    organizational_unit_ids = ["ou-kind-workload"]
  }
}

# The management account's role.

resource "aws_iam_role" "management" {
  name                 = "ScannerRole"
  description          = "Reads what the scanner looks at"
  max_session_duration = 7200
  assume_role_policy   = jsonencode(local.scanner_trust)
  permissions_boundary = local.read
  tags                 = merge(local.tags, { "rolecall:integration" = "scanner" })
}

resource "aws_iam_role_policy" "management" {
  role   = aws_iam_role.management.name
  name   = "additions"
  policy = jsonencode(local.additions)
}

resource "aws_iam_role_policies_exclusive" "management" {
  role_name    = aws_iam_role.management.name
  policy_names = [aws_iam_role_policy.management.name]
}

resource "aws_iam_role_policy_attachment" "management" {
  for_each   = toset([local.audit, local.view])
  role       = aws_iam_role.management.name
  policy_arn = each.key
}

resource "aws_iam_role_policy_attachments_exclusive" "management" {
  role_name   = aws_iam_role.management.name
  policy_arns = [for attachment in aws_iam_role_policy_attachment.management : attachment.policy_arn]
}

# The role in one account.

resource "aws_iam_role" "helper" {
  provider           = aws.payments
  name               = "HelperRole"
  description        = "Helps"
  assume_role_policy = jsonencode(local.helper_trust)
  tags               = { team = "security", "rolecall:integration" = "helper" }
}

resource "aws_iam_role_policies_exclusive" "helper" {
  provider     = aws.payments
  role_name    = aws_iam_role.helper.name
  policy_names = []
}

resource "aws_iam_role_policy_attachment" "helper" {
  provider   = aws.payments
  role       = aws_iam_role.helper.name
  policy_arn = local.audit
}

resource "aws_iam_role_policy_attachments_exclusive" "helper" {
  provider    = aws.payments
  role_name   = aws_iam_role.helper.name
  policy_arns = [aws_iam_role_policy_attachment.helper.policy_arn]
}
