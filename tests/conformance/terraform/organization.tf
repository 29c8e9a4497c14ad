data "aws_caller_identity" "current" {}

data "aws_organizations_organization" "this" {}

resource "aws_organizations_organizational_unit" "vendors" {
  name      = "Terraform ${var.team}"
  parent_id = data.aws_organizations_organization.this.roots[0].id
  tags      = { team = var.team }
}

resource "aws_organizations_organizational_unit" "nested" {
  name      = "Nested"
  parent_id = aws_organizations_organizational_unit.vendors.id
}

# Not in a unit that is destroyed with it: a closed account stays in its unit, which AWS does not delete then.
resource "aws_organizations_account" "scanned" {
  name              = "terraform-scanned"
  email             = "terraform-scanned@example.com"
  parent_id         = var.unit
  role_name         = "OrganizationAccountAccessRole"
  close_on_deletion = true
  tags              = { team = var.team }

  lifecycle {
    ignore_changes = [role_name]
  }
}

resource "aws_organizations_delegated_administrator" "stack_sets" {
  account_id        = var.member
  service_principal = "member.org.stacksets.cloudformation.amazonaws.com"
}

data "aws_organizations_organizational_unit_descendant_accounts" "unit" {
  parent_id  = var.unit
  depends_on = [aws_organizations_account.scanned]
}

output "found" {
  value = data.aws_organizations_organizational_unit_descendant_accounts.unit.accounts[*].id
}

output "account" {
  value = aws_organizations_account.scanned.id
}
