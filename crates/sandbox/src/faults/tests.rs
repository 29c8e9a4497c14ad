//! What holds of faults before they meet a server.

use super::*;

fn specified(text: &str) -> FaultRule {
    text.parse().unwrap()
}

fn refused(text: &str) -> String {
    text.parse::<FaultRule>().unwrap_err().to_string()
}

fn answers(faults: &mut Faults, service: Service, operation: &str, account: &str) -> bool {
    faults.strike("seed", service, operation, account).answer.is_some()
}

#[test]
fn a_rule_skips_then_strikes_then_is_spent() {
    let text = r#"[{"service":"iam","operation":"GetRole","when":{"skip":1,"times":2},"effect":"throttle"}]"#;
    let mut faults = Faults::new(FaultRule::parse_list(text).unwrap());
    let mut strikes = || answers(&mut faults, Service::Iam, "GetRole", "111111111111");
    assert_eq!([strikes(), strikes(), strikes(), strikes()], [false, true, true, false]);
    assert!(!answers(&mut faults, Service::Iam, "ListRoles", "111111111111"));
}

#[test]
fn a_rate_strikes_about_that_often_and_the_same_calls_for_the_same_seed() {
    let rules = vec![specified("iam=throttle:25%")];
    let run = |seed: &str| {
        let mut faults = Faults::new(rules.clone());
        let struck = |_| faults.strike(seed, Service::Iam, "GetRole", "111111111111").answer.is_some();
        (0..1000).map(struck).collect::<Vec<bool>>()
    };
    let struck = run("one").iter().filter(|struck| **struck).count();
    assert!((200..300).contains(&struck), "{struck} of 1000");
    assert_eq!(run("one"), run("one"));
    assert_ne!(run("one"), run("two"));
}

#[test]
fn changes_come_together_and_the_first_answer_decides() {
    let rules = ["iam=expire_sessions", "iam=throttle", "iam=deny", "iam=switch(paths=absent)"].map(specified);
    let strike = Faults::new(rules.to_vec()).strike("seed", Service::Iam, "GetRole", "111111111111");
    assert_eq!(strike.answer, Some(FaultEffect::Throttle));
    assert_eq!(strike.names().as_deref(), Some("expire_sessions, switches, throttle"));
}

#[test]
fn stacks_fail_by_their_own_count() {
    let text = "
- service: cloudformation
  operation: CreateStack
  when: { skip: 1, times: 1 }
  effect: { fail_stack: { reason: no, stack: StackSet-scanner-* } }
";
    let mut faults = Faults::new(FaultRule::parse_list(text).unwrap());
    assert!(!answers(&mut faults, Service::CloudFormation, "CreateStack", "222222222222"), "it is not about calls");
    let mut fail = |stack: &str| faults.strike_stack("seed", "CreateStack", "222222222222", stack).is_some();
    assert_eq!(
        ["StackSet-scanner-1", "other", "StackSet-scanner-2", "StackSet-scanner-3"].map(&mut fail),
        [false, false, true, false]
    );
}

#[test]
fn one_line_says_what_a_rule_says() {
    let same =
        |line: &str, json: &str| assert_eq!(vec![specified(line)], FaultRule::parse_list(json).unwrap(), "{line}");
    same(
        "iam:CreateRole@222222222222=throttle:2",
        r#"[{"service":"iam","operation":"CreateRole","account":"222222222222","when":{"times":2},"effect":"throttle"}]"#,
    );
    same("@222222222222=deny", r#"[{"account":"222222222222","effect":"deny"}]"#);
    same("*=reset_after:3+1", r#"[{"when":{"skip":3,"times":1},"effect":"reset_after"}]"#);
    same("sts=hang_after(2s):5+", r#"[{"service":"sts","when":{"skip":5},"effect":{"hang_after_ms":2000}}]"#);
    same(
        "iam:Get*=error(NoSuchEntity not (yet) there):50%",
        r#"[{"service":"iam","operation":"Get*","when":{"rate":0.5},
             "effect":{"error":{"code":"NoSuchEntity","message":"not (yet) there"}}}]"#,
    );
    same(
        r#"iam:ListRoles=call(iam:DeleteRole@222222222222 {"RoleName":"R"}):1"#,
        r#"[{"service":"iam","operation":"ListRoles","when":{"times":1},"effect":{"calls":
             [{"service":"iam","operation":"DeleteRole","account":"222222222222","params":{"RoleName":"R"}}]}}]"#,
    );
    same(
        "cloudformation:DeleteStack=fail_stack(no)",
        r#"[{"service":"cloudformation","operation":"DeleteStack","effect":{"fail_stack":{"reason":"no"}}}]"#,
    );
}

#[test]
fn a_line_that_says_nothing_is_refused_with_what_is_possible() {
    assert!(refused("iam").contains("lacks `=`"));
    assert!(refused("s3=throttle").contains("`s3` is not a service of the sandbox"));
    assert!(refused("iam:GetRoll=throttle").contains("iam has no operation `GetRoll`"));
    assert!(refused("iam=explode").contains("`explode` is no fault; there are throttle, deny"));
    assert!(refused("iam=throttle:often").contains("10%"));
    assert!(refused("iam=throttle:200%").contains("between 0 and 1"));
    assert!(refused("@12=deny").contains("twelve digits"));
    assert!(refused("iam=switch(sky=green)").contains("unknown field `sky`"));
    assert!(refused("iam=fail_stack(no)").contains("cloudformation only"));
    assert!(refused("iam=hang(soon)").contains("200ms"));
    assert!(refused("iam=hang(5s").contains("not closed"));
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_place() {
    let cases = [
        ("- { efect: throttle }", "line 1 column 5: unknown field `efect`"),
        ("- { effect: explode }", "line 1 column 13: unknown variant `explode`"),
        ("- effect: throttle\n  when: { often: 3 }", "line 2 column 11: unknown field `often`"),
        ("- { service: iam, operation: GetRoll, effect: throttle }", "line 1 column 3: iam has no operation `GetRoll`"),
        ("- { effect: { switches: { sky: green } } }", "unknown field `sky`"),
        ("- effect: throttle\n effect: deny", "line 2 column 2"),
    ];
    for (text, wanted) in cases {
        let said = FaultRule::parse_list(text).unwrap_err().to_string();
        assert!(said.contains(wanted), "{text}\n  said   {said}\n  wanted {wanted}");
    }
    assert_eq!(FaultRule::parse_list(" \n"), Ok(Vec::new()));
}

#[test]
fn rules_come_back_as_they_were_written() {
    let lines = ["iam:Get*@222222222222=throttle:3+2", "sts=error(ExpiredToken)", "*=switch(paths=absent)"];
    let rules = lines.map(specified).to_vec();
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(FaultRule::parse_list(&text), Ok(rules));
}
