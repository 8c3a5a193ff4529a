//! Filters from the outside: what they mean, what they say of themselves, and what they refuse.

use callboard_rules::{Filter, MAX_FILTER_BYTES, MAX_FILTER_DEPTH};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_assume, prop_oneof, proptest};
use proptest::sample::select;
use serde_json::{Value, json};

fn filter(source: &str) -> Filter {
    Filter::parse(source).expect("a filter")
}

fn mistake(source: &str) -> String {
    Filter::parse(source).expect_err("a mistake").to_string()
}

/// A status that changed, in the form of ftrack's webhooks.
fn task_update() -> Value {
    json!({
        "id": "9f4c",
        "entity": {
            "id": ["a3d8"],
            "entity_type": "Task",
            "operation": "update",
            "new": { "name": "sh010_comp", "status_id": "apv", "bid": 4.0, "end": "2026-03-01T10:00:00" },
            "old": { "name": "sh010_comp", "status_id": "rev", "bid": 4.5, "end": null },
            "links": [{ "kind": "shot", "tags": ["hero", "fx"] }, { "kind": "asset", "tags": [] }],
            "odd name": 1,
        },
        "metadata": {},
    })
}

#[test]
fn the_vendors_own_examples_are_filters() {
    let created = filter(r#"entity.entity_type = "Task" and entity.operation = "create""#);
    let approved = filter(
        r#"entity.entity_type = "Task" and entity.operation = "update" and entity.new.status_id != entity.old.status_id and entity.new.status_id = "apv""#,
    );
    assert!(!created.holds(&task_update()));
    assert!(approved.holds(&task_update()));
    // Of an entity that was just created there is no old.
    for old in [json!(null), json!({})] {
        let mut event = task_update();
        event["entity"]["old"] = old;
        assert!(approved.holds(&event));
    }
}

#[test]
fn comparisons_mean_what_is_documented() {
    for (source, holds) in [
        // Spellings.
        (r#"entity.entity_type IS "Task""#, true),
        (r#""Task" = entity.entity_type"#, true),
        ("entity.entity_type = 'Task'", true),
        (r#"entity.entity_type is not "Task""#, false),
        (
            r#"entity.entity_type is_not "Shot" AND NOT entity.operation = "create""#,
            true,
        ),
        ("entity.`odd name`=1", true),
        ("`entity`.`odd name` = 1", true),
        // What is not there.
        ("nowhere.at.all = none", true),
        ("entity.old.end = null", true),
        ("metadata = none", true),
        ("entity.links.1.tags = none", true),
        ("entity.entity_type.deeper = none", true),
        ("nowhere = metadata", true),
        ("nowhere != none", false),
        ("nowhere = false", false),
        ("nowhere < 1", false),
        ("nowhere <= none", false),
        // Types.
        ("entity.new.bid = 4", true),
        ("entity.new.bid = 4.00", true),
        ("entity.new.bid < entity.old.bid", true),
        ("entity.new.bid = '4'", false),
        ("entity.new.bid != '4'", true),
        ("entity.new.bid > '1'", false),
        ("9007199254740993 > 9007199254740992.0", true),
        ("18446744073709551615 > -1", true),
        ("1e300 > 18446744073709551615", true),
        ("true > false", false),
        ("entity.new.end after '2026-02-28'", true),
        ("entity.new.end before '2026-02-28'", false),
        ("entity.new = entity.new", true),
        ("entity.new = entity.old", false),
        // Lists.
        ("entity.id = 'a3d8'", true),
        ("entity.id.0 = 'a3d8'", true),
        ("entity.id.1 = none", true),
        ("entity.id.x = none", true),
        ("entity.links.kind = 'asset'", true),
        ("entity.links.kind = 'task'", false),
        ("entity.links.kind != 'asset'", false),
        ("entity.links.1.kind = 'shot'", false),
        ("entity.links.tags = 'fx'", true),
        ("entity.links.tags = entity.links.0.tags", true),
        ("entity.links.tags.0 = 'hero'", true),
        ("entity.links.kind = entity.links.tags", false),
        ("entity.links.kind < entity.links.tags", false),
        ("entity.links.kind < 'b'", true),
        // Lists of values.
        ("entity.operation in ('create', 'update')", true),
        ("entity.operation not in ('create', 'update')", false),
        ("entity.operation not_in (none, 1, entity.id)", true),
        ("'a3d8' in (entity.id)", true),
        // Patterns.
        ("entity.new.name like 'sh%'", true),
        ("entity.new.name like '%comp'", true),
        ("entity.new.name like '%010%'", true),
        ("entity.new.name like 's%0%_%p'", true),
        ("entity.new.name like '%'", true),
        ("entity.new.name like 'sh010_comp'", true),
        ("entity.new.name like 'sh0_0_comp'", false),
        ("entity.new.name like 'SH%'", false),
        ("entity.new.name like 'sh010_comp%comp'", false),
        ("entity.new.name not like '%roto%'", true),
        ("entity.new.bid like '%'", false),
        ("nowhere not_like '%'", true),
        // Escapes.
        (r#""a\"b" = 'a"b'"#, true),
        (r"'it\'s' = `nowhere`", false),
        (r"'\\' = '\n'", false),
    ] {
        assert_eq!(filter(source).holds(&task_update()), holds, "{source}");
    }
}

#[test]
fn and_or_and_not_have_the_usual_truth_tables() {
    for a in [false, true] {
        for b in [false, true] {
            let event = json!({ "a": a, "b": b });
            let holds = |source: &str| filter(source).holds(&event);
            assert_eq!(holds("a = true and b = true"), a && b);
            assert_eq!(holds("a = true or b = true"), a || b);
            assert_eq!(holds("not a = true"), !a);
            assert_eq!(holds("not (a = true and b = true)"), !a || !b);
            assert_eq!(holds("not a = true and b = true"), !a && b);
            for c in [false, true] {
                let event = json!({ "a": a, "b": b, "c": c });
                let holds = |source: &str| filter(source).holds(&event);
                assert_eq!(holds("a = true or b = true and c = true"), a || b && c);
                assert_eq!(holds("a = true and b = true or c = true"), a && b || c);
                assert_eq!(holds("(a = true or b = true) and c = true"), (a || b) && c);
            }
        }
    }
}

#[test]
fn a_mistake_is_a_sentence_with_its_column() {
    let operators = "there are =, !=, <, <=, >, >=, in, not_in, like and not_like";
    for (source, sentence) in [
        (
            "",
            r#"column 1: expected a value, a path or "(" here, and the filter ends"#,
        ),
        (
            "a = and b = 1",
            r#"column 5: expected a value or a path here, and there is "and""#,
        ),
        (
            "a = 1 and",
            r#"column 10: expected a value, a path or "(" here, and the filter ends"#,
        ),
        (
            "a = 1 and and",
            r#"column 11: expected a value, a path or "(" here, and there is "and""#,
        ),
        (
            "a",
            r#"column 2: expected an operator such as = or != here, and the filter ends"#,
        ),
        (
            "a and b",
            r#"column 3: expected an operator such as = or != here, and there is "and""#,
        ),
        (
            "a 'b'",
            "column 3: expected an operator such as = or != here, and there is a text in quotes",
        ),
        (
            "a = 1 b = 2",
            r#"column 7: expected "and", "or" or the end here, and there is "b""#,
        ),
        (
            "a = 1)",
            r#"column 6: expected "and", "or" or the end here, and there is ")""#,
        ),
        (
            "(a = 1 b",
            r#"column 8: expected "and", "or" or ")" here, and there is "b""#,
        ),
        (
            "a in 1",
            r#"column 6: expected a list such as ("a", "b") here, and there is "1""#,
        ),
        (
            "a in ()",
            r#"column 7: expected a value or a path here, and there is ")""#,
        ),
        ("a in (1 2)", r#"column 9: expected "," or ")" here, and there is "2""#),
        (
            "a not 1",
            r#"column 7: expected "in" or "like" after "not" here, and there is "1""#,
        ),
        (
            "a like b",
            r#"column 8: expected a text in quotes here, and there is "b""#,
        ),
        (
            "a. = 1",
            "column 3: expected a name, a list index or a name in backticks here, and there is a space",
        ),
        // With a sentence of their own.
        ("a = 'b", "column 5: the quote ' that begins here is not closed"),
        ("é = \"b\\\"", "column 5: the quote \" that begins here is not closed"),
        ("a.`b = 1", "column 3: the quote ` that begins here is not closed"),
        (
            "a = 1 and (b = 1",
            "column 11: the parenthesis that opens here is not closed",
        ),
        (
            "a in ('b', 'c'",
            "column 6: the parenthesis that opens here is not closed",
        ),
        (
            "a = 'c:\\shots'",
            r"column 8: \s means nothing in quotes; write \\ for a backslash",
        ),
        (
            "a = 44dd9fb2-4164",
            "column 5: 44dd9fb2-4164 is not a number; if it is a text, write it in quotes",
        ),
        (
            "a = 1.",
            "column 5: 1. is not a number; if it is a text, write it in quotes",
        ),
        // From other languages.
        ("a == 1", "column 3: write = instead of =="),
        ("a <> 1", "column 3: write != instead of <>"),
        ("a = 1 && b = 1", "column 7: write and instead of &&"),
        ("(a = 1 || b = 1)", "column 8: write or instead of ||"),
        ("!a = 1", "column 1: write not instead of !"),
        ("a ≥ 1", "column 3: write >= instead of ≥"),
        ("a = “b”", "column 5: write \" instead of “"),
        ("a[0] = 1", "column 2: write .0 instead of [0]"),
        ("a in ['b']", "column 6: write ( instead of ["),
        ("a.'b c' = 1", "column 3: write a backtick instead of '"),
        ("a equals 1", "column 3: write = instead of equals"),
    ] {
        assert_eq!(mistake(source), sentence, "{source}");
    }
    for (source, sentence) in [
        ("a =! 1", format!("column 3: there is no operator =!; {operators}")),
        ("a b", format!("column 3: there is no operator b; {operators}")),
        (
            "a lke 'b'",
            format!("column 3: there is no operator lke; {operators}; did you mean \"like\"?"),
        ),
        (
            "a isnot 1",
            format!("column 3: there is no operator isnot; {operators}; did you mean \"is_not\"?"),
        ),
        (
            "a = 1 adn b = 1",
            r#"column 7: expected "and", "or" or the end here, and there is "adn"; did you mean "and"?"#.to_owned(),
        ),
    ] {
        assert_eq!(mistake(source), sentence, "{source}");
    }
}

#[test]
fn a_filter_may_be_so_deep_and_so_long_and_no_more() {
    let nested = |depth: usize| format!("{}a = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(filter(&nested(MAX_FILTER_DEPTH)), filter("a = 1"));
    let too_deep = r#"column 66: more than 64 parentheses and "not" stand around this; take some away"#;
    assert_eq!(mistake(&nested(MAX_FILTER_DEPTH + 1)), too_deep);
    assert!(mistake(&"not ".repeat(MAX_FILTER_DEPTH + 1)).contains("more than 64"));
    assert!(mistake(&"(".repeat(MAX_FILTER_BYTES)).contains("more than 64"));

    let wide = vec!["a=1"; MAX_FILTER_BYTES / 8].join(" and ");
    assert!(filter(&wide).holds(&json!({ "a": 1 })));
    let longest = format!("{:MAX_FILTER_BYTES$}", "a = 1");
    assert_eq!(filter(&longest), filter("a = 1"));
    assert_eq!(
        mistake(&format!("{longest} ")),
        "column 8193: a filter may have 8192 bytes, and this one has 8193"
    );
}

#[test]
fn a_filter_keeps_its_source_and_has_one_canonical_form() {
    let source = " NOT(a IS 'it\\'s')AND(b.0 is not 1.50 or (x not in(Null,TRUE))) and c not  like \"%\\n\" ";
    let filter = filter(source);
    assert_eq!(filter.source(), source);
    assert_eq!(
        filter.to_string(),
        r#"not a = "it's" and (b.0 != 1.50 or x not_in (none, true)) and c not_like "%\n""#
    );
    assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
}

#[test]
fn the_paths_of_a_filter_are_listed_once_each() {
    let filter = filter("a.b = a.c or not (x.`odd name` in (a.b, 'y', d.0) and 'z' like 'z%')");
    assert_eq!(filter.paths(), ["a.b", "a.c", "x.`odd name`", "d.0"]);
}

#[test]
fn an_explanation_names_what_decided_and_what_it_saw() {
    for (source, sentences) in [
        (
            "entity.entity_type = 'Task' and entity.new.status_id = 'rev' and nowhere = 1",
            &[r#"entity.new.status_id is "apv", not "rev""#][..],
        ),
        (
            "entity.new.status_id in ('rev', 'wtg') or entity.old.end = '2026'",
            &[
                r#"entity.new.status_id is "apv", not "rev" or "wtg""#,
                r#"entity.old.end is none, not "2026""#,
            ],
        ),
        (
            "nowhere = 1 or entity.new.bid < entity.old.bid",
            &["entity.new.bid is 4.0 and entity.old.bid is 4.5, so entity.new.bid < entity.old.bid holds"],
        ),
        (
            "not entity.links.kind = 'shot'",
            &[r#"entity.links.kind is ["shot","asset"], so entity.links.kind = "shot" holds"#],
        ),
        (
            "entity.new.status_id != entity.new.status_id",
            &[
                r#"entity.new.status_id is "apv" and entity.new.status_id is "apv", so entity.new.status_id != entity.new.status_id does not hold"#,
            ],
        ),
        ("'a' = 'b'", &[r#""a" = "b" does not hold for any event"#]),
    ] {
        let seen = filter(source).explain(&task_update());
        let said: Vec<_> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(said, sentences, "{source}");
    }
}

#[test]
fn a_sentence_cuts_a_long_value_and_the_field_keeps_it() {
    let long = "ä".repeat(1000);
    let seen = filter("a = 1").explain(&json!({ "a": long }));
    let seen = seen.first().expect("an explanation is never empty");
    assert_eq!(seen.to_string(), format!("a is \"{}…, not 1", "ä".repeat(79)));
    assert_eq!(seen.values.first().expect("one path").value, json!(long));
}

/// An expression as this test understands it.
#[derive(Clone, Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Compare(Side, &'static str, Side),
    In(Side, &'static str, Vec<Side>),
    Like(Side, &'static str, String),
}

#[derive(Clone, Debug)]
enum Side {
    Path(Vec<&'static str>),
    Value(Value),
}

impl Tree {
    fn written(&self) -> String {
        let joined = |parts: &[Tree], word: &str| {
            let parts: Vec<_> = parts.iter().map(|part| part.within(self)).collect();
            parts.join(word)
        };
        match self {
            Self::All(parts) => joined(parts, "\nand "),
            Self::Any(parts) => joined(parts, "\tOR "),
            Self::Not(inner) => format!("Not {}", inner.within(self)),
            Self::Compare(left, operator, right) => format!("{} {operator} {}", left.written(), right.written()),
            Self::In(left, operator, list) => {
                let list: Vec<_> = list.iter().map(Side::written).collect();
                format!("{} {operator}({})", left.written(), list.join(","))
            }
            Self::Like(left, operator, pattern) => format!("{} {operator} '{pattern}'", left.written()),
        }
    }

    /// With no more parentheses than it needs.
    fn within(&self, outer: &Self) -> String {
        match (outer, self) {
            (Self::All(_), Self::Any(_)) | (Self::Not(_), Self::All(_) | Self::Any(_)) => {
                format!("({})", self.written())
            }
            _ => self.written(),
        }
    }

    fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => !parts.iter().any(|part| !part.holds(event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Self::Not(inner) => !inner.holds(event),
            Self::Compare(left, operator, right) => compare(&left.value(event), operator, &right.value(event)),
            Self::In(left, operator, list) => {
                let found = list
                    .iter()
                    .any(|right| compare(&left.value(event), "=", &right.value(event)));
                found != operator.starts_with("not")
            }
            Self::Like(left, operator, pattern) => {
                let found = each(&left.value(event))
                    .iter()
                    .any(|value| value.as_str().is_some_and(|text| matches(text, pattern)));
                found != operator.starts_with("not")
            }
        }
    }
}

impl Side {
    fn written(&self) -> String {
        match self {
            Self::Path(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                names.join(".")
            }
            Self::Value(value) => value.to_string(),
        }
    }

    /// Where a path leads to several values, they are a list.
    fn value(&self, event: &Value) -> Value {
        match self {
            Self::Path(names) => match led(event, names) {
                (_, values) if values.is_empty() => Value::Null,
                (true, values) => Value::Array(values),
                (false, values) => values.into_iter().next().expect("not empty"),
            },
            Self::Value(value) => value.clone(),
        }
    }
}

/// Whether a list was spread, and all that the names lead to.
fn led(value: &Value, names: &[&str]) -> (bool, Vec<Value>) {
    let all = |items: &[Value]| (true, items.iter().flat_map(|item| led(item, names).1).collect());
    match (value, names) {
        (Value::Array(items), []) => all(items),
        (_, []) => (false, vec![value.clone()]),
        (Value::Array(items), [name, rest @ ..]) => match name.parse::<usize>() {
            Ok(index) => led(items.get(index).unwrap_or(&Value::Null), rest),
            Err(_) => all(items),
        },
        (_, [name, rest @ ..]) => led(value.get(name).unwrap_or(&Value::Null), rest),
    }
}

fn compare(left: &Value, operator: &str, right: &Value) -> bool {
    let pairs = |holds: fn(&Value, &Value) -> bool| each(left).iter().any(|a| each(right).iter().any(|b| holds(a, b)));
    match (operator, left, right) {
        ("!=", ..) => !compare(left, "=", right),
        ("=", Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        ("=", ..) => pairs(same),
        (_, Value::Array(_), Value::Array(_)) => false,
        ("<", ..) => pairs(less),
        (">", ..) => pairs(|a, b| less(b, a)),
        ("<=", ..) => pairs(|a, b| less(a, b) || ordered(a, b) && same(a, b)),
        _ => pairs(|a, b| less(b, a) || ordered(a, b) && same(a, b)),
    }
}

fn each(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        _ => vec![value.clone()],
    }
}

fn same(a: &Value, b: &Value) -> bool {
    let is_none = |value: &Value| *value == json!(null) || *value == json!({});
    a == b || is_none(a) && is_none(b) || a.is_number() && b.is_number() && a.as_f64() == b.as_f64()
}

fn less(a: &Value, b: &Value) -> bool {
    ordered(a, b) && (a.as_str() < b.as_str() || a.as_f64() < b.as_f64())
}

fn ordered(a: &Value, b: &Value) -> bool {
    a.is_string() && b.is_string() || a.is_number() && b.is_number()
}

fn matches(text: &str, pattern: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    if first == '%' {
        (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| matches(text, rest)))
    } else {
        text.strip_prefix(first).is_some_and(|text| matches(text, rest))
    }
}

fn text() -> impl Strategy<Value = String> {
    "[abü_%]{0,4}"
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2..3).prop_map(Value::from),
        select([-0.5, -0.0, 1.0, 1.5].as_slice()).prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

const NAMES: [&str; 4] = ["a", "b", "0", "1"];

fn events() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(NAMES.as_slice()), inner), 0..4).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![
        2 => vec(select(NAMES.as_slice()), 1..4).prop_map(Side::Path),
        1 => scalar().prop_map(Side::Value),
    ]
}

fn trees() -> impl Strategy<Value = Tree> {
    let operator = select(["=", "!=", "<", "<=", ">", ">="].as_slice());
    let comparison = prop_oneof![
        3 => (side(), operator, side()).prop_map(|(left, operator, right)| Tree::Compare(left, operator, right)),
        1 => (side(), select(["in", "not in", "not_in"].as_slice()), vec(side(), 1..4))
            .prop_map(|(left, operator, list)| Tree::In(left, operator, list)),
        1 => (side(), select(["like", "not like", "not_like"].as_slice()), text())
            .prop_map(|(left, operator, pattern)| Tree::Like(left, operator, pattern)),
    ];
    comparison.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Tree::All),
            vec(inner.clone(), 2..4).prop_map(Tree::Any),
            inner.prop_map(|inner| Tree::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_holds_when_its_expression_does(tree in trees(), event in events()) {
        let source = tree.written();
        prop_assume!(source.len() <= MAX_FILTER_BYTES);
        prop_assert_eq!(filter(&source).holds(&event), tree.holds(&event), "{}", source);
    }

    #[test]
    fn the_canonical_form_is_read_as_the_same_filter(tree in trees()) {
        let filter = filter(&tree.written());
        let canonical = filter.to_string();
        let again = Filter::parse(&canonical);
        prop_assert_eq!(again.as_ref(), Ok(&filter));
        prop_assert_eq!(again.map(|f| f.to_string()), Ok(canonical));
    }

    #[test]
    fn an_explanation_is_true_and_never_empty(tree in trees(), event in events()) {
        let filter = filter(&tree.written());
        let seen = filter.explain(&event);
        prop_assert!(!seen.is_empty());
        for seen in seen {
            prop_assert_eq!(self::filter(&seen.comparison).holds(&event), seen.held);
            prop_assert!(seen.values.iter().all(|value| filter.paths().contains(&value.path)));
        }
    }

    #[test]
    fn any_text_is_a_filter_or_a_mistake_at_a_place_within_it(characters in vec(any::<char>(), 0..32)) {
        let source = String::from_iter(characters);
        if let Err(e) = Filter::parse(&source) {
            prop_assert!((1..=source.chars().count() + 1).contains(&e.column));
        }
    }

    #[test]
    fn so_is_any_row_of_words(words in vec(select(WORDS.as_slice()), 0..12), event in events()) {
        let source: String = words.concat();
        match Filter::parse(&source) {
            Ok(filter) => {
                prop_assert!(!filter.explain(&event).is_empty());
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
            }
            Err(e) => {
                prop_assert!((1..=source.chars().count() + 1).contains(&e.column), "{}", e);
                prop_assert!(!e.to_string().contains(char::is_control), "{}", e);
            }
        }
    }
}

const WORDS: [&str; 29] = [
    "\n", "\u{7}", " ", " ", " ", "a", "a", "b.0", ".", "`ü`", "1", "-", "'x'", "'", "\"", "\\", "(", ")", ",", "=",
    "!=", "=", " and ", " or ", " not ", " in ", " like ", "none", "≠",
];
