//! The examples at the end of each command's long help.

pub(crate) const TOP: &str = "\
Examples:
  rolecall plan                                     What would change
  rolecall apply                                    Make it so, after a question
  rolecall plan -o plan.json && rolecall apply plan.json
                                                    Review first, then apply exactly that
  rolecall apply --sandbox examples/acme/organization.yaml -f examples/acme/rolecall.yaml
                                                    Try it without an AWS account

Exit codes:
  0  done, or nothing to do
  1  an error, or some of the work failed
  2  there are changes (`plan --detailed-exitcode`), or something drifted (`drift`)
  3  neither, but some accounts could not be read (`plan --detailed-exitcode`, `drift`)";

pub(crate) const VALIDATE: &str = "\
Examples:
  rolecall validate
  rolecall validate -f integrations/
  rolecall validate --format json | jq '.diagnostics[].message'
  rolecall validate --output sarif=rolecall.sarif     For the lines of a pull request";

pub(crate) const PLAN: &str = "\
Examples:
  rolecall plan
  rolecall plan -f rolecall.yaml -o plan.json
  rolecall plan --target prowler
  rolecall plan --target 'prowler.role[\"222222222222\"]'
  rolecall plan --detailed-exitcode --format json > plan-report.json
  rolecall plan --output json=plan-report.json        Text to read, and a document besides
  rolecall plan --observed snapshot.json";

pub(crate) const DRIFT: &str = "\
Examples:
  rolecall drift
  rolecall drift --format json | jq '.findings[] | [.account, .attribute] | @tsv'
  rolecall drift --observed snapshot.json
  rolecall apply --only drift                         Undo it, and leave pending changes alone

What is known and to be left alone for a while is written into the file, under `drift.ignore`, with a reason and a day.";

pub(crate) const APPLY: &str = "\
Examples:
  rolecall apply
  rolecall apply --auto-approve
  rolecall apply plan.json
  rolecall apply --allow-deletes 12
  rolecall apply --target prowler.management_role
  rolecall apply --only drift                         Undo what others changed, and nothing else
  rolecall apply --auto-approve --lock-timeout 10m    Wait for another run's lock
  rolecall apply --auto-approve --no-wait             Begin stack set operations, and look at them with `rolecall status`

Only one run at a time changes an organization: see `rolecall unlock --help`.";

pub(crate) const DESTROY: &str = "\
Examples:
  rolecall plan --destroy
  rolecall destroy
  rolecall destroy --target prowler
  rolecall destroy --auto-approve --allow-deletes 38

What carries Rolecall's tags is found in every account, whether a file names it or not. Trusted access stays as it is.
To keep the roles and only let go of them, say `retain: true` in the file and apply.";

pub(crate) const UNLOCK: &str = "\
Examples:
  rolecall unlock
  rolecall unlock 5f3e0f3c9d7b4c22
  rolecall unlock 5f3e0f3c9d7b4c22 --auto-approve";

pub(crate) const STATUS: &str = "\
Examples:
  rolecall status
  rolecall status -v
  rolecall status --format json | jq '.accounts'";

pub(crate) const REPORT: &str = "\
Examples:
  rolecall report merge part-1.json part-2.json part-3.json";

pub(crate) const REPORT_MERGE: &str = "\
Examples:
  rolecall drift --shard 1/3 --output json=part-1.json     In each of three jobs, with its number
  rolecall report merge part-*.json                        In a job after them
  rolecall report merge part-*.json --format markdown --output html=drift.html";

pub(crate) const ACCOUNTS: &str = "\
Examples:
  rolecall accounts
  rolecall accounts --format json";

pub(crate) const IMPORT: &str = "\
Examples:
  rolecall import                                   Look at what would be written
  rolecall import -o rolecall.yaml
  rolecall import --observed snapshot.json -o rolecall.yaml
  rolecall plan -f rolecall.yaml                    What would be taken over";

pub(crate) const SNAPSHOT: &str = "\
Examples:
  rolecall snapshot -o snapshot.json
  rolecall plan --observed snapshot.json            Plan from it: no credentials, no network
  rolecall apply --sandbox snapshot.json            Rehearse the change on a copy of the organization
  rolecall sandbox serve --org snapshot.json        Serve the copy to other programs";

pub(crate) const DOCTOR: &str = "\
Examples:
  rolecall doctor
  rolecall doctor --for plan
  rolecall doctor --format json | jq '.checks[] | select(.result != \"ok\")'";

pub(crate) const IAM_POLICY: &str = "\
Examples:
  rolecall iam-policy --for apply -f rolecall.yaml > apply-caller.json
  rolecall iam-policy --for apply --part member -f rolecall.yaml > apply-member.json
  rolecall iam-policy --for plan
  aws iam put-role-policy --role-name rolecall-plan --policy-name rolecall \\
      --policy-document \"$(rolecall iam-policy --for plan -f rolecall.yaml)\"";

pub(crate) const SHOW: &str = "\
Examples:
  rolecall show plan.json
  rolecall show plan.json --format json";

pub(crate) const SCHEMA: &str = "\
Examples:
  rolecall schema > rolecall.schema.json

An editor with a YAML language server checks and completes a file that begins with:
  # yaml-language-server: $schema=rolecall.schema.json";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  rolecall completions bash > ~/.local/share/bash-completion/completions/rolecall
  rolecall completions zsh > ~/.zfunc/_rolecall
  rolecall completions fish > ~/.config/fish/completions/rolecall.fish";

pub(crate) const SANDBOX: &str = "\
Examples:
  rolecall sandbox generate --accounts 1000 --ous 50 --depth 4 --seed 7 -o organization.yaml
  rolecall sandbox serve --org organization.yaml --listen 127.0.0.1:4566
  rolecall sandbox reset

Without a server: `rolecall plan --sandbox organization.yaml`.";

pub(crate) const SANDBOX_SERVE: &str = "\
The first line on standard output ends with the address; the server answers from then on. Ctrl-C ends it.

Faults on one line are [SERVICE][:OPERATION][@ACCOUNT]=EFFECT[:WHEN]; what is left out, or is *, stands for any.
  EFFECT  throttle, deny, error(CODE), error(CODE TEXT), error_after(CODE), server_error_before,
          server_error_after, reset_before, reset_after, hang(5s), hang_after(5s), expire_sessions,
          switch(NAME=VALUE), call(SERVICE:OPERATION@ACCOUNT {PARAMS}), fail_stack(REASON)
          What ends in _after happens when the call has taken effect.
  WHEN    2 (twice), 3+2 (three calls go well, then twice), 3+ (three go well, then always), 10% (that likely)

Examples:
  rolecall sandbox serve --org examples/acme/organization.yaml
  rolecall sandbox serve --org organization.yaml --listen 127.0.0.1:0 --clock 60-seconds-per-request --seed 7
  rolecall sandbox serve --org organization.yaml --state state.json --faults faults.yaml
  rolecall sandbox serve --org organization.yaml --fault iam:CreateRole@222222222222=throttle:2 \\
      --fault '*=reset_after:1%' --fault 'cloudformation:CreateStack=fail_stack(out of luck):5+1'
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \\
      aws organizations list-accounts";

pub(crate) const SANDBOX_GENERATE: &str = "\
Examples:
  rolecall sandbox generate --accounts 40 --ous 8 > organization.yaml
  rolecall sandbox generate --accounts 10000 --ous 200 --depth 5 --seed 7 -o organization.yaml";

pub(crate) const SANDBOX_RESET: &str = "\
Examples:
  rolecall sandbox reset
  rolecall sandbox reset --org examples/acme/organization.yaml";
