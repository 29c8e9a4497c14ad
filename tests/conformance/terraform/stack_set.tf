resource "aws_cloudformation_stack_set" "scanner" {
  name             = "terraform-scanner"
  description      = "A role in every account of a unit"
  permission_model = "SERVICE_MANAGED"
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  parameters       = { Session = tostring(var.session) }
  tags             = { team = var.team }

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  operation_preferences {
    max_concurrent_percentage    = 100
    failure_tolerance_percentage = 0
  }

  template_body = jsonencode({
    Parameters = { Session = { Type = "Number", Default = 3600 } }
    Resources = {
      Role = {
        Type = "AWS::IAM::Role"
        Properties = {
          RoleName                 = "TerraformStackSetRole"
          MaxSessionDuration       = { Ref = "Session" }
          AssumeRolePolicyDocument = jsondecode(data.aws_iam_policy_document.trust.json)
          ManagedPolicyArns        = ["arn:aws:iam::aws:policy/SecurityAudit"]
          Policies = [{
            PolicyName     = "additions"
            PolicyDocument = jsondecode(data.aws_iam_policy_document.additions.json)
          }]
        }
      }
    }
  })

  lifecycle {
    # AWS names its own role here, which this version of the provider wants to take away in every plan.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "unit" {
  stack_set_name = aws_cloudformation_stack_set.scanner.name
  region         = "us-east-1"

  deployment_targets {
    organizational_unit_ids = [var.unit]
  }

  operation_preferences {
    max_concurrent_percentage    = 100
    failure_tolerance_percentage = 0
  }

  # The account is in the unit before the unit is deployed to.
  depends_on = [aws_organizations_account.scanned]
}
