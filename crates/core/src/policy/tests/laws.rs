//! Laws over generated documents. A [`Meaning`] is what a document says; a [`Spelling`] is one of the many ways to say it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

type Names = BTreeSet<&'static str>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Listed,
    AllBut,
}

/// The version and the statements; sets, so that order and repetition are gone by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meaning {
    version: &'static str,
    statements: BTreeSet<Grant>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    effect: &'static str,
    principal: Option<(Form, BTreeMap<&'static str, Names>)>,
    action: (Form, Names),
    resource: Option<(Form, Names)>,
    tests: BTreeMap<(&'static str, &'static str), Names>,
}

const ACTIONS: &[&str] = &["s3:getobject", "s3:putobject", "s3:*", "iam:passrole", "*"];
const RESOURCES: &[&str] = &["*", "arn:aws:s3:::a", "arn:aws:s3:::A", "arn:aws:s3:::a/*"];
const ACCOUNTS: &[&str] = &["arn:aws:iam::123456789012:root", "arn:aws:iam::012345678901:root", "AROAEXAMPLE", "*"];
const SERVICES: &[&str] = &["ec2.amazonaws.com", "*"];
const OPERATORS: &[&str] = &[
    "stringequals",
    "stringlike",
    "forallvalues:stringequals",
    "stringequalsifexists",
    "arnlike",
    "arnnotlike",
    "null",
];
const KEYS: &[&str] = &["sts:externalid", "aws:principalarn", "aws:requesttag/team"];
const VALUES: &[&str] = &["true", "1", "3600", "abc", "Abc", "*"];

fn names(from: &'static [&'static str]) -> impl Strategy<Value = Names> {
    subsequence(from, 1..=from.len()).prop_map(|names| names.into_iter().collect())
}

fn form() -> impl Strategy<Value = Form> {
    select(&[Form::Listed, Form::AllBut][..])
}

fn principal() -> impl Strategy<Value = BTreeMap<&'static str, Names>> {
    (names(ACCOUNTS), proptest::option::of(names(SERVICES))).prop_map(|(accounts, services)| {
        [("AWS", Some(accounts)), ("Service", services)].into_iter().filter_map(|(k, v)| Some((k, v?))).collect()
    })
}

fn grant() -> impl Strategy<Value = Grant> {
    (
        select(&["Allow", "Deny"][..]),
        proptest::option::of((form(), principal())),
        (form(), names(ACTIONS)),
        proptest::option::of((form(), names(RESOURCES))),
        proptest::collection::btree_map((select(OPERATORS), select(KEYS)), names(VALUES), 0..3),
    )
        .prop_map(|(effect, principal, action, resource, tests)| Grant {
            effect,
            principal,
            action,
            resource,
            tests,
        })
}

fn meaning() -> impl Strategy<Value = Meaning> {
    (select(&["2008-10-17", "2012-10-17"][..]), proptest::collection::btree_set(grant(), 1..4))
        .prop_map(|(version, statements)| Meaning { version, statements })
}

/// What a permission policy may say: no principals, and always resources.
fn permissions() -> impl Strategy<Value = Meaning> {
    meaning().prop_map(|Meaning { version, statements }| {
        let permission = |mut grant: Grant| {
            grant.principal = None;
            grant.resource.get_or_insert((Form::Listed, Names::from(["*"])));
            grant
        };
        Meaning { version, statements: statements.into_iter().map(permission).collect() }
    })
}

/// A source of choices: the same seed makes the same choices.
struct Spelling(u64);

impl Spelling {
    fn below(&mut self, limit: usize) -> usize {
        // The constants of Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn shuffle<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
        items
    }

    fn case(&mut self, text: &str) -> String {
        text.chars().map(|c| if self.coin() { c.to_ascii_uppercase() } else { c }).collect()
    }

    /// A list in any order, some elements twice; one element sometimes without the list.
    fn list(&mut self, mut items: Vec<Value>) -> Value {
        if items.len() == 1 && self.coin() {
            return items.remove(0);
        }
        let again: Vec<_> = items.iter().filter(|_| self.below(4) == 0).cloned().collect();
        items.extend(again);
        Value::Array(self.shuffle(items))
    }

    fn document(&mut self, meaning: &Meaning) -> String {
        let statements = meaning.statements.iter().map(|grant| self.statement(grant)).collect();
        let mut fields = vec![("Statement".to_owned(), self.list(statements))];
        if meaning.version == "2012-10-17" || self.coin() {
            fields.push(("Version".to_owned(), json!(meaning.version)));
        }
        if self.coin() {
            fields.push(("Id".to_owned(), json!(self.case("id"))));
        }
        self.text(&fields.into_iter().collect())
    }

    fn statement(&mut self, grant: &Grant) -> Value {
        let Grant { effect, principal, action, resource, tests } = grant;
        let mut fields = json!({ "Effect": effect });
        if let Some((form, types)) = principal {
            let key = if *form == Form::Listed { "Principal" } else { "NotPrincipal" };
            fields[key] = self.principal(types);
            let everyone = types.len() == 1 && types.get("AWS").is_some_and(|names| *names == BTreeSet::from(["*"]));
            if everyone && *form == Form::Listed && *effect == "Allow" && self.coin() {
                fields[key] = json!("*");
            }
        }
        let actions = action.1.iter().map(|action| json!(self.case(action))).collect();
        fields[if action.0 == Form::Listed { "Action" } else { "NotAction" }] = self.list(actions);
        if let Some((form, names)) = resource {
            let key = if *form == Form::Listed { "Resource" } else { "NotResource" };
            fields[key] = self.list(names.iter().map(|name| json!(name)).collect());
        }
        if !tests.is_empty() || self.coin() {
            fields["Condition"] = self.condition(tests);
        }
        if self.coin() {
            fields["Sid"] = json!(self.case("sid"));
        }
        fields
    }

    fn principal(&mut self, types: &BTreeMap<&str, Names>) -> Value {
        let mut fields = json!({});
        for (kind, names) in types {
            let names = names.iter().map(|name| match name.split(':').collect::<Vec<_>>()[..] {
                [.., account, "root"] if self.coin() => json!(account),
                _ => json!(name),
            });
            let names = names.collect();
            fields[kind] = self.list(names);
        }
        if self.coin() {
            fields["Federated"] = json!([]);
        }
        fields
    }

    fn condition(&mut self, tests: &BTreeMap<(&str, &str), Names>) -> Value {
        let mut operators: BTreeMap<&str, String> = BTreeMap::new();
        let mut fields = json!({});
        for ((operator, key), values) in tests {
            let written = operators.entry(operator).or_insert_with(|| {
                let other = operator.replace("arnlike", "arnequals").replace("arnnotlike", "arnnotequals");
                let name = if self.coin() { other } else { (*operator).to_owned() };
                self.case(&name)
            });
            let written = written.clone();
            let values = values.iter().map(|value| match value.parse::<u64>() {
                Ok(number) if self.coin() => json!(number),
                _ if *value == "true" && self.coin() => json!(true),
                _ => json!(value),
            });
            let values = values.collect();
            fields[written][self.case(key)] = self.list(values);
        }
        if self.coin() {
            fields["NumericEquals"] = json!({});
        }
        fields
    }

    /// The value as text, the keys of each object in any order, with white space here and there.
    fn text(&mut self, value: &Value) -> String {
        let space = [" ", "", "\n\t"][self.below(3)];
        match value {
            Value::Object(fields) => {
                let fields = self.shuffle(fields.iter().collect());
                let fields: Vec<_> = fields
                    .into_iter()
                    .map(|(key, value)| format!("{}{space}:{}", Value::from(key.as_str()), self.text(value)))
                    .collect();
                format!("{{{space}{}}}", fields.join(","))
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.text(item)).collect();
                format!("[{}{space}]", items.join(","))
            }
            scalar => format!("{space}{scalar}"),
        }
    }
}

fn spelled(meaning: &Meaning, seed: u64) -> PolicyDoc {
    let text = Spelling(seed).document(meaning);
    let document = PolicyDoc::from_live(&text, PolicyKind::Trust, Partition::Aws);
    assert!(!document.is_opaque(), "{text}");
    document
}

/// A meaning that differs in one place only.
fn changed_in_one_place(meaning: &Meaning, place: usize) -> Meaning {
    let mut changed = meaning.clone();
    let mut grant = changed.statements.pop_first().unwrap();
    let other = |form: &mut Form| *form = if *form == Form::Listed { Form::AllBut } else { Form::Listed };
    let toggle = |names: &mut Names, name: &'static str| {
        if !names.remove(name) {
            names.insert(name);
        }
    };
    match place % 9 {
        0 => grant.effect = if grant.effect == "Allow" { "Deny" } else { "Allow" },
        1 => other(&mut grant.action.0),
        2 => toggle(&mut grant.action.1, "sts:assumerole"),
        3 => match &mut grant.resource {
            Some((form, _)) => other(form),
            none => *none = Some((Form::Listed, Names::from(["*"]))),
        },
        4 => match &mut grant.resource {
            Some((_, names)) => toggle(names, "arn:aws:s3:::other"),
            none => *none = Some((Form::AllBut, Names::from(["*"]))),
        },
        5 => match &mut grant.principal {
            Some((form, _)) => other(form),
            none => *none = Some((Form::Listed, BTreeMap::from([("AWS", Names::from(["*"]))]))),
        },
        6 => match &mut grant.principal {
            Some((_, types)) => toggle(types.entry("Service").or_default(), "s3.amazonaws.com"),
            none => *none = Some((Form::AllBut, BTreeMap::from([("AWS", Names::from(["*"]))]))),
        },
        7 => toggle(grant.tests.entry(("stringequals", "sts:externalid")).or_default(), "acme"),
        _ => {
            if grant.tests.pop_first().is_none() {
                grant.tests.insert(("null", "sts:externalid"), Names::from(["true"]));
            }
        }
    }
    changed.statements.insert(grant);
    changed
}

proptest! {
    #[test]
    fn documents_are_equal_exactly_when_they_mean_the_same(a in meaning(), b in meaning(), x: u64, y: u64) {
        prop_assert_eq!(spelled(&a, x) == spelled(&b, y), a == b);
    }

    #[test]
    fn how_a_document_is_spelled_makes_no_difference(meaning in meaning(), x: u64, y: u64) {
        let (left, right) = (spelled(&meaning, x), spelled(&meaning, y));
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(left.cmp(&right), std::cmp::Ordering::Equal);
        prop_assert_eq!(left.meaning(), right.meaning());
    }

    #[test]
    fn a_change_in_one_place_makes_another_document(meaning in meaning(), place: usize, x: u64, y: u64) {
        let changed = changed_in_one_place(&meaning, place);
        prop_assert_eq!(spelled(&meaning, x) == spelled(&changed, y), meaning == changed);
    }

    #[test]
    fn canonicalizing_twice_equals_once(meaning in meaning(), seed: u64) {
        let once = spelled(&meaning, seed);
        let twice = PolicyDoc::from_live(&once.to_json(), PolicyKind::Trust, Partition::AwsCn);
        prop_assert_eq!(&twice, &once);
        prop_assert_eq!(twice.to_json(), once.to_json());
        prop_assert_eq!(twice.to_value(), once.to_value());
        let saved: PolicyDoc = serde_json::from_str(&once.to_pretty()).unwrap();
        prop_assert_eq!(saved.to_json(), once.to_json());
    }

    #[test]
    fn any_text_is_a_live_document_that_survives_saving(text: String) {
        let document = PolicyDoc::from_live(&text, PolicyKind::Permission, Partition::Aws);
        let saved: PolicyDoc = serde_json::from_str(&serde_json::to_string(&document).unwrap()).unwrap();
        prop_assert_eq!(saved, document);
    }

    #[test]
    fn what_is_accepted_from_a_user_is_read_alike_when_live(meaning in permissions(), seed: u64) {
        let text = Spelling(seed).document(&meaning);
        match PolicyDoc::parse(&text, PolicyKind::Permission, Partition::Aws) {
            Ok(document) => {
                prop_assert_eq!(PolicyDoc::from_live(&text, PolicyKind::Permission, Partition::Aws), document);
            }
            // Spelled with an Id, or with one Sid for two statements.
            Err(error) => prop_assert!(error.problems().iter().all(|problem| problem.to_string().contains("d: found"))),
        }
    }
}
