//! What is eventual, and what is not.

use super::*;

fn first(world: &mut World, operation: &str, more: &[(&str, &str)], element: &str) -> Option<String> {
    let mut params = vec![("StackSetName", "vendor")];
    params.extend(more);
    text(&call(world, operation, &params).unwrap(), element).map(str::to_owned)
}

#[test]
fn lists_of_operations_and_results_lag_behind_what_is_described() {
    let mut world = ready();
    world.switches.results_lag_seconds = 30;
    instances(&mut world, "CreateStackInstances", &[("OperationId", "new")]).unwrap();
    let of = [("OperationId", "new")];
    assert_eq!(status(&mut world, "new"), "RUNNING", "describing does not lag");
    assert_eq!(first(&mut world, "ListStackSetOperations", &[], "OperationId"), None, "nobody has heard of it");
    assert!(results(&mut world, "new").is_empty());
    pass(&mut world, 29);
    crate::cfn::tick(&mut world);
    assert_eq!(status(&mut world, "new"), "SUCCEEDED");
    assert!(results(&mut world, "new").is_empty());
    pass(&mut world, 3);
    crate::cfn::tick(&mut world);
    assert_eq!(first(&mut world, "ListStackSetOperations", &[], "Status").as_deref(), Some("RUNNING"));
    assert_eq!(first(&mut world, "ListStackSetOperations", &[], "EndTimestamp"), None);
    assert_eq!(first(&mut world, "ListStackSetOperationResults", &of, "Status").as_deref(), Some("RUNNING"));
    later(&mut world);
    assert_eq!(first(&mut world, "ListStackSetOperations", &[], "Status").as_deref(), Some("SUCCEEDED"));
    assert_eq!(first(&mut world, "ListStackSetOperationResults", &of, "Status").as_deref(), Some("SUCCEEDED"));
}

#[test]
fn instances_can_lag_behind_too() {
    let mut world = world();
    world.switches.instances_lag_seconds = 60;
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    create(&mut world, "false").unwrap();
    instances(&mut world, "CreateStackInstances", &[("OperationId", "new")]).unwrap();
    assert!(accounts(&mut world).is_empty());
    pass(&mut world, 40);
    crate::cfn::tick(&mut world);
    assert_eq!(status(&mut world, "new"), "SUCCEEDED");
    assert!(accounts(&mut world).is_empty());
    pass(&mut world, 21);
    assert_eq!(accounts(&mut world).len(), 3);
    assert_ne!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false"), ("OperationId", "gone")]).unwrap();
    pass(&mut world, 40);
    crate::cfn::tick(&mut world);
    assert_eq!(status(&mut world, "gone"), "SUCCEEDED");
    assert_eq!(accounts(&mut world).len(), 3, "they are still listed");
    later(&mut world);
    assert!(accounts(&mut world).is_empty());
}

#[test]
fn without_lag_nothing_lags() {
    let mut world = ready();
    world.switches.results_lag_seconds = 0;
    instances(&mut world, "CreateStackInstances", &[("OperationId", "new")]).unwrap();
    assert_eq!(first(&mut world, "ListStackSetOperations", &[], "OperationId").as_deref(), Some("new"));
    assert_eq!(results(&mut world, "new").len(), 3);
    assert_eq!(accounts(&mut world).len(), 3);
}

#[test]
fn pages_of_results_and_instances_go_on_where_they_stopped() {
    let mut world = deployed();
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let mut params = vec![("StackSetName", "vendor"), ("MaxResults", "2")];
        if !token.is_empty() {
            params.push(("NextToken", &token));
        }
        let page = call(&mut world, "ListStackInstances", &params).unwrap();
        seen.push(page.matches("<Account>").count());
        match text(&page, "NextToken") {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [2, 1]);
}
