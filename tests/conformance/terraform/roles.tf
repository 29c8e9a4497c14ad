data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::232136659152:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["made-with-terraform"]
    }
  }
}

data "aws_iam_policy_document" "additions" {
  statement {
    actions   = var.actions
    resources = ["*"]
  }
}

# A role in the management account, and one in a member, reached through its member role.

resource "aws_iam_role" "management" {
  name                 = "TerraformScanner"
  path                 = "/vendors/"
  description          = "Made with Terraform"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.session
  permissions_boundary = aws_iam_policy.boundary.arn
  tags                 = { team = var.team }
}

resource "aws_iam_policy" "boundary" {
  name        = "TerraformBoundary"
  path        = "/vendors/"
  description = "The most that the role may do"
  policy      = data.aws_iam_policy_document.boundary.json
}

data "aws_iam_policy_document" "boundary" {
  statement {
    actions   = concat(["iam:Get*", "iam:List*"], var.actions)
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "management" {
  name   = "additions"
  role   = aws_iam_role.management.id
  policy = data.aws_iam_policy_document.additions.json
}

resource "aws_iam_role_policy_attachment" "management" {
  for_each   = toset(["SecurityAudit", "job-function/ViewOnlyAccess"])
  role       = aws_iam_role.management.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_role" "member" {
  provider             = aws.member
  name                 = "TerraformScanner"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.session
}

resource "aws_iam_role_policy" "member" {
  provider = aws.member
  name     = "additions"
  role     = aws_iam_role.member.id
  policy   = data.aws_iam_policy_document.additions.json
}

resource "aws_iam_role_policies_exclusive" "member" {
  provider     = aws.member
  role_name    = aws_iam_role.member.name
  policy_names = [aws_iam_role_policy.member.name]
}

resource "aws_iam_role_policy_attachment" "member" {
  provider   = aws.member
  role       = aws_iam_role.member.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
