//! Several organizations in one text and in one document.

use serde_json::{Value, json};

use super::schema;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::render::{Chapter, Count, organizations_json, organizations_text};

fn counts(add: usize) -> Vec<Count> {
    let count = |key, words, number| Count { key, words, number };
    vec![count("add", "to add", add), count("destroy", "to destroy", 0)]
}

fn chapters() -> Vec<Chapter<String>> {
    let denied = CommandError::new(ErrorKind::Aws, "organizations:DescribeOrganization failed").hint("ask for it");
    let chapter = |id: &str, counts, verdict, result| Chapter {
        organization: id.parse().unwrap(),
        files: vec![format!("{id}.yaml")],
        counts,
        verdict,
        result,
    };
    vec![
        chapter("o-east123456", counts(3), Ok(Outcome::Changes), Some("{\"a\":1}\n".to_owned())),
        chapter("o-north1234567", Vec::new(), Err(denied), None),
        chapter("o-west123456", counts(4), Ok(Outcome::Done), Some("{\"b\":2}".to_owned())),
    ]
}

#[test]
fn each_has_a_section_and_a_line_in_the_summary() {
    let text = organizations_text(&chapters());
    insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
    Organization o-east123456 (o-east123456.yaml)

    {"a":1}

    Organization o-north1234567 (o-north1234567.yaml)

    Failed: organizations:DescribeOrganization failed

    Organization o-west123456 (o-west123456.yaml)

    {"b":2}

    3 organizations:
      o-east123456    3 to add, 0 to destroy
      o-north1234567  failed
      o-west123456    4 to add, 0 to destroy
      in all          7 to add, 0 to destroy; 1 of 3 failed
    "#);
}

#[test]
fn the_document_holds_one_for_each_with_its_exit_code_and_its_error() {
    let document: Value = serde_json::from_str(&organizations_json("plan", &chapters()).unwrap()).unwrap();
    schema::check("organizations", &document);
    assert_eq!(document["summary"], json!({ "organizations": 3, "failed": 1, "counts": { "add": 7, "destroy": 0 } }));
    let codes: Vec<&Value> =
        document["organizations"].as_array().unwrap().iter().map(|one| &one["exit_code"]).collect();
    assert_eq!(codes, [&json!(2), &json!(1), &json!(0)]);
    assert_eq!(document["organizations"][0]["document"], json!({ "a": 1 }));
    assert_eq!(document["organizations"][1]["error"]["hints"], json!(["ask for it"]));
}
